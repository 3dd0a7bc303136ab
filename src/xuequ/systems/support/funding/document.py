"""The decision as an official document, and the first page of a proposal."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core import clock
from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row
from xuequ.core.reports import Block, CellRef, FigureBlock, Heading, Lead, Note, Paragraph, Report, Sentence
from xuequ.district.models import District
from xuequ.systems.support.funding import pictures
from xuequ.systems.support.funding.models import Allocation, Round, Source

PROPOSED = gettext_noop(
    "%(spent)s yuan go to %(schools)s schools, %(weak)s of it to weak schools; of those that applied, the lowest score"
    " rises to %(worst)s."
)
WITHOUT = gettext_noop(
    "%(without)s schools have no accepted application, so no project can lift them; the lowest of them stays at"
    " %(lowest)s."
)
STANDARD_ONLY = gettext_noop(
    "%(spent)s yuan go to %(schools)s schools by the standard; no project could be funded."
)
BETTER = gettext_noop(
    "If gain for money alone decided, the lowest score would be %(greedy)s. Looking after the weakest costs %(price)s"
    " of the gain."
)
ALIKE = gettext_noop(
    "If gain for money alone decided, the lowest score would be %(greedy)s as well: looking after the weakest costs"
    " nothing here."
)
UNKNOWN_WEAK = gettext_noop(
    "Nobody has published which schools are weak yet, so the third with the lowest scores counts as weak here."
)
MORE = {
    "": gettext_noop(
        "One more 万元 of %(source)s would change the lowest score by %(worst)s points and the gain of all projects by"
        " %(gain)s points."
    ),
    "fair": gettext_noop("One more 万元 of %(source)s would change the fair score by %(fair)s points."),
    "no-application": gettext_noop(
        "One more 万元 of %(source)s is worth nothing: no accepted application may be paid from it."
    ),
    "all-funded": gettext_noop(
        "One more 万元 of %(source)s is worth nothing: all that may be paid from it is funded."
    ),
    "share": gettext_noop(
        "One more 万元 of %(source)s is worth nothing: the weak schools' share of it could not be kept with the"
        " applications that there are."
    ),
    "whole": gettext_noop(
        "One more 万元 of %(source)s is worth nothing: a project is paid whole or not at all, the cheapest one without"
        " money costs %(cost)s yuan, and %(left)s yuan are left for it."
    ),
    "little": gettext_noop(
        "One more 万元 of %(source)s is worth nothing that can be told: projects are paid whole or not at all, and no"
        " other choice with this money is better."
    ),
    "not-solved": gettext_noop(
        "What one more 万元 of %(source)s is worth was not found in the time allowed."
    ),
}
DECIDED = gettext_noop("By this decision %(amount)s yuan are shared out to %(schools)s schools.")
STANDARD = gettext_noop(
    "The part by the standard follows from the number of pupils, the stars that the city has awarded and the stars"
    " gained since last year. Predicted stars play no part."
)
WEAKEST = gettext_noop("Projects were chosen so that the weakest schools come first.")
FAIR = gettext_noop("Projects were chosen so that a point counts the more the lower a school stands.")
GAIN = gettext_noop("Projects were chosen by the most gain for the money, whichever schools it falls to.")
USE = gettext_noop(
    "The money is used for what is named here and is accounted for; schools evaluate their projects at the end and may"
    " ask for the amount to be looked at again."
)


def proposal_blocks(result: Mapping[str, Any], run: UUID) -> tuple[Block, ...]:
    """Return the page of a simulation that could be computed."""
    blocks: list[Block] = [Lead(_lead(result))]
    if result["worst"] is not None and result.get("alpha") != 0:
        blocks.append(Paragraph((_price(result),)))
    if result.get("lowest_without") is not None:
        blocks.append(Paragraph((Sentence(WITHOUT, _cells("without", "lowest")),)))
    if not result["weak_known"]:
        blocks.append(Note((Sentence(UNKNOWN_WEAK),)))
    blocks += _worth(result, run, folded=True)
    if result["front"]:
        trade = pictures.trade(result, run)
        # A single point is no trade to be drawn.
        blocks.append(FigureBlock(trade, chart=len(trade.rows) > 1, folded=len(trade.rows) == 1))
    blocks.append(FigureBlock(pictures.overview(result, run), folded=True, chart=False))
    blocks.append(FigureBlock(pictures.spread(result, run), folded=True, chart=False))
    return tuple(blocks)


def _price(result: Mapping[str, Any]) -> Sentence:
    """What it costs to look after the weakest, beside a choice by gain for money alone."""
    alike = round(result["price"], 3) == 0 and round(result["greedy_worst"], 1) == round(result["worst"], 1)
    return Sentence(ALIKE, _cells("greedy")) if alike else Sentence(BETTER, _cells("greedy", "price"))


def _rule(result: Mapping[str, Any]) -> Sentence:
    """By what rule projects were chosen."""
    if result.get("alpha") is None:
        return Sentence(WEAKEST)
    return Sentence(FAIR if result["alpha"] else GAIN)


def _lead(result: Mapping[str, Any]) -> Sentence:
    if result["worst"] is None:
        return Sentence(STANDARD_ONLY, _cells("spent", "schools"))
    return Sentence(PROPOSED, _cells("spent", "schools", "weak", "worst"))


def _worth(result: Mapping[str, Any], run: UUID, *, folded: bool) -> list[Block]:
    """What one more 万元 of each source is worth; nothing for a proposal computed before that was asked."""
    if not result.get("more"):
        return []
    said = (_worth_of(row, place) for place, row in enumerate(result["more"]))
    return [Paragraph(tuple(said)), FigureBlock(pictures.worth(result, run), folded=folded, chart=False)]


def _worth_of(row: Mapping[str, Any], place: int) -> Sentence:
    message = MORE[row["code"] or ("" if row["fair"] is None else "fair")]
    named = [name for name in ("source", "worst", "gain", "fair", "cost", "left") if f"%({name})s" in message]
    return Sentence(message, {name: CellRef("fund-more", str(place), name) for name in named})


def _cells(*columns: str) -> dict[str, CellRef]:
    return {name: CellRef("fund-overview", "all", name) for name in columns}


def decision_report(
    of: Round, rows: Iterable[Allocation], sources: Iterable[Source], district: District | None
) -> Report:
    """Return the decision in the layout of official documents."""
    found = list(rows)
    day = of.decided or clock.today()
    return Report(
        title=_("Decision on sharing out the special fund"),
        subtitle=" · ".join(part for part in (of.title, of.document) if part),
        issuer=(district.bureau or district.name) if district is not None else "",
        stamp=dt.datetime.combine(day, dt.time(9), clock.SHANGHAI).isoformat(),
        run=of.proposal.run.uid if of.proposal is not None else None,
        blocks=tuple(_decision(of, found, list(sources))),
    )


def _decision(of: Round, rows: list[Allocation], sources: list[Source]) -> Iterable[Block]:
    table, sums = pictures.amounts(rows, decided=True), _totals(rows)
    yield Lead(Sentence(DECIDED, {k: CellRef("fund-totals", "all", k) for k in ("amount", "schools")}))
    chosen = () if of.proposal is None else (_rule(of.proposal.result),)
    yield Paragraph((Sentence(STANDARD), *chosen, Sentence(USE)))
    yield Heading(_("Amounts of schools"))
    yield FigureBlock(table, chart=False)
    changed = pictures.departures(rows)
    if changed.rows:
        yield Heading(_("Departures from the proposal"))
        yield FigureBlock(changed, chart=False)
    yield Heading(_("Sources of money"))
    yield FigureBlock(_sources(sources), chart=False)
    if of.proposal is not None:
        yield from _worth(of.proposal.result, of.proposal.run.uid, folded=False)
    yield FigureBlock(sums, folded=True, chart=False)


def _totals(rows: list[Allocation]) -> Figure:
    columns = (
        Column("schools", _("schools"), ColumnKind.INTEGER),
        Column("amount", _("shared out"), ColumnKind.NUMBER, 2, _("yuan")),
    )
    amount = float(sum(row.amount_yuan or 0 for row in rows))
    return Figure("fund-totals", FigureKind.TABLE, _("In all"), columns, (Row("all", (len(rows), amount)),))


def _sources(sources: list[Source]) -> Figure:
    columns = (
        Column("name", _("name")),
        Column("kind", _("kind")),
        Column("amount", _("amount"), ColumnKind.NUMBER, 2, _("yuan")),
        Column("earmark", _("only for")),
    )
    rows = tuple(
        Row(str(s.uid), (s.name, s.get_kind_display(), float(s.amount_yuan), earmark(s))) for s in sources
    )
    return Figure("fund-sources", FigureKind.TABLE, _("Sources of money"), columns, rows)


def earmark(source: Source) -> str:
    """Say what a source may pay, or nothing where it may pay all."""
    said = [source.get_dimension_display()] if source.dimension else []
    return " · ".join([*said, str(_("weak schools"))] if source.weak_only else said)
