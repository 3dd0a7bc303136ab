"""External studies: schools and pupils come from the file itself, and spare columns become factors."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xuequ.core.ordering import natural_key
from xuequ.district import actions as district
from xuequ.district.actors import Actor
from xuequ.district.models import Pupil, School, Study
from xuequ.kit.scores.aliases import Use
from xuequ.kit.scores.cells import CellValue, read_score
from xuequ.kit.scores.dry_run import DryRun
from xuequ.kit.scores.options import ColumnUse, Options
from xuequ.kit.scores.problems import Problem
from xuequ.kit.scores.proposal import constant_by_school, numeric
from xuequ.kit.scores.tables import Table
from xuequ.kit.sheets.reading import cell_name
from xuequ.kit.sheets.tables import DataRow, text_of
from xuequ.record.choices import Basis, Form
from xuequ.record.models import Assessment, Factor, FactorKind, ImportBatch, Result

ALWAYS = dt.date(1900, 1, 1)
"""A study's factors are not dated: they hold from here on."""
BATCH = 2000


@dataclass(frozen=True, slots=True)
class FactorColumn:
    """A spare column as a factor: of the school where all its rows agree, else of the pupil."""

    column: ColumnUse
    is_numeric: bool
    of_school: bool


def check_study_columns(options: Options, sheet: str) -> list[Problem]:
    """Return what is wrong with the study's name and the uses of its columns."""
    problems = []
    if not options.study:
        problems.append(Problem("no-study-name"))
    elif Study.objects.filter(name=options.study).exists():
        problems.append(Problem("study-exists", params={"text": options.study}))
    if not options.using(Use.SCHOOL):
        problems.append(Problem("no-school-column", sheet))
    if len(options.using(Use.SCHOOL)) > 1:
        problems.append(Problem("twice-used", sheet, "", {"use": options.using(Use.SCHOOL)[1].label}))
    if not options.using(Use.SCORE):
        problems.append(Problem("no-score-column", sheet))
    labels = [c.label for c in options.columns if c.use in {Use.SCORE, Use.FACTOR}]
    repeated = {label for place, label in enumerate(labels) if label in labels[:place]}
    problems += [Problem("same-heading", sheet, "", {"heading": label}) for label in sorted(repeated)]
    return problems


def check_study(table: Table, options: Options) -> DryRun:
    """Read every row; the counts say what would be created."""
    run = DryRun(rows=len(table.rows), problems=check_study_columns(options, table.sheet))
    school = options.one(Use.SCHOOL)
    if run.problems or school is None:
        return run
    results = 0
    for row in table.rows:
        if not text_of(row.at(school)):
            run.problems.append(Problem("no-school-in-row", table.sheet, cell_name(row.index, school)))
        for column, value in _scores(row, options):
            if value.error:
                cell = cell_name(row.index, column.index)
                run.problems.append(Problem(value.error, table.sheet, cell, {"text": value.raw}))
            results += not value.blank and not value.error
    factors = factor_columns(table, options)
    run.extra = {
        "schools": len(_school_names(table, school)),
        "pupils": len(table.rows),
        "results": results,
        "pupil_factors": sum(not factor.of_school for factor in factors),
        "school_factors": sum(factor.of_school for factor in factors),
    }
    return run


def _scores(row: DataRow, options: Options) -> Iterator[tuple[ColumnUse, CellValue]]:
    for column in options.using(Use.SCORE):
        yield column, read_score(row.at(column.index))


def factor_columns(table: Table, options: Options) -> list[FactorColumn]:
    """Return the factor columns with what they are facts about."""
    school = options.one(Use.SCHOOL)
    return [
        FactorColumn(
            column,
            numeric(row.at(column.index) for row in table.rows),
            constant_by_school(column.index, table.rows, school),
        )
        for column in options.using(Use.FACTOR)
    ]


def _school_names(table: Table, column: int) -> list[str]:
    """Return the schools' names in natural order: 2 before 10."""
    names = {text_of(row.at(column)) for row in table.rows}
    return sorted(names, key=natural_key)


def store_study(table: Table, options: Options, *, actor: Actor, batch: ImportBatch) -> Study:
    """Create the study with everything in it, in the caller's transaction; the file was checked just before."""
    study = district.create_study(actor=actor, name=options.study, source=options.source)
    column = options.using(Use.SCHOOL)[0].index
    schools = district.create_study_schools(study, _school_names(table, column))
    row_schools = [schools[text_of(row.at(column))] for row in table.rows]
    pupils = district.create_study_pupils(study, [str(number) for number in range(1, len(table.rows) + 1)])
    _store_results(table, options, batch, study, row_schools, pupils)
    for factor in factor_columns(table, options):
        _store_factor(table, factor, batch, study, row_schools, pupils)
    return study


def _store_results(
    table: Table,
    options: Options,
    batch: ImportBatch,
    study: Study,
    schools: Sequence[School],
    pupils: Sequence[Pupil],
) -> None:
    assessments = {
        column.index: Assessment.objects.create(
            name=column.label[:120], basis=Basis.EXTERNAL_STUDY, form=Form.SCORE, study=study
        )
        for column in options.using(Use.SCORE)
    }
    Result.objects.bulk_create(
        (
            Result(
                assessment=assessments[column.index],
                pupil=pupil,
                school=school,
                status=value.status,
                score=value.score,
                raw_text=value.raw,
                batch=batch,
            )
            for row, school, pupil in zip(table.rows, schools, pupils, strict=True)
            for column, value in _scores(row, options)
            if not value.blank
        ),
        batch_size=BATCH,
    )


def _store_factor(
    table: Table,
    factor: FactorColumn,
    batch: ImportBatch,
    study: Study,
    schools: Sequence[School],
    pupils: Sequence[Pupil],
) -> None:
    label = factor.column.label
    kind = FactorKind.objects.create(
        code=label[:40], name=label[:60], name_en=label[:60], is_numeric=factor.is_numeric, study=study
    )
    facts: dict[int, Factor] = {}
    for row, school, pupil in zip(table.rows, schools, pupils, strict=True):
        cell = row.at(factor.column.index)
        text = text_of(cell)
        if not text or (factor.is_numeric and read_score(cell).score is None):
            continue
        key = school.pk if factor.of_school else pupil.pk
        facts[key] = Factor(
            kind=kind,
            school=school if factor.of_school else None,
            pupil=None if factor.of_school else pupil,
            text="" if factor.is_numeric else text[:60],
            number=read_score(cell).score if factor.is_numeric else None,
            start=ALWAYS,
            batch=batch,
        )
    Factor.objects.bulk_create(facts.values(), batch_size=BATCH)


def remove_study(study: Study) -> None:
    """Remove the study and all that its import created, in the caller's transaction."""
    Factor.objects.filter(kind__study=study).delete()
    Result.objects.filter(assessment__study=study).delete()
    district.delete_study(study)
