"""The report on pairs, for the district and for one pair: who helped whom, what was done, and what it did."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext, gettext_noop, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from xuequ.core import clock
from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Row, Text
from xuequ.core.registry import indicator_definitions
from xuequ.core.reports import Block, CellRef, FigureBlock, Heading, Lead, Note, Paragraph, Report, Sentence
from xuequ.district.models import District, School, SchoolYear
from xuequ.systems.support.pairing.material import SHORTFALL
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
BEHIND = gettext_noop(
    "Schools that were helped fell %(effect)s points behind the others (by %(high)s to %(low)s with a certainty of"
    " 95 %%)."
)
SAME_START = gettext_noop(
    "Between schools of the same start the difference is %(same)s points (from %(same_low)s to %(same_high)s)."
)
GAP = gettext_noop(
    "The distance to their partners closed by %(gap)s points on average (from %(gap_low)s to %(gap_high)s)."
)
IDLE = gettext_noop(
    "Helped schools of which no act is confirmed yet: %(idle)s. They count as helped all the same."
)
ONLY_START = gettext_noop(
    "Schools that were helped changed by %(effect)s points against the others (from %(low)s to %(high)s with a"
    " certainty of 95 %%), but schools of the same start do not show it: the weak may have risen by themselves."
)
TOP = gettext_noop("%(top)s of these schools were at the best value already before and could not rise.")
NONE_SEEN = gettext_noop(
    "Schools that were helped changed by %(effect)s points against the others (from %(low)s to %(high)s with a"
    " certainty of 95 %%): an effect cannot be told from chance."
)
DIFFERENT = gettext_noop(
    "Helped and other schools started far apart. What is weak by chance rises by itself, so part of the difference may"
    " not come from the help."
)
APART = gettext_noop(
    "All helped schools started on one side of all others, so that the difference at the same start was never seen but"
    " is drawn from the line."
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
    sentences = [_told(result, ("effect", "low", "high"))]
    if result.get("adjusted"):
        sentences.append(_further(SAME_START, "same"))
    if result.get("gap"):
        sentences.append(_further(GAP, "gap"))
    blocks: list[Block] = [Paragraph(tuple(sentences))]
    notes = [Sentence(text) for code, text in REMARKS.items() if code in result["remarks"]]
    notes += [_sentence(text, name) for name, text in (("top", TOP), ("idle", IDLE)) if result.get(name)]
    if notes:
        blocks.append(Note(tuple(notes)))
    blocks.append(FigureBlock(_effect(effect), folded=True, chart=False))
    if result.get("adjusted") or result.get("gap"):
        blocks.append(FigureBlock(_same_start_and_gap(effect), folded=True, chart=False))
    if result["pairs"]:
        blocks.append(FigureBlock(_closed(effect), folded=True, chart=False))
    return tuple(blocks)


REMARKS = {"baseline-differs": DIFFERENT, "no-common-start": APART, "shared-partners": SHARED}


def _sentence(message: str, *names: str) -> Sentence:
    return Sentence(message, {name: CellRef("pairs-effect", "all", name) for name in names})


def _further(message: str, name: str) -> Sentence:
    ends = {"value": name, "low": f"{name}_low", "high": f"{name}_high"}
    return Sentence(
        message, {place: CellRef("pairs-further", name, column) for column, place in ends.items()}
    )


def _told(result: Mapping[str, Any], names: tuple[str, ...]) -> Sentence:
    """The first sentence; an effect that schools of the same start do not show is not called one."""
    low, high, same = result["low"], result["high"], result.get("adjusted")
    if not ((low is not None and low > 0) or (high is not None and high < 0)):
        return _sentence(NONE_SEEN, *names)
    up = low is not None and low > 0
    if same is not None and (same["low"] <= 0 if up else same["high"] >= 0):
        return _sentence(ONLY_START, *names)
    if up:
        return _sentence(EFFECT, *names)
    return Sentence(BEHIND, {name: CellRef("pairs-effect", "all", name, absolute=True) for name in names})


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
        Column("top", _("at the best value before"), ColumnKind.INTEGER),
        Column("idle", _("helped without a confirmed act"), ColumnKind.INTEGER),
    )
    row = Row("all", tuple(effect.result.get(column.key) for column in columns))
    return Figure(
        "pairs-effect", FigureKind.TABLE, _("What help did"), columns, (row,),
        caption=CAPTION % {"what": measured(effect.result["code"]), "how": METHODS[effect.result["method"]]},
        run=effect.run.uid,
    )  # fmt: skip


CAPTION = _(
    "Measured by “%(what)s”. Mean change of helped schools since last year less that of the others; helping schools"
    " are left out. The range comes from %(how)s."
)
METHODS = {
    "permutation": _("all ways in which as many schools could have been named"),
    "permutation-drawn": _("drawn ways in which as many schools could have been named"),
    "welch-t": _("Welch’s t"),
}


def measured(code: str) -> Text:
    """How the indicator is called in which schools were compared."""
    found = indicator_definitions().get(code)
    title = found.title if found is not None else code
    return gettext("%(title)s (less is better)") % {"title": title} if code == SHORTFALL else title


def _same_start_and_gap(effect: Effect) -> Figure:
    """Schools of the same start, and the distance to the partner: each with its range."""
    points = _("points")
    columns = (
        Column("what", _("What was compared")),
        Column("value", _("points"), ColumnKind.SIGNED, 1),
        Column("low", _("lower end"), ColumnKind.SIGNED, 1, points),
        Column("high", _("upper end"), ColumnKind.SIGNED, 1, points),
    )
    told = (
        ("same", _("difference at the same start"), effect.result.get("adjusted")),
        ("gap", _("distance to the partner closed"), effect.result.get("gap")),
    )
    rows = tuple(Row(key, (str(what), e["value"], e["low"], e["high"])) for key, what, e in told if e)
    return Figure(
        "pairs-further", FigureKind.TABLE, _("Same start, and distance to the partner"), columns, rows,
        run=effect.run.uid,
    )  # fmt: skip


def _closed(effect: Effect) -> Figure:
    points = _("points")
    columns = (
        Column("school", _("school that is helped")),
        Column("change", _("change"), ColumnKind.SIGNED, 1, points),
        Column("gap_before", _("behind the partner before"), ColumnKind.SIGNED, 1, points),
        Column("gap_after", _("behind the partner now"), ColumnKind.SIGNED, 1, points),
        Column("closed", _("distance closed"), ColumnKind.SIGNED, 1, points),
    )
    rows = effect.result["pairs"]
    names = {
        str(school.uid): str(school) for school in School.objects.filter(uid__in=[r["school"] for r in rows])
    }
    found = tuple(
        Row(row["school"], (names.get(row["school"], "—"), *(row[column.key] for column in columns[1:])))
        for row in rows
    )
    return Figure(
        "pairs-closed", FigureKind.TABLE, _("School by school"), columns, found,
        caption=_("One school’s change is mostly chance; the sentence above is about all of them."), run=effect.run.uid,
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
        Row(str(a.uid), (a.day, a.title, short_kind(a), float(a.hours), a.pupils)) for a in rows if a.counts
    )
    return Figure(
        "pair-acts", FigureKind.TABLE, pgettext_lazy("pair of schools", "What was done"), columns, found
    )


def short_kind(act: Act) -> str:
    """The kind without its explanation."""
    return str(act.get_kind_display()).split(":")[0].split("：")[0]
