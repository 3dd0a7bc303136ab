"""Per-school cross-products: all a mixed model needs of the pupils' rows.

For school j with rows W_j = [1, columns of X and Z, y] the matrix C_j = W_jᵀ W_j is sufficient for the
likelihood of a linear mixed model with one grouping factor. It is additive over pupils: a file larger than
memory is read in pieces, a year is added without the years before it, and a school can send its C_j and keep
its pupils' rows.

Columns are held minus a constant near their mean (``centre``): sums of squares about zero of scores near 600
would lose the digits that differ between pupils.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.growth.coding import ModelColumns, used_columns
from xuequ.engines.growth.formula import Formula, parse
from xuequ.engines.growth.frame import Reader, Survey, Table, complete_rows, natural_order, survey

_BATCH_ROWS = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class CrossProducts:
    """Cross-products of one set of schools; ``a + b`` joins two sets, adding up schools that are in both.

    Attributes
    ----------
    model : the columns, in the order ``model.stored``
    groups : labels of the J schools, in natural order
    centre : constants subtracted from the columns, shape (m,)
    products : C_j of the centred columns, shape (J, m, m)
    n_dropped : rows left out because a value was missing
    """

    model: ModelColumns
    groups: tuple[str, ...]
    centre: NDArray[np.float64]
    products: NDArray[np.float64]
    n_dropped: int

    @property
    def sizes(self) -> NDArray[np.float64]:
        """Pupils in each school, shape (J,)."""
        return self.products[:, 0, 0]

    def __add__(self, other: "CrossProducts") -> "CrossProducts":
        if self.model != other.model:
            raise InputError(
                "different-models",
                "cross-products of different formulas or text levels cannot be added;"
                " compute all parts with the same model columns",
            )
        groups = natural_order({*self.groups, *other.groups})
        where = {label: index for index, label in enumerate(groups)}
        products = np.zeros((len(groups), len(self.centre), len(self.centre)))
        for part in (self, other.recentred(self.centre)):
            products[[where[label] for label in part.groups]] += part.products
        return CrossProducts(self.model, groups, self.centre, products, self.n_dropped + other.n_dropped)

    def recentred(self, centre: NDArray[np.float64]) -> "CrossProducts":
        """The same cross-products about other constants."""
        shift = np.eye(len(centre))
        shift[0, 1:] = (self.centre - centre)[1:]
        return CrossProducts(self.model, self.groups, centre, shift.T @ self.products @ shift, self.n_dropped)

    def to_bytes(self) -> bytes:
        """A NumPy archive without pickled objects; the same cross-products give the same bytes."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            model=np.array(self.model.to_json()),
            groups=np.array(self.groups),
            centre=self.centre,
            products=self.products,
            n_dropped=np.array(self.n_dropped),
        )
        return file.getvalue()

    @staticmethod
    def from_bytes(data: bytes) -> "CrossProducts":
        """The inverse of :meth:`to_bytes`; raises ``InputError`` (``unreadable-crossproducts``)."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                model = ModelColumns.from_json(str(archive["model"]))
                groups = tuple(str(label) for label in archive["groups"])
                centre, products = archive["centre"], archive["products"]
                dropped = int(archive["n_dropped"])
        except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise InputError("unreadable-crossproducts", "not a file of cross-products") from error
        size = len(model.stored)
        if centre.shape != (size,) or products.shape != (len(groups), size, size):
            raise InputError("unreadable-crossproducts", "cross-products and model columns do not fit")
        return CrossProducts(model, groups, centre, products, dropped)


def cross_products(table: Table, model: ModelColumns | Formula | str) -> CrossProducts:
    """Form the cross-products of a table in two passes, the second in pieces of bounded size.

    Parameters
    ----------
    table : one row for each pupil; a ``LazyFrame`` over a file is never held in memory
    model : a formula, or the model columns that other parts were computed with

    Raises
    ------
    InputError
        As :func:`xuequ.engines.growth.frame.survey`.
    """
    if isinstance(model, ModelColumns):
        return _accumulated(table, survey(table, model.formula, dict(model.levels)))
    return _accumulated(table, survey(table, parse(model) if isinstance(model, str) else model))


def _accumulated(table: Table, seen: Survey) -> CrossProducts:
    size = len(seen.model.stored)
    upper = [(a, b) for a in range(size) for b in range(a, size)]
    sums = np.zeros((len(upper), len(seen.groups)))
    for codes, columns in _batches(table, seen):
        # Rows are added in file order, one by one: neither threads nor batch size leave a trace.
        for total, (a, b) in zip(sums, upper, strict=True):
            np.add.at(total, codes, columns[a] * columns[b])
    products = np.empty((len(seen.groups), size, size))
    for total, (a, b) in zip(sums, upper, strict=True):
        products[:, a, b] = products[:, b, a] = total
    return CrossProducts(seen.model, seen.groups, seen.centre, products, seen.n_dropped)


def _batches(table: Table, seen: Survey) -> Iterator[tuple[NDArray[np.intp], list[NDArray[np.float64]]]]:
    """Group numbers and centred columns of the complete rows, piece by piece."""
    formula = seen.model.formula
    reader = Reader(table, used_columns(formula), seen.clean)
    code = reader.text(formula.group).cast(pl.Enum(list(seen.groups))).to_physical()
    values = (reader.column(c) - shift for c, shift in zip(seen.model.stored, seen.centre, strict=True))
    query = reader.lazy.filter(complete_rows(reader, used_columns(formula))).select(
        code.alias("group"), *(value.alias(str(i)) for i, value in enumerate(values))
    )
    for batch in query.collect_batches(chunk_size=_BATCH_ROWS, maintain_order=True, engine="streaming"):
        group, *columns = batch.get_columns()
        yield group.to_numpy().astype(np.intp), [column.to_numpy() for column in columns]


def total(parts: Iterator[CrossProducts]) -> CrossProducts:
    """The sum of several cross-products."""
    return reduce(lambda a, b: a + b, parts)
