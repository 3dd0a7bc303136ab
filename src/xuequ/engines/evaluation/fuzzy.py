"""Fuzzy comprehensive evaluation 模糊综合评价: B = A ∘ R at every level, from the leaves up.

A (m,) are weights adding up to 1, R (m, K) memberships in K grades, each row adding up to 1 at the leaves.

=============  ======================  ===========================================================
operator       b_k                     use
=============  ======================  ===========================================================
``weighted``   Σ a_i r_ik              M(·,+) 加权平均型: uses everything; adds up to 1
``min-max``    max_i min(a_i, r_ik)    M(∧,∨) 主因素决定型: many factors make a_i small and lose R
``prod-max``   max_i a_i r_ik          M(·,∨) 主因素突出型: the weightiest factor decides
``min-bsum``   min(1, Σ min(a_i, r))   M(∧,⊕) 不均衡平均型: reaches 1 everywhere with many factors
=============  ======================  ===========================================================
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.findings import Array, Remark

OPERATORS = ("weighted", "min-max", "prod-max", "min-bsum")
SUM_TOLERANCE = 1e-3
"""Three numbers with three decimals miss 1 by as much."""

VALIDITIES = ("low", "effective", "very-effective")
_VALIDITY_CUTS = (0.5, 1.0)
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Factor:
    """A node of the tree: a leaf has ``membership``, any other node has ``factors``.

    Parameters
    ----------
    name, weight : the weight counts among the factors of the same node
    factors : the factors below
    membership : of a leaf, in each grade
    """

    name: str
    weight: float = 1.0
    factors: tuple["Factor", ...] = ()
    membership: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class FuzzyDesign:
    """What is evaluated.

    Parameters
    ----------
    grades : from the best to the worst
    root : the tree
    scores : what each grade counts for the score; an assumption, so nothing is scored without it
    operator : one of ``OPERATORS``
    confidence : λ of the rule that reads grades until they hold this share
    """

    grades: tuple[str, ...]
    root: Factor
    scores: tuple[float, ...] = ()
    operator: str = "weighted"
    confidence: float = 0.6

    def __post_init__(self) -> None:
        if len(self.grades) < 2 or len(set(self.grades)) < len(self.grades):
            raise InputError("bad-grades", "at least 2 grades with different names are needed")
        if self.scores and len(self.scores) != len(self.grades):
            raise InputError("bad-scores", f"{len(self.grades)} grades but {len(self.scores)} scores")
        if self.scores and not np.isfinite(self.scores).all():
            raise InputError("bad-scores", "the scores of grades must be numbers")
        if self.operator not in OPERATORS:
            known = ", ".join(OPERATORS)
            raise InputError("unknown-operator", f"no operator {self.operator!r}; there are: {known}")
        if not 0.5 <= self.confidence < 1:
            raise InputError("bad-confidence", "λ must be at least 0.5 and below 1")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a vector B says.

    Attributes
    ----------
    leading : the grade of the largest membership; the first of several
    verdict : the same, but None where memberships tie or the rule of the largest is of low validity
    alpha : validity (nβ − 1)/(2γ(n − 1)) of that rule, β and γ the largest and second of B divided by its sum; None
        when one grade holds everything
    validity : ``low`` below 0.5, ``effective``, ``very-effective`` from 1 on
    tie : whether the largest stands more than once
    score : Σ b s / Σ b; None without scores
    spread : standard deviation of the score over the grades; None without scores
    at_least : the first grade at which memberships from the best on hold λ
    entropy : −Σ b ln b / ln n, 0 when one grade holds everything and 1 when all hold the same
    """

    leading: str
    verdict: str | None
    alpha: float | None
    validity: str
    tie: bool
    score: float | None
    spread: float | None
    at_least: str
    entropy: float


@dataclass(frozen=True, slots=True)
class Node:
    """A node's vector B and its reading; ``path`` are the names from below the root, ``weight`` the normalised one."""

    path: tuple[str, ...]
    weight: float
    memberships: tuple[float, ...]
    reading: Reading


@dataclass(frozen=True, slots=True)
class FuzzyEvaluation:
    """All nodes, each before those below it, and remarks: ``weights-normalised``, ``verdict-doubtful``."""

    design: FuzzyDesign
    nodes: tuple[Node, ...]
    remarks: tuple[Remark, ...]

    @property
    def root(self) -> Node:
        """The result as a whole."""
        return self.nodes[0]


def compose(weights: Array, memberships: Array, operator: str = "weighted") -> Array:
    """B = A ∘ R, shape (..., K), of weights (m,) and memberships (..., m, K).

    >>> R = np.array([[.1, .5, .4, 0, 0], [.2, .5, .2, .1, 0], [.2, .5, .3, 0, 0], [.2, .6, .2, 0, 0]])
    >>> compose(np.array([.25, .2, .25, .3]), R).round(4).tolist()
    [0.175, 0.53, 0.275, 0.02, 0.0]
    """
    a = weights[:, None]
    if operator == "weighted":
        return np.asarray((a * memberships).sum(axis=-2))
    if operator == "prod-max":
        return np.asarray((a * memberships).max(axis=-2))
    least = np.minimum(a, memberships)
    if operator == "min-max":
        return np.asarray(least.max(axis=-2))
    if operator == "min-bsum":
        return np.asarray(np.minimum(1.0, least.sum(axis=-2)))
    raise InputError("unknown-operator", f"no operator {operator!r}; there are: {', '.join(OPERATORS)}")


def evaluate(design: FuzzyDesign) -> FuzzyEvaluation:
    """Evaluate the tree.

    Raises
    ------
    InputError
        ``no-factors``, ``leaf-and-branch``, ``repeated-name``, ``bad-weight``, ``wrong-length``,
        ``bad-membership`` or ``not-one``, with the path of the factor as the column and the row among its
        neighbours.
    """
    nodes: list[Node] = []
    remarks: list[Remark] = []
    _evaluate(design, design.root, (), 1.0, nodes, remarks)
    remarks += [Remark("verdict-doubtful")] if nodes[0].reading.verdict is None else []
    return FuzzyEvaluation(design, tuple(nodes), tuple(remarks))


def _evaluate(
    design: FuzzyDesign,
    factor: Factor,
    path: tuple[str, ...],
    weight: float,
    nodes: list[Node],
    remarks: list[Remark],
) -> Array:
    if factor.factors and factor.membership:
        message = "factors below and memberships of its own exclude each other"
        raise InputError("leaf-and-branch", message, column=_place(path))
    place = len(nodes)
    if not factor.factors:
        b = _leaf(design, factor, path)
    else:
        weights = _weights(factor, path, remarks)
        rows = [
            _evaluate(design, below, (*path, below.name), float(a), nodes, remarks)
            for below, a in zip(factor.factors, weights, strict=True)
        ]
        b = compose(weights, np.array(rows), design.operator)
    nodes.insert(place, Node(path, weight, tuple(map(float, b)), read(b, design)))
    return b


def _place(path: Sequence[str]) -> str:
    return " / ".join(path) or "the whole"


def _leaf(design: FuzzyDesign, factor: Factor, path: tuple[str, ...]) -> Array:
    r, K = np.array(factor.membership, dtype=np.float64), len(design.grades)
    if not len(r):
        raise InputError(
            "no-factors", "there is neither a factor below nor a membership", column=_place(path)
        )
    if len(r) != K:
        raise InputError("wrong-length", f"{len(r)} memberships for {K} grades", column=_place(path))
    for k, value in enumerate(r):
        if not 0 <= value <= 1:
            message = f"membership {value:g} in grade {design.grades[k]!r} is not between 0 and 1"
            raise InputError("bad-membership", message, column=_place(path))
    if abs(r.sum() - 1) > SUM_TOLERANCE * (1 + 1e-6):
        raise InputError("not-one", f"memberships add up to {r.sum():.6g}, not to 1", column=_place(path))
    return np.asarray(r / r.sum())


def _weights(factor: Factor, path: tuple[str, ...], remarks: list[Remark]) -> Array:
    names = [below.name for below in factor.factors]
    for row, below in enumerate(factor.factors, start=1):
        place = _place((*path, below.name))
        if names.index(below.name) < row - 1:
            raise InputError("repeated-name", "two factors of one node have this name", column=place, row=row)
        if not 0 <= below.weight < np.inf:
            message = f"{below.weight:g} is not a weight; it must be 0 or more"
            raise InputError("bad-weight", message, column=place, row=row)
    a = np.array([below.weight for below in factor.factors], dtype=np.float64)
    if a.sum() <= 0:
        raise InputError("bad-weight", "all weights below are 0", column=_place(path))
    if abs(a.sum() - 1) > SUM_TOLERANCE:
        remarks.append(Remark("weights-normalised", {"sum": float(a.sum())}, _place(path)))
    return np.asarray(a / a.sum())


def read(b: Array, design: FuzzyDesign) -> Reading:
    """Read one vector of memberships in the grades of the design; it need not add up to 1."""
    p = b / b.sum()
    n, order = len(p), np.sort(p)[::-1]
    tie = bool(order[0] - order[1] <= _TIE)
    alpha = float((n * order[0] - 1) / (2 * order[1] * (n - 1))) if order[1] > 0 else None
    level = int(np.searchsorted(_VALIDITY_CUTS, np.inf if alpha is None else alpha, side="right"))
    leading = design.grades[int(np.argmax(p >= order[0] - _TIE))]
    score, spread = _scored(p, design.scores)
    return Reading(
        leading=leading,
        verdict=None if tie or level == 0 else leading,
        alpha=alpha,
        validity=VALIDITIES[level],
        tie=tie,
        score=score,
        spread=spread,
        at_least=design.grades[int(np.argmax(np.cumsum(p) >= design.confidence - _TIE))],
        entropy=float(-(p[p > 0] * np.log(p[p > 0])).sum() / np.log(n)) + 0.0,
    )


def _scored(p: Array, scores: Sequence[float]) -> tuple[float | None, float | None]:
    if not scores:
        return None, None
    s = np.asarray(scores, dtype=np.float64)
    mean = float(p @ s)
    return mean, float(np.sqrt(p @ (s - mean) ** 2))
