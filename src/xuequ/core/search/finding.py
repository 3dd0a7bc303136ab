"""Finding: what the actor may see and contains every word, newest first, with a count that stops at 500."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from xuequ.core.actors import Actor
from xuequ.core.figures import Text
from xuequ.core.registry import search_sources
from xuequ.core.search import tokens
from xuequ.core.search.entries import SearchEntry
from xuequ.core.search.sources import Hit, SearchPages, SearchSource

SHOWN = 20
COUNTED = 500
WINDOW = 7_000
Newest = tuple[list[int], int, bool]

# Compiling a plan and starting helpers take longer than carrying out any of these.
_PLAIN = "SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL enable_seqscan = off;"
BY_ORDER = f"{_PLAIN} SET LOCAL enable_bitmapscan = off"
BY_INDEX = f"{_PLAIN} SET LOCAL enable_bitmapscan = on"
AS_ALWAYS = "; ".join(
    f"SET LOCAL {name} TO DEFAULT"
    for name in ("jit", "max_parallel_workers_per_gather", "enable_seqscan", "enable_bitmapscan")
)

LONGEST_QUESTION = 60
MOST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind; with ``more`` there are more than ``count``."""

    kind: str
    title: Text
    icon: str
    hits: tuple[Hit, ...]
    count: int
    more: bool
    of_people: bool = False


def asked(text: str) -> list[str]:
    """Return the words that are searched for."""
    return tokens.words(text[:LONGEST_QUESTION])[:MOST_WORDS]


def find(actor: Actor, text: str) -> list[Group]:
    """Return what contains every word of ``text``, by kind; kinds without a hit are left out."""
    words = asked(text)
    if not words:
        return []
    groups = (
        _pages(actor, source, words) if isinstance(source, SearchPages) else _rows(actor, source, words)
        for source in search_sources()
    )
    return [group for group in groups if group.count]


def _pages(actor: Actor, source: SearchPages, words: Sequence[str]) -> Group:
    # Pages are long and always the same, unlike names, which no cache may keep.
    hits = [hit for hit in source.pages(actor) if _holds(hit, words, _folded_page)]
    return Group(source.kind, source.title, source.icon, tuple(hits[:SHOWN]), len(hits), more=False)


def _rows(actor: Actor, source: SearchSource, words: Sequence[str]) -> Group:
    narrowed = source.places(actor) is not None
    keys, count, more = newest(source.kind, matching(actor, source, words), narrowed=narrowed)
    described = source.show(actor, keys) if keys else {}
    # Digests are short and know the end of a number only: what is shown is checked on the words themselves.
    hits = [described[key] for key in keys if key in described and _holds(described[key], words)]
    if count <= SHOWN:
        count = len(hits)
    return Group(source.kind, source.title, source.icon, tuple(hits), count, more, source.of_people)


@lru_cache(maxsize=2000)
def _folded_page(text: str) -> str:
    return tokens.fold(text)


def _holds(hit: Hit, words: Sequence[str], fold: Callable[[str], str] = tokens.fold) -> bool:
    texts = [fold(text) for text in hit.texts]
    return all(any(word in text for text in texts) for word in words)


def matching(actor: Actor, source: SearchSource, words: Sequence[str]) -> "QuerySet[SearchEntry]":
    """Return the entries of a source that hold every word and that the actor may find."""
    places = source.places(actor)
    groups = [tokens.sought(source.kind, word, blind=source.of_people) for word in words]
    if places is not None:
        if not places:
            return SearchEntry.objects.none()
        groups.append([(tokens.place_token(source.kind, place),) for place in sorted(places)])
    seen = source.visible(actor).order_by().filter(pk=OuterRef("object_id"))
    return _indexed(groups).filter(Exists(seen))


def _indexed(groups: Sequence[Sequence[tokens.Phrase]]) -> "QuerySet[SearchEntry]":
    rows = SearchEntry.objects.all()
    if connection.vendor == "postgresql":
        return rows.extra(where=["core_searchentry.vector @@ %s::tsquery"], params=[tokens.tsquery(groups)])
    # The sign keeps SQLite from walking all entries and asking the index about each.
    return rows.extra(
        tables=["core_search_fts"],
        where=["core_searchentry.id = +core_search_fts.rowid", "core_search_fts MATCH %s"],
        params=[tokens.fts5(groups)],
    )


def newest(kind: str, found: "QuerySet[SearchEntry]", *, narrowed: bool = False) -> Newest:
    """Return the newest keys, how many there are up to ``COUNTED``, and whether there are more.

    ``narrowed`` to some places there are few even of the most common words.
    """
    if found.query.is_empty():
        return [], 0, False
    if connection.vendor != "postgresql":
        # FTS5 walks its own rows backwards, so that the newest come first without sorting.
        return _counted(found.extra(order_by=["-core_search_fts.rowid"]))
    return _newest_on_postgresql(kind, found, narrowed)


def _counted(rows: "QuerySet[SearchEntry]") -> Newest:
    keys = list(rows.values_list("object_id", flat=True)[: COUNTED + 1])
    return keys[:SHOWN], min(len(keys), COUNTED), len(keys) > COUNTED


@transaction.atomic
def _newest_on_postgresql(kind: str, found: "QuerySet[SearchEntry]", narrowed: bool) -> Newest:
    """Look through the newest entries first, and ask the index only for words that are rare among them.

    The index of PostgreSQL knows no order and collects all that fits before it gives the first. Its planner cannot
    know how often words stand together, so it is told each time which way to go.
    """
    # Added to nothing, the key is sorted afterwards instead of being walked along.
    sorted_late = found.order_by((F("id") + 0).desc())
    if narrowed:
        _plan(BY_INDEX)
        answer = _counted(sorted_late)
    else:
        _plan(BY_ORDER)
        floor = _floor(kind)
        answer = _counted(found.filter(kind=kind, id__gt=floor).order_by("-id"))
        if floor and not answer[2]:
            _plan(BY_INDEX)
            # What stands among the newest often enough to fill the list needs only to be counted.
            enough = len(answer[0]) == SHOWN
            counted = _counted(found.order_by() if enough else sorted_late)
            answer = (answer[0] if enough else counted[0], *counted[1:])
    _plan(AS_ALWAYS)
    return answer


def _floor(kind: str) -> int:
    """Return the key below which entries are not among the newest; 0 when all are."""
    newest = SearchEntry.objects.filter(kind=kind).order_by("-id").values_list("id", flat=True)
    return next(iter(newest[WINDOW : WINDOW + 1]), 0)


def _plan(way: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(way)
