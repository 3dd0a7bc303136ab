"""A wide panel becomes cohorts of pupils who moved up one grade each year."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from xuequ.engines.errors import InputError
from xuequ.engines.growth.panel import PanelLayout, panel_cohorts, panel_years
from xuequ.engines.growth.splines import spline_basis

LAYOUT = PanelLayout("number", "grade {year}", "score {year}", 2025)
PANEL = pl.DataFrame(
    {
        "number": ["a", "b", "c", "d", "e", "f"],
        "grade 2023": [4, 4, 4, 4, None, 5],
        "grade 2024": [5, 5, 4, 5, 5, 5],
        "grade 2025": [6, 6, 5, 6, 6, 5],
        "score 2023": [401, None, 403, 404, 405, 406],
        "score 2024": [501, 502, 503, None, 505, 506],
        "score 2025": [601, 602, 603, 604, 605, 606],
    }
)


def test_a_prior_counts_only_one_grade_lower_each_year_without_a_gap() -> None:
    fifth, sixth = panel_cohorts(PANEL, LAYOUT)
    assert sixth.grade == 6
    assert sixth.table.rows() == [
        ("a", 601.0, 501.0, 401.0),
        ("b", 602.0, 502.0, None),
        ("d", 604.0, None, 404.0),
        ("e", 605.0, 505.0, None),
    ]
    assert (fifth.grade, fifth.table.rows()) == (5, [("c", 603.0, 503.0), ("f", 606.0, None)])


def test_measurement_errors_stand_beside_the_scores_they_belong_to() -> None:
    errors = PANEL.with_columns(pl.lit(year - 2000.0).alias(f"error {year}") for year in (2023, 2024, 2025))
    fifth, sixth = panel_cohorts(errors, replace(LAYOUT, csem="error {year}"))
    assert sixth.table.columns == ["id", "score", "prior_1", "prior_2", "csem", "csem_1", "csem_2"]
    assert sixth.table.row(0) == ("a", 601.0, 501.0, 401.0, 25.0, 24.0, 23.0)
    assert fifth.table.columns == ["id", "score", "prior_1", "csem", "csem_1"]


@pytest.mark.parametrize(
    ("column", "code"),
    [
        (pl.when(pl.col("number") == "c").then(0.0).otherwise(9.0), "bad-csem"),
        (pl.when(pl.col("number") != "c").then(9.0), "missing-csem"),
    ],
)
def test_a_score_without_a_measurement_error_is_refused_with_its_row(column: pl.Expr, code: str) -> None:
    errors = PANEL.with_columns(column.alias(f"error {year}") for year in (2023, 2024, 2025))
    with pytest.raises(InputError) as refusal:
        panel_cohorts(errors, replace(LAYOUT, csem="error {year}"))
    found = refusal.value
    assert (found.code, found.column, found.row) == (code, "error 2025", 3)


def test_knots_come_from_the_latest_earlier_year_in_which_the_grade_was_large() -> None:
    n = 300
    rng = np.random.default_rng(8)
    columns = {"number": range(n)}
    for back, year in enumerate((2025, 2024, 2023)):
        columns[f"grade {year}"] = [6 - back] * n
        columns[f"score {year}"] = rng.integers(300, 700, n)
    repeaters = pl.DataFrame(
        {name: [n, n + 1] if name == "number" else [4, 4] if "grade" in name else [1, 9] for name in columns}
    )
    panel = pl.concat([pl.DataFrame(columns), repeaters], how="vertical_relaxed")
    sixth = panel_cohorts(panel, LAYOUT)[-1]
    assert sixth.reference_years == (2024, 2023)
    scores = panel.filter(pl.col("grade 2023") == 4)["score 2023"]
    assert sixth.bases[1] == spline_basis(scores)
    assert sixth.score_range is None


def test_a_panel_without_the_grade_below_has_no_bases() -> None:
    panel = PANEL.with_columns(pl.lit(None, pl.Int64).alias("grade 2024"))
    assert [cohort.bases for cohort in panel_cohorts(panel, LAYOUT)] == [(), ()]


def test_numbers_written_as_text_are_numbers_and_decimals_are_counted() -> None:
    text = PANEL.cast(dict.fromkeys(PANEL.columns[1:], pl.String))
    padded = text.with_columns((" " + pl.col("score 2025") + ".50 ").alias("score 2025"))
    cohort = panel_cohorts(padded, LAYOUT)[1]
    assert cohort.table["score"].to_list() == [601.5, 602.5, 604.5, 605.5]
    assert (cohort.decimals, panel_cohorts(PANEL, LAYOUT)[1].decimals) == (1, 0)


def test_earlier_years_are_used_without_a_gap() -> None:
    headings = [*PANEL.columns, "grade 2021", "score 2021", "grade 2026"]
    assert panel_years(headings, LAYOUT) == [2025, 2024, 2023]


@pytest.mark.parametrize(
    ("layout", "code"),
    [
        (PanelLayout("number", "grade", "score {year}", 2025), "bad-pattern"),
        (PanelLayout("nobody", "grade {year}", "score {year}", 2025), "unknown-column"),
        (PanelLayout("number", "class {year}", "score {year}", 2025), "unknown-column"),
        (PanelLayout("number", "grade {year}", "score {year}", 2023), "no-priors"),
    ],
)
def test_columns_that_are_not_there_are_named(layout: PanelLayout, code: str) -> None:
    with pytest.raises(InputError) as refusal:
        panel_cohorts(PANEL, layout)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("column", "values", "code", "row"),
    [
        ("score 2024", ["501", "", "缺考", "504", "505", "506"], "text-in-number-column", 3),
        ("score 2024", [501.0, np.inf, 1.0, 2.0, 3.0, 4.0], "text-in-number-column", 2),
        ("grade 2024", [5.0, 5.5, 4.0, 5.0, 5.0, 5.0], "not-a-grade", 2),
        ("number", ["a", "b", "a", "d", "e", "f"], "duplicate-id", 3),
        ("number", ["a", " ", "c", "d", "e", "f"], "missing-id", 2),
    ],
)
def test_a_bad_cell_is_named_by_column_and_row(column: str, values: list[Any], code: str, row: int) -> None:
    with pytest.raises(InputError) as refusal:
        panel_cohorts(PANEL.with_columns(pl.Series(column, values)), LAYOUT)
    assert refusal.value.code == code
    assert (refusal.value.column, refusal.value.row) == (column, row)


def test_a_year_without_scores_is_refused() -> None:
    panel = PANEL.with_columns(pl.lit(None, pl.Int64).alias("score 2025"))
    with pytest.raises(InputError, match="nobody has a grade and a score in 2025"):
        panel_cohorts(panel, LAYOUT)
