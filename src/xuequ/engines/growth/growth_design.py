"""The design of an evaluation: which results are the outcome, which the starting point, and by what model."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from xuequ.engines.errors import InputError


@dataclass(frozen=True, slots=True)
class Measure:
    """One column of results and the subject it measures (empty for a total or an unnamed test)."""

    column: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class GrowthDesign:
    """All that decides an evaluation, apart from the table.

    Parameters
    ----------
    outcomes, priors : the results at the end and at the start. Several measures are pooled as z scores within
    each
        measure: a pupil who sat one of them counts with that one, in a design where pupils sit several with
        their mean
    factors : columns (text or numeric) of the alternative model "with context"
    process : columns of what classes or schools did; no model of school effects holds them, they are laid beside growth
        afterwards (``process``)
    school_mean_prior : whether the school's mean starting point is a predictor of the main model
    random_slope : whether the slope on the starting point may differ between schools
    minimum_pupils : a school or class with fewer pupils in the model is shown without an effect
    confidence : level of all intervals
    reliability : reliability assumed for one pupil's score where a pupil's own growth is put into words
    period : the label of the time the growth belongs to, such as ``2025-2026``
    """

    outcomes: tuple[Measure, ...]
    priors: tuple[Measure, ...]
    factors: tuple[str, ...] = ()
    process: tuple[str, ...] = ()
    school_mean_prior: bool = True
    random_slope: bool = False
    minimum_pupils: int = 10
    confidence: float = 0.95
    reliability: float = 0.85
    period: str = ""

    def __post_init__(self) -> None:
        columns = self.columns
        if not self.outcomes or not self.priors:
            raise InputError("design-empty", "a design needs at least one outcome and one prior measure")
        if len(set(columns)) != len(columns):
            twice = next(column for column in columns if columns.count(column) > 1)
            raise InputError(
                "design-column-twice", "one column cannot have two parts in a design", column=twice
            )
        if not 0.5 <= self.confidence < 1:
            raise InputError(
                "design-confidence", f"the confidence level must be from 0.5 to below 1: {self.confidence}"
            )
        if not 0 < self.reliability <= 1:
            raise InputError(
                "design-reliability", f"a reliability lies above 0 and up to 1: {self.reliability}"
            )
        if self.minimum_pupils < 2:
            raise InputError(
                "design-minimum", f"the minimum number of pupils is at least 2: {self.minimum_pupils}"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the table that the design names."""
        measures = (measure.column for measure in (*self.outcomes, *self.priors))
        return (*measures, *self.factors, *self.process)

    def as_dict(self) -> dict[str, Any]:
        """Return plain lists, numbers and texts."""
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }

    def canonical_json(self) -> str:
        """Return the one JSON text of this design: sorted keys, no spaces."""
        return json.dumps(self.as_dict(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "GrowthDesign":
        """Read what ``as_dict`` wrote or a design file holds.

        Raises
        ------
        InputError
            ``design-key`` for a key that means nothing here, ``design-value`` for a value of the wrong kind.
        """
        known = cls.__dataclass_fields__
        if unknown := sorted(set(data) - set(known)):
            raise InputError(
                "design-key", f"the design has no setting {unknown[0]!r}; there are: {', '.join(known)}"
            )
        values = {key: _value(key, value) for key, value in data.items()}
        try:
            return cls(**values)
        except TypeError as error:
            raise InputError("design-value", "a design needs the settings outcomes and priors") from error


def _value(key: str, value: Any) -> Any:
    if key in ("outcomes", "priors"):
        return tuple(_measure(key, item) for item in _list(key, value))
    if key in ("factors", "process"):
        return tuple(_typed(key, item, str) for item in _list(key, value))
    if key in ("school_mean_prior", "random_slope"):
        return _typed(key, value, bool)
    if key == "minimum_pupils":
        return _typed(key, value, int)
    if key == "period":
        return _typed(key, value, str)
    return float(_typed(key, value, float, int))


def _list(key: str, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise InputError("design-value", f"the setting {key!r} of the design must be a list")
    return list(value)


def _measure(key: str, item: Any) -> Measure:
    if isinstance(item, str):
        return Measure(item)
    if isinstance(item, Mapping) and set(item) <= {"column", "subject"} and "column" in item:
        return Measure(**{name: _typed(key, text, str) for name, text in item.items()})
    raise InputError(
        "design-value", f"an entry of {key!r} is a column name or a table with column and subject"
    )


def _typed(key: str, value: Any, *kinds: type) -> Any:
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise InputError("design-value", f"the setting {key!r} of the design cannot be {value!r}")
    return value
