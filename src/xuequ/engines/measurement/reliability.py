"""Reliability of a sum of items: alpha with its interval, omega, split halves, stratified alpha.

Scores are (pupils, items) arrays of pupils who were given every item. Sources: those of ``engines.consistency``;
Rajaratnam, Cronbach & Gleser 1965 (stratified alpha); Guttman 1945 (split half).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from xuequ.engines.consistency import alpha_of, feldt_interval, omega_of
from xuequ.engines.measurement.findings import Reliability

Floats = npt.NDArray[np.float64]


def split_half_of(scores: Floats) -> float | None:
    """Return Guttman's split-half reliability of odd and even items, which asks for no equal halves."""
    halves = scores[:, ::2].sum(axis=1), scores[:, 1::2].sum(axis=1)
    variance = (halves[0] + halves[1]).var(ddof=1)
    if scores.shape[1] < 2 or variance <= 0:
        return None
    return float(2 * (1 - (halves[0].var(ddof=1) + halves[1].var(ddof=1)) / variance))


def stratified_alpha(scores: Floats, strata: Sequence[str]) -> float | None:
    """Return alpha of a total whose items fall into strata: 1 − Σ var(stratum)(1 − alpha(stratum)) / var(total).

    Strata of one item, and items without one, have no alpha of their own and are taken together.
    """
    labels = np.asarray(strata)
    alone = {name for name in strata if not name or list(strata).count(name) < 2}
    labels = np.array(["" if name in alone else name for name in labels])
    variance = scores.sum(axis=1).var(ddof=1)
    if variance <= 0 or len(set(labels)) < 2:
        return None
    error = 0.0
    for name in sorted(set(labels)):
        part = scores[:, labels == name]
        error += part.sum(axis=1).var(ddof=1) * (1 - (alpha_of(part) or 0.0))
    return float(1 - error / variance)


def reliability_of(scores: Floats, strata: Sequence[str] = (), confidence: float = 0.95) -> Reliability:
    """Return every coefficient of the total of ``scores``; ``strata`` names the part that each item belongs to."""
    n, k = scores.shape
    total = scores.sum(axis=1)
    sd = float(total.std(ddof=1))
    alpha = alpha_of(scores)
    interval = feldt_interval(alpha, n, k, confidence) if alpha is not None and alpha < 1 else (None, None)
    return Reliability(
        n=n,
        items=k,
        mean=float(total.mean()),
        sd=sd,
        alpha=alpha,
        low=interval[0],
        high=interval[1],
        omega=omega_of(scores),
        split_half=split_half_of(scores),
        stratified=stratified_alpha(scores, strata) if strata else None,
        sem=sd * (1 - max(alpha, 0.0)) ** 0.5 if alpha is not None else None,
    )
