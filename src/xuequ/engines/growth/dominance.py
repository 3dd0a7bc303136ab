"""Influence factors: how much of what a mixed model explains goes to each factor, in shares that add up exactly.

With V the covariance of the full model (random school intercept, REML), the explained share of a set S of factors
beyond the base is that of generalised least squares, R²(S) = 1 − r²(base ∪ S)/r²(base), r² the weighted sum of squared
residuals (Buse 1973, The American Statistician 27, 106-108). General dominance averages the gain that a factor brings
over all sets of the others (Budescu 1993, Psychological Bulletin 114, 542-551), which is the Shapley value
(Lipovetsky and Conklin 2001, Applied Stochastic Models in Business and Industry 17, 319-330): the shares add up to R²
of all. Up to 12 factors all sets are computed; beyond, orders drawn at random, whose shares add up just as exactly.

The shares tell what goes along with growth, never what causes it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.growth.basis import basis
from xuequ.engines.growth.coding import Dummy, ModelColumn, Piece
from xuequ.engines.growth.crossproducts import CrossProducts, cross_products
from xuequ.engines.growth.findings import Remark
from xuequ.engines.growth.formula import columns
from xuequ.engines.growth.inputs import Array, keys, refuse_twice, require, scale_remarks
from xuequ.engines.growth.likelihood import minimise, settle
from xuequ.engines.growth.mixed import MixedModelFit, fit_cross_products

MOST_EXACT = 12
MOST_FACTORS = 40
FEWEST_SCHOOLS = 5
MOST_FAILED = 0.2
_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class FactorDesign:
    """What is asked.

    Parameters
    ----------
    outcome : column of results
    factors : columns (numbers or text) among which the explained share is divided
    base : columns that are always in the model, such as the starting point
    orders : random orders when there are more than 12 factors
    replicates : bootstrap samples of schools; 0 for no intervals
    confidence : level of the intervals
    """

    outcome: str
    factors: tuple[str, ...]
    base: tuple[str, ...] = ()
    orders: int = 500
    replicates: int = 200
    confidence: float = 0.95

    def __post_init__(self) -> None:
        names = (self.outcome, *self.factors, *self.base)
        if not self.factors:
            raise InputError("no-factors", "name at least one factor")
        refuse_twice(*names, "school")
        if len(self.factors) > MOST_FACTORS:
            message = f"{len(self.factors)} factors; at most {MOST_FACTORS} can be told apart"
            raise InputError("too-many-factors", message)


@dataclass(frozen=True, slots=True)
class FactorShares:
    """What the factors explain.

    Attributes
    ----------
    shares : factor, share (of the variation that the base leaves), low, high (bootstrap over schools), se (of the
        sampled orders; 0 when exact), alone (R² of the factor alone), last (gain when it comes last), chance (what
        a factor of as many columns that has nothing to do with the result would get: columns over n − base)
    terms : term, estimate, se: the coefficients of the full model
    explained : R² of all factors; the shares add up to it
    low, high : bootstrap interval of ``explained``
    exact : whether all sets were computed
    school_variance, school_variance_base : τ² with all factors, and with the base alone
    residual_variance : σ² of the full model
    n, schools : pupils and schools used
    remarks : codes with numbers; ``association`` always
    """

    design: FactorDesign
    shares: pl.DataFrame
    terms: pl.DataFrame
    explained: float
    low: float | None
    high: float | None
    exact: bool
    school_variance: float
    school_variance_base: float
    residual_variance: float
    n: int
    schools: int
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """GLS cross-products D of [X, y] and the columns of each factor; the rest of X is the base."""

    D: Array
    of_factor: tuple[tuple[int, ...], ...]


def factor_shares(table: pl.DataFrame, design: FactorDesign, rng: np.random.Generator) -> FactorShares:
    """Divide what the factors explain among them.

    Parameters
    ----------
    table : a row for each pupil with ``school`` and the design's columns; incomplete rows are left out and counted
    rng : for the bootstrap and, beyond 12 factors, the orders

    Raises
    ------
    InputError
        ``collinear-factors`` when a factor is determined by the others, ``too-few-schools``, ``mixed-scales``, or
        what the model
        raises: ``unknown-column``, ``constant-predictor``, ``constant-response``, ``text-in-number-column``, …
    """
    require(table, ("school", design.outcome, *design.factors, *design.base))
    doubts = _scale_doubts(table, design)
    cross = cross_products(_sorted(table), _formula(design, (*design.base, *design.factors)))
    if len(cross.groups) < FEWEST_SCHOOLS:
        raise InputError(
            "too-few-schools", f"{len(cross.groups)} schools; at least {FEWEST_SCHOOLS} are needed"
        )
    fit = fit_cross_products(cross)
    if fit.dropped:
        message = f"term {fit.dropped[0]} is determined by the others; leave its factor out"
        raise InputError("collinear-factors", message, value=fit.dropped[0])
    weighted = weigh(cross, design)
    exact = len(design.factors) <= MOST_EXACT
    shares, se = _shared(weighted, design, rng)
    drawn, failed = _bootstrap(cross, design, rng)
    return FactorShares(
        design=design,
        shares=_table(design, weighted, shares, se, drawn, fit.n),
        terms=pl.DataFrame([(name, e.estimate, e.se) for name, e in fit.fixed.items()],
                           schema=["term", "estimate", "se"], orient="row"),
        explained=float(shares.sum()),
        low=_percentile(drawn.sum(axis=1), design, 0) if len(drawn) else None,
        high=_percentile(drawn.sum(axis=1), design, 1) if len(drawn) else None,
        exact=exact,
        school_variance=float(fit.random.covariance[0, 0]),
        school_variance_base=_base_variance(table, design),
        residual_variance=fit.residual_variance,
        n=fit.n,
        schools=len(fit.groups),
        remarks=(*_remarks(fit, failed, design), *doubts),
    )  # fmt: skip


def _scale_doubts(table: pl.DataFrame, design: FactorDesign) -> tuple[Remark, ...]:
    """Whether a school's results lie on another scale; text among them is refused elsewhere, with its row."""
    school = keys(table, "school")
    outcome = table[design.outcome]
    return scale_remarks(outcome, school) if outcome.dtype.is_numeric() else ()


def _sorted(table: pl.DataFrame) -> pl.DataFrame:
    """Sums depend on the order in which they are taken, so the order is made the data's own."""
    return table.sort(table.columns) if "pupil" not in table.columns else table.sort("pupil")


def _formula(design: FactorDesign, names: Sequence[str]) -> str:
    right = " + ".join(f"`{name}`" for name in names) or "1"
    return f"`{design.outcome}` ~ {right} + (1 | school)"


def weigh(cross: CrossProducts, design: FactorDesign) -> Weighted:
    """Fit the variances and return the cross-products of generalised least squares.

    From a minimum with β and r²: D_Xy = D_XX β and D_yy = r² + βᵀD_XXβ.
    """
    found = basis(cross)
    best = settle(problem := found.problem(cross, "reml"), minimise(problem))
    p = len(best.beta)
    D = np.empty((p + 1, p + 1))
    D[:p, :p] = best.D_XX
    D[:p, p] = D[p, :p] = best.D_XX @ best.beta
    D[p, p] = best.r2 + best.beta @ best.D_XX @ best.beta
    named = [_column_name(column) for column in found.fixed]
    return Weighted(D, tuple(tuple(i for i, n in enumerate(named) if n == f) for f in design.factors))


def _column_name(column: ModelColumn) -> str:
    return next((_piece_name(piece) for piece in column.pieces), "")


def _piece_name(piece: Piece) -> str:
    return piece.column if isinstance(piece, Dummy) else next(columns(piece))


def residual_sums(weighted: Weighted, masks: Array) -> Array:
    """r² of each set of factors (rows of ``masks``, booleans by factor) with the base, shape (sets,)."""
    p = len(weighted.D) - 1
    always = np.ones(p, dtype=bool)
    for at in weighted.of_factor:
        always[list(at)] = False
    found = []
    for start in range(0, len(masks), _CHUNK):
        part = masks[start : start + _CHUNK].astype(bool)
        use = np.repeat(always[None, :], len(part), axis=0)
        for k, at in enumerate(weighted.of_factor):
            use[:, list(at)] = part[:, [k]]
        both = use[:, :, None] & use[:, None, :]
        D = np.where(both, weighted.D[:p, :p], 0.0)
        D[:, range(p), range(p)] += ~use
        b = np.where(use, weighted.D[:p, p], 0.0)
        solved = np.linalg.solve(D, b[:, :, None])[:, :, 0]
        found.append(weighted.D[p, p] - (b * solved).sum(axis=1))
    return np.concatenate(found)


def explained(weighted: Weighted, masks: Array) -> Array:
    """R² of each set of factors beyond the base."""
    base = residual_sums(weighted, np.zeros((1, len(weighted.of_factor))))[0]
    return np.asarray(1.0 - residual_sums(weighted, masks) / base)


def _shared(weighted: Weighted, design: FactorDesign, rng: np.random.Generator) -> tuple[Array, Array]:
    """Shares and the standard errors of the sampled orders."""
    if len(design.factors) <= MOST_EXACT:
        return shapley(weighted), np.zeros(len(design.factors))
    return _sampled(weighted, design.orders, rng)


def shapley(weighted: Weighted) -> Array:
    """Each factor's gain in R² averaged over all sets of the others, shape (factors,); they add up to R² of all."""
    K = len(weighted.of_factor)
    codes = np.arange(2**K)
    masks = ((codes[:, None] >> np.arange(K)) & 1).astype(np.float64)
    sizes = masks.sum(axis=1).astype(np.int64)
    value = explained(weighted, masks)
    weight = np.array([math.factorial(s) * math.factorial(K - s - 1) for s in range(K)]) / math.factorial(K)
    shares = np.empty(K)
    for k in range(K):
        without = codes[masks[:, k] == 0]
        shares[k] = weight[sizes[without]] @ (value[without | (1 << k)] - value[without])
    return shares


def _sampled(weighted: Weighted, orders: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Means over random orders and their opposites, which makes the gains of a pair less alike."""
    K = len(weighted.of_factor)
    pairs = [rng.permutation(K) for _ in range(max(orders // 2, 2))]
    gains = np.array([[_gains(weighted, order), _gains(weighted, order[::-1])] for order in pairs]).mean(
        axis=1
    )
    return gains.mean(axis=0), gains.std(axis=0, ddof=1) / np.sqrt(len(pairs))


def _gains(weighted: Weighted, order: NDArray[np.int64]) -> Array:
    K = len(order)
    masks = np.zeros((K + 1, K))
    for i, k in enumerate(order):
        masks[i + 1 :, k] = 1
    gains = np.empty(K)
    gains[order] = np.diff(explained(weighted, masks))
    return gains


def _bootstrap(cross: CrossProducts, design: FactorDesign, rng: np.random.Generator) -> tuple[Array, int]:
    """Shares of samples of schools, and how many samples could not be fitted."""
    J = len(cross.groups)
    labels = tuple(str(j) for j in range(J))
    drawn, failed = [], 0
    for _ in range(design.replicates):
        products = cross.products[rng.integers(0, J, J)]
        try:
            weighted = weigh(replace(cross, groups=labels, products=products), design)
            drawn.append(_quick(weighted, rng))
        except (InputError, np.linalg.LinAlgError):
            # A factor that only a few schools have is missing from some samples.
            failed += 1
    return np.array(drawn).reshape(len(drawn), len(design.factors)), failed


def _quick(weighted: Weighted, rng: np.random.Generator) -> Array:
    if any(not at for at in weighted.of_factor):
        raise InputError("collinear-factors", "a factor has no column left in this sample")
    if len(weighted.of_factor) <= MOST_EXACT:
        return shapley(weighted)
    return _sampled(weighted, 40, rng)[0]


def _percentile(values: Array, design: FactorDesign, side: int) -> float:
    tail = 50 * (1 - design.confidence)
    return float(np.percentile(values, [tail, 100 - tail][side]))


def _table(
    design: FactorDesign, weighted: Weighted, shares: Array, se: Array, drawn: Array, n: int
) -> pl.DataFrame:
    K = len(shares)
    single = explained(weighted, np.eye(K))
    rest = explained(weighted, 1 - np.eye(K))
    whole = explained(weighted, np.ones((1, K)))[0]
    ends = [
        [_percentile(drawn[:, k], design, side) for k in range(K)] if len(drawn) else None for side in (0, 1)
    ]
    return pl.DataFrame(
        {
            "factor": design.factors, "share": shares, "low": ends[0], "high": ends[1], "se": se,
            "alone": single, "last": whole - rest,
            "chance": np.array([len(at) for at in weighted.of_factor]) / (n - _base_columns(weighted)),
        },
        schema_overrides={"low": pl.Float64, "high": pl.Float64},
    )  # fmt: skip


def _base_columns(weighted: Weighted) -> int:
    return len(weighted.D) - 1 - sum(len(at) for at in weighted.of_factor)


def _base_variance(table: pl.DataFrame, design: FactorDesign) -> float:
    complete = table.drop_nulls([design.outcome, *design.factors, *design.base])
    fit = fit_cross_products(cross_products(_sorted(complete), _formula(design, design.base)))
    return float(fit.random.covariance[0, 0])


def _remarks(fit: MixedModelFit, failed: int, design: FactorDesign) -> Iterator[Remark]:
    yield Remark("association")
    if fit.n_dropped:
        yield Remark("left-out", {"pupils": fit.n_dropped})
    if failed > MOST_FAILED * design.replicates:
        yield Remark("unstable-intervals", {"failed": failed, "replicates": design.replicates})
    if float(fit.random.covariance[0, 0]) <= 0:
        yield Remark("no-detectable-difference")
