"""Classical statistics of single items, and of the options of items with a key.

Difficulty is the mean mark as a share of the full mark (Chinese 难度: high is easy). Discrimination is the correlation
of the item with the rest of the paper. The 27 % groups are Kelley's (1939); where pupils with the same total straddle
a border they count in part, so that the index does not depend on the order of the rows.
"""

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from xuequ.engines.consistency import alphas_without
from xuequ.engines.measurement.findings import ItemStatistics, OptionStatistics
from xuequ.engines.measurement.responses import Item, Responses, Texts

Floats = npt.NDArray[np.float64]
EXTREME = 0.27
FEWEST_FOR_GROUPS = 30
"""Below as many pupils the two extreme groups are so small that their difference says nothing."""


def correlation(x: Floats, y: Floats) -> float | None:
    """Return Pearson's correlation; None where one side does not vary."""
    if len(x) < 3 or x.std() <= 1e-12 or y.std() <= 1e-12:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def fisher_interval(r: float | None, n: int, confidence: float) -> tuple[float | None, float | None]:
    """Return the interval of a correlation by Fisher's z.

    >>> [round(end, 3) for end in fisher_interval(0.5, 103, 0.95)]
    [0.339, 0.632]
    """
    if r is None or n < 4 or abs(r) >= 1:
        return None, None
    half = NormalDist().inv_cdf(0.5 + confidence / 2) / (n - 3) ** 0.5
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))


def extreme_weights(total: Floats, share: float = EXTREME) -> tuple[Floats, Floats]:
    """Return each pupil's weight 0..1 in the lower and the upper group; each group's weights sum to share · n.

    >>> lower, upper = extreme_weights(np.array([1.0, 2.0, 2.0, 3.0]), 0.5)
    >>> lower.tolist(), upper.tolist()
    ([1.0, 0.5, 0.5, 0.0], [0.0, 0.5, 0.5, 1.0])
    """
    return _lowest(total, share), _lowest(-total, share)


def _lowest(total: Floats, share: float) -> Floats:
    wanted = share * len(total)
    values, counts = np.unique(total, return_counts=True)
    before = np.concatenate([[0], np.cumsum(counts)[:-1]])
    part = np.clip((wanted - before) / counts, 0.0, 1.0)
    return np.asarray(part[np.searchsorted(values, total)])


def item_statistics(responses: Responses, confidence: float = 0.95) -> list[ItemStatistics]:
    """Return the statistics of each item, without flags."""
    whole = responses.of_complete().scores
    total = whole.sum(axis=1)
    without = alphas_without(whole) if len(whole) > 1 else [None] * len(responses.items)
    groups = extreme_weights(total) if len(total) >= FEWEST_FOR_GROUPS else None
    return [
        _one(item, responses.scores[:, place], whole[:, place], total, groups, without[place], confidence)
        for place, item in enumerate(responses.items)
    ]


def _one(
    item: Item,
    given: Floats,
    whole: Floats,
    total: Floats,
    groups: tuple[Floats, Floats] | None,
    without: float | None,
    confidence: float,
) -> ItemStatistics:
    marks = given[~np.isnan(given)]
    r = correlation(whole, total - whole)
    low, high = fisher_interval(r, len(whole), confidence)
    mean = float(marks.mean()) if len(marks) else float("nan")
    return ItemStatistics(
        number=item.number,
        n=len(marks),
        full_mark=item.full_mark,
        mean=mean,
        difficulty=mean / item.full_mark,
        sd=float(marks.std(ddof=1)) if len(marks) > 1 else 0.0,
        discrimination=r,
        low=low,
        high=high,
        upper_lower=None if groups is None else _upper_lower(whole / item.full_mark, *groups),
        zero=float((marks <= 0).mean()) if len(marks) else float("nan"),
        full=float((marks >= item.full_mark - 1e-9).mean()) if len(marks) else float("nan"),
        alpha_without=without,
    )


def _upper_lower(share: Floats, lower: Floats, upper: Floats) -> float:
    return float(np.average(share, weights=upper) - np.average(share, weights=lower))


def option_statistics(responses: Responses) -> list[OptionStatistics]:
    """Return the statistics of the options of each item whose options are known, the key first, then by letter."""
    whole = responses.of_complete()
    total = whole.scores.sum(axis=1)
    found: list[OptionStatistics] = []
    for place, (item, chosen) in enumerate(zip(whole.items, whole.options, strict=True)):
        if chosen is not None and len(chosen):
            found += _options_of(item, chosen, total, total - whole.scores[:, place])
    return found


def _options_of(item: Item, chosen: Texts, total: Floats, rest: Floats) -> list[OptionStatistics]:
    key = item.key.upper()
    lower, upper = extreme_weights(total)
    middle = 1 - lower - upper
    names = sorted({*np.unique(chosen).tolist(), key} - {""}, key=lambda name: (name != key, name))
    if "" in chosen:
        names.append("")
    rows = []
    for name in names:
        picked = (chosen == name).astype(float)
        at = [float(np.average(picked, weights=weights)) for weights in (lower, middle, upper)]
        rows.append(
            OptionStatistics(
                number=item.number,
                option=name,
                is_key=bool(key) and name == key,
                n=int(picked.sum()),
                share=float(picked.mean()),
                lower=at[0],
                middle=at[1],
                upper=at[2],
                point_biserial=correlation(picked, rest),
            )
        )
    return rows
