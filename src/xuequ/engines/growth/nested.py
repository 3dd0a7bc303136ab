"""Three levels: pupils in classes in schools, from the cross-products of each class.

    y_ijc = x_ijcᵀβ + z_ijcᵀu_j + v_jc + e_ijc,    u_j ~ N(0, T),    v_jc ~ N(0, σ²τ),    e ~ N(0, σ²)

For class c with the cross-products C_c of W = [1, X, Z, y], of n_c pupils, let b_c = 1ᵀW be their sums. Eliminating
the class leaves products of the same kind as those of schools in a model of two levels::

    S_j = Σ_c WᵀV_c⁻¹W = Σ_c [C_c - b_c b_cᵀ τ/(1 + τ n_c)],    log|V_c| = log(1 + τ n_c)

so that the two-level likelihood of ``likelihood`` does the rest. The derivative of the deviance by τ, the others at
their minimum for this τ, is Σ_c 1ᵀP1 - (n/r²) Σ_c (1ᵀPy)², in which 1 marks the pupils of class c; the minimum is
where it vanishes, or τ = 0 (Bates, Mächler, Bolker and Walker 2015, *Journal of Statistical Software* 67(1), for the
likelihood; Raudenbush and Bryk 2002, *Hierarchical Linear Models*, chapter 8, for the model).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import polars as pl
import scipy.optimize
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.growth.basis import Basis, basis
from xuequ.engines.growth.coding import used_columns
from xuequ.engines.growth.crossproducts import CrossProducts, cross_products
from xuequ.engines.growth.formula import Formula, parse
from xuequ.engines.growth.frame import Reader, Table, natural_order
from xuequ.engines.growth.likelihood import Array, Method, Profile, minimise, settle
from xuequ.engines.growth.mixed import MixedModelFit, check_size, long_table, result_at

_SEPARATOR = "\x1f"
_KEY = "school\x1fclass"
_GRID = (0.0, *(10.0 ** np.arange(-4.0, 2.0, 0.5)))
_FAR = 1e6
_PRECISE = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class NestedCrossProducts:
    """Cross-products of N classes and the school of each.

    Attributes
    ----------
    classes : cross-products by class; the labels are those of school and class together
    school_of : number of each class's school in ``schools``, shape (N,)
    schools : labels in natural order, length J
    labels : of the classes, within their schools, length N
    """

    classes: CrossProducts
    school_of: NDArray[np.int64]
    schools: tuple[str, ...]
    labels: tuple[str, ...]

    def by_school(self, products: Array) -> Array:
        """Sums over the classes of each school, shape (J, m, m)."""
        sums = np.zeros((len(self.schools), *products.shape[1:]))
        np.add.at(sums, self.school_of, products)
        return sums

    @property
    def total(self) -> CrossProducts:
        """Cross-products of the schools, classes forgotten."""
        products = self.by_school(self.classes.products)
        return replace(self.classes, groups=self.schools, products=products)


@dataclass(frozen=True, slots=True, eq=False)
class NestedFit:
    """A fitted model of three levels.

    Attributes
    ----------
    school : terms, variances and effects of schools, and the deviance, as of a model of two levels
    class_variance : σ²τ; 0 when classes of a school do not differ detectably
    class_school, class_label : of each class, length N
    class_sizes : pupils in each, shape (N,)
    class_effects : predicted v_jc, what a class gained beyond its school, shape (N,)
    class_se, class_se_prediction : given β, and with the uncertainty of β, shape (N,)
    """

    school: MixedModelFit
    class_variance: float
    class_school: tuple[str, ...]
    class_label: tuple[str, ...]
    class_sizes: Array
    class_effects: Array
    class_se: Array
    class_se_prediction: Array


def fit_nested(
    table: Table, formula: Formula | str, class_column: str, *, method: Method = "reml"
) -> NestedFit:
    """Fit a mixed model with classes nested in the formula's group.

    Parameters
    ----------
    table : one row for each pupil; rows without a class are left out and counted
    formula : such as ``"outcome ~ prior + (prior | school)"``; the classes have a random intercept
    class_column : label of the class; equal labels in two schools are two classes
    method : ``"reml"`` (default) or ``"ml"``

    Raises
    ------
    InputError
        As ``fit_mixed_model``, and ``class-is-school`` when no school has two classes, ``class-is-pupil`` when no
        class has two pupils, ``class-in-formula`` when the formula uses the class as well.

    Examples
    --------
    Davies and Goldsmith (1972), table 6.5: paste in ten batches of three casks, each tested twice. The variances are
    8.434 between casks, 1.657 between batches and 0.678 between tests.

    >>> from xuequ.engines.growth.examples import pastes
    >>> fit = fit_nested(pastes(), "strength ~ 1 + (1 | batch)", "cask")
    >>> variances = fit.class_variance, fit.school.random.covariance[0, 0], fit.school.residual_variance
    >>> [round(float(variance), 3) for variance in variances]
    [8.434, 1.657, 0.678]
    """
    return fit_nested_products(nested_cross_products(table, formula, class_column), method=method)


def nested_cross_products(table: Table, formula: Formula | str, class_column: str) -> NestedCrossProducts:
    """Form the cross-products of every class; raises ``InputError`` as ``fit_nested``."""
    parsed = parse(formula) if isinstance(formula, str) else formula
    if class_column in used_columns(parsed):
        message = "the class is nested in the school by itself; leave it out of the formula"
        raise InputError("class-in-formula", message, column=class_column)
    reader = Reader(table, [*used_columns(parsed), class_column])
    parts = [reader.text(name) for name in (parsed.group, class_column)]
    keyed = reader.lazy.with_columns(pl.concat_str(parts, separator=_SEPARATOR).alias(_KEY))
    found = cross_products(keyed, replace(parsed, group=_KEY))
    pairs = [tuple(key.split(_SEPARATOR, 1)) for key in found.groups]
    schools = natural_order({school for school, _ in pairs})
    where = {school: j for j, school in enumerate(schools)}
    classes = replace(found, model=replace(found.model, formula=parsed))
    school_of = np.array([where[school] for school, _ in pairs], dtype=np.int64)
    cross = NestedCrossProducts(classes, school_of, schools, tuple(label for _, label in pairs))
    _check_classes(cross, class_column)
    return _in_order(cross)


def fit_nested_products(cross: NestedCrossProducts, *, method: Method = "reml") -> NestedFit:
    """Fit the model of cross-products; raises ``InputError`` as ``fit_nested``."""
    total = cross.total
    if method not in ("ml", "reml"):
        raise InputError("unknown-method", f"no method {method!r}; there are ml and reml")
    check_size(total)
    search = _Search(cross, total, basis(total), method)
    tau = _minimum(search)
    found, best = search.at(tau)
    school = result_at(total, found, best, method)
    logs = float(np.log1p(tau * cross.classes.sizes).sum())
    return _with_classes(search, tau, replace(school, deviance=school.deviance + logs))


def fit_nested_cohort(table: pl.DataFrame, params: Mapping[str, str]) -> pl.DataFrame:
    """Batch entry: fit one cohort and return every number of the result as one long table.

    Parameters
    ----------
    table : one row for each pupil
    params : ``formula``, ``class`` and, unless ``"reml"``, ``method``

    Returns
    -------
    The columns of ``mixed.fit_cohort``, with a ``summary`` row ``class_variance`` and rows of part ``class``: school
    in ``group``, class in ``term``.
    """
    method = cast(Method, params.get("method", "reml"))
    fit = fit_nested(table, params["formula"], params["class"], method=method)
    school = long_table(fit.school)
    numbers = (fit.class_effects, fit.class_se, fit.class_se_prediction)
    labels = zip(fit.class_school, fit.class_label, *(values.tolist() for values in numbers), strict=True)
    rows: list[tuple[str | float | None, ...]] = [
        ("summary", None, "class_variance", None, fit.class_variance, None, None, None)
    ]
    rows += [("class", group, label, None, *values, None) for group, label, *values in labels]
    return pl.concat([school, pl.DataFrame(rows, schema=school.schema, orient="row")])


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """The deviance as a function of τ alone."""

    cross: NestedCrossProducts
    total: CrossProducts
    basis: Basis
    method: Method

    def at(self, tau: float) -> tuple[Basis, Profile]:
        """The other variances at their minimum for one τ."""
        products, sizes = self.cross.classes.products, self.cross.classes.sizes
        sums = products[:, 0]
        less = (tau / (1.0 + tau * sizes))[:, None, None] * (sums[:, :, None] * sums[:, None, :])
        found = self.basis.projected(self.cross.by_school(products - less))
        problem = found.problem(self.total, self.method)
        return found, settle(problem, minimise(problem))

    def deviance(self, tau: float) -> float:
        """-2 log likelihood or REML criterion, up to a constant."""
        logs = float(np.log1p(tau * self.cross.classes.sizes).sum())
        return self.at(tau)[1].deviance + logs

    def slope(self, tau: float) -> float:
        """The derivative of the deviance by τ."""
        marked = _marked(self, tau)
        return float(marked.variance.sum() - marked.degrees / marked.r2 * (marked.residual**2).sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Marked:
    """For the indicator 1 of each class: 1ᵀV⁻¹X (N, p), 1ᵀP1 and 1ᵀV⁻¹1 (N,), 1ᵀPy (N,), r² and its divisor."""

    fixed: Array
    variance: Array
    given_fixed: Array
    residual: Array
    r2: float
    degrees: int


def _marked(search: _Search, tau: float) -> _Marked:
    found, best = search.at(tau)
    sizes, of = search.cross.classes.sizes, search.cross.school_of
    within = search.cross.classes.products[:, 0] / (1.0 + tau * sizes)[:, None]
    z = within @ search.basis.select_random
    shrunk = np.einsum("cq,qkc->ck", z, best.K[:, :, of])
    wxy = within @ search.basis.select - np.einsum("ck,kpc->cp", shrunk, found.B[:, :, of])
    given = sizes / (1.0 + tau * sizes) - (shrunk * z).sum(axis=1)
    fixed = wxy[:, :-1]
    of_fixed = np.einsum("cp,pr,cr->c", fixed, np.linalg.inv(best.D_XX), fixed)
    degrees = found.problem(search.total, search.method).degrees
    return _Marked(
        fixed=fixed,
        variance=given - (of_fixed if search.method == "reml" else 0.0),
        given_fixed=given,
        residual=wxy[:, -1] - fixed @ best.beta,
        r2=best.r2,
        degrees=degrees,
    )


def _minimum(search: _Search) -> float:
    """The τ of least deviance: near the best of a grid, where the derivative vanishes."""
    at = int(np.argmin([search.deviance(tau) for tau in _GRID]))
    low, high = _GRID[max(at - 1, 0)], _GRID[min(at + 1, len(_GRID) - 1)]
    if at == 0 and search.slope(0.0) >= 0.0:
        return 0.0
    while high < _FAR and search.slope(high) < 0.0:
        high *= 10.0
    return _root(search.slope, low, high)


def _root(slope: Callable[[float], float], low: float, high: float) -> float:
    if slope(low) > 0.0 or slope(high) < 0.0:
        message = "the search for the variance between classes did not settle; leave the classes out"
        raise InputError("no-convergence", message)
    return float(scipy.optimize.brentq(slope, low, high, xtol=_PRECISE, rtol=1e-13))


def _with_classes(search: _Search, tau: float, school: MixedModelFit) -> NestedFit:
    cross, marked, sigma2 = search.cross, _marked(search, tau), school.residual_variance
    conditional = sigma2 * (tau - tau**2 * marked.given_fixed)
    # In the coordinates of the search: the covariance of β is σ² D⁻¹ there.
    covariance = sigma2 * np.linalg.inv(search.at(tau)[1].D_XX)
    of_fixed = tau**2 * np.einsum("cp,pr,cr->c", marked.fixed, covariance, marked.fixed)
    return NestedFit(
        school=school,
        class_variance=sigma2 * tau,
        class_school=tuple(cross.schools[j] for j in cross.school_of),
        class_label=cross.labels,
        class_sizes=cross.classes.sizes,
        class_effects=tau * marked.residual,
        class_se=np.sqrt(conditional.clip(0.0)),
        class_se_prediction=np.sqrt((conditional + of_fixed).clip(0.0)),
    )


def _check_classes(cross: NestedCrossProducts, column: str) -> None:
    if len(cross.labels) == len(cross.schools):
        message = (
            "no school has two classes, so classes and schools cannot be told apart; leave the classes out"
        )
        raise InputError("class-is-school", message, column=column)
    if cross.classes.sizes.max() < 2:
        message = "no class has two pupils with complete rows; is this the column of the pupils?"
        raise InputError("class-is-pupil", message, column=column)


def _in_order(cross: NestedCrossProducts) -> NestedCrossProducts:
    """Classes by school and label, both in natural order."""
    rank = {label: i for i, label in enumerate(natural_order(set(cross.labels)))}
    order = np.lexsort((np.array([rank[label] for label in cross.labels]), cross.school_of))
    groups = tuple(cross.classes.groups[i] for i in order)
    classes = replace(cross.classes, groups=groups, products=cross.classes.products[order])
    return NestedCrossProducts(
        classes, cross.school_of[order], cross.schools, tuple(cross.labels[i] for i in order)
    )
