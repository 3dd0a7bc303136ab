"""Weights from the data themselves, and their union with weights from judgements.

Entropy (Shannon; Hwang & Yoon 1981): p_ij = x_ij/Σ_i x_ij, e_j = −Σ p ln p / ln m, w ∝ 1 − e. CRITIC (Diakoulaki,
Mavrotas & Papayannakis 1995): on min–max scales C_j = σ_j Σ_k (1 − r_jk), w ∝ C. Both reward indexes that vary,
noisy ones too, and schools can move them, so they should not be the only weights of a policy score.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.findings import Array, Remark

METHODS = ("entropy", "critic")
COMBINATIONS = ("multiplicative", "linear", "game")
_FLAT = 1e-12
_NOTHING_TOLD = {
    "entropy": "no index tells the rows apart, so none can be weighed",
    "critic": "no index tells the rows apart, or all tell the same, so none can be weighed",
}


@dataclass(frozen=True, slots=True, eq=False)
class ObjectiveWeights:
    """Weights of indexes.

    Attributes
    ----------
    names, weights : shape (n,), adding up to 1
    method : ``entropy`` or ``critic``
    information : what the weights are proportional to, shape (n,): 1 − e_j, or C_j
    n : rows
    remarks : ``constant`` (an index with weight 0 because it does not vary), ``few-rows``, ``cost-scaled`` (entropy
        of a cost index is taken after min–max scaling)
    """

    names: tuple[str, ...]
    weights: Array
    method: str
    information: Array
    n: int
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Indexes:
    """Values of indexes, shape (m, n), complete and finite, and which of them are costs, where less is better."""

    names: tuple[str, ...]
    values: Array
    costs: tuple[bool, ...]


FEW_ROWS = 10


def read_indexes(table: pl.DataFrame, costs: Collection[str] = ()) -> Indexes:
    """Read the columns of numbers; a first column of text, or called ``school``, names the rows and is left out.

    Raises
    ------
    InputError
        ``unknown-column``, ``not-numeric``, ``missing-value``, ``not-finite``, ``too-few-indexes`` or
        ``too-few-rows``, with column and row.
    """
    names = list(table.columns)
    if names and _names_rows(table[names[0]]):
        names = names[1:]
    for cost in costs:
        if cost not in names:
            raise InputError("unknown-column", f"there is no index {cost!r}; there are: {', '.join(names[:20])}",
                             column=cost)  # fmt: skip
    if len(names) < 2:
        raise InputError("too-few-indexes", f"{len(names)} columns of numbers; at least 2 are needed")
    if table.height < 2:
        raise InputError("too-few-rows", f"{table.height} rows; at least 2 are needed to be compared")
    values = np.column_stack([column_of_numbers(table[name]) for name in names])
    return Indexes(tuple(names), values, tuple(name in costs for name in names))


def _names_rows(column: pl.Series) -> bool:
    """A column of text with a few numbers in it; mostly numbers make the others mistakes."""
    if column.name.strip() in ("", "school"):
        return True
    read = column.cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False)
    return int(read.is_not_null().sum()) * 2 <= len(column)


def column_of_numbers(column: pl.Series, *, complete: bool = True) -> Array:
    """A column as floats; NaN where empty, which is refused unless ``complete`` is False.

    Raises
    ------
    InputError
        ``not-numeric``, ``missing-value`` or ``not-finite`` with column and row.
    """
    text = column.cast(pl.String).str.strip_chars()
    read = text.cast(pl.Float64, strict=False) if not column.dtype.is_numeric() else column.cast(pl.Float64)
    for row, (cell, value) in enumerate(zip(text, read, strict=True), start=1):
        if value is None and cell:
            message = f"{cell!r} is not a number"
            raise InputError("not-numeric", message, column=column.name, row=row, value=cell)
        if value is None and complete:
            raise InputError(
                "missing-value", "the value is missing; missing is not zero", column=column.name, row=row
            )
        if value is not None and not np.isfinite(value):
            raise InputError("not-finite", f"{cell} is not a finite number", column=column.name, row=row)
    return read.fill_null(np.nan).to_numpy().astype(np.float64)


def objective_weights(indexes: Indexes, method: str) -> ObjectiveWeights:
    """Weigh the indexes by what their values tell apart.

    Raises
    ------
    InputError
        ``unknown-method``, ``negative`` (entropy, with column and row) or ``constant`` (no index varies).

    >>> table = pl.DataFrame({"a": [1.0, 4.0], "b": [2.0, 16.0]})
    >>> objective_weights(read_indexes(table), "entropy").weights.round(6).tolist()
    [0.358889, 0.641111]
    """
    if method not in METHODS:
        raise InputError("unknown-method", f"no method {method!r}; there are: {', '.join(METHODS)}")
    information = entropy_information(indexes) if method == "entropy" else critic_information(indexes)
    flat = [name for name, column in zip(indexes.names, indexes.values.T, strict=True) if _constant(column)]
    if information.sum() <= 0:
        raise InputError("constant", _NOTHING_TOLD[method])
    return ObjectiveWeights(
        names=indexes.names,
        weights=np.asarray(information / information.sum()),
        method=method,
        information=information,
        n=len(indexes.values),
        remarks=tuple(_remarks(indexes, method, flat)),
    )


def _remarks(indexes: Indexes, method: str, flat: Sequence[str]) -> list[Remark]:
    found = [Remark("constant", name=name) for name in flat]
    if method == "entropy":
        costs = [name for name, cost in zip(indexes.names, indexes.costs, strict=True) if cost]
        found += [Remark("cost-scaled", name=name) for name in costs if name not in flat]
    if len(indexes.values) < FEW_ROWS:
        found.append(Remark("few-rows", {"rows": len(indexes.values)}))
    return found


def _constant(column: Array) -> bool:
    return bool(np.ptp(column) <= _FLAT * max(1.0, float(np.abs(column).max())))


def scaled(indexes: Indexes) -> Array:
    """Values from 0 (worst) to 1 (best) by min–max, costs mirrored; 0 where an index does not vary."""
    low, range_ = indexes.values.min(axis=0), np.ptp(indexes.values, axis=0)
    flat = np.array([_constant(column) for column in indexes.values.T])
    x = (indexes.values - low) / np.where(flat, 1.0, range_)
    x = np.where(np.array(indexes.costs), 1.0 - x, x)
    return np.asarray(np.where(flat, 0.0, x))


def entropy_information(indexes: Indexes) -> Array:
    """1 − e_j, shape (n,). A cost index is mirrored by min–max first, for shares of a cost mean nothing."""
    for i, j in np.argwhere((indexes.values < 0) & ~np.array(indexes.costs)):
        value = indexes.values[i, j]
        message = f"{value:g} is negative, and entropy weighs shares of a total"
        raise InputError("negative", message, column=indexes.names[j], row=int(i) + 1, value=f"{value:g}")
    x = np.where(np.array(indexes.costs), scaled(indexes), indexes.values)
    total = x.sum(axis=0)
    p = x / np.where(total > 0, total, 1.0)
    e = -(p * np.log(np.where(p > 0, p, 1.0))).sum(axis=0) / np.log(len(x))
    flat = np.array([_constant(column) for column in indexes.values.T])
    return np.asarray(np.where(flat, 0.0, np.maximum(1.0 - e, 0.0)))


def critic_information(indexes: Indexes) -> Array:
    """C_j, shape (n,); an index that does not vary has 0 and counts in no other's conflict."""
    x = scaled(indexes)
    flat = np.array([_constant(column) for column in indexes.values.T])
    found = np.zeros(x.shape[1])
    if flat.sum() < len(flat) - 1:
        varying = x[:, ~flat]
        conflict = (1.0 - np.corrcoef(varying, rowvar=False)).sum(axis=0)
        # Indexes that tell the same leave rounding errors, which are no weights.
        conflict = np.where(conflict > _FLAT * varying.shape[1], conflict, 0.0)
        found[~flat] = varying.std(axis=0) * conflict
    return found


def combine(weights: Array, way: str = "multiplicative", share: float = 0.5) -> Array:
    """One vector of weights, shape (n,), from several, shape (k, n), each adding up to 1.

    ``multiplicative`` w ∝ Π_k w_k. ``linear`` share · w_1 + (1 − share) · w_2, for two. ``game`` w = Σ α_k w_k with α
    from W Wᵀ α = diag(W Wᵀ) (game-theoretic combination): one equation for each vector, in which ‖Σ_k α_k w_k − w_i‖²
    is stationary in that vector's own α_i alone. It is an equilibrium and minimises no sum of these distances: that
    would be least at the plain mean, α_k = 1/K. α is made non-negative and to add up to 1.

    Raises
    ------
    InputError
        ``bad-weights``, ``unknown-method`` or ``bad-share``.

    >>> combine(np.array([[0.5, 0.5], [0.8, 0.2]])).round(4).tolist()
    [0.8, 0.2]
    """
    if weights.ndim != 2 or not (weights >= 0).all() or not np.allclose(weights.sum(axis=1), 1.0):
        raise InputError("bad-weights", "each vector must be non-negative and add up to 1")
    if way not in COMBINATIONS:
        raise InputError("unknown-method", f"no way {way!r} to combine; there are: {', '.join(COMBINATIONS)}")
    if way == "multiplicative":
        product = weights.prod(axis=0)
        if product.sum() <= 0:
            raise InputError("bad-weights", "no index has a weight above 0 in every vector")
        return np.asarray(product / product.sum())
    if way == "linear":
        if len(weights) != 2 or not 0 <= share <= 1:
            raise InputError("bad-share", "two vectors and a share between 0 and 1 are needed")
        return np.asarray(share * weights[0] + (1 - share) * weights[1])
    return _game(weights)


def _game(weights: Array) -> Array:
    """The normal equations as they are usually printed; equal vectors leave them singular, hence least squares."""
    products = weights @ weights.T
    alpha = np.linalg.lstsq(products, products.diagonal(), rcond=None)[0]
    alpha = np.maximum(alpha, 0.0)
    return np.asarray(alpha @ weights / alpha.sum())
