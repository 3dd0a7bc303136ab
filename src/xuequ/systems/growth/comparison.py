"""Two evaluations side by side: what differs in their design, and what they say of the schools that both hold."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Reference, Row, Text
from xuequ.core.reports import Block, CellRef, FigureBlock, Heading, Lead, Note, Sentence
from xuequ.engines.growth.growth_design import GrowthDesign
from xuequ.systems.growth.choices import Verdict
from xuequ.systems.growth.material import Material, SchoolLine
from xuequ.systems.growth.shapes import NAME, in_sd, integer, one_row

FEWEST = 3
"""With fewer schools in common a correlation means nothing."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two evaluations and the schools with a value in both, in the order of the first."""

    first: Material
    second: Material
    both: tuple[tuple[SchoolLine, SchoolLine], ...]

    @classmethod
    def of(cls, first: Material, second: Material) -> "Compared":
        """Pair the schools by key."""
        others = {line.key: line for line in second.schools if line.effect is not None}
        pairs = ((line, others[line.key]) for line in first.schools if line.key in others)
        return cls(first, second, tuple(pair for pair in pairs if pair[0].effect is not None))

    @property
    def changed(self) -> tuple[tuple[SchoolLine, SchoolLine], ...]:
        """The schools of which the two say different things."""
        return tuple(pair for pair in self.both if pair[0].verdict != pair[1].verdict)

    @property
    def correlation(self) -> float | None:
        """Spearman's rank correlation of growth over the schools in both, or None where there is none."""
        if len(self.both) < FEWEST:
            return None
        frame = pl.DataFrame([(a.effect, b.effect) for a, b in self.both], schema=["a", "b"], orient="row")
        found = frame.select(pl.corr("a", "b", method="spearman")).item()
        return None if found is None or found != found else float(found)


def comparison_blocks(first: Material, second: Material) -> tuple[Block, ...]:
    """Return the page of two evaluations."""
    compared = Compared.of(first, second)
    blocks: list[Block] = [Lead(_lead(compared))]
    if compared.both:
        blocks += [FigureBlock(_pairs(compared), table=False), FigureBlock(_schools(compared), chart=False)]
    if first.outcome_sd is None or second.outcome_sd is None or first.outcome != second.outcome:
        blocks.append(Note((Sentence(_OWN_ZERO),)))
    blocks += [Heading(_("The evidence")), FigureBlock(_overview(compared)), FigureBlock(_designs(compared))]
    return tuple(blocks)


_OWN_ZERO = gettext_noop(
    "Zero is the average school of each evaluation by itself, in standard deviations of its own outcome: compare the"
    " order and the verdicts, not the sizes."
)


def _lead(compared: Compared) -> Sentence:
    if compared.correlation is None:
        return Sentence(
            gettext_noop(
                "The two evaluations have %(schools)s schools with a value in common, too few to compare."
            ),
            {"schools": CellRef("compared", "all", "schools")},
        )
    message = gettext_noop(
        "Of %(schools)s schools in both evaluations %(changed)s are judged differently; the order agrees with a"
        " rank correlation of %(correlation)s."
    )
    places = ("schools", "changed", "correlation")
    return Sentence(message, {place: CellRef("compared", "all", place) for place in places})


def _overview(compared: Compared) -> Figure:
    columns = (
        integer("schools", _("schools with a value in both")),
        integer("changed", _("judged differently")),
        Column("correlation", _("rank correlation"), ColumnKind.NUMBER, 2),
    )
    cells = (len(compared.both), len(compared.changed), compared.correlation)
    return one_row("compared", _("The comparison in numbers"), columns, cells)


def _pairs(compared: Compared) -> Figure:
    columns = (
        NAME,
        in_sd("first", _("growth, first evaluation")),
        in_sd("second", _("growth, second evaluation")),
    )
    rows = tuple(Row(a.key, (a.name, a.effect, b.effect), a.url) for a, b in compared.both)
    return Figure(
        "compared-pairs",
        FigureKind.QUADRANT,
        _("Growth in the one and in the other"),
        columns,
        rows,
        roles={"label": "name", "x": "first", "y": "second"},
        caption=_(
            "Schools in the fields at the lower right and the upper left are judged to opposite sides."
        ),
        alt=_("Each school by its growth in the first and in the second evaluation."),
        references=(Reference("x", 0.0, _("average school")), Reference("y", 0.0, _("average school"))),
    )


def _schools(compared: Compared) -> Figure:
    columns = (
        NAME,
        in_sd("first", _("growth, first evaluation")),
        Column("said", _("what can be said, first")),
        in_sd("second", _("growth, second evaluation")),
        Column("said2", _("what can be said, second")),
        Column("judged", _("judgement")),
    )
    different = {a.key for a, _b in compared.changed}
    # Those on which the evaluations differ are what a reader looks for; within both groups the order stays by need.
    ordered = sorted(compared.both, key=lambda pair: pair[0].key not in different)
    rows = tuple(
        Row(
            a.key,
            (
                a.name,
                a.effect,
                Verdict(a.verdict).label,
                b.effect,
                Verdict(b.verdict).label,
                _("different") if a.key in different else _("the same"),
            ),
            a.url,
        )
        for a, b in ordered
    )
    return Figure("compared-schools", FigureKind.TABLE, _("What the two say of each school"), columns, rows)


def _designs(compared: Compared) -> Figure:
    columns = (
        Column("setting", _("setting")),
        Column("first", _("first evaluation")),
        Column("second", _("second evaluation")),
        Column("same", _("comparison")),
    )
    pairs = list(zip(_settings(compared.first), _settings(compared.second), strict=True))
    rows = tuple(
        Row(code, (label, a, b, _("the same") if str(a) == str(b) else _("different")))
        for (code, label, a), (_code, _label, b) in pairs
    )
    return Figure("compared-designs", FigureKind.TABLE, _("What differs in the design"), columns, rows)


def _settings(material: Material) -> Sequence[tuple[str, Text, Cell]]:
    design: GrowthDesign = material.design
    yes_no = {True: _("yes"), False: _("no")}
    return (
        ("title", _("Title"), material.title),
        ("outcome", _("Outcome"), material.outcome),
        ("prior", _("Starting point"), material.prior),
        ("period", _("Period"), material.period or "—"),
        ("factors", _("Factors"), "、".join(design.factors) or "—"),
        ("mean", _("school's mean starting point in the model"), yes_no[design.school_mean_prior]),
        ("slope", _("own slopes of schools"), yes_no[design.random_slope]),
        ("minimum", _("Fewest pupils for a value"), str(design.minimum_pupils)),
        ("confidence", _("Certainty of the ranges"), f"{design.confidence:.0%}"),
        ("pupils", _("pupils in the model"), f"{material.models[0].n:,}"),
    )
