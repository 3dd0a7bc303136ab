"""Small invented tables of pupils, and the dense matrices of their models."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xuequ.engines.growth.coding import ModelColumn
from xuequ.engines.growth.frame import Reader
from xuequ.engines.growth.mixed import MixedModelFit

Array = NDArray[np.float64]


def invented(
    seed: int,
    *,
    groups: int = 12,
    rows: int = 150,
    intercept_sd: float = 0.5,
    slope_sd: float = 0.3,
    level: float = 0.0,
) -> pl.DataFrame:
    """Pupils with a prior score, another measure, a sex and a school."""
    rng = np.random.default_rng(seed)
    school = np.concatenate([np.arange(groups), rng.integers(0, groups, rows - groups)])
    x, z = rng.normal(size=rows), rng.normal(size=rows)
    sex = rng.choice(["F", "M"], rows)
    u = rng.normal(size=(groups, 2)) * [intercept_sd, slope_sd]
    y = (
        level
        + 0.6 * x
        + 0.2 * z
        + 0.3 * (sex == "M")
        + u[school, 0]
        + u[school, 1] * x
        + rng.normal(size=rows)
    )
    return pl.DataFrame({"y": y, "x": x, "z": z, "sex": sex, "school": [f"s{i:03}" for i in school]})


@dataclass(frozen=True)
class Dense:
    """X, Z (n × Jq, groups one after the other), y, T and σ² of a fitted model, all in full."""

    X: Array
    Z: Array
    y: Array
    T: Array
    sigma2: float

    @property
    def V(self) -> Array:
        J = self.Z.shape[1] // len(self.T)
        return self.sigma2 * np.eye(len(self.y)) + self.Z @ np.kron(np.eye(J), self.T) @ self.Z.T

    def deviance(self, method: str) -> float:
        """-2 log likelihood, or the REML criterion, by the textbook."""
        V = self.V
        W = np.linalg.inv(V)
        information = self.X.T @ W @ self.X
        r = self.y - self.X @ np.linalg.solve(information, self.X.T @ W @ self.y)
        n, p = self.X.shape
        deviance = np.linalg.slogdet(V)[1] + r @ W @ r
        if method == "ml":
            return float(deviance + n * np.log(2 * np.pi))
        return float(deviance + np.linalg.slogdet(information)[1] + (n - p) * np.log(2 * np.pi))


def dense(fit: MixedModelFit, table: pl.DataFrame) -> Dense:
    """The matrices of a fit at its estimates."""
    reader = Reader(table, [])
    columns = {column.name: column for column in (*fit.model.fixed, *fit.model.random)}

    def values(column: ModelColumn) -> Array:
        zeros = pl.Series(np.zeros(len(table)))
        return table.select(reader.column(column) + zeros).to_series().to_numpy()

    X = np.column_stack([values(columns[name]) for name in fit.fixed])
    rows = np.column_stack([values(columns[name]) for name in fit.random.terms])
    q = rows.shape[1]
    Z = np.zeros((len(table), len(fit.groups) * q))
    for i, label in enumerate(table[fit.model.formula.group].cast(pl.String)):
        j = fit.groups.index(label)
        Z[i, j * q : (j + 1) * q] = rows[i]
    return Dense(X, Z, values(fit.model.response), fit.random.covariance, fit.residual_variance)
