"""What an evaluation's audits need beside its own table: results from before pupils entered, and later ones."""

from collections.abc import Sequence

import polars as pl

from xuequ.district.models import Pupil, School, Study
from xuequ.engines.errors import InputError
from xuequ.engines.growth.audits.inputs import AuditOptions
from xuequ.engines.growth.growth_design import GrowthDesign, Measure
from xuequ.engines.growth.pooling import pool
from xuequ.record.choices import Form
from xuequ.record.models import Assessment
from xuequ.record.queries import factor_kinds, factors_frame, results_frame
from xuequ.record.rules import comparable
from xuequ.systems.growth.cohorts import assessments_of

EARLIER, FOLLOWUP = "earlier", "followup"
FEWEST = 100
"""With fewer pupils who have such a result, the audit that needs it is left out."""


def audit_input(
    table: pl.DataFrame, design: GrowthDesign, study: Study | None
) -> tuple[pl.DataFrame, AuditOptions]:
    """Return the evaluation's table with what audits need, as far as the record has it, and the options that name it.

    A result from before counts only for pupils who sat it in another school: the school they are in now cannot have
    moved it.
    """
    if study is not None:
        return table, AuditOptions(groups=design.factors)
    outcomes, priors = assessments_of(design)
    table, groups = _with_groups(table, design, outcomes)
    found = {
        EARLIER: _pooled(table, _of_cohort(outcomes, priors, later=False), elsewhere=True),
        FOLLOWUP: _pooled(table, _of_cohort(outcomes, priors, later=True), elsewhere=False),
    }
    named = {name: name for name, column in found.items() if column is not None}
    for name, column in found.items():
        if column is not None:
            table = table.join(column.rename({"score": name}), on="pupil", how="left")
    return table.sort("pupil"), AuditOptions(
        earlier=named.get(EARLIER, ""), followup=named.get(FOLLOWUP, ""), groups=groups
    )


def _with_groups(
    table: pl.DataFrame, design: GrowthDesign, outcomes: Sequence[Assessment]
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Add the district's other factors of pupils: a group need not be in the model to be done justice by it."""
    day = max((item.held_on for item in outcomes if item.held_on), default=None)
    kinds = [kind for kind in factor_kinds(None) if kind.code not in (*design.factors, *table.columns)]
    if day is None or not kinds:
        return table, design.factors
    facts = factors_frame(kinds, day)
    held = [name for name in facts.columns if name != "pupil" and facts[name].is_not_null().any()]
    facts = _keyed(facts.select("pupil", *held), "pupil")
    return table.join(facts, on="pupil", how="left"), (*design.factors, *held)


def _of_cohort(
    outcomes: Sequence[Assessment], priors: Sequence[Assessment], *, later: bool
) -> list[Assessment]:
    """Return the tests common to all schools that the same cohort sat on one day before the priors or after all."""
    entered = {entry for item in outcomes if (entry := _entry(item)) is not None}
    days = [item.held_on for item in (outcomes if later else priors) if item.held_on]
    if len(entered) != 1 or not days:
        return []
    rows = Assessment.objects.filter(study=None, school=None, form=Form.SCORE, held_on__isnull=False)
    bound = {"held_on__gt": max(days)} if later else {"held_on__lt": min(days)}
    others = list(rows.filter(**bound).select_related("term__year", "subject").order_by("held_on", "pk"))
    own = [item for item in others if _entry(item) in entered and not comparable([item, *outcomes])]
    day = None if not own else (own[0] if later else own[-1]).held_on
    return [item for item in own if item.held_on == day]


def _entry(item: Assessment) -> int | None:
    """Return the year in which the pupils of a test would have been in grade 0."""
    if item.grade is None or item.term is None:
        return None
    return item.term.year.first_year - item.grade


def _pooled(table: pl.DataFrame, tests: Sequence[Assessment], *, elsewhere: bool) -> pl.DataFrame | None:
    """Return ``pupil`` and ``score`` (z within each test, pooled), or None where too few pupils have one."""
    if not tests:
        return None
    results = _keyed(results_frame(tests).drop_nulls("score"), "pupil", "school")
    if elsewhere:
        here = table.select("pupil", pl.col("school").alias("here"))
        results = results.join(here, on="pupil").filter(pl.col("school") != pl.col("here"))
    wide = table.select("pupil")
    for test in tests:
        own = results.filter(assessment=test.pk).select("pupil", pl.col("score").alias(str(test.pk)))
        wide = wide.join(own.unique("pupil", keep="last", maintain_order=True), on="pupil", how="left")
    try:
        pooled = pool(wide, tuple(Measure(str(test.pk)) for test in tests))
    except InputError:
        return None
    column = wide.select("pupil").with_columns(pooled.scores["score"]).drop_nulls("score")
    return column if column.height >= FEWEST else None


def _keyed(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Put the random keys of pupil and school in the place of primary keys."""
    keys = {"pupil": Pupil.objects.all(), "school": School.objects.all()}
    return frame.with_columns(
        pl.col(name).replace_strict(
            {pk: str(uid) for pk, uid in rows.values_list("pk", "uid")}, default=None, return_dtype=pl.String
        )
        for name, rows in keys.items()
        if name in columns
    )
