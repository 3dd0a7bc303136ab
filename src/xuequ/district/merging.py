"""合并: a school goes into another one. Its history stays with it; what goes on begins anew at the other school."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.district.choices import EmploymentEnd, EnrolmentEnd, Role, Stage
from xuequ.district.journal import Journal, snapshot
from xuequ.district.models import (
    Change,
    ClassTeaching,
    Employment,
    Enrolment,
    RoleAssignment,
    School,
    SchoolClass,
    Teacher,
    TeachingAssignment,
)

# Which stages can take in the pupils of which.
TAKES_IN = {
    Stage.PRIMARY: {Stage.PRIMARY, Stage.NINE_YEAR},
    Stage.JUNIOR: {Stage.JUNIOR, Stage.NINE_YEAR, Stage.COMPLETE},
    Stage.NINE_YEAR: {Stage.NINE_YEAR},
    Stage.SENIOR: {Stage.SENIOR, Stage.COMPLETE},
    Stage.COMPLETE: {Stage.COMPLETE},
}
# Whoever leads a school does not lead the one that it goes into.
LEADERS = frozenset(
    {Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.MORAL_EDUCATION, Role.DATA_OFFICER, Role.FINANCE}
)


def merge(school: School, into: School, day: dt.date) -> dict[str, int]:
    """Carry a merger out in the caller's transaction; raises ``Refused`` when the two do not fit."""
    rows = {row.pk: row for row in School.objects.select_for_update().filter(pk__in=[school.pk, into.pk])}
    school, into = rows[school.pk], rows[into.pk]
    _refuse_misfit(school, into)
    with Journal(uuid.uuid4()) as journal:
        return _Merger(school, into, day, journal).run()


def operation_of(school: School) -> uuid.UUID | None:
    """Return the journal's operation of the merger by which a school was closed, if it can still be taken back."""
    if school.closed_on is None:
        return None
    step = Change.objects.filter(table="district.school", keys=[school.pk]).order_by("-id").first()
    return step.operation if step is not None and (step.after or {}).get("closed_on") else None


def _refuse_misfit(school: School, into: School) -> None:
    if school.pk == into.pk or school.study_id is not None or into.study_id is not None:
        raise Refused(_("Choose another school of the district."))
    if school.closed_on is not None or into.closed_on is not None:
        raise Refused(_("One of the two schools is closed already."))
    if into.stage not in TAKES_IN[Stage(school.stage)]:
        raise Refused(_("The other school does not teach all grades of this one."))
    if school.stage != Stage.SENIOR and school.year_system != into.year_system:
        raise Refused(_("The two schools split the nine years differently (六三 and 五四)."))


@dataclass(slots=True)
class _Merger:
    """One merger while it is written."""

    school: School
    into: School
    day: dt.date
    journal: Journal
    classes: dict[int, int] = field(default_factory=dict)

    def run(self) -> dict[str, int]:
        self._open_classes()
        counts = {
            "classes": len(self.classes),
            "pupils": self._move_pupils(),
            "teachers": self._move_teachers(),
        }
        for model in (TeachingAssignment, ClassTeaching):
            rows = model._default_manager.filter(self._lasting(), school_class__school=self.school)
            self._carry_over(list(rows), {})
        self._move_roles()
        self._close()
        return counts

    def _lasting(self) -> Q:
        return Q(end=None) | Q(end__gt=self.day)

    def _open_classes(self) -> None:
        """Open a class at the other school for each that has pupils, numbered after those it has."""
        alive = Enrolment.objects.filter(self._lasting(), school=self.school).values("school_class_id")
        for row in SchoolClass.objects.filter(pk__in=alive, school=self.school).order_by(
            "entry_year", "number"
        ):
            cohort = SchoolClass.objects.filter(
                school=self.into, entry_year=row.entry_year, entry_grade=row.entry_grade
            )
            number = (cohort.aggregate(last=Max("number"))["last"] or 0) + 1
            made = SchoolClass.objects.create(
                school=self.into,
                entry_year=row.entry_year,
                entry_grade=row.entry_grade,
                number=number,
                label=row.label,
            )
            self.classes[row.pk] = made.pk
        self.journal.added(SchoolClass, self.classes.values())

    def _move_pupils(self) -> int:
        rows = list(Enrolment.objects.filter(self._lasting(), school=self.school).select_related("pupil"))
        self._carry_over(rows, {"ended": EnrolmentEnd.TRANSFER}, [row.pupil.person_id for row in rows])
        return len(rows)

    def _move_teachers(self) -> int:
        rows = list(Teacher.objects.filter(school=self.school))
        stays = Employment.objects.filter(self._lasting(), school=self.school).select_related("teacher")
        self._carry_over(list(stays), {"ended": EmploymentEnd.TRANSFER})
        changes = [(row, snapshot(row, ["school"])) for row in rows]
        for row in rows:
            row.school = self.into
        self.journal.update(changes, [row.person_id for row in rows])
        return len(rows)

    def _move_roles(self) -> None:
        there = Q(school=self.school) | Q(school_class__school=self.school)
        rows = list(RoleAssignment.objects.filter(self._lasting(), there))
        self._carry_over([row for row in rows if row.role not in LEADERS and row.lent_from_id is None], {})
        self._end([row for row in rows if row.role in LEADERS or row.lent_from_id is not None], {})

    def _carry_over(
        self, rows: Sequence[Any], ended: Mapping[str, str], people: Sequence[int | None] = ()
    ) -> None:
        """End rows on the day and begin the same at the other school; what has not begun is only put there."""
        begun = [row for row in rows if row.start < self.day]
        heirs = [self._heir(row) for row in begun]
        whose = dict(zip((row.pk for row in rows), people, strict=False))
        self._end(begun, ended, [whose.get(row.pk) for row in begun])
        waiting = [row for row in rows if row.start >= self.day]
        self.journal.update(
            [(row, self._placed(row)) for row in waiting], [whose.get(row.pk) for row in waiting]
        )
        if heirs:
            made = type(heirs[0])._default_manager.bulk_create(heirs, batch_size=1000)
            self.journal.added(type(heirs[0]), [row.pk for row in made])

    def _end(self, rows: Sequence[Any], ended: Mapping[str, str], people: Sequence[int | None] = ()) -> None:
        begun = [row for row in rows if row.start < self.day]
        changes = [(row, snapshot(row, ["end", *ended])) for row in begun]
        for row in begun:
            row.end = self.day
            for name, value in ended.items():
                setattr(row, name, value)
        self.journal.update(changes, people)

    def _placed(self, row: Any) -> dict[str, Any]:
        """Put a row to the other school in memory; return its snapshot from before."""
        names = [name for name in ("school", "school_class") if hasattr(row, f"{name}_id")]
        before = snapshot(row, names)
        self._put(row)
        return before

    def _put(self, row: Any) -> None:
        if getattr(row, "school_id", None) == self.school.pk:
            row.school_id = self.into.pk
        if getattr(row, "school_class_id", None) is not None:
            row.school_class_id = self.classes.get(row.school_class_id, row.school_class_id)

    def _heir(self, row: Any) -> models.Model:
        skipped = {"id", "uid", "start"}
        values = {
            f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name not in skipped
        }
        heir: models.Model = type(row)(**values, start=self.day)
        self._put(heir)
        return heir

    def _close(self) -> None:
        campuses = list(School.objects.filter(campus_of=self.school))
        changes = [(row, snapshot(row, ["campus_of"])) for row in campuses]
        for row in campuses:
            row.campus_of = self.into
        self.journal.update(changes)
        before = snapshot(self.school, ["closed_on"])
        self.school.closed_on = self.day
        self.journal.update([(self.school, before)])
