"""The report on pairs, for the district and for one pair: who helped whom, what was done, and what it did."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from xuequ.core import clock
from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Row
from xuequ.core.reports import Block, CellRef, FigureBlock, Heading, Lead, Note, Paragraph, Report, Sentence
from xuequ.district.models import District, SchoolYear
from xuequ.systems.support.pairing.models import Act, Effect, Pair

LEAD = gettext_noop(
    "In %(year)s %(pairs)s pairs of schools worked together: %(hours)s hours in %(acts)s acts that both schools have"
    " confirmed."
)
ONE = gettext_noop(
    "%(giver)s helped %(receiver)s for %(hours)s hours in %(acts)s acts that both have confirmed."
)
EFFECT = gettext_noop(
    "Schools that were helped came %(effect)s points further than the others (from %(low)s to %(high)s with a certainty"
    " of 95 %%)."
)
NONE_SEEN = gettext_noop(
    "Schools that were helped changed by %(effect)s points against the others (from %(low)s to %(high)s with a"
    " certainty of 95 %%): an effect cannot be told from chance."
)
DIFFERENT = gettext_noop(
    "Helped and other schools started far apart. What is weak by chance rises by itself, so part of the difference may"
    " not come from the help."
)
SHARED = gettext_noop("Several helped schools share a partner, so the range is somewhat too narrow.")
COUNTED = gettext_noop(
    "Hours are typed by one school and confirmed by the other; nothing is counted from log-ins or time online."
)


def _issuer(district: District | None) -> str:
    return (district.bureau or district.name) if district is not None else ""


def district_report(
    year: SchoolYear, pairs: Iterable[Pair], effect: Effect | None, district: District | None
) -> Report:
    """Return the report on all pairs of a year; ``pairs`` carry their sums."""
    rows = list(pairs)
    return Report(
        title=_("Report on digital assistance"), subtitle=str(year), issuer=_issuer(district),
        stamp=clock.now().isoformat(timespec="minutes"), run=effect.run.uid if effect is not None else None,
        blocks=tuple(_district(year, rows, effect)),
    )  # fmt: skip


def _district(year: SchoolYear, rows: list[Pair], effect: Effect | None) -> Iterable[Block]:
    yield Lead(
        Sentence(LEAD, {k: CellRef("pairs-sum", "all", k) for k in ("year", "pairs", "hours", "acts")})
    )
    yield Paragraph((Sentence(COUNTED),))
    if effect is not None:
        yield from effect_blocks(effect)
    yield Heading(_("Pairs"))
    yield FigureBlock(pairs_figure(rows), chart=False)
    yield FigureBlock(_sum(year, rows), folded=True, chart=False)


def _sum(year: SchoolYear, rows: list[Any]) -> Figure:
    columns = (
        Column("year", _("school year")),
        Column("pairs", _("pairs"), ColumnKind.INTEGER),
        Column("hours", _("hours"), ColumnKind.NUMBER, 1),
        Column("acts", pgettext_lazy("pair of schools", "acts"), ColumnKind.INTEGER),
    )
    cells = (
        str(year), len(rows), float(sum(row.hours or 0 for row in rows)), sum(row.acts_done for row in rows),
    )  # fmt: skip
    return Figure("pairs-sum", FigureKind.TABLE, _("In all"), columns, (Row("all", cells),))


def pairs_figure(rows: Iterable[Any]) -> Figure:
    """Pairs with their sums, in the order of the helped schools' codes."""
    columns = (
        Column("giver", _("helping school")),
        Column("receiver", _("school that is helped")),
        Column("state", _("state")),
        Column("acts", pgettext_lazy("pair of schools", "acts"), ColumnKind.INTEGER),
        Column("hours", _("hours"), ColumnKind.NUMBER, 1),
        Column("pupils", _("pupils reached"), ColumnKind.INTEGER),
    )
    found = tuple(Row(str(row.uid), _pair_cells(row)) for row in rows)
    return Figure(
        "pairs", FigureKind.TABLE, _("Pairs of the year"), columns, found,
        caption=_("Acts that both schools have confirmed; pupils are counted anew in every act."),
    )  # fmt: skip


def _pair_cells(row: Any) -> tuple[Cell, ...]:
    names = (str(row.giver), str(row.receiver), row.get_state_display())
    return (*names, row.acts_done, float(row.hours or 0), row.reached or 0)


def effect_blocks(effect: Effect) -> tuple[Block, ...]:
    """Return what help did: the difference in differences with its range, and what to bear in mind."""
    result = effect.result
    if not result:
        return ()
    low, high = result["low"], result["high"]
    told = EFFECT if (low is not None and low > 0) or (high is not None and high < 0) else NONE_SEEN
    cells = {name: CellRef("pairs-effect", "all", name) for name in ("effect", "low", "high")}
    notes = [
        Sentence(text)
        for code, text in (("baseline-differs", DIFFERENT), ("shared-partners", SHARED))
        if code in result["remarks"]
    ]
    blocks: list[Block] = [Paragraph((Sentence(told, cells),))]
    if notes:
        blocks.append(Note(tuple(notes)))
    blocks.append(FigureBlock(_effect(effect), folded=True, chart=False))
    return tuple(blocks)


def _effect(effect: Effect) -> Figure:
    points = _("points")
    columns = (
        Column("effect", _("difference of the changes"), ColumnKind.SIGNED, 1, points),
        Column("low", _("lower end"), ColumnKind.SIGNED, 1, points),
        Column("high", _("upper end"), ColumnKind.SIGNED, 1, points),
        Column("helped", _("schools helped"), ColumnKind.INTEGER),
        Column("others", _("other schools"), ColumnKind.INTEGER),
        Column("change_helped", _("change of those helped"), ColumnKind.SIGNED, 1, points),
        Column("change_others", _("change of the others"), ColumnKind.SIGNED, 1, points),
    )
    row = Row("all", tuple(effect.result[column.key] for column in columns))
    return Figure(
        "pairs-effect", FigureKind.TABLE, _("What help did"), columns, (row,),
        caption=_(
            "Mean change of helped schools since last year less that of the others; helping schools are left out. The"
            " range comes from all ways in which as many schools could have been named (or drawn ones)."
        ),
        run=effect.run.uid,
    )  # fmt: skip


def pair_report(found: Any, acts: Iterable[Act], district: District | None) -> Report:
    """Return the report on one pair; ``found`` carries its sums."""
    rows = list(acts)
    return Report(
        title=_("Report on digital assistance"), subtitle=f"{found} · {found.year}", issuer=_issuer(district),
        stamp=clock.now().isoformat(timespec="minutes"), run=None, blocks=tuple(_pair(found, rows)),
    )  # fmt: skip


def _pair(found: Any, rows: list[Act]) -> Iterable[Block]:
    row = str(found.uid)
    cells = {name: CellRef("pairs", row, name) for name in ("giver", "receiver", "hours", "acts")}
    yield Lead(Sentence(ONE, cells))
    yield Paragraph((Sentence(COUNTED),))
    yield FigureBlock(_acts(rows), chart=False)
    yield FigureBlock(pairs_figure([found]), folded=True, chart=False)


def _acts(rows: list[Act]) -> Figure:
    columns = (
        Column("day", _("day"), ColumnKind.DATE),
        Column("title", _("what it was about")),
        Column("kind", _("kind")),
        Column("hours", _("hours"), ColumnKind.NUMBER, 1),
        Column("pupils", _("pupils reached"), ColumnKind.INTEGER),
    )
    found = tuple(
        Row(str(a.uid), (a.day, a.title, short_kind(a), float(a.hours), a.pupils))
        for a in rows
        if a.confirmed
    )
    return Figure(
        "pair-acts", FigureKind.TABLE, pgettext_lazy("pair of schools", "What was done"), columns, found
    )


def short_kind(act: Act) -> str:
    """The kind without its explanation."""
    return str(act.get_kind_display()).split(":")[0].split("：")[0]
