"""Keeping the index true: in the writer's own transaction, in bulk, or all anew."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models.signals import post_save

from xuequ.core.registry import on_erase, search_sources
from xuequ.core.search import tokens
from xuequ.core.search.entries import SearchEntry
from xuequ.core.search.sources import Entry, SearchSource

PIECE = 2000
Item = TypeVar("Item")


def _pieces(items: Iterable[Item]) -> Iterator[list[Item]]:
    waiting = iter(items)
    while piece := list(islice(waiting, PIECE)):
        yield piece


def indexed_sources() -> dict[str, SearchSource]:
    """Return the sources whose things stand in the index, by kind."""
    return {source.kind: source for source in search_sources() if isinstance(source, SearchSource)}


def index(kind: str, entry: Entry) -> None:
    """Index one thing, or index it anew, in the caller's transaction."""
    _store(indexed_sources()[kind], [entry])


def index_rows(kind: str, keys: Collection[int]) -> None:
    """Index the things with these primary keys anew, in the caller's transaction; those that are gone are removed."""
    source = indexed_sources()[kind]
    for piece in _pieces(keys):
        kept = list(source.entries(piece))
        _store(source, kept)
        remove(kind, set(piece) - {entry.key for entry in kept})


def index_people(person_ids: Collection[int]) -> None:
    """Index persons anew in whatever they are: pupils, teachers, guardians."""
    for source in indexed_sources().values():
        if source.of_people:
            index_rows(source.kind, person_ids)


def remove(kind: str, keys: Collection[int]) -> None:
    """Take things out of the index."""
    for piece in _pieces(keys):
        SearchEntry.objects.filter(kind=kind, object_id__in=piece).delete()


def forget_person(person_id: int) -> int:
    """Take a person out of the index, for an erasure; returns how many entries there were."""
    kinds = [source.kind for source in indexed_sources().values() if source.of_people]
    return SearchEntry.objects.filter(kind__in=kinds, object_id=person_id).delete()[0]


@transaction.atomic
def reindex(kind: str) -> int:
    """Build the index of one kind anew in one transaction; returns how many things it holds."""
    source = indexed_sources()[kind]
    SearchEntry.objects.filter(kind=kind).delete()
    count = 0
    for piece in _pieces(source.entries(None)):
        SearchEntry.objects.bulk_create(_rows(source, piece), batch_size=PIECE)
        count += len(piece)
    return count


def reindex_all() -> dict[str, int]:
    """Build the whole index anew, and let the database learn how common the words are."""
    counts = {kind: reindex(kind) for kind in indexed_sources()}
    learn()
    return counts


def learn() -> None:
    """Let PostgreSQL sort in what is new and count its words, by which it chooses how to search."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list('core_search_vector')")
            cursor.execute("ANALYZE core_searchentry")


def watch() -> None:
    """Index what is saved singly, as the sources say, and forget who is erased; called when the apps are ready."""
    on_erase(forget_person)
    for source in indexed_sources().values():
        for model, keys in source.watches.items():
            name = f"search-{source.kind}-{model._meta.label}"
            post_save.connect(_watcher(source.kind, keys), sender=model, weak=False, dispatch_uid=name)


def _watcher(kind: str, keys: Any) -> Any:
    def saved(instance: Any, raw: bool = False, **_kwargs: Any) -> None:
        if not raw:
            index_rows(kind, list(keys(instance)))

    return saved


def _store(source: SearchSource, entries: Iterable[Entry]) -> None:
    SearchEntry.objects.bulk_create(
        _rows(source, entries),
        batch_size=PIECE,
        update_conflicts=True,
        unique_fields=["kind", "object_id"],
        update_fields=["tokens"],
    )


def _rows(source: SearchSource, entries: Iterable[Entry]) -> list[SearchEntry]:
    return [
        SearchEntry(kind=source.kind, object_id=entry.key, tokens=_tokens(source, entry)) for entry in entries
    ]


def _tokens(source: SearchSource, entry: Entry) -> str:
    return tokens.indexed(
        source.kind, entry.texts, numbers=entry.numbers, places=entry.places, blind=source.of_people
    )
