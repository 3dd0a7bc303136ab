"""Whether the verdict rests on the method: the same schools under other weights and other fuzzy operators."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import kendalltau

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.fuzzy import OPERATORS, compose
from xuequ.engines.evaluation.objective import METHODS, Indexes, objective_weights
from xuequ.engines.evaluation.ratings import Ratings

MOST_GRADES = 10
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Compared:
    """One way beside the first: Kendall's τ of the schools' scores, share with the same leading grade, share that tie.

    The last two are None for weights, which give scores alone.
    """

    way: str
    tau: float
    same_grade: float | None = None
    ties: float | None = None


def compare_weights(means: Array, names: tuple[str, ...]) -> tuple[Compared, ...]:
    """Scores by entropy and CRITIC weights beside those by equal ones; ways that fail are left out.

    Scores are sums of the values as they are; pass `scaled` ones where the indexes have different units.
    """
    indexes = Indexes(names, means, (False,) * len(names))
    equal = means.mean(axis=1)
    found = [Compared("equal", 1.0)]
    for method in METHODS:
        try:
            weights = objective_weights(indexes, method).weights
        except InputError:
            # Negative values have no entropy, and constant ones tell nothing apart.
            continue
        found.append(Compared(method, tau(equal, means @ weights)))
    return tuple(found)


def compare_operators(memberships: Array, weights: Array, scores: Array) -> tuple[Compared, ...]:
    """Each operator beside ``weighted``, for memberships (schools, m, K), weights (m,) and grades' scores (K,)."""
    B = {operator: compose(weights, memberships, operator) for operator in OPERATORS}
    score = {operator: b @ scores / b.sum(axis=1) for operator, b in B.items()}
    leading = {operator: b.argmax(axis=1) for operator, b in B.items()}
    return tuple(
        Compared(
            operator,
            tau(score["weighted"], score[operator]),
            float((leading["weighted"] == leading[operator]).mean()),
            float(((b >= b.max(axis=1, keepdims=True) - _TIE).sum(axis=1) > 1).mean()),
        )
        for operator, b in B.items()
    )


def votes(ratings: Ratings) -> tuple[Array, Array] | None:
    """Memberships (schools, m, K) as shares of raters' answers, and the answers, the highest first.

    None with one rater, with more than 10 different answers, or where nobody rated.
    """
    answers = np.unique(ratings.values[~np.isnan(ratings.values)])[::-1]
    if len(ratings.raters) < 2 or not 2 <= len(answers) <= MOST_GRADES:
        return None
    counts = np.stack([(ratings.values == answer).sum(axis=1) for answer in answers], axis=2)
    total = counts.sum(axis=2, keepdims=True)
    return None if (total == 0).any() else (np.asarray(counts / total), np.asarray(answers))


def tau(a: Array, b: Array) -> float:
    """Kendall's τ of two scores; 1 where one of them tells no schools apart, so that no order is changed."""
    found = float(kendalltau(np.round(a, 10), np.round(b, 10)).statistic)
    return found if np.isfinite(found) else 1.0
