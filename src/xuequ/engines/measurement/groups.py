"""Items and knowledge points by group: a class, a school, all pupils."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from xuequ.engines.measurement.responses import Floats, Responses, Texts, point_names

SCHEMA = {
    "group": pl.String,
    "kind": pl.String,
    "code": pl.String,
    "n": pl.Int64,
    "mean": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "below": pl.Float64,
    "wrong": pl.String,
    "wrong_share": pl.Float64,
}
PRIOR = 3
MASTERED = 0.6
"""A pupil with a smaller share of a point's marks has not mastered it yet (the pass mark of Chinese papers)."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """Items and points side by side: ``share`` is (pupils, parts), a share of the full mark, NaN if not given.

    ``wrong`` holds the wrong options chosen, (pupils,), for items whose options and key are known.
    """

    names: list[tuple[str, str]]
    share: Floats
    wrong: dict[int, Texts]


def share_interval(mean: float, n: int, variance: float, confidence: float) -> tuple[float, float]:
    """Return the interval of a mean share of marks: Wilson's, with as many pupils as their spread is worth.

    Marks vary less than right and wrong do, so ``n`` pupils are worth ``n · m(1−m)/s²`` answers; the ratio is drawn
    towards 1 as if three pupils more had answered right or wrong, and the quantile is Student's.

    >>> [round(end, 3) for end in share_interval(0.5, 10, 0.25, 0.95)]  # right and wrong: Wilson with t
    [0.209, 0.791]
    >>> [round(end, 3) for end in share_interval(0.5, 10, 0.05, 0.95)]
    [0.294, 0.706]
    """
    from scipy.special import stdtrit  # loaded where shares are computed, not where they are shown

    most = mean * (1 - mean)
    ratio = min(variance / most, 1.0) if most > 0 else 1.0
    worth = n / (((n - 1) * ratio + PRIOR) / (n - 1 + PRIOR))
    z = float(stdtrit(n - 1, 0.5 + confidence / 2)) if n > 2 else 10.0
    centre, scale = (mean + z * z / (2 * worth)), 1 + z * z / worth
    half = z * (most / worth + z * z / (4 * worth * worth)) ** 0.5
    low, high = (centre - half) / scale, (centre + half) / scale
    return 0.0 if mean <= 0 else max(low, 0.0), 1.0 if mean >= 1 else min(high, 1.0)


def by_group(responses: Responses, groups: Sequence[str | None], confidence: float = 0.95) -> pl.DataFrame:
    """Return mean shares by group, columns ``SCHEMA``: one row for each group and item or point.

    ``groups`` names each pupil's group, (pupils,); rows without one are left out. ``below`` is the share of pupils
    under ``MASTERED``; ``wrong`` the wrong option chosen most, and ``wrong_share`` by how many.
    """
    labels = np.array([group or "" for group in groups], dtype=np.str_)
    parts = _parts(responses)
    order = np.argsort(labels, kind="stable")
    names, starts = np.unique(labels[order], return_index=True)
    rows: list[tuple[object, ...]] = []
    for name, inside in zip(names.tolist(), np.split(order, starts[1:]), strict=True):
        rows += _rows(name, parts, inside, confidence) if name else []
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _parts(responses: Responses) -> _Parts:
    points = point_names(responses)
    of_point = np.array([[item.point == point for item in responses.items] for point in points], dtype=float)
    names = [*(("item", item.number) for item in responses.items), *(("point", point) for point in points)]
    share = responses.scores / responses.full_marks
    if points:
        share = np.hstack(
            [share, np.nan_to_num(responses.scores) @ of_point.T / (of_point @ responses.full_marks)]
        )
        share[:, len(responses.items) :][_not_given(responses, of_point)] = np.nan
    return _Parts(names, share, _wrong(responses))


def _not_given(responses: Responses, of_point: Floats) -> npt.NDArray[np.bool_]:
    """Return where a pupil was not given all items of a point, (pupils, points)."""
    return np.asarray(np.isnan(responses.scores).astype(float) @ of_point.T > 0)


def _wrong(responses: Responses) -> dict[int, Texts]:
    found = {}
    for place, (item, chosen) in enumerate(zip(responses.items, responses.options, strict=True)):
        if chosen is not None and item.key:
            found[place] = np.where(chosen == item.key.upper(), "", chosen)
    return found


def _rows(
    group: str, parts: _Parts, inside: npt.NDArray[np.intp], confidence: float
) -> Iterator[tuple[object, ...]]:
    share = parts.share[inside]
    given = ~np.isnan(share)
    counts = given.sum(axis=0)
    means = np.where(given, share, 0.0).sum(axis=0) / np.maximum(counts, 1)
    spread = np.where(given, (share - means) ** 2, 0.0).sum(axis=0) / np.maximum(counts - 1, 1)
    below = (given & (np.where(given, share, 1.0) < MASTERED)).sum(axis=0) / np.maximum(counts, 1)
    for place, (kind, code) in enumerate(parts.names):
        n, mean = int(counts[place]), float(means[place])
        if n:
            wrong = _most_wrong(parts.wrong[place][inside]) if place in parts.wrong else ("", None)
            ends = share_interval(mean, n, float(spread[place]), confidence)
            yield (group, kind, code, n, mean, *ends, float(below[place]), *wrong)


def _most_wrong(chosen: Texts) -> tuple[str, float | None]:
    names, counts = np.unique(chosen[chosen != ""], return_counts=True)
    if not len(names):
        return "", None
    first = int(counts.argmax())
    return str(names[first]), float(counts[first] / len(chosen))
