"""Several schools are moved into the next year, each in a transaction of its own."""

import datetime as dt

from tests import factories as make
from tests.crash.moments.case import Answered, State
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import (
    ClassTeaching,
    Enrolment,
    RoleAssignment,
    School,
    SchoolClass,
    TeachingAssignment,
)
from xuequ.kit.rollover import actions, running
from xuequ.kit.rollover.models import Rollover, SchoolRollover

STAY = ("pupil_id", "school_class__entry_year", "school_class__number", "start", "end", "ended")
TAUGHT = ("teacher_id", "school_class__entry_year", "school_class__number", "start", "end")
HELD = ("account_id", "role", "school_class__entry_year", "school_class__number", "start", "end")


class RolloverCase:
    """Junior schools with two classes in each grade, their teachers and accounts."""

    name = "rollover"

    def __init__(self, schools: int = 6, pupils: int = 5) -> None:
        self.schools, self.pupils = schools, pupils
        self.items: list[SchoolRollover] = []

    @property
    def transactions(self) -> int:
        """Each school moves by itself."""
        return self.schools

    @property
    def actor(self) -> Actor:
        """The district's office, a few days before the year begins."""
        return Actor.system(dt.date(2026, 8, 25))

    def build(self) -> None:
        make.make_year(2025)
        for _school in range(self.schools):
            school = make.make_school()
            for entry_year in (2023, 2024, 2025):
                for number in (1, 2):
                    self._fill(make.make_class(school, entry_year=entry_year, number=number))
        rollover = actions.prepare(actor=self.actor, first_year=2026)
        self.items = list(rollover.schools.select_related("school", "rollover__year"))

    def _fill(self, row: SchoolClass) -> None:
        found = make.make_pupils(row, self.pupils)
        teacher = make.make_teacher(row, account=make.make_account())
        make.give_role(teacher.person.account, Role.CLASS_TEACHER, school=row.school, school_class=row)
        ClassTeaching.objects.create(teacher=teacher, school_class=row, start=dt.date(2025, 9, 1))
        make.bind(found[0].person, make.make_account(Role.PUPIL, school_class=row))

    def work(self, answered: Answered, done: int = 0) -> None:
        ran = running.run_schools(actor=self.actor, items=self.items)
        assert not ran.refused, ran.refused
        answered()

    def undo(self) -> bool:
        undone = running.undo_schools(actor=self.actor, items=self.items)
        assert not undone.refused, undone.refused
        return True

    def in_force(self) -> State:
        """Return by school everything that the move writes."""
        return {school.code: _school(school) for school in School.objects.order_by("code")}

    def facts(self) -> State:
        states = Rollover.objects.values_list("state", flat=True)
        moved = SchoolRollover.objects.order_by("school__code").values_list("school__code", "state", "steps")
        return {**self.in_force(), "state": list(states), "moved": list(map(str, moved))}


def _school(school: School) -> State:
    here = {"school_class__school": school}
    return {
        "classes": _rows(SchoolClass.objects.filter(school=school), ("entry_year", "number", "entry_grade")),
        "stays": _rows(Enrolment.objects.filter(school=school), STAY),
        "lessons": _rows(TeachingAssignment.objects.filter(**here), (*TAUGHT, "subject_id")),
        "charges": _rows(ClassTeaching.objects.filter(**here), TAUGHT),
        "roles": _rows(RoleAssignment.objects.filter(**here), HELD),
        "accounts": _rows(
            Account.objects.filter(person__pupil__enrolments__school=school).distinct(), ("pk", "is_active")
        ),
    }


def _rows(rows: object, fields: tuple[str, ...]) -> list[str]:
    return sorted(map(str, rows.values_list(*fields)))
