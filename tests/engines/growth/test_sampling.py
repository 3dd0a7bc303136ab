"""Samples in which each pupil sits one subject: close to what all papers of all pupils would say."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from xuequ.engines.errors import InputError
from xuequ.engines.growth.evaluation import evaluate
from xuequ.engines.growth.growth_design import GrowthDesign, Measure
from xuequ.engines.growth.sampling import (
    SamplingDesign,
    evaluate_sample,
    kish_design_effect,
    one_subject_design_effect,
)
from xuequ.engines.growth.simulation import SUBJECTS, assign_subjects, learn, sit

OUTCOMES = tuple(Measure(f"outcome_{s}", s) for s in SUBJECTS)
PRIORS = tuple(Measure(f"prior_{s}", s) for s in SUBJECTS)
DESIGN = SamplingDesign(OUTCOMES, PRIORS)


def district(rng: np.random.Generator, schools: int = 30, size: int = 400, sd: float = 0.2) -> pl.DataFrame:
    """Every pupil with every paper, and what the school added."""
    intake, effect = 0.45 * rng.normal(size=schools), sd * rng.normal(size=schools)
    school = np.repeat(np.arange(schools), size)
    ability = intake[school] + rng.normal(0, np.sqrt(0.8), len(school))
    own = rng.normal(size=(len(school), len(SUBJECTS)))
    columns = {f"prior_{s}": _sit(rng, ability, own, k) for k, s in enumerate(SUBJECTS)}
    ability = learn(rng, ability, effect[school])
    columns |= {f"outcome_{s}": _sit(rng, ability, own, k) for k, s in enumerate(SUBJECTS)}
    labels = [f"s{i:02}" for i in school]
    pupils = [f"p{i:05}" for i in range(len(school))]
    return pl.DataFrame({"pupil": pupils, "school": labels, **columns, "effect": effect[school]})


def _sit(rng: np.random.Generator, ability: np.ndarray, own: np.ndarray, subject: int) -> np.ndarray:
    return sit(rng, ability, own, np.full(len(ability), subject))


def drawn(rng: np.random.Generator, table: pl.DataFrame, chance: float | np.ndarray = 0.25) -> pl.DataFrame:
    """A random part of each school sits one subject each; every pupil has one subject at the start."""
    school = table["school"].rank("dense").cast(pl.Int64).to_numpy() - 1
    taken = rng.random(table.height) < chance
    return one_each(one_each(table, "outcome", taken, assign_subjects(rng, 2 * school + taken)),
                    "prior", np.ones_like(taken), assign_subjects(rng, school))  # fmt: skip


def one_each(table: pl.DataFrame, time: str, taken: np.ndarray, subject: np.ndarray) -> pl.DataFrame:
    return table.with_columns(
        pl.when(pl.Series(taken & (subject == k))).then(pl.col(f"{time}_{s}")).alias(f"{time}_{s}")
        for k, s in enumerate(SUBJECTS)
    )


def by_school(table: pl.DataFrame) -> np.ndarray:
    return table.sort("school")["effect"].to_numpy()


def test_a_quarter_of_the_pupils_with_one_subject_each_says_what_all_papers_say() -> None:
    found = []
    for seed in range(5):
        rng = np.random.default_rng([7, seed])
        table = district(rng)
        full = evaluate(table, GrowthDesign(OUTCOMES, PRIORS)).schools
        sample = evaluate_sample(drawn(rng, table), replace(DESIGN, least_reliability=0.05)).schools
        found.append(np.corrcoef(by_school(full), by_school(sample))[0, 1])
    assert np.mean(found) >= 0.9


def test_intervals_hold_the_planted_effects_with_equal_and_unequal_chances() -> None:
    """Weak pupils are drawn twice as often, so only the weights keep the effects straight."""
    inside: list[bool] = []
    for seed in range(8):
        rng = np.random.default_rng([8, seed])
        table = district(rng, schools=20, size=300)
        strong = (table.select(pl.mean_horizontal(m.column for m in PRIORS)).to_series() > 0).to_numpy()
        chance = np.where(strong, 0.2, 0.4) if seed % 2 else np.full(table.height, 0.3)
        sample = drawn(rng, table, chance).with_columns(weight=pl.Series(1 / chance))
        found = evaluate_sample(sample, replace(DESIGN, weight="weight", least_reliability=0.05)).schools
        truth = by_school(table.group_by("school").agg(pl.col("effect").first()))
        truth = (truth - truth.mean()) * np.sqrt(0.8) / np.sqrt(1 / 0.85)
        found = found.sort("school")
        inside += ((found["low"].to_numpy() <= truth) & (truth <= found["high"].to_numpy())).tolist()
    assert 0.9 <= np.mean(inside) <= 0.99


def test_with_equal_weights_the_effects_are_the_mixed_model_s() -> None:
    rng = np.random.default_rng(9)
    table = drawn(rng, district(rng, schools=15, size=200), 1.0)
    found = evaluate_sample(table, replace(DESIGN, least_reliability=0.01)).schools
    full = evaluate(table, GrowthDesign(OUTCOMES, PRIORS)).schools
    assert by_school(found) == pytest.approx(by_school(full), abs=1e-8)
    assert found["se"].to_numpy() == pytest.approx(full.sort("school")["se"].to_numpy(), abs=1e-8)


def test_unequal_weights_cost_what_kish_says_and_are_labelled() -> None:
    rng = np.random.default_rng(10)
    table = drawn(rng, district(rng, schools=12, size=300), 0.5)
    weight = rng.choice([1.0, 6.0], table.height)
    plain = evaluate_sample(table, DESIGN).schools
    found = evaluate_sample(table.with_columns(weight=pl.Series(weight)), replace(DESIGN, weight="weight"))
    assert (found.schools["reliability"] < plain["reliability"]).all()
    taken = pl.any_horizontal(pl.col(m.column).is_not_null() for m in OUTCOMES)
    kept = table.with_columns(weight=pl.Series(weight)).filter(taken, school="s03")["weight"].to_numpy()
    row = found.schools.filter(school="s03").row(0, named=True)
    assert row["design_effect"] == pytest.approx(kish_design_effect(kept))
    assert "unequal-weights" in {remark.code for remark in found.remarks}


def test_the_smallest_school_is_told_and_smaller_ones_have_no_effect() -> None:
    rng = np.random.default_rng(11)
    table = drawn(rng, district(rng, schools=25, size=300, sd=0.12), 0.25)
    tiny = table.filter(school="s04").head(12)
    table = pl.concat([table.filter(pl.col("school") != "s04"), tiny])
    found = evaluate_sample(table, DESIGN)
    assert found.smallest is not None
    assert found.smallest_school is not None
    ratio = found.residual_variance / found.school_variance
    assert ratio <= found.smallest < ratio + 1
    assert found.smallest_school == pytest.approx(4 * found.smallest, rel=0.3)
    row = found.schools.filter(school="s04").row(0, named=True)
    assert (row["verdict"], row["effect"], row["enrolled"]) == ("too-few", None, 12)


def test_one_subject_costs_little_when_subjects_go_together() -> None:
    assert one_subject_design_effect(1.0, 3) == 1.0
    assert one_subject_design_effect(0.0, 3) == 3.0
    rng = np.random.default_rng(12)
    found = evaluate_sample(district(rng, schools=12, size=100), DESIGN)
    assert 1.1 < found.one_subject < 1.3
    assert evaluate_sample(drawn(rng, district(rng, schools=12)), DESIGN).one_subject is None


def swapped(table: pl.DataFrame, share: float) -> pl.DataFrame:
    """School s05 sits mathematics instead of Chinese with this share of its pupils."""
    hit = (pl.col("school") == "s05") & (pl.int_range(pl.len()) % 100 < 100 * share)
    moved = pl.coalesce("outcome_mathematics", "outcome_chinese", "outcome_english")
    return table.with_columns(
        outcome_mathematics=pl.when(hit).then(moved).otherwise("outcome_mathematics"),
        outcome_chinese=pl.when(~hit).then("outcome_chinese"),
        outcome_english=pl.when(~hit).then("outcome_english"),
    )


def test_a_school_that_sat_other_subjects_is_refused_and_a_slight_difference_labelled() -> None:
    rng = np.random.default_rng(13)
    table = drawn(rng, district(rng, schools=12), 0.5)
    with pytest.raises(InputError) as caught:
        evaluate_sample(swapped(table, 1.0), DESIGN)
    assert (caught.value.code, caught.value.value) == ("uneven-subjects", "s05")
    slight = evaluate_sample(swapped(table, 0.25), DESIGN).remarks
    assert [remark.name for remark in slight if remark.code == "subject-mix"] == ["s05"]
    assert "subject-mix" not in {remark.code for remark in evaluate_sample(table, DESIGN).remarks}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"weight": pl.lit(0.0)}, "bad-weight"),
        ({"school": pl.lit("one")}, "one-school"),
        ({"outcome_chinese": pl.lit(5.0)}, "constant"),
        ({"pupil": pl.lit("p1")}, "duplicate-pupil"),
        ({f"outcome_{s}": pl.lit(None, pl.Float64) for s in SUBJECTS}, "no-scores"),
        ({"prior_english": pl.when(school="s01").then(pl.lit(99.0) + pl.col("prior_english"))
          .otherwise("prior_english")}, "mixed-scales"),
    ],
)  # fmt: skip
def test_what_cannot_be_evaluated_is_refused(change: dict[str, pl.Expr], code: str) -> None:
    table = district(np.random.default_rng(14), schools=6, size=60).with_columns(weight=pl.lit(1.0))
    with pytest.raises(InputError) as caught:
        evaluate_sample(table.with_columns(**change), replace(DESIGN, weight="weight"))
    assert caught.value.code == code
