"""What balance lets people find: the judgements by their year."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xuequ.core.search.sources import Entry, Hit, SearchSource
from xuequ.district.actors import Actor
from xuequ.systems.balance.models import Judgement


def _texts(row: Judgement) -> tuple[str, ...]:
    return (row.run.title, row.year.code, "优质均衡 差异系数")


def _entries(keys: Collection[int] | None) -> Iterator[Entry]:
    rows = Judgement.objects.select_related("run", "year").filter(superseded=None).order_by("pk")
    for row in rows if keys is None else rows.filter(pk__in=list(keys)):
        yield Entry(row.pk, _texts(row))


def _shown(actor: Actor, keys: Sequence[int]) -> Mapping[int, Hit]:
    rows = Judgement.objects.filter(pk__in=keys).select_related("run", "year")
    return {
        row.pk: Hit(
            row.run.title,
            gettext("Judgement of balance"),
            reverse("balance:year", args=[row.year.code]),
            _texts(row),
        )
        for row in rows
    }


def _own(row: Judgement) -> Iterable[int]:
    return (row.pk,)


def _visible(actor: Actor) -> "QuerySet[Judgement]":
    # Imported when asked: the sources are declared at every start, and the queries bring the engines along.
    from xuequ.systems.balance import queries

    rows = queries.judgements(actor).filter(superseded=None)
    return rows if actor.sees_district else rows.none()


SOURCES = (
    SearchSource(
        "balance", _("Judgements of balance"), "scale", _entries, _visible, _shown, watches={Judgement: _own}
    ),
)
