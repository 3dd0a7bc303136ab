"""The audit of the evaluation system as a page in plain words: which indexes serve, which do not, and why."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Row
from xuequ.core.reports import (
    Block,
    CellRef,
    FigureBlock,
    Heading,
    Lead,
    Note,
    Paragraph,
    Report,
    Sentence,
    Step,
    Steps,
)
from xuequ.district import queries as district
from xuequ.systems.stars.ailevel.choices import Verdict
from xuequ.systems.stars.ailevel.district_pictures import operators_figure
from xuequ.systems.stars.ailevel.material import stamp_of
from xuequ.systems.stars.ailevel.models import SystemAudit
from xuequ.systems.stars.ailevel.scheme import LevelScheme, read_scheme
from xuequ.systems.stars.ailevel.wording import REASONS, WEIGHTS

_ORDER = ("drop", "merge", "reword", "keep")
_USABLE, _GOOD, _REDUNDANT = 0.7, 0.8, 0.95
_LEAD = gettext_noop("Of %(indexes)s indexes, %(keep)s serve as they are and %(work)s need work.")
_LEAD_NONE = gettext_noop("All %(indexes)s indexes need work.")
_LEAD_ALL = gettext_noop("All %(indexes)s indexes serve as they are.")
_STEPS = {
    "drop": gettext_noop("Drop “%(index)s”: %(reason)s."),
    "merge": gettext_noop("Merge “%(index)s” into “%(partner)s”: %(reason)s."),
    "reword": gettext_noop("Reword “%(index)s”: %(reason)s."),
}
_RELIABLE = {
    "good": gettext_noop("The indexes hang together well (α = %(alpha)s)."),
    "usable": gettext_noop("The indexes hang together well enough (α = %(alpha)s)."),
    "weak": gettext_noop(
        "The indexes hang together little (α = %(alpha)s). For a system of several dimensions that is no fault by"
        " itself: resources and results need not go along."
    ),
    "too-much": gettext_noop("The indexes say nearly the same (α = %(alpha)s): a shorter system would do."),
}
_RELIABLE_RANGE = gettext_noop("Other schools like these would give an α of %(alpha_low)s to %(alpha_high)s.")
_AGREE = {
    True: gettext_noop("Raters agree on the order of schools (ICC of their mean = %(icc)s)."),
    False: gettext_noop(
        "Raters hardly agree on the order of schools (ICC of their mean = %(icc)s): talk over examples before the next"
        " round."
    ),
}
_CARELESS = gettext_noop(
    "%(count)s raters vote as if they had not looked; their votes were left out of this audit. Talk with them first."
)
_STABLE = gettext_noop(
    "With equal weights the order of schools stays alike to τ = %(equal)s; so much hangs on the weights. Weights from"
    " data alone are shown beside and are never used alone, for schools can move them."
)
_REMARKS = {
    "few-schools": gettext_noop(
        "There are few schools (%(schools)s), so every number here has a wide range: take the verdicts as questions."
    ),
    "few-for-factors": gettext_noop(
        "For %(schools)s schools there are many indexes (%(indexes)s), so KMO and the factors behind are unstable and"
        " decide nothing."
    ),
    "two-raters": gettext_noop("With two raters W says nothing and is not given."),
    "raters-apart": gettext_noop("Raters share too few schools, so their agreement cannot be told."),
    "reversed-may-hide": gettext_noop(
        "The schools are so few, or the indexes go together so little, that an index scored the wrong way round may go"
        " unnoticed: read again those that go against the rest."
    ),
    "incomplete": gettext_noop("Some votes are missing; what is missing was left out and not taken as zero."),
}


def audit_blocks(audit: SystemAudit) -> tuple[Block, ...]:
    """Return the page: one sentence, at most three things to do, plain sentences, the evidence folded."""
    scheme, found = read_scheme(audit.run.parameters["scheme"]), audit.findings
    shown: list[Block] = [Lead(_lead(found))]
    if steps := tuple(_steps(found))[:3]:
        shown.append(Steps(_("What to do with the indexes"), steps))
    shown.append(Paragraph(tuple(_plain(found))))
    shown.append(FigureBlock(verdicts(audit, scheme), chart=False))
    if remarks := tuple(_remarks(found)):
        shown.append(Note(remarks))
    shown.append(Heading(_("The evidence")))
    compared = operators_figure("operators", audit.findings["operators"], audit.run.uid)
    figures = [overview(audit), indexes(audit, scheme), weights(audit), compared]
    if found["raters"] is not None:
        figures.append(raters(audit))
    return (*shown, *(FigureBlock(figure, folded=True, chart=False) for figure in figures))


def audit_report(audit: SystemAudit) -> Report:
    """Return the audit as a report."""
    office = district.district()
    return Report(
        title=_("Audit of the evaluation system"),
        subtitle=audit.round.title,
        issuer=(office.bureau or office.name) if office is not None else "",
        stamp=stamp_of(audit.run),
        run=audit.run.uid,
        blocks=audit_blocks(audit),
    )


def _counted(found: Mapping[str, Any], verdict: str) -> int:
    return sum(one["verdict"] == verdict for one in found["indexes"])


def _lead(found: Mapping[str, Any]) -> Sentence:
    keep = _counted(found, "keep")
    if keep in (0, len(found["indexes"])):
        message = _LEAD_ALL if keep else _LEAD_NONE
        return Sentence(message, {"indexes": CellRef("overview", "all", "indexes")})
    return Sentence(_LEAD, {name: CellRef("overview", "all", name) for name in ("indexes", "keep", "work")})


def _steps(found: Mapping[str, Any]) -> Iterator[Step]:
    for verdict in _ORDER[:-1]:
        for one in found["indexes"]:
            if one["verdict"] == verdict:
                names = ["index", "reason", *(["partner"] if verdict == "merge" else [])]
                cells = {name: CellRef("verdicts", one["name"], name) for name in names}
                yield Step(Sentence(_STEPS[verdict], cells))


def _plain(found: Mapping[str, Any]) -> Iterator[Sentence]:
    whole, votes = found["whole"], found["raters"]
    if (alpha := whole["alpha"]) is not None:
        level = (
            "too-much"
            if alpha > _REDUNDANT
            else "good"
            if alpha >= _GOOD
            else "usable"
            if alpha >= _USABLE
            else "weak"
        )
        yield Sentence(_RELIABLE[level], {"alpha": CellRef("overview", "all", "alpha")})
        if whole.get("alpha_low") is not None:
            ends = ("alpha_low", "alpha_high")
            yield Sentence(_RELIABLE_RANGE, {name: CellRef("overview", "all", name) for name in ends})
    if votes is not None and votes["icc_mean"] is not None:
        agree = votes["icc_mean"] >= 0.75
        yield Sentence(_AGREE[agree], {"icc": CellRef("overview", "all", "icc")})
    if _careless(votes):
        yield Sentence(_CARELESS, {"count": CellRef("overview", "all", "careless")})
    yield Sentence(_STABLE, {"equal": CellRef("weights", "equal", "tau")})


def _careless(votes: Mapping[str, Any] | None) -> int:
    return sum(one["careless"] for one in votes["rated_by"]) if votes is not None else 0


def _remarks(found: Mapping[str, Any]) -> Iterator[Sentence]:
    codes = {one["code"] for part in (found["whole"], found["raters"]) if part for one in part["remarks"]}
    for code, message in _REMARKS.items():
        if code in codes:
            names = [name for name in ("schools", "indexes") if f"%({name})s" in message]
            yield Sentence(message, {name: CellRef("overview", "all", name) for name in names})


def overview(audit: SystemAudit) -> Figure:
    """All numbers about the system as a whole."""
    found = audit.findings
    whole, votes = found["whole"], found["raters"] or {}
    columns = (
        Column("schools", _("schools known in full"), ColumnKind.INTEGER),
        Column("left_out", _("schools left out"), ColumnKind.INTEGER),
        Column("raters", _("raters"), ColumnKind.INTEGER),
        Column("indexes", _("indexes"), ColumnKind.INTEGER),
        *(Column(verdict, Verdict(verdict).label, ColumnKind.INTEGER) for verdict in _ORDER),
        Column("work", _("need work"), ColumnKind.INTEGER),
        Column("alpha", _("Cronbach's α"), ColumnKind.NUMBER, 2),
        Column("alpha_low", _("lower end (α)"), ColumnKind.NUMBER, 2),
        Column("alpha_high", _("upper end (α)"), ColumnKind.NUMBER, 2),
        Column("omega", _("McDonald's ω"), ColumnKind.NUMBER, 2),
        Column("kmo", _("KMO"), ColumnKind.NUMBER, 2),
        Column("kendall", _("Kendall's W"), ColumnKind.NUMBER, 2),
        Column("icc", _("ICC of the raters' mean"), ColumnKind.NUMBER, 2),
        Column("krippendorff", _("Krippendorff's α"), ColumnKind.NUMBER, 2),
        Column("careless", _("careless raters"), ColumnKind.INTEGER),
    )
    cells: tuple[Cell, ...] = (
        whole["schools"], found["left_out"], votes.get("n_raters"), len(found["indexes"]),
        *(_counted(found, verdict) for verdict in _ORDER),
        len(found["indexes"]) - _counted(found, "keep"),
        whole["alpha"], whole.get("alpha_low"), whole.get("alpha_high"),
        whole["omega"], whole["kmo"], votes.get("kendall"), votes.get("icc_mean"),
        votes.get("krippendorff"), _careless(found["raters"]),
    )  # fmt: skip
    return Figure(
        code="overview",
        kind=FigureKind.TABLE,
        title=_("The system in numbers"),
        columns=columns,
        rows=(Row("all", cells),),
        caption=_(
            "α and ω: do the indexes hang together (from 0.7 on usable). ICC, W, Krippendorff: do raters agree. KMO: is"
            " there enough in common for factors. Rules of thumb, to be confirmed; no verdict rests on one alone."
        ),
        run=audit.run.uid,
    )


def verdicts(audit: SystemAudit, scheme: LevelScheme) -> Figure:
    """Every index with its verdict and the reason in words, what needs work first."""
    rows = sorted(audit.findings["indexes"], key=lambda one: _ORDER.index(one["verdict"]))
    columns = (
        Column("index", _("index")),
        Column("verdict", _("verdict")),
        Column("reason", _("reason")),
        Column("partner", _("merge into")),
    )
    return Figure(
        code="verdicts",
        kind=FigureKind.TABLE,
        title=_("Verdict on every index"),
        columns=columns,
        rows=tuple(Row(one["name"], _verdict_cells(one, scheme.titles)) for one in rows),
        run=audit.run.uid,
    )


def _verdict_cells(one: Mapping[str, Any], titles: Mapping[str, str]) -> tuple[Cell, ...]:
    partner = titles.get(one["partner"], "")
    return (
        titles.get(one["name"], one["name"]),
        Verdict(one["verdict"]).label,
        REASONS[one["reason"]],
        partner,
    )


def indexes(audit: SystemAudit, scheme: LevelScheme) -> Figure:
    """The statistics behind the verdicts."""
    names = ("mean", "sd", "rest", "upper_lower", "vif", "icc", "alpha_without", "without")
    columns = (
        Column("index", _("index")),
        Column("mean", _("mean"), ColumnKind.NUMBER, 1),
        Column("sd", _("spread (SD)"), ColumnKind.NUMBER, 1),
        Column("rest", _("goes along with the rest (r)"), ColumnKind.SIGNED, 2),
        Column("upper_lower", _("best against weakest schools (SD)"), ColumnKind.SIGNED, 2),
        Column("vif", _("explained by the others (VIF)"), ColumnKind.NUMBER, 1),
        Column("icc", _("raters agree (ICC)"), ColumnKind.NUMBER, 2),
        Column("alpha_without", _("α without it"), ColumnKind.NUMBER, 2),
        Column("without", _("order of schools without it (τ)"), ColumnKind.NUMBER, 2),
        Column("stable", _("same verdict with other schools"), ColumnKind.PERCENT, 0),
    )
    stable = audit.findings["stable"]
    rows = tuple(
        Row(one["name"], (
            scheme.titles.get(one["name"], one["name"]), *(one[name] for name in names), stable[one["name"]],
        ))
        for one in audit.findings["indexes"]
    )  # fmt: skip
    return Figure(
        code="indexes",
        kind=FigureKind.TABLE,
        title=_("The statistics of every index"),
        caption=_(
            "The last column draws the schools anew, with replacement, and judges each index again by the data alone: a"
            " verdict that seldom comes back is a question and no finding."
        ),
        columns=columns,
        rows=rows,
        run=audit.run.uid,
    )


def weights(audit: SystemAudit) -> Figure:
    """The order of schools under other weights."""
    rows: Sequence[Mapping[str, Any]] = audit.findings["weights"]
    return Figure(
        code="weights",
        kind=FigureKind.TABLE,
        title=_("The order of schools under other weights"),
        columns=(
            Column("way", _("weights")),
            Column("tau", _("likeness of the order (Kendall's τ)"), ColumnKind.NUMBER, 2),
        ),
        rows=tuple(Row(one["way"], (WEIGHTS[one["way"]], one["tau"])) for one in rows),
        caption=_(
            "One is the same order. Weights from data alone are shown to compare and are never adopted alone."
        ),
        run=audit.run.uid,
    )


def raters(audit: SystemAudit) -> Figure:
    """Every rater without a name."""
    rows = audit.findings["raters"]["rated_by"]
    return Figure(
        code="raters",
        kind=FigureKind.TABLE,
        title=_("The raters, without names"),
        columns=(
            Column("rater", _("rater")),
            Column("answers", _("votes"), ColumnKind.INTEGER),
            Column("commonest", _("share of the commonest grade"), ColumnKind.PERCENT, 0),
            Column("along", _("goes along with the others (r)"), ColumnKind.SIGNED, 2),
            Column("careless", _("what it looks like")),
        ),
        rows=tuple(
            Row(one["name"], (
                one["name"], one["answers"], one["commonest"], one["along"],
                _("careless") if one["careless"] else _("careful"),
            ))
            for one in rows
        ),
        run=audit.run.uid,
    )  # fmt: skip
