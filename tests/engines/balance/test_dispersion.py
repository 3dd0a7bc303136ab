"""How uneven schools are: the worked example, invariances, areas, stages, and what is refused where."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xuequ.engines.balance.dispersion import CvDesign, Dispersion, indices, measure, theil_t
from xuequ.engines.balance.exact import within
from xuequ.engines.errors import InputError

BOOKS, PUPILS = [279, 137, 935, 160, 402], [45, 37, 89, 76, 55]
DESIGN = CvDesign("books", "pupils")


def schools(**columns: object) -> pl.DataFrame:
    table = pl.DataFrame({"school": list("abcde"), "books": BOOKS, "pupils": PUPILS})
    return table.with_columns(pl.Series(name, values) for name, values in columns.items())  # type: ignore[arg-type]


def measured(table: pl.DataFrame, design: CvDesign = DESIGN) -> tuple[Dispersion, ...]:
    return measure(table, design, np.random.default_rng(1)).stages


def refused(table: pl.DataFrame, design: CvDesign = DESIGN) -> tuple[str, str | None, int | None]:
    with pytest.raises(InputError) as caught:
        measured(table, design)
    return caught.value.code, caught.value.column, caught.value.row


def test_the_official_coefficient_of_the_worked_example_exceeds_what_the_plain_one_keeps() -> None:
    (found,) = measured(schools(stage=["小学"] * 5))
    assert found.indices.cv == pytest.approx(0.5153, abs=5e-5)
    assert found.indices.cv_plain == pytest.approx(0.4888, abs=5e-5)
    assert (found.limit, found.met, found.met_plain) == (0.5, False, True)
    assert found.values["part"].sum() == pytest.approx(found.indices.sd**2)


def test_the_limit_itself_is_kept_and_the_next_float_below_is_not() -> None:
    # X = 1 and 3 with equal pupils: CV is exactly one half.
    assert within([10, 30], [10, 10], 0.5)
    assert not within([10, 30], [10, 10], float(np.nextafter(0.5, 0)))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(1, 300)), min_size=2, max_size=9), st.integers(2, 9)
)
def test_measures_do_not_depend_on_the_unit_nor_on_splitting_a_school_in_equal_halves(
    pairs: list[tuple[int, int]], unit: int
) -> None:
    x, P = np.array(pairs, dtype=float).T
    found, other = indices(x / P, P), indices(x / P * unit, P)
    for name in ("cv", "gini", "theil_t", "theil_l", "hoover", "cv_plain", "gini_plain"):
        assert getattr(other, name) == pytest.approx(getattr(found, name), abs=1e-10)
    halves = indices(np.repeat(x / P, 2), np.repeat(P / 2, 2))
    for name in ("cv", "gini", "theil_t", "theil_l", "hoover"):
        assert getattr(halves, name) == pytest.approx(getattr(found, name), abs=1e-10)


def test_gini_is_that_of_all_pairs_of_pupils() -> None:
    X, P = np.array(BOOKS) / np.array(PUPILS), np.array(PUPILS)
    every = np.repeat(X, P)
    pairs = np.abs(every[:, None] - every[None, :]).mean() / (2 * every.mean())
    assert indices(X, P * 1.0).gini == pytest.approx(pairs, abs=1e-12)


def test_theil_splits_exactly_between_and_within_areas() -> None:
    (found,) = measured(schools(area=["东", "东", "西", "西", "西"]))
    assert found.between_t is not None
    assert found.within_t is not None
    X, P = np.array(BOOKS) / np.array(PUPILS), np.array(PUPILS) * 1.0
    parts = [(slice(0, 2), X[:2] @ P[:2]), (slice(2, 5), X[2:] @ P[2:])]
    own = sum(amount / (X @ P) * theil_t(X[at], P[at]) for at, amount in parts)
    assert found.within_t == pytest.approx(own, abs=1e-14)
    assert found.between_t + own == pytest.approx(found.indices.theil_t, abs=1e-14)
    assert found.areas["share_t"].sum() == pytest.approx(own / found.indices.theil_t)
    assert found.between_l is not None
    assert found.between_l + (found.within_l or 0) == pytest.approx(found.indices.theil_l or 0, abs=1e-14)


def test_a_school_with_nothing_counts_but_leaves_the_mean_log_deviation_undefined() -> None:
    (found,) = measured(schools(books=[0, 137, 935, 160, 402]))
    assert (found.indices.theil_l, found.indices.ratio) == (None, None)
    assert found.indices.theil_t > 0


def test_a_nine_year_school_counts_in_both_stages_with_its_pupils_of_each() -> None:
    table = schools(
        stage=["小学", "小学", "九年一贯制", "初中", "特殊教育"],
        primary_pupils=[None, None, 60, None, None],
        junior_pupils=[None, None, 29, None, None],
    )
    result = measure(table, DESIGN, np.random.default_rng(1))
    primary, junior = result.stages
    assert (primary.pupils, junior.pupils) == (45 + 37 + 60, 29 + 76)
    assert result.left_out == (("e", "special"),)
    # The department has the share of the books that it has of the pupils.
    assert primary.values.filter(school="c")["value"].item() == pytest.approx(935 / 89)
    assert (primary.limit, junior.limit) == (0.50, 0.45)


def test_intervals_hold_the_value_and_need_ten_schools() -> None:
    rng = np.random.default_rng(3)
    many = pl.DataFrame(
        {"school": range(40), "pupils": rng.integers(50, 900, 40), "books": rng.integers(500, 3000, 40)}
    )
    (found,) = measured(many)
    ends = {i.measure: (i.low, i.high) for i in found.intervals}
    assert ends["cv"][0] < found.indices.cv < ends["cv"][1]
    assert measured(many)[0].intervals == found.intervals
    assert measured(many.head(9))[0].intervals == ()


def test_what_cannot_be_used_is_refused_by_row_and_column() -> None:
    assert refused(schools(pupils=[45, 0, 89, 76, 55])) == ("zero-pupils", "pupils", 2)
    assert refused(schools(books=[279, 137, -1, 160, 402])) == ("negative", "books", 3)
    assert refused(schools(books=[279, None, 1, 160, 402])) == ("missing-value", "books", 2)
    assert refused(schools(books=["279", "137", "1", "x", "402"])) == ("not-numeric", "books", 4)
    assert refused(schools(books=[0] * 5)) == ("all-zero", "books", None)
    assert refused(schools(school=["a", "b", "c", "d", "a"])) == ("duplicate-school", "school", 5)
    assert refused(schools(stage=["小学", "小学", "大学", "小学", "小学"])) == ("unknown-stage", "stage", 3)
    assert refused(schools().drop("books")) == ("unknown-column", "books", None)


def test_wan_yuan_beside_yuan_is_refused_but_a_wide_spread_is_not() -> None:
    assert refused(schools(books=[27.9, 13.7, 93.5, 160_000, 40.2])) == ("mixed-units", "books", 4)
    assert refused(schools(books=[279_000.0, 13.7, 935_000, 160_000, 402_000])) == ("mixed-units", "books", 2)
    assert measured(schools(books=[1, 40, 900, 9000, 40_000]))[0].indices.cv > 1


def test_departments_must_add_up_to_the_school() -> None:
    table = schools(
        stage=["九年一贯制", *["小学"] * 4], primary_pupils=[40, *[None] * 4], junior_pupils=[4, *[None] * 4]
    )
    assert refused(table) == ("pupils-differ", "junior_pupils", 1)
    assert refused(table.with_columns(junior_pupils=pl.lit(0))) == ("zero-pupils", "junior_pupils", 1)
