"""What the search shows of one person; everything is limited to whom the actor may find."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import (
    ClassTeaching,
    Dated,
    Enrolment,
    Guardianship,
    Person,
    Pupil,
    Teacher,
    TeachingAssignment,
)

SEARCHERS = policy.SCHOOL_STAFF | policy.DISTRICT_ROLES | {Role.SYSTEM_ADMINISTRATOR}


def may_search(actor: Actor) -> bool:
    """Whether the actor is staff; pupils and families have nothing to search."""
    return actor.has(*SEARCHERS)


def _found(actor: Actor) -> "Sequence[int]":
    return Person.objects.filter(policy.people(actor)).values("pk")  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class PupilCard:
    """Who a pupil is: stays from the newest, class teachers of today, and guardians."""

    pupil: Pupil
    name: str
    number: str
    stays: list[Enrolment]
    class_teachers: list[str]
    guardians: list[Guardianship]


def pupil_card(actor: Actor, uid: UUID) -> PupilCard | None:
    """Return the pupil, if the actor may find this person."""
    rows = Pupil.objects.filter(person__in=_found(actor), study=None).select_related("person__identity")
    pupil = rows.filter(uid=uid).first()
    if pupil is None:
        return None
    stays = list(pupil.enrolments.select_related("school", "school_class").order_by("-start", "-pk"))
    charge = ClassTeaching.objects.filter(
        Dated.at(actor.day),
        school_class__in=[s.school_class_id for s in stays if s.end is None or s.end > actor.day],
    )
    guardians = Guardianship.objects.filter(Dated.at(actor.day), pupil=pupil, guardian__in=_found(actor))
    return PupilCard(
        pupil,
        pupil.person.name,
        pupil.person.identity.fields["number"] if hasattr(pupil.person, "identity") else "",
        stays,
        [row.teacher.person.name for row in charge.select_related("teacher__person__identity")],
        list(guardians.select_related("guardian__identity").order_by("pk")),
    )


@dataclass(frozen=True, slots=True)
class TeacherCard:
    """Who a teacher is: the school, and what is taught to which class today."""

    teacher: Teacher
    name: str
    lessons: list[TeachingAssignment]
    in_charge: list[ClassTeaching]


def teacher_card(actor: Actor, uid: UUID) -> TeacherCard | None:
    """Return the teacher, if the actor may find this person."""
    rows = Teacher.objects.filter(person__in=_found(actor)).select_related("person__identity", "school")
    teacher = rows.filter(uid=uid).first()
    if teacher is None:
        return None
    lessons = teacher.assignments.filter(Dated.at(actor.day)).select_related(
        "school_class__school", "subject"
    )
    charge = teacher.classes_in_charge.filter(Dated.at(actor.day)).select_related("school_class__school")
    return TeacherCard(
        teacher, teacher.person.name, list(lessons.order_by("subject", "school_class")), list(charge)
    )
