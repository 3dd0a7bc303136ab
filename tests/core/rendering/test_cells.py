import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from tests.core.rendering.samples import columns, rows
from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Withheld
from xuequ.core.rendering.cells import (
    format_cell,
    format_number,
    meaning,
    notes,
    plain,
    suppress_small,
    with_unit,
)

NUMBER = Column("n", "n", ColumnKind.NUMBER, 2)
SIGNED = Column("n", "n", ColumnKind.SIGNED, 2, "分")
PERCENT = Column("n", "n", ColumnKind.PERCENT, 1)
INTEGER = Column("n", "n", ColumnKind.INTEGER)
TEXT = Column("n", "n")
DATE = Column("n", "n", ColumnKind.DATE)


@pytest.mark.parametrize(
    ("column", "cell", "written"),
    [
        (NUMBER, 1.005, "1.01"),  # half up on the decimal that people see
        (NUMBER, 2.675, "2.68"),
        (NUMBER, -0.001, "0.00"),
        (NUMBER, -12.345, "−12.35"),
        (NUMBER, 9999.99, "9999.99"),
        (NUMBER, 12345.678, "12,345.68"),
        (NUMBER, None, "—"),
        (NUMBER, float("nan"), "—"),
        (NUMBER, Withheld(), "*"),
        (SIGNED, 0.25, "+0.25"),
        (SIGNED, -0.25, "−0.25"),
        (SIGNED, 0.004, "0.00"),
        (PERCENT, 0.285, "28.5%"),
        (PERCENT, 0.0705, "7.1%"),
        (PERCENT, -0.5, "−50.0%"),
        (INTEGER, 2025, "2025"),
        (INTEGER, 60000, "60,000"),
        (INTEGER, 2.5, "3"),
        (TEXT, "晨曦  小学\n", "晨曦 小学"),
        (TEXT, "", ""),
    ],
)
def test_cells_are_written(column: Column, cell: float | None, written: str) -> None:
    assert format_cell(column, cell) == written


def test_absolute_leaves_the_sign_away() -> None:
    assert format_cell(SIGNED, -1.5, absolute=True) == "1.50"
    assert format_cell(SIGNED, 1.5, absolute=True) == "1.50"


def test_units_follow_chinese_without_a_space() -> None:
    assert with_unit(SIGNED, 1.5) == "+1.50分"
    assert with_unit(Column("n", "n", ColumnKind.NUMBER, 1, "points"), 2) == "2.0 points"
    assert with_unit(SIGNED, None) == "—"


def test_dates_follow_the_language() -> None:
    day = dt.date(2026, 5, 20)
    with translation.override("zh-hans"):
        assert format_cell(DATE, day) == "2026年5月20日"
    with translation.override("en"):
        assert format_cell(DATE, day) == "20 May 2026"


@given(
    st.floats(allow_nan=False, allow_infinity=False, width=64, min_value=-1e12, max_value=1e12),
    st.integers(0, 6),
)
def test_rounding_is_half_up_of_the_shortest_decimal(value: float, decimals: int) -> None:
    written = format_number(value, decimals)
    back = Decimal(written.replace(",", "").replace("−", "-"))
    assert back == Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    assert re.fullmatch(r"−?(\d{1,4}|\d{1,3}(,\d{3})+)(\.\d+)?", written)
    assert not re.fullmatch(r"−[0.,]+", written)


@given(st.text())
def test_plain_text_is_one_line_that_every_file_can_hold(text: str) -> None:
    shown = plain(text)
    shown.encode()
    assert not re.search("[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", shown)
    assert plain(shown) == shown


def _sizes(*sizes: int | None) -> Figure:
    found = [(f"班{place}", size, 0.5) for place, size in enumerate(sizes)]
    return Figure(
        "f",
        FigureKind.TABLE,
        "f",
        columns(("who", "班级"), ("n", "人数", ColumnKind.INTEGER), ("share", "比例", ColumnKind.PERCENT)),
        rows(*found),
    )


def _shown(figure: Figure) -> list[bool]:
    return [not isinstance(row.cells[2], Withheld) for row in figure.rows]


def test_small_groups_are_withheld_with_their_number() -> None:
    figure = suppress_small(_sizes(4, 5, 0, None), "n")
    assert _shown(figure) == [False, True, True, False]
    assert isinstance(figure.rows[0].cells[1], Withheld)
    assert figure.rows[0].cells[0] == "班0"
    assert figure.rows[3].cells[1] is None
    assert meaning(figure.rows[0].cells[1]) in notes(figure)


def test_a_second_group_is_withheld_where_a_total_would_tell_the_first() -> None:
    assert _shown(suppress_small(_sizes(3, 30, 12, 45), "n", total="r3")) == [False, True, False, True]
    assert _shown(suppress_small(_sizes(3, 2, 12, 17), "n", total="r3")) == [False, False, True, True]
