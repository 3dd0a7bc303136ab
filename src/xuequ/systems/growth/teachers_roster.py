"""Who taught whom: what the timetable says of the time that an evaluation spans, for teachers and schools to verify."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator

from xuequ.district.models import TeachingAssignment
from xuequ.record.models import Assessment
from xuequ.systems.growth.models import Evaluation, TaughtClass

SMALLEST_SHARE = 0.01
Key = tuple[int, int, int]
"""Primary keys of teacher, class and subject."""


def gather() -> int:
    """Write a row for every lesson on record that has none yet, in the caller's transaction; return how many.

    What a teacher has confirmed is never touched, and not asked again when an evaluation replaces another.
    """
    usable = usable_evaluations()
    for found in usable:
        _carry_over(found)
    rows = [row for found in usable for row in _rows(found)]
    before = TaughtClass.objects.count()
    TaughtClass.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return TaughtClass.objects.count() - before


def usable_evaluations() -> list[Evaluation]:
    """Return the district's evaluations in force whose outcome is of one subject for each pupil."""
    rows = Evaluation.objects.filter(published__isnull=False, superseded=None, run__study=None).exclude(
        period=""
    )
    found = rows.select_related("run").prefetch_related("outcomes__subject", "outcomes__term", "priors__term")
    return [one for one in found.order_by("period", "grade", "run_id") if _by_subject(one)]


def _carry_over(found: Evaluation) -> None:
    """Let what was confirmed for an evaluation of the same grade and year that this one replaced hold for this one."""
    older = TaughtClass.objects.filter(
        evaluation__grade=found.grade, evaluation__period=found.period, evaluation__superseded__isnull=False
    )
    if not found.taught.exists():
        older.update(evaluation=found)
    older.delete()


def _by_subject(found: Evaluation) -> bool:
    """Whether a pupil's growth belongs to one subject: a mean over subjects is nobody's teaching."""
    outcomes = list(found.outcomes.all())
    remarks = {remark["code"] for remark in found.findings.get("remarks", ())}
    single = len(outcomes) == 1 or "planned-missing" in remarks
    return single and all(outcome.subject_id is not None for outcome in outcomes)


def _rows(found: Evaluation) -> Iterator[TaughtClass]:
    start, end = span(found)
    if start is None or end is None or start >= end:
        return
    for (teacher, group, subject), days in sorted(_days(found, start, end).items()):
        share = round(min(days / (end - start).days, 1.0), 2)
        if share >= SMALLEST_SHARE:
            yield TaughtClass(
                evaluation=found,
                teacher_id=teacher,
                school_class_id=group,
                subject_id=subject,
                on_record=share,
                share=share,
            )


def span(found: Evaluation) -> tuple[dt.date | None, dt.date | None]:
    """Return the days between which the growth took place: from the last starting point to the first outcome."""
    starts = [_day(item) for item in found.priors.all()]
    ends = [_day(item) for item in found.outcomes.all()]
    return (
        max((day for day in starts if day is not None), default=None),
        min((day for day in ends if day is not None), default=None),
    )


def _day(item: Assessment) -> dt.date | None:
    return item.held_on or (item.term.end if item.term is not None else None)


def _days(found: Evaluation, start: dt.date, end: dt.date) -> dict[Key, int]:
    """Days of teaching between ``start`` and ``end`` by teacher, class and subject."""
    subjects = [outcome.subject_id for outcome in found.outcomes.all()]
    lessons = TeachingAssignment.objects.filter(
        school_class__in=found.classes.values("school_class"), subject__in=subjects, start__lt=end
    ).exclude(end__lte=start)
    days: dict[Key, int] = defaultdict(int)
    for one in lessons:
        first, last = max(one.start, start), min(one.end or end, end)
        days[one.teacher_id, one.school_class_id, one.subject_id] += (last - first).days
    return days


def overfull(rows: Iterable[TaughtClass]) -> TaughtClass | None:
    """Return a row of a class and subject whose shares add up to more than the whole, if there is one."""
    sums: dict[tuple[int, int, int], float] = defaultdict(float)
    for row in rows:
        key = row.evaluation_id, row.school_class_id, row.subject_id
        sums[key] += row.share
        if sums[key] > 1.0 + 1e-6:
            return row
    return None
