"""Values of teachers: planted effects come back, intervals cover what they promise, the few have no value, refusals."""

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize

from xuequ.engines.errors import InputError
from xuequ.engines.growth.teachers import TeacherValues, teacher_values

YEARS = ("2023-2024", "2024-2025", "2025-2026")


def taught(
    rng: np.random.Generator,
    teachers: int = 120,
    years: int = 3,
    pupils: tuple[int, int] = (20, 60),
    between: float = 0.15,
    yearly: float = 0.1,
) -> tuple[pl.DataFrame, np.ndarray]:
    """Pupils of teachers with planted effects; shares of a half or the whole."""
    effect = rng.normal(0, between, teachers)
    parts = []
    for k in range(teachers):
        for year in YEARS[: rng.integers(2, years + 1)]:
            n = int(rng.integers(*pupils))
            residual = effect[k] + rng.normal(0, yearly) + rng.normal(0, 0.8, n)
            share = rng.choice([0.5, 1.0], n)
            names = [f"{k}-{year}-{i}" for i in range(n)]
            parts.append(
                pl.DataFrame(
                    {
                        "teacher": f"t{k:03}",
                        "pupil": names,
                        "year": year,
                        "residual": residual,
                        "share": share,
                    }
                )
            )
    return pl.concat(parts), effect


def small(years: tuple[str, ...] = YEARS[:2], pupils: int = 20, teachers: int = 12) -> pl.DataFrame:
    rng = np.random.default_rng(5)
    rows = [
        (f"t{k:02}", f"{k}-{year}-{i}", year, 0.3 * (k % 3 - 1) + float(rng.normal(0, 0.5)), 1.0)
        for k in range(teachers)
        for year in years
        for i in range(pupils)
    ]
    return pl.DataFrame(rows, schema=["teacher", "pupil", "year", "residual", "share"], orient="row")


def row(found: TeacherValues, teacher: str) -> dict[str, object]:
    return found.teachers.row(by_predicate=pl.col("teacher") == teacher, named=True)


def test_planted_effects_and_variances_come_back() -> None:
    table, effect = taught(np.random.default_rng(11), teachers=400)
    found = teacher_values(table)
    shown = found.teachers.drop_nulls("value")
    planted = effect[[int(key[1:]) for key in shown["teacher"]]]
    assert np.corrcoef(shown["value"], planted)[0, 1] > 0.75
    assert np.sqrt(found.teacher_variance) == pytest.approx(0.15, abs=0.02)
    assert np.sqrt(found.year_variance) == pytest.approx(0.1, abs=0.03)
    assert np.sqrt(found.pupil_variance) == pytest.approx(0.8, abs=0.02)
    # A value that was shrunk as it should be predicts the effect one for one; the raw mean overstates it.
    assert np.polyfit(shown["value"], planted, 1)[0] == pytest.approx(1.0, abs=0.12)


def test_intervals_cover_what_they_promise() -> None:
    rng = np.random.default_rng(12)
    inside = all_of_them = 0
    for _district in range(60):
        table, effect = taught(rng, teachers=50)
        shown = teacher_values(table).teachers.drop_nulls("value")
        planted = effect[[int(key[1:]) for key in shown["teacher"]]]
        inside += int(((shown["low"].to_numpy() <= planted) & (planted <= shown["high"].to_numpy())).sum())
        all_of_them += shown.height
    assert all_of_them > 2000
    assert 0.93 <= inside / all_of_them <= 0.97


def test_the_criterion_is_that_of_the_full_covariance_matrix() -> None:
    """REML by whole matrices, as a textbook writes it, over the means of teachers and years."""
    table, _effect = taught(np.random.default_rng(13), teachers=25)
    found = teacher_values(table)
    cells = table.group_by("teacher", "year", maintain_order=True).agg(
        ((pl.col("share") * pl.col("residual")).sum() / pl.col("share").sum()).alias("mean"),
        (pl.col("share").sum() ** 2 / (pl.col("share") ** 2).sum()).alias("kish"),
    )
    y, one = cells["mean"].to_numpy(), np.ones(cells.height)
    same = cells["teacher"].to_numpy()[:, None] == cells["teacher"].to_numpy()[None, :]

    def covariance(at: np.ndarray) -> np.ndarray:
        return at[0] * same + np.diag(at[1] + found.pupil_variance / cells["kish"].to_numpy())

    def deviance(at: np.ndarray) -> float:
        inverse = np.linalg.inv(covariance(at))
        beta = one @ inverse @ y / (one @ inverse @ one)
        left = y - beta
        return float(
            np.linalg.slogdet(covariance(at))[1] + np.log(one @ inverse @ one) + left @ inverse @ left
        )

    best = minimize(
        deviance, [0.02, 0.01], bounds=[(0, None)] * 2, method="L-BFGS-B", options={"ftol": 1e-14}
    )
    ours = np.array([found.teacher_variance, found.year_variance])
    assert deviance(ours) <= best.fun + 1e-6
    inverse = np.linalg.inv(covariance(ours))
    beta = one @ inverse @ y / (one @ inverse @ one)
    predicted = beta + ours[0] * same @ inverse @ (y - beta)
    first = cells["teacher"][0]
    assert row(found, first)["value"] == pytest.approx(float(predicted[0]), abs=1e-9)


def test_one_year_or_few_pupils_give_no_value_but_a_reason() -> None:
    alone = small().filter((pl.col("teacher") != "t00") | (pl.col("year") == YEARS[0]))
    few = alone.filter((pl.col("teacher") != "t01") | pl.col("pupil").str.ends_with("-1"))
    found = teacher_values(few)
    assert row(found, "t00")["code"] == "one-year"
    assert row(found, "t01")["code"] == "too-few-pupils"
    for teacher in ("t00", "t01"):
        assert {row(found, teacher)[name] for name in ("value", "se", "low", "high", "reliability")} == {None}
    assert row(found, "t02")["code"] == "" and row(found, "t02")["value"] is not None


def test_shares_count_as_parts_of_pupils() -> None:
    """Forty pupils of whom each was taught for half the time are twenty: not enough."""
    halves = small().with_columns(share=pl.when(pl.col("teacher") == "t03").then(0.5).otherwise(1.0))
    lone = row(teacher_values(halves), "t03")
    assert (lone["pupils"], lone["equivalents"], lone["code"]) == (40, 20.0, "too-few-pupils")
    assert row(teacher_values(halves, fewest_pupils=20), "t03")["code"] == ""


def test_a_smaller_share_weighs_less() -> None:
    table = small()
    bad = (pl.col("teacher") == "t04") & pl.col("pupil").str.ends_with("-7")
    spoilt = table.with_columns(residual=pl.when(bad).then(-20.0).otherwise("residual"))
    light = spoilt.with_columns(share=pl.when(bad).then(0.01).otherwise(1.0))
    assert row(teacher_values(light), "t04")["value"] > row(teacher_values(spoilt), "t04")["value"]


def test_without_any_difference_nobody_has_a_value() -> None:
    rng = np.random.default_rng(3)
    table = small().with_columns(residual=pl.Series(rng.normal(0, 1, small().height)))
    # Taking each teacher's own mean away leaves years that differ less than chance lets them.
    table = table.with_columns(pl.col("residual") - pl.col("residual").mean().over("teacher"))
    found = teacher_values(table)
    assert found.boundary
    assert found.teachers["value"].null_count() == found.teachers.height
    assert set(found.teachers["code"]) == {"no-difference"}


def test_the_same_teachers_from_year_to_year() -> None:
    table, _effect = taught(np.random.default_rng(17), teachers=300, between=0.3, yearly=0.1)
    steady = teacher_values(table).stability
    shaky = teacher_values(taught(np.random.default_rng(17), teachers=300, yearly=0.3)[0]).stability
    assert steady.pairs == 300
    # σ²_μ/(σ²_μ + σ²_θ + σ²_ε/ñ) with about 36 effective pupils
    assert steady.correlation == pytest.approx(0.09 / (0.09 + 0.01 + 0.64 / 36), abs=0.08)
    assert steady.low < steady.correlation < steady.high
    assert shaky.correlation < 0.5 * steady.correlation


def test_the_order_of_rows_changes_nothing_and_missing_rows_are_counted() -> None:
    table = small()
    holes = table.with_columns(
        residual=pl.when(pl.int_range(pl.len()) % 50 == 0).then(None).otherwise("residual")
    )
    found, again = teacher_values(holes), teacher_values(holes.sample(fraction=1, shuffle=True, seed=1))
    assert found.unused == again.unused == 10
    assert found.rows == table.height - 10
    assert found.teachers.equals(again.teachers)


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        ({"share": 0.0}, "share-range", 1),
        ({"share": 1.2}, "share-range", 1),
        ({"share": None}, "share-range", 1),
        ({"residual": float("inf")}, "not-finite", 1),
        ({"teacher": " "}, "missing-key", 1),
        ({"year": None}, "missing-key", 1),
        ({"pupil": "0-2023-2024-1"}, "duplicate-row", 2),
    ],
)
def test_unusable_rows_are_named(change: dict[str, object], code: str, where: int) -> None:
    first = pl.int_range(pl.len()) == 0
    table = small().with_columns(
        pl.when(first).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in change.items()
    )
    with pytest.raises(InputError) as caught:
        teacher_values(table)
    assert (caught.value.code, caught.value.row) == (code, where)


def test_a_table_that_cannot_carry_it_is_refused() -> None:
    with pytest.raises(InputError, match="at least 10") as caught:
        teacher_values(small(teachers=9))
    assert caught.value.code == "too-few-teachers"
    with pytest.raises(InputError) as caught:
        teacher_values(small().drop("share"))
    assert caught.value.code == "unknown-column"
    with pytest.raises(InputError) as caught:
        teacher_values(small().with_columns(residual=0.5))
    assert caught.value.code == "constant"


@pytest.mark.parametrize(
    ("option", "value"), [("fewest_pupils", 0), ("confidence", 1.0), ("confidence", 0.2)]
)
def test_options_out_of_range_are_refused(option: str, value: float) -> None:
    with pytest.raises(InputError):
        teacher_values(small(), **{option: value})
