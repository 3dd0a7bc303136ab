"""Value added that drifts: the predictor's formula, recovery of the covariances, alerts, refusals."""

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from tests.engines.growth.pupils import invented
from xuequ.engines.errors import InputError
from xuequ.engines.growth.drift import DriftFit, fit_drift, fit_drift_cohort, unshrunken
from xuequ.engines.growth.examples import dyestuff2
from xuequ.engines.growth.mixed import fit_mixed_model

Array = NDArray[np.float64]
PLANTED = 0.09 * np.array([1.0, 0.8, 0.64, 0.512, 0.41, 0.328])


def drifting(seed: int, *, units: int = 60, years: int = 6, se: float = 0.15) -> tuple[pl.DataFrame, Array]:
    """Values whose covariance falls by a fifth each year, seen with sampling errors of differing size."""
    rng = np.random.default_rng(seed)
    lag = np.abs(np.subtract.outer(np.arange(years), np.arange(years)))
    true = rng.multivariate_normal(np.zeros(years), PLANTED[lag], units)
    errors = se * rng.uniform(0.6, 1.4, true.shape)
    seen = true + rng.normal(size=true.shape) * errors
    unit, year = np.indices(true.shape)
    columns = {"unit": unit, "year": 2020 + year, "value": seen, "se": errors}
    return pl.DataFrame({name: values.ravel() for name, values in columns.items()}), true


def test_the_covariances_by_lag_are_recovered() -> None:
    found = np.mean(
        [fit_drift(drifting(seed)[0]).lags["covariance"].to_numpy() for seed in range(30)], axis=0
    )
    np.testing.assert_allclose(found, PLANTED, atol=0.008)


def test_one_earlier_year_is_shrunk_by_its_reliability_and_drift() -> None:
    """σ_1 / (σ_0 + s²) times the value before; the variance left is σ_0 - σ_1² / (σ_0 + s²)."""
    fit = fit_drift(drifting(1, years=2)[0])
    first = fit.predictions.filter(year=2020).sort("unit")
    second = fit.predictions.filter(year=2021).sort("unit")
    s0, s1 = fit.lags["covariance"]
    reliability = s1 / (s0 + first["se"] ** 2)
    np.testing.assert_allclose(second["predicted"], reliability * first["value"], atol=1e-12)
    np.testing.assert_allclose(second["predicted_se"] ** 2, s0 - s1 * reliability, atol=1e-12)
    assert first["predicted"].null_count() == first["outside"].null_count() == 60


def test_against_the_normal_distribution_written_out() -> None:
    """Conditional mean and variance of year t given the others, from the joint covariance of all years."""
    table, _ = drifting(2)
    table = table.filter((pl.col("unit") * 5 + pl.col("year")) % 7 != 0)
    fit = fit_drift(table, source="other")
    sigma = fit.lags["covariance"].to_numpy()
    for (_unit,), rows in fit.predictions.group_by("unit"):
        year, value, se = (rows[name].to_numpy() for name in ("year", "value", "se"))
        joint = sigma[np.abs(np.subtract.outer(year, year))] + np.diag(se**2)
        inverse = np.linalg.inv(joint)
        # A full inverse gives every leave-one-out prediction of what is seen: value - (S⁻¹ value)_t / (S⁻¹)_tt.
        predicted = value - inverse @ value / np.diag(inverse)
        np.testing.assert_allclose(rows["predicted"], predicted, atol=1e-10)
        np.testing.assert_allclose(rows["predicted_se"] ** 2 + se**2, 1 / np.diag(inverse), atol=1e-10)


def judged(seed: int) -> tuple[DriftFit, Array]:
    table, true = drifting(seed)
    return fit_drift(table), true


def test_intervals_cover_true_values_and_new_years() -> None:
    new, old = [], []
    for seed in range(20):
        fit, true = judged(seed)
        rows = fit.predictions.with_columns(unit=pl.col("unit").cast(pl.Int64)).sort("unit", "year")
        # Deviations are from the year's mean over the units, so the truth is as well.
        rows = rows.with_columns(true=pl.Series((true - true.mean(axis=0)).ravel())).drop_nulls("predicted")
        old.append(rows.select(pl.col("true").is_between("low", "high").mean()).item())
        new.append(1 - rows["outside"].mean())  # type: ignore[operator]
        assert fit.expected_outside == pytest.approx(0.05 * 300)
    assert 0.93 <= np.mean(old) <= 0.97
    assert 0.93 <= np.mean(new) <= 0.97


def test_a_prediction_is_closer_to_the_truth_than_the_year_before_or_the_mean_of_all() -> None:
    errors = np.zeros(3)
    for seed in range(10):
        fit, true = judged(seed)
        last = fit.predictions.filter(year=2025).with_columns(unit=pl.col("unit").cast(pl.Int64)).sort("unit")
        values = fit.predictions.with_columns(unit=pl.col("unit").cast(pl.Int64)).sort("unit", "year")[
            "value"
        ]
        seen = values.to_numpy().reshape(60, 6)
        for k, guess in enumerate([last["predicted"].to_numpy(), seen[:, 4], seen[:, :5].mean(axis=1)]):
            errors[k] += np.mean((guess - (true[:, 5] - true[:, 5].mean())) ** 2)
    assert errors[0] < 0.85 * errors[1]
    assert errors[0] < 0.85 * errors[2]


def test_a_school_that_breaks_with_its_past_is_outside() -> None:
    table, _ = drifting(3)
    broken = (pl.col("unit") == 7) & (pl.col("year") == 2025)
    fell = fit_drift(table.with_columns(value=pl.col("value") - pl.when(broken).then(1.5).otherwise(0.0)))
    row = fell.predictions.filter(unit="7", year=2025).row(0, named=True)
    assert row["outside"] and row["z"] < -3
    assert fell.predictions.filter(unit="8", year=2025)["outside"].item() is False


def test_lags_with_few_pairs_take_over_the_last_estimated_one() -> None:
    table, _ = drifting(4, units=9, years=4)
    lags = fit_drift(table).lags
    assert lags["pairs"].to_list() == [36, 27, 18, 9]
    assert lags["estimate"][3] is None
    assert lags["covariance"][3] == lags["covariance"][2]


def test_what_would_be_no_covariance_matrix_is_scaled_down() -> None:
    for seed in range(20):
        used = fit_drift(drifting(seed, units=6, years=5)[0]).lags["covariance"].to_numpy()
        lag = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
        assert np.linalg.eigvalsh(used[lag])[0] >= -1e-12
        assert (np.abs(used) <= used[0] + 1e-15).all()


def test_where_there_is_only_chance_it_is_said_and_the_interval_is_that_of_chance() -> None:
    rng = np.random.default_rng(0)
    unit, year = np.indices((30, 4))
    values = rng.normal(0, 0.5, 120)
    table = pl.DataFrame({"unit": unit.ravel(), "year": year.ravel(), "value": values, "se": 1.0})
    fit = fit_drift(table)
    assert fit.no_detectable_difference
    rows = fit.predictions.drop_nulls("predicted")
    assert (rows["predicted"] == 0.0).all() and (rows["predicted_se"] == 0.0).all()
    assert not rows["outside"].any()
    assert fit.lags["correlation"].null_count() == 4


def test_a_level_common_to_all_units_of_a_year_is_no_drift() -> None:
    table, _ = drifting(5)
    moved = table.with_columns(pl.col("value") + (pl.col("year") - 2020) * 3.0)
    np.testing.assert_allclose(
        fit_drift(moved).predictions["value"], fit_drift(table).predictions["value"], atol=1e-12
    )


def test_mean_residuals_come_back_from_shrunken_effects() -> None:
    table = invented(4, rows=400)
    fit = fit_mixed_model(table, "y ~ x + (1 | school)")
    made = unshrunken(fit, 2024)
    residual = table.with_columns(
        r=pl.col("y") - fit.fixed["(Intercept)"].estimate - fit.fixed["x"].estimate * pl.col("x")
    )
    means = residual.group_by("school").agg(pl.col("r").mean(), pl.len().alias("n")).sort("school")
    np.testing.assert_allclose(made["value"], means["r"], atol=1e-9)
    np.testing.assert_allclose(made["se"], np.sqrt(fit.residual_variance / means["n"].to_numpy()), atol=1e-9)
    with pytest.raises(InputError, match="2024: the units do not differ detectably"):
        unshrunken(fit_mixed_model(dyestuff2(), "yield ~ 1 + (1 | batch)"), 2024)


def test_the_batch_entry() -> None:
    table, _ = drifting(1)
    assert fit_drift_cohort(table, {"source": "other"}).equals(fit_drift(table, source="other").predictions)


GOOD = drifting(1)[0]
ROW = pl.int_range(pl.len())
BAD = {
    "no standard errors": (GOOD.drop("se"), "unknown-column"),
    "no unit": (GOOD.with_columns(unit=pl.when(ROW != 4).then("unit")), "missing-key"),
    "a school year for a year": (GOOD.with_columns(year=pl.lit("2025-2026")), "not-numeric"),
    "half a year": (GOOD.with_columns(year=pl.col("year") + 0.5), "bad-year"),
    "no value": (GOOD.with_columns(value=pl.when(ROW != 4).then("value")), "not-numeric"),
    "a standard error of 0": (GOOD.with_columns(se=pl.when(ROW != 4).then("se").otherwise(0.0)), "bad-se"),
    "the same year twice": (pl.concat([GOOD, GOOD.tail(1)]), "duplicate-year"),
    "four schools": (GOOD.filter(pl.col("unit") < 4), "too-few-units"),
    "other schools each year": (GOOD.filter(pl.col("unit") % 6 == pl.col("year") - 2020), "no-overlap"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_used_is_refused(case: str) -> None:
    table, code = BAD[case]
    with pytest.raises(InputError) as caught:
        fit_drift(table)
    assert caught.value.code == code


def test_settings_that_make_no_sense() -> None:
    with pytest.raises(InputError, match="no source 'future'"):
        fit_drift(GOOD, source="future")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="confidence 95"):
        fit_drift(GOOD, confidence=95.0)
