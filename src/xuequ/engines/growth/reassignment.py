"""Class effects when pupils changed classes: the multiple membership model.

    y_i = x_iᵀβ + Σ_k w_ik u_k + e_i,   Σ_k w_ik = 1,   u_k ~ N(0, τ²),   e_i ~ N(0, σ²)

with w_ik the share of the time that pupil i spent in class k (Hill and Goldstein 1998, Journal of Educational and
Behavioral Statistics 23, 117-128; Browne, Goldstein and Rasbash 2001, Statistical Modelling 1, 103-124). With Z the
shares, θ² = τ²/σ² and ZᵀZ = QΛQᵀ the REML criterion is one-dimensional:

    D(θ) = [X, y]ᵀ[X, y] − θ² Bᵀ (I + θ²Λ)⁻¹ B,  B = QᵀZᵀ[X, y]
    d = Σ log(1 + θ²Λ) + log|D_XX| + (n−p)(1 + log(2π r²/(n−p)))

It describes groups of pupils; it is no measure of any teacher.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from scipy.optimize import minimize_scalar

from xuequ.engines.errors import InputError
from xuequ.engines.growth.findings import Remark
from xuequ.engines.growth.inputs import (
    Array,
    finite,
    pupils,
    refuse_constant,
    refuse_few,
    refuse_twice,
    require,
    scale_remarks,
    texts,
)
from xuequ.engines.growth.intervals import quantile
from xuequ.engines.growth.memberships import (
    MembershipDesign,
    Memberships,
    memberships,
    shares_matrix,
)
from xuequ.engines.growth.modelling import rank_correlation

FEWEST_PUPILS = 30
MOST_UNITS = 3000
_LARGEST_RATIO = 10.0


@dataclass(frozen=True, slots=True)
class ReassignmentDesign:
    """Outcome, predictors and how memberships are written.

    Parameters
    ----------
    outcome : column of the result
    predictors : columns of numbers, the starting point among them
    membership : names of the class columns
    minimum_pupils : a class with a smaller sum of shares has no effect shown
    confidence : level of the intervals
    """

    outcome: str
    predictors: tuple[str, ...]
    membership: MembershipDesign = field(default_factory=MembershipDesign)
    minimum_pupils: float = 10.0
    confidence: float = 0.95

    def __post_init__(self) -> None:
        refuse_twice(self.outcome, *self.predictors, "pupil")


@dataclass(frozen=True, slots=True)
class Reassignment:
    """Effects by class, shares of time considered.

    Attributes
    ----------
    units : unit, pupils, whole, joined, left, weight (sum of shares), effect (against the average class), se, low,
        high, reliability, effect_last (were each pupil counted wholly in the last class)
    terms : term, estimate, se
    unit_variance, residual_variance : τ² and σ²
    deviance : REML criterion
    memberships : shares and the report of the pupils who changed
    agreement : Spearman's correlation of effect and effect_last
    remarks : codes with numbers
    """

    design: ReassignmentDesign
    units: pl.DataFrame
    terms: pl.DataFrame
    unit_variance: float
    residual_variance: float
    deviance: float
    memberships: Memberships
    agreement: float | None
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MembershipFit:
    """The model's numbers: β (p,), its covariance, τ², σ², the criterion, û (K,), errors (K, K), reliability (K,)."""

    beta: Array
    covariance: Array
    unit_variance: float
    residual_variance: float
    deviance: float
    effect: Array
    error: Array
    reliability: Array


def evaluate_reassignment(table: pl.DataFrame, design: ReassignmentDesign) -> Reassignment:
    """Attribute growth to classes by the shares of time that pupils spent in them.

    Raises
    ------
    InputError
        ``unknown-column``, ``not-numeric``, ``too-few-pupils``, ``one-group``, ``constant``, ``mixed-scales``,
        ``too-many-effects``, ``collinear-predictors`` or what ``memberships`` raises.
    """
    require(table, (design.outcome, *design.predictors))
    found = memberships(table, design.membership)
    doubts = scale_remarks(finite(table, design.outcome), texts(table, f"{design.membership.unit}_1"))
    frame = pl.DataFrame(
        [pupils(table), *(finite(table, name) for name in (design.outcome, *design.predictors))]
    ).drop_nulls()
    frame = frame.filter(pl.col("pupil").is_in(found.table["pupil"].unique().to_list())).sort("pupil")
    refuse_few(frame.height, FEWEST_PUPILS, "pupils have an outcome, a starting point and a class")
    for name in (design.outcome, *design.predictors):
        refuse_constant(frame[name].to_numpy(), name)
    X = np.column_stack([np.ones(frame.height), frame.select(design.predictors).to_numpy()])
    y = frame[design.outcome].to_numpy()
    fits = []
    for last in (False, True):
        Z, units = shares_matrix(found, frame["pupil"], last=last)
        _check(Z, units, design)
        fits.append(fit_memberships(y, X, Z))
    return _result(design, found, units, fits[0], fits[1], doubts)


def fit_memberships(y: Array, X: Array, Z: Array) -> MembershipFit:
    """Fit by REML.

    Parameters
    ----------
    y : outcomes, shape (n,)
    X : fixed columns, shape (n, p)
    Z : shares, shape (n, K)
    """
    if np.linalg.matrix_rank(X) < X.shape[1]:
        raise InputError("collinear-predictors", "a predictor is determined by the others; leave it out")
    n, p = X.shape
    shift = y.mean()
    W = np.column_stack([X, y - shift])
    values, Q = np.linalg.eigh(Z.T @ Z)
    values, B, C = np.clip(values, 0.0, None), Q.T @ (Z.T @ W), W.T @ W

    def criterion(theta: float) -> float:
        return _profile(theta, values, B, C, n, p)[0]

    best = minimize_scalar(criterion, bounds=(0.0, _LARGEST_RATIO), method="bounded", options={"xatol": 1e-9})
    theta = float(best.x) if best.fun < criterion(0.0) - 1e-10 else 0.0
    deviance, beta, sigma2, D = _profile(theta, values, B, C, n, p)
    K = Q * (theta**2 / (1 + theta**2 * values)) @ Q.T
    residual = Q @ (B[:, p] - B[:, :p] @ beta)
    covariance = np.asarray(sigma2 * np.linalg.inv(D), dtype=np.float64)
    S = K @ (Q @ B[:, :p])
    tau2 = sigma2 * theta**2
    conditional = sigma2 * np.diag(K)
    beta[0] += shift
    return MembershipFit(
        beta, covariance, tau2, sigma2, deviance, K @ residual, sigma2 * K + S @ covariance @ S.T,
        np.clip(1 - conditional / tau2, 0, 1) if tau2 > 0 else np.zeros(len(values)),
    )  # fmt: skip


def _profile(
    theta: float, values: Array, B: Array, C: Array, n: int, p: int
) -> tuple[float, Array, float, Array]:
    shrink = theta**2 / (1 + theta**2 * values)
    D = C - (B * shrink[:, None]).T @ B
    beta = np.asarray(np.linalg.solve(D[:p, :p], D[:p, p]), dtype=np.float64)
    sigma2 = float(D[p, p] - D[:p, p] @ beta) / (n - p)
    if sigma2 <= 1e-12 * C[p, p] / n:
        raise InputError("no-residual-variation", "the classes and predictors reproduce the outcome exactly")
    logs = float(np.log1p(theta**2 * values).sum()) + float(np.linalg.slogdet(D[:p, :p])[1])
    return logs + (n - p) * (1 + np.log(2 * np.pi * sigma2)), beta, sigma2, D[:p, :p]


def _check(Z: Array, units: tuple[str, ...], design: ReassignmentDesign) -> None:
    column = f"{design.membership.unit}_1"
    if len(units) < 2:
        raise InputError("one-group", "only one class; effects need at least two to compare", column=column)
    if len(units) > MOST_UNITS or len(units) >= len(Z):
        raise InputError("too-many-effects", f"{len(units)} classes for {len(Z)} pupils", column=column)


def _result(
    design: ReassignmentDesign,
    found: Memberships,
    units: tuple[str, ...],
    fit: MembershipFit,
    last: MembershipFit,
    doubts: tuple[Remark, ...],
) -> Reassignment:
    K = len(units)
    centring = np.eye(K) - 1.0 / K
    se = np.sqrt(np.clip(np.diag(centring @ fit.error @ centring), 0, None))
    effect = fit.effect - fit.effect.mean()
    half = quantile(design.confidence, max(K - 1, 1)) * se
    boundary = fit.unit_variance == 0.0
    hidden = ["effect", "effect_last", "reliability"] + ([] if boundary else ["se", "low", "high"])
    numbers = {
        "effect": effect, "se": se, "low": effect - half, "high": effect + half,
        "reliability": fit.reliability, "effect_last": last.effect - last.effect.mean(),
    }  # fmt: skip
    shown = pl.col("weight") >= design.minimum_pupils
    table = found.units.with_columns(pl.Series(name, value) for name, value in numbers.items())
    table = table.with_columns(
        pl.when(shown & (name in hidden)).then(pl.col(name)).alias(name) for name in numbers
    )
    terms = ("(Intercept)", *design.predictors)
    roots = np.sqrt(np.diag(fit.covariance))
    both = table.drop_nulls(["effect", "effect_last"])
    few = int(table["effect"].null_count())
    remarks = [Remark("no-detectable-difference")] if boundary else []
    remarks += [Remark("too-few-pupils", {"classes": few, "minimum": design.minimum_pupils})] if few else []
    remarks += [Remark("pupils-changed", {"pupils": found.changed, "share": found.changed / found.n})]
    return Reassignment(
        design, table, pl.DataFrame({"term": terms, "estimate": fit.beta, "se": roots}),
        fit.unit_variance, fit.residual_variance, fit.deviance, found,
        rank_correlation(both["effect"].to_numpy(), both["effect_last"].to_numpy()),
        (*found.remarks, *doubts, *remarks),
    )  # fmt: skip
