"""The evaluation of a cohort: what it finds, refuses, and never depends on."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xuequ.engines.errors import InputError
from xuequ.engines.growth.evaluation import evaluate
from xuequ.engines.growth.findings import BANDS, GrowthFindings, decode_summary
from xuequ.engines.growth.growth_design import GrowthDesign, Measure
from xuequ.engines.growth.modelling import SchoolEffects

PLAIN = GrowthDesign((Measure("end"),), (Measure("start"),))


def cohort(
    seed: int = 1, schools: int = 20, pupils: int = 30, *, tau: float = 0.3, intake: float = 0.5
) -> tuple[pl.DataFrame, np.ndarray]:
    """Pupils with a start and an end; returns the table and the schools' true effects."""
    rng = np.random.default_rng(seed)
    effects, means = rng.normal(0, tau, schools), rng.normal(0, intake, schools)
    school = np.repeat(np.arange(schools), pupils)
    start = means[school] + rng.normal(size=school.size)
    end = 0.7 * start + effects[school] + rng.normal(0, 0.7, school.size)
    table = pl.DataFrame(
        {
            "pupil": [f"p{i:05d}" for i in range(school.size)],
            "school": [f"s{j:02d}" for j in school],
            "class": [f"s{j:02d}-{i % 2}" for i, j in enumerate(school)],
            "start": 500 + 80 * start,
            "end": 60 + 12 * end,
        }
    )
    return table, effects


def exact(findings: GrowthFindings) -> list[object]:
    tables = (findings.schools, findings.classes, findings.pupils, findings.alternatives)
    return [findings.summary_json(), *(table.to_dicts() for table in tables)]


def test_it_finds_the_planted_effects() -> None:
    table, effects = cohort(schools=60)
    found = evaluate(table, PLAIN)
    truth = (effects - effects.mean()) / (found.outcome_sd / 12)
    assert np.corrcoef(truth, found.schools["effect"])[0, 1] > 0.85
    inside = (found.schools["low"].to_numpy() < truth) & (truth < found.schools["high"].to_numpy())
    assert inside.mean() >= 0.9
    assert found.main.n == 1800
    assert found.main.explained > 0.3


def test_ninety_five_percent_intervals_hold_the_truth_in_ninety_five_percent() -> None:
    hits = []
    for seed in range(60):
        table, effects = cohort(seed, schools=15, pupils=20)
        found = evaluate(table, PLAIN)
        sd = found.outcome_sd / 12
        truth = (effects - effects.mean()) / sd
        low, high = found.schools["low"], found.schools["high"]
        if not found.main.boundary:
            hits.append((low.to_numpy() < truth) & (truth < high.to_numpy()))
    assert 0.93 <= np.mean(hits) <= 0.97


def test_the_order_of_the_rows_does_not_matter_to_the_last_bit() -> None:
    table, _effects = cohort(3)
    first = exact(evaluate(table, PLAIN))
    for seed in range(3):
        shuffled = table.sample(fraction=1.0, shuffle=True, seed=seed)
        assert exact(evaluate(shuffled, PLAIN)) == first


@settings(max_examples=15, deadline=None)
@given(shift=st.floats(-1000, 1000), scale=st.floats(0.01, 100))
def test_units_do_not_matter(shift: float, scale: float) -> None:
    table, _effects = cohort(4, schools=6, pupils=12)
    first = evaluate(table, PLAIN)
    other = evaluate(
        table.with_columns(pl.col("end") * scale + shift, pl.col("start") * scale - shift), PLAIN
    )
    np.testing.assert_allclose(other.schools["effect"], first.schools["effect"], atol=1e-6)


def test_the_centred_covariance_is_that_of_contrasts() -> None:
    table, _effects = cohort(5, schools=8, pupils=15)
    found = evaluate(table, PLAIN)
    assert abs(found.schools["effect"].sum()) < 1e-12
    J = 4
    raw = np.diag([0.1, 0.2, 0.3, 0.4]) + 0.05
    P = np.eye(J) - 1 / J
    effects = SchoolEffects(("a", "b", "c", "d"), np.zeros(J), P @ raw @ P, np.zeros(J), np.ones(J), 3)
    # Var((e1 - e2)) is the same before and after centring.
    pair = effects.covariance[0, 0] + effects.covariance[1, 1] - 2 * effects.covariance[0, 1]
    assert pair == pytest.approx(0.1 + 0.2)


def planned(seed: int = 6) -> tuple[pl.DataFrame, GrowthDesign]:
    """A cohort in which each pupil sits one of two subjects at each time, on scales far apart."""
    table, _effects = cohort(seed, schools=12, pupils=40)
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 2, table.height), rng.integers(0, 2, table.height)
    columns = {
        "start_a": np.where(first == 0, table["start"], np.nan),
        "start_b": np.where(first == 1, table["start"] / 10, np.nan),
        "end_a": np.where(second == 0, table["end"], np.nan),
        "end_b": np.where(second == 1, 1000 + 3 * table["end"].to_numpy(), np.nan),
    }
    design = GrowthDesign(
        (Measure("end_a", "a"), Measure("end_b", "b")), (Measure("start_a", "a"), Measure("start_b", "b"))
    )
    return table.with_columns(pl.Series(name, values) for name, values in columns.items()), design


def test_one_subject_a_pupil_is_pooled_within_subject() -> None:
    table, design = planned()
    found = evaluate(table, design)
    assert "prior * form" in found.main.formula
    assert found.outcome_sd is None
    assert set(found.pupils["prior_form"]) == {"a", "b"}
    assert {remark.code for remark in found.remarks} >= {"planned-missing", "relative-to-run"}
    whole = evaluate(table, PLAIN)
    assert np.corrcoef(found.schools["effect"], whole.schools["effect"])[0, 1] > 0.95


def test_several_subjects_a_pupil_are_averaged() -> None:
    table, _effects = cohort(7, schools=8, pupils=20)
    table = table.with_columns((pl.col("end") * 2 + 1).alias("end_b"), pl.col("end").alias("end_c"))
    design = GrowthDesign((Measure("end"), Measure("end_b"), Measure("end_c")), (Measure("start"),))
    # Two of the three are missing for the first pupil, one for the second.
    row = pl.int_range(pl.len())
    table = table.with_columns(
        pl.when(row > 0).then("end_b").alias("end_b"), pl.when(row > 1).then("end_c").alias("end_c")
    )
    found = evaluate(table, design)
    assert found.pupils["actual"].is_null().to_list()[:3] == [True, False, False]
    assert found.pupils["actual"].std() == pytest.approx(1)


def test_a_small_school_has_no_effect_and_says_why() -> None:
    table, _effects = cohort(8)
    table = table.filter((pl.col("school") != "s00") | (pl.int_range(pl.len()) < 9))
    found = evaluate(table, PLAIN)
    small = found.schools.row(by_predicate=pl.col("school") == "s00", named=True)
    assert (small["verdict"], small["effect"], small["low"], small["reliability"], small["n"]) == (
        "too-few", None, None, None, 9,
    )  # fmt: skip
    assert next(n for n in found.needs if n.school == "s00").reasons[0].code == "too-few"
    assert found.distinguishability.too_few == 1
    assert found.distinguishability.pairs == 19 * 18 // 2


def test_coverage_counts_everyone_and_sees_weak_pupils_missing() -> None:
    table, _effects = cohort(9)
    weak = (pl.col("school") == "s03") & (pl.col("start").rank().over("school") <= 8)
    found = evaluate(table.with_columns(pl.when(~weak).then("end").alias("end")), PLAIN)
    row = found.schools.row(by_predicate=pl.col("school") == "s03", named=True)
    assert (row["enrolled"], row["with_prior"], row["with_outcome"], row["n"]) == (30, 30, 22, 22)
    assert row["coverage"] == pytest.approx(22 / 30)
    assert row["prior_gap"] < -1
    reasons = {r.code for n in found.needs if n.school == "s03" for r in n.reasons}
    assert {"low-coverage", "uneven-absence"} <= reasons


def test_needs_stand_by_need_and_never_by_score() -> None:
    table, _effects = cohort(10, tau=0.6)
    found = evaluate(table, PLAIN)
    keys = [(need.tier, -need.pupils, need.school) for need in found.needs]
    assert keys == sorted(keys)
    below = set(found.schools.filter(verdict="below")["school"])
    low = {need.school for need in found.needs if any(r.code == "low-growth" for r in need.reasons)}
    assert low == below
    assert all(need.tier <= 2 for need in found.needs if need.school in below)


def test_no_difference_between_schools_is_said_and_nobody_is_judged() -> None:
    rng = np.random.default_rng(0)
    # Residuals that cancel within every school: the variance between schools is exactly nothing.
    start = np.tile(rng.normal(size=20), 6)
    noise = np.tile(np.repeat(rng.normal(size=10), 2) * np.tile([1, -1], 10), 6)
    table = pl.DataFrame(
        {
            "pupil": [str(i) for i in range(120)],
            "school": [f"s{i // 20}" for i in range(120)],
            "start": start,
            "end": start + noise,
        }
    )
    found = evaluate(table, GrowthDesign((Measure("end"),), (Measure("start"),), school_mean_prior=False))
    assert found.main.boundary
    assert found.remarks[0].code == "no-detectable-difference"
    assert set(found.schools["verdict"]) == {"cannot-tell"}
    assert found.schools["low"].null_count() == 6
    assert found.distinguishability.distinct_pairs == 0
    found.summary_json()


def test_pupils_are_told_in_bands_with_uncertainty() -> None:
    table, _effects = cohort(11)
    pupils = evaluate(table, PLAIN).pupils
    order = {band: i for i, band in enumerate(BANDS)}
    places = pupils.select(pl.col("band_low", "band", "band_high").replace_strict(order))
    assert places.select((pl.col("band_low") <= pl.col("band")).all()).item()
    assert places.select((pl.col("band") <= pl.col("band_high")).all()).item()
    inside = pupils.select(
        ((pl.col("actual") > pl.col("expected_low")) & (pl.col("actual") < pl.col("expected_high"))).mean()
    )
    assert 0.92 <= inside.item() <= 0.98


def test_classes_are_compared_within_their_school() -> None:
    table, _effects = cohort(12)
    lifted = pl.when(pl.col("class") == "s05-1").then(pl.col("end") + 12).otherwise("end").alias("end")
    found = evaluate(table.with_columns(lifted), PLAIN)
    inside = found.classes.filter(pl.col("school") == "s05").sort("class")["within"].to_list()
    assert inside[0] < 0 < inside[1]
    assert found.classes.height == 40


def test_other_models_stand_beside_the_main_one() -> None:
    table, _effects = cohort(13)
    table = table.with_columns(pl.Series("sex", np.where(np.arange(table.height) % 3, "F", "M")))
    design = GrowthDesign((Measure("end"),), (Measure("start"),), factors=("sex",))
    found = evaluate(table, design)
    assert [model.code for model in found.models] == ["main", "without-school-mean", "with-factors"]
    assert found.models[1].correlation > 0.8
    assert found.main.correlation is None
    slopes = evaluate(table, GrowthDesign(design.outcomes, design.priors, random_slope=True))
    assert "(prior | school)" in slopes.main.formula


def test_a_summary_comes_back_from_json() -> None:
    found = evaluate(*(lambda pair: (pair[0], PLAIN))(cohort(14)))
    again = decode_summary(found.summary())
    for name in ("design", "models", "scales", "distinguishability", "needs", "remarks"):
        assert again[name] == getattr(found, name)


def changed(column: str, value: object) -> pl.DataFrame:
    table, _effects = cohort(15, schools=4, pupils=10)
    return table.with_columns(pl.lit(value).alias(column))


@pytest.mark.parametrize(
    ("table", "design", "code", "column"),
    [
        (cohort(15)[0], GrowthDesign((Measure("none"),), (Measure("start"),)), "unknown-column", "none"),
        (changed("school", "one"), PLAIN, "one-school", "school"),
        (changed("start", 5.0), PLAIN, "constant", "start"),
        (changed("end", None), PLAIN, "no-scores", "end"),
        (changed("pupil", "same"), PLAIN, "duplicate-pupil", "pupil"),
        (changed("school", " "), PLAIN, "missing-key", "school"),
        (cohort(15)[0].head(9), PLAIN, "too-few-pupils", None),
        (
            cohort(15)[0].with_columns(pl.lit(1.0).alias("form")),
            GrowthDesign(PLAIN.outcomes, PLAIN.priors, ("form",)),
            "reserved-column",
            "form",
        ),
    ],
)
def test_unusable_tables_are_refused_by_name(
    table: pl.DataFrame, design: GrowthDesign, code: str, column: str | None
) -> None:
    with pytest.raises(InputError) as caught:
        evaluate(table, design)
    assert (caught.value.code, caught.value.column) == (code, column)


def test_text_in_a_score_column_is_named_with_its_row() -> None:
    table, _effects = cohort(16, schools=4, pupils=10)
    texts = table["end"].cast(pl.String).to_list()
    texts[7] = "缺考"
    with pytest.raises(InputError) as caught:
        evaluate(table.with_columns(pl.Series("end", texts)), PLAIN)
    assert (caught.value.code, caught.value.column, caught.value.row) == ("not-numeric", "end", 8)
    texts[7] = ""
    assert evaluate(table.with_columns(pl.Series("end", texts)), PLAIN).main.n == 39


def test_no_overlap_between_the_two_times_is_refused() -> None:
    table, _effects = cohort(17)
    half = pl.int_range(pl.len()) % 2 == 0
    table = table.with_columns(
        pl.when(half).then("start").alias("start"), pl.when(~half).then("end").alias("end")
    )
    with pytest.raises(InputError, match="0 pupils"):
        evaluate(table, PLAIN)


def test_the_london_schools(shared_data: object) -> None:
    """Exam (Goldstein et al. 1993): the model without the school mean is the published one."""
    file = shared_data / "growth" / "exam.csv"
    table = pl.read_csv(file, schema_overrides={"school": pl.String})
    table = table.with_columns(pl.int_range(pl.len()).cast(pl.String).alias("pupil"))
    design = GrowthDesign((Measure("normexam"),), (Measure("standLRT"),), school_mean_prior=False)
    found = evaluate(table, design)
    outcome, prior = (scale.sd for scale in found.scales)
    terms = {term.name: term for term in found.main.terms}
    assert terms["prior"].estimate * outcome / prior == pytest.approx(0.56330691, rel=1e-5)
    assert found.main.school_variance * outcome**2 == pytest.approx(0.09383899, rel=1e-5)
    assert found.main.residual_variance * outcome**2 == pytest.approx(0.56586531, rel=1e-5)
    effects = dict(found.schools.select("school", "effect").iter_rows())
    assert (effects["53"] - effects["59"]) * outcome == pytest.approx(0.72445064 + 0.65971197, rel=1e-5)
    errors = dict(found.schools.select("school", "conditional_se").iter_rows())
    assert errors["59"] * outcome == pytest.approx(0.10329874, rel=1e-5)
    assert found.distinguishability.too_few == 2


def one_subject_each(seed: int = 5) -> pl.DataFrame:
    """Eight schools of sixty pupils, half of whom sat each of two subjects at the end."""
    rng = np.random.default_rng(seed)
    start = rng.normal(size=480)
    end = pl.Series(0.7 * start + rng.normal(0, 0.7, 480))
    first = pl.Series(np.arange(480) % 2 == 0)
    table = pl.DataFrame({"pupil": np.arange(480), "school": np.arange(480) // 60, "start": start})
    return table.with_columns(a=pl.when(first).then(end), b=pl.when(~first).then(end))


ONE_EACH = GrowthDesign((Measure("a"), Measure("b")), (Measure("start"),))


def test_a_school_whose_pupils_sat_other_subjects_is_refused_and_a_slight_difference_said() -> None:
    table = one_subject_each()
    assert "subject-mix" not in {remark.code for remark in evaluate(table, ONE_EACH).remarks}
    moved = (pl.col("school") == 3) & (pl.int_range(pl.len()) % 60 < 24)
    slight = table.with_columns(a=pl.coalesce("a", pl.when(moved).then("b")), b=pl.when(~moved).then("b"))
    assert "subject-mix" in {remark.code for remark in evaluate(slight, ONE_EACH).remarks}
    whole = pl.col("school") == 3
    with pytest.raises(InputError) as caught:
        evaluate(table.with_columns(a=pl.coalesce("a", pl.when(whole).then("b")), b=pl.when(~whole).then("b")),
                 ONE_EACH)  # fmt: skip
    assert (caught.value.code, caught.value.value) == ("uneven-subjects", "3")


def test_a_school_on_another_scale_is_refused_and_one_that_may_be_is_said() -> None:
    table = one_subject_each()
    design = GrowthDesign((Measure("start2"),), (Measure("start"),))

    def moved(by: float) -> pl.DataFrame:
        return table.with_columns(
            start2=pl.col("start") + by * (pl.col("school") == 2) + pl.coalesce("a", "b")
        )

    assert "suspect-scale" in {remark.code for remark in evaluate(moved(5.5), design).remarks}
    with pytest.raises(InputError) as caught:
        evaluate(moved(40.0), design)
    assert (caught.value.code, caught.value.column) == ("mixed-scales", "start2")
