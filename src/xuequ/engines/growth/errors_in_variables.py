"""Value added with a starting point that is measured with error of known size.

A prior score w = x + δ, δ ~ N(0, s²), hides the true start x. Regression on w takes too small a slope, and schools
with a weak intake are charged for it. With V of the model of two levels (random intercept, k_j = θ/(1 + θ n_j)),
error adds to the cross-products of the columns that hold it, in expectation, for school j with E_j = Σ s_i²::

    prior × prior        E_j         prior × school mean, school mean × school mean     E_j / n_j
    (Z'W)²: all of these E_j         hence to X'V⁻¹X:   Ω_j = Δ_j - k_j E_j 1 1ᵀ  on prior and school mean

The slope solves the corrected equations, Σ_j (X_jᵀV_j⁻¹X_j - Ω_j) β = Σ_j X_jᵀV_j⁻¹y_j (Fuller 1987, *Measurement
Error Models*, section 2.2; Carroll, Ruppert, Stefanski and Crainiceanu 2006, *Measurement Error in Nonlinear Models*,
section 5.4, for the score). The variances θσ² and σ² are those of what then remains, y - Wβ, by the REML equation;
σ² includes the error that comes through the prior, β²s². Without error this is the ordinary REML fit, exactly.

SEs of β are sandwiches over the schools, A⁻¹ Σ ψ_jψ_jᵀ A⁻ᵀ · J/(J-1), with A the corrected matrix and ψ_j school j's
part of the equations: they hold whatever the distribution of the error, and take its size as known.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import scipy.linalg
import scipy.optimize

from xuequ.engines.errors import InputError
from xuequ.engines.growth.basis import Basis, basis
from xuequ.engines.growth.coding import ModelColumn, used_columns
from xuequ.engines.growth.crossproducts import CrossProducts, cross_products
from xuequ.engines.growth.formula import Column, Formula, columns, parse
from xuequ.engines.growth.frame import Reader, Table, check_numbers, complete_rows
from xuequ.engines.growth.likelihood import Array
from xuequ.engines.growth.mixed import FixedEffect, MixedModelFit, fit_cross_products
from xuequ.engines.growth.uncertainty import variance_from_estimating

_FAR = 1e6
_LEAST_TRUE = 0.01
"""Share of the weighted variance of any combination of columns that must be left as true."""


@dataclass(frozen=True, slots=True)
class PriorError:
    """How badly one prior score is measured: exactly one of the two.

    Attributes
    ----------
    column : the prior score
    reliability : share of its variance over all pupils that is true, above 0 and below 1 (1: no error)
    sem : standard error of measurement in its points, or the name of a column with each pupil's own (CSEM)
    """

    column: str
    reliability: float | None = None
    sem: float | str | None = None

    def __post_init__(self) -> None:
        if (self.reliability is None) == (self.sem is None):
            message = "give either the reliability or the standard error of measurement"
            raise InputError("reliability-or-sem", message, column=self.column)
        if self.reliability is not None and not 0.0 < self.reliability <= 1.0:
            message = f"reliability {self.reliability:g} is not above 0 and at most 1"
            raise InputError("bad-reliability", message, column=self.column)
        if isinstance(self.sem, float | int) and not 0.0 <= self.sem < np.inf:
            message = f"standard error of measurement {self.sem:g} is negative or not finite"
            raise InputError("bad-sem", message, column=self.column)


@dataclass(frozen=True, slots=True, eq=False)
class CorrectedFit:
    """A fit corrected for the error of the prior, beside the one that ignores it.

    Attributes
    ----------
    naive : the ordinary fit of the same model
    error : as given, and ``error_variance``, the mean of s² over the pupils
    groups, sizes : labels in natural order and rows, length J and shape (J,)
    fixed : estimate and sandwich SE by term; ``fixed_covariance``, shape (p, p)
    school_variance : between schools; 0 when they do not differ detectably
    residual_variance : σ², with the error that comes through the prior
    effects : predicted u_j, shape (J,)
    se, se_prediction : given β, and with the uncertainty of β, of the school's mean prior and of the variance between
        schools, shape (J,); 0 where that variance is 0, which says nothing of the schools
    """

    naive: MixedModelFit
    error: PriorError
    error_variance: float
    groups: tuple[str, ...]
    sizes: Array
    fixed: dict[str, FixedEffect]
    fixed_covariance: Array
    school_variance: float
    residual_variance: float
    effects: Array
    se: Array
    se_prediction: Array


def fit_with_error(
    table: Table, formula: Formula | str, error: PriorError, *, school_mean: bool = False
) -> CorrectedFit:
    """Fit a value-added model whose prior score is measured with error.

    Parameters
    ----------
    table : one row for each pupil
    formula : with the prior as a term by itself and a random intercept, such as ``"y ~ prior + sex + (1 | school)"``
    error : of the prior
    school_mean : whether the school's mean of the prior is a term as well, named ``mean(prior)``

    Raises
    ------
    InputError
        As ``fit_mixed_model``; ``prior-not-alone``, ``random-slope``, ``bad-sem`` (with the row), or
        ``error-too-large`` when so much error leaves no positive definite matrix of the true scores.

    Examples
    --------
    A slope of 0.8 on a score of reliability 0.8 looks like 0.64.

    >>> rng = np.random.default_rng(1)
    >>> true, school = rng.normal(size=8000), np.arange(8000) % 40
    >>> seen, y = true + rng.normal(0, 0.5, 8000), 0.8 * true + rng.normal(0, 0.5, 8000)
    >>> table = pl.DataFrame({"y": y, "prior": seen, "school": school})
    >>> fit = fit_with_error(table, "y ~ prior + (1 | school)", PriorError("prior", reliability=0.8))
    >>> round(fit.naive.fixed["prior"].estimate, 1), round(fit.fixed["prior"].estimate, 1)
    (0.6, 0.8)
    """
    parsed = parse(formula) if isinstance(formula, str) else formula
    _check_formula(parsed, error.column)
    cross = cross_products(table, parsed)
    squares = _squares(table, parsed, cross, error)
    if school_mean:
        cross = _with_school_mean(cross, error.column)
    naive = fit_cross_products(cross, method="reml")
    search = _Search(cross, basis(cross), squares, _holders(cross, error.column))
    return _result(search, _ratio(search), naive, error)


def fit_with_error_cohort(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Batch entry: fit one cohort and return every number of the corrected fit as one long table.

    Parameters
    ----------
    table : one row for each pupil
    params : ``formula``, the fields of ``PriorError`` that are given and, if wanted, ``school_mean``

    Returns
    -------
    Columns part (``summary``, ``fixed``, ``effect``), name (term or school), value, se, se_prediction.
    """
    rest = dict(params)
    formula, school_mean = rest.pop("formula"), rest.pop("school_mean", False)
    fit = fit_with_error(table, formula, PriorError(**rest), school_mean=school_mean)
    summary = ("error_variance", "school_variance", "residual_variance")
    rows: list[tuple[str | float | None, ...]] = [
        ("summary", name, getattr(fit, name), None, None) for name in summary
    ]
    rows += [("fixed", name, effect.estimate, effect.se, None) for name, effect in fit.fixed.items()]
    numbers = (values.tolist() for values in (fit.effects, fit.se, fit.se_prediction))
    rows += [("effect", *row) for row in zip(fit.groups, *numbers, strict=True)]
    numeric = dict.fromkeys(("value", "se", "se_prediction"), pl.Float64)
    return pl.DataFrame(rows, schema={"part": pl.String, "name": pl.String, **numeric}, orient="row")


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """``squares`` is E_j, shape (J,); ``holders`` marks prior and school mean among the stored columns."""

    cross: CrossProducts
    basis: Basis
    squares: Array
    holders: tuple[int, ...]

    def at(self, theta: float) -> "_Solved":
        """The corrected equations solved at one θ = variance between schools / σ²."""
        n, J = self.cross.sizes, len(self.squares)
        k = theta / (1.0 + theta * n)
        sums = self.cross.products[:, 0] @ self.basis.select
        each = self.basis.select.T @ self.cross.products @ self.basis.select
        D = each - k[:, None, None] * sums[:, :, None] * sums[:, None, :]
        omega = self._omega(k)
        total = D.sum(axis=0)
        A = total[:-1, :-1] - omega.sum(axis=0)[:-1, :-1]
        _check_positive(A, total[:-1, :-1])
        beta = np.linalg.solve(A, total[:-1, -1])
        toward = np.append(-beta, 1.0)
        remains = D @ toward
        psi = remains[:, :-1] + omega[:, :-1, :-1] @ beta
        r2 = float(toward @ remains.sum(axis=0))
        covariance = np.linalg.solve(A, np.linalg.solve(A, psi.T @ psi * J / (J - 1)).T)
        return _Solved(k, beta, covariance, r2, sums, sums @ toward, total[:-1, :-1])

    def _omega(self, k: Array) -> Array:
        size = len(self.cross.centre)
        added = np.zeros((len(k), size, size))
        at = list(self.holders)
        added[np.ix_(range(len(k)), at, at)] = (self.squares / self.cross.sizes)[:, None, None]
        added[:, at[0], at[0]] = self.squares
        added[np.ix_(range(len(k)), at, at)] -= (k * self.squares)[:, None, None]
        omega: Array = self.basis.select.T @ added @ self.basis.select
        return omega

    def slope(self, theta: float) -> float:
        """The REML equation for θ: the derivative of the deviance of y - Wβ."""
        solved, n = self.at(theta), self.cross.sizes
        weight = 1.0 / (1.0 + theta * n)
        w = solved.sums[:, :-1] * weight[:, None]
        trace = (n * weight).sum() - np.einsum("jp,pr,jr->", w, np.linalg.inv(solved.D), w)
        degrees = n.sum() - len(solved.beta)
        return float(trace - degrees / solved.r2 * ((solved.remainder * weight) ** 2).sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    """k_j (J,), β and its covariance, r² = rᵀV⁻¹r, 1ᵀ[X, y] (J, p+1), 1ᵀ(y - Xβ) (J,), XᵀV⁻¹X uncorrected (p, p)."""

    k: Array
    beta: Array
    covariance: Array
    r2: float
    sums: Array
    remainder: Array
    D: Array


def _ratio(search: _Search) -> float:
    """θ where the REML equation vanishes; 0 when it points below that."""
    if search.slope(0.0) >= 0.0:
        return 0.0
    high = 0.1
    while search.slope(high) < 0.0:
        high *= 10.0
        if high > _FAR:
            message = "the search for the variance between schools did not settle"
            raise InputError("no-convergence", message)
    return float(scipy.optimize.brentq(search.slope, 0.0, high, xtol=1e-15, rtol=1e-13))


def _result(search: _Search, theta: float, naive: MixedModelFit, error: PriorError) -> CorrectedFit:
    solved, cross, found = search.at(theta), search.cross, search.basis
    R = found.fixed_map
    beta, covariance = R @ solved.beta + found.offset, R @ solved.covariance @ R.T
    sigma2 = solved.r2 / (cross.sizes.sum() - len(beta))
    names = [column.name for column in found.fixed]
    conditional = sigma2 * solved.k
    sensitivity = solved.k[:, None] * solved.sums[:, :-1]
    of_fixed = np.einsum("jp,pr,jr->j", sensitivity, solved.covariance, sensitivity)
    of_mean = (solved.k * cross.sizes) ** 2 * _of_mean(search, dict(zip(names, beta, strict=True)))
    between = len(search.holders)
    of_variance = variance_from_estimating(sigma2 * theta, solved.k * cross.sizes, between)
    ses = np.sqrt(np.diag(covariance))
    return CorrectedFit(
        naive=naive,
        error=error,
        error_variance=float(search.squares.sum() / cross.sizes.sum()),
        groups=cross.groups,
        sizes=cross.sizes,
        fixed={n: FixedEffect(float(b), float(se)) for n, b, se in zip(names, beta, ses, strict=True)},
        fixed_covariance=covariance,
        school_variance=sigma2 * theta,
        residual_variance=sigma2,
        effects=solved.k * solved.remainder,
        se=np.sqrt(conditional),
        se_prediction=np.sqrt(conditional + of_fixed + of_mean + of_variance),
    )


def _of_mean(search: _Search, beta: dict[str, float]) -> Array:
    """Variance by which the error of a school's mean prior exceeds what σ² allows for, (J,); 0 without that term.

    The error δ̄ of the mean enters y - Wβ as -(b₁ + b₂) δ̄, of which σ² has counted b₁² s²/n.
    """
    names = [search.cross.model.stored[at].name for at in search.holders]
    slopes = [beta.get(name, 0.0) for name in names]
    more = sum(slopes) ** 2 - slopes[0] ** 2
    excess: Array = max(more, 0.0) * search.squares / search.cross.sizes**2
    return excess


def _squares(table: Table, formula: Formula, cross: CrossProducts, error: PriorError) -> Array:
    """E_j = Σ s_i² over the complete rows of each school."""
    if isinstance(error.sem, str):
        return _squares_of_column(table, formula, cross, error.sem)
    if error.sem is not None:
        return cross.sizes * float(error.sem) ** 2
    at = _position(cross, error.column)
    total = cross.products.sum(axis=0)
    n = total[0, 0]
    variance = (total[at, at] - total[0, at] ** 2 / n) / (n - 1.0)
    assert error.reliability is not None
    return cross.sizes * (1.0 - error.reliability) * variance


def _squares_of_column(table: Table, formula: Formula, cross: CrossProducts, name: str) -> Array:
    reader = Reader(table, [*used_columns(formula), name])
    check_numbers(reader, [name])
    used = complete_rows(reader, used_columns(formula))
    bad = (
        used & ((reader.number(name) >= 0.0) & reader.number(name).is_finite()).fill_null(value=False).not_()
    )
    if reader.lazy.select(bad.any()).collect(engine="streaming").item():
        row, text = reader.first_row(bad, name)
        message = "a pupil of the model has no standard error of measurement, or one below 0"
        raise InputError("bad-sem", message, column=name, row=row, value=text)
    squares = reader.lazy.filter(used).group_by(reader.text(formula.group).alias("group"))
    sums = dict(squares.agg((reader.number(name) ** 2).sum()).collect().iter_rows())
    return np.array([sums[group] for group in cross.groups], dtype=np.float64)


def _with_school_mean(cross: CrossProducts, prior: str) -> CrossProducts:
    """Append each school's mean of the prior, which the cross-products themselves hold."""
    at, last = _position(cross, prior), len(cross.centre) - 1
    mean = cross.products[:, 0, at] / cross.sizes
    row = mean[:, None] * cross.products[:, 0]
    products = np.insert(np.insert(cross.products, last, row, axis=1), last, 0.0, axis=2)
    products[:, :, last] = np.insert(row, last, mean**2 * cross.sizes, axis=1)
    products[:, last, :] = products[:, :, last]
    column = ModelColumn(f"mean({prior})")
    model = cross.model
    stored = (*model.stored[:-1], column, model.response)
    model = replace(model, fixed=(*model.fixed, column), stored=stored)
    centre = np.insert(cross.centre, last, cross.centre[at])
    return replace(cross, model=model, centre=centre, products=products)


def _holders(cross: CrossProducts, prior: str) -> tuple[int, ...]:
    names = [column.name for column in cross.model.stored]
    mean = f"mean({prior})"
    return (_position(cross, prior), *([names.index(mean)] if mean in names else []))


def _position(cross: CrossProducts, prior: str) -> int:
    return next(i for i, c in enumerate(cross.model.stored) if c.pieces == (Column(prior),))


def _check_positive(A: Array, D: Array) -> None:
    """Refuse when the correction leaves next to nothing of some combination of columns."""
    if float(scipy.linalg.eigvalsh(A, D)[0]) < _LEAST_TRUE:
        message = (
            "so much error leaves no variance of the true prior scores;"
            " is the reliability that of these pupils, and the error in points of this column?"
        )
        raise InputError("error-too-large", message)


def _check_formula(formula: Formula, prior: str) -> None:
    alone = list(_holding(formula, prior)) == [(Column(prior),)]
    if not (alone and formula.fixed.intercept) or prior in columns(formula.response):
        message = (
            "the prior must stand as one term by itself beside an intercept, such as outcome ~ prior + sex"
        )
        raise InputError("prior-not-alone", message, column=prior)
    if len(formula.blocks) != 1 or formula.blocks[0].terms or not formula.blocks[0].intercept:
        message = "with measurement error only a random intercept is supported, such as (1 | school)"
        raise InputError("random-slope", message, column=prior)


def _holding(formula: Formula, prior: str) -> Iterator[tuple[object, ...]]:
    """The fixed terms that read the prior."""
    for term in formula.fixed.terms:
        variables = tuple(formula.fixed.variables[i] for i in term)
        if any(prior in columns(variable) for variable in variables):
            yield variables
