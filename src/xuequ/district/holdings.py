"""Which rows of which table are about a person, as the register of personal data says."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Count, Model, Q, QuerySet, Value
from django.utils.module_loading import import_string

from xuequ.core.registry import PersonalData, personal_data
from xuequ.district.models import Person, Pupil, Teacher


def model_of(entry: PersonalData) -> type[Model]:
    """Return the entry's model."""
    return apps.get_model(entry.model)


def entries() -> list[PersonalData]:
    """Return the register's entries whose rows can be found by person, or that may call people by name."""
    return [entry for entry in personal_data() if entry.is_about_people or entry.free_text or entry.file]


def uids_of(person: Person) -> list[UUID]:
    """Return the random keys under which a person is known."""
    found: list[UUID] = [person.key]
    found += Pupil.objects.filter(person=person).values_list("uid", flat=True)
    found += Teacher.objects.filter(person=person).values_list("uid", flat=True)
    if person.account is not None:
        found.append(person.account.uid)
    return found


def rows_of(entry: PersonalData, person: Person) -> "QuerySet[Any]":
    """Return the rows of the entry that are about the person."""
    rows = model_of(entry)._default_manager.filter(**entry.where)
    about = Q(pk__in=[])
    for path in entry.person:
        about |= Q(**{path: person.pk})
    if entry.uid:
        about |= Q(**{f"{entry.uid}__in": uids_of(person)})
    if entry.login and person.account is not None:
        about |= Q(**{entry.login: person.account.username})
    rows = rows.filter(about)
    # A row reached by two ways is one row.
    return model_of(entry)._default_manager.filter(pk__in=rows.values("pk"))


def counts(person: Person) -> dict[str, int]:
    """Return how many rows each class of data holds about the person, without those outside of tables: few queries."""
    pieces = [
        rows_of(entry, person).order_by().values(slug=Value(entry.slug)).annotate(rows=Count("pk"))
        for entry in entries()
        if entry.person or entry.uid or entry.login
    ]
    found = pieces[0].union(*pieces[1:], all=True) if pieces else []
    return {piece["slug"]: piece["rows"] for piece in found if piece["rows"]}


def loose_rows(entry: PersonalData, person: Person) -> Iterable[dict[str, Any]]:
    """Return what the entry holds about the person outside of its table."""
    found: Iterable[dict[str, Any]] = import_string(entry.rows)(person) if entry.rows else ()
    return found


def find_person(uid: UUID) -> Person | None:
    """Return the person whose key this is, or whose key as a pupil, teacher or account."""
    for path in ("key", "pupil__uid", "teacher__uid", "account__uid"):
        found = Person.objects.select_related("account").filter(**{path: uid}).first()
        if found is not None:
            return found
    return None
