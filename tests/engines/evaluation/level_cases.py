"""Invented schools with gaps, votes and groups, and the plain way to evaluate one draw of them."""

from dataclasses import dataclass

import numpy as np

from xuequ.engines.evaluation.fuzzy import Factor, FuzzyDesign, FuzzyEvaluation, evaluate
from xuequ.engines.evaluation.uncertainty import draw_raters, draw_weights

K = 4
SCORES = np.array([95.0, 80.0, 65.0, 50.0])
GRADES = ("A", "B", "C", "D")


@dataclass(frozen=True)
class Case:
    """What `levels` and `lackings` take."""

    rows: np.ndarray
    votes: np.ndarray
    drawn: np.ndarray
    times: np.ndarray
    weights: np.ndarray
    groups: np.ndarray

    @property
    def given(self) -> tuple[np.ndarray, ...]:
        return (self.rows, self.votes, self.drawn, self.times, self.weights, self.groups, SCORES)


def shares_of(votes: np.ndarray, times: np.ndarray | None = None) -> np.ndarray:
    """Shares of the votes of one school on one index, (raters,) with -1; NaN where nobody voted."""
    often = np.ones(len(votes)) if times is None else times
    counts = np.array([often[votes == k].sum() for k in range(K)])
    return counts / counts.sum() if counts.sum() else np.full(K, np.nan)


def case(seed: int, raters: int = 4, draws: int = 30, noise: float = 0.2, schools: int = 3) -> Case:
    """Three groups of three indexes, the last index of each voted on; some cells unknown, of the second
    school a whole group, some votes missing."""
    rng = np.random.default_rng(seed)
    m = 9
    groups = np.repeat(np.arange(3), 3)
    rows = rng.dirichlet(np.ones(K), (schools, m))
    rows[rng.random((schools, m)) < 0.2] = np.nan
    votes = np.full((schools, raters, m), -1)
    voted = np.arange(2, m, 3)
    votes[:, :, voted] = rng.integers(-1, K, (schools, raters, len(voted)))
    votes[1, :, 3:6], rows[1, 3:6] = -1, np.nan
    for s in range(schools):
        rows[s, 0] = rng.dirichlet(np.ones(K))
        for j in voted:
            rows[s, j] = shares_of(votes[s, :, j])
    weights = rng.dirichlet(np.full(m, 4.0))
    return Case(rows, votes, draw_weights(weights, draws, rng, noise=noise), draw_raters(raters, draws, rng), weights,
                groups)  # fmt: skip


def drawn_rows(of: Case, draw: int) -> np.ndarray:
    """Memberships of one draw: shares of the votes of those drawn, and of all where none of them voted."""
    rows = of.rows.copy()
    for s, _rater, j in set(map(tuple, np.argwhere(of.votes >= 0))):
        share = shares_of(of.votes[s, :, j], of.times[draw])
        rows[s, j] = of.rows[s, j] if np.isnan(share).any() else share
    return rows


def tree(rows: np.ndarray, weights: np.ndarray, groups: np.ndarray) -> FuzzyEvaluation:
    """One school by the engine of trees: what is not known is left out."""
    factors = []
    for group in np.unique(groups):
        own = np.flatnonzero((groups == group) & ~np.isnan(rows).any(axis=1))
        if len(own):
            below = tuple(Factor(f"i{j}", weights[j], membership=tuple(rows[j])) for j in own)
            factors.append(Factor(f"g{group}", weights[groups == group].sum(), below))
    return evaluate(FuzzyDesign(GRADES, Factor("", factors=tuple(factors)), tuple(SCORES)))
