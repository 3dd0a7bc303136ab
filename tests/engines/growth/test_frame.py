"""Which rows and values enter a model, and what is refused with column and row."""

import datetime

import numpy as np
import polars as pl
import pytest

from tests.engines.growth.pupils import invented
from xuequ.engines.errors import InputError
from xuequ.engines.growth.formula import parse
from xuequ.engines.growth.frame import Survey, Table, natural_order, survey

TABLE = invented(1, groups=4, rows=40)


def look(table: Table, formula: str = "y ~ x + sex + (1 | school)", **options: object) -> Survey:
    return survey(table, parse(formula), **options)  # type: ignore[arg-type]


def at_row(row: int, column: str, value: object, dtype: type[pl.DataType] = pl.String) -> pl.DataFrame:
    """The table with one cell, counted from 1, replaced."""
    values = [*TABLE[column].cast(dtype)]
    values[row - 1] = value
    return TABLE.with_columns(pl.Series(column, values, dtype=dtype))


def test_a_plain_table() -> None:
    seen = look(TABLE)
    assert seen.groups == ("s000", "s001", "s002", "s003")
    assert (seen.n, seen.n_dropped) == (40, 0)
    assert seen.model.levels == (("sex", ("F", "M")),)
    np.testing.assert_allclose(seen.centre, [0, TABLE["x"].mean(), 0, TABLE["y"].mean()], rtol=1e-7)


@pytest.mark.parametrize("column", ["y", "x", "sex", "school"])
@pytest.mark.parametrize("missing", [None, " ", float("nan")])
def test_rows_with_a_missing_value_are_counted(column: str, missing: object) -> None:
    if isinstance(missing, float):
        if column not in ("y", "x"):
            return
        table = at_row(3, column, missing, pl.Float64)
    else:
        table = at_row(3, column, missing)
    assert (look(table).n, look(table).n_dropped) == (39, 1)


def test_a_missing_value_elsewhere_does_not_matter() -> None:
    assert look(at_row(3, "z", None)).n_dropped == 0


def test_numbers_stored_as_text_are_numbers() -> None:
    as_text = TABLE.with_columns(pl.col("x", "y").cast(pl.String) + " ")
    np.testing.assert_array_equal(look(as_text).centre, look(TABLE).centre)


def test_text_is_trimmed() -> None:
    untidy = TABLE.with_columns((" " + pl.col("sex") + "\t").alias("sex"), pl.col("school") + " ")
    seen = look(untidy)
    assert seen.groups == look(TABLE).groups
    assert seen.model == look(TABLE).model
    assert seen.clean == frozenset()
    assert look(TABLE).clean == {"sex", "school"}


@pytest.mark.parametrize("kind", [pl.Categorical, pl.Enum(["M", "F"])])
def test_levels_are_sorted_whatever_the_storage(kind: pl.DataType) -> None:
    assert look(TABLE.with_columns(pl.col("sex").cast(kind))).model.levels == (("sex", ("F", "M")),)


def test_truth_values_are_named_as_in_r() -> None:
    seen = look(TABLE.with_columns(pl.col("sex") == "M"))
    assert [column.name for column in seen.model.fixed] == ["(Intercept)", "x", "sexTRUE"]


def test_groups_that_are_whole_numbers_stand_in_order() -> None:
    numbers = TABLE.with_columns(pl.col("school").str.tail(1).cast(pl.Int64) + 8)
    assert look(numbers).groups == ("8", "9", "10", "11")
    assert look(numbers.with_columns(pl.col("school").cast(pl.Float64))).groups == ("8", "9", "10", "11")
    assert natural_order(["10", "9", "09", "-1"]) == ("-1", "09", "9", "10")
    assert natural_order(["s10", "s9"]) == ("s10", "s9")


def test_the_group_may_be_a_covariate_too() -> None:
    assert len(look(TABLE, "y ~ x + school + (1 | school)").model.fixed) == 5


def test_levels_may_be_fixed_beforehand() -> None:
    girls = TABLE.filter(pl.col("sex") == "F")
    assert look(girls, levels={"sex": ["F", "M"]}).model == look(TABLE).model


BAD = {
    "unknown column": (TABLE, "y ~ intake + (1 | school)", "unknown-column", "intake", None),
    "unknown group": (TABLE, "y ~ x + (1 | class)", "unknown-column", "class", None),
    "text outcome": (TABLE, "sex ~ x + (1 | school)", "text-in-number-column", "sex", 1),
    "text in arithmetic": (TABLE, "y ~ I(sex * 2) + (1 | school)", "text-in-number-column", "sex", 1),
    "text in a score column": (at_row(7, "y", "缺考"), None, "text-in-number-column", "y", 7),
    "text below numbers": (at_row(7, "x", "缺考"), None, "text-in-number-column", "x", 7),
    "number below text": (at_row(7, "sex", "1"), None, "number-in-text-column", "sex", 7),
    "infinite": (at_row(5, "x", float("inf"), pl.Float64), None, "infinite-value", "x", 5),
    "written infinity": (at_row(5, "x", "inf"), None, "infinite-value", "x", 5),
    "too large to square": (at_row(5, "y", 1e200, pl.Float64), None, "infinite-value", "y", 5),
    "log of a negative": (
        at_row(1, "x", -1.0, pl.Float64),
        "y ~ log(x) + (1 | school)",
        "infinite-value",
        "x",
        1,
    ),
    "division by zero": (
        TABLE.with_columns(pl.int_range(40).alias("x")),
        "y ~ I(1/x) + (1 | school)",
        "infinite-value",
        "x",
        1,
    ),
    "constant text": (TABLE.with_columns(sex=pl.lit("F")), None, "constant-predictor", "sex", None),
    "column of names": (
        pl.concat([TABLE] * 5).with_columns(sex="n" + pl.int_range(200).cast(pl.String)),
        None,
        "too-many-levels",
        "sex",
        None,
    ),
    "dates": (TABLE.with_columns(x=datetime.date(2026, 6, 1)), None, "unusable-type", "x", None),
    "no rows": (TABLE.clear(), None, "empty-table", None, None),
    "only missing": (TABLE.with_columns(x=None), None, "no-complete-row", None, None),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("lazy", [False, True], ids=["table", "lazy"])
def test_refused(case: str, lazy: bool) -> None:
    table, formula, code, column, row = BAD[case]
    with pytest.raises(InputError) as caught:
        look(table.lazy() if lazy else table, formula or "y ~ x + sex + (1 | school)")
    assert (caught.value.code, caught.value.column, caught.value.row) == (code, column, row)


def test_a_text_that_is_no_level_is_refused_where_it_stands() -> None:
    with pytest.raises(InputError) as caught:
        look(at_row(9, "sex", "X"), levels={"sex": ["F", "M"]})
    assert (caught.value.code, caught.value.row, caught.value.value) == ("unknown-level", 9, "X")
