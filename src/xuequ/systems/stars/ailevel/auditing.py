"""The quality of the evaluation system itself, from the table that a round was evaluated on.

Voted indexes are judged with their raters; then all indexes by their schools' points, careless raters left out. What
the first finds of an index goes before what the second finds.
"""

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import kendalltau

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.agreement import alpha_range
from xuequ.engines.evaluation.objective import METHODS, Indexes, combine, objective_weights
from xuequ.engines.evaluation.quality import FEWEST_SCHOOLS, IndexQuality, SystemQuality, audit
from xuequ.engines.evaluation.ratings import Ratings
from xuequ.systems.stars.ailevel.evaluating import Facts, evaluate_levels, facts_of, weights_of
from xuequ.systems.stars.ailevel.scheme import LevelScheme

Array = NDArray[np.float64]
RESAMPLES = 40


def audit_system(table: pl.DataFrame, scheme: LevelScheme, seed: int = 0) -> dict[str, Any]:
    """Return the audit as plain values.

    ``whole``, ``raters`` (None without votes), ``indexes``, ``weights``, ``operators``, and ``stable``: by index the
    share of resampled districts in which the data alone give the same verdict.

    Raises
    ------
    InputError
        ``too-few-schools``, or what the engine says of the table.
    """
    facts = facts_of(table, scheme)
    complete = np.asarray(facts.known.all(axis=1), dtype=np.bool_)
    if complete.sum() < FEWEST_SCHOOLS:
        message = f"{int(complete.sum())} schools are known in full; at least {FEWEST_SCHOOLS} are needed"
        raise InputError("too-few-schools", message)
    names = tuple(index.code for index in scheme.indexes)
    raters = _by_raters(facts, scheme, complete)
    careless = {one.name for one in raters.rated_by if one.careless} if raters is not None else set()
    points = _points(facts, scheme, complete, careless)
    schools = tuple(key for key, ok in zip(facts.schools, complete, strict=True) if ok)
    whole = audit(Ratings(schools, ("",), names, points[:, None, :]))
    return {
        "whole": _summary(whole) | _alpha_range(whole, points),
        "left_out": int((~complete).sum()),
        "raters": None
        if raters is None
        else _summary(raters) | {"rated_by": [asdict(r) for r in raters.rated_by]},
        "indexes": [asdict(one) for one in _joined(whole, raters)],
        "weights": list(_weights(points, names, weights_of(scheme))),
        "stable": _stable(points, names, whole, seed),
        "operators": list(evaluate_levels(table, scheme, seed, draws=1).operators),
    }


def _by_raters(facts: Facts, scheme: LevelScheme, complete: NDArray[np.bool_]) -> SystemQuality | None:
    """Judge the voted indexes by what each rater gave; None where there are fewer than three of them."""
    places = [at for at, index in enumerate(scheme.indexes) if index.is_voted]
    if len(places) < 3 or not facts.raters:
        return None
    votes = facts.votes[complete][:, :, places]
    values = np.where(votes >= 0, np.array(scheme.scores)[np.maximum(votes, 0)], np.nan)
    schools = tuple(key for key, ok in zip(facts.schools, complete, strict=True) if ok)
    return audit(Ratings(schools, facts.raters, tuple(scheme.indexes[at].code for at in places), values))


def _points(facts: Facts, scheme: LevelScheme, complete: NDArray[np.bool_], careless: set[str]) -> Array:
    """Each school's points on each index: Σ r s, votes of careless raters left out where others voted."""
    s = np.array(scheme.scores)
    found = facts.memberships[complete] @ s
    good = [at for at, name in enumerate(facts.raters) if name not in careless]
    votes = facts.votes[complete][:, good]
    for at, index in enumerate(scheme.indexes):
        if index.is_voted and careless:
            given = np.where(votes[:, :, at] >= 0, s[np.maximum(votes[:, :, at], 0)], np.nan)
            there = (votes[:, :, at] >= 0).any(axis=1)
            found[there, at] = np.nanmean(given[there], axis=1)
    return np.asarray(found)


def _joined(whole: SystemQuality, raters: SystemQuality | None) -> Iterator[IndexQuality]:
    """One verdict for each index; of a pair that each would merge into the other the first merge stands."""
    first = {one.name: one for one in raters.indexes} if raters is not None else {}
    merged = {one.name for one in first.values() if one.verdict == "merge"}
    for one in whole.indexes:
        seen = first.get(one.name)
        if seen is None:
            yield one
        elif seen.verdict != "keep":
            yield replace(one, verdict=seen.verdict, reason=seen.reason, partner=seen.partner, icc=seen.icc)
        elif one.verdict == "merge" and one.partner in merged:
            yield replace(one, verdict="keep", reason="", partner="", icc=seen.icc)
        else:
            yield replace(one, icc=seen.icc)


def _summary(found: SystemQuality) -> dict[str, Any]:
    kendall, factors = found.kendall, found.factors
    return {
        "schools": found.schools,
        "n_indexes": found.n_indexes,
        "n_raters": found.raters,
        "alpha": found.alpha,
        "omega": found.omega,
        "kmo": None if factors is None else factors.kmo,
        "kendall": None if kendall is None else kendall.w,
        "kendall_p": None if kendall is None else kendall.p,
        "icc_one": found.icc_one,
        "icc_mean": found.icc_mean,
        "krippendorff": found.krippendorff,
        "remarks": [{"code": one.code, "numbers": dict(one.numbers)} for one in found.remarks],
    }


def _alpha_range(whole: SystemQuality, points: Array) -> dict[str, float | None]:
    items = int((np.ptp(points, axis=0) > 0).sum())
    if whole.alpha is None or items < 2:
        return {"alpha_low": None, "alpha_high": None}
    low, high = alpha_range(whole.alpha, len(points), items)
    return {"alpha_low": low, "alpha_high": high}


def _stable(points: Array, names: tuple[str, ...], whole: SystemQuality, seed: int) -> dict[str, float]:
    """Draw the schools with replacement and judge the indexes again."""
    rng, n = np.random.default_rng(seed), len(points)
    same = np.zeros(len(names))
    given = [one.verdict for one in whole.indexes]
    labels = tuple(map(str, range(n)))
    for _draw in range(RESAMPLES):
        drawn = points[rng.integers(0, n, n)]
        again = audit(Ratings(labels, ("",), names, drawn[:, None, :]), omega=False)
        same += [one.verdict == verdict for one, verdict in zip(again.indexes, given, strict=True)]
    return dict(zip(names, (same / RESAMPLES).tolist(), strict=True))


def _weights(points: Array, names: tuple[str, ...], own: Array) -> Iterator[dict[str, Any]]:
    """Other weights beside the scheme's: how much the order of schools changes; none of them is ever used alone."""
    first = points @ own
    found: dict[str, Array] = {"scheme": own, "equal": np.full(len(own), 1 / len(own))}
    indexes = Indexes(names, points, (False,) * len(names))
    for method in METHODS:
        try:
            found[method] = objective_weights(indexes, method).weights
        except InputError:
            continue  # nothing tells the schools apart
        found[f"combined-{method}"] = combine(np.array([own, found[method]]), "multiplicative")
    for way, weights in found.items():
        tau = float(kendalltau(np.round(first, 10), np.round(points @ weights, 10)).statistic)
        yield {"way": way, "tau": tau if np.isfinite(tau) else 1.0, "weights": weights.tolist()}
