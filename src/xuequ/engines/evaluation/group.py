"""Judgements of several experts: one weight for all, and how far the experts agree.

AIJ: the weighted geometric mean of judgements, which keeps them reciprocal (Aczél & Saaty 1983). AIP: the mean of
weights (Forman & Peniwati 1998). A group's CR may be small though single members contradict themselves and each
other, so members' CR and the consensus come along.

Consensus (Goepel 2013), from Shannon's entropies H = −Σ p ln p of the K members' weights of N indexes: H_α the mean
of the members' entropies, H_γ the entropy of the mean, M = 1/exp(H_γ − H_α), M_min = exp(H_α,min)/exp(H_γ,max),
S* = (M − M_min)/(1 − M_min). H_α,min is the entropy of weights c : 1 : … : 1 with c = 9, the most unequal that
Saaty's scale allows; H_γ,max = ln N for K ≥ N, and below that the entropy of the mean of K members who each prefer
another index.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.ahp import Priorities, prioritise
from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.judgements import Judgements

WAYS = ("judgements", "priorities-arithmetic", "priorities-geometric")
CONSENSUS_WORDS = ("very-low", "low", "moderate", "high", "very-high")
CONSENSUS_CUTS = (0.5, 0.625, 0.75, 0.875)
_MOST_PREFERENCE = 9.0


@dataclass(frozen=True, slots=True, eq=False)
class GroupPriorities:
    """Weights of a group.

    Attributes
    ----------
    names, weights : shape (n,), adding up to 1
    way : one of ``WAYS``
    members : each member's own result
    cr : of the geometric mean matrix, whichever the way
    consensus, word : S* and its word
    """

    names: tuple[str, ...]
    weights: Array
    way: str
    members: tuple[Priorities, ...]
    cr: float
    consensus: float
    word: str


def aggregate(
    members: Sequence[Judgements],
    way: str = "judgements",
    *,
    shares: Sequence[float] | None = None,
    ri: str = "mc",
) -> GroupPriorities:
    """Join the judgements of several experts; ``shares`` say how much each counts (equally when not given).

    Raises
    ------
    InputError
        ``no-members``, ``names-differ``, ``unknown-method``, ``bad-shares``, or what `prioritise` raises.
    """
    if not members:
        raise InputError("no-members", "nobody has judged yet")
    if way not in WAYS:
        raise InputError("unknown-method", f"no way {way!r} to join; there are: {', '.join(WAYS)}")
    for row, member in enumerate(members, start=1):
        if member.names != members[0].names:
            raise InputError("names-differ", "this member judged other indexes than the first", row=row)
    share = _shares(shares, len(members))
    own = tuple(prioritise(member, ri=ri) for member in members)
    weights = np.array([found.weights for found in own])
    logs = np.log(np.array([found.completed for found in own]))
    joint = prioritise(Judgements(members[0].names, np.exp(np.tensordot(share, logs, 1))), ri=ri)
    consensus = consensus_of(weights)
    return GroupPriorities(
        names=members[0].names,
        weights=_joined(way, joint, share, weights),
        way=way,
        members=own,
        cr=joint.cr,
        consensus=consensus,
        word=CONSENSUS_WORDS[int(np.searchsorted(CONSENSUS_CUTS, consensus, side="right"))],
    )


def _shares(shares: Sequence[float] | None, members: int) -> Array:
    share = np.full(members, 1 / members) if shares is None else np.asarray(shares, dtype=np.float64)
    if share.shape != (members,) or not (share >= 0).all() or not 0 < share.sum() < np.inf:
        raise InputError("bad-shares", f"{members} members need as many shares, none negative, not all 0")
    return np.asarray(share / share.sum())


def _joined(way: str, joint: Priorities, share: Array, weights: Array) -> Array:
    if way == "judgements":
        return joint.weights
    mean = share @ weights if way == "priorities-arithmetic" else np.exp(share @ np.log(weights))
    return np.asarray(mean / mean.sum())


def consensus_of(weights: Array) -> float:
    """Goepel's S* of members' weights, shape (members, indexes); 1 for one member.

    >>> consensus_of(np.array([[0.6, 0.3, 0.1], [0.6, 0.3, 0.1]]))
    1.0
    """
    K, N = weights.shape
    if K < 2 or N < 2:
        return 1.0
    alike = np.exp(_entropy(weights).mean() - _entropy(weights.mean(axis=0)))
    c = _MOST_PREFERENCE
    apart = np.full((min(K, N), N), 1 / (N + c - 1))
    np.fill_diagonal(apart, c / (N + c - 1))
    highest = np.log(N) if K >= N else _entropy(apart.mean(axis=0))
    least = np.exp(_entropy(apart[0]) - highest)
    return float(np.clip((alike - least) / (1 - least), 0.0, 1.0))


def _entropy(p: Array) -> Array:
    return np.asarray(-np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0)), 0.0).sum(axis=-1))
