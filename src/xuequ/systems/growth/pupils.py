"""One pupil: the course over time for teachers, words for the family."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row, Text
from xuequ.engines.growth.findings import BANDS
from xuequ.systems.growth.choices import Band
from xuequ.systems.growth.queries import ListedGrowth, PupilGrowth


@dataclass(frozen=True, slots=True)
class GrowthInWords:
    """What a family reads: how far the child came and between which words the truth may lie. No number, no rank."""

    period: str
    outcome: str
    band: Text
    lowest: Text
    highest: Text
    step: int
    of: int = len(BANDS)

    @property
    def is_range(self) -> bool:
        """Whether the uncertainty reaches beyond one word."""
        return self.lowest != self.highest


def in_words(item: PupilGrowth) -> GrowthInWords:
    """Put one evaluation of a pupil into words."""
    facts = item.facts
    return GrowthInWords(
        period=item.evaluation.period,
        outcome=item.evaluation.outcome_label,
        band=Band(facts["band"]).label,
        lowest=Band(facts["band_low"]).label,
        highest=Band(facts["band_high"]).label,
        step=BANDS.index(facts["band"]) + 1,
    )


def trajectory(growth: Sequence[PupilGrowth]) -> Figure:
    """A pupil's standing at each time, with what pupils with the same start reached and the range of their results."""
    sd = _("SD")
    columns = (
        Column("time", _("when")),
        Column("actual", _("reached"), ColumnKind.SIGNED, 1, sd),
        Column("expected", _("expected"), ColumnKind.SIGNED, 1, sd),
        Column("low", _("usual range from"), ColumnKind.SIGNED, 1, sd),
        Column("high", _("usual range to"), ColumnKind.SIGNED, 1, sd),
    )
    rows = []
    for item in sorted(growth, key=lambda item: item.evaluation.period):
        facts, key = item.facts, str(item.evaluation.run.uid)
        rows.append(Row(f"{key}-start", (item.evaluation.prior_label, facts["prior"], None, None, None)))
        reached = (facts["actual"], facts["expected"], facts["expected_low"], facts["expected_high"])
        rows.append(Row(f"{key}-end", (item.evaluation.outcome_label, *reached)))
    return Figure(
        code="trajectory",
        kind=FigureKind.TRAJECTORY,
        title=_("Course over time"),
        columns=columns,
        rows=tuple(rows),
        roles={"x": "time", "value": "actual", "expected": "expected", "low": "low", "high": "high"},
        caption=_(
            "Zero is the average pupil of all schools. The range is where nearly all pupils with the same"
            " start lie; one paper is"
            " a small sample of what a pupil can do."
        ),
        alt=_("The pupil's results beside what pupils with the same start reached."),
    )


def class_lead(listed: Sequence[ListedGrowth]) -> str:
    """Say in one sentence how far the pupils of a class came."""
    bands = [
        item.facts["band"] for item in listed if item.facts is not None and item.facts["band"] is not None
    ]
    if not bands:
        return gettext("For no pupil of this class two results are known to you.")
    return gettext(
        "Of %(n)d pupils with two results, %(more)d came further than pupils with the same start and"
        " %(less)d less far."
    ) % {
        "n": len(bands),
        "more": sum(b in BANDS[3:] for b in bands),
        "less": sum(b in BANDS[:2] for b in bands),
    }


def to_talk_with(listed: Sequence[ListedGrowth]) -> list[ListedGrowth]:
    """Return at most three pupils who came less far even when the error of single papers is counted, by number."""
    sure = [item for item in listed if item.facts is not None and item.facts["band_high"] in BANDS[:2]]
    return sure[:3]
