"""What a table must hold to be analysed, and how it refuses."""

import numpy as np
import polars as pl
import pytest

from xuequ.engines.errors import InputError
from xuequ.engines.measurement.responses import Item, Responses, read_responses

ITEMS = (Item("1", 1.0, "B"), Item("2", 4.0))


def refusal(table: dict[str, list[object]], items: tuple[Item, ...] = ITEMS) -> InputError:
    with pytest.raises(InputError) as caught:
        read_responses(pl.DataFrame(table), items)
    return caught.value


def test_options_are_scored_by_the_key_and_blank_cells_are_not_zero() -> None:
    table = pl.DataFrame({"1 option": ["b", " B ", "C", None], "2": ["4", "", "0.5", "3"]})
    found = read_responses(table, ITEMS)
    np.testing.assert_array_equal(found.scores[:, 0], [1, 1, 0, 0])
    np.testing.assert_array_equal(found.scores[:, 1], [4, np.nan, 0.5, 3])
    assert found.complete.tolist() == [True, False, True, True]
    assert found.of_complete().scores.shape == (3, 2)


def test_scores_given_beside_options_win() -> None:
    found = read_responses(pl.DataFrame({"1": [1, 1], "1 option": ["C", "B"], "2": [0, 1]}), ITEMS)
    assert found.scores[0, 0] == 1


@pytest.mark.parametrize(
    ("table", "code", "column", "row"),
    [
        ({"1": [1], "2": [5.0]}, "outside", "2", 1),
        ({"1": [1, 1], "2": [1.0, -0.5]}, "outside", "2", 2),
        ({"1": [1, 0], "2": ["1", "x"]}, "not-numeric", "2", 2),
        ({"1": [1]}, "unknown-column", "2", None),
    ],
)
def test_bad_cells_are_named(table: dict[str, list[object]], code: str, column: str, row: int | None) -> None:
    error = refusal(table)
    assert (error.code, error.column, error.row) == (code, column, row)


def test_bad_papers_are_named() -> None:
    assert refusal({"1 option": ["A"], "2": [1]}, (Item("1", 1.0), ITEMS[1])).code == "no-key"
    assert refusal({"1": [1]}, (ITEMS[0],)).code == "too-few-items"
    assert refusal({"1": [1]}, (ITEMS[0], ITEMS[0])).code == "repeated-item"
    assert refusal({"1": [1], "2": [0]}, (ITEMS[0], Item("2", 0.0))).code == "full-mark"
    with pytest.raises(InputError, match="shape"):
        Responses(ITEMS, np.zeros((3, 3)), (None, None))
