"""The items of a paper and what pupils got in them: one compact text for each pupil, read back as a table.

A result with items keeps its marks in the order of its paper, joined by ``;``: ``3;0;2.5;`` (empty: not given). The
options chosen stand in a second text of the same form. So sixty thousand pupils with thirty items are sixty thousand
rows, and items are corrected, undone and erased together with the result that they belong to.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from django.db.models import QuerySet

from xuequ.district.models import School
from xuequ.record.choices import ResultStatus
from xuequ.record.frames import frame_of
from xuequ.record.models import Assessment, Paper, Result

SEPARATOR = ";"
OPTION = " option"
"""In a table of item results the options of item ``7`` stand in the column ``7 option``."""


@dataclass(frozen=True, slots=True)
class PaperItem:
    """One item as the table of specifications (双向细目表) says; its marks count for the first of its points."""

    number: str
    full_mark: float
    key: str = ""
    points: tuple[str, ...] = ()
    level: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the item for the database: only what is known."""
        whole = {
            "number": self.number, "full_mark": self.full_mark, "key": self.key, "points": list(self.points),
            "level": self.level,
        }  # fmt: skip
        return {name: value for name, value in whole.items() if value}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "PaperItem":
        """Return the item that ``as_json`` made."""
        return cls(**{**stored, "points": tuple(stored.get("points", ()))})


@dataclass(frozen=True, slots=True)
class PaperContent:
    """A paper's items in order, and how many lessons the curriculum gives to knowledge points, where it is known."""

    items: tuple[PaperItem, ...]
    lessons: Mapping[str, float] = field(default_factory=dict)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The items' numbers in order."""
        return tuple(item.number for item in self.items)

    @property
    def full_mark(self) -> float:
        """The sum of the items' full marks."""
        return sum(item.full_mark for item in self.items)

    @property
    def points(self) -> tuple[str, ...]:
        """The knowledge points that marks count for, in the order of the paper."""
        return tuple(dict.fromkeys(item.points[0] for item in self.items if item.points))

    @classmethod
    def of(cls, paper: Paper) -> "PaperContent":
        """Return the content of a stored paper."""
        return cls(tuple(PaperItem.from_json(item) for item in paper.items), dict(paper.lessons))


def current_paper(assessment: Assessment) -> Paper | None:
    """Return the paper in force, if the assessment has one."""
    return Paper.objects.filter(assessment=assessment, is_current=True).first()


def pack(values: Iterable[float | str | None]) -> str:
    """Return marks or options as the text that a result keeps.

    >>> pack([3, 0.0, 2.5, None]), pack(["A", "", "BD"])
    ('3;0;2.5;', 'A;;BD')
    """
    return SEPARATOR.join(
        "" if value is None else value if isinstance(value, str) else f"{value:.10g}" for value in values
    )


def unpack(text: str) -> list[float | None]:
    """Return the marks that ``pack`` made.

    >>> unpack("3;0;2.5;")
    [3.0, 0.0, 2.5, None]
    """
    return [float(value) if value else None for value in text.split(SEPARATOR)]


def with_items(assessment: Assessment) -> "QuerySet[Result]":
    """Return the assessment's current results that hold marks by item."""
    rows = Result.objects.filter(assessment=assessment, is_current=True, status=ResultStatus.SCORED)
    return rows.filter(paper__isnull=False)


def item_frame(
    assessment: Assessment, content: PaperContent, *, schools: "QuerySet[School] | None" = None
) -> pl.DataFrame:
    """Return item results, one row for each pupil, sorted: ``pupil``, ``school``, ``school_class`` (primary keys), then
    for each item its marks under its number and, where options are known, ``"<number> option"``.

    The caller says with ``schools`` how far the actor may look; None is for jobs that compute over everything.
    """
    rows = with_items(assessment)
    if schools is not None:
        rows = rows.filter(school__in=schools.values("pk"))
    fields = ("pupil_id", "school_id", "school_class_id", "paper_id", "item_scores", "item_options")
    numbers = dict.fromkeys(("pupil", "school", "school_class", "paper"), pl.Int64)
    packed = frame_of(
        rows.order_by("pupil_id").values_list(*fields), {**numbers, "scores": pl.String, "options": pl.String}
    )
    papers = {paper.pk: PaperContent.of(paper) for paper in Paper.objects.filter(assessment=assessment)}
    parts = [
        _unpacked(packed.filter(paper=pk), papers[pk].numbers, content.numbers)
        for pk in packed["paper"].unique(maintain_order=True).to_list()
    ]
    empty = _unpacked(packed.clear(), content.numbers, content.numbers)
    table = pl.concat([empty, *parts], how="diagonal").sort("pupil")
    unknown = [c for c in table.columns if c.endswith(OPTION) and (table[c].fill_null("") == "").all()]
    return table.drop(unknown)


def _unpacked(packed: pl.DataFrame, own: Sequence[str], wanted: Sequence[str]) -> pl.DataFrame:
    """Return the rows of one paper (items ``own``) with the columns of the paper in force (``wanted``)."""
    columns = []
    for number in wanted:
        place = own.index(number) if number in own else None
        columns.append(_at("scores", place).cast(pl.Float64, strict=False).alias(number))
        columns.append(_at("options", place).alias(number + OPTION))
    return packed.select("pupil", "school", "school_class", *columns)


def _at(column: str, place: int | None) -> pl.Expr:
    if place is None:
        return pl.lit(None, pl.String)
    return pl.col(column).str.split(SEPARATOR).list.get(place, null_on_oob=True)
