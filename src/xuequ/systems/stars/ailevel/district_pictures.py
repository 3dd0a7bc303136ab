"""The figures of all schools' levels of AI education, for the district alone."""

from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any
from uuid import UUID

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Reference, Row
from xuequ.systems.stars.ailevel.choices import Quadrant
from xuequ.systems.stars.ailevel.material import Line, Material
from xuequ.systems.stars.ailevel.pictures import HIGH, INDEX, LOW, SCORE, range_note, verdict_cell
from xuequ.systems.stars.ailevel.wording import OPERATORS

SCHOOL = Column("school", _("school"))


def overview(material: Material) -> Figure:
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
        caption=format_lazy(
            "{order}{ranges}",
            order=_(
                "In the order of the schools' codes, which is no ranking. Ranges of ranks overlap widely and are for"
                " the district's own use; schools never see them."
            ),
            ranges=range_note(material),
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
