"""The figures of the comprehensive report: trend, differences, influence factors, methods side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Reference, Row, Text
from xuequ.engines.growth.findings import BANDS
from xuequ.systems.growth.analysis import Analysis, Part
from xuequ.systems.growth.audit_pictures import group_name
from xuequ.systems.growth.choices import SHORT_BANDS, Band, Trend
from xuequ.systems.growth.material import Material, SchoolLine
from xuequ.systems.growth.shapes import (
    FROM,
    GROWTH,
    HIGH,
    LOW,
    NAME,
    PUPILS,
    TO,
    in_sd,
    integer,
    one_row,
    percent,
)

PARTS: Mapping[str, Text] = {
    "school": _("between schools"),
    "class": _("between classes of a school"),
    "pupil": _("between pupils of a class"),
}
METHODS: Mapping[str, Text] = {
    "z-gain": _("gain of standard scores"),
    "rank-gain": _("gain of ranks"),
    "level-change": _("levels risen less levels fallen"),
    "residual": _("residual of a regression"),
    "prior-group": _("progress within groups of the same start"),
    "prior-group-capped": _("the same, extreme values capped"),
    "mixed": _("model of this report"),
}
BIASES: Mapping[str, Text] = {
    "regression-to-the-mean": _("takes chance at the start for growth"),
    "ceiling": _("some pupils cannot rise"),
    "favours-high-intake": _("favours schools with a strong intake"),
    "favours-low-intake": _("favours schools with a weak intake"),
    "no-shrinkage": _("small schools swing by chance"),
}


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One year of a school: growth with its range."""

    period: str
    effect: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class TrendLine:
    """A school over the years, the last one judged by those before it; ``said`` is what can be said of it."""

    key: str
    name: str
    points: tuple[TrendPoint, ...]
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    said: str = Trend.TOO_SHORT
    url: str = ""


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group of pupils of one school against the school's other pupils."""

    factor: str
    group: str
    n: int
    gap: float
    se: float


def trend_lines(table: pl.DataFrame, names: Mapping[str, str]) -> Iterator[TrendLine]:
    """Yield the named schools of a stored trend, in the order of the names given."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in table.iter_rows(named=True):
        rows.setdefault(row["school"], []).append(row)
    for key, name in names.items():
        own = rows.get(key, [])
        if own:
            points = tuple(
                TrendPoint(r["period"], r["value"], r["value"] - 2 * r["se"], r["value"] + 2 * r["se"])
                for r in own
            )
            last = own[-1]
            yield TrendLine(key, name, points, last["expected"], last["low"], last["high"], _said(last))


def _said(row: Mapping[str, Any]) -> str:
    if row["outside"] is None or row["low"] is None:
        return Trend.TOO_SHORT
    if not row["outside"]:
        return Trend.INSIDE
    return Trend.BELOW if row["value"] < row["low"] else Trend.ABOVE


def group_lines(table: pl.DataFrame, school: str) -> tuple[GroupLine, ...]:
    """Return the groups of one school from a stored table."""
    rows = table.filter(pl.col("school") == school).iter_rows(named=True)
    return tuple(GroupLine(row["factor"], row["group"], row["n"], row["gap"], row["se"]) for row in rows)


def parts(analysis: Analysis) -> Figure:
    """Where the differences lie, in results and in growth."""
    columns = (
        Column("where", _("where the differences lie")),
        percent("share", _("share")),
        FROM,
        TO,
        Column("of", _("differences in")),
    )
    rows = [
        *_part_rows("level", _("results"), analysis.level),
        *_part_rows("growth", _("growth"), analysis.growth),
    ]
    return Figure(
        "parts",
        FigureKind.BARS,
        _("Where the differences lie"),
        columns,
        tuple(rows),
        roles={"label": "where", "value": "share", "group": "of"},
        caption=_(
            "Growth is what the starting point does not foretell. A large share between pupils of one class means that"
            " help for single pupils reaches more than a comparison of schools."
        ),
        alt=_(
            "Bars: shares of the differences between schools, classes and pupils, for results and for growth."
        ),
    )


def _part_rows(code: str, of: Text, found: Sequence[Part]) -> list[Row]:
    return [Row(f"{code}-{p.part}", (PARTS[p.part], p.share, p.low, p.high, of)) for p in found]


def factors(analysis: Analysis, names: Mapping[str, str]) -> Figure:
    """What goes along with growth, in shares that add up."""
    columns = (
        Column("name", _("factor")),
        percent("share", _("share of the differences in growth"), 1),
        percent("low", _("lower end"), 1),
        percent("high", _("upper end"), 1),
        percent("chance", _("by chance alone"), 1),
    )
    rows = [
        Row(row.factor, (names.get(row.factor, row.factor), row.share, row.low, row.high, row.chance))
        for row in analysis.factors.rows
    ]
    return Figure(
        "factors",
        FigureKind.BARS,
        _("What goes along with growth"),
        columns,
        tuple(rows),
        roles={"label": "name", "value": "share", "low": "low", "high": "high"},
        caption=_(
            "Shares by general dominance (Shapley): they add up to what all factors explain together. They show what"
            " goes along with growth, not what causes it."
        ),
        alt=_("Bars: the share of the differences in growth that goes along with each factor."),
    )


def factors_total(analysis: Analysis) -> Figure:
    """What all factors explain together."""
    columns = (
        percent("explained", _("explained by all factors together"), 1),
        percent("low", _("lower end"), 1),
        percent("high", _("upper end"), 1),
        PUPILS,
    )
    found = analysis.factors
    cells = (found.explained, found.low, found.high, found.n)
    return one_row("factors-total", _("The factors together"), columns, cells)


def methods(analysis: Analysis) -> Figure:
    """The simple methods beside the model, each with what it does wrong on these data."""
    columns = (
        Column("name", _("method")),
        Column("agreement", _("agreement of the order with this report"), ColumnKind.NUMBER, 2),
        Column("intake", _("favours intake, SD for one SD"), ColumnKind.SIGNED, 2),
        percent("cannot", _("pupils who cannot rise")),
        Column("bias", _("known bias seen in these data")),
    )
    rows = tuple(
        Row(
            row.method,
            (
                METHODS[row.method],
                row.agreement,
                row.intake_slope,
                row.cannot_rise,
                "；".join(str(BIASES[code]) for code in row.biases if code in BIASES) or None,
            ),
        )
        for row in analysis.methods
    )
    return Figure(
        "methods",
        FigureKind.TABLE,
        _("The common methods side by side"),
        columns,
        rows,
        caption=_(
            "The methods that districts use are shown for comparison; their known faults are measured here."
        ),
    )


def trends(material: Material, lines: Sequence[TrendLine]) -> Figure:
    """Each school's newest growth beside what its own past foretells."""
    columns = (
        NAME,
        in_sd("change", _("this time less what was to be expected")),
        in_sd("change_low", _("lower end")),
        in_sd("change_high", _("upper end")),
        in_sd("before", _("last time")),
        in_sd("effect", _("this time")),
        in_sd("low", _("expected from")),
        in_sd("high", _("expected to")),
        Column("said", _("what can be said")),
    )
    rows = tuple(
        Row(
            line.key,
            (line.name, *_change(line), *_course(line), line.low, line.high, Trend(line.said).label),
            line.url,
        )
        for line in lines
        if line.points
    )
    return Figure(
        "trends",
        FigureKind.INTERVAL,
        _("This time beside the school's own past"),
        columns,
        rows,
        roles={"label": "name", "value": "change", "low": "change_low", "high": "change_high"},
        caption=_(
            "Plain means of the year, not drawn towards the average, less what the school's own earlier years foretell,"
            " with a certainty of 95 %. A school whose range leaves zero out has changed; the others may swing by"
            " chance."
        ),
        alt=_("For each school how far the growth of this time lies from what its past foretells."),
        run=material.run,
        references=(Reference("x", 0.0, _("the school's own past")),),
    )


def _change(line: TrendLine) -> tuple[float | None, float | None, float | None]:
    """How far the newest mean lies from what was to be expected, and the ends of that."""
    if line.expected is None or line.low is None or line.high is None:
        return None, None, None
    now = line.points[-1].effect
    return now - line.expected, now - line.high, now - line.low


def _course(line: TrendLine) -> tuple[float | None, float]:
    """The means of last time and of this time."""
    return line.points[-2].effect if len(line.points) > 1 else None, line.points[-1].effect


def trend_counts(lines: Sequence[TrendLine]) -> Figure:
    """How many schools left their own range."""
    columns = (
        integer("judged", _("schools with a past")),
        integer("below", _("below their own range")),
        integer("above", _("above their own range")),
    )
    said = [line.said for line in lines]
    cells = (sum(word != Trend.TOO_SHORT for word in said), said.count(Trend.BELOW), said.count(Trend.ABOVE))
    return one_row("trend-counts", _("Trends in numbers"), columns, cells)


def own_trend(line: TrendLine) -> Figure:
    """One school over the years."""
    columns = (
        Column("period", _("school year")),
        GROWTH,
        LOW,
        HIGH,
        in_sd("expected", _("expected from the past")),
    )
    last = len(line.points) - 1
    rows = tuple(
        Row(
            point.period,
            (point.period, point.effect, point.low, point.high, line.expected if i == last else None),
        )
        for i, point in enumerate(line.points)
    )
    return Figure(
        "own-trend",
        FigureKind.TRAJECTORY,
        _("The school's growth over the years"),
        columns,
        rows,
        roles={"x": "period", "value": "effect", "low": "low", "high": "high", "expected": "expected"},
        caption=_(
            "Plain means of each year with their range; zero is the average school of the year's evaluation."
        ),
        alt=_("The school's growth in each year with its range."),
    )


def groups(lines: Sequence[GroupLine], names: Mapping[str, str]) -> Figure:
    """Groups of pupils of one school."""
    columns = (
        Column("name", _("group")),
        in_sd("gap", _("against the school's other pupils")),
        LOW,
        HIGH,
        PUPILS,
    )
    rows = tuple(
        Row(
            f"{line.factor}-{line.group}",
            (
                f"{names.get(line.factor, line.factor)}：{group_name(line.group)}",
                line.gap,
                line.gap - 2 * line.se,
                line.gap + 2 * line.se,
                line.n,
            ),
        )
        for line in lines
    )
    return Figure(
        "groups",
        FigureKind.INTERVAL,
        _("Groups of pupils within the school"),
        columns,
        rows,
        roles={"label": "name", "value": "gap", "low": "low", "high": "high"},
        caption=_(
            "Growth of the group minus that of the school's other pupils; groups of fewer than ten are left out."
        ),
        alt=_("Intervals of each group's growth around that of the school's other pupils."),
        references=(Reference("x", 0.0, _("own school")),),
    )


def class_bands(counts: Mapping[str, int], school: SchoolLine, name: str) -> Figure:
    """How far the pupils of one class came, beside their school: for those who see its pupils anyway."""
    columns = (
        Column("band", _("how far pupils came")),
        percent("share", _("share of pupils")),
        PUPILS,
        Column("group", _("where")),
    )
    total = sum(counts.values())
    rows = []
    for band in BANDS:
        count = counts.get(band, 0)
        rows.append(
            Row(f"own-{band}", (SHORT_BANDS[Band(band)], count / total if total else None, count, name))
        )
    rows += [
        Row(f"school-{band}", (SHORT_BANDS[Band(band)], school.bands.get(band), None, school.name))
        for band in BANDS
    ]
    return Figure(
        "class-bands",
        FigureKind.DISTRIBUTION,
        _("How far the class came"),
        columns,
        tuple(rows),
        roles={"label": "band", "value": "share", "group": "group"},
        caption=_("Pupils are compared with pupils who started alike, in the whole evaluation."),
        alt=_("Shares of the pupils of the class in five bands, beside their school."),
    )


def class_numbers(counts: Mapping[str, int]) -> Figure:
    """What the first sentence about a class states."""
    columns = (
        integer("n", _("pupils with two results")),
        integer("more", _("further than expected")),
        integer("less", _("less far")),
    )
    cells = (
        sum(counts.values()),
        sum(counts.get(band, 0) for band in BANDS[3:]),
        sum(counts.get(band, 0) for band in BANDS[:2]),
    )
    return one_row("class-numbers", _("The class in numbers"), columns, cells)
