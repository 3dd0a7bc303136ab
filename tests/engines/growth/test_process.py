"""Process facts beside growth: planted slopes come back, shares add up, full matrices agree, wrong input is refused."""

from itertools import permutations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xuequ.engines.errors import InputError
from xuequ.engines.growth.process import ProcessDesign, process_shares

FACTS = ("attendance", "books")
DESIGN = ProcessDesign(FACTS)


def district(
    seed: int = 1,
    schools: int = 24,
    classes: int = 4,
    size: int = 30,
    slope: float = 0.15,
    sorting: float = 0.0,
) -> pl.DataFrame:
    """Pupils in classes; ``attendance`` is the class's and moves growth, ``books`` the school's and does not."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), classes * size)
    klass = np.repeat(np.arange(schools * classes), size)
    attendance = rng.normal(size=schools * classes)
    books = rng.normal(size=schools)
    intake = sorting * attendance + 0.3 * rng.normal(size=schools * classes)
    prior = intake[klass] + rng.normal(size=len(klass))
    effects = 0.15 * rng.normal(size=schools)[school] + 0.1 * rng.normal(size=schools * classes)[klass]
    residual = slope * attendance[klass] + effects + 0.6 * rng.normal(size=len(klass))
    # What the value-added model leaves is free of the pupils' starts, and with them of part of a fact that goes along.
    residual = residual - np.polyval(np.polyfit(prior, residual, 1), prior)
    return pl.DataFrame(
        {
            "pupil": [f"p{i:05}" for i in range(len(klass))], "school": [f"s{i:02}" for i in school],
            "class": [f"c{i:03}" for i in klass], "residual": residual, "prior": prior,
            "attendance": attendance[klass], "books": books[school],
        }
    )  # fmt: skip


def found(table: pl.DataFrame, design: ProcessDesign = DESIGN):
    return process_shares(table, design, np.random.default_rng(3))


def test_planted_slopes_come_back_and_a_fact_without_meaning_gets_what_chance_gives() -> None:
    slopes, books, inside = [], [], 0
    for seed in range(20):
        rows = {row["fact"]: row for row in found(district(seed)).facts.iter_rows(named=True)}
        slopes.append(rows["attendance"]["slope"] / rows["attendance"]["sd"])
        inside += rows["attendance"]["low"] < 0.15 * rows["attendance"]["sd"] < rows["attendance"]["high"]
        books.append(rows["books"]["share"] / rows["books"]["chance"])
        assert (rows["attendance"]["level"], rows["books"]["level"]) == ("class", "school")
    assert np.mean(slopes) == pytest.approx(0.15, abs=0.012)
    assert inside >= 17
    assert 0.3 < np.mean(books) < 2.0


def test_the_mean_starts_keep_slopes_straight_where_strong_classes_attend_more() -> None:
    slopes = [
        row["slope"] / row["sd"]
        for seed in range(12)
        for row in found(district(seed, sorting=0.5), ProcessDesign(("attendance",))).facts.iter_rows(
            named=True
        )
    ]
    assert np.mean(slopes) == pytest.approx(0.15, abs=0.02)


def test_shares_add_up_and_equal_all_orders_by_full_matrices() -> None:
    table = district(2, schools=12, classes=3, size=8)
    result = found(table)
    shares = dict(result.facts.select("fact", "share").iter_rows())
    assert sum(shares.values()) == pytest.approx(result.explained, abs=1e-12)
    r2 = _oracle(table, result)
    for fact in FACTS:
        gains = [r2({*order[: order.index(fact)], fact}) - r2(set(order[: order.index(fact)]))
                 for order in permutations(FACTS)]  # fmt: skip
        assert shares[fact] == pytest.approx(np.mean(gains), abs=1e-8)


def _oracle(table: pl.DataFrame, result):
    """R² of a set of facts between places, with V written out for the places' means."""
    by = table.group_by("school", "class").agg(
        pl.col("residual", "prior", *FACTS).mean(), pl.len().alias("n")
    )
    by = by.join(table.group_by("school").agg(pl.col("prior").mean().alias("intake")), on="school").sort(
        "class"
    )
    same = (by["school"].to_numpy()[:, None] == by["school"].to_numpy()[None, :]).astype(float)
    V = result.school_variance * same + np.diag(
        result.place_variance + result.residual_variance / by["n"].to_numpy()
    )
    W = np.linalg.inv(V)
    y = by["residual"].to_numpy()

    def squares(names: list[str]) -> float:
        X = np.column_stack([np.ones(by.height), *(by[name].to_numpy() for name in names)])
        rest = y - X @ np.linalg.solve(X.T @ W @ X, X.T @ W @ y)
        return float(rest @ W @ rest)

    base = squares(["prior", "intake"])
    return lambda chosen: 1 - squares(["prior", "intake", *sorted(chosen)]) / base


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 100), st.floats(-50, 50))
def test_the_unit_of_a_fact_and_the_order_of_rows_change_nothing(
    seed: int, scale: float, shift: float
) -> None:
    table = district(seed, schools=12, classes=2, size=10)
    first = found(table)
    other = table.with_columns(pl.col("attendance") * scale + shift).sample(
        fraction=1, shuffle=True, seed=seed
    )
    again = found(other)
    for column in ("share", "slope", "low", "high", "share_low"):
        assert again.facts[column].to_list() == pytest.approx(first.facts[column].to_list(), abs=1e-5)
    assert 0 <= first.explained <= 1


def test_a_missing_fact_is_missing_and_never_zero() -> None:
    table = district(4)
    holed = table.with_columns(
        pl.when(pl.col("school") > "s02").then(pl.col("attendance")).alias("attendance")
    )
    result = found(holed)
    assert result.missing == 3 * 4 * 30
    assert [(r.code, dict(r.numbers)) for r in result.remarks] == [
        ("association", {}),
        ("left-out", {"pupils": 360}),
    ]
    kept = found(table.filter(pl.col("school") > "s02"))
    assert result.facts["slope"].to_list() == pytest.approx(kept.facts["slope"].to_list(), abs=1e-9)


def test_schools_alone_are_places_where_classes_are_unknown() -> None:
    result = found(district(5).with_columns(pl.lit(None, dtype=pl.String).alias("class")).with_columns(
        pl.col("attendance").mean().over("school")))  # fmt: skip
    assert (result.places, result.schools, result.place_variance) == (24, 24, 0.0)
    assert result.facts["level"].to_list() == ["school", "school"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda t: t.with_columns(pl.when(pl.col("school") < "s10").then(pl.col("books")).alias("books")),
         "process-coverage"),
        (lambda t: t.filter(pl.col("school") < "s08"), "too-few-places"),
        (lambda t: t.with_columns(pl.col("prior").alias("books")), "not-of-a-place"),
        (lambda t: t.with_columns(pl.lit(1.0).alias("books")), "constant-predictor"),
        (lambda t: t.with_columns((2 * pl.col("attendance")).alias("books")), "collinear-factors"),
        (lambda t: t.drop("books"), "unknown-column"),
        (lambda t: t.with_columns(pl.lit("many").alias("books")), "not-numeric"),
    ],
)  # fmt: skip
def test_what_cannot_carry_an_answer_is_refused(change, code: str) -> None:
    with pytest.raises(InputError) as caught:
        found(change(district(6)))
    assert caught.value.code == code


@pytest.mark.parametrize("facts", [(), ("a", "a"), ("residual",), tuple("abcdefghi")])
def test_a_wrong_choice_of_facts_is_refused(facts: tuple[str, ...]) -> None:
    with pytest.raises(InputError):
        ProcessDesign(facts)
