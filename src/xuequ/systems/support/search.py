"""What support lets people find: problems of visits by their words, rounds of the special fund by their title."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.search.sources import Entry, Hit, SearchSource
from xuequ.district.actors import Actor
from xuequ.systems.support.funding.models import Round
from xuequ.systems.support.visits.models import Issue


def _texts(row: Issue) -> tuple[str, ...]:
    return (row.text, str(row.school), row.office)


def _entries(keys: Collection[int] | None) -> Iterator[Entry]:
    rows = Issue.objects.select_related("school").order_by("pk")
    for row in rows if keys is None else rows.filter(pk__in=list(keys)):
        yield Entry(row.pk, _texts(row))


def _visible(actor: Actor) -> "QuerySet[Issue]":
    from xuequ.systems.support.visits import queries

    return queries.issues(actor)


def _shown(actor: Actor, keys: Sequence[int]) -> Mapping[int, Hit]:
    return {
        row.pk: Hit(
            row.text,
            f"{row.school} · {row.get_state_display()}",
            reverse("support:issue", args=[row.uid]),
            _texts(row),
        )
        for row in Issue.objects.filter(pk__in=keys).select_related("school")
    }


def _own(row: Issue) -> Iterable[int]:
    return (row.pk,)


def _round_texts(row: Round) -> tuple[str, ...]:
    return (row.title, row.document)


def _round_entries(keys: Collection[int] | None) -> Iterator[Entry]:
    rows = Round.objects.order_by("pk")
    for row in rows if keys is None else rows.filter(pk__in=list(keys)):
        yield Entry(row.pk, _round_texts(row))


def _visible_rounds(actor: Actor) -> "QuerySet[Round]":
    from xuequ.systems.support.funding import queries

    return queries.rounds(actor)


def _rounds_shown(actor: Actor, keys: Sequence[int]) -> Mapping[int, Hit]:
    return {
        row.pk: Hit(
            row.title,
            f"{row.year} · {row.get_state_display()}",
            reverse("support:round", args=[row.uid]),
            _round_texts(row),
        )
        for row in Round.objects.filter(pk__in=keys).select_related("year")
    }


def _own_round(row: Round) -> Iterable[int]:
    return (row.pk,)


SOURCES = (
    SearchSource(
        "visit-issue", _("Problems of visits"), "map-pin", _entries, _visible, _shown, watches={Issue: _own}
    ),
    SearchSource(
        "fund-round", _("Special fund"), "building-bank", _round_entries, _visible_rounds, _rounds_shown,
        watches={Round: _own_round},
    ),
)  # fmt: skip
