"""The distribution of an assessment's results, in bands; never a list of pupils."""

import math
from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row
from xuequ.record.models import Assessment

SMALLEST = 5
"""With fewer results in all, a distribution would say something about single pupils."""
BANDS = 10


def distribution(assessment: Assessment, scores: Sequence[float], levels: Sequence[str]) -> Figure | None:
    """Return the share of results in each band of scores, or in each level; None when there are too few."""
    if len(scores) >= SMALLEST:
        return _figure(assessment, _score_bands(scores, assessment.full_mark), len(scores))
    if len(levels) >= SMALLEST:
        counts = Counter(levels)
        order = [*assessment.levels, *sorted(set(counts) - set(assessment.levels))]
        return _figure(assessment, [(level, counts[level]) for level in order], len(levels))
    return None


def _score_bands(scores: Sequence[float], full_mark: float | None) -> list[tuple[str, int]]:
    """Count scores in ten equal bands from 0 to the full mark, or over their range on an open scale."""
    low = 0.0 if full_mark else min(scores)
    high = full_mark or max(scores)
    width = (high - low) / BANDS or 1.0
    counts = Counter(min(max(math.floor((score - low) / width), 0), BANDS - 1) for score in scores)
    edges = [low + place * width for place in range(BANDS + 1)]
    return [(f"{edges[place]:.3g}–{edges[place + 1]:.3g}", counts[place]) for place in range(BANDS)]


def _figure(assessment: Assessment, bands: Sequence[tuple[str, int]], total: int) -> Figure:
    rows = tuple(Row(str(place), (label, count, count / total)) for place, (label, count) in enumerate(bands))
    return Figure(
        code=f"distribution-{assessment.uid}",
        kind=FigureKind.DISTRIBUTION,
        title=_("Distribution of the results"),
        columns=(
            Column("band", _("Band")),
            Column("count", _("Pupils"), ColumnKind.INTEGER),
            Column("share", _("Share"), ColumnKind.PERCENT, decimals=1),
        ),
        rows=rows,
        roles={"label": "band", "value": "share"},
        caption=_(
            "Results in force of the schools that you may see; absent and exempt pupils are not counted."
        ),
        alt=_("Bars show which share of the results lies in each band."),
    )
