"""Who may read what of a paper's item results: the district's figures, a school's, a class's, one pupil's."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, Q, QuerySet, Value, When

from xuequ.district.actors import DISTRICT_READERS, SCHOOL_LEADERS, Actor, Grant
from xuequ.district.choices import Role
from xuequ.district.models import Dated, Pupil, School, SchoolClass, TeachingAssignment
from xuequ.district.policy import EVERYBODY, NOBODY
from xuequ.record.choices import ResultStatus
from xuequ.record.models import Assessment, Result


@dataclass(frozen=True, slots=True)
class Scope:
    """What an actor may read of one paper; ``schools`` and ``classes`` are primary keys of those that sat it.

    ``only`` is the uid of the school, or without schools of the class, where there is a single one.
    """

    district: bool
    schools: frozenset[int]
    classes: frozenset[int]
    only: UUID | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing for the actor."""
        return not (self.district or self.schools or self.classes)


def scope_of(actor: Actor, assessment: Assessment) -> Scope:
    """Return what the actor may read of the assessment's item results."""
    return scopes(actor, [assessment])[assessment.pk]


def scopes(actor: Actor, wanted: Iterable[Assessment]) -> dict[int, Scope]:
    """Return the same for many papers, by the assessments' primary keys: one query, however many there are."""
    listed = list(wanted)
    own = [item for item in listed if item.study_id is None]
    schools: dict[int, dict[int, UUID]] = defaultdict(dict)
    classes: dict[int, dict[int, UUID]] = defaultdict(dict)
    for pk, school, group, reads_school, reads_class, school_uid, class_uid in _sat(actor, own):
        if reads_school:
            schools[pk][school] = school_uid
        if reads_class and group is not None:
            classes[pk][group] = class_uid
    return {
        item.pk: Scope(
            item.study_id is None and reads_district(actor, item),
            frozenset(schools[item.pk]),
            frozenset(classes[item.pk]),
            _only(schools[item.pk] or classes[item.pk]),
        )
        for item in listed
    }


def _sat(actor: Actor, listed: Iterable[Assessment]) -> "QuerySet[Result, tuple[Any, ...]] | list[Any]":
    """Return the schools and classes that sat papers, each with whether the actor reads it, and its uid."""
    keys: dict[int | None, list[int]] = defaultdict(list)
    for item in listed:
        keys[item.subject_id].append(item.pk)
    if not keys:
        return []
    school, group = NOBODY, NOBODY
    for subject, papers in keys.items():
        school |= Q(assessment__in=papers, school__in=readable_schools(actor, subject).values("pk"))
        group |= Q(assessment__in=papers, school_class__in=readable_classes(actor, subject).values("pk"))
    every = [pk for papers in keys.values() for pk in papers]
    rows = Result.objects.filter(
        assessment__in=every, is_current=True, status=ResultStatus.SCORED, paper__isnull=False
    )
    told = rows.annotate(reads_school=_whether(school), reads_class=_whether(group))
    return (
        told.values_list(
            "assessment_id",
            "school_id",
            "school_class_id",
            "reads_school",
            "reads_class",
            "school__uid",
            "school_class__uid",
        )
        .order_by()
        .distinct()
    )


def _whether(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _only(places: Mapping[int, UUID]) -> UUID | None:
    return next(iter(places.values())) if len(places) == 1 else None


def reads_district(actor: Actor, assessment: Assessment) -> bool:
    """Whether the actor reads the whole district's figures of a paper; no query."""
    return actor.is_system or (actor.sees_district and assessment.school_id is None)


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
