"""The figures of levels of AI education: each one frozen object for table, chart, spreadsheet and print."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any
from uuid import UUID

from django.utils.text import format_lazy
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Reference, Row, Text
from xuequ.core.rendering.cells import format_number
from xuequ.systems.stars.ailevel.choices import Quadrant, Validity
from xuequ.systems.stars.ailevel.material import Line, Material
from xuequ.systems.stars.ailevel.scheme import Index
from xuequ.systems.stars.ailevel.wording import OPERATORS

SCHOOL = Column("school", _("school"))
POINTS = _("points")
SCORE = Column("score", _("score"), ColumnKind.NUMBER, 1, POINTS)
LOW = Column("low", _("lower end"), ColumnKind.NUMBER, 1, POINTS)
HIGH = Column("high", _("upper end"), ColumnKind.NUMBER, 1, POINTS)
FEW_RATERS = 5
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


def district_overview(material: Material) -> Figure:
    """The counts that the first sentence about all schools states."""
    lines = material.lines
    named = [line for line in lines if line.result["verdict"]]
    best = material.scheme.grades[:2]
    columns = (
        Column("schools", _("schools"), ColumnKind.INTEGER),
        Column("named", _("with a valid single grade"), ColumnKind.INTEGER),
        Column("good", _("of these in one of the two best grades"), ColumnKind.INTEGER),
        Column("open", _("without a single grade"), ColumnKind.INTEGER),
        Column("careless", _("answers that look careless"), ColumnKind.INTEGER),
        Column("differing", _("answers that differ from what is counted"), ColumnKind.INTEGER),
        Column("too_little", _("schools of which too little is known"), ColumnKind.INTEGER),
        Column("raters", _("raters"), ColumnKind.INTEGER),
    )
    found = material.findings
    cells = (
        len(lines), len(named), sum(line.result["verdict"] in best for line in named), len(lines) - len(named),
        len(found["careless"]), len(found["differing"]), len(found["too_little"]), len(found["raters"]),
    )  # fmt: skip
    return Figure(
        code="overview", kind=FigureKind.TABLE, title=_("The evaluation in numbers"), columns=columns,
        rows=(Row("all", cells),), run=material.run,
    )  # fmt: skip


def schools(material: Material) -> Figure:
    """Every school's score with its range, the verdict and how probable it is; in the order of the schools' codes."""
    columns = (
        SCHOOL, SCORE, LOW, HIGH, Column("verdict", _("verdict")),
        Column("alpha", _("α"), ColumnKind.NUMBER, 2),
        Column("sure", _("how sure the largest grade is"), ColumnKind.PERCENT, 0),
        Column("ranks", _("range of the rank (internal)")),
        Column("turn", _("weight that would have to move for another grade"), ColumnKind.PERCENT, 1),
        Column("turned", _("to which grade, and onto which index")),
    )  # fmt: skip
    rows = tuple(Row(line.key, _school_cells(material, line), line.url) for line in material.lines)
    return Figure(
        code="schools",
        kind=FigureKind.INTERVAL,
        title=_("Score by school, with the range in which it lies"),
        columns=columns,
        rows=rows,
        roles={"label": "school", "value": "score", "low": "low", "high": "high"},
        caption=_(
            "In the order of the schools' codes, which is no ranking. Ranges of ranks overlap widely and are for the"
            " district's own use; schools never see them."
        ),
        alt=_("Intervals of the score of each school."),
        run=material.run,
        references=(Reference("x", _middle(material), _("middle school")),) if rows else (),
    )


def _middle(material: Material) -> float:
    return float(median(line.result["score"] for line in material.lines))


def _school_cells(material: Material, line: Line) -> tuple[Cell, ...]:
    r = line.result
    low, high = r["ranks"]
    sure = r["probability"][material.scheme.grades.index(r["leading"])]
    ranks = f"{low}–{high}" if low != high else str(low)
    cells: tuple[Cell, ...] = (
        line.name,
        r["score"],
        r["low"],
        r["high"],
        verdict_cell(line),
        r["alpha"],
        sure,
        ranks,
    )
    if r["turn"] is None:
        return (*cells, None, None)
    turned = f"{r['turn']['grade']} · {material.scheme.titles[r['turn']['gains']]}"
    return (*cells, r["turn"]["moved"], turned)


def common(material: Material) -> Figure:
    """Which indexes stand in the way of how many schools, the commonest first."""
    counts: Counter[str] = Counter(one["code"] for line in material.lines for one in line.obstacles)
    ranges = {one["code"]: (one["low"], one["high"]) for one in material.findings.get("common", ())}
    rows = []
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        rule = material.rule(code)
        low, high = ranges.get(code, (None, None))
        cells = (
            material.scheme.titles[code], count, low, high, len(material.lines),
            material.reached(material.lines, code), rule.advice if rule else "—",
        )  # fmt: skip
        rows.append(Row(code, cells))
    return Figure(
        code="common",
        kind=FigureKind.BARS,
        title=_("Problems that many schools share"),
        columns=(
            INDEX,
            Column("count", _("schools in whose way it stands"), ColumnKind.INTEGER),
            Column("low", _("lower end"), ColumnKind.INTEGER),
            Column("high", _("upper end"), ColumnKind.INTEGER),
            Column("schools", _("schools"), ColumnKind.INTEGER),
            Column("reached", _("schools in one of the two best grades"), ColumnKind.INTEGER),
            Column("advice", _("advice")),
        ),
        rows=tuple(rows),
        roles={"label": "index", "value": "count", "low": "low", "high": "high"},
        caption=_("Counted is each school's three largest parts of what is missing; ranges as for scores."),
        alt=_("Bars of how many schools each index stands in the way of, with their ranges."),
        run=material.run,
    )


def importance(material: Material) -> Figure:
    """Weights against performance over all schools."""
    rows = tuple(
        Row(one["code"], (
            material.scheme.titles[one["code"]], one["weight"] * 100, one["performance"] * 100,
            _hundredfold(one.get("low")), _hundredfold(one.get("high")), Quadrant(one["quadrant"]).label,
            one.get("same"),
        ))
        for one in material.findings["importance"]
    )  # fmt: skip
    return Figure(
        code="importance",
        kind=FigureKind.QUADRANT,
        title=_("Importance and performance of the indexes"),
        columns=(
            INDEX,
            Column("weight", _("weight"), ColumnKind.NUMBER, 1, "%"),
            Column("performance", _("performance"), ColumnKind.NUMBER, 0, "%"),
            Column("low", _("lower end"), ColumnKind.NUMBER, 0, "%"),
            Column("high", _("upper end"), ColumnKind.NUMBER, 0, "%"),
            Column("quadrant", _("what follows")),
            Column("same", _("share of draws in which the same follows"), ColumnKind.PERCENT, 0),
        ),
        rows=rows,
        roles={"label": "index", "x": "weight", "y": "performance"},
        caption=_(
            "Where the same follows in fewer than 95 % of the draws, it hangs on the weights or on who voted: an index"
            " near a mean may as well lie beyond it. Performance on measured indexes has no range."
        ),
        alt=_("Indexes by weight and by how far schools are on the way to the best grade."),
        run=material.run,
    )


def _hundredfold(share: float | None) -> float | None:
    return None if share is None else share * 100


def left_out(material: Material) -> Figure:
    """The schools of which too little is known."""
    return Figure(
        code="left-out",
        kind=FigureKind.TABLE,
        title=_("Schools of which too little is known"),
        columns=(SCHOOL, Column("known", _("share of the weights that is known"), ColumnKind.PERCENT, 0)),
        rows=tuple(
            Row(one["school"], (material.names.get(one["school"], "—"), one["known"]))
            for one in material.findings["too_little"]
        ),
        run=material.run,
    )


def compared_operators(material: Material) -> Figure:
    """How many schools lead in the same grade with each operator."""
    return operators_figure("compared", material.findings["operators"], material.run)


def operators_figure(code: str, found: Iterable[Mapping[str, Any]], run: UUID) -> Figure:
    """How many schools lead in the same grade with each operator, as an evaluation or an audit found it."""
    return Figure(
        code=code,
        kind=FigureKind.TABLE,
        title=_("Does the verdict hang on the operator?"),
        columns=(
            Column("operator", _("operator")),
            Column("same", _("schools with the same largest grade"), ColumnKind.INTEGER),
            Column("of", _("schools"), ColumnKind.INTEGER),
            Column("ties", _("schools whose grades tie"), ColumnKind.INTEGER),
        ),
        rows=tuple(
            Row(one["operator"], (OPERATORS[one["operator"]], one["same"], one["of"], one["ties"]))
            for one in found
        ),
        run=run,
    )


def to_ask(material: Material) -> Figure:
    """Answers to ask about again: careless ones, and those that differ from what another system counted."""
    rows = [
        Row(f"careless-{key}", (material.names.get(key, "—"), _("the answer looks careless"), None, None))
        for key in material.findings["careless"]
    ]
    for at, one in enumerate(material.findings["differing"]):
        name, title = material.names.get(one["school"], "—"), material.scheme.titles[one["index"]]
        rows.append(Row(f"differs-{at}", (name, title, one["answered"], one["known"])))
    return Figure(
        code="to-ask",
        kind=FigureKind.TABLE,
        title=_("Answers to ask about again"),
        columns=(
            SCHOOL,
            Column("what", _("what")),
            Column("answered", _("answered"), ColumnKind.NUMBER, 1),
            Column("known", _("counted by another system"), ColumnKind.NUMBER, 1),
        ),
        rows=tuple(rows),
        caption=_("A sign is a reason to ask and no proof; the numbers stayed in the evaluation."),
        run=material.run,
    )
