"""The figures of process facts: what schools and classes did, beside the growth of their pupils."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Reference, Row
from xuequ.systems.growth.analysis import Analysis
from xuequ.systems.growth.shapes import FROM, HIGH, LOW, PUPILS, TO, in_sd, integer, one_row, percent


@dataclass(frozen=True, slots=True)
class PlaceFact:
    """A process fact of one class of a school; ``klass`` is empty for pupils without a class."""

    fact: str
    klass: str
    value: float
    n: int


def process(analysis: Analysis, names: Mapping[str, str]) -> Figure:
    """What classes and schools did, beside the growth of their pupils."""
    columns = (
        Column("name", _("process fact")),
        in_sd("slope", _("growth for one standard deviation more")),
        LOW,
        HIGH,
        percent("share", _("share of the differences between places")),
        percent("share_low", _("share, lower end")),
        percent("share_high", _("share, upper end")),
        percent("chance", _("by chance alone")),
        Column("mean", _("mean of all places"), ColumnKind.NUMBER, 3),
        Column("sd", _("one standard deviation"), ColumnKind.NUMBER, 3),
        integer("places", _("classes or schools")),
        integer("missing", _("pupils without a value")),
    )
    keys = [column.key for column in columns[1:]]
    rows = tuple(
        Row(row.fact, (names.get(row.fact, row.fact), *(getattr(row, key) for key in keys)))
        for row in analysis.process.rows
    )
    return Figure(
        "process",
        FigureKind.INTERVAL,
        _("What schools did, beside growth"),
        columns,
        rows,
        roles={"label": "name", "value": "slope", "low": "low", "high": "high"},
        caption=_(
            "Growth of places in which the fact is one standard deviation higher, the other facts and the mean starts"
            " equal, with a certainty of 95 %. Shares are of the differences between places; they add up."
        ),
        alt=_(
            "For each process fact the difference in growth for one standard deviation more, with its range."
        ),
        references=(Reference("x", 0.0, _("no connection")),),
    )


def process_total(analysis: Analysis) -> Figure:
    """All process facts together, and of whom they are known."""
    columns = (
        percent("explained", _("go along with all facts together")),
        FROM,
        TO,
        percent("chance", _("by chance alone")),
        integer("places", _("classes or schools")),
        integer("schools", _("schools")),
        PUPILS,
        integer("missing", _("pupils without a value")),
    )
    cells = tuple(getattr(analysis.process, column.key) for column in columns)
    return one_row("process-total", _("The process facts together"), columns, cells)


def own_process(
    analysis: Analysis, places: Sequence[PlaceFact], classes: Mapping[str, str], names: Mapping[str, str]
) -> Figure:
    """The process facts of one school: by class as far as its classes are named, else once."""
    columns = (
        Column("name", _("process fact")),
        Column("place", _("where")),
        Column("value", _("own value"), ColumnKind.NUMBER, 3),
        Column("mean", _("mean of all places"), ColumnKind.NUMBER, 3),
        PUPILS,
    )
    of = {row.fact: row for row in analysis.process.rows}
    rows: dict[str, Row] = {}
    for place in places:
        row = of.get(place.fact)
        whole = row is None or row.level == "school"
        if not whole and place.klass and place.klass not in classes:
            continue
        where = _("the school") if whole or not place.klass else classes[place.klass]
        mean, n = (row.mean if row is not None else None), (None if whole else place.n)
        cells = (names.get(place.fact, place.fact), where, place.value, mean, n)
        key = f"{place.fact} {'' if whole else place.klass}"
        rows.setdefault(key, Row(key, cells))
    return Figure(
        "own-process",
        FigureKind.TABLE,
        _("What is known of this school's work"),
        columns,
        tuple(rows.values()),
        caption=_("As published by the systems that count it; no value is no zero, it is left out."),
    )
