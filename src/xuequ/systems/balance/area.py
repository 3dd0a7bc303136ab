"""The report on one area: how its schools stand, what they lack, how uneven it is. No other area appears in it."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.figures import Column, Figure, FigureKind, Row
from xuequ.core.reports import Block, CellRef, FigureBlock, Lead, Sentence, Step, Steps
from xuequ.systems.balance import pictures
from xuequ.systems.balance.catalogue import short_name
from xuequ.systems.balance.material import Material
from xuequ.systems.balance.pictures import CENSUS, INTEGER, NUMBER, PERCENT
from xuequ.systems.balance.wording import STAGES, VERDICTS

MOST_STEPS = 3


def area_blocks(material: Material, name: str) -> tuple[Block, ...]:
    """Return the report; ``material`` holds the schools of the area alone."""
    shown: list[Block] = [Lead(_lead(material, name))]
    failing = pictures.failing(material)
    if failing.rows:
        shown += [Steps(_("What to do next"), tuple(_steps(failing))), FigureBlock(failing)]
    shown.append(FigureBlock(pictures.standing(material)))
    if (spread := _spread(material, name)).rows:
        shown.append(FigureBlock(spread))
    return (
        *shown,
        FigureBlock(pictures.schools(material), folded=True),
        FigureBlock(_counts(material, name), folded=True),
    )


def _lead(material: Material, name: str) -> Sentence:
    row = _counts(material, name).rows[0].cells
    if not row[1]:
        message = gettext_noop("No school of %(area)s was judged.")
    elif row[2] == row[1]:
        message = gettext_noop("All %(schools)s schools of %(area)s comply.")
    elif row[4]:
        message = gettext_noop(
            "In %(area)s %(complying)s of %(schools)s schools comply, %(failing)s do not, %(open)s lack figures."
        )
    else:
        message = gettext_noop("In %(area)s %(complying)s of %(schools)s schools comply; %(failing)s do not.")
    names = [one for one in ("area", "schools", "complying", "failing", "open") if f"%({one})s" in message]
    return Sentence(message, {one: CellRef("area", "area", one) for one in names})


def _counts(material: Material, name: str) -> Figure:
    """What the lead cites."""
    states = [line.result.complies for line in material.schools]
    columns = (
        Column("area", _("Area")),
        Column("schools", _("schools judged"), INTEGER),
        Column("complying", _("schools that comply"), INTEGER),
        Column("failing", _("schools that do not"), INTEGER),
        Column("open", _("schools with figures missing"), INTEGER),
        Column("weak", _("schools that count as weak"), INTEGER),
    )
    cells = (
        name, len(states), states.count(True), states.count(False), states.count(None),
        sum(line.result.weak for line in material.schools),
    )  # fmt: skip
    return Figure(
        "area", FigureKind.TABLE, _("The area at a glance"), columns, (Row("area", cells),), {"label": "area"},
        caption=_("Of a nine-year school its worse part."), run=material.run,
    )  # fmt: skip


def _steps(failing: Figure) -> Iterator[Step]:
    """The schools that are furthest, each with what it lacks."""
    for row in failing.rows[:MOST_STEPS]:
        cells = {name: CellRef("failing", row.key, name) for name in ("school", "what")}
        yield Step(Sentence(gettext_noop("Help %(school)s: it still lacks %(what)s."), cells), None, row.url)


def _spread(material: Material, name: str) -> Figure:
    """Of each item: how uneven the area is in itself, and its part of the district's inequality."""
    columns = (
        Column("item", _("Item")),
        Column("schools", _("Schools of the area"), INTEGER),
        Column("cv", _("coefficient within the area"), NUMBER, 3),
        Column("share", _("the area's part of all inequality (Theil)"), PERCENT, 0),
        Column("district", _("coefficient of the district"), NUMBER, 3),
        Column("limit", _("limit"), NUMBER, 2),
        Column("verdict", _("Verdict on the district")),
    )
    rows = [
        Row(f"{stage} {one['code']}", (
            f"{short_name(one['code'])} · {STAGES[stage]}", own["schools"], own["cv"], own["share_t"], one["cv"],
            one["limit"], VERDICTS["unknown" if one["met"] is None else "met" if one["met"] else "not-met"],
        ))
        for stage in material.stages()
        for one in material.coefficients(stage)
        if (own := _own(one, name)) is not None
    ]  # fmt: skip
    return Figure(
        "area-spread", FigureKind.TABLE, _("How uneven the area is"), columns, tuple(rows), {"label": "item"},
        caption=_(
            "The limit holds for the district; the area's part is what lies between its own schools. "
            "Parts of all areas and what lies between areas make up the whole."
        ) + " " + str(CENSUS),
        run=material.run,
    )  # fmt: skip


def _own(one: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    return next((row for row in one["areas"] if row["area"] == name), None)
