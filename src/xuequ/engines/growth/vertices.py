"""From one optimal vertex of a quantile regression to that of the next tau.

A solution of quantile regression with r independent columns passes through r of the points: its *basis*.
With rows ``x_i`` and signs ``s_i`` of the residuals, the basis h is optimal if and only if the r numbers

    u = X_h^{-T} ((tau - 1/2) sum_i x_i + 1/2 sum_{i not in h} s_i x_i)

lie in [-1/2, 1/2] (Koenker 2005, *Quantile Regression*, theorem 2.1). From a vertex that is not optimal one
walks along an edge: one basis point is let go, and the walk passes other points, each of which flattens the
descent, until it no longer descends; the point reached there enters the basis (Barrodale and Roberts 1973;
Koenker and d'Orey 1987). Neighbouring taus have nearly the same signs, so the walk looks only at the points
near the plane (Portnoy and Koenker 1997), and all signs are formed anew afterwards: what is returned has been
proven on all points.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xuequ.engines.errors import InputError

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]

_DESCENT_TOLERANCE = 1e-10
_PROOF_TOLERANCE = 1e-8
_SMALLEST_PIVOT = 1e-9
_SHORTEST_ROW = 1e-9
# How far, in lengths of the last step, the first look for the next point goes.
_LOOK_AHEAD = 4.0
_MOST_ROUNDS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Points with orthonormal columns, weights already multiplied in.

    Attributes
    ----------
    rows : shape (n, r), ``rows.T @ rows`` is the identity
    y : responses, shape (n,); no r + 1 points may lie on one plane
    total : sum of the rows, shape (r,)
    closeness : 1 / length of each row, shape (n,): a far-out point moves more when the plane moves
    """

    rows: FloatArray
    y: FloatArray
    total: FloatArray
    closeness: FloatArray

    @classmethod
    def of(cls, rows: FloatArray, y: FloatArray) -> "Problem":
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        return cls(rows, y, rows.sum(axis=0), 1.0 / np.maximum(lengths, _SHORTEST_ROW))


class Vertex:
    """The plane through r points, and where all others lie.

    ``directions[j]`` moves the plane so that the fit of basis point j grows by one and the others' stay.
    """

    __slots__ = ("basis", "directions", "half_signed", "residuals", "signs")

    def __init__(self, problem: Problem, basis: IndexArray) -> None:
        inverse = np.linalg.inv(problem.rows[basis])
        self.basis = basis
        self.directions = np.ascontiguousarray(inverse.T)
        self.residuals = problem.y - problem.rows @ (inverse @ problem.y[basis])
        self.signs = np.sign(self.residuals)
        self.signs[basis] = 0.0
        self.half_signed = 0.5 * (self.signs @ problem.rows)

    def is_optimal(self, problem: Problem, tau: float) -> bool:
        u = self.directions @ self.gradient(problem, tau)
        return bool(np.abs(u).max() <= 0.5 + _PROOF_TOLERANCE)

    def gradient(self, problem: Problem, tau: float) -> FloatArray:
        return (tau - 0.5) * problem.total + self.half_signed


class _Band:
    """The points near a plane, and a descent that looks at no others.

    ``distance`` holds the absolute residuals, ``side`` their signs, 0 in the basis.
    """

    __slots__ = ("directions", "distance", "gradient", "index", "place", "reach", "rows", "side")

    def __init__(self, problem: Problem, vertex: Vertex, tau: float, inside: NDArray[np.bool_]) -> None:
        self.index = inside.nonzero()[0]
        self.rows = problem.rows[self.index]
        self.distance = np.abs(vertex.residuals[self.index])
        self.side = vertex.signs[self.index]
        self.place = self.index.searchsorted(vertex.basis)
        self.directions = vertex.directions.copy()
        self.gradient = vertex.gradient(problem, tau)
        self.reach = np.inf

    def descend(self) -> bool:
        """Walk until no edge descends; False if an edge leads out of the band."""
        while (edge := self._steepest()) is not None:
            j, up, slope = edge
            speeds = self.rows @ (self.directions[j] if up else -self.directions[j])
            speeds *= self.side
            met = self._met(speeds, slope, self.reach) or self._met(speeds, slope, np.inf)
            if met is None:
                return False
            self._move(j, up, speeds, *met)
        return True

    def _steepest(self) -> tuple[int, bool, float] | None:
        """The edge with the steepest descent per length: basis point, direction, slope."""
        u = self.directions @ self.gradient
        excess = np.abs(u)
        excess -= 0.5 + _DESCENT_TOLERANCE
        excess /= np.sqrt(np.vecdot(self.directions, self.directions))
        j = int(excess.argmax())
        if excess[j] <= 0.0:
            return None
        return j, bool(u[j] > 0.0), abs(float(u[j])) - 0.5

    def _met(self, speeds: FloatArray, slope: float, reach: float) -> tuple[IndexArray, float] | None:
        """The points met on the edge until it no longer descends, and the step to the last of them.

        None if the edge still descends after a step of length ``reach``, or if it leads out of the band.
        """
        ahead = (speeds > self.distance / reach + _SMALLEST_PIVOT).nonzero()[0]
        flattening = speeds[ahead]
        times = self.distance[ahead] / flattening
        order = times.argsort()
        last = flattening[order].cumsum().searchsorted(slope)
        if last == len(order):
            return None
        return ahead[order[: last + 1]], float(times[order[last]])

    def _move(self, j: int, up: bool, speeds: FloatArray, passed: IndexArray, step: float) -> None:
        enters, leaves, leaving_side = passed[-1], self.place[j], -1.0 if up else 1.0
        speeds *= step
        self.distance -= speeds
        self.distance[passed] = -self.distance[passed]
        pull = self.side[passed]
        self.side[passed] = -pull
        pull[-1] *= 0.5
        self.gradient -= pull @ self.rows.take(passed, axis=0)
        self.gradient += (0.5 * leaving_side) * self.rows[leaves]
        self.distance[leaves], self.side[leaves] = step, leaving_side
        self.distance[enters], self.side[enters] = 0.0, 0.0
        self.place[j] = enters
        self.reach = _LOOK_AHEAD * step if step > 0.0 else np.inf
        self._exchange(j, self.rows[enters])

    def _exchange(self, j: int, row: FloatArray) -> None:
        """Row j of the basis matrix is replaced (Sherman-Morrison)."""
        change = self.directions @ row
        entering = self.directions[j] / change[j]
        change[j] -= 1.0
        self.directions -= change[:, None] * entering


def optimal_vertex(problem: Problem, start: Vertex, tau: float, width: int) -> Vertex:
    """The optimal vertex for a tau, proven on all points.

    Parameters
    ----------
    problem, start : points and the vertex to walk from
    tau : in (0, 1)
    width : how many of the nearest points the first descent looks at

    Raises
    ------
    InputError
        ``no-optimum`` when rounding errors keep any vertex from being proven optimal.
    """
    vertex, inside = start, np.zeros(len(problem.y), dtype=bool)
    for _ in range(_MOST_ROUNDS):
        if vertex.is_optimal(problem, tau):
            return vertex
        inside[_nearest(problem, vertex, width)] = True
        inside[vertex.basis] = True
        band = _Band(problem, vertex, tau, inside)
        if not band.descend():
            width *= 2
        believed = vertex.signs.copy()
        believed[band.index] = band.side
        vertex = Vertex(problem, band.index[band.place])
        # The band only grows, so the rounds end at the latest with all points in it.
        inside |= believed != vertex.signs
    raise InputError(
        "no-optimum", f"nothing could be proven optimal at tau = {tau:g}: columns nearly coincide"
    )


def _nearest(problem: Problem, vertex: Vertex, width: int) -> IndexArray | slice:
    if width >= len(problem.y):
        return slice(None)
    return np.argpartition(np.abs(vertex.residuals) * problem.closeness, width)[:width]


def walk(problem: Problem, taus: FloatArray) -> Iterator[tuple[int, Vertex]]:
    """Optimal vertices for increasing taus, with their position: from the middle one up, then down."""
    n, r = problem.rows.shape
    # A tau further by .01 moves a hundredth of the points to the other side, and the plane may turn.
    width = 300 + 20 * r + n // 50
    middle = len(taus) // 2
    first = optimal_vertex(problem, _start(problem, float(taus[middle])), float(taus[middle]), n)
    for positions in (range(middle, len(taus)), range(middle - 1, -1, -1)):
        vertex = first
        for k in positions:
            vertex = optimal_vertex(problem, vertex, float(taus[k]), width)
            yield k, vertex


def _start(problem: Problem, tau: float) -> Vertex:
    """A vertex near the optimum: reweighted least squares, then independent points among the nearest."""
    rows, residuals = problem.rows, problem.y
    floor = np.finfo(float).tiny
    for _ in range(5):
        distance = np.maximum(np.abs(residuals), 0.2 * np.abs(residuals).mean() + floor)
        weighted = rows * (np.where(residuals > 0.0, tau, 1.0 - tau) / distance)[:, None]
        fit = np.linalg.solve(weighted.T @ rows, weighted.T @ problem.y)
        residuals = problem.y - rows @ fit
    nearest = (np.abs(residuals) * problem.closeness).argsort()[: 50 + 10 * rows.shape[1]]
    chosen = _independent_rows(rows[nearest])
    basis = nearest[chosen] if len(chosen) == rows.shape[1] else _independent_rows(rows)
    return Vertex(problem, basis)


def _independent_rows(rows: FloatArray) -> IndexArray:
    """Well-separated rows: Gram-Schmidt, longest remainder first; fewer than r if there are no more."""
    rest, chosen = rows.copy(), []
    least = 1e-6 * float(np.einsum("ij,ij->i", rest, rest).max())
    for _ in range(rows.shape[1]):
        lengths = np.einsum("ij,ij->i", rest, rest)
        k = int(lengths.argmax())
        if lengths[k] <= least:
            break
        chosen.append(k)
        unit = rest[k] / np.sqrt(lengths[k])
        rest -= np.outer(rest @ unit, unit)
    return np.array(chosen, dtype=np.intp)
