"""What pages show of things tried out: a change without storing it, and the least that brings the district to pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.errors import Refused
from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row, Text
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.systems.balance import actions, queries
from xuequ.systems.balance.book import Book, Section
from xuequ.systems.balance.catalogue import AMOUNTS, FACTS, short_name
from xuequ.systems.balance.judging import StagePlan, Verdicts
from xuequ.systems.balance.pictures import STAGE_PARTS
from xuequ.systems.balance.values.actions import check_number
from xuequ.systems.balance.wording import STAGES, STATES, VERDICTS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change would do: the sentence, and before and after of what differs."""

    sentence: str
    figure: Figure


def outcome(actor: Actor, year: SchoolYear, data: Mapping[str, Any]) -> Outcome:
    """Try out one number; ``Refused`` where it is none that a school can have."""
    school, part, fact, number = data["school"], data["part"], data["fact"], data["number"]
    check_number(fact, number)
    book = queries.book_of(year)
    place = next(one for one in book.schools if one.pk == school.pk)
    if part and part not in place.parts:
        raise Refused(_("“%(part)s” is no part of this school.") % {"part": STAGE_PARTS[part]})
    # A school of one stage keeps its pupils by part and everything else as a whole.
    where = part if place.is_split else place.parts[0] if fact == "pupils" else ""
    if fact == "pupils" and not where:
        raise Refused(_("Say which part of the school would have so many pupils."))
    before, after = actions.try_out(
        actor=actor, year=year, book=book, changes={(school.pk, where, fact): number}
    )
    sections = [Section(place, one) for one in place.parts]
    rows = [*_own_rows(sections, before, after), *_coefficient_rows(before, after)]
    rows.append(Row("verdict", (_("the county"), VERDICTS[before.verdict], VERDICTS[after.verdict])))
    columns = (
        Column("what", gettext_lazy("What")), Column("before", gettext_lazy("now")),
        Column("after", gettext_lazy("then")),
    )  # fmt: skip
    figure = Figure(
        "tried", FigureKind.TABLE, gettext_lazy("What would be otherwise"), columns, tuple(rows), {"label": "what"},
        caption=gettext_lazy("Only what changes, and the verdict on the county. Nothing is stored."),
    )  # fmt: skip
    return Outcome(_sentence(school, fact, number, before, after, rows), figure)


def _sentence(
    school: object, fact: str, number: Decimal, before: Verdicts, after: Verdicts, rows: Sequence[Row]
) -> str:
    said = {"school": school, "fact": FACTS[fact].label, "number": f"{number.normalize():f}"}
    if before.verdict != after.verdict:
        text = _(
            "With %(number)s of “%(fact)s” at %(school)s the verdict on the county would be “%(verdict)s”."
        )
        return text % (said | {"verdict": VERDICTS[after.verdict]})
    if len(rows) == 1:
        return _("With %(number)s of “%(fact)s” at %(school)s nothing that is judged would change.") % said
    text = _(
        "With %(number)s of “%(fact)s” at %(school)s the verdict on the county stays; what changes is listed."
    )
    return text % said


def _own_rows(sections: Sequence[Section], before: Verdicts, after: Verdicts) -> "list[Row]":
    found = []
    for section in sections:
        for code in dict.fromkeys(before.compliance.items["code"]):
            old, new = before.item(section, code), after.item(section, code)
            if old is not None and new is not None and old["value"] != new["value"]:
                name = f"{section.school.name} · {short_name(code)}"
                found.append(Row(f"{section.key} {code}", (name, _item(old), _item(new))))
    return found


def _item(item: Mapping[str, Any]) -> str:
    value = "—" if item["value"] is None else f"{item['value']:.2f}"
    return f"{value} · {STATES[item['state']]}"


def _coefficient_rows(before: Verdicts, after: Verdicts) -> "list[Row]":
    found = []
    new = {(one.stage, one.code): one for one in after.coefficients}
    for old in before.coefficients:
        other = new.get((old.stage, old.code))
        if other is not None and old.cv != other.cv:
            name = _("coefficient of %(item)s, %(stage)s") % {
                "item": short_name(old.code), "stage": STAGES[old.stage],
            }  # fmt: skip
            cells = (name, _cv(old.cv, old.met), _cv(other.cv, other.met))
            found.append(Row(f"cv {old.stage} {old.code}", cells))
    return found


def _cv(cv: float | None, met: bool | None) -> str:
    word = VERDICTS["unknown"] if met is None else VERDICTS["met"] if met else VERDICTS["not-met"]
    return f"{'—' if cv is None else f'{cv:.4f}'} · {word}"


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
