"""Whether scores stand on one scale: what a column of scores can show about it, and what it cannot.

A percentile compares scores with earlier ones through models; on another scale the numbers would still come out
and mean nothing. Two scales whose scores overlap, such as 100 and 150 points in one column, cannot be told apart
by their values alone: the person who brings the file declares the scale.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.growth.splines import BOUNDARY_MARGIN

FloatArray = NDArray[np.float64]

# An empty stretch as wide as this part of the range, with scores of several kinds on both sides.
_GAP = 0.25
_FEWEST_VALUES_BESIDE = 5
_SHARE_BESIDE = 0.02
_FEWEST_FOR_GAP = 100
# A cohort's mean moves by tenths of a standard deviation over years; a whole one is another scale or test.
_LARGEST_SHIFT = 1.0
_LARGEST_SPREAD = 5.0 / 3.0
FEWEST_TO_COMPARE = 200
# Single scores beyond the bounds are outliers whose pupils are not judged; more of them are another scale.
_FEW_OUTSIDE = 0.01


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """Where the scores of a reference group lie (score points).

    Attributes
    ----------
    low, high : lowest and highest score
    mean, sd : of the group, sd with divisor n - 1
    n : scores
    """

    low: float
    high: float
    mean: float
    sd: float
    n: int

    @classmethod
    def of(cls, scores: pl.Series) -> "ScoreScale":
        """The scale of the scores that are not missing."""
        values = scores.drop_nulls().to_numpy().astype(np.float64)
        sd = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        return cls(float(values.min()), float(values.max()), float(values.mean()), sd, len(values))

    @property
    def bounds(self) -> tuple[float, float]:
        """The range widened by a tenth of its length on each side: as far as the splines are laid out."""
        margin = BOUNDARY_MARGIN * (self.high - self.low)
        return self.low - margin, self.high + margin

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, as for a JSON file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "ScoreScale":
        """A scale saved by `to_dict`."""
        return cls(data["low"], data["high"], data["mean"], data["sd"], data["n"])


def refuse_mixed_scales(scores: pl.Series) -> None:
    """Refuse a column whose scores fall into two groups with nothing in between.

    Raises
    ------
    InputError
        ``mixed-scales`` with both groups: at least 2 % of the scores and 5 different ones on each side of an
        empty stretch that is a quarter of the range or more. Fewer than 100 scores are not judged.
    """
    values = np.sort(scores.drop_nulls().to_numpy())
    if len(values) < _FEWEST_FOR_GAP:
        return
    place = int(np.diff(values).argmax()) + 1
    low, high = values[:place], values[place:]
    if high[0] - low[-1] < _GAP * (values[-1] - values[0]) or values[0] == values[-1]:
        return
    if all(_is_group(side, len(values)) for side in (low, high)):
        message = (
            f"{len(low)} scores lie from {low[0]:g} to {low[-1]:g}, {len(high)} from {high[0]:g} to {high[-1]:g} "
            "and none in between: two scales in one column; bring them to one scale or judge them apart"
        )
        raise InputError("mixed-scales", message, column=scores.name)


def outside(scores: pl.Series, reference: ScoreScale) -> pl.Series:
    """Which scores lie beyond the bounds of a reference group; a missing one does not."""
    low, high = reference.bounds
    return ((scores < low) | (scores > high)).fill_null(value=False)


def refuse_other_scale(scores: pl.Series, reference: ScoreScale, whose: str) -> bool:
    """Refuse scores that cannot be on the scale of a reference group.

    Parameters
    ----------
    scores : score points, missing ones null
    reference : scale of the group that gave the norms
    whose : what to call that group in the refusal

    Returns
    -------
    bool
        False when fewer than 200 scores allow no comparison of means and spreads: then only bounds were checked

    Raises
    ------
    InputError
        ``outside-scale`` when more than 1 % of the pupils have a score beyond the reference bounds, with their
        number; ``scale-not-linked`` when the mean differs by more than a standard deviation, or one spread is
        more than 5/3 of the other.
    """
    known = scores.drop_nulls().cast(pl.Float64)
    beyond = int(outside(known, reference).sum())
    if beyond > _FEW_OUTSIDE * len(known):
        low, high = reference.bounds
        message = (
            f"{beyond} of {len(known)} pupils have a score outside {low:g} to {high:g}, the bounds of {whose}; "
            "the scales are not linked, or these scores are wrong"
        )
        raise InputError("outside-scale", message, column=scores.name)
    if len(known) < FEWEST_TO_COMPARE or reference.n < FEWEST_TO_COMPARE:
        return False
    _refuse_shifted(ScoreScale.of(known), reference, whose, scores.name)
    return True


def _refuse_shifted(own: ScoreScale, reference: ScoreScale, whose: str, column: str) -> None:
    shift = (own.mean - reference.mean) / reference.sd
    spread = own.sd / reference.sd
    if abs(shift) > _LARGEST_SHIFT or not 1.0 / _LARGEST_SPREAD <= spread <= _LARGEST_SPREAD:
        message = (
            f"mean {own.mean:.6g} and standard deviation {own.sd:.6g} against {reference.mean:.6g} and "
            f"{reference.sd:.6g} of {whose}: not the same scale; link the scores first"
        )
        raise InputError("scale-not-linked", message, column=column)


def _is_group(side: FloatArray, n: int) -> bool:
    return len(side) >= _SHARE_BESIDE * n and len(np.unique(side)) >= _FEWEST_VALUES_BESIDE
