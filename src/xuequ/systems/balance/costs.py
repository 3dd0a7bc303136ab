"""What the page of costs shows: the least that brings each stage to pass, who moves, and what each school gets."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row, Text
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.engines.balance.inputs import Array
from xuequ.engines.balance.to_pass import Plan
from xuequ.systems.balance import actions
from xuequ.systems.balance.book import Book, Section
from xuequ.systems.balance.catalogue import AMOUNTS, COLUMNS, GROWS, short_name
from xuequ.systems.balance.judging import StagePlan
from xuequ.systems.balance.pictures import STAGE_PARTS
from xuequ.systems.balance.trials.changes import MOST_CHANGES, Change, address
from xuequ.systems.balance.wording import STAGES

WAN = 10_000
_COLUMN_OF = {"R1": "teachers_above", "R2": "backbone_teachers", "R3": "sports_arts_teachers"}


@dataclass(frozen=True, slots=True)
class Told:
    """A stage whose least is known, with what a unit bought and a unit moved cost, by place in ``codes``."""

    stage: StagePlan
    plan: Plan
    prices: Array
    fees: Array

    @property
    def arrived(self) -> Array:
        """Units that come by a move, shape (K, S)."""
        found = np.zeros_like(self.plan.units)
        for k, move in self.stage.moves:
            found[k, move.taker] += move.units
        return found


def cost(
    actor: Actor, year: SchoolYear, prices: Mapping[str, str], fees: Mapping[str, str]
) -> dict[str, Any]:
    """Return what the page shows: the sentence, who moves, the figures, and where a stage cannot be told."""
    paid = {code: Decimal(price) for code, price in prices.items()}
    moved = {code: Decimal(fee) for code, fee in fees.items()}
    book, plans = actions.least_to_pass(actor=actor, year=year, prices=paid, fees=moved)
    told = [_told(plan, plan.plan, paid, moved) for plan in plans if plan.plan is not None]
    gaps = [gap for plan in plans for gap in plan.gaps]
    return {
        "sentence": _sentence(told, bool(gaps)),
        "moves": [line for one in told for line in _move_lines(one.stage)],
        "figures": [figure for one in told for figure in (_totals(one), _where(one, year)) if figure.rows],
        "trial": _trial(book, told, year),
        "gaps": [
            {"name": name, "url": reverse("balance:values", args=[year.code, uid])}
            for name, uid in dict.fromkeys((gap.school.name, gap.school.uid) for gap in gaps)
        ],
        "unproven": [
            {"stage": STAGES[one.stage.stage], "bound": one.plan.bound / WAN, "cost": one.plan.cost / WAN}
            for one in told
            if not one.plan.proven
        ],
    }  # fmt: skip


def _told(stage: StagePlan, plan: Plan, prices: Mapping[str, Decimal], fees: Mapping[str, Decimal]) -> Told:
    return Told(
        stage, plan, np.array([float(prices.get(code, Decimal(1))) for code in stage.codes]),
        np.array([float(fees.get(code, Decimal(0))) for code in stage.codes]),
    )  # fmt: skip


def _sentence(told: Sequence[Told], gaps: bool) -> str:
    total = sum(one.plan.cost for one in told)
    if not told:
        return _("Figures are missing, so the least cannot be told yet.")
    if total == 0:
        return _("Every school complies and every coefficient keeps to its limit: nothing has to be bought.")
    schools = {
        section.school.pk
        for one in told
        for place, section in enumerate(one.stage.sections)
        if one.plan.units[:, place].any()
    }
    text = _(
        "At least %(cost).1f 万元 at these prices, in %(n)d schools, bring all schools and coefficients to pass."
    )
    if gaps:
        text = _(
            "At least %(cost).1f 万元 at these prices, in %(n)d schools, for the stages whose figures are complete."
        )
    elif not all(one.plan.proven for one in told):
        text = _("%(cost).1f 万元 at these prices, in %(n)d schools, bring everything to pass; less may do.")
    return text % {"cost": total / WAN, "n": len(schools)} + _saving(told)


def _saving(told: Sequence[Told]) -> str:
    """What the moves save against buying alone."""
    moved = int(sum(one.plan.given.sum() for one in told))
    if not moved:
        return ""
    alone = sum(one.stage.bought_only.cost for one in told if one.stage.bought_only is not None)
    text = _(" %(n)d teachers move between schools; if nobody moved, it would be %(alone).1f 万元.")
    return text % {"n": moved, "alone": alone / WAN}


def _move_lines(stage: StagePlan) -> Iterator[str]:
    """Who goes from where to where, one sentence for each pair of schools."""
    pairs: dict[tuple[int, int], list[str]] = defaultdict(list)
    for k, move in stage.moves:
        code = stage.codes[k]
        pairs[move.giver, move.taker].append(f"{short_name(code)} {move.units} {AMOUNTS.get(code, '')}")
    for (giver, taker), what in sorted(pairs.items()):
        yield _("From %(giver)s to %(taker)s: %(what)s.") % {
            "giver": _name(stage.sections[giver]), "taker": _name(stage.sections[taker]), "what": "、".join(what),
        }  # fmt: skip


def _name(section: Section) -> str:
    name = section.school.name
    return f"{name}（{STAGE_PARTS[section.part]}）" if section.school.is_split else name


def _totals(one: Told) -> Figure:
    kind = ColumnKind.NUMBER
    columns = (
        Column("item", gettext_lazy("Item")),
        Column("bought", gettext_lazy("bought"), kind, 1),
        Column("moved", gettext_lazy("moved"), ColumnKind.INTEGER),
        Column("unit", gettext_lazy("Unit")),
        Column("schools", gettext_lazy("for the schools' thresholds"), kind, 1),
        Column("even", gettext_lazy("for the coefficient"), kind, 1),
        Column("cost", gettext_lazy("cost"), kind, 1, gettext_lazy("万元")),
    )
    rows = []
    for k, code in enumerate(one.stage.codes):
        units, moved = float(one.plan.units[k].sum()), float(one.plan.given[k].sum())
        own, bought = float(one.plan.for_schools[k].sum()), units - moved
        spent = (bought * one.prices[k] + moved * one.fees[k]) / WAN
        cells = (short_name(code), bought, int(moved), AMOUNTS.get(code, ""), own, units - own, float(spent))
        rows.append(Row(code, cells))
    return Figure(
        f"cost-{one.stage.stage}", FigureKind.TABLE,
        _title(gettext_lazy("The least by item: %(stage)s"), one.stage.stage), columns, tuple(rows), {"label": "item"},
        caption=gettext_lazy("What the rules let a school leave below its threshold is left where it is cheapest."),
    )  # fmt: skip


def _title(text: Text, stage: str) -> str:
    return str(text) % {"stage": STAGES[stage]}


def _where(one: Told, year: SchoolYear) -> Figure:
    columns = (
        Column("school", gettext_lazy("School")),
        Column("what", gettext_lazy("what it gets")),
        Column("cost", gettext_lazy("cost"), ColumnKind.NUMBER, 1, gettext_lazy("万元")),
        Column("left", gettext_lazy("left below the threshold")),
    )
    arrived = one.arrived
    rows = []
    for place, section in enumerate(one.stage.sections):
        units, come = one.plan.units[:, place], arrived[:, place]
        if units.any():
            spent = float((units - come) @ one.prices + come @ one.fees) / WAN
            left = "、".join(str(short_name(one.stage.codes[k])) for k in one.plan.left[place])
            url = reverse("balance:school", args=[year.code, section.school.uid])
            rows.append(Row(section.key, (_name(section), _gets(one.stage, units, come), spent, left), url))
    return Figure(
        f"where-{one.stage.stage}", FigureKind.TABLE,
        _title(gettext_lazy("Where the units go: %(stage)s"), one.stage.stage), columns, tuple(rows),
        {"label": "school"},
    )  # fmt: skip


def _gets(stage: StagePlan, units: Array, come: Array) -> str:
    said = []
    for k, code in enumerate(stage.codes):
        if units[k] > 0:
            moved = _(" (%(n)d by a move)") % {"n": come[k]} if come[k] else ""
            said.append(f"{short_name(code)} {units[k]:.4g} {AMOUNTS.get(code, '')}{moved}")
    return "；".join(said)


def _trial(book: Book, told: Sequence[Told], year: SchoolYear) -> str:
    """The address that tries the whole plan out; empty where it is longer than a trial may be."""
    changes = [change.written() for one in told for change in _changes(book, one)]
    return address(year.code, changes, _("Least cost to pass")) if 0 < len(changes) <= MOST_CHANGES else ""


def _changes(book: Book, one: Told) -> Iterator[Change]:
    for place, section in enumerate(one.stage.sections):
        part = section.part if section.school.is_split else ""
        for k, code in enumerate(one.stage.codes):
            if one.plan.units[k, place] > 0 and code in GROWS:
                # Rounded up, for what is rounded down would miss the threshold again.
                number = Decimal(str(float(np.ceil(one.plan.units[k, place] * 100 - 1e-6)) / 100))
                more = number * WAN if code == "R6" else number
                yield Change(section.school.uid, part, GROWS[code], more, more=True)
            if one.plan.given[k, place] > 0:
                yield from _leaving(book, section, part, code, Decimal(int(one.plan.given[k, place])))


def _leaving(book: Book, section: Section, part: str, code: str, count: Decimal) -> Iterator[Change]:
    """Who goes is taken from the figures that there are: a school may have music teachers and none of sport."""
    facts = COLUMNS[_COLUMN_OF[code]]
    for fact in facts[1:] if code == "R1" and section.part == "junior" else facts:
        here = book.values.get((section.school.pk, part, fact), Decimal(0))
        taken = min(count, here // 1)
        if taken > 0:
            count -= taken
            yield Change(section.school.uid, part, fact, -taken, more=True)
