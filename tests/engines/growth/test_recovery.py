"""Planted school effects are recovered: the intervals hold the truth as often as they say."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from xuequ.engines.growth.evaluation import evaluate
from xuequ.engines.growth.growth_design import GrowthDesign, Measure
from xuequ.engines.growth.simulation import (
    DYNAMICS,
    SUBJECTS,
    Dynamics,
    SchoolTruth,
    assign_subjects,
    learn,
    simulate_cohort,
)

DESIGN = GrowthDesign(
    outcomes=tuple(Measure(f"outcome_{subject}", subject) for subject in SUBJECTS),
    priors=tuple(Measure(f"prior_{subject}", subject) for subject in SUBJECTS),
)


@dataclass(frozen=True)
class Recovery:
    """Errors over many simulated districts: estimate minus truth, over its SE, covered or not, slope on intake."""

    error: npt.NDArray[np.float64]
    z: npt.NDArray[np.float64]
    covered: npt.NDArray[np.bool_]
    slope: float


def draw_schools(
    rng: np.random.Generator, count: int, effect_sd: float = 0.15, together: float = 0.0
) -> list[SchoolTruth]:
    """Schools of one to four classes, the first a tiny one; ``together`` correlates effect and intake."""
    sizes = [tuple(rng.integers(22, 36, rng.integers(1, 5)).tolist()) for _school in range(count)]
    sizes[0] = (12,)
    draws = rng.normal(size=(count, 2))
    intake = draws[:, 0]
    effect = together * intake + np.sqrt(1 - together**2) * draws[:, 1]
    planted = zip((0.45 * intake).tolist(), (effect_sd * effect).tolist(), sizes, strict=True)
    return [SchoolTruth(*school) for school in planted]


def wide(table: pl.DataFrame) -> pl.DataFrame:
    """One column for each subject's test, as the results of a district come."""
    columns = [
        pl.when(pl.col(f"{time}_subject") == subject).then(time).alias(f"{time}_{subject}")
        for time in ("prior", "outcome")
        for subject in SUBJECTS
    ]
    return table.select(pl.int_range(pl.len()).alias("pupil"), "school", "class", *columns)


def recover(
    seeds: Iterable[int],
    *,
    schools: int = 20,
    design: GrowthDesign = DESIGN,
    years: int = 1,
    dynamics: Dynamics = DYNAMICS,
    effect_sd: float = 0.15,
    together: float = 0.0,
) -> Recovery:
    errors, zs, covered, slopes = [], [], [], []
    for seed in seeds:
        rng = np.random.default_rng([2026, seed])
        planted = draw_schools(rng, schools, effect_sd, together)
        cohort = simulate_cohort(rng, planted, years=years, dynamics=dynamics)
        found = evaluate(wide(cohort.table), design).schools
        if found["low"].null_count():
            continue  # no variance between schools found: the evaluation shows no intervals then
        index = found["school"].cast(pl.Int64).to_numpy()
        truth = (cohort.effects - cohort.effects.mean())[index]
        error = found["effect"].to_numpy() - truth
        errors.append(error)
        zs.append(error / found["se"].to_numpy())
        covered.append((found["low"].to_numpy() <= truth) & (truth <= found["high"].to_numpy()))
        intake = np.array([school.intake for school in planted])[index]
        slopes.append(np.polyfit(intake, error, 1)[0])
    return Recovery(
        np.concatenate(errors), np.concatenate(zs), np.concatenate(covered), float(np.mean(slopes))
    )


def test_prediction_intervals_cover_the_planted_effects() -> None:
    found = recover(range(100))
    assert found.covered.size == 2000
    assert 0.93 <= found.covered.mean() <= 0.97
    assert abs(found.error.mean()) < 0.01


def test_with_many_schools_the_standard_errors_are_right() -> None:
    found = recover(range(4), schools=200)
    assert np.std(found.z) == pytest.approx(1.0, abs=0.07)


def test_the_school_mean_of_the_start_takes_away_what_measurement_error_leaves_of_intake() -> None:
    with_mean = recover(range(10))
    without = recover(range(10), design=replace(DESIGN, school_mean_prior=False))
    assert without.slope > 0.1
    assert abs(with_mean.slope) < 0.05
    assert without.covered.mean() < 0.90


def test_an_effect_that_goes_along_with_intake_cannot_be_told_from_it() -> None:
    assert recover(range(8), together=0.5).slope < -0.08


def test_effects_are_what_the_school_and_its_classes_added_in_outcome_units() -> None:
    rng = np.random.default_rng(1)
    planted = [SchoolTruth(-0.3, 0.3, (400,)), SchoolTruth(0.3, -0.3, (400,))]
    still = replace(DYNAMICS, class_sd=0.0, cohort_sd=0.0)
    effects = simulate_cohort(rng, planted, years=2, dynamics=still).effects
    # Two years of 0.3, the first carried over; √κ of ability shows in a score whose SD is a little above 1.
    expected = 0.3 * (1 + still.persistence) * np.sqrt(still.common)
    assert effects[0] == pytest.approx(-effects[1])
    assert 0.85 * expected < effects[0] < expected


def test_the_same_generator_gives_the_same_cohort() -> None:
    planted = draw_schools(np.random.default_rng(3), 5)
    first, second = (simulate_cohort(np.random.default_rng(4), planted) for _again in range(2))
    assert first.table.equals(second.table)
    assert np.array_equal(first.effects, second.effects)


def test_each_group_sits_every_subject_equally_often() -> None:
    group = np.repeat([0, 1, 2, 5], [30, 31, 1, 0])
    subject = assign_subjects(np.random.default_rng(0), group)
    counts = [np.bincount(subject[group == g], minlength=3) for g in (0, 1)]
    assert counts[0].tolist() == [10, 10, 10]
    assert sorted(counts[1].tolist()) == [10, 10, 11]


def test_a_year_of_learning_keeps_the_spread_of_ability() -> None:
    ability = np.random.default_rng(5).normal(0, np.sqrt(0.78), 50_000)
    later = learn(np.random.default_rng(6), ability, np.zeros(50_000))
    assert np.std(later) == pytest.approx(np.std(ability), rel=0.02)
