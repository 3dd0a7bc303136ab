"""Coordinates in which the search for the variances is well conditioned, and the way back.

Columns are centred where an intercept takes the shift up and scaled to root mean square 1. Fixed columns that
earlier ones determine are dropped by name, as in a QR decomposition that pivots only what it must.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from xuequ.engines.errors import InputError
from xuequ.engines.growth.coding import INTERCEPT, ModelColumn
from xuequ.engines.growth.crossproducts import CrossProducts
from xuequ.engines.growth.likelihood import Array, Method, Problem

# Below this share of variation left by the earlier columns a column is determined by them: cross-products in
# double precision resolve no less.
_COLLINEAR = 1e-10
_CONSTANT = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """The coordinates of one set of cross-products.

    Attributes
    ----------
    fixed : columns of X that stay, length p
    dropped : names of those that do not
    fixed_map : R with X R = columns of the search, so that β = R β_search + ``offset``, shape (p, p)
    random_map : Q with Z Q = columns of the search, so that u = Q u_search, shape (q, q)
    offset : what the centring of the response adds to β, shape (p,)
    A, B : Z_jᵀZ_j (q, q, J) and Z_jᵀ[X_j, y_j] (q, p+1, J) of the search
    C : total of [X, y]ᵀ[X, y] of the search, shape (p+1, p+1)
    select, select_random : from the stored columns to [X, y] and to Z of the search, shapes (m, p+1) and (m, q)
    """

    fixed: tuple[ModelColumn, ...]
    dropped: tuple[str, ...]
    fixed_map: Array
    random_map: Array
    offset: Array
    A: Array
    B: Array
    C: Array
    select: Array
    select_random: Array

    def projected(self, products: Array) -> "Basis":
        """The same coordinates with other products of the stored columns, shape (J, m, m)."""
        select, select_z = self.select, self.select_random
        return replace(
            self,
            A=_by_group_last(select_z.T @ products @ select_z),
            B=_by_group_last(select_z.T @ products @ select),
            C=select.T @ products.sum(axis=0) @ select,
        )

    @property
    def log_volume(self) -> float:
        """What the change of X adds to the REML criterion: log|RᵀMR| - log|M|."""
        return 2.0 * float(np.log(np.abs(np.diag(self.fixed_map))).sum())

    def problem(self, cross: CrossProducts, method: Method) -> Problem:
        """The minimisation to be done."""
        blocks = tuple(len(block) for block in cross.model.blocks)
        return Problem(self.A, self.B, self.C, int(cross.sizes.sum()), method, blocks)


def basis(cross: CrossProducts) -> Basis:
    """Choose coordinates.

    Raises
    ------
    InputError
        ``constant-predictor``, ``constant-response``, ``collinear-random-terms`` or ``too-few-rows``.
    """
    model, centre = cross.model, cross.centre
    total = cross.products.sum(axis=0)
    centred = INTERCEPT in model.fixed
    _check_constant(cross, total, centred=centred)
    kept, dropped = _independent(total, _select(cross, model.fixed, centred=centred), model.fixed)
    select_x, fixed_map = _scaled(cross, total, kept, centred=centred)
    select_z, random_map = _random(cross, total)
    at = len(centre) - 1
    select_y = np.eye(at + 1)[:, at:]
    select_y[0] = 0.0 if centred else centre[at]
    offset = np.zeros(len(kept))
    if centred:
        offset[0] = centre[at]
    select = np.hstack([select_x, select_y])
    _check_rows(cross, kept)
    return Basis(
        fixed=kept,
        dropped=dropped,
        fixed_map=fixed_map,
        random_map=random_map,
        offset=offset,
        A=_by_group_last(select_z.T @ cross.products @ select_z),
        B=_by_group_last(select_z.T @ cross.products @ select),
        C=select.T @ total @ select,
        select=select,
        select_random=select_z,
    )


def _by_group_last(products: Array) -> Array:
    return np.ascontiguousarray(np.moveaxis(products, 0, -1))


def _select(cross: CrossProducts, columns: Sequence[ModelColumn], *, centred: bool) -> Array:
    """The matrix that takes the stored columns to some model columns, shape (m, k)."""
    at = cross.model.positions(columns)
    select = np.eye(len(cross.centre))[:, at]
    if not centred:
        select[0] += cross.centre[at]
    return select


def _scaled(
    cross: CrossProducts, total: Array, columns: Sequence[ModelColumn], *, centred: bool
) -> tuple[Array, Array]:
    """Selection scaled to root mean square 1, and the map from the model's columns to the scaled ones."""
    select = _select(cross, columns, centred=centred)
    scale = np.sqrt(np.einsum("ak,ab,bk->k", select, total, select) / total[0, 0])
    scale = np.where((scale > 0.0) & (np.array([c != INTERCEPT for c in columns])), scale, 1.0)
    change = np.eye(len(columns))
    if centred:
        change[0] -= cross.centre[cross.model.positions(columns)]
    return select / scale, change / scale


def _random(cross: CrossProducts, total: Array) -> tuple[Array, Array]:
    selections, maps = [], np.zeros((len(cross.model.random),) * 2)
    start = 0
    for block in cross.model.blocks:
        # Centring mixes a slope with its intercept, which only an unrestricted covariance of the two allows.
        select, change = _scaled(cross, total, block, centred=INTERCEPT in block)
        selections.append(select)
        maps[start : start + len(block), start : start + len(block)] = change
        start += len(block)
    together = np.hstack(selections)
    _, dependent = _independent(total, together, cross.model.random)
    if dependent:
        message = f"formula: random term {dependent[0]} is determined by the other random terms; leave it out"
        raise InputError("collinear-random-terms", message, value=dependent[0])
    return together, maps


def _independent(
    total: Array, select: Array, columns: Sequence[ModelColumn]
) -> tuple[tuple[ModelColumn, ...], tuple[str, ...]]:
    """Keep each column that the kept ones before it do not determine: Cholesky's method, row by row."""
    gram = select.T @ total @ select
    roots: list[Array] = []
    kept, dropped = [], []
    for k, column in enumerate(columns):
        L = np.array(roots).reshape(len(roots), len(columns))
        rest = gram[k] - L[:, k] @ L
        if rest[k] > _COLLINEAR * gram[k, k]:
            roots.append(rest / np.sqrt(rest[k]))
            kept.append(column)
        else:
            dropped.append(column.name)
    return tuple(kept), tuple(dropped)


def _check_constant(cross: CrossProducts, total: Array, *, centred: bool) -> None:
    mean = total[0] / total[0, 0]
    variance = np.diag(total) / total[0, 0] - mean**2
    for k, column in enumerate(cross.model.stored[1:], start=1):
        if variance[k] > (_CONSTANT * (mean[k] + cross.centre[k])) ** 2:
            continue
        if column == cross.model.response:
            message = "the outcome is the same for every pupil; there is nothing to explain"
            raise InputError("constant-response", message, column=column.name)
        if centred and column.numeric and len(column.pieces) == 1 and column in cross.model.fixed:
            message = "the predictor is constant; leave it out of the formula"
            raise InputError("constant-predictor", message, column=column.name)


def _check_rows(cross: CrossProducts, kept: Sequence[ModelColumn]) -> None:
    n = int(cross.sizes.sum())
    if n <= len(kept):
        message = f"{len(kept)} fixed terms for {n} rows; use fewer terms"
        raise InputError("too-few-rows", message)
