"""SIMEX: what it computes, that it removes the bias it is for, and that chance leaves no trace."""

import doctest

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.engines.growth.cohorts import chain, design, with_errors
from xuequ.engines.errors import InputError
from xuequ.engines.growth import simex
from xuequ.engines.growth.measurement_error import with_csem
from xuequ.engines.growth.percentiles import TAUS, design_matrix
from xuequ.engines.growth.quantile import fit_quantile_process
from xuequ.engines.growth.simex import Extrapolation, SimexPercentiles, SimexSettings, simex_percentiles

CSEM = 12.0
EXTRAPOLATIONS: tuple[Extrapolation, ...] = ("linear", "quadratic")
TABLE = with_csem(with_errors(chain(300, 1), CSEM, 2), CSEM).with_columns(
    prior_2=pl.when(pl.col("id") % 5 > 0).then("prior_2")
)
DESIGN = design(TABLE, min_cohort=200)
FEW = SimexSettings(3, (0.0, 1.0, 2.0))


def corrected(table: pl.DataFrame, seed: int = 3, settings: SimexSettings = FEW) -> SimexPercentiles:
    return simex_percentiles(table, DESIGN, np.random.default_rng(seed), settings)


RESULT = corrected(TABLE)


def test_each_pupil_is_judged_by_the_highest_order_in_the_order_of_the_input() -> None:
    naive = RESULT.naive.table
    assert RESULT.table.columns == ["id", "sgp_simex", "sgp_order", "sgp_simex_ranked"]
    assert_frame_equal(RESULT.table.select("id", "sgp_order"), naive.select("id", "sgp_order"))
    assert (RESULT.fits, len(RESULT.simulation_error)) == (3 * 2 * 2, 2)


def test_it_is_the_extrapolated_mean_of_plain_refits() -> None:
    """Order 1 alone by the textbook: every fit from scratch, a least-squares line for each pupil and tau."""
    table = TABLE.select("id", "score", "prior_1", "csem_1")
    own = design(table)
    found = simex_percentiles(table, own, np.random.default_rng(3), FEW)
    rng = np.random.default_rng(3)
    score, prior = table["score"].to_numpy(), table["prior_1"].to_numpy()
    draws = [rng.standard_normal((len(prior), 1))[:, 0] for _ in range(FEW.simulations)]
    [basis] = own.bases
    means = []
    for size in FEW.lambdas:
        noisy = [(prior + np.sqrt(size) * CSEM * z).clip(basis.lower, basis.upper) for z in draws]
        designs = [design_matrix(x[:, None], own.bases) for x in noisy]
        means.append(
            np.mean([X @ fit_quantile_process(X, score, TAUS).coefficients for X in designs], axis=0)
        )
    lines = np.polynomial.polynomial.polyfit(FEW.lambdas, np.reshape(means, (3, -1)), 1)
    expected = np.sort((lines[0] - lines[1]).reshape(means[0].shape), axis=1).round(5)
    below = (expected < score[:, None]).sum(axis=1).clip(1, 99)
    assert found.table["sgp_simex"].to_list() == below.tolist()


def test_errors_in_earlier_scores_no_longer_favour_strong_intakes() -> None:
    """Naive percentiles rise with the true earlier score; the corrected ones do by less than half, and a tenth."""
    table = with_csem(with_errors(chain(2000, 5, years=1), 20.0, 6), 20.0)
    true = table["true_1"].to_numpy()

    def lift(sgp: pl.Series) -> float:
        return float(np.polyfit((true - true.mean()) / true.std(), sgp.to_numpy(), 1)[0])

    found = {
        way: simex_percentiles(
            table, design(table), np.random.default_rng(1), SimexSettings(4, extrapolation=way)
        )
        for way in EXTRAPOLATIONS
    }
    naive = lift(found["linear"].naive.table["sgp"])
    assert naive > 4.0
    assert 0.0 < lift(found["linear"].table["sgp_simex"]) < 0.5 * naive
    assert abs(lift(found["quadratic"].table["sgp_simex"])) < 0.25 * naive


def test_ranked_percentiles_are_uniform_and_keep_the_order() -> None:
    ranked = RESULT.table["sgp_simex_ranked"]
    assert np.quantile(ranked, [0.1, 0.5, 0.9]) == pytest.approx([10, 50, 90], abs=1.5)
    spans = RESULT.table.group_by("sgp_simex").agg(
        low=pl.col("sgp_simex_ranked").min(), high=pl.col("sgp_simex_ranked").max()
    )
    by_percentile = spans.sort("sgp_simex")
    assert (by_percentile["low"][1:] >= by_percentile["high"][:-1]).all()


def test_a_minute_error_changes_next_to_nothing() -> None:
    found = corrected(TABLE.with_columns(pl.col("csem_1", "csem_2") * 1e-6))
    assert (found.table["sgp_simex"] - found.naive.table["sgp"]).abs().max() <= 1
    assert max(found.simulation_error) < 1e-3


def test_the_same_seed_gives_the_same_result_whatever_the_order_of_rows() -> None:
    shuffled = corrected(TABLE.sample(fraction=1.0, shuffle=True, seed=8))
    assert_frame_equal(shuffled.table.sort("id"), RESULT.table.sort("id"))
    assert shuffled.simulation_error == RESULT.simulation_error
    assert corrected(TABLE, seed=4).table["sgp_simex"].to_list() != RESULT.table["sgp_simex"].to_list()


def test_nan_is_a_missing_score() -> None:
    gaps = {name: pl.when(pl.col("id") % 7 > 0).then(name) for name in ("prior_1", "csem_1")}
    missing = TABLE.with_columns(**gaps)
    with_nan = missing.with_columns(pl.selectors.float().fill_null(np.nan))
    assert_frame_equal(corrected(missing).table, corrected(with_nan).table)


def test_errors_may_differ_by_pupil() -> None:
    steep = TABLE.with_columns(csem_1=pl.when(pl.col("prior_1") > 655).then(30.0).otherwise(2.0))
    assert corrected(steep).table["sgp_simex"].to_list() != RESULT.table["sgp_simex"].to_list()


def test_quadratic_extrapolation_corrects_further() -> None:
    quadratic = corrected(TABLE, settings=SimexSettings(3, extrapolation="quadratic"))
    naive = RESULT.naive.table["sgp"]
    distance = [(r.table["sgp_simex"] - naive).abs().mean() for r in (RESULT, quadratic)]
    assert distance[1] > distance[0]


@given(
    st.lists(st.floats(-100, 100), min_size=3, max_size=3),
    st.lists(st.floats(0.1, 1.0), min_size=2, max_size=5),
)
def test_weights_extrapolate_a_parabola_exactly(coefficients: list[float], steps: list[float]) -> None:
    lambdas = (0.0, *np.cumsum(steps).tolist())
    values = np.polynomial.polynomial.polyval(np.array(lambdas), coefficients)
    weights = SimexSettings(lambdas=lambdas, extrapolation="quadratic").weights()
    at_no_error = coefficients[0] - coefficients[1] + coefficients[2]
    assert weights @ values == pytest.approx(at_no_error, abs=1e-6 * (1 + np.abs(weights).sum() * 300))
    assert weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    "settings",
    [
        SimexSettings(1),
        SimexSettings(lambdas=(0.5, 1.0)),
        SimexSettings(lambdas=(0.0, 1.0, 1.0)),
        SimexSettings(lambdas=(0.0, 1.0), extrapolation="quadratic"),
        SimexSettings(extrapolation="cubic"),  # type: ignore[arg-type]
    ],
)
def test_settings_that_allow_no_extrapolation_are_refused(settings: SimexSettings) -> None:
    with pytest.raises(InputError) as refusal:
        corrected(TABLE, settings=settings)
    assert refusal.value.code == "bad-simex"


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (TABLE.with_columns(csem_1=pl.lit(0.0)), "bad-csem"),
        (TABLE.drop("csem_2"), "unknown-column"),
        (TABLE.with_columns(csem_1=pl.when(pl.col("id") > 3).then("csem_1")), "missing-csem"),
        (TABLE.head(3), "too-few-pupils"),
        (TABLE.with_columns(score=pl.lit(600.0)), "constant-outcome"),
        (TABLE.with_columns(prior_1=pl.lit(None, pl.Float64)), "too-few-pupils"),
    ],
)
def test_unusable_input_is_refused_by_name(table: pl.DataFrame, code: str) -> None:
    with pytest.raises(InputError) as refusal:
        corrected(table)
    assert refusal.value.code == code


def test_a_bad_error_is_named_by_its_row_in_the_input() -> None:
    upside_down = TABLE.reverse().with_columns(csem_1=pl.when(pl.int_range(pl.len()) != 6).then("csem_1"))
    with pytest.raises(InputError) as refusal:
        corrected(upside_down)
    assert (refusal.value.column, refusal.value.row) == ("csem_1", 7)


def test_published_examples_hold() -> None:
    assert doctest.testmod(simex).failed == 0
