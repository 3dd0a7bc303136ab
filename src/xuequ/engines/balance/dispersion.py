"""Measures of how unevenly an amount per pupil is spread over schools.

The official 差异系数 of 教督〔2017〕6号 weighs each school by its pupils: X_i = x_i/P_i, X̄ = Σx_i/ΣP_i,
S = √(Σ(P_i/ΣP)(X_i − X̄)²), CV = S/X̄. Beside it stand the plain CV that is often used in its place, Gini, Theil's
T and L (Theil 1967; Shorrocks 1980) with their exact parts between and within areas, Hoover, McLoone and plain ratios.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from xuequ.engines.balance.exact import within
from xuequ.engines.balance.inputs import Array, amounts, refuse_mixed_units
from xuequ.engines.balance.sections import JUNIOR, PRIMARY, Sections, sections
from xuequ.engines.errors import InputError

LIMITS = {PRIMARY: 0.50, JUNIOR: 0.45}
"""Limits of the coefficient by stage, 教督〔2017〕6号."""
FEWEST_FOR_INTERVAL = 10
_BLOCK = 200_000


@dataclass(frozen=True, slots=True)
class CvDesign:
    """What is measured.

    Parameters
    ----------
    value : column of the school's amount, or of the amount per pupil when ``per_pupil``
    pupils : column of pupils
    school, stage, area : columns of key, stage (小学, 初中, 九年一贯制, …) and area (片区); the last two may be missing
    limit : limit of the coefficient for every stage; None: 0.50 for primary, 0.45 for junior schools
    replicates : bootstrap samples of schools; 0 for no intervals
    confidence : level of the intervals
    """

    value: str
    pupils: str
    per_pupil: bool = False
    school: str = "school"
    stage: str = "stage"
    area: str = "area"
    limit: float | None = None
    replicates: int = 1000
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class Indices:
    """The measures of one set of schools; None where one is not defined (L and ratios with a zero).

    ``cv``, ``gini``, ``theil_t``, ``theil_l`` and ``hoover`` weigh by pupils; ``cv_plain`` (n), ``cv_sample`` (n − 1)
    and ``gini_plain`` count each school once. ``ratio`` is the highest over the lowest school, ``relative_range``
    their distance over the mean, ``p90_p10`` of pupils, ``mcloone`` the sum below the median over that at the median.
    """

    mean: float
    sd: float
    cv: float
    mean_plain: float
    cv_plain: float
    cv_sample: float | None
    gini: float
    gini_plain: float
    theil_t: float
    theil_l: float | None
    hoover: float
    mcloone: float | None
    p90_p10: float | None
    ratio: float | None
    relative_range: float
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A bootstrap interval of one measure over schools."""

    measure: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Dispersion:
    """One stage.

    Attributes
    ----------
    indices : the measures
    intervals : by bootstrap over schools, from ten schools on
    limit, met : limit of the official coefficient and whether it is kept (compared without rounding)
    met_plain : whether the plain coefficient would say so
    between_t, within_t, between_l, within_l : parts of Theil's T and L; None without areas
    areas : area, schools, pupils, mean, cv, theil_t, share_t (part of all of T that lies within this area)
    values : school, area, pupils, value (per pupil), part (P_i/ΣP · (X_i − X̄)², adds up to S²)
    """

    stage: str
    schools: int
    pupils: float
    indices: Indices
    intervals: tuple[Interval, ...]
    limit: float | None
    met: bool | None
    met_plain: bool | None
    between_t: float | None
    within_t: float | None
    between_l: float | None
    within_l: float | None
    areas: pl.DataFrame
    values: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Balance:
    """The stages of a table, and the schools that the rules leave out with the reason."""

    design: CvDesign
    stages: tuple[Dispersion, ...]
    left_out: tuple[tuple[str, str], ...]


def measure(table: pl.DataFrame, design: CvDesign, rng: np.random.Generator) -> Balance:
    """Measure each stage of a table with one row for each school.

    Raises
    ------
    InputError
        What ``sections`` raises, ``missing-value``, ``negative``, ``mixed-units`` or ``all-zero``.
    """
    found = sections(table, design.pupils, school=design.school, stage=design.stage, area=design.area)
    per_row = per_pupil(table, design.value, design.pupils, given=design.per_pupil)
    amount = section_amounts(table, design.value, found, given=design.per_pupil)
    stages = []
    for stage in found.stages():
        at = found.at(stage)
        value = per_row[found.row[at]]
        frame = pl.DataFrame(
            {"school": [found.school[i] for i in at], "area": [found.area[i] for i in at],
             "pupils": found.pupils[at], "value": value, "amount": amount[at]}
        )  # fmt: skip
        stages.append(_stage(stage, frame, design, rng))
    return Balance(design, tuple(stages), found.left_out)


def per_pupil(table: pl.DataFrame, value: str, pupils: str, *, given: bool = False) -> Array:
    """Return the amount per pupil of each row, with mixed units refused."""
    found = amounts(table, value)
    if not given:
        found = found / amounts(table, pupils)
    refuse_mixed_units(found, value)
    return found


def section_amounts(table: pl.DataFrame, value: str, found: Sections, *, given: bool = False) -> Array:
    """Return the amount of each section, shape (sections,); per-pupil columns are multiplied by its pupils."""
    values = amounts(table, value)[found.row]
    return values * (found.pupils if given else found.share)


def _stage(stage: str, frame: pl.DataFrame, design: CvDesign, rng: np.random.Generator) -> Dispersion:
    X, P = frame["value"].to_numpy(), frame["pupils"].to_numpy()
    if not X.any():
        raise InputError("all-zero", "all amounts are zero, so nothing can be compared", column=design.value)
    found = indices(X, P)
    limit = LIMITS.get(stage) if design.limit is None else design.limit
    between_t, within_t = _parts_t(frame)
    between_l, within_l = _parts_l(frame)
    return Dispersion(
        stage=stage,
        schools=len(X),
        pupils=float(P.sum()),
        indices=found,
        intervals=intervals(X, P, design.replicates, design.confidence, rng),
        limit=limit,
        met=None if limit is None else within(frame["amount"], P, limit),
        met_plain=None if limit is None else found.cv_plain <= limit,
        between_t=between_t,
        within_t=within_t,
        between_l=between_l,
        within_l=within_l,
        areas=_areas(frame),
        values=frame.drop("amount").with_columns(part=pl.Series(P / P.sum() * (X - found.mean) ** 2)),
    )


def indices(X: Array, P: Array) -> Indices:
    """Return all measures of amounts per pupil ``X`` with pupils ``P``, both of shape (schools,).

    >>> books = np.array([279, 137, 935, 160, 402.0])
    >>> pupils = np.array([45, 37, 89, 76, 55.0])
    >>> round(indices(books / pupils, pupils).cv, 4)
    0.5153
    """
    w = P / P.sum()
    mean, plain = float(w @ X), float(X.mean())
    r = X / mean
    sd = float(np.sqrt(w @ (X - mean) ** 2))
    low, high = float(X.min()), float(X.max())
    return Indices(
        mean=mean,
        sd=sd,
        cv=sd / mean,
        mean_plain=plain,
        cv_plain=float(X.std()) / plain,
        cv_sample=float(X.std(ddof=1)) / plain if len(X) > 1 else None,
        gini=float(_gini(X[None], w[None])[0]),
        gini_plain=float(_gini(X[None], np.full((1, len(X)), 1 / len(X)))[0]),
        theil_t=theil_t(X, P),
        theil_l=theil_l(X, P),
        hoover=float(w @ np.abs(r - 1) / 2),
        mcloone=_mcloone(X),
        p90_p10=_ratio(_quantile(X, w, 0.9), _quantile(X, w, 0.1)),
        ratio=_ratio(high, low),
        relative_range=(high - low) / mean,
        lowest=low,
        highest=high,
    )


def theil_t(X: Array, P: Array) -> float:
    """Σ w r ln r with r = X/X̄; a zero counts 0, its limit."""
    w = P / P.sum()
    r = X / (w @ X)
    return float(w @ (r * np.log(np.where(r > 0, r, 1.0))))


def theil_l(X: Array, P: Array) -> float | None:
    """−Σ w ln r, the mean log deviation; None when a school has nothing."""
    w = P / P.sum()
    return None if (X <= 0).any() else float(-(w @ np.log(X / (w @ X))))


def _gini(X: Array, w: Array) -> Array:
    """Σ_iΣ_j w_i w_j |X_i − X_j| / 2X̄ of each row, shape (samples,), through the Lorenz curve."""
    order = np.argsort(X, axis=1)
    X, w = np.take_along_axis(X, order, 1), np.take_along_axis(w, order, 1)
    rank = np.cumsum(w, axis=1) - w / 2
    mean = (w * X).sum(axis=1)
    return np.asarray(2 * (w * X * rank).sum(axis=1) / mean - 1)


def _mcloone(X: Array) -> float | None:
    median = float(np.median(X))
    below = X[median > X]
    return float(below.sum() / (len(below) * median)) if len(below) and median > 0 else None


def _quantile(X: Array, w: Array, q: float) -> float:
    order = np.argsort(X)
    at = int(np.searchsorted(np.cumsum(w[order]), q - 1e-12))
    return float(X[order][min(at, len(X) - 1)])


def _ratio(high: float, low: float) -> float | None:
    return high / low if low > 0 else None


def intervals(
    X: Array, P: Array, replicates: int, confidence: float, rng: np.random.Generator
) -> tuple[Interval, ...]:
    """Percentile intervals over samples of schools; none below ten schools, where they would mean nothing."""
    if len(X) < FEWEST_FOR_INTERVAL or not replicates:
        return ()
    block = max(1, _BLOCK // len(X))
    drawn = [
        _drawn(X, P, rng.integers(0, len(X), (min(block, replicates - start), len(X))))
        for start in range(0, replicates, block)
    ]
    values = np.concatenate(drawn)
    values = values[np.isfinite(values).all(axis=1)]
    tail = 50 * (1 - confidence)
    low, high = np.percentile(values, [tail, 100 - tail], axis=0)
    names = ("cv", "cv_plain", "gini", "theil_t")
    return tuple(Interval(name, float(low[k]), float(high[k])) for k, name in enumerate(names))


def _drawn(X: Array, P: Array, at: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> Array:
    """Measures of samples, shape (samples, 4)."""
    x, p = X[at], P[at]
    w = p / p.sum(axis=1, keepdims=True)
    mean = (w * x).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = x / mean[:, None]
        cv = np.sqrt((w * (r - 1) ** 2).sum(axis=1))
        plain = x.std(axis=1) / x.mean(axis=1)
        theil = (w * r * np.log(np.where(r > 0, r, 1.0))).sum(axis=1)
        return np.column_stack([cv, plain, _gini(x, w), theil])


def _grouped(frame: pl.DataFrame) -> list[tuple[str, Array, Array]]:
    """Area, amounts per pupil and pupils; empty when no school names an area."""
    if not any(frame["area"]):
        return []
    names = sorted(set(frame["area"]))
    parts = [frame.filter(pl.col("area") == name) for name in names]
    return [(n, p["value"].to_numpy(), p["pupils"].to_numpy()) for n, p in zip(names, parts, strict=True)]


def _parts_t(frame: pl.DataFrame) -> tuple[float | None, float | None]:
    groups = _grouped(frame)
    if not groups:
        return None, None
    means = np.array([np.average(X, weights=P) for _, X, P in groups])
    sizes = np.array([P.sum() for _, _, P in groups])
    between = theil_t(means, sizes)
    return between, theil_t(frame["value"].to_numpy(), frame["pupils"].to_numpy()) - between


def _parts_l(frame: pl.DataFrame) -> tuple[float | None, float | None]:
    groups = _grouped(frame)
    whole = theil_l(frame["value"].to_numpy(), frame["pupils"].to_numpy())
    if not groups or whole is None:
        return None, None
    means = np.array([np.average(X, weights=P) for _, X, P in groups])
    between = theil_l(means, np.array([P.sum() for _, _, P in groups])) or 0.0
    return between, whole - between


_AREAS = {
    "area": pl.String, "schools": pl.Int64, "pupils": pl.Float64, "mean": pl.Float64, "cv": pl.Float64,
    "theil_t": pl.Float64, "share_t": pl.Float64,
}  # fmt: skip


def _areas(frame: pl.DataFrame) -> pl.DataFrame:
    X, P = frame["value"].to_numpy(), frame["pupils"].to_numpy()
    whole, total = theil_t(X, P), float(P @ X)
    rows = [_area(name, x, p, float(p @ x) / total, whole) for name, x, p in _grouped(frame)]
    return pl.DataFrame(rows, schema=_AREAS, orient="row")


def _area(name: str, X: Array, P: Array, part: float, whole: float) -> tuple[object, ...]:
    mean = float(np.average(X, weights=P))
    if mean == 0:
        return name, len(X), float(P.sum()), 0.0, None, None, 0.0
    cv = float(np.sqrt(np.average((X - mean) ** 2, weights=P))) / mean
    own = theil_t(X, P)
    return name, len(X), float(P.sum()), mean, cv, own, part * own / whole if whole > 0 else None
