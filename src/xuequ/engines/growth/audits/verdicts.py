"""What an audit says: a code, a verdict, one number with its test, and the table behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]

ALPHA = 0.01
"""Level of each audit's test: eleven audits of a sound evaluation then raise a false alarm about once in 50 (bench)."""


class AuditCode(StrEnum):
    """The audits, in the order in which they are reported."""

    FIT = "fit"
    INTAKE = "intake"
    SUBGROUPS = "subgroups"
    CEILING = "ceiling"
    LEAVERS = "leavers"
    FALSIFICATION = "falsification"
    MODELS = "models"
    RELIABILITY = "reliability"
    FORMS = "forms"
    PERSISTENCE = "persistence"
    MULTIPLICITY = "multiplicity"


class AuditVerdict(StrEnum):
    """``fail``: do not use the numbers before it is mended; ``caution``: use them with what is said beside them."""

    SOUND = "sound"
    CAUTION = "caution"
    FAIL = "fail"
    NOT_POSSIBLE = "not-possible"


@dataclass(frozen=True, slots=True, eq=False)
class AuditFinding:
    """One audit's outcome.

    Attributes
    ----------
    code, verdict : what was looked at, and what follows
    statistic : the audit's one number, in the unit that its docstring gives; None where there is none
    p : smallest p value of its test, adjusted for the number of things tested; None without a test
    numbers : what else a sentence about it needs, by name
    schools : keys of the schools concerned, in natural order; empty when it concerns the whole
    missing : for ``not-possible``, which input is missing: a name of ``AuditOptions`` or of the design
    evidence : the table behind it
    """

    code: AuditCode
    verdict: AuditVerdict
    statistic: float | None = None
    p: float | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    schools: tuple[str, ...] = ()
    missing: str = ""
    evidence: pl.DataFrame = field(default_factory=pl.DataFrame)


def not_possible(code: AuditCode, missing: str) -> AuditFinding:
    """Return that an audit cannot be done, and for want of what."""
    return AuditFinding(code, AuditVerdict.NOT_POSSIBLE, missing=missing)


def judged(*, fail: bool, caution: bool) -> AuditVerdict:
    """Return the verdict of two conditions."""
    if fail:
        return AuditVerdict.FAIL
    return AuditVerdict.CAUTION if caution else AuditVerdict.SOUND


def holm(p: Array) -> Array:
    """Return p values adjusted so that the chance of any false rejection stays below the level.

    Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(4).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    stepped = p[order] * np.arange(p.size, 0, -1)
    adjusted = np.empty(p.size)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted


def smallest(p: Array) -> float | None:
    """Return the smallest p value, or None where nothing was tested."""
    return float(np.nanmin(p)) if p.size and not np.isnan(p).all() else None
