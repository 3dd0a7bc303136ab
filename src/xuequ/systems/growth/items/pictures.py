"""The figures of item results: each one frozen object from which table, chart, spreadsheet and print are made."""

from collections.abc import Iterable, Sequence

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.figures import Cell as FigureCell
from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Reference, Row, Text, Withheld
from xuequ.engines.measurement.diagnosis import FEWEST, Alignment, Need
from xuequ.systems.growth.items.material import PaperMaterial, Place, PupilLine
from xuequ.systems.growth.items.wording import USES, codes_text, flags_text
from xuequ.systems.growth.process_facts import ClassFact
from xuequ.systems.growth.shapes import FROM, PUPILS, TO, integer, percent

ITEM = Column("item", _("item"))
POINT = Column("point", _("knowledge point"))


MEAN = percent("mean", _("share of the marks"))
BELOW = percent("below", _("pupils below 60 % of the marks"))


def overview(material: PaperMaterial) -> Figure:
    """The paper in numbers, which the first sentence states."""
    found = material.findings
    total = found.reliability
    columns = (
        PUPILS,
        integer("items", _("items")),
        integer("unsound", _("items not to build on")),
        Column("full_mark", _("full mark"), ColumnKind.NUMBER, 0),
        MEAN,
        Column("alpha", _("reliability (alpha)"), ColumnKind.NUMBER, 2),
        Column("low", _("lower end"), ColumnKind.NUMBER, 2),
        Column("high", _("upper end"), ColumnKind.NUMBER, 2),
        Column("stratified", _("alpha by knowledge points"), ColumnKind.NUMBER, 2),
        Column("omega", _("omega"), ColumnKind.NUMBER, 2),
        Column("split_half", _("split half"), ColumnKind.NUMBER, 2),
        Column("sem", _("error of one total, in marks"), ColumnKind.NUMBER, 1),
        integer("incomplete", _("pupils without some item")),
    )
    cells = (
        total.n, total.items, len(found.items) - len(material.sound), found.full_mark, total.mean / found.full_mark,
        total.alpha, total.low, total.high, total.stratified, total.omega, total.split_half, total.sem,
        found.incomplete,
    )  # fmt: skip
    return Figure(
        code="overview",
        kind=FigureKind.TABLE,
        title=_("The paper in numbers"),
        columns=columns,
        rows=(Row("all", cells),),
        caption=_(
            "Reliability says how alike two such papers would place the same pupils: from about 0.8 on a total may be"
            " used for single pupils. The ends are those of a 95 % interval."
        ),
        run=material.run,
    )


def items(material: PaperMaterial) -> Figure:
    """Each item by difficulty and discrimination."""
    known = {item.number: item for item in material.content.items}
    columns = (
        ITEM,
        POINT,
        percent("difficulty", _("share of the marks")),
        Column("discrimination", _("agreement with the rest"), ColumnKind.SIGNED, 2),
        Column("low", _("lower end"), ColumnKind.SIGNED, 2),
        Column("high", _("upper end"), ColumnKind.SIGNED, 2),
        Column("upper_lower", _("top less bottom group"), ColumnKind.SIGNED, 2),
        Column("full_mark", _("full mark"), ColumnKind.NUMBER, 0),
        Column("alpha_without", _("alpha without it"), ColumnKind.NUMBER, 3),
        Column("flags", _("remark")),
    )
    rows = tuple(
        Row(
            i.number,
            (
                i.number, "、".join(known[i.number].points), i.difficulty, i.discrimination, i.low, i.high,
                i.upper_lower, i.full_mark, i.alpha_without, flags_text(i.flags),
            ),
        )
        for i in material.findings.items
    )  # fmt: skip
    return Figure(
        code="items",
        kind=FigureKind.QUADRANT,
        title=_("Items: how hard, and how well they tell pupils apart"),
        columns=columns,
        rows=rows,
        roles={"label": "item", "x": "difficulty", "y": "discrimination", "highlight": "flags"},
        caption=_(
            "To the right: easy. Above: pupils who do well in the rest do well here. Agreement below zero means that"
            " the item goes against the paper. Diamonds carry a remark, which the table tells. Groups are the top and"
            " bottom 27 % by total."
        ),
        alt=_("Each item by its share of marks and its agreement with the rest of the paper."),
        run=material.run,
        references=(Reference("x", 0.5, _("half of the marks")), Reference("y", 0.2, _("weak below here"))),
    )


def options(material: PaperMaterial) -> Figure:
    """The options of items with a key."""
    columns = (
        ITEM,
        Column("option", _("option")),
        percent("share", pgettext_lazy("pupils of an option", "all")),
        percent("lower", _("bottom 27 %")),
        percent("middle", pgettext_lazy("group by total", "middle")),
        percent("upper", _("top 27 %")),
        Column("biserial", _("agreement with the rest"), ColumnKind.SIGNED, 2),
        Column("key", pgettext_lazy("of an item", "key")),
        Column("flags", _("remark")),
    )
    rows = tuple(
        Row(
            f"{o.number}-{o.option or 'none'}",
            (
                o.number, o.option or _("no answer"), o.share, o.lower, o.middle, o.upper, o.point_biserial,
                pgettext_lazy("of an item", "key") if o.is_key else "", flags_text(o.flags),
            ),
        )
        for o in material.findings.options
    )  # fmt: skip
    return Figure(
        code="options",
        kind=FigureKind.TABLE,
        title=_("Options: who chose what"),
        columns=columns,
        rows=rows,
        roles={"highlight": "key"},
        caption=_(
            "A good wrong option is chosen by weaker pupils. One that nobody chooses could as well be left out."
        ),
        run=material.run,
    )


def point_quality(material: PaperMaterial) -> Figure:
    """What the part of the paper about each point may be used for."""
    columns = (
        POINT,
        integer("items", _("items")),
        percent("weight", _("share of the paper")),
        MEAN,
        Column("reliability", _("reliability"), ColumnKind.NUMBER, 2),
        Column("own", _("known from its own marks"), ColumnKind.NUMBER, 2),
        Column("total", _("known from the total"), ColumnKind.NUMBER, 2),
        Column("both", _("known from both"), ColumnKind.NUMBER, 2),
        Column("use", _("use for one pupil")),
    )
    rows = tuple(
        Row(
            p.point,
            (
                p.point, len(p.items), p.weight, p.mean, p.reliability, p.prmse_own, p.prmse_total, p.prmse_both,
                USES[p.use],
            ),
        )
        for p in material.findings.points
    )  # fmt: skip
    return Figure(
        code="point-quality",
        kind=FigureKind.TABLE,
        title=_("What may be said of one pupil"),
        columns=columns,
        rows=rows,
        caption=_(
            "How much of the pupils' true differences in a point is known (0 to 1). A point is told of one pupil only"
            " where its own marks say more than the total (Haberman's rule). Statements about classes do not depend on"
            " it."
        ),
        run=material.run,
    )


def points(material: PaperMaterial, level: str, key: str, others: str = "") -> Figure:
    """Shares of marks by point of one group, weakest first, beside everybody's where ``others`` names them."""
    own, whole = material.shares(level, key, "point"), material.shares("all", "all", "point")
    columns: tuple[Column, ...] = (POINT, MEAN, FROM, TO, BELOW, PUPILS)
    if others:
        columns = (*columns, percent("others", others))
    rows = [Row(point, _point_cells(point, row, whole, others)) for point, row in own.items()]
    order = sorted(rows, key=lambda row: own[row.key]["mean"])
    return Figure(
        code="points",
        kind=FigureKind.INTERVAL,
        title=_("Knowledge points, weakest first"),
        columns=columns,
        rows=tuple(order),
        roles={"label": "point", "value": "mean", "low": "low", "high": "high"},
        caption=_(
            "Only items to rely on are counted. The range holds the share that such pupils would reach with a certainty"
            " of 95 %, and is wide where few pupils sat the paper."
        ),
        alt=_("The share of marks in each knowledge point with its interval."),
        run=material.run,
        references=(Reference("x", 0.6, _("60 % of the marks")),),
    )


def _point_cells(
    point: str, row: dict[str, float], whole: dict[str, dict[str, float]], others: str
) -> tuple[FigureCell, ...]:
    shown = row["n"] >= FEWEST
    numbers = [row[name] if shown else Withheld(FEWEST) for name in ("mean", "low", "high", "below")]
    cells: tuple[FigureCell, ...] = (point, *numbers, int(row["n"]))
    return (*cells, whole[point]["mean"] if point in whole else None) if others else cells


def by_place(material: PaperMaterial, level: str, places: Sequence[Place], title: Text) -> Figure:
    """Points by school or class, few pupils withheld."""
    columns = (
        Column("place", _("school") if level == "school" else _("class of pupils")),
        POINT,
        MEAN,
        PUPILS,
    )
    rows = [
        Row(
            f"{place.key} {point}",
            (place.name, point, _cell(shares.get(point)), _pupils(shares.get(point))),
            place.url,
        )
        for place in places
        for shares in (material.shares(level, place.key, "point"),)
        for point in material.content.points
    ]
    return Figure(
        code="by-place",
        kind=FigureKind.MATRIX,
        title=title,
        columns=columns,
        rows=tuple(rows),
        roles={"label": "place", "column": "point", "value": "mean"},
        caption=format_lazy(
            _(
                "Share of the marks. Cells of fewer than {fewest} pupils are not shown. Places stand by name; the order"
                " is not a ranking."
            ),
            fewest=FEWEST,
        ),
        alt=_("The share of marks in each knowledge point by school or class."),
        run=material.run,
    )


def _cell(row: dict[str, float] | None) -> FigureCell:
    if row is None:
        return None
    return row["mean"] if row["n"] >= FEWEST else Withheld(FEWEST)


def _pupils(row: dict[str, float] | None) -> FigureCell:
    return int(row["n"]) if row is not None else None


def alignment(material: PaperMaterial, rows: Iterable[Alignment]) -> Figure:
    """Teaching, learning and testing side by side."""
    columns = (
        POINT,
        percent("taught", _("classes that had it")),
        MEAN,
        percent("weight", _("share of the paper")),
        percent("curriculum", _("share of the lessons")),
        integer("sound", _("items to rely on")),
        integer("items", _("items")),
        Column("codes", _("where they part")),
    )
    return Figure(
        code="alignment",
        kind=FigureKind.TABLE,
        title=_("Teaching, learning and testing side by side"),
        columns=columns,
        rows=tuple(
            Row(
                row.point,
                (
                    row.point, row.taught, row.mean, row.weight, row.curriculum, row.sound, row.items,
                    codes_text(row.codes),
                ),
            )
            for row in rows
        ),
        roles={"highlight": "codes"},
        caption=_(
            "What classes had been taught is what their teachers reported; who did not report is not counted. Lessons"
            " are those of the table of specifications. It explains results and judges nobody."
        ),
        run=material.run,
    )  # fmt: skip


def needed(material: PaperMaterial, found: Iterable[Need]) -> Figure:
    """The points to teach again, with the items that show it."""
    columns = (POINT, MEAN, FROM, TO, BELOW, PUPILS, Column("evidence", _("weakest items")))
    rows = tuple(
        Row(n.point, (n.point, n.mean, n.low, n.high, n.below, n.n, "、".join(n.items))) for n in found
    )
    return Figure(
        code="needs",
        kind=FigureKind.TABLE,
        title=_("Points to teach again"),
        columns=columns,
        rows=rows,
        run=material.run,
    )


def class_items(material: PaperMaterial, key: str) -> Figure:
    """The items of a class beside all pupils, with the wrong option chosen most."""
    own, whole = material.shares("class", key, "item"), material.shares("all", "all", "item")
    known = {item.number: item for item in material.content.items}
    columns = (
        ITEM,
        POINT,
        MEAN,
        percent("others", _("all pupils")),
        Column("wrong", _("wrong option chosen most")),
        percent("wrong_share", _("share who chose it")),
        Column("sound", _("remark")),
    )
    rows = tuple(
        Row(
            number,
            (
                number, "、".join(known[number].points), row["mean"], whole[number]["mean"], row["wrong"] or None,
                row["wrong_share"], "" if number in material.sound else _("not to build on"),
            ),
        )
        for number, row in own.items()
    )  # fmt: skip
    return Figure(
        code="class-items",
        kind=FigureKind.TABLE,
        title=_("The items of this class"),
        columns=columns,
        rows=rows,
        roles={"highlight": "sound"},
        run=material.run,
    )


def class_facts(material: PaperMaterial, facts: Sequence[ClassFact]) -> Figure:
    """What is published about the work of the class, beside its school's."""
    columns = (
        Column("name", _("process fact")),
        Column("own", _("this class"), ColumnKind.NUMBER, 3),
        Column("school", _("its school"), ColumnKind.NUMBER, 3),
    )
    rows = tuple(Row(f.fact.column, (f.fact.title, f.of_class, f.of_school)) for f in facts)
    return Figure(
        code="class-facts",
        kind=FigureKind.TABLE,
        title=_("What is known of the work of this class"),
        columns=columns,
        rows=rows,
        caption=_(
            "As published by the systems that count it, up to the year of the paper. It may help to understand the"
            " results and need not have caused them."
        ),
        run=material.run,
    )


def class_pupils(material: PaperMaterial, lines: Sequence[PupilLine], points: Sequence[str]) -> Figure:
    """The pupils of a class who have less than 60 % of the marks of the points to teach again; by number."""
    columns = (Column("name", _("Name")), *(Column(f"p{i}", point) for i, point in enumerate(points)))
    rows = []
    for line in lines:
        shares = [line.points.get(point) for point in points]
        if any(share is not None and share < 0.6 for share in shares):
            marks = tuple(
                "" if share is None or share >= 0.6 else pgettext_lazy("teach a pupil", "again")
                for share in shares
            )
            rows.append(Row(line.key, (line.name, *marks), line.url))
    return Figure(
        code="class-pupils",
        kind=FigureKind.TABLE,
        title=_("Whom to teach again"),
        columns=columns,
        rows=tuple(rows),
        caption=_("Pupils stand by number. One paper is a small sample: ask them before you decide."),
        run=material.run,
    )
