"""The mixed models of an evaluation and what they say of each school, with honest uncertainty.

Model: y_ij = x_ij'β + z_ij'u_j + e_ij, u_j ~ N(0, G), e_ij ~ N(0, σ²), by REML. A school's effect is its
predicted u_j (at the mean starting point) minus the mean over the schools of the run: **the average school of
this run is the zero**.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import spearmanr

from xuequ.engines.growth.intervals import Array, discoveries, quantile, two_sided_p
from xuequ.engines.growth.mixed import MixedModelFit, fit_mixed_model, predict
from xuequ.engines.growth.uncertainty import variance_from_estimating, variance_from_mean_start


@dataclass(frozen=True, slots=True, eq=False)
class SchoolEffects:
    """Effects against the average school of the run, in the units of the outcome.

    Attributes
    ----------
    schools : labels, length J
    effect : centred predictions, shape (J,)
    covariance : prediction-error covariance of ``effect``, shape (J, J)
    conditional_se : SE given the fixed effects, uncentred, as other software prints it, shape (J,)
    reliability : share of the variance between schools that the school's data resolve, shape (J,)
    df : degrees of freedom between schools
    """

    schools: tuple[str, ...]
    effect: Array
    covariance: Array
    conditional_se: Array
    reliability: Array
    df: float

    @property
    def se(self) -> Array:
        """Prediction-error SE, shape (J,)."""
        return np.sqrt(np.clip(np.diag(self.covariance), 0.0, None))

    def intervals(self, confidence: float) -> tuple[Array, Array]:
        """Lower and upper ends of the prediction intervals."""
        half = quantile(confidence, self.df) * self.se
        return self.effect - half, self.effect + half

    def distinct_pairs(self, confidence: float, chosen: Sequence[int]) -> NDArray[np.bool_]:
        """Which of the chosen schools differ, by each pair's exact SE and the false discovery rate over all pairs."""
        covariance, effect = self.covariance[np.ix_(chosen, chosen)], self.effect[list(chosen)]
        rows, columns = np.triu_indices(len(chosen), 1)
        variance = np.diag(covariance)
        squared = variance[rows] + variance[columns] - 2 * covariance[rows, columns]
        difference = effect[rows] - effect[columns]
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = np.where(squared > 0, difference / np.sqrt(squared), 0.0)
        found = np.zeros((len(chosen),) * 2, dtype=bool)
        found[rows, columns] = discoveries(two_sided_p(statistic, self.df), 1 - confidence)
        return found | found.T


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """One model fitted to the pupils with both scores; ``expected`` is x'β for each row given, shape (n,)."""

    code: str
    formula: str
    fit: MixedModelFit
    effects: SchoolEffects
    expected: Array
    explained: float

    @property
    def school_variance(self) -> float:
        """Variance between schools at the mean starting point."""
        return float(self.fit.random.covariance[0, 0])

    @property
    def boundary(self) -> bool:
        """Whether the data show no variance between schools at all."""
        return self.school_variance <= 0.0


def fit_model(code: str, frame: pl.DataFrame, predictors: Sequence[str], *, slope: bool) -> Fitted:
    """Fit ``actual`` on the predictors with schools at random; every row of ``frame`` must be complete."""
    fixed = " + ".join(predictors)
    formula = f"actual ~ {fixed} + ({'prior' if slope else '1'} | school)"
    fit = fit_mixed_model(frame, formula, method="reml")
    expected = predict(fit, frame).fixed
    actual = frame["actual"].to_numpy()
    explained = 1.0 - float(np.var(actual - expected) / np.var(actual))
    return Fitted(code, formula, fit, _effects(fit, frame), expected, explained)


def rank_correlation(a: Array, b: Array) -> float | None:
    """Return Spearman's correlation, or None when one side does not vary."""
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(spearmanr(a, b).statistic)


def _effects(fit: MixedModelFit, frame: pl.DataFrame) -> SchoolEffects:
    J = len(fit.groups)
    centring = np.eye(J) - 1.0 / J
    effect = fit.effects[:, 0]
    reliability = fit.reliability[:, 0]
    between = 1 + ("intake" in fit.fixed)
    error = fit.prediction_covariance() + np.diag(_left_out(fit, frame, reliability, between))
    return SchoolEffects(
        schools=fit.groups,
        effect=effect - effect.mean(),
        covariance=centring @ error @ centring,
        conditional_se=fit.se[:, 0],
        reliability=reliability,
        df=max(J - between, 1),
    )


def _left_out(fit: MixedModelFit, frame: pl.DataFrame, reliability: Array, between: int) -> Array:
    """Variance that the model's own prediction error leaves out, shape (J,)."""
    by_school = frame.group_by("school").agg(pl.len().alias("n"), pl.col("prior").var(ddof=0).alias("spread"))
    pupils = dict(by_school.select("school", "n").iter_rows())
    inner = float((by_school["n"] * by_school["spread"]).sum()) / max(frame.height - by_school.height, 1)
    coefficient = fit.fixed["intake"].estimate if "intake" in fit.fixed else 0.0
    n = np.array([pupils[school] for school in fit.groups], dtype=np.float64)
    return variance_from_estimating(
        float(fit.random.covariance[0, 0]), reliability, between
    ) + variance_from_mean_start(coefficient, inner, n, reliability)
