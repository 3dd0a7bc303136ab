"""Two computed proposals beside each other: who gains, who loses, and why."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, pgettext_lazy

from xuequ.core import clock
from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row
from xuequ.core.money import grouped
from xuequ.core.reports import Block, CellRef, FigureBlock, Heading, Lead, Note, Paragraph, Report, Sentence
from xuequ.district.choices import Stage
from xuequ.district.models import District, School
from xuequ.systems.support.funding.models import Simulation
from xuequ.systems.support.funding.pictures import SCHOOL, money_column
from xuequ.systems.support.funding.wording import FUNDED, REASONS, joined

ZERO = Decimal(0)
MOVED = gettext_noop(
    "With the second instead of the first, %(gain)s schools get more and %(lose)s get less; %(moved)s yuan go"
    " elsewhere."
)
SAME = gettext_noop("Both give every school the same amount.")
LOWEST = gettext_noop(
    "The lowest score is %(first)s with the first and %(second)s with the second; the weak schools' share of the money"
    " %(share)s and %(other)s, the price of fairness %(price)s and %(cost)s."
)
OTHER_MATERIAL = gettext_noop(
    "The two were computed from different numbers of pupils, stars, scores or applications, so not every difference"
    " comes from the rule."
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A school in both: its amounts, its expected scores afterwards, and why the amounts differ."""

    school: School
    weak: bool
    first: Decimal
    second: Decimal
    after: float | None
    then: float | None
    why: str

    @property
    def change(self) -> Decimal:
        """How much more the second gives."""
        return self.second - self.first


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Difference]:
    """Return the schools of two results: who loses most stands first, unchanged ones last; one query."""
    one, other = ({row["school"]: row for row in result["schools"]} for result in (first, second))
    schools = School.objects.filter(uid__in={*one, *other}).order_by("code")
    found = [_difference(school, one.get(str(school.uid)), other.get(str(school.uid))) for school in schools]
    return sorted(found, key=lambda row: (not row.change, row.change))


def _difference(school: School, one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> Difference:
    there = other or one or {}
    return Difference(
        school,
        there["weak"],
        Decimal(one["amount"]) if one else ZERO,
        Decimal(other["amount"]) if other else ZERO,
        one["after"] if one else None,
        other["after"] if other else None,
        _why(one, other),
    )


def _why(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> str:
    """Say in one sentence why a school's amounts differ."""
    if one is None:
        return _("Not part of the first.")
    if other is None:
        return _("Not part of the second.")
    return joined(_changes(one, other)) or _("The same in both.")


def _changes(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    before, after = Decimal(one["standard"]), Decimal(other["standard"])
    if before != after:
        sums = {"before": grouped(before), "after": grouped(after)}
        yield _("by the standard %(after)s instead of %(before)s yuan") % sums
    had, has = _funded(one), _funded(other)
    for reason in _beyond(had, has):
        yield _("no longer %(yuan)s yuan for “%(title)s”") % reason["params"]
    for reason in _beyond(has, had):
        yield _("now %(reason)s") % {"reason": _(REASONS[reason["code"]]) % reason["params"]}


def _funded(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [reason for reason in row["reasons"] if reason["code"] in FUNDED]


def _beyond(
    these: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The applications that are funded here alone; next year's application of the same name and sum is no other one."""
    left = [reason["params"] for reason in others]
    found = []
    for reason in these:
        if reason["params"] in left:
            left.remove(reason["params"])
        else:
            found.append(reason)
    return found


def blocks(first: Simulation, second: Simulation, rows: Sequence[Difference]) -> tuple[Block, ...]:
    """Return what the page says above its table."""
    sums = _sums(first, second)
    found: list[Block] = [Lead(_lead(rows)), FigureBlock(_moved(rows), folded=True, chart=False)]
    if first.result["worst"] is not None and second.result["worst"] is not None:
        places = (("first", "worst"), ("second", "worst"), ("first", "weak"), ("second", "weak"),
                  ("first", "price"), ("second", "price"))  # fmt: skip
        names = ("first", "second", "share", "other", "price", "cost")
        cells = {name: CellRef(sums.code, *place) for name, place in zip(names, places, strict=True)}
        found.insert(1, Paragraph((Sentence(LOWEST, cells),)))
    if first.run.inputs_sha256 != second.run.inputs_sha256 or _schools(first) != _schools(second):
        found.append(Note((Sentence(OTHER_MATERIAL),)))
    return (*found, FigureBlock(sums, chart=False), FigureBlock(_spread(first, second), chart=False))


def _schools(of: Simulation) -> object:
    return of.run.parameters.get("schools")


def _lead(rows: Sequence[Difference]) -> Sentence:
    if not any(row.change for row in rows):
        return Sentence(SAME)
    return Sentence(MOVED, {name: CellRef("fund-moved", "all", name) for name in ("gain", "lose", "moved")})


def _moved(rows: Sequence[Difference]) -> Figure:
    columns = (
        Column("gain", gettext_lazy("schools that get more"), ColumnKind.INTEGER),
        Column("lose", gettext_lazy("schools that get less"), ColumnKind.INTEGER),
        money_column("moved", gettext_lazy("goes elsewhere")),
        money_column("sum", gettext_lazy("more in all")),
    )
    changes = [row.change for row in rows]
    up, down = [c for c in changes if c > 0], [c for c in changes if c < 0]
    moved = max(sum(up, ZERO), -sum(down, ZERO))
    cells = (len(up), len(down), float(moved), float(sum(changes, ZERO)))
    return Figure(
        "fund-moved", FigureKind.TABLE, gettext_lazy("Who gains and who loses"), columns, (Row("all", cells),),
        caption=gettext_lazy("“Goes elsewhere”: the larger of what some get more and others get less."),
    )  # fmt: skip


def _sums(first: Simulation, second: Simulation) -> Figure:
    columns = (
        Column("name", gettext_lazy("proposal")),
        money_column("spent", gettext_lazy("shared out")),
        Column("weak", gettext_lazy("share of weak schools"), ColumnKind.PERCENT, 1),
        Column("worst", gettext_lazy("lowest score afterwards"), ColumnKind.NUMBER, 1),
        Column("gain", gettext_lazy("gain of all projects"), ColumnKind.NUMBER, 2),
        Column("price", gettext_lazy("price of fairness"), ColumnKind.PERCENT, 1),
        Column("gap", gettext_lazy("proven gap"), ColumnKind.PERCENT, 3),
    )
    whole = first.round_id != second.round_id
    rows = tuple(Row(key, _summed(of, whole)) for key, of in (("first", first), ("second", second)))
    return Figure(
        "fund-compare", FigureKind.TABLE, gettext_lazy("Both in numbers"), columns, rows,
        caption=gettext_lazy(
            "Scores afterwards are what schools expect and the district accepted, no measurements. Gap: by how much an"
            " answer can be away from the best at most."
        ),
    )  # fmt: skip


def _summed(of: Simulation, whole: bool) -> tuple[Any, ...]:
    """The numbers of one, named by its round too where the rounds differ."""
    result, name = of.result, label(of)
    gaps = [step["gap"] for step in result["steps"]]
    return (
        f"{of.round.title} · {name}" if whole else name,
        float(result["spent"]), result["weak_share"], result["worst"], result["gain"], result["price"],
        max(gaps) if gaps else None,
    )  # fmt: skip


def label(of: Simulation) -> str:
    """Tell a simulation from others: when it was computed and by which rule."""
    settings = of.run.parameters["settings"]
    rule = _("weakest first") if settings["alpha"] is None else f"α = {settings['alpha']:g}"
    share = _("weak schools at least %(share)s %%") % {"share": f"{100 * settings['weak_share']:g}"}
    when = of.run.created.astimezone(clock.SHANGHAI)
    return " · ".join((f"{when:%Y-%m-%d %H:%M}", rule, share))


def _spread(first: Simulation, second: Simulation) -> Figure:
    """差异系数 by stage, of both."""
    one, other = ({row["stage"]: row for row in of.result["spread"]} for of in (first, second))
    columns = (
        Column("stage", gettext_lazy("stage")),
        Column("money", gettext_lazy("money for each pupil, first"), ColumnKind.NUMBER, 3),
        Column("money2", gettext_lazy("money for each pupil, second"), ColumnKind.NUMBER, 3),
        Column("before", gettext_lazy("equipment for each pupil, before"), ColumnKind.NUMBER, 3),
        Column("after", gettext_lazy("equipment with the money, first"), ColumnKind.NUMBER, 3),
        Column("after2", gettext_lazy("equipment with the money, second"), ColumnKind.NUMBER, 3),
    )
    rows = []
    for stage in sorted({*one, *other}):
        a, b = one.get(stage, {}), other.get(stage, {})
        cells = (a.get("money"), b.get("money"), a.get("before"), a.get("after"), b.get("after"))
        rows.append(Row(stage, (Stage(stage).label, *cells)))
    return Figure(
        "fund-compare-spread", FigureKind.TABLE, gettext_lazy("Coefficients of variation after sharing out"), columns,
        tuple(rows),
        caption=gettext_lazy(
            "Weighted by pupils as the 2017 rules want it; a census of the schools, so without an interval. A dash"
            " stands where the value of equipment is not published for all schools."
        ),
    )  # fmt: skip


def _table(rows: Sequence[Difference]) -> Figure:
    columns = (
        SCHOOL,
        money_column("first", pgettext_lazy("proposal", "First")),
        money_column("second", pgettext_lazy("proposal", "Second")),
        Column("change", pgettext_lazy("sums", "Difference"), ColumnKind.SIGNED, 2, gettext_lazy("yuan")),
        Column("why", gettext_lazy("why")),
    )  # fmt: skip
    found = tuple(
        Row(str(r.school.uid), (str(r.school), float(r.first), float(r.second), float(r.change), r.why))
        for r in rows
    )
    return Figure(
        "fund-compare-schools", FigureKind.TABLE, gettext_lazy("Each school in both"), columns, found
    )


def report(
    first: Simulation, second: Simulation, rows: Sequence[Difference], district: District | None
) -> Report:
    """Return both beside each other as a report to print."""
    newest: dt.datetime = max(first.run.created, second.run.created)
    return Report(
        title=gettext_lazy("Two computed proposals side by side"),
        subtitle=" · ".join(dict.fromkeys((first.round.title, second.round.title))),
        issuer=(district.bureau or district.name) if district is not None else "",
        stamp=newest.astimezone(clock.SHANGHAI).isoformat(),
        run=second.run.uid,
        blocks=(
            *blocks(first, second, rows),
            Heading(gettext_lazy("Each school in both")),
            FigureBlock(_table(rows), chart=False),
        ),
    )
