"""The figures of one coefficient: the curve, the areas, what hangs on one school, and the schools themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Reference, Row
from xuequ.systems.balance.catalogue import UNITS
from xuequ.systems.balance.material import Material
from xuequ.systems.balance.pictures import CENSUS, INTEGER, NUMBER, PERCENT, between_share


def lorenz(material: Material, one: Mapping[str, Any]) -> Figure:
    """The Lorenz curve of one item."""
    columns = (
        Column("pupils", _("share of pupils, from the worst equipped on"), PERCENT, 0),
        Column("amount", _("share of the resource"), PERCENT, 0),
        Column("even", _("if all had the same"), PERCENT, 0),
    )
    rows = [
        Row(f"{tenth}", (tenth / 10, _height(one["curve"], tenth / 10), tenth / 10)) for tenth in range(11)
    ]
    return Figure(
        "lorenz", FigureKind.TRAJECTORY, _("Lorenz curve"), columns, tuple(rows),
        {"x": "pupils", "value": "amount", "expected": "even"}, run=material.run,
        caption=_("The further the curve sags below the straight line, the more uneven; Gini is twice that area."),
        alt=_("A curve below the diagonal."),
    )  # fmt: skip


def _height(curve: Sequence[Sequence[float]], at: float) -> float:
    """The curve's height at a share of pupils; between its points it is straight."""
    across, up = zip(*curve, strict=True)
    return float(np.interp(at, across, up))


def areas(material: Material, one: Mapping[str, Any]) -> Figure:
    """Areas of one item with their mean, coefficient and part of Theil's measure."""
    code = one["code"]
    columns = (
        Column("area", _("Area")),
        Column("schools", _("Schools"), INTEGER),
        Column("pupils", _("Pupils"), INTEGER),
        Column("mean", _("mean"), NUMBER, 2, UNITS.get(code, "")),
        Column("cv", _("coefficient"), NUMBER, 3),
        Column("share", _("share of all inequality"), PERCENT, 0),
    )
    rows = [
        Row(str(place), (a["area"] or "—", a["schools"], int(a["pupils"]), a["mean"], a["cv"], a["share_t"]))
        for place, a in enumerate(one["areas"])
    ]
    between = between_share(one)
    rows.append(Row("between", (_("between areas"), None, None, None, None, between)))
    return Figure(
        "areas", FigureKind.TABLE, _("Within and between areas"), columns, tuple(rows), {"label": "area"},
        caption=_("Theil's measure splits exactly into what lies within areas and what lies between them."),
        run=material.run,
    )  # fmt: skip


def without(material: Material, one: Mapping[str, Any]) -> Figure:
    """What the coefficient would be without each school, the most telling first."""
    columns = (
        Column("school", _("left out")),
        Column("cv", _("coefficient without it"), NUMBER, 3),
        Column("shift", _("change"), ColumnKind.SIGNED, 3),
        Column("flips", _("Verdict")),
    )
    found = sorted(one["without"].items(), key=lambda pair: (-abs(pair[1] - one["cv"]), pair[0]))
    rows = [
        Row(
            key, (material.name_of(key), cv, cv - one["cv"], _("would change") if key in one["flips"] else "")
        )
        for key, cv in found[:8]
        if material.name_of(key)
    ]
    return Figure(
        "without", FigureKind.TABLE, _("How far it hangs on one school"), columns, tuple(rows), {"label": "school"},
        caption=CENSUS, run=material.run,
    )  # fmt: skip


def values(material: Material, one: Mapping[str, Any]) -> Figure:
    """Each school's value of one item."""
    found = [
        (line, item)
        for line in material.schools
        for item in line.items
        if item.code == one["code"] and item.part == one["stage"] and item.value is not None
    ]
    found.sort(key=lambda pair: (pair[1].value or 0.0, pair[0].name))
    columns = (
        Column("school", _("School")),
        Column("value", _("value"), NUMBER, 2, UNITS.get(one["code"], "")),
    )
    threshold = found[0][1].threshold if found else 0.0
    lines = [Reference("x", threshold, _("threshold"))]
    if one["mean"] is not None:
        lines.append(Reference("x", one["mean"], _("mean of all pupils")))
    return Figure(
        "values", FigureKind.BARS, _("Schools, lowest first"), columns,
        tuple(Row(line.key, (line.name, item.value), material.school_url(line)) for line, item in found),
        {"label": "school", "value": "value"}, references=tuple(lines), run=material.run,
        alt=_("Bars of the schools' values with threshold and mean."),
        caption=_("Shown to the district only; it is no ranking and is not handed to schools."),
    )  # fmt: skip
