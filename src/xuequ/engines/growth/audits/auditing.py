"""All audits of one evaluation, in their order."""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from xuequ.engines.growth.audits import of_models, of_pupils, of_schools, of_scores
from xuequ.engines.growth.audits.inputs import Audited, AuditOptions, audited
from xuequ.engines.growth.audits.verdicts import AuditCode, AuditFinding
from xuequ.engines.growth.evaluation import evaluate
from xuequ.engines.growth.findings import GrowthFindings
from xuequ.engines.growth.growth_design import GrowthDesign

AUDITS: Mapping[AuditCode, Callable[[Audited], AuditFinding]] = {
    AuditCode.FIT: of_pupils.fit,
    AuditCode.INTAKE: of_schools.intake,
    AuditCode.SUBGROUPS: of_pupils.subgroups,
    AuditCode.CEILING: of_scores.ceiling,
    AuditCode.LEAVERS: of_pupils.leavers,
    AuditCode.FALSIFICATION: of_schools.falsification,
    AuditCode.MODELS: of_models.models,
    AuditCode.RELIABILITY: of_schools.reliability,
    AuditCode.FORMS: of_scores.forms,
    AuditCode.PERSISTENCE: of_schools.persistence,
    AuditCode.MULTIPLICITY: of_schools.multiplicity,
}


def audit(
    table: pl.DataFrame, findings: GrowthFindings, options: AuditOptions | None = None
) -> tuple[AuditFinding, ...]:
    """Audit an evaluation.

    Parameters
    ----------
    table : the table that was evaluated, with the further columns that ``options`` names
    findings : what ``evaluate`` found in it
    options : columns that only audits read

    Returns
    -------
    One finding for each of ``AUDITS``, in their order; what lacks its input is ``not-possible`` and says what it lacks.

    Raises
    ------
    InputError
        ``unknown-column`` or ``not-numeric`` for a column of the options.
    """
    case = audited(table, findings, options or AuditOptions())
    return tuple(look(case) for look in AUDITS.values())


def audit_cohort(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Batch entry: evaluate and audit one cohort.

    Parameters
    ----------
    table : as for ``evaluate``
    params : ``design`` and, where wanted, ``earlier``, ``followup``, ``forms``, ``groups``

    Returns
    -------
    Columns audit, verdict, statistic, p, schools (comma-separated keys), missing.
    """
    design = GrowthDesign.from_dict(params["design"])
    options = AuditOptions(
        earlier=params.get("earlier", ""),
        followup=params.get("followup", ""),
        forms=tuple(params.get("forms", ())),
        groups=tuple(params.get("groups", ())),
    )
    return overview(audit(table, evaluate(table, design), options))


def overview(found: tuple[AuditFinding, ...]) -> pl.DataFrame:
    """Return one row an audit, without the evidence."""
    rows = [
        (one.code.value, one.verdict.value, one.statistic, one.p, ",".join(one.schools), one.missing)
        for one in found
    ]
    columns = {
        **dict.fromkeys(("audit", "verdict"), pl.String),
        **dict.fromkeys(("statistic", "p"), pl.Float64),
        **dict.fromkeys(("schools", "missing"), pl.String),
    }
    return pl.DataFrame(rows, schema=columns, orient="row")
