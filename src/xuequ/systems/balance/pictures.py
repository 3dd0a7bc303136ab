"""The figures of balance: every number of its reports stands in one of them."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Row, Text
from xuequ.systems.balance.catalogue import AMOUNTS, FACTS, UNITS, short_name
from xuequ.systems.balance.material import Material, SchoolLine
from xuequ.systems.balance.models import ItemResult, Judgement, SchoolResult
from xuequ.systems.balance.tiling import Spot, tiled
from xuequ.systems.balance.wording import DIRECTIONS, REASONS, STAGES, STATES, VERDICTS

TEXT, INTEGER, NUMBER, PERCENT = ColumnKind.TEXT, ColumnKind.INTEGER, ColumnKind.NUMBER, ColumnKind.PERCENT
CENSUS = _(
    "All schools are counted, not a sample: there is no interval. What one school changes is shown instead."
)


def overview(material: Material) -> Figure:
    """Counts of the county, one row: what the lead cites."""
    found = material.findings
    rows = [line.result for line in material.schools]
    items = [item for item in found["items"] if item["group"] != "resources"]
    over = [one for one in found["coefficients"] if one["met"] is False]
    columns = (
        Column("schools", _("schools judged"), INTEGER),
        Column("complying", _("schools that comply"), INTEGER),
        Column("failing", _("schools that do not"), INTEGER),
        Column("open", _("schools with figures missing"), INTEGER),
        Column("over", _("coefficients above their limit"), INTEGER),
        Column("coefficients", _("coefficients"), INTEGER),
        Column("items", _("items of government, quality and satisfaction"), INTEGER),
        Column("items_met", _("of these met"), INTEGER),
        Column("items_not", _("not met"), INTEGER),
        Column("items_open", _("cannot be told yet"), INTEGER),
        Column("weak", _("schools that count as weak"), INTEGER),
        Column("without", _("schools without pupils in the roster"), INTEGER),
    )
    states = [row.complies for row in rows]
    cells: tuple[Cell, ...] = (
        len(rows), states.count(True), states.count(False), states.count(None), len(over), len(found["coefficients"]),
        len(items), *(sum(item["verdict"] == word for item in items) for word in ("met", "not-met", "unknown")),
        sum(row.weak for row in rows), len(found["without_pupils"]),
    )  # fmt: skip
    return Figure(
        "overview", FigureKind.TABLE, _("The county at a glance"), columns, (Row("all", cells),), run=material.run,
        caption=_("Counted from this judgement."),
    )  # fmt: skip


def _standing(row: SchoolResult) -> tuple[int, Text]:
    if row.complies is None:
        return 3, _("figures missing")
    if row.complies:
        return (
            (0, _("all items met"))
            if not row.unmet
            else (1, _("complies, with something below its threshold"))
        )
    return 2, _("does not comply")


def tile_map(material: Material) -> Figure:
    """Each school as a tile where it lies, with its items met."""
    spots = [
        Spot(
            line.key,
            str(line.result.school.area or ""),
            line.result.school.latitude,
            line.result.school.longitude,
        )
        for line in material.schools
    ]
    places = tiled(spots)
    columns = (
        Column("school", _("School")),
        Column("area", _("Area")),
        Column("met", _("items met")),
        Column("standing", _("Standing")),
        Column("column", _("column of the map"), INTEGER),
        Column("row", _("row of the map"), INTEGER),
        Column("shade", _("order of standing"), INTEGER),
    )
    rows = []
    for line in material.schools:
        shade, word = _standing(line.result)
        total = line.result.met + line.result.unmet + line.result.missing
        cells = (
            line.name,
            str(line.result.school.area or ""),
            f"{line.result.met}/{total}",
            word,
            *places[line.key],
            shade,
        )
        rows.append(Row(line.key, cells, material.school_url(line)))
    return Figure(
        "tiles", FigureKind.TILES, _("Where schools stand"), columns, tuple(rows),
        {"label": "school", "column": "column", "row": "row", "value": "met", "group": "standing", "shade": "shade"},
        caption=_("One tile for each school, north to south and west to east; of a nine-year school its worse part."),
        alt=_("A grid of schools; the table below it lists the same, school by school."),
        run=material.run,
    )  # fmt: skip


def standing(material: Material) -> Figure:
    """What the tile map shows, school by school."""
    columns = (
        Column("school", _("School")),
        Column("area", _("Area")),
        Column("met", _("items met")),
        Column("standing", _("Standing")),
    )
    tiles = tile_map(material)
    rows = tuple(Row(row.key, row.cells[:4], row.url) for row in tiles.rows)
    return Figure(
        "standing", FigureKind.TABLE, _("Where schools stand, as a table"), columns, rows, {"label": "school"},
        caption=_("Of a nine-year school its worse part."), run=material.run,
    )  # fmt: skip


def coefficients(material: Material, stage: str) -> Figure:
    """The seven coefficients of one stage beside their limit, and what the unweighted formula would say."""
    columns = (
        Column("item", _("Item")),
        Column("cv", _("coefficient"), NUMBER, 3),
        Column("limit", _("limit"), NUMBER, 2),
        Column("verdict", _("Verdict")),
        Column(
            "plain", _("unweighted"), NUMBER, 3, help=_("each school counted once; not the official formula")
        ),
        Column("plain_verdict", _("unweighted would say")),
        Column("gini", _("Gini"), NUMBER, 3),
        Column("between", _("Theil between areas"), PERCENT, 0),
        Column("hangs", _("hangs on one school")),
    )
    rows = [
        Row(one["code"], (
            short_name(one["code"]), one["cv"], one["limit"], _met(one["met"]), one["plain"], _met(one["plain_met"]),
            one["gini"], between_share(one), _hangs(material, one),
        ), _url(material, one))
        for one in material.coefficients(stage)
    ]  # fmt: skip
    return Figure(
        f"cv-{stage}", FigureKind.TABLE, _("Coefficients of difference: %(stage)s") % {"stage": STAGES[stage]}, columns,
        tuple(rows), {"label": "item"}, run=material.run,
        caption=_("Weighted by pupils, as the official formula is; compared without rounding.") + " " + str(CENSUS),
    )  # fmt: skip


def _url(material: Material, one: Mapping[str, Any]) -> str:
    return reverse("balance:spread", args=[material.year, one["stage"], one["code"]])


def _met(met: bool | None) -> Text:
    return VERDICTS["unknown"] if met is None else VERDICTS["met"] if met else VERDICTS["not-met"]


def between_share(one: Mapping[str, Any]) -> float | None:
    """The part of Theil's measure that lies between areas."""
    return one["between"] / one["theil"] if one["between"] is not None and one["theil"] else None


def _hangs(material: Material, one: Mapping[str, Any]) -> str:
    names = [name for key in one["flips"] if (name := material.name_of(key))]
    return "、".join(names[:3]) if names else "—"


def schools(material: Material) -> Figure:
    """Every school and item: the value, and whether it is met."""
    codes = list(dict.fromkeys(item.code for line in material.schools for item in line.items))
    columns = (
        Column("school", _("School")),
        Column("part", _("Part")),
        Column("pupils", _("Pupils"), INTEGER),
        *(Column(code, f"{short_name(code)}", NUMBER, 2, UNITS.get(code, "")) for code in codes),
        Column("standing", _("Standing")),
    )
    rows = []
    for line in material.schools:
        for part in line.result.parts:
            values = {item.code: item.value for item in line.of(part["part"])}
            name = line.name if len(line.result.parts) == 1 else f"{line.name}（{STAGE_PARTS[part['part']]}）"
            cells = (
                name,
                STAGE_PARTS[part["part"]],
                part["pupils"],
                *(values.get(c) for c in codes),
                _part_word(part),
            )
            rows.append(Row(f"{line.key}/{part['part']}", cells, material.school_url(line)))
    return Figure(
        "schools", FigureKind.TABLE, _("All schools"), columns, tuple(rows), {"label": "school"}, run=material.run,
        caption=_("Values per pupil or per hundred pupils, as the rules count them, exceptions included."),
    )  # fmt: skip


STAGE_PARTS: Mapping[str, Text] = {
    "primary": _("primary part"),
    "junior": _("junior part"),
    "": _("the whole school"),
}


def _part_word(part: Mapping[str, Any]) -> Text:
    if part["complies"] is None:
        return _("figures missing")
    if part["complies"]:
        return _("complies")
    return _("does not comply")


def failing(material: Material) -> Figure:
    """Schools that do not comply, with what they miss."""
    columns = (
        Column("school", _("School")),
        Column("unmet", _("items not met"), INTEGER),
        Column("gap", _("mean gap"), PERCENT, 1),
        Column("what", _("What is missing")),
    )
    rows = [
        Row(
            line.key,
            (line.name, line.result.unmet, line.result.shortfall, _wants(line)),
            material.school_url(line),
        )
        for line in sorted(material.schools, key=lambda line: (-line.result.shortfall, line.name))
        if line.result.complies is False
    ]
    return Figure(
        "failing", FigureKind.TABLE, _("Schools that do not comply"), columns, tuple(rows), {"label": "school"},
        caption=_(
            "A school complies when it misses at most %(n)d items and reaches at least %(floor)d%% of their thresholds."
        ) % {"n": material.rules.may_miss, "floor": round(material.rules.floor * 100)},
        run=material.run,
    )  # fmt: skip


def _wants(line: SchoolLine) -> str:
    return "；".join(f"{short_name(item.code)} {want(item)}" for item in line.open_items())


def want(item: ItemResult) -> str:
    """What an item lacks in its own unit, rounded up."""
    return gettext("%(n)s %(unit)s") % {"n": lacking(item), "unit": AMOUNTS.get(item.code, "")}


def lacking(item: ItemResult) -> int:
    """Units that an item lacks, rounded up to whole ones."""
    return ceil(round(item.amount or 0.0, 6))


def county_items(material: Material) -> Figure:
    """The items of government, quality, satisfaction and vetoes."""
    columns = (
        Column("code", _("No.")),
        Column("item", _("Item")),
        Column("verdict", _("Verdict")),
        Column("why", _("Why")),
        Column("office", _("Office in charge")),
        Column("evidence", _("Evidence"), INTEGER),
    )
    rows = [
        Row(item["code"], (
            item["code"], item["name"], VERDICTS[item["verdict"]], why(item), material.offices.get(item["code"], ""),
            material.pieces.get(item["code"], 0),
        ), _item_url(material, item["code"]))
        for group in ("government", "quality", "satisfaction", "veto")
        for item in material.items(group)
    ]  # fmt: skip
    return Figure(
        "items", FigureKind.TABLE, _("Items beside the resources of schools"), columns, tuple(rows), {"label": "code"},
        run=material.run,
        caption=_("An item without its figures or without evidence is not counted as met."),
    )  # fmt: skip


def _item_url(material: Material, code: str) -> str:
    return reverse("balance:item", args=[material.year, code])


def why(item: Mapping[str, Any]) -> str:
    """Why an item is judged as it is, with what was compared."""
    judged = item["judged"]
    if not judged:
        return gettext("%(n)s schools, all met") % {"n": item["conditions"]}
    first = judged[0]
    schools = len({part["school"] for part in judged if part["school"]})
    said = str(REASONS.get(first["reason"], first["reason"]))
    if schools and item["verdict"] != "met":
        places = len({part["school"] for part in judged})
        return gettext("at %(n)s schools: %(why)s") % {"n": places, "why": said}
    if first["missing"]:
        words = "、".join(str(FACTS[fact].label) for fact in first["missing"] if fact in FACTS)
        return f"{said}：{words}"
    return (
        "；".join(_compared(part) for part in judged) if any(p["value"] is not None for p in judged) else said
    )


def _compared(part: Mapping[str, Any]) -> str:
    if part["value"] is None:
        return str(REASONS.get(part["reason"], part["reason"]))
    return (
        f"{_short(part['value'])} {DIRECTIONS[part['direction']]} {_short(part['threshold'])}"
        if part["verdict"] == "met"
        else f"{_short(part['value'])}（{DIRECTIONS[part['direction']]} {_short(part['threshold'])}）"
    )


def _short(number: float) -> str:
    return f"{number:.4f}".rstrip("0").rstrip(".")


def years(material: Material, stage: str) -> Figure:
    """The coefficients of one stage over the years."""
    columns = (
        Column("item", _("Item")),
        Column("year", _("Year")),
        Column("cv", _("coefficient"), NUMBER, 3),
    )
    rows = [
        Row(f"{one['code']} {judgement.year.code}", (short_name(one["code"]), judgement.year.code, one["cv"]))
        for judgement in material.course
        for one in judgement.findings["coefficients"]
        if one["stage"] == stage
    ]
    rows.sort(key=lambda row: row.key)
    return Figure(
        f"years-{stage}", FigureKind.MATRIX, _("Coefficients over the years: %(stage)s") % {"stage": STAGES[stage]},
        columns, tuple(rows), {"label": "item", "column": "year", "value": "cv"}, run=material.run,
        caption=_("Each year judged by the rules of its own judgement; darker is more uneven."),
        alt=_("A table of coefficients by item and year."),
    )  # fmt: skip


def course_of(judgements: Sequence[Judgement]) -> Figure:
    """How many schools complied in each year, one row a year."""
    columns = (
        Column("year", _("Year")),
        Column("verdict", _("Verdict")),
        Column("schools", _("schools judged"), INTEGER),
        Column("complying", _("schools that comply"), INTEGER),
        Column("over", _("coefficients above their limit"), INTEGER),
        Column("rules", _("Rules")),
    )
    rows = [
        Row(one.year.code, (
            one.year.code, VERDICTS[one.verdict], one.findings["schools"]["judged"],
            one.findings["schools"]["complying"],
            sum(c["met"] is False for c in one.findings["coefficients"]), one.rules.version,
        ))
        for one in judgements
    ]  # fmt: skip
    return Figure(
        "course", FigureKind.TABLE, _("The years compared"), columns, tuple(rows), {"label": "year"},
        caption=_("Of a nine-year school its worse part."),
    )  # fmt: skip


def school_items(material: Material, line: SchoolLine) -> Figure:
    """The items of one school: value, threshold, what is missing. Other schools do not appear."""
    columns = (
        Column("item", _("Item")),
        Column("value", _("value"), NUMBER, 2),
        Column("threshold", _("threshold"), NUMBER, 2),
        Column("state", _("Verdict")),
        Column("lacking", _("still to come"), INTEGER),
        Column("what", _("of what")),
        Column("unit", _("Unit")),
        Column("reason", _("Exception")),
    )
    is_split = len(line.result.parts) > 1
    rows = [Row(f"{item.part}-{item.code}", _school_cells(item, is_split=is_split)) for item in line.items]
    shown = 8 if any(item.reason for item in line.items) else 7
    return Figure(
        "school-items", FigureKind.TABLE, _("The seven items of the school"), columns[:shown],
        tuple(Row(row.key, row.cells[:shown]) for row in rows), {"label": "item"},
        caption=_("What is still to come brings the item to its threshold with the pupils of this year, rounded up."),
        run=material.run,
    )  # fmt: skip


def _school_cells(item: ItemResult, *, is_split: bool) -> tuple[Cell, ...]:
    name = f"{short_name(item.code)}（{STAGE_PARTS[item.part]}）" if is_split else short_name(item.code)
    missed = item.state == "missed"
    return (
        name, item.value, item.threshold, STATES[item.state], lacking(item) if missed else None,
        AMOUNTS.get(item.code, "") if missed else "", UNITS.get(item.code, ""), item.reason,
    )  # fmt: skip


def school_counts(material: Material, line: SchoolLine) -> Figure:
    """What the school's lead cites."""
    columns = (
        Column("school", _("School")),
        Column("met", _("items met"), INTEGER),
        Column("unmet", _("items not met"), INTEGER),
        Column("missing", _("figures missing"), INTEGER),
        Column("gap", _("mean gap"), PERCENT, 1),
        Column("pupils", _("Pupils"), INTEGER),
        Column("may_miss", _("items that a school may miss"), INTEGER),
        Column("floor", _("share of the threshold that a missed item must reach"), PERCENT, 0),
    )
    r, rules = line.result, material.rules
    cells = (line.name, r.met, r.unmet, r.missing, r.shortfall, r.pupils, rules.may_miss, rules.floor)
    return Figure(
        "school", FigureKind.TABLE, _("The school at a glance"), columns, (Row("own", cells),), {"label": "school"},
        caption=_("Of a nine-year school its worse part."), run=material.run,
    )  # fmt: skip
