"""Who may read what of a paper's item results: the district's figures, a school's, a class's, one pupil's."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from xuequ.district.actors import DISTRICT_READERS, SCHOOL_LEADERS, Actor, Grant
from xuequ.district.choices import Role
from xuequ.district.models import Dated, Pupil, School, SchoolClass, TeachingAssignment
from xuequ.district.policy import EVERYBODY, NOBODY
from xuequ.record.models import Assessment, Result
from xuequ.record.papers import with_items


@dataclass(frozen=True, slots=True)
class Scope:
    """What an actor may read of one paper; ``schools`` and ``classes`` are primary keys of those that sat it."""

    district: bool
    schools: frozenset[int]
    classes: frozenset[int]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing for the actor."""
        return not (self.district or self.schools or self.classes)


def scope_of(actor: Actor, assessment: Assessment) -> Scope:
    """Return what the actor may read of the assessment's item results."""
    if assessment.study_id is not None:
        return Scope(False, frozenset(), frozenset())
    sat = with_items(assessment)
    district = actor.is_system or (actor.sees_district and assessment.school_id is None)
    schools = readable_schools(actor, assessment.subject_id).filter(pk__in=sat.values("school"))
    classes = readable_classes(actor, assessment.subject_id).filter(pk__in=sat.values("school_class"))
    return Scope(
        district,
        frozenset(schools.values_list("pk", flat=True)),
        frozenset(classes.values_list("pk", flat=True)),
    )


def scopes(actor: Actor, wanted: Iterable[Assessment]) -> dict[int, Scope]:
    """Return the same for many papers, by the assessments' primary keys: few queries, however many there are."""
    listed = list(wanted)
    rows = Result.objects.filter(assessment__in=listed, is_current=True, paper__isnull=False)
    sat: dict[int, tuple[set[int], set[int | None]]] = {item.pk: (set(), set()) for item in listed}
    for pk, school, group in rows.values_list("assessment_id", "school_id", "school_class_id").distinct():
        sat[pk][0].add(school)
        sat[pk][1].add(group)
    seen = {
        subject: (_keys(readable_schools(actor, subject)), _keys(readable_classes(actor, subject)))
        for subject in {item.subject_id for item in listed}
    }
    return {
        item.pk: Scope(
            actor.is_system or (actor.sees_district and item.school_id is None),
            seen[item.subject_id][0] & sat[item.pk][0],
            seen[item.subject_id][1] & sat[item.pk][1],
        )
        for item in listed
    }


def _keys(rows: "QuerySet[School] | QuerySet[SchoolClass]") -> frozenset[int]:
    return frozenset(rows.values_list("pk", flat=True))


def readable_schools(actor: Actor, subject: int | None) -> "QuerySet[School]":
    """Return the schools whose figures by class the actor reads: the district's readers, leaders, subject heads."""
    wanted = EVERYBODY if actor.is_system else NOBODY
    for grant in actor.grants:
        if grant.role in DISTRICT_READERS and grant.school_id is None:
            wanted |= EVERYBODY
        elif grant.school_id is not None and (grant.role in SCHOOL_LEADERS or _heads(grant, subject)):
            wanted |= Q(pk=grant.school_id)
    # What is wanted never reaches beyond what the one policy shows.
    return School.objects.visible_to(actor).filter(wanted, study=None)


def _heads(grant: Grant, subject: int | None) -> bool:
    return grant.role == Role.SUBJECT_HEAD and grant.subject_id in {None, subject}


def readable_classes(actor: Actor, subject: int | None) -> "QuerySet[SchoolClass]":
    """Return the classes whose diagnosis in a subject the actor reads.

    A teacher reads the classes in which the teacher gives this subject; a class teacher the own class.
    """
    wanted = EVERYBODY if actor.is_system else NOBODY
    for grant in actor.grants:
        wanted |= _classes_of(grant, actor, subject)
    return SchoolClass.objects.visible_to(actor).filter(wanted)


def _classes_of(grant: Grant, actor: Actor, subject: int | None) -> Q:
    if grant.role in DISTRICT_READERS and grant.school_id is None:
        return EVERYBODY
    if grant.role in SCHOOL_LEADERS or _heads(grant, subject):
        return Q(school=grant.school_id)
    if grant.role == Role.YEAR_HEAD:
        return Q(school=grant.school_id, entry_year=grant.entry_year)
    if grant.role == Role.CLASS_TEACHER:
        return Q(pk=grant.class_id)
    return taught_by(actor, subject) if grant.role == Role.TEACHER else NOBODY


def taught_by(actor: Actor, subject: int | None) -> Q:
    """Condition on ``SchoolClass``: where the actor gives the subject on the actor's day."""
    if actor.person_id is None or subject is None:
        return NOBODY
    lessons = TeachingAssignment.objects.filter(
        Dated.at(actor.day), teacher__person_id=actor.person_id, subject=subject
    )
    return Q(pk__in=lessons.values("school_class"))


def teaches_only(actor: Actor) -> bool:
    """Whether all that the actor reads here are the classes that the actor teaches."""
    wider = (*DISTRICT_READERS, *SCHOOL_LEADERS, Role.SUBJECT_HEAD, Role.YEAR_HEAD, Role.CLASS_TEACHER)
    return not actor.is_system and actor.has(Role.TEACHER) and not actor.has(*wider)


def own_subjects(actor: Actor) -> "QuerySet[TeachingAssignment]":
    """Return the subjects that the actor teaches on the actor's day, as a column of primary keys."""
    lessons = TeachingAssignment.objects.filter(Dated.at(actor.day), teacher__person_id=actor.person_id or 0)
    return lessons.values("subject")  # type: ignore[return-value]


def may_report_taught(actor: Actor, assessment: Assessment, group: SchoolClass) -> bool:
    """Whether the actor says what the class was taught: whoever gives the subject, or leads school or subject."""
    seen = readable_classes(actor, assessment.subject_id).filter(pk=group.pk)
    own = taught_by(actor, assessment.subject_id)
    for grant in actor.grants:
        if grant.school_id is not None and (
            grant.role in SCHOOL_LEADERS or _heads(grant, assessment.subject_id)
        ):
            own |= Q(school=grant.school_id)
    return bool(actor.is_system or seen.filter(own).exists())


def readable_pupil(actor: Actor, assessment: Assessment, pupil: Pupil, class_id: int | None) -> bool:
    """Whether staff may read one pupil's diagnosis: the pupil is theirs to see, and so is the class in the subject."""
    if class_id is None or not Pupil.objects.visible_to(actor).filter(pk=pupil.pk).exists():
        return False
    return readable_classes(actor, assessment.subject_id).filter(pk=class_id).exists()
