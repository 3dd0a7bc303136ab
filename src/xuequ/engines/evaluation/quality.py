"""The quality of an index system, from ratings of schools, with a verdict on every index and a look at every rater.

Verdicts, in this order:

- ``drop``: the index does not vary, or varies less than 15 % of the middle index where all are
  rated on one scale (``constant``)
- ``merge``: it correlates above 0.9 with another, at the lower end of its 90 % interval above 0.75 (``duplicate``);
  the one that goes less along with the rest is named, with the one that stays. Raters' errors make a correlation look
  smaller, so it is divided by the root of both ICC(C,k) (Spearman 1904) where several raters rated; an index on which
  they do not agree is no duplicate
- ``reword``: it goes against the rest (``reversed``, see `direction`), or raters do not agree on it
  (``raters-disagree``: the consistency of their mean, ICC(C,k), is below 0.5)
- ``keep``: otherwise

An index that neither helps nor harms the total is kept, for the parts of a policy score need not correlate; what it
tells apart stands beside it: the top and bottom 27 % by the total of the others, VIF, and alpha without it.

A rater is ``careless`` when nearly all answers are the same and most raters' are not, or when they go along with the
other raters' far less than those of the middle rater do, with certainty.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from xuequ.engines.consistency import alpha_of, alphas_without, omega_of
from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.agreement import Concordance, concordance, intraclass, krippendorff
from xuequ.engines.evaluation.comparison import tau
from xuequ.engines.evaluation.direction import direction, rest_correlations
from xuequ.engines.evaluation.factorability import Factorability, factorability
from xuequ.engines.evaluation.findings import Array, Remark
from xuequ.engines.evaluation.ratings import Ratings, on_one_scale, standardised

VERDICTS = ("keep", "merge", "drop", "reword")
FEWEST_SCHOOLS = 8
ADVISED_PER_INDEX = 5
DUPLICATE, DUPLICATE_LOW = 0.9, 0.75
FLAT_PART = 0.15
AGREED = 0.5
MOSTLY = 0.5
CERTAIN, PROBABLE = 0.001, 0.05
SAME_ANSWERS = 0.95
CARELESS_PART = 0.5
EXTREME = 0.27


@dataclass(frozen=True, slots=True)
class IndexQuality:
    """One index.

    Attributes
    ----------
    name, verdict, reason : reason is the code beside the verdict, "" for ``keep``
    partner : of ``merge``, the index that stays
    mean, sd : over schools
    rest : correlation with the mean of the others' standard scores, those to merge left out and reversed ones turned
        round; None where it does not vary
    upper_lower : mean of the top 27 % of schools (by the others) less that of the bottom, in SD
    vif : variance inflation 1/(1 − R²) given all others; None when too few schools or fixed by others
    alpha_without : alpha of the others
    icc : ICC(C,k) of this index; None with one rater
    without : Kendall's τ of the ranks of schools with and without this index
    """

    name: str
    verdict: str
    reason: str
    partner: str
    mean: float
    sd: float
    rest: float | None
    upper_lower: float | None
    vif: float | None
    alpha_without: float | None
    icc: float | None
    without: float


@dataclass(frozen=True, slots=True)
class RaterQuality:
    """One rater: answers given, share of the commonest one, correlation with the others' mean, and the judgement."""

    name: str
    answers: int
    commonest: float
    along: float | None
    careless: bool


@dataclass(frozen=True, slots=True)
class SystemQuality:
    """The system as a whole; numbers that cannot be had are None.

    Attributes
    ----------
    schools, raters, n_indexes : how many
    alpha, omega : consistency of the indexes over schools, without those to drop and with ``reversed`` ones as they are
    factors : KMO and Bartlett's test
    kendall : W of the raters' totals of schools
    icc_one, icc_mean : agreement of raters on the totals, ICC(A,1) and ICC(A,k)
    krippendorff : alpha of the single ratings, interval scale
    indexes, rated_by : the tables
    remarks : ``few-schools``, ``few-for-factors``, ``one-rater``, ``two-raters``, ``raters-apart`` (too few
        schools that all rated), ``standardised`` (the indexes are on different scales, so each was divided by its
        own spread), ``incomplete`` with the share missing, ``reversed-may-hide`` (a reversed index may be missed
        among so few schools or indexes that go together so loosely)
    """

    schools: int
    raters: int
    n_indexes: int
    alpha: float | None
    omega: float | None
    factors: Factorability | None
    kendall: Concordance | None
    icc_one: float | None
    icc_mean: float | None
    krippendorff: float | None
    indexes: tuple[IndexQuality, ...]
    rated_by: tuple[RaterQuality, ...]
    remarks: tuple[Remark, ...]


def audit(ratings: Ratings, *, omega: bool = True) -> SystemQuality:
    """Judge an index system by ratings on it; careless raters are left out of the judgement of indexes.

    ``omega`` takes most of the time with many indexes and may be left out.

    Raises
    ------
    InputError
        ``too-few-schools``, ``not-finite`` with the index, or ``no-ratings`` with the index and the school.
    """
    if len(ratings.schools) < FEWEST_SCHOOLS:
        message = f"{len(ratings.schools)} schools; at least {FEWEST_SCHOOLS} are needed to judge a system"
        raise InputError("too-few-schools", message)
    _refuse_gaps(ratings)
    common = on_one_scale(ratings)
    used = ratings if common else standardised(ratings)
    raters = tuple(judge_raters(used))
    # Who answered nothing is not careless, but would leave no school that all raters rated.
    good = [k for k, rater in enumerate(raters) if rater.answers and not rater.careless]
    good = good or list(range(len(raters)))
    values = used.values[:, good]
    means = _means(used, good)
    flat = _flat(means, common)
    indexes, loose = _judge_indexes(values, means, flat, _described(ratings, good))
    varying = means[:, ~flat]
    totals = _totals(values[:, :, ~flat])
    icc = None if totals is None else intraclass(totals)
    return SystemQuality(
        schools=len(ratings.schools),
        raters=len(ratings.raters),
        n_indexes=len(ratings.indexes),
        alpha=alpha_of(varying),
        omega=omega_of(varying) if omega else None,
        factors=factorability(varying),
        kendall=None if totals is None else concordance(totals),
        icc_one=None if icc is None else icc.agreement_1,
        icc_mean=None if icc is None else icc.agreement_k,
        krippendorff=_single(values),
        indexes=indexes,
        rated_by=raters if len(raters) > 1 else (),
        remarks=tuple(_remarks(ratings, common=common, apart=totals is None and not flat.all(), loose=loose)),
    )


def _refuse_gaps(ratings: Ratings) -> None:
    for _i, _k, j in np.argwhere(np.isinf(ratings.values)):
        raise InputError("not-finite", "a rating of this index is not finite", column=ratings.indexes[j])
    for i, j in np.argwhere(np.isnan(ratings.means)):
        message = f"nobody has rated school {ratings.schools[i]!r} on this index"
        raise InputError("no-ratings", message, column=ratings.indexes[j], value=ratings.schools[i])


def _means(ratings: Ratings, good: list[int]) -> Array:
    """Means over the careful raters; a school that only careless ones rated takes theirs."""
    raters = tuple(ratings.raters[k] for k in good)
    careful = Ratings(ratings.schools, raters, ratings.indexes, ratings.values[:, good]).means
    return np.asarray(np.where(np.isnan(careful), ratings.means, careful))


def _described(ratings: Ratings, good: list[int]) -> list[tuple[str, float, float]]:
    """Name, mean and SD over schools of each index, as it was rated."""
    means = _means(ratings, good)
    sds = means.std(axis=0, ddof=1)
    return list(zip(ratings.indexes, means.mean(axis=0).tolist(), sds.tolist(), strict=True))


def _flat(means: Array, common: bool) -> NDArray[np.bool_]:
    """Indexes that do not vary, or on one scale hardly vary beside the middle one."""
    sd = means.std(axis=0)
    middle = float(np.median(sd[sd > 0])) if common and (sd > 0).any() else 0.0
    return np.asarray(sd <= max(FLAT_PART * middle, 1e-12))


def judge_raters(ratings: Ratings) -> Iterator[RaterQuality]:
    """Look at every rater beside the mean of the others, index means taken out."""
    centred = ratings.values - np.nanmean(ratings.values, axis=(0, 1), keepdims=True)
    along = [_along(centred, k) for k in range(len(ratings.raters))]
    known = [r for r, _n in along if r is not None]
    middle = float(np.median(known)) if known else 0.0
    given = [own[~np.isnan(own)] for own in ratings.values.transpose(1, 0, 2)]
    commonest = [_commonest(answers) for answers in given]
    # Where most raters give the same answer to nearly everything, nobody is careless for it.
    differ = len(given) > 1 and float(np.median(commonest)) < SAME_ANSWERS
    for name, answers, same, (r, n) in zip(ratings.raters, given, commonest, along, strict=True):
        lazy = differ and len(answers) >= 20 and same >= SAME_ANSWERS
        yield RaterQuality(name, len(answers), same, r, lazy or _far_below(r, n, middle, len(known)))


def _commonest(answers: Array) -> float:
    """Share of the commonest answer."""
    return float(np.unique(answers, return_counts=True)[1].max() / len(answers)) if len(answers) else 0.0


def _along(centred: Array, k: int) -> tuple[float | None, int]:
    others = np.delete(centred, k, axis=1)
    counted = (~np.isnan(others)).sum(axis=1)
    mean = np.nansum(others, axis=1) / np.maximum(counted, 1)
    own = centred[:, k]
    both = ~np.isnan(own) & (counted > 0)
    x, y = own[both], mean[both]
    if len(x) < 4 or x.std() <= 0 or y.std() <= 0:
        return None, len(x)
    return float(np.corrcoef(x, y)[0, 1]), len(x)


def _far_below(r: float | None, n: int, middle: float, raters: int) -> bool:
    """Below half of the middle rater's correlation, beyond chance by Fisher's z; with three raters or more."""
    if r is None or raters < 3 or middle <= 0 or n < 20:
        return False
    z = (np.arctanh(min(middle, 0.999999)) - np.arctanh(np.clip(r, -0.999999, 0.999999))) * np.sqrt(n - 3)
    return bool(r < CARELESS_PART * middle and z > norm.isf(CERTAIN))


def _judge_indexes(
    values: Array, means: Array, flat: NDArray[np.bool_], described: list[tuple[str, float, float]]
) -> tuple[tuple[IndexQuality, ...], bool]:
    """Judge every index, and tell whether a reversed one may have been missed."""
    z = np.where(flat, 0.0, (means - means.mean(axis=0)) / np.where(flat, 1.0, means.std(axis=0)))
    consistency = [_consistency(values[:, :, j]) for j in range(len(flat))]
    # What raters do not agree on is noise, and a correction by it would make anything a duplicate of anything.
    reliable = np.array([1.0 if icc is None else icc if icc >= AGREED else np.inf for icc in consistency])
    merged = _duplicates(z, reliable)
    found = direction(z, flat, merged)
    vif = _vif(z[:, ~flat])
    alphas = alphas_without(means)
    total = z.sum(axis=1)
    judged = []
    for j, (name, mean, sd) in enumerate(described):
        icc = consistency[j]
        verdict, reason = _verdict(j, found.reversed, merged, icc, flat)
        judged.append(
            IndexQuality(
                name=name,
                verdict=verdict,
                reason=reason,
                partner=described[merged[j]][0] if verdict == "merge" else "",
                mean=mean,
                sd=sd,
                rest=None if flat[j] else float(found.rest[j]),
                upper_lower=None if flat[j] else _upper_lower(z, j),
                vif=None if flat[j] or vif is None else float(vif[int((~flat[:j]).sum())]),
                alpha_without=alphas[j],
                icc=icc,
                without=tau(total, total - z[:, j]),
            )
        )
    return tuple(judged), found.loose


def _verdict(
    j: int, against: NDArray[np.bool_], merged: dict[int, int], icc: float | None, flat: NDArray[np.bool_]
) -> tuple[str, str]:
    if flat[j]:
        return "drop", "constant"
    if j in merged:
        return "merge", "duplicate"
    if against[j]:
        return "reword", "reversed"
    if icc is not None and icc < AGREED:
        return "reword", "raters-disagree"
    return "keep", ""


def _duplicates(z: Array, reliable: Array) -> dict[int, int]:
    """Index to merge → index that stays, strongest pairs first; what is merged takes nothing in.

    ``reliable`` divides the correlations, infinite for an index that can be no duplicate.
    """
    n, k = z.shape
    r = z.T @ z / n
    rest = rest_correlations(r, 1 - np.eye(k))
    low = np.tanh(np.arctanh(np.clip(r, -0.999999, 0.999999)) - norm.isf(PROBABLE) / np.sqrt(max(n - 3, 1)))
    less = np.sqrt(np.outer(reliable, reliable))
    r, low = r / less, low / less
    pairs = [(r[i, j], i, j) for i in range(k) for j in range(i + 1, k) if r[i, j] > DUPLICATE]
    merged: dict[int, int] = {}
    for value, i, j in sorted(pairs, reverse=True):
        if i in merged or j in merged or (low[i, j] <= DUPLICATE_LOW and value < 0.999999):
            continue
        goes, stays = (i, j) if rest[i] < rest[j] else (j, i)
        merged[goes] = stays
    return merged


def _vif(z: Array) -> Array | None:
    n, k = z.shape
    if n <= k + 1 or k < 2:
        return None
    R = z.T @ z / n
    return None if np.linalg.cond(R) > 1e12 else np.asarray(np.linalg.inv(R).diagonal())


def _upper_lower(z: Array, j: int) -> float:
    order = np.argsort(z.sum(axis=1) - z[:, j], kind="stable")
    size = max(round(EXTREME * len(z)), 1)
    return float(z[order[-size:], j].mean() - z[order[:size], j].mean())


def _consistency(ratings: Array) -> float | None:
    """ICC(C,k) from complete rows; None with one rater or too few complete rows."""
    complete = ratings[~np.isnan(ratings).any(axis=1)]
    found = intraclass(complete) if len(complete) >= FEWEST_SCHOOLS else None
    return None if found is None else found.consistency_k


def _totals(values: Array) -> Array | None:
    """Each rater's mean of each school, shape (schools, raters), from schools that every rater rated for the most part.

    Index means are taken out first, so that a gap on an easy index is no worse than one on a hard one.
    """
    if values.shape[1] < 2 or not values.shape[2]:
        return None
    known = ~np.isnan(values)
    centred = np.where(known, values - np.nanmean(values, axis=(0, 1)), 0.0)
    count = known.sum(axis=2)
    rated = (count >= MOSTLY * values.shape[2]).all(axis=1)
    if rated.sum() < FEWEST_SCHOOLS:
        return None
    return np.asarray(centred[rated].sum(axis=2) / count[rated])


def _single(values: Array) -> float | None:
    if values.shape[1] < 2:
        return None
    flat = values.transpose(0, 2, 1).reshape(-1, values.shape[1])
    return krippendorff(flat)


def _remarks(ratings: Ratings, *, common: bool, apart: bool, loose: bool) -> Iterator[Remark]:
    n, k = len(ratings.schools), len(ratings.indexes)
    if n < 30:
        yield Remark("few-schools", {"schools": n})
    if n < ADVISED_PER_INDEX * k:
        yield Remark("few-for-factors", {"schools": n, "indexes": k})
    if len(ratings.raters) == 1:
        yield Remark("one-rater")
    if len(ratings.raters) == 2:
        yield Remark("two-raters")
    if len(ratings.raters) > 1 and apart:
        yield Remark("raters-apart")
    if not common:
        yield Remark("standardised")
    missing = float(np.isnan(ratings.values).mean())
    if missing > 0:
        yield Remark("incomplete", {"share": missing})
    if loose:
        yield Remark("reversed-may-hide", {"schools": n})
