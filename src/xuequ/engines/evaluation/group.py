"""Judgements of several experts: one weight for all, and how far the experts agree.

AIJ: the weighted geometric mean of judgements, which keeps them reciprocal (Aczél & Saaty 1983). AIP: the mean of
weights (Forman & Peniwati 1998). A group's CR may be small though single members contradict themselves and each
other, so members' CR and the consensus come along.

Consensus (Goepel 2013), from Shannon's entropies H = −Σ p ln p of the K members' weights of N indexes: H_α the mean
of the members' entropies, H_γ the entropy of the mean, M = 1/exp(H_γ − H_α), M_min = exp(H_α,min)/exp(H_γ,max),
S* = (M − M_min)/(1 − M_min). H_α,min is the entropy of weights c : 1 : … : 1 with c = 9, the most unequal that
Saaty's scale allows; H_γ,max = ln N for K ≥ N, and below that the entropy of the mean of K members who each prefer
another index.

Ranges of weights say what other experts like these would have given. Each expert is left out in turn (jackknife,
Tukey 1958) and the weights are joined anew in the same way; with θ the log odds of a weight, or the logarithm of the
ratio of two, θ ± t_{n−1} √((n−1)/n Σ (θ_(k) − θ̄)²). Resampling ballots and reading the percentiles covers far too
little with few experts (bench/evaluation_ranges.py measures both).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.ahp import Priorities, eigen_weights, prioritise
from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.judgements import Judgements

WAYS = ("judgements", "priorities-arithmetic", "priorities-geometric")
CONSENSUS_WORDS = ("very-low", "low", "moderate", "high", "very-high")
CONSENSUS_CUTS = (0.5, 0.625, 0.75, 0.875)
FEWEST_FOR_RANGES = 3
"""From two experts a spread is guessed with one degree of freedom: such a range says nothing."""
_MOST_PREFERENCE = 9.0
_ALIKE = 1e-9


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


@dataclass(frozen=True, slots=True, eq=False)
class WeightRanges:
    """What other experts like those of a group would give.

    Attributes
    ----------
    low, high : ends of each weight's range, shape (n,)
    apart : shape (n, n), whether the first's weight is surely the larger of the two: their ratio's range is above 1
    confidence : of each range
    """

    low: Array
    high: Array
    apart: NDArray[np.bool_]
    confidence: float


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


def rejoined(group: GroupPriorities, way: str) -> GroupPriorities:
    """Return the group joined in another way, every member counting alike; no matrix is weighed anew.

    Raises
    ------
    InputError
        ``unknown-method``.
    """
    if way not in WAYS:
        raise InputError("unknown-method", f"no way {way!r} to join; there are: {', '.join(WAYS)}")
    return replace(group, way=way, weights=_every(group, way, np.zeros((1, len(group.members))))[0])


def weight_ranges(group: GroupPriorities, confidence: float = 0.95) -> WeightRanges | None:
    """Return the ranges of a group's weights, every member counting alike; None for fewer than three members.

    The weights may come from any of ``WAYS``; missing pairs stay filled in as each member's others say.
    """
    n = len(group.members)
    if n < FEWEST_FOR_RANGES:
        return None
    # Loading it takes longer than all the rest.
    from scipy.special import stdtrit

    t = float(stdtrit(n - 1, (1 + confidence) / 2))
    without = _every(group, group.way, np.eye(n))
    odds, own = _log_odds(without), _log_odds(group.weights)
    wide = t * _error(odds)
    log, logs = np.log(group.weights), np.log(without)
    ratio = log[:, None] - log[None, :]
    slack = t * _error(logs[:, :, None] - logs[:, None, :])
    return WeightRanges(_share_of(own - wide), _share_of(own + wide), ratio > slack + _ALIKE, confidence)


def _every(group: GroupPriorities, way: str, out: Array) -> Array:
    """Weights joined from all members but those marked in a row of ``out`` (sets, members)."""
    share = 1 - out
    share = share / share.sum(axis=1, keepdims=True)
    if way == "judgements":
        logs = np.log(np.array([found.completed for found in group.members]))
        return eigen_weights(np.exp(np.tensordot(share, logs, 1)))[0]
    weights = np.array([found.weights for found in group.members])
    mean = share @ weights if way == "priorities-arithmetic" else np.exp(share @ np.log(weights))
    return np.asarray(mean / mean.sum(axis=1, keepdims=True))


def _error(values: Array) -> Array:
    """The jackknife's standard error of what was found without each member, the first axis."""
    n = len(values)
    return np.asarray(np.sqrt((n - 1) / n * ((values - values.mean(axis=0)) ** 2).sum(axis=0)))


def _log_odds(weights: Array) -> Array:
    return np.asarray(np.log(weights) - np.log1p(-weights))


def _share_of(odds: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -500, 500))))


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
    return float(_consensus(_entropy(weights).mean() - _entropy(weights.mean(axis=0)), K, N))


def consensus_of_pairs(weights: Array) -> Array:
    """S* of every two members, shape (members, members), as `consensus_of` says of them; 1 of a member with itself."""
    K, N = weights.shape
    if N < 2:
        return np.ones((K, K))
    own = _entropy(weights)
    found = np.ones((K, K))
    for i in range(K - 1):
        joint = _entropy((weights[i] + weights[i + 1 :]) / 2)
        found[i, i + 1 :] = found[i + 1 :, i] = _consensus((own[i] + own[i + 1 :]) / 2 - joint, 2, N)
    return found


def _consensus(less: Array, members: int, indexes: int) -> Array:
    """S* from H_α − H_γ."""
    c = _MOST_PREFERENCE
    apart = np.full((min(members, indexes), indexes), 1 / (indexes + c - 1))
    np.fill_diagonal(apart, c / (indexes + c - 1))
    highest = np.log(indexes) if members >= indexes else _entropy(apart.mean(axis=0))
    least = np.exp(_entropy(apart[0]) - highest)
    return np.asarray(np.clip((np.exp(less) - least) / (1 - least), 0.0, 1.0))


def _entropy(p: Array) -> Array:
    return np.asarray(-np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0)), 0.0).sum(axis=-1))
