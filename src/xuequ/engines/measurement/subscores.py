"""What the part of a paper about one knowledge point may be used for.

Haberman (2008) predicts a pupil's true score on the part, τ, from the part's own score s, from the paper's total x, and
from both. The proportional reduction of mean squared error (PRMSE) of a linear predictor with covariance matrix S and
covariances c with τ is cᵀS⁻¹c / Var(τ), where Var(τ) = ρ Var(s) with the reliability ρ of s, and because s is a part
of x, Cov(τ, x) = Cov(s, x) − (1 − ρ) Var(s). A part's score *adds value* when PRMSE(s) = ρ exceeds PRMSE(x).
With s alone the predictor is Kelley's (1927); with two parts, s and x together are Wainer's augmented scores (2001).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from xuequ.engines.consistency import alpha_of
from xuequ.engines.measurement.findings import PointStatistics
from xuequ.engines.measurement.responses import Responses, point_names

Floats = npt.NDArray[np.float64]
WORTHWHILE = 0.01
"""By as much the augmented prediction must beat that from the total alone to say something of the part itself."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Pupils' true shares of one point predicted from its own score and the total, (pupils,), NaN where unknown."""

    point: str
    value: Floats
    low: Floats
    high: Floats


def point_statistics(responses: Responses) -> list[PointStatistics]:
    """Return the statistics of each knowledge point, from the pupils who were given every item."""
    whole = responses.of_complete()
    return [_statistics(whole, point) for point in point_names(responses)]


def _part(responses: Responses, point: str) -> Floats:
    places = [place for place, item in enumerate(responses.items) if item.point == point]
    return responses.scores[:, places]


def _statistics(whole: Responses, point: str) -> PointStatistics:
    scores, full = _part(whole, point), _full_mark(whole, point)
    own, total = scores.sum(axis=1), whole.scores.sum(axis=1)
    alpha = alpha_of(scores)
    known = alpha if alpha is not None and 0 < alpha < 1 and scores.shape[1] < len(whole.items) else None
    predictors = None if known is None else Prediction.of(own, total, known)
    return PointStatistics(
        point=point,
        items=tuple(item.number for item in whole.items if item.point == point),
        full_mark=full,
        weight=full / float(whole.full_marks.sum()),
        n=len(own),
        mean=float(own.mean() / full),
        sd=float(own.std(ddof=1) / full),
        reliability=alpha,
        prmse_own=None if predictors is None else predictors.own,
        prmse_total=None if predictors is None else predictors.total,
        prmse_both=None if predictors is None else predictors.both,
        disattenuated=None if known is None else _disattenuated(own, total - own, known, whole, point),
        use=use_of(predictors.own, predictors.total, predictors.both) if predictors is not None else "none",
    )


def _full_mark(responses: Responses, point: str) -> float:
    return sum(item.full_mark for item in responses.items if item.point == point)


def use_of(own: float, total: float, both: float) -> str:
    """Return what one pupil may be told by the three PRMSE values (Haberman's rule).

    >>> use_of(0.80, 0.70, 0.84), use_of(0.50, 0.65, 0.70), use_of(0.40, 0.75, 0.752)
    ('own', 'both', 'total')
    """
    if own > total:
        return "own"
    # A prediction without any error is an estimate beyond its bound: the part is the paper over again.
    return "both" if total + WORTHWHILE < both < 1 else "total"


@dataclass(frozen=True, slots=True)
class Prediction:
    """PRMSE of the three predictors, and the weights of own score and total in the one from both.

    ``variance`` is that of the true score.
    """

    own: float
    total: float
    both: float
    weights: Floats
    variance: float

    @classmethod
    def of(cls, own: Floats, total: Floats, reliability: float) -> "Prediction":
        """Predict the true score behind ``own``, (pupils,), with the given reliability."""
        return cls.from_covariance(np.cov(own, total), reliability)

    @classmethod
    def from_covariance(cls, covariance: Floats, reliability: float) -> "Prediction":
        """Predict from the covariance matrix of own score and total, (2, 2).

        >>> found = Prediction.from_covariance(np.array([[4.0, 6.0], [6.0, 16.0]]), 0.75)
        >>> found.own, round(found.total, 4), round(found.both, 4)
        (0.75, 0.5208, 0.7619)
        """
        true = reliability * covariance[0, 0]
        with_total = covariance[0, 1] - (1 - reliability) * covariance[0, 0]
        known = np.array([true, with_total])
        weights = np.linalg.lstsq(covariance, known, rcond=None)[0]
        return cls(
            own=reliability,
            total=min(float(with_total**2 / (true * covariance[1, 1])), 1.0),
            both=min(float(known @ weights / true), 1.0),
            weights=weights,
            variance=float(true),
        )


def _disattenuated(own: Floats, rest: Floats, known: float, whole: Responses, point: str) -> float | None:
    others = [place for place, item in enumerate(whole.items) if item.point != point]
    alpha = alpha_of(whole.scores[:, others])
    if alpha is None or alpha <= 0 or own.std() <= 0 or rest.std() <= 0:
        return None
    return float(np.corrcoef(own, rest)[0, 1] / (known * alpha) ** 0.5)


def estimates(
    responses: Responses, points: Sequence[PointStatistics], confidence: float = 0.95
) -> list[Estimates]:
    """Predict each pupil's true share of each point that may be told; others are left out.

    The interval is the prediction ± z · sqrt(Var(τ)(1 − PRMSE)), cut to 0..1.
    """
    told = [row for row in points if row.use in {"own", "both"}]
    return [_estimates(responses, row, confidence) for row in told]


def _estimates(responses: Responses, row: PointStatistics, confidence: float) -> Estimates:
    kept = responses.complete
    own, total = _part(responses, row.point).sum(axis=1), responses.scores.sum(axis=1)
    prediction = Prediction.of(own[kept], total[kept], row.reliability or 0.0)
    centred = np.column_stack([own - own[kept].mean(), total - total[kept].mean()])
    value = (own[kept].mean() + centred @ prediction.weights) / row.full_mark
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    half = z * (prediction.variance * (1 - prediction.both)) ** 0.5 / row.full_mark
    return Estimates(
        row.point,
        np.clip(value, 0.0, 1.0),
        np.clip(value - half, 0.0, 1.0),
        np.clip(value + half, 0.0, 1.0),
    )
