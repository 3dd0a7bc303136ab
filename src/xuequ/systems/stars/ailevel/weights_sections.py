"""What the ballots of a vote say together: weights, how far experts agree, who contradicts, what data would say."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Row
from xuequ.core.reports import Block, CellRef, FigureBlock, Heading, Lead, Note, Paragraph, Sentence
from xuequ.engines.evaluation.group import WeightRanges
from xuequ.systems.stars.ailevel import weights
from xuequ.systems.stars.ailevel.choices import Consensus
from xuequ.systems.stars.ailevel.models import SystemAudit, WeightBallot, WeightPoll
from xuequ.systems.stars.ailevel.scheme import LevelScheme, read_scheme
from xuequ.systems.stars.ailevel.weights import RI, Standing, Together, standing, together
from xuequ.systems.stars.ailevel.wording import WEIGHTS

_RI_NAMES = {
    "mc": _("Monte Carlo (500,000 random matrices)"),
    "saaty2005": _("Saaty 2005"),
    "saaty1980": _("Saaty 1980, the textbooks' table"),
}
_NOBODY = gettext_noop("No ballot can be used yet; %(asked)s experts are asked.")
_LEAD = gettext_noop(
    "By %(used)s ballots of %(asked)s experts “%(top)s” weighs most (%(weight)s, other experts like them would give"
    " %(low)s to %(high)s); the experts' consensus is %(word)s (S* = %(consensus)s)."
)
_LEAD_OPEN = gettext_noop(
    "By %(used)s ballots of %(asked)s experts “%(top)s” has the largest weight (%(weight)s, other experts like them"
    " would give %(low)s to %(high)s), but not surely: “%(rivals)s” may weigh as much. The experts' consensus is"
    " %(word)s (S* = %(consensus)s)."
)
_LEAD_FEW = gettext_noop(
    "By %(used)s ballots of %(asked)s experts “%(top)s” has the largest weight (%(weight)s). From fewer than three"
    " ballots no range can be told, so nobody knows how far other experts would differ."
)
_RANGES = gettext_noop(
    "The ranges say what other experts like these would give, at 95 %% confidence; with few experts they are wide. That"
    " all experts may err alike is not in them."
)
_CONTRADICT = gettext_noop(
    "%(count)s ballots contradict themselves (CR of one tenth or more). A small CR of the group hides that: look at the"
    " table before you adopt."
)
_ONE_VIEW = gettext_noop("The experts weigh alike; there is one group.")
_VIEWS = gettext_noop(
    "There are %(groups)s groups of experts who weigh alike; the mean of them is nobody's view."
)
_FEW = gettext_noop("Fewer than three ballots are in; weights that all schools feel need more.")
_DATA = gettext_noop(
    "Weights from data reward whatever varies, noise too, and schools can move them. They are shown to compare, beside"
    " their union with the experts' weights, and are never adopted alone."
)


def poll_blocks(poll: WeightPoll) -> tuple[Block, ...]:
    """Return the page of a vote."""
    scheme = read_scheme(poll.version.document)
    parts = scheme.node(poll.node)
    codes = tuple(part.code for part in parts)
    # By their random key: the order of invitation is that of accounts, and would tell whose is whose.
    ballots = list(poll.ballots.order_by("uid"))
    handed_in = [ballot for ballot in ballots if ballot.handed_in is not None]
    states = [standing(codes, ballot.judgements) for ballot in handed_in]
    found = together(codes, [ballot.judgements for ballot in handed_in])
    overview = _overview(scheme, ballots, states, found)
    if found is None:
        lead = Sentence(_NOBODY, {"asked": CellRef("overview", "all", "asked")})
        return (Lead(lead), FigureBlock(overview, folded=True, chart=False))
    notes = [Sentence(_DATA)] if found.ranges is None else [Sentence(_RANGES), Sentence(_DATA)]
    shown: list[Block] = [
        Lead(_lead(found)),
        Paragraph(tuple(_sentences(found, states))),
        FigureBlock(_weights_figure(poll, scheme, codes, found)),
        Note(tuple(notes)),
        Heading(_("The evidence")),
        FigureBlock(overview, folded=True, chart=False),
        FigureBlock(_ballots_figure(scheme, codes, states, found), folded=True, chart=False),
    ]
    return tuple(shown)


def _lead(found: Together) -> Sentence:
    """Say what weighs most: as sure, as open with what may weigh as much, or without a range."""
    names = ["used", "asked", "top", "weight"]
    if found.ranges is None:
        return Sentence(_LEAD_FEW, {name: CellRef("overview", "all", name) for name in names})
    names += ["low", "high", "word", "consensus"]
    if _rivals(found):
        names.append("rivals")
    message = _LEAD_OPEN if "rivals" in names else _LEAD
    return Sentence(message, {name: CellRef("overview", "all", name) for name in names})


def _rivals(found: Together) -> list[str]:
    """The parts that may weigh as much as the largest one."""
    joint, top = found.by_judgements, int(found.by_judgements.weights.argmax())
    if found.ranges is None:
        return []
    return [name for at, name in enumerate(joint.names) if at != top and not found.ranges.apart[top, at]]


def _sentences(found: Together, states: Sequence[Standing]) -> Iterator[Sentence]:
    if _contradicting(states):
        yield Sentence(_CONTRADICT, {"count": CellRef("overview", "all", "contradicting")})
    if len(found.clusters) == 1:
        yield Sentence(_ONE_VIEW)
    else:
        yield Sentence(_VIEWS, {"groups": CellRef("overview", "all", "groups")})
    if len(found.by_judgements.members) < weights.FEWEST_BALLOTS:
        yield Sentence(_FEW)


def _contradicting(states: Sequence[Standing]) -> int:
    return sum(state.found is not None and not state.found.consistent for state in states)


def _overview(
    scheme: LevelScheme, ballots: Sequence[WeightBallot], states: Sequence[Standing], found: Together | None
) -> Figure:
    columns = (
        Column("asked", _("experts asked"), ColumnKind.INTEGER),
        Column("used", _("ballots used"), ColumnKind.INTEGER),
        Column("top", _("weighs most")),
        Column("weight", _("its weight"), ColumnKind.PERCENT, 1),
        Column("low", _("lower end"), ColumnKind.PERCENT, 1),
        Column("high", _("upper end"), ColumnKind.PERCENT, 1),
        Column("rivals", _("may weigh as much")),
        Column("consensus", _("consensus S*"), ColumnKind.NUMBER, 2),
        Column("word", _("consensus in words")),
        Column("cr", _("CR of the group"), ColumnKind.NUMBER, 3),
        Column("contradicting", _("ballots with CR of 0.1 or more"), ColumnKind.INTEGER),
        Column("groups", _("groups who weigh alike"), ColumnKind.INTEGER),
        Column("ri", _("random index")),
    )
    cells: tuple[Cell, ...] = (len(ballots), 0, *[None] * 8, 0, None, _RI_NAMES[RI])
    if found is not None:
        joint = found.by_judgements
        top = int(joint.weights.argmax())
        cells = (
            len(ballots), len(joint.members), scheme.titles[joint.names[top]], float(joint.weights[top]),
            *_ends(found.ranges, top), gettext("、").join(scheme.titles[name] for name in _rivals(found)) or None,
            joint.consensus, Consensus(joint.word).label, joint.cr, _contradicting(states), len(found.clusters),
            _RI_NAMES[RI],
        )  # fmt: skip
    return Figure(
        code="overview", kind=FigureKind.TABLE, title=_("The vote in numbers"), columns=columns,
        rows=(Row("all", cells),),
    )  # fmt: skip


def _weights_figure(poll: WeightPoll, scheme: LevelScheme, codes: Sequence[str], found: Together) -> Figure:
    """The weights by both ways of joining, those now in force, and what the last audit's data would say."""
    now = {part.code: part.weight for part in scheme.node(poll.node)}
    data = _data_weights(poll, scheme)
    columns = [
        Column("part", _("what is weighed")),
        Column("aij", _("by judgements (AIJ)"), ColumnKind.PERCENT, 1),
        Column("low", _("lower end (AIJ)"), ColumnKind.PERCENT, 1),
        Column("high", _("upper end (AIJ)"), ColumnKind.PERCENT, 1),
        Column("aip", _("by weights (AIP)"), ColumnKind.PERCENT, 1),
        Column("aip_low", _("lower end (AIP)"), ColumnKind.PERCENT, 1),
        Column("aip_high", _("upper end (AIP)"), ColumnKind.PERCENT, 1),
        Column("now", _("now"), ColumnKind.PERCENT, 1),
        *(Column(way.replace("-", "_"), WEIGHTS[way], ColumnKind.PERCENT, 1) for way in data),
    ]
    rows = []
    for at, code in enumerate(codes):
        aij, aip = float(found.by_judgements.weights[at]), float(found.by_weights.weights[at])
        others = [of_part.get(code) for of_part in data.values()]
        ends, aip_ends = _ends(found.ranges, at), _ends(found.ranges_by_weights, at)
        rows.append(Row(code, (scheme.titles[code], aij, *ends, aip, *aip_ends, now[code], *others)))
    return Figure(
        code="weights",
        kind=FigureKind.BARS,
        title=_("The weights"),
        columns=tuple(columns),
        rows=tuple(rows),
        roles={"label": "part", "value": "aij", "low": "low", "high": "high"},
        caption=_(
            "The range of a weight leaves out each expert in turn: what other experts like these would give, at 95 %"
            " confidence. With fewer than three ballots there is none."
        ),
        alt=_("Bars of the weights by the experts' judgements, with their ranges."),
    )


def _ends(ranges: WeightRanges | None, at: int) -> tuple[float | None, float | None]:
    return (None, None) if ranges is None else (float(ranges.low[at]), float(ranges.high[at]))


def letters(group: int) -> str:
    """Return what a group of experts is called: A to Z, then AA, AB …

    >>> letters(0), letters(25), letters(26)
    ('A', 'Z', 'AA')
    """
    above, own = divmod(group, 26)
    return (letters(above - 1) if above else "") + chr(ord("A") + own)


def _data_weights(poll: WeightPoll, scheme: LevelScheme) -> dict[str, dict[str, float]]:
    """Weights from the newest audit's data under this node; nothing before an audit of this scheme was made."""
    newest = (
        SystemAudit.objects.filter(round__version__scheme=poll.version.scheme_id).order_by("-run_id").first()
    )
    if newest is None:
        return {}
    names = [one["name"] for one in newest.findings["indexes"]]
    found: dict[str, dict[str, float]] = {}
    for one in newest.findings["weights"]:
        if one["way"] in ("entropy", "critic", "combined-entropy", "combined-critic"):
            part = _under_node(scheme, poll.node, dict(zip(names, one["weights"], strict=True)))
            total = sum(part.values())
            found[one["way"]] = {code: weight / total for code, weight in part.items()} if total > 0 else {}
    return found


def _under_node(scheme: LevelScheme, node: str, weights_of: dict[str, float]) -> dict[str, float]:
    if node:
        return {index.code: weights_of.get(index.code, 0.0) for index in scheme.node(node)}
    return {
        one.code: sum(weights_of.get(index.code, 0.0) for index in one.indexes) for one in scheme.dimensions
    }


def _ballots_figure(
    scheme: LevelScheme, codes: Sequence[str], states: Sequence[Standing], found: Together
) -> Figure:
    """Every ballot without a name: CR under three tables, its group, its weights."""
    columns = (
        Column("ballot", _("ballot")),
        Column("judged", _("pairs judged"), ColumnKind.INTEGER),
        Column("cr", _("CR (Monte Carlo)"), ColumnKind.NUMBER, 3),
        Column("cr2005", _("CR (Saaty 2005)"), ColumnKind.NUMBER, 3),
        Column("cr1980", _("CR (Saaty 1980)"), ColumnKind.NUMBER, 3),
        Column("group", _("group")),
        *(Column(f"w_{code}", scheme.titles[code], ColumnKind.PERCENT, 1) for code in codes),
    )
    group_of = {place: at for at, group in enumerate(found.clusters) for place in group}
    used = [state for state in states if state.found is not None]
    rows = []
    for at, state in enumerate(used):
        assert state.found is not None
        ratios = (state.ratios["mc"], state.ratios["saaty2005"], state.ratios["saaty1980"])
        letter = letters(group_of[at])
        cells: tuple[Cell, ...] = (
            f"b{at + 1}",
            state.judged,
            *ratios,
            letter,
            *map(float, state.found.weights),
        )
        rows.append(Row(f"b{at + 1}", cells))
    return Figure(
        code="ballots",
        kind=FigureKind.TABLE,
        title=_("The ballots, without names"),
        columns=columns,
        rows=tuple(rows),
        caption=_(
            "A CR near the limit may pass under one table of random indices and fail under another; judgements by the"
            " eigenvector, missing pairs filled in so that the contradiction is smallest."
        ),
    )
