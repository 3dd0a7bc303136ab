"""Growth percentiles freed of the errors of measurement in earlier scores, by simulation and extrapolation (SIMEX).

An earlier score that carries error predicts too little: pupils whose true earlier score was high look as if they
had grown more, and so do their schools. SIMEX (Cook and Stefanski 1994, *Journal of the American Statistical
Association* 89, 1314-1328; for growth percentiles Shang, VanIwaarden and Betebenner 2015, *Educational Measurement:
Issues and Practice* 34(1), 4-14) adds more and more error, sees how the expected scores move, and follows that
movement back to no error at all: to lambda = -1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.growth.measurement_error import csem_values
from xuequ.engines.growth.percentiles import (
    HIGHEST,
    LOWEST,
    TAUS,
    GrowthPercentiles,
    PercentileDesign,
    PercentileModel,
    design_matrix,
    growth_percentiles,
    nan_as_missing,
    percentile_ranks,
    sorted_expectations,
)
from xuequ.engines.growth.quantile import fit_quantile_process

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Extrapolation = Literal["linear", "quadratic"]

LAMBDAS = (0.0, 0.5, 1.0, 1.5, 2.0)
_PARTS = 8
_MIDDLE = len(TAUS) // 2


@dataclass(frozen=True, slots=True)
class SimexSettings:
    """How much is simulated, and how it is extrapolated.

    Attributes
    ----------
    simulations : B, draws of errors; each serves all lambdas and orders, so that these differ by no chance
    lambdas : variance of the error added, in multiples of that of the error there is; 0 is the first
    extrapolation : polynomial in lambda that is followed to -1
    """

    simulations: int = 50
    lambdas: tuple[float, ...] = LAMBDAS
    extrapolation: Extrapolation = "linear"

    def weights(self) -> FloatArray:
        """What each lambda's expected score contributes to that at lambda = -1; they sum to 1.

        Least squares and evaluation are both linear, so extrapolating is a weighted sum.

        Raises
        ------
        InputError
            ``bad-simex`` when the settings allow no extrapolation.

        Examples
        --------
        >>> SimexSettings(lambdas=(0.0, 1.0)).weights().round(6).tolist()
        [2.0, -1.0]
        """
        degree = {"linear": 1, "quadratic": 2}.get(self.extrapolation, 0)
        grid = np.array(self.lambdas, dtype=np.float64)
        if not degree or self.simulations < 2:
            raise InputError(
                "bad-simex", "SIMEX takes at least 2 simulations and linear or quadratic extrapolation"
            )
        if len(grid) <= degree or grid[0] != 0.0 or not (np.diff(grid) > 0.0).all():
            raise InputError("bad-simex", f"lambdas start at 0, increase, and are more than {degree}")
        powers = np.vander(grid, degree + 1, increasing=True)
        weights: FloatArray = (-1.0) ** np.arange(degree + 1) @ np.linalg.pinv(powers)
        return weights


@dataclass(frozen=True, slots=True, eq=False)
class SimexPercentiles:
    """Percentiles of one cohort freed of the measurement errors of its earlier scores.

    Attributes
    ----------
    table : rows of the pupils with a percentile in the order of the input: ``id``; ``sgp_simex`` (1 to 99) from the
        highest order available and that ``sgp_order``; ``sgp_simex_ranked``, the same made uniform over the cohort
    naive : the percentiles that take the earlier scores as exact, and their models
    fits : quantile processes solved on simulated scores
    simulation_error : for each order the standard error that the number of simulations leaves in the median
        expected score, root mean square over pupils, score points
    """

    table: pl.DataFrame
    naive: GrowthPercentiles
    fits: int
    simulation_error: tuple[float, ...]


def simex_percentiles(
    table: pl.DataFrame,
    design: PercentileDesign,
    rng: np.random.Generator,
    settings: SimexSettings | None = None,
) -> SimexPercentiles:
    """Growth percentiles of one cohort, corrected by SIMEX.

    For each simulation b and each lambda the priors become ``w + sqrt(lambda) csem z_b``, kept within the
    boundaries of their splines; the 100 quantiles are fitted anew and the expected scores taken at the same
    priors. Their means over b, for each pupil and tau, are extrapolated to lambda = -1, sorted, rounded to 5
    decimals and compared with the score as in `growth_percentiles`. Knots and boundaries stay those of the
    design: all fits lie in one space of splines.

    The ranked variant places each pupil between two expected scores to an eighth of a percentile, ranks
    these places over the cohort (the mean rank where they are equal), and gives the percentile that the rank
    has in a uniform distribution.

    Parameters
    ----------
    table : as for `growth_percentiles`, and the standard errors ``csem_1``, ``csem_2`` ... of the priors
    design : splines and settings
    rng : source of the simulated errors; the same state gives the same result, whatever the order of the rows
    settings : 50 simulations, lambdas 0, .5, 1, 1.5, 2 and linear extrapolation when left out

    Raises
    ------
    InputError
        those of `growth_percentiles` and `csem_values`; ``bad-simex``.
    """
    settings = settings or SimexSettings()
    weights = settings.weights()
    naive = growth_percentiles(table, design)
    pupils = nan_as_missing(table).drop_nulls(["score", "prior_1"]).sort("id")
    orders = _orders(pupils, naive.models, weights)
    names = [f"prior_{j}" for j in range(1, len(orders) + 1)]
    errors = np.column_stack([csem_values(table, name) for name in names])
    errors = errors[_places(table["id"], pupils["id"])]
    for _ in range(settings.simulations):
        noise = errors * rng.standard_normal(errors.shape)
        for order in orders:
            order.simulate(noise, settings.lambdas[1:], weights[1:])
    judged = _judged(orders, pupils, settings.simulations, design.ceiling)
    places = _places(judged["id"], naive.table["id"])
    fits = settings.simulations * (len(weights) - 1) * len(orders)
    spread = tuple(order.simulation_error(settings.simulations) for order in orders)
    return SimexPercentiles(judged[places], naive, fits, spread)


class _Order:
    """The simulations of one order: the pupils with that many priors, and sums over the simulations so far."""

    def __init__(self, model: PercentileModel, score: FloatArray, priors: FloatArray, weight: float) -> None:
        self.rows = ~np.isnan(priors[:, : model.order].sum(axis=1))
        self.bases, self.score = model.bases, score[self.rows]
        self.priors = priors[self.rows, : model.order]
        self.without_error = weight * (design_matrix(self.priors, self.bases) @ model.coefficients)
        self.total = np.zeros_like(self.without_error)
        self.squares = np.zeros(len(self.score))
        self.limits = np.array([(basis.lower, basis.upper) for basis in self.bases]).T

    def simulate(self, noise: FloatArray, lambdas: Sequence[float], weights: FloatArray) -> None:
        """One draw of errors at all lambdas."""
        own = noise[self.rows, : len(self.bases)]
        extrapolated = np.zeros_like(self.total)
        for size, weight in zip(lambdas, weights, strict=True):
            X = design_matrix((self.priors + np.sqrt(size) * own).clip(*self.limits), self.bases)
            extrapolated += X @ (weight * fit_quantile_process(X, self.score, TAUS).coefficients)
        self.total += extrapolated
        self.squares += extrapolated[:, _MIDDLE] ** 2

    def expected(self, simulations: int) -> FloatArray:
        """Expected scores extrapolated to no error, sorted and rounded."""
        return sorted_expectations(self.without_error + self.total / simulations)

    def simulation_error(self, simulations: int) -> float:
        """Standard error of the mean over simulations at the middle tau, root mean square over pupils."""
        mean = self.total[:, _MIDDLE] / simulations
        variance = (self.squares - simulations * mean**2) / (simulations - 1)
        return float(np.sqrt(max(variance.mean(), 0.0) / simulations))


def _orders(pupils: pl.DataFrame, models: Sequence[PercentileModel], weights: FloatArray) -> list[_Order]:
    names = [f"prior_{j}" for j in range(1, len(models) + 1)]
    priors = pupils.select(pl.col(names).cast(pl.Float64).fill_null(np.nan)).to_numpy()
    score = pupils["score"].cast(pl.Float64).to_numpy()
    return [_Order(model, score, priors, float(weights[0])) for model in models]


def _judged(
    orders: Sequence[_Order], pupils: pl.DataFrame, simulations: int, ceiling: float | None
) -> pl.DataFrame:
    sgp, used = np.zeros(len(pupils), dtype=np.int64), np.zeros(len(pupils), dtype=np.int64)
    place = np.zeros(len(pupils))
    for order in orders:
        expected = order.expected(simulations)
        sgp[order.rows] = percentile_ranks(expected, order.score, ceiling)
        place[order.rows], used[order.rows] = _fine_places(expected, order.score), len(order.bases)
    ranked = _uniform(place)
    return pl.DataFrame({"id": pupils["id"], "sgp_simex": sgp, "sgp_order": used, "sgp_simex_ranked": ranked})


def _fine_places(expected: FloatArray, score: FloatArray) -> FloatArray:
    """How many expected scores lie below, with the part of the way to the next in eighths; 0 to 100."""
    below = np.count_nonzero(expected < score[:, None], axis=1)
    inside = (below > 0) & (below < expected.shape[1])
    rows, last = np.flatnonzero(inside), below[inside]
    left, right = expected[rows, last - 1], expected[rows, last]
    places = below.astype(np.float64)
    places[rows] += np.floor(_PARTS * (score[rows] - left) / (right - left)).clip(max=_PARTS - 1) / _PARTS
    return places


def _uniform(places: FloatArray) -> IntArray:
    """The percentile of each rank in a uniform distribution: how many taus lie below it."""
    ranks = (pl.Series(places).rank("average").to_numpy() - 0.5) / len(places)
    return np.searchsorted(TAUS, ranks, side="left").clip(LOWEST, HIGHEST).astype(np.int64)


def _places(ids: pl.Series, wanted: pl.Series) -> NDArray[np.intp]:
    """Where each wanted number stands among the numbers."""
    index = pl.DataFrame({"id": ids}).with_row_index("place")
    found = pl.DataFrame({"id": wanted}).join(index, on="id", how="left", maintain_order="left")
    return found["place"].to_numpy().astype(np.intp)
