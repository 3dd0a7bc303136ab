"""What may be read of questionnaires: by those who ask, and by those who are asked."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Dated, Enrolment, RoleAssignment, School, SchoolYear
from xuequ.district.people import names_of
from xuequ.district.queries import children, first_year_on, own_pupil
from xuequ.kit.questionnaires.choices import Audience
from xuequ.kit.questionnaires.models import Answer, Questionnaire, Receipt, Round, Version

STAFF_ROLES = (
    Role.TEACHER, Role.CLASS_TEACHER, Role.YEAR_HEAD, Role.SUBJECT_HEAD, Role.HEAD, Role.SCHOOL_ADMINISTRATOR,
    Role.MORAL_EDUCATION, Role.DATA_OFFICER,
)  # fmt: skip


# Those who ask


def may_ask(actor: Actor) -> bool:
    """Whether the actor may send questionnaires to anybody."""
    return policy.collects(actor) or any(
        grant.role in policy.ASKING_SCHOOL_ROLES and grant.school_id is not None for grant in actor.grants
    )


def asking_schools(actor: Actor) -> "QuerySet[School]":
    """Return the schools whose staff, pupils and families the actor may ask."""
    return School.objects.filter(policy.asking_schools(actor), closed_on=None).order_by("code")


def _owned(actor: Actor) -> Q:
    """Condition on a questionnaire or round: the district's for the district's askers, a school's for its own."""
    if policy.collects(actor):
        return Q(school=None)
    return Q(school__in=School.objects.filter(policy.asking_schools(actor)).values("pk"))


def questionnaires(actor: Actor) -> "QuerySet[Questionnaire]":
    """Return the questionnaires that the actor may change and send, with ``newest`` version and ``sent`` rounds."""
    rows = Questionnaire.objects.filter(_owned(actor)).select_related("school")
    counted = rows.annotate(newest=Count("versions", distinct=True), sent=Count("rounds", distinct=True))
    return counted.order_by("-changed", "-id")


def questionnaire(actor: Actor, uid: UUID) -> Questionnaire | None:
    """Return one questionnaire that the actor may change."""
    return questionnaires(actor).filter(uid=uid).first()


def newest_version(questionnaire: Questionnaire) -> Version | None:
    """Return the version published last."""
    return questionnaire.versions.order_by("-number").first()


def rounds(actor: Actor) -> "QuerySet[Round]":
    """Return the rounds that the actor sent out or answers for, newest first, with ``answered``."""
    rows = Round.objects.filter(_owned(actor)).select_related("questionnaire", "version", "school")
    return rows.annotate(answered=Count("answers")).order_by("-opens", "-id")


def round_of(actor: Actor, uid: UUID) -> Round | None:
    """Return one round that the actor may evaluate."""
    return rounds(actor).filter(uid=uid).first()


@dataclass(frozen=True, slots=True)
class Response:
    """How many of those asked at one school have answered."""

    school: School
    asked: int
    answered: int

    @property
    def share(self) -> float | None:
        """Answers for each one asked, at most 1; None where nobody is asked."""
        return min(self.answered / self.asked, 1.0) if self.asked else None


def responses(wave: Round, day: dt.date) -> list[Response]:
    """Return the response by school in the order of the schools' codes: three queries."""
    schools = list(wave.schools.order_by("code"))
    asked = asked_by_school(wave, [school.pk for school in schools], day)
    rows = Answer.objects.filter(round=wave).values_list("school").annotate(count=Count("uid")).order_by()
    answered = dict(rows)
    return [Response(one, asked.get(one.pk, 0), answered.get(one.pk, 0)) for one in schools]


def asked_by_school(wave: Round, schools: Sequence[int], day: dt.date) -> dict[int, int]:
    """Return how many people (or offices) are asked at each school."""
    if wave.audience == Audience.SCHOOLS:
        return dict.fromkeys(schools, 1)
    if wave.audience == Audience.STAFF:
        held = RoleAssignment.objects.filter(Dated.at(day), school__in=schools, role__in=wave.roles)
        return dict(held.values_list("school").annotate(count=Count("account", distinct=True)).order_by())
    rows = Enrolment.objects.filter(Dated.at(day), _in_grades(wave, day), school__in=schools)
    counted = "pupil"
    if wave.audience == Audience.GUARDIANS:
        rows, counted = rows.filter(Dated.at(day, "pupil__guardians__")), "pupil__guardians__guardian"
    return dict(rows.values_list("school").annotate(count=Count(counted, distinct=True)).order_by())


def _in_grades(wave: Round, day: dt.date) -> Q:
    """Condition on enrolments: in one of the round's grades on ``day``; no grades named means all."""
    if not wave.grades:
        return Q()
    year, condition = first_year_on(day), Q(pk__in=[])
    for grade in wave.grades:
        for entry in (1, 6, 7, 10):
            condition |= Q(school_class__entry_grade=entry, school_class__entry_year=year - grade + entry)
    return condition


def missing_staff(wave: Round, school: School, day: dt.date) -> list[str]:
    """Return the names of a school's staff who have not answered a round by name; none in any other wave."""
    if wave.anonymous or wave.audience != Audience.STAFF:
        return []
    held = RoleAssignment.objects.filter(Dated.at(day), school=school, role__in=wave.roles)
    people = set(held.values_list("account__person", flat=True).distinct()) - {None}
    people -= set(Receipt.objects.filter(round=wave, person__in=people).values_list("person", flat=True))
    return sorted(names_of(people).values())


# Those who are asked


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands when answering a wave."""

    school_id: int
    grade: int | None = None


@dataclass(frozen=True, slots=True)
class OpenRound:
    """A round that waits for the actor's answer; an office answers once for each of its schools."""

    wave: Round
    place: Place


def places(actor: Actor) -> dict[tuple[str, str], list[Place]]:
    """Return where the actor may answer, by audience and (for staff) role."""
    found: dict[tuple[str, str], list[Place]] = {}
    for grant in actor.grants:
        if grant.role in STAFF_ROLES and grant.school_id is not None:
            found.setdefault((Audience.STAFF, grant.role), []).append(Place(grant.school_id))
    if actor.has(*policy.ANSWERERS):
        found[(Audience.SCHOOLS, "")] = [Place(row.pk) for row in actor.schools_of(policy.ANSWERERS)]
    if actor.has(Role.PUPIL) and (pupil := own_pupil(actor)) is not None:
        found[(Audience.PUPILS, "")] = _enrolled([pupil.pk], actor.day)
    if actor.has(Role.GUARDIAN):
        found[(Audience.GUARDIANS, "")] = _enrolled(children(actor).order_by().values("pk"), actor.day)
    return found


def _enrolled(pupils: "Sequence[int] | QuerySet[Any]", day: dt.date) -> list[Place]:
    """Return where the pupils are on ``day``, in which grades: one query, and another where no year is entered."""
    year = SchoolYear.objects.filter(start__lte=day, end__gt=day).values("code")[:1]
    rows = Enrolment.objects.filter(Dated.at(day), pupil__in=pupils).annotate(year=Subquery(year))
    found = []
    for row in rows.select_related("school_class").order_by("pk"):
        began = int(row.year[:4]) if row.year else first_year_on(day)
        found.append(Place(row.school_id, row.school_class.grade_in(began) if row.school_class else None))
    return found


def open_rounds(actor: Actor, at: dt.datetime) -> list[OpenRound]:
    """Return the rounds open at ``at`` that the actor is asked in and has not answered, the first to close first.

    One query beside those of ``places``: a row for each round and school, with the receipts that there are.
    """
    found = places(actor)
    schools = {place.school_id for listed in found.values() for place in listed}
    if not schools or actor.person_id is None:
        return []
    rows = _asked_at(schools, actor).filter(round__opens__lte=at, round__closes__gt=at)
    waiting: dict[Round, dict[int, Any]] = {}
    for row in rows.select_related("round__questionnaire", "round__version"):
        waiting.setdefault(row.round, {})[row.school_id] = row
    return [
        OpenRound(one, place)
        for one, asked in waiting.items()
        for place in _fitting(one, found, set(asked))
        if not _is_answered(one, asked[place.school_id])
    ]


def _asked_at(schools: set[int], actor: Actor) -> "QuerySet[Any]":
    """Return who is asked where, the rounds that close first ahead, with whether the actor or the office answered."""
    receipts = Receipt.objects.filter(round=OuterRef("round"))
    rows = Round.schools.through._default_manager.filter(school__in=schools).order_by(
        "round__closes", "round_id"
    )
    return rows.annotate(
        by_person=Exists(receipts.filter(person=actor.person_id)),
        by_office=Exists(receipts.filter(person=None, school=OuterRef("school"))),
    )


def _is_answered(wave: Round, asked: Any) -> bool:
    return bool(asked.by_office if wave.audience == Audience.SCHOOLS else asked.by_person)


def answering_places(wave: Round, found: dict[tuple[str, str], list[Place]]) -> list[Place]:
    """Return where somebody may answer this round: one place, or one for each school that an office answers for."""
    return _fitting(wave, found, {school.pk for school in wave.schools.all()})


def _fitting(wave: Round, found: dict[tuple[str, str], list[Place]], asked: set[int]) -> list[Place]:
    fitting = [
        place
        for (audience, role), listed in found.items()
        for place in listed
        if audience == wave.audience and place.school_id in asked
        if (audience != Audience.STAFF or role in wave.roles)
        if (not wave.grades or place.grade is None or place.grade in wave.grades)
    ]
    return fitting if wave.audience == Audience.SCHOOLS else fitting[:1]


def state_for(wave: Round, actor: Actor, school: School, at: dt.datetime) -> str:
    """Return how a round stands for somebody asked: ``done``, ``early``, ``late`` or ``open``."""
    own = Q(person=None, school=school) if wave.audience == Audience.SCHOOLS else Q(person=actor.person_id)
    if Receipt.objects.filter(own, round=wave).exists():
        return "done"
    if at < wave.opens:
        return "early"
    return "open" if at < wave.closes else "late"
