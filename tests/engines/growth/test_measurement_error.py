"""Errors of measurement: their sources, and the band they put around a percentile."""

import doctest

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.growth.cohorts import chain, design
from xuequ.engines.errors import InputError
from xuequ.engines.growth import measurement_error
from xuequ.engines.growth.measurement_error import CsemTable, csem_values, percentile_bands, with_csem
from xuequ.engines.growth.percentiles import apply_models, growth_percentiles

TABLE = chain(400, 1)
DESIGN = design(TABLE)
FOUND = growth_percentiles(TABLE, DESIGN)


def test_a_number_holds_for_all_scores() -> None:
    table = with_csem(TABLE, 12.0)
    assert table.columns[-3:] == ["csem", "csem_1", "csem_2"]
    assert table.select("csem", "csem_1", "csem_2").unique().rows() == [(12.0, 12.0, 12.0)]


def test_a_table_gives_errors_by_score_and_none_for_a_missing_score() -> None:
    by_score = CsemTable.of([700.0, 500.0, 600.0], [30.0, 20.0, 10.0])
    table = with_csem(pl.DataFrame({"score": [550.0, 650.0], "prior_1": [400.0, None]}), by_score)
    assert table["csem"].to_list() == [15.0, 20.0]
    assert table["csem_1"].to_list() == [20.0, None]


@pytest.mark.parametrize(
    ("scores", "errors", "place"),
    [
        ([500.0, 600.0], [10.0, 0.0], ("bad-csem", 2)),
        ([500.0], [-3.0], ("bad-csem", 1)),
        ([500.0], [np.nan], ("bad-csem", 1)),
        ([500.0, 500.0], [10.0, 11.0], ("duplicate-score", 2)),
        ([np.inf], [10.0], ("infinite-value", 1)),
        ([], [], ("empty-csem", None)),
    ],
)
def test_an_unusable_table_of_errors_is_refused(
    scores: list[float], errors: list[float], place: tuple[str, int | None]
) -> None:
    with pytest.raises(InputError) as refusal:
        CsemTable.of(scores, errors)
    assert (refusal.value.code, refusal.value.row) == place


@pytest.mark.parametrize("csem", [0.0, -1.0, np.nan, np.inf])
def test_an_error_is_above_zero(csem: float) -> None:
    with pytest.raises(InputError, match="above 0"):
        with_csem(TABLE, csem)


@pytest.mark.parametrize(
    ("column", "code", "row"),
    [
        (pl.when(pl.col("id") == 4).then(0.0).otherwise(12.0), "bad-csem", 5),
        (pl.when(pl.col("id") == 4).then(-2.0).otherwise(12.0), "bad-csem", 5),
        (pl.when(pl.col("id") != 4).then(12.0), "missing-csem", 5),
        (pl.lit("12"), "not-numeric", None),
        (pl.lit(200.0), "bad-csem", None),
    ],
)
def test_an_unusable_column_of_errors_is_refused(column: pl.Expr, code: str, row: int | None) -> None:
    with pytest.raises(InputError) as refusal:
        csem_values(TABLE.with_columns(csem_1=column), "prior_1")
    assert (refusal.value.code, refusal.value.column, refusal.value.row) == (code, "csem_1", row)


def test_a_missing_column_of_errors_is_named() -> None:
    with pytest.raises(InputError) as refusal:
        csem_values(TABLE, "prior_2")
    assert (refusal.value.code, refusal.value.column) == ("unknown-column", "csem_2")


def test_the_band_is_what_drawing_the_score_again_and_again_tends_to() -> None:
    draws = 1500
    few = with_csem(TABLE.head(4), 15.0)
    band = percentile_bands(few, FOUND.models, DESIGN)
    rng = np.random.default_rng(5)
    again = pl.concat([few.with_columns(id=pl.col("id") * draws + k) for k in range(draws)])
    noise = pl.Series(rng.normal(0.0, 15.0, len(again)))
    drawn = apply_models(again.with_columns(score=pl.col("score") + noise), FOUND.models, DESIGN)
    simulated = np.quantile(drawn["sgp"].to_numpy().reshape(draws, 4), [0.16, 0.84], axis=0)
    np.testing.assert_allclose(simulated, [band["sgp_low"], band["sgp_high"]], atol=3)


@settings(max_examples=15)
@given(st.floats(0.5, 20.0), st.floats(1.1, 2.0))
def test_the_band_holds_the_percentile_and_grows_with_the_error(csem: float, more: float) -> None:
    narrow, wide = (percentile_bands(with_csem(TABLE, c), FOUND.models, DESIGN) for c in (csem, csem * more))
    assert narrow["id"].to_list() == FOUND.table["id"].to_list()
    assert (narrow["sgp_low"] <= FOUND.table["sgp"]).all() and (
        FOUND.table["sgp"] <= narrow["sgp_high"]
    ).all()
    assert (wide["sgp_low"] <= narrow["sgp_low"]).all() and (narrow["sgp_high"] <= wide["sgp_high"]).all()


@pytest.mark.parametrize("band", [(0.84, 0.16), (0.0, 0.5), (0.5, 1.0)])
def test_a_band_has_two_probabilities(band: tuple[float, float]) -> None:
    with pytest.raises(InputError) as refusal:
        percentile_bands(with_csem(TABLE, 10.0), FOUND.models, DESIGN, band)
    assert refusal.value.code == "bad-band"


def test_published_examples_hold() -> None:
    assert doctest.testmod(measurement_error).failed == 0
