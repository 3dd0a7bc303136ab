"""Drawing a sample: subjects equal in every school, the subject of the start again, and what both are worth."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.growth.test_sampling import DESIGN, OUTCOMES, PRIORS, by_school, district, one_each
from xuequ.engines.errors import InputError
from xuequ.engines.growth.evaluation import evaluate
from xuequ.engines.growth.growth_design import GrowthDesign, Measure
from xuequ.engines.growth.sampling import evaluate_sample
from xuequ.engines.growth.sampling_plan import PlanDesign, SamplePlan, plan_sample
from xuequ.engines.growth.sampling_years import plain_means, with_earlier
from xuequ.engines.growth.simulation import SUBJECTS, assign_subjects


def enrolled(rng: np.random.Generator, sizes: list[int], *, known: float = 1.0) -> pl.DataFrame:
    """Pupils with the subject of their start, where it is known."""
    school = np.repeat(np.arange(len(sizes)), sizes)
    sat = np.array(SUBJECTS)[assign_subjects(rng, school)].tolist()
    before = [s if rng.random() < known else None for s in sat]
    return pl.DataFrame(
        {
            "pupil": [f"p{i:05}" for i in range(len(school))],
            "school": [f"s{j}" for j in school],
            "before": before,
        },
        schema_overrides={"before": pl.String},
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 90), min_size=1, max_size=5),
    st.floats(0.05, 1.0),
    st.integers(0, 40),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.integers(0, 1000),
)
def test_every_school_sits_all_subjects_equally_and_nobody_twice(
    sizes: list[int], rate: float, least: int, known: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    table = enrolled(rng, sizes, known=known)
    plan = plan_sample(table, PlanDesign(SUBJECTS, rate, least, "before"), rng)
    assert plan.pupils["pupil"].to_list() == table["pupil"].to_list()
    for index, size in enumerate(sizes):
        own = plan.pupils.filter(school=f"s{index}").drop_nulls("subject")
        assert own.height == min(size, max(round(rate * size), least))
        counts = [own.filter(subject=name).height for name in SUBJECTS]
        assert max(counts) - min(counts) <= 1
        assert own["weight"].sum() == pytest.approx(size if own.height else 0)


def test_whoever_is_drawn_sits_the_subject_of_the_start_again() -> None:
    rng = np.random.default_rng(1)
    plan = plan_sample(enrolled(rng, [240, 150]), PlanDesign(SUBJECTS, before="before"), rng)
    assert plan.schools["drawn"].to_list() == plan.schools["matched"].to_list() == [60, 38]
    again = plan_sample(
        enrolled(np.random.default_rng(1), [240, 150]), PlanDesign(SUBJECTS, before="before"), rng
    )
    assert again.pupils["subject"].to_list() != plan.pupils["subject"].to_list()


@pytest.mark.parametrize(
    "bad", [{"subjects": ()}, {"rate": 0.0}, {"rate": 1.1}, {"least": -1}, {"subjects": ("a", "a")}]
)
def test_a_wrong_plan_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(InputError):
        replace(PlanDesign(SUBJECTS), **bad)


def test_a_subject_that_nobody_sits_is_named_with_its_row() -> None:
    table = enrolled(np.random.default_rng(1), [9]).with_columns(pl.lit("art").alias("before"))
    with pytest.raises(InputError) as caught:
        plan_sample(table, PlanDesign(SUBJECTS, before="before"), np.random.default_rng(1))
    assert (caught.value.code, caught.value.row) == ("unknown-subject", 1)


def sampled(rng: np.random.Generator, table: pl.DataFrame, *, matched: bool) -> pl.DataFrame:
    """A quarter sits one subject; the start is the one subject drawn then."""
    school = table["school"].rank("dense").cast(pl.Int64).to_numpy() - 1
    sat = assign_subjects(rng, school)
    table = one_each(table, "prior", np.ones(table.height, dtype=bool), sat)
    table = table.with_columns(pl.Series("sat", np.array(SUBJECTS)[sat]))
    plan = _plan(rng, table, matched=matched)
    at = {name: k for k, name in enumerate(SUBJECTS)}
    subject = np.array([at.get(name, -1) for name in plan.pupils["subject"].to_list()])
    return one_each(table.sort("pupil"), "outcome", subject >= 0, subject)


def _plan(rng: np.random.Generator, table: pl.DataFrame, *, matched: bool) -> SamplePlan:
    return plan_sample(table, PlanDesign(SUBJECTS, 0.25, 0, "sat" if matched else ""), rng)


def test_the_same_subject_again_leaves_less_chance_and_keeps_effects_straight() -> None:
    gained, inside, random, again = [], [], [], []
    for seed in range(6):
        rng = np.random.default_rng([21, seed])
        table = district(rng, size=250)
        low = replace(DESIGN, least_reliability=0.01)
        plain = evaluate_sample(sampled(rng, table, matched=False), low)
        same = evaluate_sample(sampled(rng, table, matched=True), low)
        gained.append(same.residual_variance / plain.residual_variance)
        full = by_school(evaluate(table, GrowthDesign(OUTCOMES, PRIORS)).schools)
        random.append(np.corrcoef(full, by_school(plain.schools))[0, 1])
        again.append(np.corrcoef(full, by_school(same.schools))[0, 1])
        truth = by_school(table.group_by("school").agg(pl.col("effect").first()))
        truth = (truth - truth.mean()) * np.sqrt(0.8) / np.sqrt(1 / 0.85)
        rows = same.schools.sort("school")
        inside += ((rows["low"].to_numpy() <= truth) & (truth <= rows["high"].to_numpy())).tolist()
    assert np.mean(gained) < 0.75
    assert np.mean(again) > np.mean(random) + 0.02
    assert 0.9 <= np.mean(inside) <= 1.0


def test_the_start_in_the_own_subject_helps_beside_the_mean_of_all() -> None:
    rng = np.random.default_rng(22)
    table = district(rng)
    plan = _plan(rng, table.with_columns(pl.lit("x").alias("sat")), matched=False)
    at = {name: k for k, name in enumerate(SUBJECTS)}
    subject = np.array([at.get(name, -1) for name in plan.pupils["subject"].to_list()])
    sample = one_each(table.sort("pupil"), "outcome", subject >= 0, subject)
    unnamed = replace(DESIGN, priors=tuple(Measure(m.column) for m in PRIORS))
    assert (
        evaluate_sample(sample, DESIGN).residual_variance
        < 0.9 * evaluate_sample(sample, unnamed).residual_variance
    )
    # Who lacks the start in the own subject keeps the mean of the others and stays in.
    holed = sample.with_columns(
        pl.when(pl.int_range(pl.len()) % 10 > 0).then("prior_chinese").alias("prior_chinese")
    )
    assert (
        evaluate_sample(holed, DESIGN).schools["n"].sum()
        == evaluate_sample(sample, DESIGN).schools["n"].sum()
    )


def test_earlier_samples_of_the_same_schools_add_what_they_know_and_no_more() -> None:
    gained, own = [], []
    for seed in range(6):
        rng = np.random.default_rng([23, seed])
        lasting, past = rng.normal(size=30), []
        for year in (2024, 2025, 2026):
            effect = 0.15 * (0.9 * lasting + 0.44 * rng.normal(size=30))
            table = district(rng, size=250)
            moved = {f"s{i:02}": effect[i] for i in range(30)}
            shift = table["school"].replace_strict(moved, return_dtype=pl.Float64) - table["effect"]
            table = table.with_columns(
                (pl.col(m.column) + np.sqrt(0.8) * shift).alias(m.column) for m in OUTCOMES
            )
            found = evaluate_sample(
                sampled(rng, table, matched=True), replace(DESIGN, least_reliability=0.01)
            )
            past.append(plain_means(found, year))
        both = with_earlier(found, 2026, pl.concat(past[:2]))
        gained.append(
            np.corrcoef(effect, by_school(both))[0, 1] - np.corrcoef(effect, by_school(found.schools))[0, 1]
        )
        own.append(float(both["own"].mean()))
        assert both["years"].to_list() == [2] * 30
    assert np.mean(gained) > 0
    assert 0.3 < np.mean(own) < 1.0
    alone = with_earlier(found, 2026, pl.concat(past[:2]).filter(pl.col("school") != "s03")).filter(
        school="s03"
    )
    assert alone["own"].item() == 1.0
    assert alone["effect"].item() == found.schools.filter(school="s03")["effect"].item()
    with pytest.raises(InputError, match="before 2025"):
        with_earlier(found, 2025, past[1])
