"""What growth lets people find: evaluations by their title."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.search.sources import Entry, Hit, SearchSource
from xuequ.district.actors import Actor
from xuequ.record.models import Run
from xuequ.systems.growth.models import Evaluation


def _texts(row: Evaluation) -> tuple[str, ...]:
    return (row.run.title, row.outcome_label, row.period)


def _entries(keys: Collection[int] | None) -> Iterator[Entry]:
    rows = Evaluation.objects.select_related("run").order_by("pk")
    for row in rows if keys is None else rows.filter(pk__in=list(keys)):
        yield Entry(row.pk, _texts(row))


def _shown(actor: Actor, keys: Sequence[int]) -> Mapping[int, Hit]:
    rows = Evaluation.objects.filter(pk__in=keys).select_related("run")
    return {
        row.pk: Hit(
            row.run.title,
            " · ".join(part for part in (row.outcome_label, row.period) if part),
            reverse("growth:run", args=[row.run.uid]),
            _texts(row),
        )
        for row in rows
    }


def _of_run(row: Run) -> Iterable[int]:
    return (row.pk,) if row.system == "growth" else ()


def _own(row: Evaluation) -> Iterable[int]:
    return (row.pk,)


def _runs(actor: Actor) -> "QuerySet[Run]":
    # Imported when asked: the sources are declared at every start, and the queries bring the engines along.
    from xuequ.systems.growth import queries

    return queries.runs(actor)


SOURCES = (
    SearchSource(
        "evaluation", _("Evaluations of growth"), "trending-up", _entries, _runs, _shown,
        watches={Evaluation: _own, Run: _of_run},
    ),
)  # fmt: skip
