"""What a school reads of its own self-rating."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from xuequ.district.actors import Actor
from xuequ.engines.evaluation.standing import DimensionStanding, Standing, standing
from xuequ.engines.evaluation.star_scheme import SchemeItem, StarScheme
from xuequ.systems.stars.models import (
    Application,
    ItemEvidence,
    Practice,
    SelfRating,
    SettledPoints,
)
from xuequ.systems.stars.points import by_item
from xuequ.systems.stars.rounds.queries import applications


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item with what the school gave itself, the district's points, and the evidence that still lacks."""

    item: SchemeItem
    own: SelfRating | None
    settled: SettledPoints | None
    pieces: tuple[ItemEvidence, ...]
    missing: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        """Whether the school has looked at it."""
        return self.own is not None and not self.own.carried


@dataclass(frozen=True, slots=True)
class Part:
    """A dimension with its lines."""

    standing: DimensionStanding
    lines: tuple[ItemLine, ...]

    @property
    def left(self) -> int:
        """How many items wait."""
        return sum(not line.is_done for line in self.lines)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole self-rating: live standing, and the lines by dimension."""

    scheme: StarScheme
    standing: Standing
    parts: tuple[Part, ...]

    @property
    def lines(self) -> list[ItemLine]:
        """All lines in their order."""
        return [line for part in self.parts for line in part.lines]

    @property
    def left(self) -> int:
        """How many items wait."""
        return sum(part.left for part in self.parts)

    @property
    def waiting(self) -> list[ItemLine]:
        """The items that the school has not looked at yet."""
        return [line for line in self.lines if not line.is_done]

    @property
    def bare(self) -> list[ItemLine]:
        """The items with points that lack a kind of evidence."""
        return [line for line in self.lines if line.missing and line.own is not None and line.own.points > 0]

    def next_after(self, code: str) -> SchemeItem | None:
        """Return the next item that waits after ``code``, from the beginning again at the end."""
        codes = [line.item.code for line in self.lines]
        at = codes.index(code) + 1
        turned = [*self.lines[at:], *self.lines[:at]]
        return next((line.item for line in turned if not line.is_done and line.item.code != code), None)


def sheet(found: Application, scheme: StarScheme) -> Sheet:
    """Return the self-rating with what is missing; three queries."""
    own = {row.item: row for row in SelfRating.objects.filter(application=found)}
    settled = {row.item: row for row in SettledPoints.objects.filter(application=found, is_current=True)}
    pieces = pieces_of(found)
    now = standing(scheme, by_item(own.values()))
    parts = []
    for dimension, stands in zip(scheme.dimensions, now.dimensions, strict=True):
        lines = tuple(
            ItemLine(
                item=item,
                own=own.get(item.code),
                settled=settled.get(item.code) if found.settled is not None else None,
                pieces=tuple(pieces[item.code]),
                missing=missing_kinds(item, pieces[item.code]),
            )
            for item in dimension.items
        )
        parts.append(Part(stands, lines))
    return Sheet(scheme, now, tuple(parts))


def pieces_of(found: Application, code: str | None = None) -> defaultdict[str, list[ItemEvidence]]:
    """Return the evidence by item, that of appeals too; one query."""
    rows = ItemEvidence.objects.filter(application=found).select_related("evidence").order_by("pk")
    if code is not None:
        rows = rows.filter(item=code)
    found_pieces: defaultdict[str, list[ItemEvidence]] = defaultdict(list)
    for row in rows:
        found_pieces[row.item].append(row)
    return found_pieces


def missing_kinds(item: SchemeItem, pieces: Iterable[ItemEvidence]) -> tuple[str, ...]:
    """Return the kinds of evidence that the item asks for and that nobody has handed in."""
    there = {piece.evidence.kind for piece in pieces if piece.evidence.withdrawn is None}
    return tuple(kind for kind in item.evidence if kind not in there)


def kinds_handed_in(found: Application) -> dict[str, set[str]]:
    """Return the kinds of evidence that stand for each item; one query."""
    kinds: dict[str, set[str]] = {}
    rows = ItemEvidence.objects.filter(application=found, evidence__withdrawn=None)
    for item, kind in rows.values_list("item", "evidence__kind"):
        kinds.setdefault(item, set()).add(kind)
    return kinds


def piece(actor: Actor, uid: UUID) -> ItemEvidence | None:
    """Return a piece of evidence of an application that the actor may open."""
    rows = ItemEvidence.objects.filter(application__in=applications(actor).values("pk"), evidence__uid=uid)
    return rows.select_related("evidence", "application__school", "application__round__version").first()


def practices_of(school_ids: Sequence[int]) -> "list[Practice]":
    """Return what these schools agreed to share, in force."""
    rows = Practice.objects.filter(school__in=school_ids, ended=None)
    return list(rows.select_related("scheme", "school"))
