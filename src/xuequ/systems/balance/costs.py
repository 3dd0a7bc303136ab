"""What the page of costs shows: the least that brings each stage to pass, and where it goes."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row, Text
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.systems.balance import actions
from xuequ.systems.balance.book import Book
from xuequ.systems.balance.catalogue import AMOUNTS, short_name
from xuequ.systems.balance.judging import StagePlan
from xuequ.systems.balance.wording import STAGES


def cost(actor: Actor, year: SchoolYear, prices: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page of costs shows: the sentence, a figure for each stage, and where a stage cannot be told."""
    used = {code: Decimal(price) for code, price in prices.items()}
    book, plans = actions.least_to_pass(actor=actor, year=year, prices=used)
    told = [plan for plan in plans if plan.plan is not None]
    gaps = [gap for plan in plans for gap in plan.gaps]
    return {
        "sentence": _cost_sentence(told, bool(gaps)),
        "figures": [figure for plan in told for figure in (_totals(plan, used), _where(plan, book, year, used))],
        "gaps": [
            {"name": name, "url": reverse("balance:values", args=[year.code, uid])}
            for name, uid in dict.fromkeys((gap.school.name, gap.school.uid) for gap in gaps)
        ],
        "unproven": [
            {"stage": STAGES[plan.stage], "bound": plan.plan.bound / 10_000}
            for plan in told
            if plan.plan and not plan.plan.proven
        ],
    }  # fmt: skip


def _cost_sentence(plans: Sequence[StagePlan], gaps: bool) -> str:
    total = sum(plan.plan.cost for plan in plans if plan.plan is not None)
    if not plans:
        return _("Figures are missing, so the least cannot be told yet.")
    if total == 0:
        return _("Every school complies and every coefficient keeps to its limit: nothing has to be bought.")
    schools = {
        section.school.pk
        for plan in plans
        if plan.plan is not None
        for place, section in enumerate(plan.sections)
        if plan.plan.units[:, place].any()
    }
    text = _(
        "At least %(cost).1f 万元 at these prices, in %(n)d schools, bring all schools and coefficients to pass."
    )
    if gaps:
        text = _(
            "At least %(cost).1f 万元 at these prices, in %(n)d schools, for the stages whose figures are complete."
        )
    return text % {"cost": total / 10_000, "n": len(schools)}


def _totals(plan: StagePlan, prices: Mapping[str, Decimal]) -> Figure:
    assert plan.plan is not None
    columns = (
        Column("item", gettext_lazy("Item")),
        Column("units", gettext_lazy("units"), ColumnKind.NUMBER, 1),
        Column("unit", gettext_lazy("of what")),
        Column("schools", gettext_lazy("for the schools' thresholds"), ColumnKind.NUMBER, 1),
        Column("even", gettext_lazy("for the coefficient"), ColumnKind.NUMBER, 1),
        Column("cost", gettext_lazy("cost"), ColumnKind.NUMBER, 1, gettext_lazy("万元")),
    )
    rows = []
    for k, code in enumerate(plan.codes):
        units, own = float(plan.plan.units[k].sum()), float(plan.plan.for_schools[k].sum())
        price = float(prices.get(code, Decimal(1)))
        cells = (short_name(code), units, AMOUNTS.get(code, ""), own, units - own, units * price / 10_000)
        rows.append(Row(code, cells))
    return Figure(
        f"cost-{plan.stage}", FigureKind.TABLE, _title(gettext_lazy("The least by item: %(stage)s"), plan.stage),
        columns, tuple(rows), {"label": "item"},
        caption=gettext_lazy("A school may leave one item below its threshold if it reaches the floor; the cheapest."),
    )  # fmt: skip


def _title(text: Text, stage: str) -> str:
    return str(text) % {"stage": STAGES[stage]}


def _where(plan: StagePlan, book: Book, year: SchoolYear, prices: Mapping[str, Decimal]) -> Figure:
    assert plan.plan is not None
    columns = (
        Column("school", gettext_lazy("School")),
        Column("what", gettext_lazy("what it gets")),
        Column("cost", gettext_lazy("cost"), ColumnKind.NUMBER, 1, gettext_lazy("万元")),
        Column("left", gettext_lazy("left below the threshold")),
    )
    rows = []
    for place, section in enumerate(plan.sections):
        units = plan.plan.units[:, place]
        if units.any():
            what = "；".join(
                f"{short_name(code)} {units[k]:.4g} {AMOUNTS.get(code, '')}"
                for k, code in enumerate(plan.codes)
                if units[k] > 0
            )
            spent = sum(float(prices.get(code, Decimal(1))) * units[k] for k, code in enumerate(plan.codes))
            left = "、".join(str(short_name(plan.codes[k])) for k in plan.plan.left[place])
            url = reverse("balance:school", args=[year.code, section.school.uid])
            rows.append(Row(section.key, (section.school.name, what, float(spent) / 10_000, left), url))
    return Figure(
        f"where-{plan.stage}", FigureKind.TABLE, _title(gettext_lazy("Where the units go: %(stage)s"), plan.stage),
        columns, tuple(rows), {"label": "school"},
    )  # fmt: skip
