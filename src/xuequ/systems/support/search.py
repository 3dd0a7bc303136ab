"""What support lets people find: problems of visits by their words."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.search.sources import Entry, Hit, SearchSource
from xuequ.district.actors import Actor
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


SOURCES = (
    SearchSource(
        "visit-issue", _("Problems of visits"), "map-pin", _entries, _visible, _shown, watches={Issue: _own}
    ),
)
