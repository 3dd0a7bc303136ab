"""Pupils, teachers and guardians in the search: found blind, shown only where the policy lets the actor find them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from xuequ.core.search.sources import Entry, Hit, SearchSource
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.models import (
    Dated,
    Employment,
    Enrolment,
    Guardianship,
    Identity,
    Person,
    Pupil,
    School,
    SchoolClass,
    Teacher,
)

Keys = Collection[int] | None


def own_schools(actor: Actor) -> set[int]:
    """Return the schools, campuses included, where the actor works: outside of them no pupil is found."""
    staff = [grant for grant in actor.grants if grant.role in policy.SCHOOL_STAFF]
    schools = {grant.school_id for grant in staff if grant.school_id is not None}
    classes = {grant.class_id for grant in staff if grant.class_id is not None}
    if classes:
        schools |= set(SchoolClass.objects.filter(pk__in=classes).values_list("school_id", flat=True))
    return schools | set(School.objects.filter(campus_of__in=schools).values_list("pk", flat=True))


def _near(actor: Actor) -> set[str] | None:
    """Return the places where the actor finds pupils and guardians; None for those who keep the whole roster."""
    return None if policy.keeps_roster_everywhere(actor) else _places(own_schools(actor))


def _wide(actor: Actor) -> set[str] | None:
    """Return the places where the actor finds teachers."""
    return None if actor.sees_district else _near(actor)


def _places(schools: Iterable[int]) -> set[str]:
    return {f"school{pk}" for pk in schools}


def _entries(rows: "QuerySet[Identity]", keys: Keys, schools: Mapping[int, set[int]]) -> Iterator[Entry]:
    if keys is not None:
        rows = rows.filter(person_id__in=list(keys))
    for identity in rows.order_by("person_id").only("sealed").iterator(chunk_size=5000):
        fields = identity.fields
        numbers = (fields["number"],) if fields["number"] else ()
        yield Entry(identity.pk, (fields["name"],), numbers, tuple(sorted(_places(schools[identity.pk]))))


def _schools_of(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for person, school in pairs:
        found[person].add(school)
    return found


def _of(path: str, keys: Keys) -> Q:
    return Q() if keys is None else Q(**{f"{path}__in": list(keys)})


def _pupils(keys: Keys) -> Iterator[Entry]:
    stays = Enrolment.objects.filter(_of("pupil__person_id", keys), pupil__study=None)
    schools = _schools_of(stays.values_list("pupil__person_id", "school_id").distinct())
    rows = Identity.objects.filter(person__pupil__isnull=False, person__pupil__study=None)
    return _entries(rows, keys, schools)


def _teachers(keys: Keys) -> Iterator[Entry]:
    rows = Teacher.objects.filter(_of("person_id", keys)).values_list("person_id", "school_id")
    return _entries(Identity.objects.filter(person__teacher__isnull=False), keys, _schools_of(rows))


def _guardians(keys: Keys) -> Iterator[Entry]:
    stays = Enrolment.objects.filter(_of("pupil__guardians__guardian_id", keys))
    pairs = stays.filter(pupil__guardians__isnull=False).values_list(
        "pupil__guardians__guardian_id", "school_id"
    )
    rows = Identity.objects.filter(person__in=Guardianship.objects.values("guardian_id"))
    return _entries(rows, keys, _schools_of(pairs.distinct()))


def _seen_pupils(actor: Actor) -> "QuerySet[Person]":
    return Person.objects.filter(policy.people(actor), pupil__isnull=False)


def _seen_teachers(actor: Actor) -> "QuerySet[Person]":
    return Person.objects.filter(policy.people(actor), teacher__isnull=False)


def _seen_guardians(actor: Actor) -> "QuerySet[Person]":
    wards = Guardianship.objects.values("guardian_id")
    return Person.objects.filter(policy.people(actor), pk__in=wards)


def _hit(identity: Identity, detail: str, url: str) -> Hit:
    fields = identity.fields
    return Hit(fields["name"], detail, url, (fields["name"], fields["number"]))


def _identities(keys: Sequence[int]) -> "QuerySet[Identity]":
    return Identity.objects.filter(person_id__in=keys)


def stay_words(actor: Actor, pupils: Collection[int]) -> dict[int, str]:
    """Return school and class of pupils (primary keys) on the actor's day, in words."""
    rows = Enrolment.objects.filter(Dated.at(actor.day), pupil_id__in=list(pupils))
    return {
        row.pupil_id: " · ".join(str(part) for part in (row.school, row.school_class) if part)
        for row in rows.select_related("school", "school_class").order_by("start", "pk")
    }


def _shown_pupils(actor: Actor, keys: Sequence[int]) -> Mapping[int, Hit]:
    pupils = {pupil.person_id: pupil for pupil in Pupil.objects.filter(person_id__in=keys)}
    stays = stay_words(actor, [pupil.pk for pupil in pupils.values()])
    away = pgettext("pupil", "not enrolled today")
    return {
        row.pk: _hit(
            row, stays.get(pupils[row.pk].pk, away), reverse("office:search-pupil", args=[pupils[row.pk].uid])
        )
        for row in _identities(keys)
        if row.pk in pupils
    }


def _shown_teachers(actor: Actor, keys: Sequence[int]) -> Mapping[int, Hit]:
    teachers = {
        row.person_id: row for row in Teacher.objects.filter(person_id__in=keys).select_related("school")
    }
    return {
        row.pk: _hit(
            row, str(teachers[row.pk].school), reverse("office:search-teacher", args=[teachers[row.pk].uid])
        )
        for row in _identities(keys)
        if row.pk in teachers
    }


def _shown_guardians(actor: Actor, keys: Sequence[int]) -> Mapping[int, Hit]:
    """Describe guardians by their wards, of whom only those are named whom the actor may find as well."""
    seen = Pupil.objects.filter(person__in=_seen_pupils(actor).values("pk"))
    wards: dict[int, Pupil] = {}
    for row in Guardianship.objects.filter(guardian_id__in=keys, pupil__in=seen.values("pk")).select_related(
        "pupil__person__identity"
    ):
        wards.setdefault(row.guardian_id, row.pupil)
    stays = stay_words(actor, [pupil.pk for pupil in wards.values()])
    return {
        row.pk: _hit(
            row,
            _("guardian of %(child)s")
            % {"child": f"{ward.person.name} · {stays.get(ward.pk, '')}".rstrip(" ·")},
            reverse("office:search-pupil", args=[ward.uid]),
        )
        for row in _identities(keys)
        if (ward := wards.get(row.pk)) is not None
    }


def _person(row: "Identity | Teacher") -> Iterable[int]:
    return (row.person_id,)


def _enrolled(row: Enrolment) -> Iterable[int]:
    return (row.pupil.person_id,)


def _employed(row: Employment) -> Iterable[int]:
    return (row.teacher.person_id,)


def _guardian(row: Guardianship) -> Iterable[int]:
    return (row.guardian_id,)


def _wards(row: Enrolment) -> list[int]:
    return list(row.pupil.guardians.values_list("guardian_id", flat=True))


def _source(
    kind: str,
    title: object,
    entries: Callable[[Keys], Iterable[Entry]],
    visible: Callable[[Actor], "QuerySet[Person]"],
    show: Callable[[Actor, Sequence[int]], Mapping[int, Hit]],
    **rest: object,
) -> SearchSource:
    return SearchSource(kind, title, "user", entries, visible, show, of_people=True, **rest)  # type: ignore[arg-type]


PEOPLE = (
    _source(
        "pupil", pgettext_lazy("people", "Pupils"), _pupils, _seen_pupils, _shown_pupils,
        places=_near, watches={Identity: _person, Enrolment: _enrolled},
    ),
    _source(
        "teacher", pgettext_lazy("people", "Teachers"), _teachers, _seen_teachers, _shown_teachers,
        places=_wide, watches={Identity: _person, Teacher: _person, Employment: _employed},
    ),
    _source(
        "guardian", pgettext_lazy("people", "Guardians"), _guardians, _seen_guardians, _shown_guardians,
        places=_near, watches={Identity: _person, Guardianship: _guardian, Enrolment: _wards},
    ),
)  # fmt: skip
