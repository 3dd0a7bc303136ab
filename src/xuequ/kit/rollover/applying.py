"""Writes a school's plan in the caller's transaction, with a journal from which it is undone."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q

from xuequ.district.choices import Role
from xuequ.district.journal import Journal, snapshot
from xuequ.district.models import (
    ClassTeaching,
    Enrolment,
    Pupil,
    RoleAssignment,
    School,
    SchoolClass,
    Teacher,
    TeachingAssignment,
)
from xuequ.kit.rollover.accounts import Departed, close_accounts
from xuequ.kit.rollover.choices import Outcome
from xuequ.kit.rollover.facts import ClassKey, SchoolFacts
from xuequ.kit.rollover.grades import span_with
from xuequ.kit.rollover.loading import Loaded
from xuequ.kit.rollover.models import SchoolRollover
from xuequ.kit.rollover.staffing import Post

PIECE = 500


@dataclass(slots=True)
class Writer:
    """One school's move while it is written."""

    school: School
    day: dt.date
    loaded: Loaded
    journal: Journal

    @property
    def facts(self) -> SchoolFacts:
        return self.loaded.facts

    def write(self, taught: frozenset[int]) -> None:
        """Write classes, enrolments, teachers and roles; ``taught`` are the grades that the district teaches."""
        keys = self._open_classes()
        self._move_pupils(keys)
        self._fill_classes(keys)
        self._end_classes()
        self._set_staff(keys)
        self._year_heads()
        close_accounts(self._departed(taught), self.day, self.journal)

    def _open_classes(self) -> dict[ClassKey, int]:
        made = SchoolClass.objects.bulk_create(
            [
                SchoolClass(
                    school=self.school, entry_year=k.entry_year, entry_grade=k.entry_grade, number=k.number
                )
                for k in self.loaded.plan.new_classes
            ]
        )
        self.journal.added(SchoolClass, [row.pk for row in made])
        known = {key: pk for pk, key in self.facts.classes.items()}
        return known | {ClassKey(row.entry_year, row.entry_grade, row.number): row.pk for row in made}

    def _move_pupils(self, keys: Mapping[ClassKey, int]) -> None:
        """End the stays that end, and begin those that follow them."""
        moves = [move for move in self.loaded.plan.moves if move.ended]
        reasons: dict[str, list[int]] = defaultdict(list)
        for move in moves:
            reasons[move.ended].append(move.stay)
        before = {stay.pk: stay for stay in self.facts.stays}
        people = dict(_people([move.pupil for move in moves]))
        for reason, stays in reasons.items():
            for piece in _pieces(stays):
                Enrolment.objects.filter(pk__in=piece).update(end=self.day, ended=reason)
        for move in moves:
            stay = before[move.stay]
            was = {"end": stay.end.isoformat() if stay.end else None, "ended": stay.ended}
            became = {"end": self.day.isoformat(), "ended": str(move.ended)}
            self.journal.changed(Enrolment, move.stay, was, became, people.get(move.pupil))
        begun = [
            Enrolment(pupil_id=move.pupil, school=self.school, school_class_id=keys[move.to], start=self.day)
            for move in moves
            if move.to is not None
        ]
        made = Enrolment.objects.bulk_create(begun, batch_size=2000)
        self.journal.added(Enrolment, [row.pk for row in made])

    def _fill_classes(self, keys: Mapping[ClassKey, int]) -> None:
        """Give new pupils their class: an enrolment that names none is completed, not rewritten."""
        fills = self.loaded.plan.fills
        by_class: dict[int, list[int]] = defaultdict(list)
        for fill in fills:
            by_class[keys[fill.to]].append(fill.enrolment)
        people = dict(_people([fill.pupil for fill in fills]))
        for pk, rows in by_class.items():
            Enrolment.objects.filter(pk__in=rows, school_class=None).update(school_class=pk)
        for fill in fills:
            self.journal.changed(
                Enrolment, fill.enrolment, {"school_class": None}, {"school_class": keys[fill.to]},
                people.get(fill.pupil),
            )  # fmt: skip

    def _end_classes(self) -> None:
        """End lessons, charges and staff's roles of the classes that leave."""
        where = Q(school_class__in=self.loaded.plan.ending)
        end_rows(TeachingAssignment.objects.filter(where), self.day, self.journal)
        end_rows(ClassTeaching.objects.filter(where), self.day, self.journal)
        staff = RoleAssignment.objects.filter(where).exclude(role__in=(Role.PUPIL, Role.GUARDIAN))
        end_rows(staff, self.day, self.journal)

    def _set_staff(self, keys: Mapping[ClassKey, int]) -> None:
        staff = self.loaded.staff
        changed = [
            (keys[post.to], post, teacher)
            for post, teacher in self.loaded.staffing.posts.items()
            if _holder(keys[post.to], post, staff.charges, staff.lessons) != teacher
        ]
        self._set_lessons([(pk, post.subject, teacher) for pk, post, teacher in changed if post.subject])
        self._set_charges([(pk, teacher) for pk, post, teacher in changed if post.subject is None])

    def _set_lessons(self, changed: Sequence[tuple[int, int, int | None]]) -> None:
        for pk, subject, _teacher in changed:
            rows = TeachingAssignment.objects.filter(school_class=pk, subject=subject)
            end_rows(rows, self.day, self.journal)
        self._add(
            TeachingAssignment,
            [
                TeachingAssignment(teacher_id=teacher, school_class_id=pk, subject_id=subject, start=self.day)
                for pk, subject, teacher in changed
                if teacher is not None
            ],
        )

    def _set_charges(self, changed: Sequence[tuple[int, int | None]]) -> None:
        """Set class teachers; the accounts' roles follow."""
        classes = [pk for pk, _teacher in changed]
        end_rows(ClassTeaching.objects.filter(school_class__in=classes), self.day, self.journal)
        roles = RoleAssignment.objects.filter(school_class__in=classes, role=Role.CLASS_TEACHER)
        end_rows(roles, self.day, self.journal)
        given = {pk: teacher for pk, teacher in changed if teacher is not None}
        self._add(
            ClassTeaching,
            [ClassTeaching(teacher_id=t, school_class_id=pk, start=self.day) for pk, t in given.items()],
        )
        accounts = dict(
            Teacher.objects.filter(pk__in=given.values(), person__account__isnull=False).values_list(
                "pk", "person__account"
            )
        )
        self._add(
            RoleAssignment,
            [
                RoleAssignment(
                    account_id=accounts[t], role=Role.CLASS_TEACHER, school=self.school, school_class_id=pk,
                    start=self.day,
                )
                for pk, t in given.items()
                if t in accounts
            ],
        )  # fmt: skip

    def _year_heads(self) -> None:
        """End the year heads of cohorts that left; where the school wishes, they take the cohort that enters."""
        left = self._cohorts_left()
        rows = RoleAssignment.objects.filter(role=Role.YEAR_HEAD, school=self.school, entry_year__in=left)
        for row in end_rows(rows, self.day, self.journal):
            if self.loaded.choices.year_heads_follow and row.lent_from_id is None:
                heir = RoleAssignment(
                    account_id=row.account_id, role=Role.YEAR_HEAD, school=self.school,
                    entry_year=self.facts.first_year, subject_id=row.subject_id, start=self.day,
                )  # fmt: skip
                self._add(RoleAssignment, [heir])

    def _cohorts_left(self) -> set[int]:
        alive = {self.facts.classes[pk].entry_year for pk in self.loaded.plan.continuing}
        return {self.facts.classes[pk].entry_year for pk in self.loaded.plan.ending} - alive

    def _add(self, model: Any, rows: Sequence[models.Model]) -> None:
        made = model._default_manager.bulk_create(rows, batch_size=500)
        self.journal.added(model, [row.pk for row in made])

    def _departed(self, taught: frozenset[int]) -> Departed:
        """Return whose accounts close: not of those who may go on at another school of the district."""
        gone = [
            m for m in self.loaded.plan.moves if m.ended and m.outcome in {Outcome.GRADUATED, Outcome.LEFT}
        ]
        leaving = [
            m.pupil
            for m in gone
            if m.ended == "left"
            or (m.outcome == Outcome.GRADUATED and not self._may_go_on(m.from_class, taught))
        ]
        return Departed(leaving)

    def _may_go_on(self, pk: int | None, taught: frozenset[int]) -> bool:
        if pk is None:
            return True
        span = span_with(self.facts.spans, self.facts.old_grade(pk))
        return span is not None and span.last + 1 in taught


def write_plan(item: SchoolRollover, loaded: Loaded, journal: Journal, taught: frozenset[int]) -> None:
    """Write the plan of ``item``'s school in the caller's transaction."""
    Writer(item.school, item.rollover.effective, loaded, journal).write(taught)


def end_rows(rows: "models.QuerySet[Any]", day: dt.date, journal: Journal) -> list[Any]:
    """End dated rows that hold on ``day``; those that would begin later are left alone. Returns what was ended."""
    found = list(rows.filter(Q(end=None) | Q(end__gt=day), start__lt=day))
    changes = [(row, snapshot(row, ["end"])) for row in found]
    for row in found:
        row.end = day
    journal.update(changes)
    return found


def _holder(
    pk: int, post: Post, charges: Mapping[int, int], lessons: Mapping[tuple[int, int], int]
) -> int | None:
    return charges.get(pk) if post.subject is None else lessons.get((pk, post.subject))


def _people(pupils: Sequence[int]) -> Iterable[tuple[int, int]]:
    for piece in _pieces(pupils):
        yield from Pupil.objects.filter(pk__in=piece).values_list("pk", "person_id")


def _pieces(keys: Sequence[int]) -> Iterable[Sequence[int]]:
    return (keys[start : start + PIECE] for start in range(0, len(keys), PIECE))
