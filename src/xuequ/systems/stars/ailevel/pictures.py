"""The figures of one school's level of AI education: each one frozen object for table, chart, spreadsheet and print."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Row, Text
from xuequ.core.rendering.cells import format_number
from xuequ.systems.stars.ailevel.choices import Quadrant, Validity
from xuequ.systems.stars.ailevel.material import Line, Material
from xuequ.systems.stars.ailevel.scheme import Index
from xuequ.systems.stars.ailevel.wording import OPERATORS

POINTS = _("points")
SCORE = Column("score", _("score"), ColumnKind.NUMBER, 1, POINTS)
LOW = Column("low", _("lower end"), ColumnKind.NUMBER, 1, POINTS)
HIGH = Column("high", _("upper end"), ColumnKind.NUMBER, 1, POINTS)
FEW_RATERS = 8
"""From so many on, ranges hold what they say nine times in ten at least (docs/methods/stars-ai-level.md)."""
FEWEST_PEERS = 5
"""Of fewer schools a count or a middle would tell a school what single others have."""
INDEX = Column("index", _("index"))
DIMENSION = Column("dimension", pgettext_lazy("level of AI education", "dimension"))
GRADE = Column("grade", pgettext_lazy("of an evaluation", "grade"))
SOURCE = Column("source", pgettext_lazy("source of a number", "from"))
WEIGHT = Column("weight", _("weight"), ColumnKind.PERCENT, 1)


def verdict_cell(line: Line) -> Cell:
    """The grade, or that no single one is named."""
    return line.result["verdict"] or _("no single grade")


def own_overview(material: Material, line: Line) -> Figure:
    """Everything that the first sentences state."""
    r = line.result
    columns = (
        Column("leading", _("grade with the largest membership")),
        Column("verdict", _("verdict")),
        Column("alpha", _("validity α of the rule"), ColumnKind.NUMBER, 2),
        Column("validity", _("what α says")),
        SCORE, LOW, HIGH,
        Column("sure", _("share of draws in which this grade leads"), ColumnKind.PERCENT, 0),
        Column("at_least", _("at least (confidence rule)")),
        Column("known", _("share of the weights that is known"), ColumnKind.PERCENT, 0),
        Column("raters", _("raters"), ColumnKind.INTEGER),
    )  # fmt: skip
    sure = r["probability"][material.scheme.grades.index(r["leading"])]
    cells = (
        r["leading"], verdict_cell(line), r["alpha"], Validity(r["validity"]).label, r["score"], r["low"], r["high"],
        sure, r["at_least"], r["known"], len(material.findings["raters"]),
    )  # fmt: skip
    return Figure(
        code="own",
        kind=FigureKind.TABLE,
        title=_("The level in numbers"),
        columns=columns,
        rows=(Row("own", cells),),
        caption=format_lazy(
            _("Scheme: {scheme}. α below one half means that no single grade may be named. {ranges}"),
            scheme=material.scheme.title,
            ranges=range_note(material),
        ),
        run=material.run,
    )


def range_note(material: Material) -> Text:
    """What the ranges of scores hold and what not, by how many voted."""
    raters = len(material.findings["raters"])
    if raters < 2:
        return _(
            "Ranges are what other weights (each up to a fifth more or less) would give in 95 of 100 draws. Measured"
            " values are taken as they are, and fewer than two raters tell nothing of how others would have voted."
        )
    if raters < FEW_RATERS:
        return _(
            "Ranges are what other weights (each up to a fifth more or less) and other raters would give in 95 of 100"
            " draws; with so few raters more is open than they show. Measured values are taken as they are: what"
            " schools filled in wrongly is not in them."
        )
    return _(
        "Ranges are what other weights (each up to a fifth more or less) and other raters would give in 95 of 100"
        " draws. Measured values are taken as they are: what schools filled in wrongly is not in them."
    )


def memberships(material: Material, line: Line) -> Figure:
    """B: how far the school belongs to each grade, and how probable it is that a grade leads."""
    r = line.result
    rows = tuple(
        Row(f"g{at}", (grade, r["memberships"][at], r["probability"][at]))
        for at, grade in enumerate(material.scheme.grades)
    )
    return Figure(
        code="memberships",
        kind=FigureKind.BARS,
        title=_("How far the school belongs to each grade"),
        columns=(
            GRADE,
            Column("membership", _("membership"), ColumnKind.PERCENT, 1),
            Column("probability", _("share of draws in which it leads"), ColumnKind.PERCENT, 0),
        ),
        rows=rows,
        roles={"label": "grade", "value": "membership"},
        caption=_("Weighted average M(·,+) over all indexes; the memberships add up to one."),
        alt=_("Bars of the memberships in the grades from the best to the worst."),
        run=material.run,
    )


def operators(material: Material, line: Line) -> Figure:
    """The four operators side by side."""
    grades = material.scheme.grades
    columns = (
        Column("operator", _("operator")),
        *(Column(f"g{at}", grade, ColumnKind.NUMBER, 3) for at, grade in enumerate(grades)),
        Column("leading", _("largest")),
        SCORE,
    )
    rows = tuple(
        Row(
            code,
            (
                OPERATORS[code],
                *one["memberships"],
                _("a tie") if one["tie"] else one["leading"],
                one["score"],
            ),
        )
        for code, one in line.result["operators"].items()
    )
    return Figure(
        code="operators",
        kind=FigureKind.TABLE,
        title=_("Four operators side by side"),
        columns=columns,
        rows=rows,
        caption=_(
            "The weighted average uses everything and is what counts; the others are shown to see whether the verdict"
            " hangs on the way of computing."
        ),
        run=material.run,
    )


def dimensions(material: Material, line: Line) -> Figure:
    """Each dimension's score with its range, and the middle school of the same stage."""
    peers = material.peers(line)
    return Figure(
        code="dimensions",
        kind=FigureKind.BARS,
        title=_("The dimensions"),
        columns=(
            DIMENSION, SCORE, LOW, HIGH,
            Column("leading", _("largest membership")),
            Column("sure", _("share of draws in which this grade leads"), ColumnKind.PERCENT, 0),
            Column("lowest", _("share of draws in which the dimension is the weakest"), ColumnKind.PERCENT, 0),
            Column("middle", _("middle of schools of the same stage"), ColumnKind.NUMBER, 1, POINTS),
            WEIGHT,
            Column("drawn", _("what the range holds")),
        ),
        rows=tuple(_dimension_row(material, one, peers) for one in line.result["dimensions"]),
        roles={"label": "dimension", "value": "score", "low": "low", "high": "high"},
        caption=range_note(material) if line.has_ranges else NO_RANGES,
        alt=_("Bars of the scores of the dimensions with their ranges."),
        run=material.run,
    )  # fmt: skip


NO_RANGES = _(
    "This was computed before ranges of dimensions and obstacles were; an evaluation started anew has them. Small"
    " differences may mean nothing."
)
DRAWN: dict[tuple[str, ...], Text] = {
    ("weights", "raters"): _("other weights, other raters"),
    ("weights",): _("other weights alone"),
    ("raters",): _("other raters alone"),
    (): _("nothing: one measured value"),
}


def _dimension_row(material: Material, one: Mapping[str, Any], peers: Sequence[Line]) -> Row:
    drawn = DRAWN[tuple(one["drawn"])] if "drawn" in one else None
    return Row(one["code"], (
        material.scheme.titles[one["code"]], one["score"], one.get("low"), one.get("high"), one["leading"],
        one.get("sure"), one.get("lowest"), _median([_score(peer, one["code"]) for peer in peers]), one["weight"],
        drawn,
    ))  # fmt: skip


def _score(line: Line, code: str) -> float | None:
    return next((one["score"] for one in line.result["dimensions"] if one["code"] == code), None)


def _median(values: Iterable[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return median(found) if len(found) >= FEWEST_PEERS else None


def obstacles(material: Material, line: Line) -> Figure:
    """The three largest parts of what is missing, with what is known and what similar schools reached."""
    peers = material.peers(line)
    told = len(peers) >= FEWEST_PEERS
    columns = (
        INDEX,
        Column("degree", _("part in what is missing"), ColumnKind.PERCENT, 0),
        Column("low", _("lower end"), ColumnKind.PERCENT, 0),
        Column("high", _("upper end"), ColumnKind.PERCENT, 0),
        Column("among", _("share of draws in which it is among the three largest"), ColumnKind.PERCENT, 0),
        Column("first", _("share of draws in which it is the largest"), ColumnKind.PERCENT, 0),
        Column("value", _("your value")),
        GRADE,
        Column("peers", _("schools of the same stage"), ColumnKind.INTEGER),
        Column("reached", _("of these in one of the two best grades"), ColumnKind.INTEGER),
    )
    rows = tuple(
        Row(one["code"], (
            material.scheme.titles[one["code"]], one["degree"], one.get("low"), one.get("high"), one.get("among"),
            one.get("first"), value_text(material, line, one["code"]), line.index(one["code"])["leading"],
            len(peers) if told else None, material.reached(peers, one["code"]) if told else None,
        ))
        for one in line.obstacles
    )  # fmt: skip
    return Figure(
        code="obstacles",
        kind=FigureKind.BARS,
        title=_("What stands in the way most"),
        columns=columns,
        rows=rows,
        roles={"label": "index", "value": "degree", "low": "low", "high": "high"},
        caption=_(
            "Degree of obstruction 障碍度: weight times what is missing to the best grade, as a part of all that is"
            " missing; ranges as for scores. Other schools are counted and not named, and from five on."
        ),
        alt=_("Bars of the largest parts of what is missing, with their ranges."),
        run=material.run,
    )


def value_text(material: Material, line: Line, code: str) -> str:
    """Return what is known of an index in words: the measured value with its unit, or the votes by grade."""
    index, found = material.scheme.index(code), line.index(code)
    if index is None or found["memberships"] is None:
        return "—"
    if index.is_voted:
        return _votes_text(material, found["votes"])
    number = format_number(found["value"], 1).removesuffix(".0")
    return f"{number}{index.unit}" if index.unit == "%" else f"{number} {index.unit}".strip()


def _votes_text(material: Material, votes: Sequence[int]) -> str:
    parts = [
        gettext("%(grade)s: %(count)d votes") % {"grade": grade, "count": count}
        for grade, count in zip(material.scheme.grades, votes, strict=True)
        if count
    ]
    return "、".join(parts) or "—"


def advice(material: Material, line: Line) -> Figure:
    """What to do about the obstacles: from the district's table of rules."""
    rows = []
    for one in line.obstacles:
        rule = material.rule(one["code"])
        if rule is not None:
            title = material.scheme.titles[one["code"]]
            rows.append(
                Row(one["code"], (title, rule.advice, rule.responsible, float(rule.cost_yuan), rule.weeks))
            )
    return Figure(
        code="advice",
        kind=FigureKind.TABLE,
        title=_("Advice by index"),
        columns=(INDEX, *ADVICE_COLUMNS),
        rows=tuple(rows),
        caption=_(
            "From the district's table of advice; cost and time are orders of magnitude, and the school decides."
        ),
        run=material.run,
    )


ADVICE_COLUMNS = (
    Column("advice", _("advice")),
    Column("responsible", _("responsible")),
    Column("cost", _("cost, about"), ColumnKind.NUMBER, 0, _("元")),
    Column("weeks", _("time"), ColumnKind.INTEGER, unit=_("weeks")),
)


def indexes(material: Material, line: Line) -> Figure:
    """All indexes of one school."""
    rows = []
    for index in material.scheme.indexes:
        found = line.index(index.code)
        quadrant = Quadrant(found["quadrant"]).label if found["quadrant"] else _("not known")
        rows.append(
            Row(index.code, (
                material.scheme.dimension_of[index.code].title, index.title, value_text(material, line, index.code),
                _source(index), found["leading"], found["performance"], _whole_weight(material, index), quadrant,
            ))
        )  # fmt: skip
    return Figure(
        code="indexes",
        kind=FigureKind.TABLE,
        title=_("All indexes"),
        columns=(
            DIMENSION, INDEX, Column("value", _("value or votes")), SOURCE,
            GRADE, Column("done", _("on the way to the best grade"), ColumnKind.PERCENT, 0),
            WEIGHT, Column("quadrant", _("importance and performance (IPA)")),
        ),
        rows=tuple(rows),
        run=material.run,
    )  # fmt: skip


def _source(index: Index) -> Cell:
    return _("raters") if index.is_voted else _("survey")


def _whole_weight(material: Material, index: Index) -> float:
    return material.scheme.dimension_of[index.code].weight * index.weight
