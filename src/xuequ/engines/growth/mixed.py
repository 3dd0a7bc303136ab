"""Value added by a linear mixed model: fitted from cross-products, with school effects and both their errors.

The model is y_ij = x_ijᵀβ + z_ijᵀu_j + e_ij with u_j ~ N(0, T) for school j and e_ij ~ N(0, σ²). The effects
u_j are what pupils of school j gained beyond pupils alike elsewhere (Raudenbush and Bryk 2002, *Hierarchical
Linear Models*; Goldstein et al. 1993, "A multilevel analysis of school examination results", Oxford Review of
Education 19).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.basis import Basis, basis
from xuequ.engines.growth.coding import ModelColumns, covariate_columns
from xuequ.engines.growth.crossproducts import CrossProducts, cross_products
from xuequ.engines.growth.formula import Formula, columns
from xuequ.engines.growth.frame import Reader, Table, check_levels, check_numbers
from xuequ.engines.growth.likelihood import Array, Method, Profile, minimise, settle

FEWEST_ROWS = 10
# Roots of variances below this are rounding left over from ones that were set to zero.
_RANK = 1e-7


@dataclass(frozen=True, slots=True)
class FixedEffect:
    """One element of β and its standard error, in units of the outcome per unit of the term."""

    estimate: float
    se: float


@dataclass(frozen=True, slots=True, eq=False)
class RandomPart:
    """The random terms and the covariance matrix T of their effects, shape (q, q)."""

    terms: tuple[str, ...]
    covariance: Array


@dataclass(frozen=True, slots=True, eq=False)
class MixedModelFit:
    """A fitted model. J groups, p fixed and q random terms; effects are in the units of the outcome.

    Attributes
    ----------
    model : the columns, from which predictions for other pupils are made
    method : ``"ml"`` or ``"reml"``
    n, n_dropped : rows used, rows left out because a value was missing
    groups, sizes : labels in natural order and rows of each group, length J and shape (J,)
    fixed : estimate and SE by term, without the terms in ``dropped``
    fixed_covariance : covariance of the estimates, shape (p, p)
    random : terms and covariance matrix T of the group effects
    residual_variance : σ²
    deviance : -2 log likelihood, or the REML criterion
    effects : predicted u_j (BLUP), shape (J, q)
    conditional_covariance : Var(u_j | y, β), shape (J, q, q)
    sensitivity : S_j = -∂û_j/∂β, shape (J, q, p)
    dropped : fixed terms left out because earlier terms determine them
    zero_variances : random terms whose variance is zero: groups do not differ detectably in them
    singular : whether T has lower rank than it has rows, be it by a zero variance or a correlation of ±1
    """

    model: ModelColumns
    method: Method
    n: int
    n_dropped: int
    groups: tuple[str, ...]
    sizes: Array
    fixed: Mapping[str, FixedEffect]
    fixed_covariance: Array
    random: RandomPart
    residual_variance: float
    deviance: float
    effects: Array
    conditional_covariance: Array
    sensitivity: Array
    dropped: tuple[str, ...]
    zero_variances: tuple[str, ...]
    singular: bool

    @property
    def coefficients(self) -> Array:
        """β, shape (p,)."""
        return np.array([effect.estimate for effect in self.fixed.values()])

    @property
    def se(self) -> Array:
        """Conditional SE of the effects, β taken as known, shape (J, q)."""
        return _roots(np.einsum("jkk->jk", self.conditional_covariance))

    @property
    def se_prediction(self) -> Array:
        """Prediction-error SE: root of Var(û_j - u_j), the uncertainty of β included, shape (J, q).

        Var(û_j - u_j) = Var(u_j | y, β) + S_j Var(β̂) S_jᵀ (Henderson 1975, Biometrics 31, 423-447). The variances are
        taken as known, and predictors as free of error: what estimating them, and a mean starting point with error, add
        is not covered here (``uncertainty``; ``modelling`` adds both to the SE of a school).
        """
        S = self.sensitivity
        of_fixed = np.einsum("jka,ab,jkb->jk", S, self.fixed_covariance, S, optimize=True)
        return _roots(np.einsum("jkk->jk", self.conditional_covariance) + of_fixed)

    def prediction_covariance(self, term: str = "(Intercept)") -> Array:
        """Cov(û_j - u_j, û_k - u_k) of one term between all groups, for comparing two; shape (J, J)."""
        k = self.random.terms.index(term)
        S = self.sensitivity[:, k]
        covariance: Array = S @ self.fixed_covariance @ S.T
        covariance[np.diag_indices_from(covariance)] += self.conditional_covariance[:, k, k]
        return covariance

    @property
    def reliability(self) -> Array:
        """λ_j = 1 - Var(u_j | y, β) / T, by term; 0 where T is 0; shape (J, q).

        With a random intercept alone this is T / (T + σ²/n_j).
        """
        variance = np.diag(self.random.covariance)
        share = np.einsum("jkk->jk", self.conditional_covariance) / np.where(variance > 0.0, variance, np.inf)
        return np.where(variance > 0.0, np.clip(1.0 - share, 0.0, 1.0), 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """By row, NaN where a value is missing: xᵀβ, xᵀβ + zᵀû, and the outcome minus the latter; shape (n,)."""

    fixed: Array
    fitted: Array
    residual: Array


def fit_mixed_model(table: Table, formula: Formula | str, *, method: Method = "reml") -> MixedModelFit:
    """Fit a linear mixed model with one grouping factor.

    Parameters
    ----------
    table : one row for each pupil; a ``LazyFrame`` over a file is read in pieces
    formula : such as ``"normexam ~ standLRT + (standLRT | school)"``; see the module ``formula``
    method : ``"reml"`` (default) or ``"ml"``

    Raises
    ------
    InputError
        Naming column and row where there is one; see ``survey``, ``fit_cross_products`` and ``parse``.

    Examples
    --------
    Davies and Goldsmith (1972), table 6.4: yield of dyestuff from six batches, five samples each. Analysis of
    variance gives 1764.05 for batches and 2451.25 within.

    >>> from xuequ.engines.growth.examples import dyestuff
    >>> fit = fit_mixed_model(dyestuff(), "yield ~ 1 + (1 | batch)")
    >>> round(float(fit.random.covariance[0, 0]), 2), round(fit.residual_variance, 2)
    (1764.05, 2451.25)
    """
    return fit_cross_products(cross_products(table, formula), method=method)


def fit_cross_products(cross: CrossProducts, *, method: Method = "reml") -> MixedModelFit:
    """Fit the model of cross-products, which may be the sum of several schools' or years'.

    Raises
    ------
    InputError
        ``unknown-method``, ``too-few-rows``, ``one-group``, ``too-many-effects``, ``constant-predictor``,
        ``constant-response``, ``collinear-random-terms``, ``no-residual-variation`` or ``no-convergence``.
    """
    if method not in ("ml", "reml"):
        raise InputError("unknown-method", f"no method {method!r}; there are ml and reml")
    check_size(cross)
    found = basis(cross)
    problem = found.problem(cross, method)
    best = settle(problem, minimise(problem))
    return result_at(cross, found, best, method)


def predict(fit: MixedModelFit, table: Table) -> Prediction:
    """Predict for pupils; a group the model does not know, or none, has effect 0.

    Raises
    ------
    InputError
        ``unknown-column``, ``text-in-number-column`` or ``unknown-level``; the outcome may be absent.
    """
    reader = Reader(table, [])
    formula = fit.model.formula
    levels = dict(fit.model.levels)
    reader.require([*covariate_columns(formula), formula.group])
    check_numbers(reader, [name for name in covariate_columns(formula) if name not in levels])
    check_levels(reader, levels)
    X = _matrix(reader, fit.model, list(fit.fixed))
    Z = _matrix(reader, fit.model, fit.random.terms)
    fixed = X @ fit.coefficients
    labels = reader.lazy.select(reader.text(formula.group).alias("group"))
    order = pl.DataFrame({"group": fit.groups, "at": range(len(fit.groups))})
    at = labels.join(order.lazy(), on="group", how="left", maintain_order="left").collect()["at"]
    effects = np.vstack([fit.effects, np.zeros(Z.shape[1])])[at.fill_null(len(fit.groups)).to_numpy()]
    fitted = fixed + (Z * effects).sum(axis=1)
    return Prediction(fixed, fitted, _outcome(reader, fit.model) - fitted)


def fit_cohort(table: pl.DataFrame, params: Mapping[str, str]) -> pl.DataFrame:
    """Batch entry: fit one cohort and return every number of the result as one long table.

    Parameters
    ----------
    table : one row for each pupil
    params : ``formula`` and, unless ``"reml"``, ``method``

    Returns
    -------
    Columns part (``summary``, ``fixed``, ``random``, ``effect``), group, term, other (second term of a
    covariance), value, se, se_prediction, reliability.
    """
    method = cast(Method, params.get("method", "reml"))
    return long_table(fit_mixed_model(table, params["formula"], method=method))


def long_table(fit: MixedModelFit) -> pl.DataFrame:
    """Every number of a fit, one to a row; the columns are those of :func:`fit_cohort`."""
    terms = fit.random.terms
    summary = {
        "n": fit.n,
        "n_dropped": fit.n_dropped,
        "groups": len(fit.groups),
        "residual_variance": fit.residual_variance,
        "deviance": fit.deviance,
        "singular": fit.singular,
    }
    rows: list[tuple[str | float | None, ...]] = []
    rows += [("summary", None, name, None, float(value), None, None, None) for name, value in summary.items()]
    rows += [("fixed", None, name, None, e.estimate, e.se, None, None) for name, e in fit.fixed.items()]
    rows += [
        ("random", None, terms[a], terms[b], float(fit.random.covariance[a, b]), None, None, None)
        for a in range(len(terms))
        for b in range(a + 1)
    ]
    numbers = (fit.effects, fit.se, fit.se_prediction, fit.reliability)
    rows += [
        ("effect", group, term, None, *(float(array[j, k]) for array in numbers))
        for j, group in enumerate(fit.groups)
        for k, term in enumerate(terms)
    ]
    return pl.DataFrame(rows, schema=_LONG, orient="row")


_LONG = {
    **dict.fromkeys(("part", "group", "term", "other"), pl.String),
    **dict.fromkeys(("value", "se", "se_prediction", "reliability"), pl.Float64),
}


def check_size(cross: CrossProducts) -> None:
    """Raise ``InputError`` unless there are rows and groups enough."""
    n = int(cross.sizes.sum())
    group = cross.model.formula.group
    if n < FEWEST_ROWS:
        message = f"only {n} complete rows; at least {FEWEST_ROWS} pupils are needed"
        raise InputError("too-few-rows", message)
    if len(cross.groups) < 2:
        message = f"only one group, {cross.groups[0]!r}; effects need at least two to compare"
        raise InputError("one-group", message, column=group)
    if n <= len(cross.groups) * len(cross.model.random):
        message = (
            f"{len(cross.groups)} groups with {len(cross.model.random)} effects each for {n} rows;"
            " use fewer random terms or another grouping column"
        )
        raise InputError("too-many-effects", message, column=group)


def result_at(cross: CrossProducts, found: Basis, best: Profile, method: Method) -> MixedModelFit:
    """Carry the minimum from the coordinates of the search back to those of the formula."""
    sigma2 = best.r2 / found.problem(cross, method).degrees
    R, Q, Bx = found.fixed_map, found.random_map, found.B[:, :-1]
    beta = R @ best.beta + found.offset
    covariance = sigma2 * (R @ np.linalg.inv(best.D_XX) @ R.T)
    T = sigma2 * (Q @ best.factor) @ (Q @ best.factor).T
    U = found.B[:, -1] - np.einsum("kpj,p->kj", Bx, best.beta)
    names = [column.name for column in found.fixed]
    terms = tuple(column.name for column in cross.model.random)
    ses = _roots(np.diag(covariance))
    return MixedModelFit(
        model=cross.model,
        method=method,
        n=int(cross.sizes.sum()),
        n_dropped=cross.n_dropped,
        groups=cross.groups,
        sizes=cross.sizes,
        fixed={name: FixedEffect(float(b), float(se)) for name, b, se in zip(names, beta, ses, strict=True)},
        fixed_covariance=covariance,
        random=RandomPart(terms, T),
        residual_variance=sigma2,
        deviance=best.deviance - (found.log_volume if method == "reml" else 0.0),
        effects=np.einsum("ak,klj,lj->ja", Q, best.K, U, optimize=True),
        conditional_covariance=sigma2 * np.einsum("ak,klj,bl->jab", Q, best.K, Q, optimize=True),
        sensitivity=np.einsum("ak,klj,lpj,pb->jab", Q, best.K, Bx, np.linalg.inv(R), optimize=True),
        dropped=found.dropped,
        zero_variances=tuple(t for t, v in zip(terms, np.diag(T), strict=True) if v == 0.0),
        singular=bool(np.linalg.matrix_rank(best.factor, tol=_RANK) < len(terms)),
    )


def _roots(variances: Array) -> Array:
    roots: Array = np.sqrt(np.clip(variances, 0.0, None))
    return roots


def _matrix(reader: Reader, model: ModelColumns, names: Sequence[str]) -> Array:
    known = {column.name: column for column in (*model.fixed, *model.random)}
    values = (reader.column(known[name]).alias(str(i)) for i, name in enumerate(names))
    rows = reader.lazy.select(pl.len()).collect().item()
    matrix = reader.lazy.select(*values).collect().cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.broadcast_to(matrix, (rows, len(names))).astype(np.float64)


def _outcome(reader: Reader, model: ModelColumns) -> Array | float:
    names = list(columns(model.formula.response))
    if any(name not in reader.schema for name in names):
        return np.nan
    check_numbers(reader, names)
    values = reader.lazy.select(reader.column(model.response)).collect().to_series()
    return values.fill_null(np.nan).to_numpy().astype(np.float64)
