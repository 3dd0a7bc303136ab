"""Teachers' places, lessons and charges into the district, and the roles of their accounts after them."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

from django.db.models import Q

from xuequ.district.choices import EmploymentEnd, Role
from xuequ.district.journal import Journal, snapshot
from xuequ.district.models import (
    ClassTeaching,
    Dated,
    Employment,
    RoleAssignment,
    Teacher,
    TeachingAssignment,
)
from xuequ.kit.roster.inserting import insert_rows
from xuequ.kit.roster.plan import Hire, Lesson, Plan
from xuequ.kit.roster.state import TeacherRef, Teaches, portions, stored

Row = TypeVar("Row", Employment, RoleAssignment, TeachingAssignment, ClassTeaching)


def store_staff(plan: Plan, journal: Journal) -> None:
    """Write what changes for teachers."""
    journal.added(Employment, _added([_employment(hire) for hire in [*plan.hires, *plan.transfers]]))
    _end_employments(plan, [hire.teacher for hire in plan.transfers], EmploymentEnd.TRANSFER, journal)
    _end_employments(plan, plan.retired, EmploymentEnd.LEFT, journal)
    _move_teachers(plan.transfers, journal)
    gone = [hire.teacher for hire in plan.transfers] + plan.retired
    _end_work(gone, plan.day, journal)
    _end(TeachingAssignment, plan.ended_lessons, plan.day, journal)
    _end(ClassTeaching, plan.ended_charges, plan.day, journal)
    _add_lessons(plan, journal)
    _follow_with_roles(plan, gone, journal)


def _added(rows: Sequence[Row]) -> list[int]:
    """Insert rows and return their keys."""
    if not rows:
        return []
    return [row.pk for row in type(rows[0])._default_manager.bulk_create(rows, batch_size=2000)]


def _employment(hire: Hire) -> Employment:
    return Employment(teacher_id=hire.teacher.key, school_id=hire.school.key, start=hire.start)


def _end_rows(rows: Iterable[Dated], day: dt.date, journal: Journal, **said: str) -> None:
    """End dated rows on ``day``; what begins later ends where it begins, and so never holds."""
    altered = []
    for row in rows:
        before = snapshot(row, ("end", *said))
        row.end = max(day, row.start)
        for name, value in said.items():
            setattr(row, name, value)
        altered.append((row, before))
    journal.update(altered)


def _end_employments(
    plan: Plan, teachers: Collection[TeacherRef], why: EmploymentEnd, journal: Journal
) -> None:
    """End what the teachers had before this write."""
    new = {hire.teacher.key: hire.school.key for hire in plan.transfers}
    for piece in portions(teachers):
        keys = [teacher.key for teacher in piece]
        rows = Employment.objects.filter(Q(end=None) | Q(end__gt=plan.day), teacher__in=keys)
        old = [row for row in rows if new.get(row.teacher_id) != row.school_id]
        _end_rows(old, plan.day, journal, ended=str(why))


def _move_teachers(transfers: Sequence[Hire], journal: Journal) -> None:
    for piece in portions(transfers):
        rows = Teacher.objects.in_bulk([hire.teacher.key for hire in piece])
        altered = []
        for hire in piece:
            row = rows[hire.teacher.key]
            before = snapshot(row, ["school_id"])
            row.school_id = hire.school.key
            altered.append((row, before))
        journal.update(altered)


def _end_work(teachers: Collection[TeacherRef], day: dt.date, journal: Journal) -> None:
    """End the lessons and charges of those who leave their school."""
    for piece in portions(teachers):
        lasting = (Q(end=None) | Q(end__gt=day)) & Q(teacher__in=[teacher.key for teacher in piece])
        _end_rows(TeachingAssignment.objects.filter(lasting), day, journal)
        _end_rows(ClassTeaching.objects.filter(lasting), day, journal)


def _end(
    model: type[TeachingAssignment] | type[ClassTeaching],
    items: Sequence[Teaches],
    day: dt.date,
    journal: Journal,
) -> None:
    for piece in portions(items):
        rows = model._default_manager.filter(Q(end=None) | Q(end__gt=day), pk__in=[item.pk for item in piece])
        _end_rows(rows, day, journal)


def _add_lessons(plan: Plan, journal: Journal) -> None:
    lessons = [
        (item.teacher.key, item.school_class.key, stored(item.subject), item.start) for item in plan.lessons
    ]
    insert_rows(journal, TeachingAssignment, ("teacher", "school_class", "subject", "start"), lessons)
    charges = [
        ClassTeaching(teacher_id=item.teacher.key, school_class_id=item.school_class.key, start=item.start)
        for item in plan.charges
    ]
    journal.added(ClassTeaching, _added(charges))


def _follow_with_roles(plan: Plan, gone: Sequence[TeacherRef], journal: Journal) -> None:
    """Let the roles of accounts follow: nobody keeps access to a school or class that is left."""
    lasting = Q(end=None) | Q(end__gt=plan.day)
    for piece in portions([t.account for t in gone if t.account is not None]):
        held = RoleAssignment.objects.filter(lasting, account__in=piece)
        _end_rows(held.filter(Q(school__isnull=False) | Q(school_class__isnull=False)), plan.day, journal)
    _end_class_roles(plan, lasting, journal)
    new = [
        RoleAssignment(
            account_id=hire.teacher.account, role=Role.TEACHER, school_id=hire.school.key, start=plan.day
        )
        for hire in plan.transfers
        if hire.teacher.account is not None
    ]
    journal.added(RoleAssignment, _added([*new, *_class_roles(plan)]))


def _end_class_roles(plan: Plan, lasting: Q, journal: Journal) -> None:
    """Whoever had a class in charge that gets another class teacher loses the role, lent ones with it."""
    for piece in portions(_changing_classes(plan)):
        rows = RoleAssignment.objects.filter(lasting, role=Role.CLASS_TEACHER, school_class__in=piece)
        _end_rows(rows, plan.day, journal)


def _changing_classes(plan: Plan) -> list[int]:
    new = {item.school_class.key for item in plan.charges}
    ended = {item.school_class for item in plan.ended_charges}
    return sorted(new | ended)


def _class_roles(plan: Plan) -> Iterable[RoleAssignment]:
    for item in plan.charges:
        if item.teacher.account is not None:
            yield _class_role(item)


def _class_role(item: Lesson) -> RoleAssignment:
    return RoleAssignment(
        account_id=stored(item.teacher.account),
        role=Role.CLASS_TEACHER,
        school_id=item.school_class.school.key,
        school_class_id=item.school_class.key,
        start=item.start,
    )
