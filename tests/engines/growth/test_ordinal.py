"""Levels: the likelihood against brute force, the logistic case, recovery, refusals."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad

from xuequ.engines.errors import InputError
from xuequ.engines.growth.ordinal import OrdinalDesign, _prepare, fit_ordinal
from xuequ.engines.growth.ordinal_likelihood import Cells, OrdinalParameters, integrate

LEVELS = ("D", "C", "B", "A")
DESIGN = OrdinalDesign("level", LEVELS, "prior")
THRESHOLDS = np.array([-1.5, 0.0, 1.4])


def cohort(
    seed: int, schools: int = 20, size: int = 60, *, sd: float = 0.5, slope: float = 1.2, step: float = 0.5
) -> tuple[pl.DataFrame, np.ndarray]:
    """Levels of pupils with a rounded starting point, and the schools' effects."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), size)
    u = rng.normal(0, sd, schools)
    prior = np.round(rng.normal(size=len(school)) / step) * step
    latent = slope * prior + u[school] + rng.logistic(size=len(school))
    level = np.array(LEVELS)[np.searchsorted(THRESHOLDS, latent)]
    names = [f"s{i:02}" for i in school]
    return pl.DataFrame({"school": names, "prior": prior, "level": level}), u


def brute_force(cells: Cells, thresholds: np.ndarray, beta: np.ndarray, sd: float) -> float:
    """The textbook's integral, school by school."""
    edges = np.concatenate([[-np.inf], thresholds, [np.inf]])
    total = 0.0
    for j in range(cells.schools):
        at = cells.school == j
        eta, level, count = cells.X[at] @ beta, cells.level[at], cells.count[at]

        def density(u: float, eta=eta, level=level, count=count) -> float:
            high = 1 / (1 + np.exp(-(edges[level + 1] - eta - u)))
            low = 1 / (1 + np.exp(-(edges[level] - eta - u)))
            return float(np.prod((high - low) ** count) * np.exp(-(u**2) / 2 / sd**2))

        area = quad(density, -8 * sd, 8 * sd, epsabs=0, epsrel=1e-11, limit=200)[0]
        total += np.log(area / np.sqrt(2 * np.pi) / sd)
    return total


@pytest.fixture(scope="module")
def small() -> Cells:
    return _prepare(cohort(1, schools=6, size=15)[0], DESIGN).cells


@pytest.mark.parametrize("sd", [0.2, 0.8, 2.0])
def test_the_likelihood_is_the_integral(small: Cells, sd: float) -> None:
    beta = np.array([0.9])
    parameters = OrdinalParameters(THRESHOLDS, beta, sd, np.zeros(1))
    found = integrate(parameters, small, 15, np.zeros(6)).log_likelihood
    assert found == pytest.approx(brute_force(small, THRESHOLDS, beta, sd), abs=2e-6)


def test_the_gradient_is_that_of_the_integral(small: Cells) -> None:
    at = np.array([-1.2, 0.1, 1.3, 0.8, 0.6])

    start = OrdinalParameters(THRESHOLDS, np.zeros(1), 1.0, np.array([0.2]))

    def value(vector: np.ndarray) -> float:
        return integrate(start.moved(vector), small, 25, np.zeros(6)).log_likelihood

    gradient = integrate(start.moved(at), small, 25, np.zeros(6)).natural_gradient
    numeric = [(value(at + step) - value(at - step)) / 2e-5 for step in 1e-5 * np.eye(5)]
    assert gradient == pytest.approx(numeric, abs=1e-5)


def test_no_other_parameters_near_by_are_likelier(small: Cells) -> None:
    table = cohort(1, schools=6, size=15)[0]
    fit = fit_ordinal(table.with_columns(), replace(DESIGN, nodes=15))
    at = np.concatenate([fit.thresholds["estimate"], fit.terms["estimate"], [np.sqrt(fit.school_variance)]])
    best = brute_force(small, at[:3], at[3:4], at[4])
    assert -fit.deviance / 2 == pytest.approx(best, abs=1e-5)
    for step in np.vstack([0.02 * np.eye(5), -0.02 * np.eye(5)]):
        moved = at + step
        assert brute_force(small, moved[:3], moved[3:4], moved[4]) < best


def test_two_levels_are_logistic_regression() -> None:
    """Without differences between schools the fit is a plain logistic regression, by Newton's method."""
    rng = np.random.default_rng(2)
    x = np.round(rng.normal(size=900), 1)
    y = rng.random(900) < 1 / (1 + np.exp(-(0.4 + 0.8 * x)))
    school = np.arange(900) % 9  # every school a random sample of all
    table = pl.DataFrame({"school": school, "prior": x, "level": np.where(y, "yes", "no")})
    fit = fit_ordinal(table, OrdinalDesign("level", ("no", "yes"), "prior"))
    X, beta = np.column_stack([np.ones(900), x]), np.zeros(2)
    for _ in range(30):
        p = 1 / (1 + np.exp(-X @ beta))
        information = X.T @ (X * (p * (1 - p))[:, None])
        beta = beta + np.linalg.solve(information, X.T @ (y - p))
    assert fit.school_variance < 0.02
    assert fit.odds is None
    if fit.school_variance == 0:
        se = np.sqrt(np.diag(np.linalg.inv(information)))
        assert fit.thresholds["estimate"][0] == pytest.approx(-beta[0], abs=1e-4)
        assert fit.terms["estimate"][0] == pytest.approx(beta[1], abs=1e-4)
        assert fit.terms["se"][0] == pytest.approx(se[1], rel=1e-3)
        assert "no-detectable-difference" in {remark.code for remark in fit.remarks}


def test_planted_values_are_recovered_with_honest_intervals() -> None:
    inside, count, z = 0, 0, []
    for seed in range(12):
        table, u = cohort(seed + 10)
        fit = fit_ordinal(table, DESIGN)
        truth = u - u.mean()
        inside += int(
            ((fit.schools["low"].to_numpy() <= truth) & (truth <= fit.schools["high"].to_numpy())).sum()
        )
        count += len(truth)
        z.append((fit.terms["estimate"][0] - 1.2) / fit.terms["se"][0])
    assert 0.92 <= inside / count <= 0.985
    assert abs(np.mean(z)) < 0.8
    assert 0.5 < np.std(z) < 1.6


def test_sixty_thousand_pupils_are_as_many_cells_as_kinds_of_pupils() -> None:
    table, _ = cohort(3, schools=50, size=1200)
    fit = fit_ordinal(table, DESIGN)
    assert (fit.n, fit.cells < 4000) == (60_000, True)
    assert fit.school_variance == pytest.approx(0.25, abs=0.12)
    assert fit.odds is not None
    assert fit.odds.p > 0.001


def test_the_starting_point_may_be_levels_too() -> None:
    table, _ = cohort(4, schools=25)
    at = np.searchsorted([-1.0, 0.0, 1.0], table["prior"].to_numpy())
    start = table.with_columns(prior=pl.Series(np.array(LEVELS)[at]))
    fit = fit_ordinal(start, replace(DESIGN, prior_levels=LEVELS, school_mean_prior=True))
    assert fit.terms["term"].to_list() == ["prior=C", "prior=B", "prior=A", "intake"]
    assert fit.terms["estimate"][:3].is_sorted()
    assert fit.terms["odds_ratio"].to_numpy() == pytest.approx(np.exp(fit.terms["estimate"].to_numpy()))


def test_odds_that_are_not_proportional_are_found() -> None:
    rng = np.random.default_rng(5)
    school = np.repeat(np.arange(40), 60)
    x = np.round(rng.normal(size=2400), 1)
    # The starting point decides about the lowest level and hardly about the highest one.
    low, high = rng.random((2, 2400))
    passed = low < 1 / (1 + np.exp(-(1.5 + 2.0 * x)))
    top = passed & (high < 1 / (1 + np.exp(0.5 - 0.0 * x)))
    level = np.where(top, "A", np.where(passed, "B", "C"))
    table = pl.DataFrame({"school": school, "prior": x, "level": level})
    fit = fit_ordinal(table, replace(DESIGN, levels=("C", "B", "A")))
    assert fit.odds.p < 1e-6
    assert "proportional-odds-doubtful" in {remark.code for remark in fit.remarks}


def test_the_shift_of_the_share_says_what_the_effect_means() -> None:
    fit = fit_ordinal(cohort(6, size=200)[0], DESIGN)
    assert fit.middle == "B"
    best = fit.schools.sort("effect").row(-1, named=True)
    assert 0 < best["share_shift"] < best["effect"] / 4
    assert np.sign(fit.schools["share_shift"]).to_list() == np.sign(fit.schools["effect"]).to_list()


def test_a_small_school_and_an_empty_level_are_labelled() -> None:
    table = cohort(7)[0]
    small = pl.concat([table, table.head(3).with_columns(school=pl.lit("tiny"))])
    fit = fit_ordinal(small, replace(DESIGN, levels=("E", *LEVELS)))
    row = fit.schools.filter(school="tiny").row(0, named=True)
    assert (row["verdict"], row["effect"], row["share_shift"], row["n"]) == ("too-few", None, None, 3)
    assert {remark.code for remark in fit.remarks} >= {"too-few-pupils", "empty-level"}


TABLE = cohort(8)[0]


@pytest.mark.parametrize(
    ("table", "design", "code"),
    [
        (TABLE.with_columns(level=pl.lit("87")), DESIGN, "unknown-level"),
        (TABLE.with_columns(level=pl.lit("A")), DESIGN, "one-level"),
        (TABLE.with_columns(school=pl.lit("x")), DESIGN, "one-school"),
        (TABLE.with_columns(prior=pl.lit(1.0)), DESIGN, "constant-predictor"),
        (TABLE.head(20), DESIGN, "too-few-pupils"),
        (TABLE.drop("prior"), DESIGN, "unknown-column"),
        (
            TABLE.with_columns(prior=pl.when(school="s03").then(pl.col("prior") + 40).otherwise("prior")),
            DESIGN, "mixed-scales",
        ),
        (TABLE.with_columns(prior=(pl.col("level") == "A").cast(pl.Float64)), DESIGN, "separated"),
    ],
)  # fmt: skip
def test_what_cannot_be_fitted_is_refused(table: pl.DataFrame, design: OrdinalDesign, code: str) -> None:
    with pytest.raises(InputError) as caught:
        fit_ordinal(table, design)
    assert caught.value.code == code


def test_the_order_of_the_rows_leaves_no_trace() -> None:
    fits = [fit_ordinal(table, DESIGN) for table in (TABLE, TABLE.sample(fraction=1, shuffle=True, seed=1))]
    assert fits[0].schools.equals(fits[1].schools)


def test_the_units_of_the_starting_point_change_nothing_but_its_coefficient() -> None:
    plain = fit_ordinal(TABLE, DESIGN)
    scaled = fit_ordinal(TABLE.with_columns(prior=600 + 80 * pl.col("prior")), DESIGN)
    for name in ("estimate", "se"):
        assert scaled.terms[name][0] * 80 == pytest.approx(plain.terms[name][0], rel=1e-4)
    assert scaled.schools["se"].to_numpy() == pytest.approx(plain.schools["se"].to_numpy(), rel=1e-3)
    moved = plain.thresholds["estimate"] + 7.5 * plain.terms["estimate"][0]
    assert scaled.thresholds["estimate"].to_numpy() == pytest.approx(moved.to_numpy(), rel=1e-4)


def test_errors_are_those_of_the_exact_information(small: Cells) -> None:
    """The Hessian of the brute-force likelihood, thresholds at zero, by differences."""
    fit = fit_ordinal(cohort(1, schools=6, size=15)[0], replace(DESIGN, nodes=25))
    at = np.concatenate([fit.thresholds["estimate"], fit.terms["estimate"], [np.sqrt(fit.school_variance)]])

    def value(vector: np.ndarray) -> float:
        return brute_force(small, vector[:3], vector[3:4], vector[4])

    steps = 1e-3 * np.eye(5)
    hessian = np.array([
        [(value(at + a + b) - value(at + a - b) - value(at - a + b) + value(at - a - b)) / 4e-6 for b in steps]
        for a in steps
    ])  # fmt: skip
    se = np.sqrt(np.diag(np.linalg.inv(-hessian)))
    assert fit.thresholds["se"].to_numpy() == pytest.approx(se[:3], rel=2e-3)
    assert fit.terms["se"][0] == pytest.approx(se[3], rel=2e-3)
    assert fit.variance_se == pytest.approx(2 * at[4] * se[4], rel=2e-3)


@pytest.mark.parametrize("name", ["y", "effect", "n"])
def test_a_predictor_may_have_any_name(name: str) -> None:
    found = fit_ordinal(TABLE.rename({"prior": name}), replace(DESIGN, prior=name))
    assert found.terms["term"].to_list() == [name]
    plain = fit_ordinal(TABLE, DESIGN)
    assert found.terms["estimate"].to_list() == pytest.approx(plain.terms["estimate"].to_list())
