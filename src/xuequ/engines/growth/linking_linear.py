"""Linear linking of two test forms through an anchor: from five moments of each form to a slope and an intercept.

Form X is new, form Y old; both groups also have the anchor score V. With group 1 on X and group 2 on Y, the
synthetic population gives weight w₁ to group 1 (Kolen and Brennan 2014, *Test Equating, Scaling, and Linking*,
3rd edition, chapter 4):

    chained       l(x) = μ_Y + σ_Y/σ_V2 (μ_V1 − μ_V2) + (σ_Y/σ_V2)/(σ_X/σ_V1) (x − μ_X)
    synthetic     μ_sX = μ_X − w₂γ₁Δμ              σ²_sX = σ²_X − w₂γ₁²Δσ² + w₁w₂(γ₁Δμ)²
                  μ_sY = μ_Y + w₁γ₂Δμ              σ²_sY = σ²_Y + w₁γ₂²Δσ² + w₁w₂(γ₂Δμ)²
                  l(x) = μ_sY + σ_sY/σ_sX (x − μ_sX),   Δμ = μ_V1 − μ_V2,   Δσ² = σ²_V1 − σ²_V2
    Tucker        γ = σ_XV/σ²_V                    (the regression of the total on the anchor is the same)
    Levine        γ = σ²_X/σ_XV for an internal anchor, (σ²_X + σ_XV)/(σ²_V + σ_XV) for an external one
                  (true scores on total and anchor are congeneric)
    Levine, true scores   l(x) = μ_Y + γ₂Δμ + γ₂/γ₁ (x − μ_X)
    mean          l(x) = x − μ_X + μ_Y + γ₂Δμ with Tucker's γ₂ (w₁ = 1)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xuequ.engines.errors import InputError

Array = NDArray[np.float64]
LinearMethod = Literal["mean", "chained", "tucker", "levine", "levine-true"]
LINEAR: tuple[LinearMethod, ...] = ("mean", "chained", "tucker", "levine", "levine-true")
_STEP = 1e-5


@dataclass(frozen=True, slots=True)
class Moments:
    """Means, variances and covariance of total X and anchor V in one group."""

    mean: float
    anchor_mean: float
    variance: float
    anchor_variance: float
    covariance: float

    @classmethod
    def of(cls, total: Array, anchor: Array) -> "Moments":
        """From scores, with divisor n."""
        x, v = total - total.mean(), anchor - anchor.mean()
        return cls(
            float(total.mean()), float(anchor.mean()), float(x @ x) / len(x), float(v @ v) / len(v),
            float(x @ v) / len(x),
        )  # fmt: skip

    @property
    def correlation(self) -> float:
        """Of total and anchor."""
        return self.covariance / float(np.sqrt(self.variance * self.anchor_variance))


@dataclass(frozen=True, slots=True)
class Line:
    """l(x) = intercept + slope · x, from the new form's scores to the old form's scale."""

    slope: float
    intercept: float

    def __call__(self, scores: Array) -> Array:
        """The linked scores."""
        return self.intercept + self.slope * scores


def line(
    method: LinearMethod, new: Moments, old: Moments, *, internal: bool = True, weight: float = 1.0
) -> Line:
    """Link two forms by their moments.

    Parameters
    ----------
    method : see the module
    new, old : moments of group 1 on form X and of group 2 on form Y
    internal : whether the anchor's points count in the total (Levine only)
    weight : w₁ of the synthetic population; 1 is the group of the new form

    Raises
    ------
    InputError
        ``anchor-unrelated`` when total and anchor do not go together in a group, ``no-line`` when the
        synthetic variances are not positive.

    Examples
    --------
    Kolen and Brennan's example of chapter 4, from their printed moments (1655 and 1638 pupils, internal anchor):

    >>> new = Moments(15.8205, 5.1063, 6.5278**2, 2.3760**2, 13.4088)
    >>> old = Moments(18.6728, 5.8626, 6.8784**2, 2.4515**2, 14.7603)
    >>> found = line("tucker", new, old)
    >>> round(found.slope, 4), round(found.intercept, 4)
    (1.0289, 0.537)
    """
    if min(new.covariance, old.covariance) <= 0:
        raise InputError("anchor-unrelated", "anchor and total do not go together; this anchor cannot link")
    if method == "chained":
        up, down = np.sqrt(old.variance / old.anchor_variance), np.sqrt(new.variance / new.anchor_variance)
        return _through(up / down, new.mean, old.mean + up * (new.anchor_mean - old.anchor_mean))
    gammas = [_gamma(method, moments, internal) for moments in (new, old)]
    if method in ("mean", "levine-true"):
        slope = 1.0 if method == "mean" else gammas[1] / gammas[0]
        return _through(slope, new.mean, old.mean + gammas[1] * (new.anchor_mean - old.anchor_mean))
    return _synthetic(new, old, gammas[0], gammas[1], weight)


def _gamma(method: LinearMethod, moments: Moments, internal: bool) -> float:
    if method in ("tucker", "mean"):
        return moments.covariance / moments.anchor_variance
    if internal:
        return moments.variance / moments.covariance
    return (moments.variance + moments.covariance) / (moments.anchor_variance + moments.covariance)


def _synthetic(new: Moments, old: Moments, gamma1: float, gamma2: float, w1: float) -> Line:
    w2 = 1.0 - w1
    shift, spread = new.anchor_mean - old.anchor_mean, new.anchor_variance - old.anchor_variance
    variance_x = new.variance - w2 * gamma1**2 * spread + w1 * w2 * (gamma1 * shift) ** 2
    variance_y = old.variance + w1 * gamma2**2 * spread + w1 * w2 * (gamma2 * shift) ** 2
    if min(variance_x, variance_y) <= 0:
        raise InputError("no-line", "the groups differ too much in the anchor's spread for this method")
    slope = float(np.sqrt(variance_y / variance_x))
    return _through(slope, new.mean - w2 * gamma1 * shift, old.mean + w1 * gamma2 * shift)


def _through(slope: float, x: float, y: float) -> Line:
    return Line(float(slope), float(y - slope * x))


def delta_errors(
    link: Callable[[Moments, Moments], Line],
    new: tuple[Array, Array],
    old: tuple[Array, Array],
    scores: Array,
) -> Array:
    """Return standard errors of the linked scores by the delta method, without assuming normal scores.

    The five moments of a group are means over its pupils, so their covariance is that of the pupils'
    contributions (x, v, (x − μ)², (v − μ)², (x − μ)(v − μ)) over n; the derivatives are taken numerically.

    Parameters
    ----------
    link : the method, a function of both groups' moments
    new, old : totals and anchor scores of the pupils of each group
    scores : where the errors are wanted, shape (k,)

    Returns
    -------
    numpy.ndarray
        standard errors, shape (k,)
    """
    moments = (Moments.of(*new), Moments.of(*old))
    variance = np.zeros(len(scores))
    for group, (total, anchor) in enumerate((new, old)):
        gradient = _gradient(link, moments, group, scores)
        covariance = np.cov(_contributions(total, anchor), ddof=0) / len(total)
        variance += np.einsum("ik,ij,jk->k", gradient, covariance, gradient)
    return np.sqrt(variance)


def _contributions(total: Array, anchor: Array) -> Array:
    x, v = total - total.mean(), anchor - anchor.mean()
    return np.vstack([total, anchor, x**2, v**2, x * v])


def _gradient(
    link: Callable[[Moments, Moments], Line], moments: tuple[Moments, Moments], group: int, scores: Array
) -> Array:
    """Central differences of the linked scores by the five moments of one group, shape (5, k)."""
    here = moments[group]
    sd, anchor_sd = np.sqrt(here.variance), np.sqrt(here.anchor_variance)
    units = np.array([sd, anchor_sd, here.variance, here.anchor_variance, sd * anchor_sd]) * _STEP
    values = np.array([here.mean, here.anchor_mean, here.variance, here.anchor_variance, here.covariance])
    rows = []
    for k, step in enumerate(units):
        linked = []
        for sign in (1.0, -1.0):
            moved = values.copy()
            moved[k] += sign * step
            pair = [*moments]
            pair[group] = Moments(*moved.tolist())
            linked.append(link(pair[0], pair[1])(scores))
        rows.append((linked[0] - linked[1]) / (2.0 * step))
    return np.vstack(rows)
