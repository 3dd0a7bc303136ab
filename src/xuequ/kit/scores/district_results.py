"""The result cells of the rows whose pupils are known."""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from xuequ.district.models import School
from xuequ.kit.scores.aliases import Use
from xuequ.kit.scores.cells import CellValue, levels_in, read_level, read_score
from xuequ.kit.scores.dry_run import DryRun, Found, Reading
from xuequ.kit.scores.options import ColumnUse, Options
from xuequ.kit.scores.problems import Problem, Remark
from xuequ.kit.scores.targets import Context
from xuequ.kit.sheets.headings import subject_of
from xuequ.kit.sheets.reading import cell_name
from xuequ.kit.sheets.tables import text_of
from xuequ.record.choices import Basis, ResultStatus


def read_results(
    found: Sequence[Found], options: Options, context: Context, run: DryRun
) -> Iterator[Reading]:
    columns = options.using(Use.SCORE) + options.using(Use.LEVEL)
    by_subject: dict[str, list[ColumnUse]] = defaultdict(list)
    for column in columns:
        by_subject[column.subject].append(column)
    subject_column = options.one(Use.SUBJECT)
    levels = {c.index: _levels(found, c, context) for c in options.using(Use.LEVEL)}
    items = context.items
    if items is not None and not any(
        (named or context.only_subject) == items.subject for named in by_subject
    ):
        by_subject[items.subject] = []
    for item in found:
        for named, group in by_subject.items():
            subject = named or context.only_subject
            if subject_column is not None:
                subject = subject_of(text_of(item.row.at(subject_column)))
                if not subject:
                    run.problems.append(_unknown_subject(item, subject_column))
                    continue
            reading = _read_group(item, subject, group, levels, context, run)
            if items is not None and subject == items.subject:
                reading = items.added(item, reading, run)
                context.note_items()
            if reading is not None:
                yield reading


def _unknown_subject(item: Found, column: int) -> Problem:
    text = text_of(item.row.at(column))[:40]
    return Problem("unknown-subject", item.table.sheet, cell_name(item.row.index, column), {"text": text})


def _levels(found: Sequence[Found], column: ColumnUse, context: Context) -> tuple[str, ...]:
    target = context.existing.get(column.subject or context.only_subject)
    if target is not None and target.levels:
        return tuple(target.levels)
    return levels_in(item.row.at(column.index) for item in found) or ("A", "B", "C", "D")


def _read_group(
    item: Found,
    subject: str,
    group: Sequence[ColumnUse],
    levels: Mapping[int, tuple[str, ...]],
    context: Context,
    run: DryRun,
) -> Reading | None:
    """Read the score and the level of one subject in one row as one result."""
    values = []
    for column in group:
        full_mark = context.full_mark(subject, column)
        cell = item.row.at(column.index)
        is_score = column.use == Use.SCORE
        value = (
            read_score(cell, full_mark or math.inf) if is_score else read_level(cell, levels[column.index])
        )
        if value.error:
            run.problems.append(_cell_problem(item, column, value, full_mark, levels.get(column.index, ())))
        elif value.blank:
            run.blanks += 1
        else:
            values.append((column, value))
    if not values:
        return None
    context.note_form(subject, group, levels)
    return _merged(item, subject, values)


def _merged(item: Found, subject: str, values: Sequence[tuple[ColumnUse, CellValue]]) -> Reading:
    column, first = values[0]
    scores = [value.score for _column, value in values if value.score is not None]
    named = [value.level for _column, value in values if value.level]
    status = ResultStatus.SCORED if scores or named else first.status
    place = (item.table.sheet, cell_name(item.row.index, column.index))
    return Reading(
        item.pupil,
        item.school,
        item.school_class,
        subject,
        status,
        scores[0] if scores else None,
        named[0] if named else "",
        first.raw,
        place,
    )


def _cell_problem(
    item: Found, column: ColumnUse, value: CellValue, full_mark: float | None, levels: Sequence[str]
) -> Problem:
    params = {"text": value.raw, "full": f"{full_mark:g}" if full_mark else "", "levels": " ".join(levels)}
    return Problem(value.error, item.table.sheet, cell_name(item.row.index, column.index), params)


def second_subjects(readings: Sequence[Reading], context: Context) -> Iterator[Problem]:
    """Name pupils with two subjects in sampled monitoring: that would be an examination of all subjects."""
    if context.basis != Basis.SAMPLED_MONITORING:
        return
    sat: dict[int, str] = context.subjects_sat()
    for reading in readings:
        if reading.status != ResultStatus.SCORED or reading.subject == "total":
            continue
        first = sat.setdefault(reading.pupil, reading.subject)
        if first != reading.subject:
            yield Problem("one-subject", *reading.place)


def scale_remarks(readings: Sequence[Reading]) -> Iterator[Remark]:
    """Name schools whose scores lie on another scale than the others' (half or double)."""
    by_subject: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for reading in readings:
        if reading.score is not None:
            by_subject[reading.subject][reading.school].append(reading.score)
    odd = set()
    for schools in by_subject.values():
        tops = {school: max(scores) for school, scores in schools.items() if len(scores) >= 10}
        if len(tops) >= 3 and (middle := statistics.median(tops.values())) > 0:
            odd |= {school for school, top in tops.items() if not 0.55 < top / middle < 1.8}
    for name in School.objects.filter(pk__in=odd).values_list("name", flat=True):
        yield Remark("mixed-scale", {"text": name})
