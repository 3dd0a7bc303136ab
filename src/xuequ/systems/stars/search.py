"""What stars let people find: rounds, schemes and applications by name."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.search.sources import Entry, Hit, SearchSource
from xuequ.district.actors import Actor
from xuequ.systems.stars.models import Application, Round, SchemeVersion


def _scheme_texts(row: SchemeVersion) -> tuple[str, ...]:
    return (row.scheme.name, row.note)


def _scheme_entries(keys: Collection[int] | None) -> Iterator[Entry]:
    rows = SchemeVersion.objects.select_related("scheme").order_by("pk")
    for row in rows if keys is None else rows.filter(pk__in=list(keys)):
        yield Entry(row.pk, _scheme_texts(row))


def _versions(actor: Actor) -> "QuerySet[SchemeVersion]":
    from xuequ.systems.stars.schemes import queries

    return queries.versions(actor)


def _scheme_hits(actor: Actor, keys: Sequence[int]) -> Mapping[int, Hit]:
    rows = SchemeVersion.objects.filter(pk__in=keys).select_related("scheme")
    return {
        row.pk: Hit(
            str(row),
            row.scheme.get_kind_display(),
            reverse("stars:scheme", args=[row.uid]),
            _scheme_texts(row),
        )
        for row in rows
    }


def _application_texts(row: Application) -> tuple[str, ...]:
    return (row.school.name, row.school.short_name, row.round.title)


def _application_entries(keys: Collection[int] | None) -> Iterator[Entry]:
    rows = Application.objects.select_related("school", "round").order_by("pk")
    for row in rows if keys is None else rows.filter(pk__in=list(keys)):
        yield Entry(row.pk, _application_texts(row))


def _applications(actor: Actor) -> "QuerySet[Application]":
    from xuequ.systems.stars.rounds import queries

    return queries.applications(actor)


def _application_hits(actor: Actor, keys: Sequence[int]) -> Mapping[int, Hit]:
    rows = Application.objects.filter(pk__in=keys).select_related("school", "round")
    return {
        row.pk: Hit(
            str(row.school),
            row.round.title,
            reverse("stars:application", args=[row.uid]),
            _application_texts(row),
        )
        for row in rows
    }


def _own(row: Application) -> Iterable[int]:
    return (row.pk,)


def _of_round(row: Round) -> Iterable[int]:
    return row.applications.values_list("pk", flat=True)


def _version_own(row: SchemeVersion) -> Iterable[int]:
    return (row.pk,)


SOURCES = (
    SearchSource(
        "star-scheme", _("Schemes"), "star", _scheme_entries, _versions, _scheme_hits,
        watches={SchemeVersion: _version_own},
    ),
    SearchSource(
        "star-application", _("Applications for stars"), "star", _application_entries, _applications,
        _application_hits, watches={Application: _own, Round: _of_round},
    ),
)  # fmt: skip
