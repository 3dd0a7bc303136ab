"""Student growth percentiles: how a pupil's score stands among pupils with the same earlier scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.growth.quantile import fit_quantile_process
from xuequ.engines.growth.scales import refuse_mixed_scales
from xuequ.engines.growth.splines import COLUMNS, SplineBasis

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TAUS: FloatArray = (np.arange(1, 101) - 0.5) / 100
LOWEST, HIGHEST = 1, 99
DEFAULT_CUTS = (1, 35, 50, 65, 99)
_DECIMALS = 5
_FEWEST_PUPILS = 200
_FEWEST_PER_COEFFICIENT = 10
_MEDIAN_SE_FACTOR = 1.253


@dataclass(frozen=True, slots=True)
class PercentileDesign:
    """How the percentiles of one cohort are to be computed.

    Attributes
    ----------
    bases : splines of ``prior_1`` (the most recent), ``prior_2`` ...; their number is the highest order
    min_cohort : fewest pupils for a model; ``least_cohort(order)`` when None
    cuts : percentiles whose expected scores are wanted, 1 to 99
    cut_decimals : decimals to which these are rounded
    cut_range : lowest and highest score between which these are kept
    ceiling : highest obtainable score. When given, the percentile of a pupil who reached it is the number of
        expected scores that are not above it, instead of the number below: the test could show no more
    """

    bases: tuple[SplineBasis, ...]
    min_cohort: int | None = None
    cuts: tuple[int, ...] = DEFAULT_CUTS
    cut_decimals: int = 0
    cut_range: tuple[float, float] | None = None
    ceiling: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PercentileModel:
    """Expected scores given a number of earlier scores: all that a percentile can be traced to.

    Attributes
    ----------
    bases : spline of each prior, the most recent first; their number is the order
    coefficients : a row for the intercept and each spline column, a column for each tau, shape (p, 100)
    loss : check loss of each tau, score points, shape (100,)
    n : pupils fitted
    dropped : rows of ``coefficients`` that are 0 because the columns before them determine them
    """

    bases: tuple[SplineBasis, ...]
    coefficients: FloatArray
    loss: FloatArray
    n: int
    dropped: tuple[int, ...]

    @property
    def order(self) -> int:
        """How many earlier scores the model uses."""
        return len(self.bases)

    def expected(self, priors: ArrayLike) -> FloatArray:
        """Expected scores at each tau, made to increase by sorting and rounded to 5 decimals.

        Parameters
        ----------
        priors : earlier scores, the most recent first, shape (n, order)

        Returns
        -------
        array, shape (n, 100)
        """
        scores = np.asarray(priors, dtype=np.float64).reshape(-1, self.order)
        return sorted_expectations(design_matrix(scores, self.bases) @ self.coefficients)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, as for a JSON file; `from_dict` is the way back, exactly."""
        return {
            "knots": [list(basis.knots) for basis in self.bases],
            "boundaries": [[basis.lower, basis.upper] for basis in self.bases],
            "coefficients": self.coefficients.tolist(),
            "loss": self.loss.tolist(),
            "n": self.n,
            "dropped": list(self.dropped),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "PercentileModel":
        """A model saved by `to_dict`."""
        pairs = zip(data["knots"], data["boundaries"], strict=True)
        bases = tuple(SplineBasis(tuple(knots), lower, upper) for knots, (lower, upper) in pairs)
        coefficients, loss = np.array(data["coefficients"]), np.array(data["loss"])
        return cls(bases, coefficients, loss, data["n"], tuple(data["dropped"]))


@dataclass(frozen=True, slots=True, eq=False)
class GrowthPercentiles:
    """Percentiles of one cohort and the models behind them.

    Attributes
    ----------
    table : rows of the pupils with a percentile in the order of the input: ``id``; ``sgp`` (1 to 99) from
        the highest order available and that ``sgp_order``; ``cut_<p>``, the score expected at percentile p,
        from the same order; ``sgp_order_<k>``, the percentile from each order
    models : one for each order fitted, from order 1
    n_scored : pupils with an outcome
    n_without_prior : those of them without a most recent prior, hence without a percentile
    too_small : orders not fitted, with their number of pupils
    """

    table: pl.DataFrame
    models: tuple[PercentileModel, ...]
    n_scored: int
    n_without_prior: int
    too_small: tuple[tuple[int, int], ...]


def growth_percentiles(table: pl.DataFrame, design: PercentileDesign) -> GrowthPercentiles:
    """Student growth percentiles of one cohort.

    For each order k the quantiles .005, .015 ... .995 of the score are regressed on cubic B-splines of the k
    most recent priors (Betebenner 2009, *Educational Measurement: Issues and Practice* 28(4), 42-51). A
    pupil's percentile is the number of expected scores, sorted and rounded to 5 decimals, strictly below the
    pupil's own, from 1 to 99. The highest order that a pupil has the priors for is used. The expected score
    at percentile p is that of tau = (p + .5) / 100.

    Parameters
    ----------
    table : one row for each pupil: ``id``, ``score``, ``prior_1`` (the most recent), ``prior_2`` ...; a
        missing score is null
    design : the splines and settings

    Returns
    -------
    GrowthPercentiles
        equal for equal pupils, whatever the order of the rows

    Raises
    ------
    InputError
        ``unknown-column``, ``not-numeric``, ``infinite-value``, ``missing-id``, ``duplicate-id``,
        ``mixed-scales``, ``constant-outcome``, ``too-few-pupils`` (for order 1), ``bad-cut``.
    """
    pupils = _checked(table, design)
    scored = pupils.drop_nulls("score")
    if scored["score"].n_unique() == 1:
        raise InputError("constant-outcome", "all pupils have the same score", column="score")
    models, too_small = [], []
    for order in range(1, len(design.bases) + 1):
        cohort = _cohort(scored, order)
        if len(cohort) >= (design.min_cohort or least_cohort(order)):
            models.append(_fit(cohort, design.bases[:order]))
        elif order == 1:
            raise _too_few(len(cohort), design)
        else:
            too_small.append((order, len(cohort)))
            break
    percentiles = _applied(scored, models, design)
    without = len(scored) - len(percentiles)
    return GrowthPercentiles(percentiles, tuple(models), len(scored), without, tuple(too_small))


def percentile_table(table: pl.DataFrame, design: PercentileDesign) -> pl.DataFrame:
    """The batch entry: the table of `growth_percentiles`, one cohort per call."""
    return growth_percentiles(table, design).table


def apply_models(
    table: pl.DataFrame, models: Sequence[PercentileModel], design: PercentileDesign
) -> pl.DataFrame:
    """Percentiles by models fitted before, for example those of a base year.

    Parameters
    ----------
    table, design : as for `growth_percentiles`
    models : for the orders 1, 2 ...

    Returns
    -------
    DataFrame
        as `GrowthPercentiles.table`
    """
    return _applied(_checked(table, design), models, design)


def _applied(
    table: pl.DataFrame, models: Sequence[PercentileModel], design: PercentileDesign
) -> pl.DataFrame:
    pupils = _cohort(table, 1)
    score, priors = pupils["score"].to_numpy(), _priors(pupils, max(model.order for model in models))
    sgp, order = np.zeros(len(pupils), dtype=np.int64), np.zeros(len(pupils), dtype=np.int64)
    cuts = np.empty((len(pupils), len(design.cuts)))
    by_order: dict[str, pl.Series] = {}
    for model in models:
        rows = ~np.isnan(priors[:, : model.order].sum(axis=1))
        expected = model.expected(priors[rows, : model.order])
        found = percentile_ranks(expected, score[rows], design.ceiling)
        sgp[rows], order[rows], cuts[rows] = found, model.order, expected[:, design.cuts]
        by_order[f"sgp_order_{model.order}"] = _with_gaps(found, rows)
    rounded = np.round(cuts, design.cut_decimals).clip(*(design.cut_range or (None, None)))
    fitted = {f"cut_{p}": rounded[:, j] for j, p in enumerate(design.cuts)}
    return pl.DataFrame({"id": pupils["id"], "sgp": sgp, "sgp_order": order, **fitted, **by_order})


def design_matrix(priors: FloatArray, bases: Sequence[SplineBasis]) -> FloatArray:
    """Intercept and spline columns, those of the most recent prior first; shape (n, 1 + 7 k)."""
    splines = [basis.design(priors[:, j]) for j, basis in enumerate(bases)]
    return np.hstack([np.ones((len(priors), 1)), *splines])


def least_cohort(order: int) -> int:
    """The fewest pupils a model is fitted to, unless set otherwise: ten for each coefficient, at least 200.

    With fewer than 200 pupils not even one can be expected below the lowest quantile, .005.

    Examples
    --------
    >>> [least_cohort(k) for k in (1, 2, 3, 4)]
    [200, 200, 220, 290]
    """
    return max(_FEWEST_PUPILS, _FEWEST_PER_COEFFICIENT * (1 + COLUMNS * order))


def nan_as_missing(table: pl.DataFrame) -> pl.DataFrame:
    """The table with null where a number is NaN, as NumPy and spreadsheets write a missing one."""
    return table.with_columns(pl.selectors.float().fill_nan(None))


def check_ids(ids: pl.Series) -> None:
    """Every row has a number of its own; otherwise ``missing-id`` or ``duplicate-id`` with the row."""
    if ids.null_count():
        row = ids.is_null().arg_true()[0] + 1
        raise InputError("missing-id", "a pupil has no number; give every row one", column=ids.name, row=row)
    if ids.n_unique() < len(ids):
        row = (~ids.is_first_distinct()).arg_true()[0] + 1
        message = f"the number {ids[row - 1]} occurs again; keep one row for each pupil"
        raise InputError("duplicate-id", message, column=ids.name, row=row, value=str(ids[row - 1]))


def summarise_percentiles(table: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Mean and median percentile of each group with their standard errors.

    The standard error of the mean is ``sd / sqrt(n)``, that of the median 1.253 times as large (its ratio
    under a normal distribution). Neither allows for errors of measurement in the scores.

    Parameters
    ----------
    table : ``sgp`` and the columns of ``by``; rows without a percentile are not counted
    by : columns that name the group, such as the school

    Returns
    -------
    DataFrame
        ``by``, ``n``, ``mean``, ``se_mean``, ``median``, ``se_median``, sorted by ``by``; no errors for n = 1

    Examples
    --------
    >>> table = pl.DataFrame({"school": ["a", "a", "a", "b"], "sgp": [20, 50, 80, 99]})
    >>> summarise_percentiles(table, ["school"]).with_columns(pl.col("se_mean", "se_median").round(3)).rows()
    [('a', 3, 50.0, 17.321, 50.0, 21.703), ('b', 1, 99.0, None, 99.0, None)]
    """
    sgp = pl.col("sgp")
    se = sgp.std() / sgp.len().sqrt()
    groups = table.filter(sgp.is_not_null()).group_by(by)
    return groups.agg(
        n=sgp.len().cast(pl.Int64),
        mean=sgp.mean(),
        se_mean=se,
        median=sgp.median(),
        se_median=_MEDIAN_SE_FACTOR * se,
    ).sort(by)


def _fit(cohort: pl.DataFrame, bases: tuple[SplineBasis, ...]) -> PercentileModel:
    """Pupils with equal scores form one weighted row; sorted, for the order of pupils to leave no trace."""
    columns = ["score", *_prior_names(len(bases))]
    cells = cohort.group_by(columns).agg(pl.len()).sort(columns)
    X = design_matrix(_priors(cells, len(bases)), bases)
    process = fit_quantile_process(X, cells["score"].to_numpy(), TAUS, cells["len"].to_numpy())
    return PercentileModel(bases, process.coefficients, process.loss, len(cohort), process.dropped)


def sorted_expectations(fitted: FloatArray) -> FloatArray:
    """Expected scores made to increase along each row by sorting, and rounded to 5 decimals; in place.

    Parameters
    ----------
    fitted : score points, shape (n, 100)
    """
    fitted.sort(axis=1)
    return np.round(fitted, _DECIMALS, out=fitted)


def percentile_ranks(expected: FloatArray, score: FloatArray, ceiling: float | None = None) -> IntArray:
    """The percentile of each score: how many sorted expected scores lie strictly below it, from 1 to 99.

    Parameters
    ----------
    expected : shape (n, 100)
    score : shape (n,)
    ceiling : as in `PercentileDesign`

    Examples
    --------
    >>> percentile_ranks(np.arange(100.0)[None, :].repeat(3, axis=0), np.array([-5.0, 50.0, 500.0])).tolist()
    [1, 50, 99]
    """
    below: IntArray = np.count_nonzero(expected < score[:, None], axis=1)
    if ceiling is not None:
        not_above = np.count_nonzero(expected <= score[:, None], axis=1)
        below = np.where(score >= ceiling, not_above, below)
    return below.clip(LOWEST, HIGHEST).astype(np.int64)


def _with_gaps(values: IntArray, rows: NDArray[np.bool_]) -> pl.Series:
    """The values in the marked rows, null elsewhere."""
    where = np.where(rows, np.cumsum(rows) - 1, -1)
    return pl.Series(values).gather(pl.Series(where).replace(-1, None))


def _prior_names(order: int) -> list[str]:
    return [f"prior_{j}" for j in range(1, order + 1)]


def _priors(table: pl.DataFrame, order: int) -> FloatArray:
    """Earlier scores, shape (n, order), NaN where missing."""
    priors: FloatArray = table.select(pl.col(_prior_names(order)).cast(pl.Float64)).to_numpy()
    return priors


def _cohort(table: pl.DataFrame, order: int) -> pl.DataFrame:
    """Pupils with a score and all of the most recent priors."""
    return table.drop_nulls(["score", *_prior_names(order)])


def _checked(table: pl.DataFrame, design: PercentileDesign) -> pl.DataFrame:
    numbers = ["score", *_prior_names(len(design.bases))]
    for name in ["id", *numbers]:
        if name not in table.columns:
            raise InputError("unknown-column", "the table lacks this column", column=name)
    for name in numbers:
        if not table[name].dtype.is_numeric():
            raise InputError("not-numeric", "scores must be numbers", column=name)
    if not all(LOWEST <= cut <= HIGHEST for cut in design.cuts):
        raise InputError("bad-cut", f"cuts are percentiles from {LOWEST} to {HIGHEST}")
    pupils = table.select("id", pl.col(numbers).cast(pl.Float64).fill_nan(None))
    check_ids(pupils["id"])
    for name in numbers:
        if pupils[name].is_infinite().any():
            row = pupils[name].is_infinite().arg_true()[0] + 1
            raise InputError("infinite-value", "a score is infinite", column=name, row=row)
        refuse_mixed_scales(pupils[name])
    return pupils


def _too_few(n: int, design: PercentileDesign) -> InputError:
    least = design.min_cohort or least_cohort(1)
    message = f"{n} pupils have a score and an earlier one; percentiles need at least {least}"
    return InputError("too-few-pupils", message)
