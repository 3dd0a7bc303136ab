"""Linking the scores of two forms or years through an anchor that both groups sat.

Without an anchor nothing tells a harder paper from a weaker group, so nothing is linked. The methods are those of
``linking_linear`` and ``linking_equipercentile``; each linked score has its standard error.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.findings import Remark
from xuequ.engines.growth.inputs import Array, finite, refuse_constant, refuse_few, refuse_twice, require
from xuequ.engines.growth.linking_anchor import Drift, item_drift
from xuequ.engines.growth.linking_equipercentile import (
    JointTable,
    chained,
    frequency_estimation,
    grid,
    joint_table,
    smoothed,
)
from xuequ.engines.growth.linking_linear import (
    LINEAR,
    Line,
    LinearMethod,
    Moments,
    delta_errors,
    line,
)

Method = Literal[
    "mean", "chained", "tucker", "levine", "levine-true", "chained-equipercentile", "frequency-estimation"
]
METHODS: tuple[Method, ...] = get_args(Method)

FEWEST_LINEAR = 100
FEWEST_EQUIPERCENTILE = 400
ADVISED = 1500
"""Pupils in each group from which equipercentile linking is advised (Kolen and Brennan 2014, section 8.3)."""
FEWEST_ITEMS = 5
MOST_DRIFTING = 0.4
WEAK_ANCHOR = 0.7
FAR_APART = 0.5
"""Difference of the groups on the anchor, in standard deviations, beyond which methods part company."""
_FEWEST_REPLICATES = 50


@dataclass(frozen=True, slots=True)
class LinkingDesign:
    """What to link and how.

    Parameters
    ----------
    score : column of the totals in both tables
    anchor : column of the anchor scores, or empty when ``items`` are given
    items : columns of the anchor items, whose sum is the anchor score
    internal : whether the anchor's points count in the total
    method : one of ``METHODS``
    weight : w₁ of the synthetic population, from 0 (group of the old form) to 1 (group of the new form)
    degrees, cross : moments of total and anchor, and cross-moments, that presmoothing keeps; degrees (0, 0) is none
    replicates : bootstrap samples (equipercentile methods)
    """

    score: str
    anchor: str = ""
    items: tuple[str, ...] = ()
    internal: bool = True
    method: Method = "chained"
    weight: float = 1.0
    degrees: tuple[int, int] = (6, 6)
    cross: int = 2
    replicates: int = 200

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            message = f"no method {self.method!r}; there are: {', '.join(METHODS)}"
            raise InputError("unknown-method", message)
        if not 0 <= self.weight <= 1:
            raise InputError("bad-weight", f"the weight lies from 0 to 1: {self.weight}")
        if not self.anchor and not self.items:
            raise InputError(
                "no-anchor",
                "two forms cannot be compared without an anchor: name the column of an anchor score that both"
                " groups have, or the columns of at least 5 items that stand in both forms",
            )

        refuse_twice(self.score, *(self.items or (self.anchor,)))

    @property
    def linear(self) -> bool:
        """Whether the method gives a straight line."""
        return self.method in LINEAR


@dataclass(frozen=True, slots=True)
class Linking:
    """A link from the new form to the scale of the old one.

    Attributes
    ----------
    design : as given
    concordance : score (new form), linked (old scale), se, low, high (95 %), n (pupils of the new form with the
        score) and inside (whether the old form has scores there)
    line : slope and intercept, for the linear methods
    new, old : moments of both groups
    difference : mean anchor difference, new minus old, in pooled SDs
    drift : of the anchor items, when items were given
    dropped : items left out of the anchor because they drifted
    n_new, n_old : pupils with total and anchor
    remarks : codes with numbers
    """

    design: LinkingDesign
    concordance: pl.DataFrame
    line: Line | None
    new: Moments
    old: Moments
    difference: float
    drift: Drift | None
    dropped: tuple[str, ...]
    n_new: int
    n_old: int
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    total: Array
    anchor: Array


def link(
    new: pl.DataFrame, old: pl.DataFrame, design: LinkingDesign, rng: np.random.Generator | None = None
) -> Linking:
    """Link the scores of a new form to those of an old one.

    Parameters
    ----------
    new, old : one row for each pupil of each group
    design : columns and method
    rng : for the bootstrap of the equipercentile methods

    Raises
    ------
    InputError
        ``no-anchor``, ``too-few-anchors``, ``too-few-pupils``, ``anchors-drift``, ``anchor-unrelated``,
        ``no-overlap``, ``anchor-not-inside``, ``constant``, ``uneven-scores``, ``unknown-column``, ``not-numeric``,
        ``no-generator``.
    """
    drift, kept = _anchor(new, old, design)
    groups = _group(new, design, kept), _group(old, design, kept)
    moments = _checked(groups, design)
    table, found = _linked(groups, design, rng)
    difference = _difference(moments)
    dropped = drift.drifted if drift else ()
    remarks = _remarks(design, moments, difference, groups, drift, dropped)
    return Linking(
        design, table, found, *moments, difference, drift, dropped,
        len(groups[0].total), len(groups[1].total), tuple(remarks),
    )  # fmt: skip


def _anchor(
    new: pl.DataFrame, old: pl.DataFrame, design: LinkingDesign
) -> tuple[Drift | None, tuple[str, ...]]:
    """The report on the anchor items and those that may link."""
    for table in (new, old):
        require(table, [design.score])
    _require_anchor(new, old, design.items or (design.anchor,))
    if not design.items:
        return None, ()
    refuse_few(len(design.items), FEWEST_ITEMS, "anchor items", "too-few-anchors")
    tables = [
        pl.DataFrame([finite(table, name) for name in (design.score, *design.items)]).drop_nulls()
        for table in (new, old)
    ]
    for table in tables:
        refuse_few(table.height, FEWEST_LINEAR, "pupils with all anchor items in one of the forms")
    full = {name: _full_marks(tables, name) for name in design.items}
    drift = item_drift(tables[0], tables[1], full)
    kept = tuple(name for name in design.items if name not in drift.drifted)
    if len(drift.drifted) > MOST_DRIFTING * len(design.items):
        message = f"{len(drift.drifted)} of {len(design.items)} anchor items changed their difficulty"
        raise InputError("anchors-drift", f"{message}; this anchor cannot link", column=drift.drifted[0])
    refuse_few(len(kept), FEWEST_ITEMS, "anchor items that kept their difficulty", "too-few-anchors")
    return drift, kept


def _require_anchor(new: pl.DataFrame, old: pl.DataFrame, names: tuple[str, ...]) -> None:
    for which, table in (("new", new), ("old", old)):
        for name in names:
            if name not in table.columns:
                message = f"the table of the {which} form has no anchor column {name!r}; both groups need it"
                raise InputError("no-anchor", message, column=name)


def _full_marks(tables: list[pl.DataFrame], name: str) -> float:
    values = np.concatenate([table[name].to_numpy() for table in tables])
    refuse_constant(values, name)
    if values.min() < 0:
        raise InputError("negative-points", "points of an item cannot be negative", column=name)
    return float(values.max())


def _group(table: pl.DataFrame, design: LinkingDesign, kept: tuple[str, ...]) -> _Group:
    """Totals and anchor scores; an item that drifted leaves the anchor and stays in the total."""
    names = design.items or (design.anchor,)
    complete = pl.DataFrame([finite(table, name) for name in (design.score, *names)]).drop_nulls()
    anchor = complete.select(pl.sum_horizontal(kept or names)).to_series()
    return _Group(complete[design.score].to_numpy(), anchor.to_numpy().astype(np.float64))


def _checked(groups: tuple[_Group, _Group], design: LinkingDesign) -> tuple[Moments, Moments]:
    least = FEWEST_LINEAR if design.linear else FEWEST_EQUIPERCENTILE
    for which, group in zip(("new", "old"), groups, strict=True):
        refuse_few(len(group.total), least, f"pupils with total and anchor in the {which} form")
        refuse_constant(group.total, design.score)
        refuse_constant(group.anchor, design.anchor or design.items[0])
    moments = tuple(Moments.of(group.total, group.anchor) for group in groups)
    if min(m.covariance for m in moments) <= 0:
        raise InputError("anchor-unrelated", "anchor and total do not go together; this anchor cannot link")
    _check_overlap(groups)
    _check_internal(groups, design)
    return cast(tuple[Moments, Moments], moments)


def _check_overlap(groups: tuple[_Group, _Group]) -> None:
    """Groups of which hardly one pupil reaches the other's anchor scores would be linked by extrapolation alone."""
    middle = [np.percentile(group.anchor, [5, 95]) for group in groups]
    if middle[0][0] > middle[1][1] or middle[1][0] > middle[0][1]:
        message = "the two groups' anchor scores do not overlap; a link would be guesswork"
        raise InputError("no-overlap", message)


def _check_internal(groups: tuple[_Group, _Group], design: LinkingDesign) -> None:
    """The points of an internal anchor are part of the total, so nobody has fewer points in total."""
    if design.internal and any(np.any(group.total < group.anchor - 1e-9) for group in groups):
        message = "a pupil has fewer points in total than in the anchor, which therefore is external to it"
        raise InputError("anchor-not-inside", message, column=design.score)


def _linked(
    groups: tuple[_Group, _Group], design: LinkingDesign, rng: np.random.Generator | None
) -> tuple[pl.DataFrame, Line | None]:
    if not design.linear:
        return _by_percentiles(groups, design, rng), None
    method = cast(LinearMethod, design.method)

    def formula(new: Moments, old: Moments) -> Line:
        return line(method, new, old, internal=design.internal, weight=design.weight)

    found = formula(*(Moments.of(group.total, group.anchor) for group in groups))
    scores = _scores(groups[0].total, design)
    errors = delta_errors(
        formula, (groups[0].total, groups[0].anchor), (groups[1].total, groups[1].anchor), scores
    )
    return _concordance(groups, scores, found(scores), errors), found


def _scores(total: Array, design: LinkingDesign) -> Array:
    try:
        return grid(total, column=design.score).points
    except InputError:
        return np.unique(total)


def _by_percentiles(
    groups: tuple[_Group, _Group], design: LinkingDesign, rng: np.random.Generator | None
) -> pl.DataFrame:
    if rng is None or design.replicates < _FEWEST_REPLICATES:
        message = f"errors need a random generator and at least {_FEWEST_REPLICATES} bootstrap samples"
        raise InputError("no-generator", message)
    anchor = grid(groups[0].anchor, groups[1].anchor, column=design.anchor or design.items[0])
    totals = [grid(group.total, column=design.score) for group in groups]
    tables = [joint_table(g.total, g.anchor, t, anchor) for g, t in zip(groups, totals, strict=True)]
    scores = totals[0].points
    linked = _percentile_link(tables, design, scores)
    drawn = [
        _percentile_link([_resampled(table, rng) for table in tables], design, scores)
        for _ in range(design.replicates)
    ]
    return _concordance(groups, scores, linked, np.std(drawn, axis=0, ddof=1))


def _resampled(table: JointTable, rng: np.random.Generator) -> JointTable:
    n = int(table.cells.sum())
    cells = rng.multinomial(n, table.cells.ravel() / n).astype(np.float64)
    return JointTable(table.total, table.anchor, cells.reshape(table.cells.shape))


def _percentile_link(tables: list[JointTable], design: LinkingDesign, scores: Array) -> Array:
    if max(design.degrees) > 0:
        tables = [smoothed(t, design.degrees, design.cross, internal=design.internal) for t in tables]
    if design.method == "chained-equipercentile":
        return chained(scores, tables[0], tables[1])
    return frequency_estimation(scores, tables[0], tables[1], design.weight)


def _concordance(groups: tuple[_Group, _Group], scores: Array, linked: Array, se: Array) -> pl.DataFrame:
    counts = np.bincount(np.searchsorted(scores, groups[0].total - 1e-6), minlength=len(scores))
    old = groups[1].total
    return pl.DataFrame(
        {
            "score": scores, "linked": linked, "se": se, "low": linked - 1.96 * se, "high": linked + 1.96 * se,
            "n": counts[: len(scores)], "inside": (linked >= old.min()) & (linked <= old.max()),
        }
    )  # fmt: skip


def _difference(moments: tuple[Moments, Moments]) -> float:
    spread = np.sqrt((moments[0].anchor_variance + moments[1].anchor_variance) / 2)
    return float((moments[0].anchor_mean - moments[1].anchor_mean) / spread)


def _remarks(
    design: LinkingDesign,
    moments: tuple[Moments, Moments],
    difference: float,
    groups: tuple[_Group, _Group],
    drift: Drift | None,
    dropped: tuple[str, ...],
) -> Iterator[Remark]:
    for name in dropped:
        yield Remark("drifted-item", name=name)
    if drift is None:
        yield Remark("drift-unchecked")
    correlation = min(m.correlation for m in moments)
    if correlation < WEAK_ANCHOR:
        yield Remark("weak-anchor", {"correlation": correlation})
    if abs(difference) > FAR_APART:
        yield Remark("groups-differ", {"difference": difference})
    smallest = min(len(group.total) for group in groups)
    if not design.linear and smallest < ADVISED:
        yield Remark("few-pupils", {"pupils": smallest, "advised": ADVISED})
    elif design.linear and smallest < FEWEST_EQUIPERCENTILE:
        yield Remark("few-pupils", {"pupils": smallest, "advised": FEWEST_EQUIPERCENTILE})


def apply_link(linking: Linking, scores: pl.Series) -> pl.Series:
    """Turn scores of the new form into the old form's scale; scores off the table stay missing, never guessed."""
    values = scores.cast(pl.Float64).to_numpy()
    table = linking.concordance
    low, high = float(table["score"][0]), float(table["score"][-1])
    inside = (values >= low) & (values <= high)
    linked = np.interp(values, table["score"].to_numpy(), table["linked"].to_numpy())
    return pl.Series(scores.name, np.where(inside, linked, np.nan)).fill_nan(None)
