"""Where pupils get to if they keep a constant growth percentile, and which percentile takes them to a cut in time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.growth.percentiles import (
    HIGHEST,
    LOWEST,
    TAUS,
    PercentileModel,
    check_ids,
    nan_as_missing,
    sorted_expectations,
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class NextGrade:
    """One step ahead: how scores of a grade follow from those before.

    Attributes
    ----------
    grade : the grade reached
    models : for the orders 1, 2 ... as fitted in the latest year
    score_range : lowest and highest score between which trajectories are kept; None for no limit
    """

    grade: int
    models: tuple[PercentileModel, ...]
    score_range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Percentile growth trajectories of the pupils of one grade.

    Attributes
    ----------
    ids : pupils with a score this year, in the order of the input
    score : this year's, score points, shape (n,)
    grades : grades reached, one for each year ahead, length Y
    trajectories : score points; entry [i, y, p] is pupil i's score y + 1 years ahead on percentile p
        (tau = (p + .5) / 100), increasing in p; shape (n, Y, 100)
    orders : how many earlier scores, known and projected, each step used, shape (n, Y)
    """

    ids: pl.Series
    score: FloatArray
    grades: tuple[int, ...]
    trajectories: FloatArray
    orders: NDArray[np.int64]

    def table(self, percentiles: Sequence[int], decimals: int = 0) -> pl.DataFrame:
        """Rounded scores: ``id`` and ``p<p>_year_<y>`` for each percentile and year ahead."""
        _check_percentiles(percentiles)
        columns = {
            f"p{p}_year_{year + 1}": np.round(self.trajectories[:, year, p], decimals)
            for year in range(len(self.grades))
            for p in percentiles
        }
        return pl.DataFrame({"id": self.ids, **columns})


def project(table: pl.DataFrame, steps: Sequence[NextGrade]) -> Projection:
    """Trajectories at each of the 100 percentiles, as many years ahead as there are steps.

    The score expected at a tau takes the place of the most recent prior in the next grade's model at the same
    tau, and so on. Each step uses the highest order for which the pupil has scores, known or projected. The
    100 values of a pupil are sorted after each step, rounded to 5 decimals and kept within the grade's range.
    These are the paths of constant growth, not forecasts: staying year after year on percentile 90 is much
    rarer than one pupil in ten.

    Parameters
    ----------
    table : one row for each pupil: ``id``, ``score`` (this year), ``prior_1`` (a year before) ...; missing ones null
    steps : one for each year ahead, the nearest first

    Raises
    ------
    InputError
        ``no-steps``, ``unknown-column``, ``missing-id``, ``duplicate-id``, ``no-scores``.
    """
    if not steps or not all(step.models for step in steps):
        raise InputError("no-steps", "a projection needs a model for each year ahead")
    for name in ("id", "score"):
        if name not in table.columns:
            raise InputError("unknown-column", "the table lacks this column", column=name)
    check_ids(table["id"])
    pupils = nan_as_missing(table).drop_nulls("score")
    if pupils.is_empty():
        raise InputError("no-scores", "nobody has a score to start from")
    known = _known(pupils)
    trajectories = np.empty((len(pupils), len(steps), len(TAUS)))
    orders = np.empty((len(pupils), len(steps)), dtype=np.int64)
    lengths = (~np.isnan(known)).cumprod(axis=1).sum(axis=1)
    for length in np.unique(lengths):
        rows = lengths == length
        trajectories[rows], orders[rows] = _paths(known[rows, :length], steps)
    score = known[:, 0].copy()
    return Projection(pupils["id"], score, tuple(step.grade for step in steps), trajectories, orders)


def growth_targets(projection: Projection, cuts: Mapping[int, float], cut_now: float) -> pl.DataFrame:
    """The lowest constant percentile with which each pupil reaches a cut, and holds it.

    A pupil now below the cut is to catch up: the target is the least over the years, since reaching it in one
    of them is enough. A pupil now at or above it is to keep up: the target is the greatest over the years, since
    it has to be held in each of them.

    Parameters
    ----------
    projection : trajectories
    cuts : the cut of each grade reached, score points; it is reached by a score not below it
    cut_now : the cut of the present grade

    Returns
    -------
    DataFrame
        ``id``; ``target`` (1 to 99, null if even 99 is not enough), ``above`` (now at or above the cut);
        ``target_year_<y>`` for each year ahead

    Raises
    ------
    InputError
        ``missing-cut`` with the grade.
    """
    for grade in projection.grades:
        if grade not in cuts:
            raise InputError("missing-cut", f"there is no cut for grade {grade}")
    needed = np.array([cuts[grade] for grade in projection.grades])
    paths = projection.trajectories[:, :, LOWEST : HIGHEST + 1]
    by_year = LOWEST + np.count_nonzero(paths < needed[:, None], axis=2)
    above = projection.score >= cut_now
    target = np.where(above, by_year.max(axis=1), by_year.min(axis=1))
    years = {f"target_year_{y + 1}": _reachable(by_year[:, y]) for y in range(by_year.shape[1])}
    return pl.DataFrame({"id": projection.ids, "target": _reachable(target), "above": above, **years})


def _paths(known: FloatArray, steps: Sequence[NextGrade]) -> tuple[FloatArray, NDArray[np.int64]]:
    """Trajectories of pupils who all have the same number of known scores, the most recent first."""
    n, length = known.shape
    paths = np.empty((n, len(steps), len(TAUS)))
    orders = np.empty((n, len(steps)), dtype=np.int64)
    for ahead, step in enumerate(steps):
        order = min(len(step.models), length + ahead)
        projected = [paths[:, back] for back in range(ahead - 1, -1, -1)][:order]
        fixed = known[:, : order - len(projected)]
        fitted = _expected(step.models[order - 1], projected, fixed)
        expected = sorted_expectations(fitted)
        paths[:, ahead] = expected.clip(*(step.score_range or (None, None)))
        orders[:, ahead] = order
    return paths, orders


def _expected(model: PercentileModel, projected: Sequence[FloatArray], fixed: FloatArray) -> FloatArray:
    """Expected scores where the first priors differ by tau, shape (n, 100) each, and the others do not."""
    fitted = np.repeat(model.coefficients[:1], len(fixed), axis=0)
    first = 1
    for j, basis in enumerate(model.bases):
        coefficients = model.coefficients[first : first + basis.columns]
        if j < len(projected):
            columns = basis.design(projected[j].ravel()).reshape(*projected[j].shape, basis.columns)
            fitted += np.einsum("itc,ct->it", columns, coefficients)
        else:
            fitted += basis.design(fixed[:, j - len(projected)]) @ coefficients
        first += basis.columns
    return fitted


def _known(pupils: pl.DataFrame) -> FloatArray:
    """This year's score and those before it, shape (n, 1 + priors), NaN where missing."""
    names = ["score"]
    while f"prior_{len(names)}" in pupils.columns:
        names.append(f"prior_{len(names)}")
    for name in names:
        if not pupils[name].dtype.is_numeric():
            raise InputError("not-numeric", "scores must be numbers", column=name)
    return pupils.select(pl.col(names).cast(pl.Float64).fill_null(np.nan)).to_numpy()


def _reachable(target: NDArray[np.int64]) -> pl.Series:
    return pl.Series(target).set(pl.Series(target > HIGHEST), None)


def _check_percentiles(percentiles: Sequence[int]) -> None:
    if not all(LOWEST <= p <= HIGHEST for p in percentiles):
        raise InputError("bad-cut", f"cuts are percentiles from {LOWEST} to {HIGHEST}")
