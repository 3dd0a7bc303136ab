"""Cross-products: exact, additive, the same from a file as from memory."""

import itertools
import pickle
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.engines.growth.pupils import invented
from xuequ.engines.errors import InputError
from xuequ.engines.growth import crossproducts
from xuequ.engines.growth.crossproducts import CrossProducts, cross_products

FORMULA = "y ~ x * sex + I(x^2) + (x | school)"
TABLE = invented(2, groups=7, rows=300)


def assert_close(a: CrossProducts, b: CrossProducts, *, rtol: float = 1e-12) -> None:
    assert (a.model, a.groups, a.n_dropped) == (b.model, b.groups, b.n_dropped)
    b = b.recentred(a.centre)
    np.testing.assert_allclose(a.products, b.products, rtol=rtol, atol=rtol * np.abs(a.products).max())


def test_they_are_the_products_of_the_centred_columns() -> None:
    cross = cross_products(TABLE, FORMULA)
    x, male, y = TABLE["x"].to_numpy(), (TABLE["sex"] == "M").to_numpy().astype(float), TABLE["y"].to_numpy()
    columns = {"(Intercept)": np.ones(300), "x": x, "sexM": male, "I(x^2)": x**2, "x:sexM": x * male, "y": y}
    assert [column.name for column in cross.model.stored] == list(columns)
    W = np.column_stack(list(columns.values())) - cross.centre
    for group, products in zip(cross.groups, cross.products, strict=True):
        rows = W[(TABLE["school"] == group).to_numpy()]
        np.testing.assert_allclose(products, rows.T @ rows, atol=1e-11)


def test_parts_add_up_to_the_whole() -> None:
    whole = cross_products(TABLE, FORMULA)
    by_school = [cross_products(part, whole.model) for part in TABLE.partition_by("school")]
    by_year = [cross_products(TABLE[:90], whole.model), cross_products(TABLE[90:], whole.model)]
    assert_close(whole, reduce(add, by_school))
    assert_close(whole, reduce(add, by_year))
    assert_close(whole, reduce(add, reversed(by_school)))


def test_dropped_rows_add_up() -> None:
    holes = TABLE.with_columns(x=pl.when(pl.int_range(300) % 10 == 0).then(None).otherwise("x"))
    model = cross_products(holes, FORMULA).model
    parts = cross_products(holes[:75], model), cross_products(holes[75:], model)
    assert [part.n_dropped for part in parts] == [8, 22]
    assert_close(cross_products(holes, FORMULA), parts[0] + parts[1])


def test_different_models_do_not_add_up() -> None:
    with pytest.raises(InputError) as caught:
        cross_products(TABLE, "y ~ x + (x | school)") + cross_products(TABLE, "y ~ x + (1 | school)")
    assert caught.value.code == "different-models"


@pytest.mark.parametrize("file", ["pupils.parquet", "pupils.csv"])
@pytest.mark.parametrize("batch", [7, 100_000])
def test_a_file_streamed_gives_the_same_bytes_as_memory(
    tmp_path: Path, file: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / file
    in_memory = cross_products(TABLE, FORMULA).to_bytes()
    TABLE.write_parquet(path, row_group_size=40) if path.suffix == ".parquet" else TABLE.write_csv(path)
    monkeypatch.setattr(crossproducts, "_BATCH_ROWS", batch)
    scanned = pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_csv(path)
    assert cross_products(scanned, FORMULA).to_bytes() == in_memory


def test_bytes_and_pickles_read_back() -> None:
    cross = cross_products(TABLE, FORMULA)
    for copy in (CrossProducts.from_bytes(cross.to_bytes()), pickle.loads(pickle.dumps(cross))):
        assert copy.to_bytes() == cross.to_bytes()


@pytest.mark.parametrize("change", ["garbage", "cut", "shape"])
def test_unreadable_bytes_are_refused(change: str) -> None:
    cross = cross_products(TABLE, FORMULA)
    data = {
        "garbage": b"PK not an archive",
        "cut": cross.to_bytes()[:200],
        "shape": CrossProducts(cross.model, cross.groups[:-1], cross.centre, cross.products, 0).to_bytes(),
    }[change]
    with pytest.raises(InputError) as caught:
        CrossProducts.from_bytes(data)
    assert caught.value.code == "unreadable-crossproducts"


def test_high_scores_lose_no_digits() -> None:
    """Scores near 600 000 in hundredths: sums of squares about zero keep few digits of their variance."""
    rng = np.random.default_rng(3)
    hundredths = rng.integers(59_999_000, 60_001_000, 2000)
    table = pl.DataFrame({"y": hundredths / 100, "x": rng.normal(size=2000), "school": ["a", "b"] * 1000})
    cross = cross_products(table, "y ~ x + (1 | school)")
    total = cross.products.sum(axis=0)
    obtained = total[-1, -1] - total[0, -1] ** 2 / 2000
    exact = 2000 * sum(int(h) ** 2 for h in hundredths) - sum(map(int, hundredths)) ** 2
    assert obtained == pytest.approx(exact / 2000 / 10_000, rel=1e-9)


def test_every_pair_of_groupings_of_rows_gives_the_same_sum() -> None:
    model = cross_products(TABLE, FORMULA).model
    parts = [cross_products(TABLE[i::3], model) for i in range(3)]
    sums = [a + b + c for a, b, c in itertools.permutations(parts)]
    for other in sums[1:]:
        assert_close(sums[0], other)
