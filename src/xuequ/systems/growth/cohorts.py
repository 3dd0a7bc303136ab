"""From the record to the engine's table: the pupils of one cohort with the results that a design names."""

import datetime as dt
from collections.abc import Iterable, Sequence
from uuid import UUID

import polars as pl
from django.db.models import F, QuerySet

from xuequ.district.models import Dated, Enrolment, Pupil, School, SchoolClass, Study
from xuequ.engines.growth.growth_design import GrowthDesign, Measure
from xuequ.engines.growth.proposal import (
    GRADUATION,
    MONITORING,
    SCHOOL_MADE,
    STUDY,
    AvailableAssessment,
)
from xuequ.record.choices import Basis, Form
from xuequ.record.frames import frame_of
from xuequ.record.models import Assessment, FactorKind
from xuequ.record.queries import factors_frame, results_frame
from xuequ.systems.growth.process_facts import with_process_facts

GROUNDS = {
    Basis.SCHOOL_FINAL: SCHOOL_MADE,
    Basis.SCHOOL_MIDTERM: SCHOOL_MADE,
    Basis.SAMPLED_MONITORING: MONITORING,
    Basis.STATE_MONITORING: MONITORING,
    Basis.GRADUATION: GRADUATION,
    Basis.EXTERNAL_STUDY: STUDY,
}


def available(assessments: Iterable[Assessment]) -> list[AvailableAssessment]:
    """Describe assessments (with ``scored`` counted and ``term__year`` loaded) to the engine; levels are left out."""
    return [_described(item) for item in assessments if item.form == Form.SCORE]


def _described(item: Assessment) -> AvailableAssessment:
    return AvailableAssessment(
        column=str(item.uid),
        subject=item.subject.code if item.subject is not None else "",
        ground=STUDY if item.study_id is not None else GROUNDS[Basis(item.basis)],
        grade=item.grade,
        year=item.term.year.first_year if item.term is not None else None,
        pupils=getattr(item, "scored", 0),
        held_on=item.held_on,
        order=item.pk,
        is_total=item.subject_id is None,
    )


def assessments_of(design: GrowthDesign) -> tuple[list[Assessment], list[Assessment]]:
    """Return the outcome and the prior assessments of a design whose columns are their uids."""
    wanted = [UUID(measure.column) for measure in (*design.outcomes, *design.priors)]
    rows = Assessment.objects.filter(uid__in=wanted).select_related("subject", "term__year", "study")
    found = {str(row.uid): row for row in rows}

    def pick(measures: Sequence[Measure]) -> list[Assessment]:
        return [found[measure.column] for measure in measures if measure.column in found]

    return pick(design.outcomes), pick(design.priors)


def cohort_table(design: GrowthDesign, study: Study | None) -> pl.DataFrame:
    """Return the engine's table: random keys of pupil, school and class, one column for each assessment, factor and
    process fact.

    In the district the cohort is everyone enrolled in the outcome's grade on its day, and everyone with an
    outcome; a pupil counts for the school of the outcome. In an external study it is everyone with a result.
    """
    outcomes, priors = assessments_of(design)
    results = results_frame([*outcomes, *priors])
    members = _study_members(results) if study is not None else _district_members(results, outcomes)
    table = members.sort("pupil")
    for assessment in (*outcomes, *priors):
        scores = results.filter(pl.col("assessment") == assessment.pk, pl.col("score").is_not_null())
        table = table.join(
            scores.select("pupil", pl.col("score").alias(str(assessment.uid))), on="pupil", how="left"
        )
    if design.factors:
        day = max((a.held_on for a in outcomes if a.held_on), default=None)
        kinds = FactorKind.objects.filter(study=study, code__in=design.factors)
        facts = factors_frame(kinds, day) if day else factors_frame(kinds, _far_day())
        missing = [pl.lit(None).alias(code) for code in design.factors if code not in facts.columns]
        table = table.join(facts.with_columns(missing), on="pupil", how="left")
    return _with_keys(with_process_facts(table, design.process)).sort("pupil")


def _far_day() -> dt.date:
    # A study's facts have no end; without a date of the outcome, those without an end are the ones that hold.
    return dt.date(9999, 1, 1)


def _study_members(results: pl.DataFrame) -> pl.DataFrame:
    last = results.group_by("pupil", maintain_order=True)
    return last.agg(pl.col("school").first(), pl.col("school_class").drop_nulls().first())


def _district_members(results: pl.DataFrame, outcomes: Sequence[Assessment]) -> pl.DataFrame:
    sat = results.filter(pl.col("assessment").is_in([a.pk for a in outcomes]))
    sat = sat.group_by("pupil", maintain_order=True).agg(pl.col("school", "school_class").first())
    enrolled = _enrolled(outcomes)
    return pl.concat([sat, enrolled.join(sat, on="pupil", how="anti")])


def _enrolled(outcomes: Sequence[Assessment]) -> pl.DataFrame:
    schema = {"pupil": pl.Int64, "school": pl.Int64, "school_class": pl.Int64}
    first = next((a for a in outcomes if a.held_on and a.grade and a.term is not None), None)
    if first is None or first.held_on is None or first.grade is None or first.term is None:
        return pl.DataFrame(schema=schema)
    entered = first.term.year.first_year - first.grade
    rows = Enrolment.objects.filter(
        Dated.at(first.held_on),
        school__study=None,
        school_class__entry_year=F("school_class__entry_grade") + entered,
    )
    columns = ("pupil_id", "school_id", "school_class_id")
    return frame_of(rows.order_by("pupil_id", "-start", "-id").values_list(*columns), schema).unique(
        "pupil", keep="first", maintain_order=True
    )


def _with_keys(table: pl.DataFrame) -> pl.DataFrame:
    """Put random keys in the place of primary keys, which mean something to this database only."""
    pupils = _keys(
        Pupil.objects.filter(pk__in=table["pupil"].to_list()) if table.height < 5000 else Pupil.objects.all()
    )
    schools, classes = _keys(School.objects.all()), _keys(SchoolClass.objects.all())
    replaced = {"pupil": pupils, "school": schools, "school_class": classes}
    table = table.with_columns(
        pl.col(name).replace_strict(keys, default=None, return_dtype=pl.String)
        for name, keys in replaced.items()
    )
    return table.rename({"school_class": "class"})


def _keys(rows: "QuerySet[Pupil] | QuerySet[School] | QuerySet[SchoolClass]") -> dict[int, str]:
    return {pk: str(uid) for pk, uid in rows.values_list("pk", "uid")}
