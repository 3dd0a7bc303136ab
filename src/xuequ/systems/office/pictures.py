"""The distribution of an assessment's results, in bands; never a list of pupils."""

import math
from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row
from xuequ.record.models import Assessment

SMALLEST = 5
"""Fewer results than this would say something about single pupils."""
BANDS = 10


def distribution(
    assessment: Assessment, scores: Sequence[float], levels: Sequence[str], *, above_school: bool
) -> Figure | None:
    """Return the share of results in each band of scores, or in each level; None when there are too few.

    Above school level a band with one to four pupils is left blank.
    """
    if len(scores) >= SMALLEST:
        bands = _score_bands(scores, assessment.full_mark)
        return _figure(assessment, bands, len(scores), above_school)
    if len(levels) >= SMALLEST:
        counts = Counter(levels)
        order = [*assessment.levels, *sorted(set(counts) - set(assessment.levels))]
        return _figure(assessment, [(level, counts[level]) for level in order], len(levels), above_school)
    return None


def _score_bands(scores: Sequence[float], full_mark: float | None) -> list[tuple[str, int]]:
    """Count scores in ten equal bands from 0 to the full mark, or over their range on an open scale."""
    low = 0.0 if full_mark else min(scores)
    high = full_mark or max(scores)
    width = (high - low) / BANDS or 1.0
    counts = Counter(min(max(math.floor((score - low) / width), 0), BANDS - 1) for score in scores)
    edges = [low + place * width for place in range(BANDS + 1)]
    return [(f"{edges[place]:.3g}–{edges[place + 1]:.3g}", counts[place]) for place in range(BANDS)]


def _figure(
    assessment: Assessment, bands: Sequence[tuple[str, int]], total: int, above_school: bool
) -> Figure:
    rows = []
    for place, (label, count) in enumerate(bands):
        hidden = above_school and 0 < count < SMALLEST
        rows.append(Row(str(place), (label, None, None) if hidden else (label, count, count / total)))
    return Figure(
        code=f"distribution-{assessment.uid}",
        kind=FigureKind.DISTRIBUTION,
        title=_("Distribution of the results"),
        columns=(
            Column("band", _("Band")),
            Column("count", _("Pupils"), ColumnKind.INTEGER),
            Column("share", _("Share"), ColumnKind.PERCENT, decimals=1),
        ),
        rows=tuple(rows),
        roles={"label": "band", "value": "share"},
        caption=_(
            "Results in force of the schools that you may see; absent and exempt pupils are not counted. "
            "Above school level, bands with fewer than five pupils are left blank."
        ),
        alt=_("Bars show which share of the results lies in each band."),
    )
