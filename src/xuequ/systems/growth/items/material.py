"""What the pages and reports of item results are written from, names looked up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import polars as pl

from xuequ.engines.measurement.diagnosis import Alignment, Need, align, needs, sound_items, weak_items
from xuequ.engines.measurement.findings import ItemAnalysis
from xuequ.record.papers import PaperContent
from xuequ.systems.growth.items.inputs import engine_items
from xuequ.systems.growth.items.wording import BANDS

MOST_POINTS, MOST_ITEMS = 2, 5
"""As many points and items a pupil's page begins with; the others are folded."""


@dataclass(frozen=True, slots=True)
class PaperMaterial:
    """One analysed paper. ``groups`` holds shares by level and group (``jobs.group_table``)."""

    title: str
    issuer: str
    stamp: str
    run: UUID
    content: PaperContent
    findings: ItemAnalysis
    groups: pl.DataFrame

    @property
    def sound(self) -> frozenset[str]:
        """The numbers of the items that may be a ground for teaching."""
        return sound_items(self.findings.items)

    def group(self, level: str, key: str) -> pl.DataFrame:
        """Return the rows of one group: ``("all", "all")``, a school or a class by its random key."""
        return self.groups.filter(level=level, group=key)

    def shares(self, level: str, key: str, kind: str) -> dict[str, dict[str, Any]]:
        """Return a group's rows of items or points by number or name."""
        return {row["code"]: row for row in self.group(level, key).filter(kind=kind).iter_rows(named=True)}

    def needs(self, level: str, key: str) -> tuple[Need, ...]:
        """Return the points that a group needs again."""
        group = self.group(level, key).filter(
            (pl.col("kind") == "point") | pl.col("code").is_in(list(self.sound))
        )
        return needs(group, engine_items(self.content), weak_items(self.findings.items))

    def alignment(self, level: str, key: str, taught: Mapping[str, float]) -> tuple[Alignment, ...]:
        """Lay teaching, learning and testing of a group side by side."""
        items = engine_items(self.content)
        return align(items, self.sound, self.group(level, key), self.content.lessons, taught)


@dataclass(frozen=True, slots=True)
class Place:
    """A school or class that sat the paper: ``key`` is its random key; ``name`` empty when it is not named."""

    key: str
    name: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class PupilLine:
    """A pupil of a class: marks by item, and by point the share of the marks of sound items (None: not given)."""

    key: str
    name: str
    number: str
    url: str
    marks: Mapping[str, float | None]
    points: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class PointInWords:
    """What one pupil is told of a point: a band and between which bands the truth may lie; never a number or rank."""

    point: str
    band: str
    lowest: str
    highest: str


@dataclass(frozen=True, slots=True)
class LostItem:
    """An item in which the pupil lost marks: what it got of how much."""

    number: str
    point: str
    mark: float
    full_mark: float


@dataclass(frozen=True, slots=True)
class PupilMaterial:
    """One pupil's paper: points in words, and items with lost marks (those to rely on)."""

    title: str
    told: tuple[PointInWords, ...]
    untold: tuple[str, ...]
    lost: tuple[LostItem, ...]
    unsound: tuple[str, ...]

    @property
    def practise(self) -> tuple[str, ...]:
        """The points in which most marks were lost, at most ``MOST_POINTS``."""
        lost: dict[str, float] = {}
        for item in self.lost:
            lost[item.point] = lost.get(item.point, 0.0) + item.full_mark - item.mark
        return tuple(sorted(filter(None, lost), key=lambda point: -lost[point])[:MOST_POINTS])

    @property
    def first(self) -> tuple[LostItem, ...]:
        """The items to begin with: of the points to practise, at most ``MOST_ITEMS``."""
        own = [item for item in self.lost if item.point in self.practise] or list(self.lost)
        return tuple(own[:MOST_ITEMS])

    @property
    def later(self) -> tuple[LostItem, ...]:
        """The other items with lost marks."""
        return tuple(item for item in self.lost if item not in self.first)

    @property
    def strengths_first(self) -> tuple[PointInWords, ...]:
        """The points in words, what goes well in front."""
        return tuple(sorted(self.told, key=lambda item: tuple(BANDS).index(item.band)))
