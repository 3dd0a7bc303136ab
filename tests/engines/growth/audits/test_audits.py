"""What is wrong is found, what is sound is left alone, and what cannot be said is not said."""

import numpy as np
import polars as pl
import pytest

from tests.engines.growth.audits.planted import DEFECTS, DESIGN, Plant, sound
from xuequ.engines.errors import InputError
from xuequ.engines.growth.audits.auditing import AUDITS, audit, audit_cohort
from xuequ.engines.growth.audits.inputs import AuditOptions, slope
from xuequ.engines.growth.audits.verdicts import AuditCode, AuditFinding, AuditVerdict, holm
from xuequ.engines.growth.evaluation import evaluate
from xuequ.engines.growth.growth_design import GrowthDesign, Measure

EVERYTHING = AuditOptions(earlier="earlier", followup="followup", forms=("paper",), groups=("sex",))
SEEDS = 8


def looked_at(table: pl.DataFrame, options: AuditOptions = EVERYTHING) -> dict[AuditCode, AuditFinding]:
    return {one.code: one for one in audit(table, evaluate(table, DESIGN), options)}


def failed(seed: int, plant: Plant | None = None) -> set[str]:
    rng = np.random.default_rng([7, seed])
    table = sound(rng)
    found = looked_at(table if plant is None else plant(rng, table))
    return {code.value for code, one in found.items() if one.verdict is AuditVerdict.FAIL}


def test_a_sound_evaluation_raises_no_alarm() -> None:
    assert [alarms for seed in range(SEEDS) if (alarms := failed(seed))] == []


@pytest.mark.parametrize("code", list(DEFECTS))
def test_a_planted_defect_is_found(code: str) -> None:
    assert [seed for seed in range(SEEDS) if code not in failed(seed, DEFECTS[code])] == []


def test_the_schools_concerned_are_named() -> None:
    rng = np.random.default_rng(3)
    table = sound(rng)
    left = looked_at(DEFECTS["leavers"](rng, table))[AuditCode.LEAVERS]
    assert left.schools == ("s03", "s17")
    row = left.evidence.filter(school="s03").row(0, named=True)
    assert row["low"] < row["gain"] < row["high"]
    assert row["gap"] < -0.3
    assert looked_at(DEFECTS["persistence"](rng, table))[AuditCode.PERSISTENCE].schools == ("s05",)


def test_without_further_columns_the_audits_that_need_them_say_so() -> None:
    found = looked_at(sound(np.random.default_rng(1)), AuditOptions())
    missing = {code.value: one.missing for code, one in found.items() if one.missing}
    assert missing == {
        "subgroups": "groups", "falsification": "earlier", "forms": "forms", "persistence": "followup",
    }  # fmt: skip
    assert list(found) == list(AUDITS)


def test_the_grid_holds_every_pupil_of_the_model() -> None:
    table = sound(np.random.default_rng(1))
    grid = looked_at(table)[AuditCode.FIT].evidence
    assert grid.height == 100
    assert grid["pupils"].sum() == table.drop_nulls("outcome").height
    assert grid.group_by("start").agg(pl.col("share").sum())["share"].to_numpy() == pytest.approx(1.0)


def test_a_model_that_bends_where_growth_does_not_is_misfit() -> None:
    table = sound(np.random.default_rng(4)).with_columns(pl.col("outcome") + 0.25 * pl.col("prior") ** 2)
    assert looked_at(table)[AuditCode.FIT].verdict is AuditVerdict.FAIL


def test_a_group_of_which_the_model_expects_too_much_is_found() -> None:
    table = sound(np.random.default_rng(5)).with_columns(pl.col("outcome") - 0.3 * (pl.col("sex") == "m"))
    found = looked_at(table)[AuditCode.SUBGROUPS]
    assert found.verdict is AuditVerdict.CAUTION
    boys = found.evidence.filter(group="m").row(0, named=True)
    assert boys["gap"] == pytest.approx(-0.14, abs=0.04)  # half of 0.3 in SD: the girls are above by as much


def test_growth_that_goes_with_the_intake_is_seen_when_the_model_leaves_it_in() -> None:
    table = sound(np.random.default_rng(6), 80)
    mean = pl.col("prior").mean().over("school")
    table = table.with_columns(pl.col("outcome") + 0.3 * mean)
    naive = GrowthDesign(outcomes=DESIGN.outcomes, priors=DESIGN.priors, school_mean_prior=False)
    (found,) = (
        one for one in audit(table, evaluate(table, naive), AuditOptions()) if one.code == AuditCode.INTAKE
    )
    assert found.verdict is AuditVerdict.FAIL
    assert found.statistic is not None and found.statistic > 0.05
    assert looked_at(table)[AuditCode.INTAKE].numbers["without"] == pytest.approx(found.statistic, rel=1e-9)


def test_whole_number_scores_with_a_full_mark_in_reach_are_no_ceiling() -> None:
    table = sound(np.random.default_rng(8)).with_columns(
        (70 + 10 * pl.col("outcome")).round().clip(0, 100).alias("outcome")
    )
    assert looked_at(table)[AuditCode.CEILING].verdict is AuditVerdict.SOUND


def test_schools_that_do_not_differ_are_not_judged_by_models() -> None:
    rng = np.random.default_rng(9)
    start = rng.normal(size=600)
    table = pl.DataFrame(
        {
            "pupil": [f"{i:03d}" for i in range(600)],
            "school": [f"s{i % 10}" for i in range(600)],
            "prior": start,
            "outcome": 0.8 * start + rng.normal(0, 0.6, 600),
        }
    )
    table = table.with_columns(pl.col("outcome") - pl.col("outcome").mean().over("school"))
    found = looked_at(table, AuditOptions())
    assert found[AuditCode.MODELS].missing == "schools"
    assert found[AuditCode.RELIABILITY].verdict is AuditVerdict.FAIL


def test_wrong_columns_are_named() -> None:
    table = sound(np.random.default_rng(1))
    with pytest.raises(InputError, match="'nothing'") as unknown:
        looked_at(table, AuditOptions(earlier="nothing"))
    assert unknown.value.code == "unknown-column"
    with pytest.raises(InputError) as text:
        looked_at(table, AuditOptions(followup="sex"))
    assert (text.value.code, text.value.column) == ("not-numeric", "sex")


def test_the_batch_entry_says_the_same() -> None:
    table = sound(np.random.default_rng(2))
    params = {
        "design": DESIGN.as_dict(),
        "earlier": "earlier",
        "followup": "followup",
        "forms": ["paper"],
        "groups": ["sex"],
    }
    rows = audit_cohort(table, params)
    assert dict(rows.select("audit", "verdict").iter_rows()) == {
        code.value: one.verdict.value for code, one in looked_at(table).items()
    }


def test_holm_against_the_definition() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(20)
    order = np.argsort(p)
    by_hand = [max((20 - j) * p[order[j]] for j in range(i + 1)) for i in range(20)]
    assert holm(p)[order] == pytest.approx(np.minimum(by_hand, 1.0))


def test_the_slope_is_that_of_least_squares() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 30))
    found, se = slope(x, y, np.ones(30))
    assert found == pytest.approx(np.polyfit(x, y, 1)[0])
    assert 0.05 < se < 0.6


def test_several_measures_are_each_looked_at_for_a_ceiling() -> None:
    table = sound(np.random.default_rng(1)).with_columns(pl.col("outcome").alias("second"))
    table = table.with_columns(pl.col("second").clip(upper_bound=pl.col("second").quantile(0.9)))
    design = GrowthDesign((Measure("outcome"), Measure("second")), (Measure("prior"),))
    found = {one.code: one for one in audit(table, evaluate(table, design))}
    worst = found[AuditCode.CEILING].evidence.sort("excess").row(-1, named=True)
    assert (worst["column"], worst["end"]) == ("second", "highest")
