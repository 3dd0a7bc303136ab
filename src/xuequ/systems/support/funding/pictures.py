"""The figures of a sharing out: amounts, the trade between gain and the weakest school, and how even it is."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row
from xuequ.district.choices import Stage
from xuequ.systems.support.funding.models import Allocation

YUAN = _("yuan")
SCHOOL = Column("school", _("school"))


def money_column(key: str, label: object) -> Column:
    """A column of sums in yuan."""
    return Column(key, label, ColumnKind.NUMBER, 2, YUAN)  # type: ignore[arg-type]


def overview(result: Mapping[str, Any], run: UUID) -> Figure:
    """The sums that the first sentence states."""
    rows = result["schools"]
    columns = (
        Column("schools", _("schools"), ColumnKind.INTEGER),
        money_column("spent", _("shared out")),
        money_column("left", _("left over")),
        Column("weak", _("share of weak schools"), ColumnKind.PERCENT, 0),
        Column("worst", _("lowest score afterwards"), ColumnKind.NUMBER, 1),
        Column("without", _("schools without an accepted application"), ColumnKind.INTEGER),
        Column("lowest", _("lowest score of these"), ColumnKind.NUMBER, 1),
        Column("greedy", _("lowest score if gain for money alone decided"), ColumnKind.NUMBER, 1),
        Column("price", _("price of fairness"), ColumnKind.PERCENT, 1),
        Column("gap", _("proven gap"), ColumnKind.PERCENT, 3),
    )
    gaps = [step["gap"] for step in result["steps"]]
    cells = (
        len(rows), float(result["spent"]), float(result["left"]), result["weak_share"], result["worst"],
        result.get("without"), result.get("lowest_without"), result["greedy_worst"], result["price"],
        max(gaps) if gaps else None,
    )  # fmt: skip
    return Figure(
        "fund-overview", FigureKind.TABLE, _("The proposal in numbers"), columns, (Row("all", cells),),
        caption=_(
            "Price of fairness: by how much less gain all projects bring together than if gain alone decided. Gap: by"
            " how much the answer can be away from the best at most."
        ),
        run=run,
    )  # fmt: skip


def trade(result: Mapping[str, Any], run: UUID) -> Figure:
    """The most gain for each floor under the lowest score."""
    columns = (
        Column("worst", _("lowest score"), ColumnKind.NUMBER, 2),
        Column("gain", _("gain of all projects"), ColumnKind.NUMBER, 2),
        money_column("spent", _("spent on projects")),
        Column("price", _("price of fairness"), ColumnKind.PERCENT, 1),
        Column("gap", _("proven gap"), ColumnKind.PERCENT, 3),
    )
    # Neighbouring floors often give the same choice; each is drawn once.
    points = {(round(point["worst"], 2), round(point["gain"], 2)): point for point in result["front"]}
    rows = tuple(
        Row(str(place), (point["worst"], point["gain"], point["spent"], point["price"], point["gap"]))
        for place, point in enumerate(points.values())
    )
    return Figure(
        "fund-front", FigureKind.TRAJECTORY, _("Gain against the weakest school"), columns, rows,
        roles={"x": "worst", "value": "gain"},
        caption=_(
            "To the right the weakest school is lifted higher, at the cost of gain elsewhere. Each point is the most"
            " gain that the money can bring with no school below that score."
        ),
        alt=_("How much gain all projects bring for each lowest score that is kept."), run=run,
    )  # fmt: skip


def worth(result: Mapping[str, Any], run: UUID) -> Figure:
    """What one more 万元 of each source is worth."""
    points = _("points")
    columns = (
        Column("source", _("source of money")),
        Column("worst", _("change of the lowest score"), ColumnKind.SIGNED, 2, points),
        Column("gain", _("change of the gain of all projects"), ColumnKind.SIGNED, 2, points),
        Column("fair", _("change of the fair score"), ColumnKind.SIGNED, 2, points),
        Column("error", _("off by at most"), ColumnKind.NUMBER, 2, points),
        money_column("cost", _("cheapest application without money")),
        money_column("left", _("left for it")),
    )
    rows = tuple(
        Row(
            str(place),
            (
                row["source"] or _("money without an earmark"), row["worst"], row["gain"], row["fair"],
                max(row["worst_error"], row["error"]), row["cost"], row["left"],
            ),
        )
        for place, row in enumerate(result["more"])
    )  # fmt: skip
    return Figure(
        "fund-more", FigureKind.TABLE, _("What one more 万元 is worth"), columns, rows,
        caption=_(
            "Everything is chosen anew with the further money and compared with this proposal. First the lowest score"
            " counts, then the gain that all projects are expected to bring, a weak school's by its weight; α-fair"
            " counts the fair score, which would be worth as much if all schools had it. Each answer is proven to a"
            " gap, so a change may be off by as much as is told. Gains are what schools expect and the district"
            " accepted."
        ),
        run=run,
    )  # fmt: skip


def amounts(rows: Iterable[Allocation], *, decided: bool) -> Figure:
    """What each school gets, by its parts."""
    columns: tuple[Column, ...] = (
        SCHOOL, money_column("standard", _("by the standard")), money_column("projects", _("for projects")),
        money_column("proposed", pgettext_lazy("sum", "proposed")),
    )  # fmt: skip
    if decided:
        columns = (*columns, money_column("amount", pgettext_lazy("sum", "decided")))
    found, totals = [], [Decimal(0)] * 4
    for row in rows:
        sums = [row.standard_yuan, row.projects_yuan, row.proposed_yuan, row.amount_yuan or Decimal(0)]
        totals = [total + own for total, own in zip(totals, sums, strict=True)]
        found.append(Row(str(row.school.uid), (str(row.school), *map(float, sums[: 3 + decided]))))
    found.append(Row("all", (_("all schools"), *map(float, totals[: 3 + decided]))))
    return Figure(
        "fund-amounts", FigureKind.TABLE, _("Amounts of schools"), columns, tuple(found),
        caption=_("In the order of school codes; the standard part follows from pupils and stars, see the standard."),
    )  # fmt: skip


def departures(rows: Iterable[Allocation]) -> Figure:
    """Where the decision departs from the proposal, and why."""
    columns = (
        SCHOOL, Column("change", _("change"), ColumnKind.SIGNED, 2, YUAN), Column("why", _("why")),
    )  # fmt: skip
    found = tuple(
        Row(str(r.school.uid), (str(r.school), float(r.amount_yuan - r.proposed_yuan), r.departure))
        for r in rows
        if r.amount_yuan is not None and r.amount_yuan != r.proposed_yuan
    )
    return Figure("fund-departures", FigureKind.TABLE, _("Departures from the proposal"), columns, found)


def spread(result: Mapping[str, Any], run: UUID) -> Figure:
    """差异系数 by stage."""
    columns = (
        Column("stage", _("stage")),
        Column("schools", _("schools"), ColumnKind.INTEGER),
        Column("money", _("money for each pupil"), ColumnKind.NUMBER, 3),
        Column("before", _("equipment for each pupil, before"), ColumnKind.NUMBER, 3),
        Column("after", _("equipment for each pupil, with the money"), ColumnKind.NUMBER, 3),
    )
    rows = tuple(
        Row(
            row["stage"],
            (Stage(row["stage"]).label, row["schools"], row["money"], row.get("before"), row.get("after")),
        )
        for row in result["spread"]
    )
    return Figure(
        "fund-spread", FigureKind.TABLE, _("Coefficients of variation after sharing out"), columns, rows,
        caption=_(
            "Weighted by pupils as the 2017 rules want it. Money for weak schools first makes the money less even and"
            " the equipment more even; a dash stands where the value of equipment is not published for all schools."
        ),
        run=run,
    )  # fmt: skip
