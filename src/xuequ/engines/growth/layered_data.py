"""From a long table of scores to the numbered pupils, paths and random effects of the layered model.

One row for each pupil, subject, year and school. A pupil of several schools in one year has a row for each, with
shares; a row without a score still tells where the pupil was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from scipy.stats import norm, rankdata

from xuequ.engines.errors import InputError
from xuequ.engines.growth.frame import natural_order
from xuequ.engines.growth.layered_likelihood import Array, Ints, LayeredProblem
from xuequ.engines.growth.pooling import numbers

Scale = Literal["nce", "z", "raw"]
SCALES: tuple[Scale, ...] = ("nce", "z", "raw")
NCE_SD = 49.0 / float(norm.ppf(0.99))
"""So that the 1st, 50th and 99th percentile have the normal curve equivalents 1, 50 and 99: 21.0630."""

KEYS = ("pupil", "subject", "year", "school")
MOST_CELLS = 40
FEWEST_TOGETHER = 10
FEWEST_SCORES = 20
MOST_EFFECTS = 6000
_DETERMINED = 1e-6
_MIXED_RATIO = 3.0
_MIXED_PUPILS = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """One subject in one year."""

    subject: str
    year: str


@dataclass(frozen=True, slots=True, eq=False)
class LayeredData:
    """What the model is fitted to.

    Attributes
    ----------
    cells : subject by subject, years in order within each, length m
    scores : on the chosen scale, NaN where missing, shape (n, m)
    units : ``kind`` (``school``, ``teacher``), ``unit``, ``cell`` (number) and ``n`` of each random effect, in order;
        n is the shares of the pupils who have a score there, added up
    path_of, columns, weights : as in ``LayeredProblem``
    n_without_score : pupils left out because they have no score at all
    n_movers : pupils with more than one school
    fewest_together : pupils who have scores of both of the two cells that have the fewest such pupils
    """

    cells: tuple[Cell, ...]
    scores: Array
    units: pl.DataFrame
    path_of: Ints
    columns: Ints
    weights: Array
    n_without_score: int
    n_movers: int
    fewest_together: int

    @property
    def classes(self) -> pl.DataFrame:
        """``kind`` and ``cell`` of each variance, in order."""
        return self.units.select("kind", "cell").unique(maintain_order=True)

    @property
    def class_of(self) -> Ints:
        """Number of the variance of each random effect, shape (q,)."""
        codes = self.units.select(pl.struct("kind", "cell").rle_id()).to_series()
        return codes.to_numpy().astype(np.int64)

    def carry(self, persistence: float) -> Array:
        """C: what a year gives stands in the same subject t years later times persistence to the t, shape (m, m)."""
        years = {year: i for i, year in enumerate(natural_order({cell.year for cell in self.cells}))}
        at = np.array([years[cell.year] for cell in self.cells])
        subject = np.array([cell.subject for cell in self.cells])
        lag = at[:, None] - at
        carried = (subject[:, None] == subject) & (lag >= 0)
        return np.where(carried, persistence ** np.maximum(lag, 0).astype(np.float64), 0.0)

    def problem(self, persistence: float) -> LayeredProblem:
        """The minimisation to be done, in the units of ``scores``."""
        seen = ~np.isnan(self.scores)
        patterns, pattern_of = np.unique(seen, axis=0, return_inverse=True)
        return LayeredProblem(
            scores=np.where(seen, self.scores, 0.0),
            patterns=patterns,
            pattern_of=pattern_of.ravel().astype(np.int64),
            path_of=self.path_of,
            columns=self.columns,
            weights=self.weights,
            classes=self.class_of,
            carry=self.carry(persistence),
        )


def layered_data(table: pl.DataFrame, scale: Scale) -> LayeredData:
    """Check a table and number its pupils.

    Parameters
    ----------
    table : ``pupil``, ``subject``, ``year``, ``school``, ``score`` (null where missing) and, where there are such,
        ``share`` (of the year that the pupil spent in the school, above 0 to 1) and ``teacher`` (of this subject)
    scale : ``"nce"`` makes each subject and year normal with mean 50 and SD 21.063 by ranks, ``"z"`` makes mean 0
        and SD 1, ``"raw"`` takes the scores as they are, which must then be comparable between years

    Raises
    ------
    InputError
        ``unknown-column``, ``missing-key``, ``not-numeric``, ``not-finite``, ``bad-share``, ``conflicting-share``,
        ``shares-over-one``, ``duplicate-score``, ``no-scores``, ``too-many-cells``, ``too-few-pupils``,
        ``constant``, ``mixed-scales``, ``one-school``, ``school-is-pupil``, ``one-year``, ``no-overlap``,
        ``determined-score``, ``teacher-is-school`` or ``too-many-effects``.
    """
    if scale not in SCALES:
        raise InputError("unknown-scale", f"no scale {scale!r}; there are {', '.join(SCALES)}")
    rows = _rows(table)
    attended = _attended(rows)
    scored = _scored(rows)
    cells = _cells(scored)
    for cell in cells:
        _check_cell(scored.filter(subject=cell.subject, year=cell.year), cell)
    _check_schools(attended, cells)
    pupils = scored["pupil"].unique().sort()
    scores = _matrix(scored, pupils, cells, scale)
    together = _check_overlap(scores, cells)
    _check_determined(scores, cells)
    links = _links(rows, attended, pupils, cells)
    units = _units(links, scores)
    path_of, columns, weights = _paths(links, units, len(pupils), len(cells))
    several = attended.group_by("pupil").agg(pl.col("school").n_unique() > 1)["school"].sum()
    without = attended["pupil"].n_unique() - len(pupils)
    return LayeredData(cells, scores, units, path_of, columns, weights, without, int(several), together)


def _rows(table: pl.DataFrame) -> pl.DataFrame:
    for name in (*KEYS, "score"):
        if name not in table.columns:
            there = ", ".join(table.columns)
            raise InputError(
                "unknown-column", f"there is no column {name!r}; there are: {there}", column=name
            )
    trimmed = [_key(table[name]) for name in (*KEYS, *(["teacher"] if "teacher" in table.columns else []))]
    for key in trimmed[: len(KEYS)]:
        if key.null_count():
            row = int(key.is_null().arg_max() or 0) + 1
            raise InputError(
                "missing-key", f"a row without a {key.name} cannot be used", column=key.name, row=row
            )
    score = numbers(table["score"])
    if score.is_infinite().any():
        row = int(score.is_infinite().arg_max() or 0) + 1
        raise InputError("not-finite", "a score is infinite", column="score", row=row)
    share = [_share(table["share"])] if "share" in table.columns else []
    return pl.DataFrame([*trimmed, score, *share]).with_row_index("row", offset=1)


def _key(values: pl.Series) -> pl.Series:
    if values.dtype.is_float():
        values = (
            values.cast(pl.Int64) if (values.drop_nulls() == values.drop_nulls().round()).all() else values
        )
    text = values.cast(pl.String).str.strip_chars()
    return text.set(text == "", None)


def _share(values: pl.Series) -> pl.Series:
    share = numbers(values)
    bad = ~((share > 0.0) & (share <= 1.0)) & share.is_not_null()
    if bad.any():
        row = int(bad.arg_max() or 0) + 1
        raise InputError("bad-share", "a share is above 0 and at most 1", column="share", row=row)
    return share.fill_null(1.0)


def _attended(rows: pl.DataFrame) -> pl.DataFrame:
    """Schools of each pupil in each year with their shares; equal ones where the table gives none."""
    keys = ["pupil", "year", "school"]
    if "share" not in rows.columns:
        found = rows.select(keys).unique(maintain_order=True)
        return found.with_columns(share=1.0 / pl.len().over("pupil", "year").cast(pl.Float64))
    found = rows.group_by(keys, maintain_order=True).agg(
        pl.col("share").first(), pl.col("share").n_unique().alias("different"), pl.col("row").last()
    )
    _refuse(
        found.filter(pl.col("different") > 1),
        "conflicting-share",
        "two shares for one pupil, year and school",
    )
    total = found.with_columns(total=pl.col("share").sum().over("pupil", "year"))
    _refuse(
        total.filter(pl.col("total") > 1.0 + 1e-9), "shares-over-one", "shares of one year add up to over 1"
    )
    return found.select(*keys, "share")


def _refuse(found: pl.DataFrame, code: str, reason: str, column: str = "share") -> None:
    if not found.is_empty():
        raise InputError(code, reason, column=column, row=int(found["row"].min()))  # type: ignore[arg-type]


def _scored(rows: pl.DataFrame) -> pl.DataFrame:
    """One score for each pupil, subject and year."""
    found = rows.filter(pl.col("score").is_not_null())
    keys = ["pupil", "subject", "year"]
    again = found.filter(pl.struct(*keys, "school").is_first_distinct().not_())
    if "teacher" in rows.columns:
        again = found.filter(pl.struct(*keys, "school", "teacher").is_first_distinct().not_())
    _refuse(again, "duplicate-score", "the pupil, subject, year and school stand in two rows", "score")
    different = found.filter(pl.col("score") != pl.col("score").first().over(keys))
    _refuse(different, "duplicate-score", "two scores of one pupil in one subject and year", "score")
    if found.is_empty():
        raise InputError("no-scores", "the column has no scores", column="score")
    return found.unique(keys, keep="first", maintain_order=True)


def _cells(scored: pl.DataFrame) -> tuple[Cell, ...]:
    there = set(scored.select("subject", "year").unique().iter_rows())
    years = natural_order({year for _, year in there})
    subjects = natural_order({subject for subject, _ in there})
    cells = tuple(Cell(s, y) for s in subjects for y in years if (s, y) in there)
    if len(years) < 2:
        raise InputError(
            "one-year", f"all scores are of the year {years[0]}; growth needs two", column="year"
        )
    if len(cells) > MOST_CELLS:
        message = f"{len(cells)} subjects × years; at most {MOST_CELLS} are supported, so leave some out"
        raise InputError("too-many-cells", message, column="year")
    return cells


def _check_cell(scored: pl.DataFrame, cell: Cell) -> None:
    where = f"{cell.subject}, {cell.year}"
    if scored.height < FEWEST_SCORES:
        message = f"{where}: {scored.height} scores; at least {FEWEST_SCORES} are needed"
        raise InputError("too-few-pupils", message, column="score")
    values = scored["score"].to_numpy()
    if np.ptp(values) <= 1e-12 * max(1.0, np.abs(values).max()):
        raise InputError(
            "constant", f"{where}: all scores are equal, so nothing can be compared", column="score"
        )
    ranges = scored.group_by("school").agg(
        pl.len().alias("n"),
        pl.col("score").quantile(0.05).alias("low"),
        pl.col("score").quantile(0.95).alias("high"),
        pl.col("score").std().alias("sd"),
    )
    _check_mixed(ranges.filter(pl.col("n") >= _MIXED_PUPILS).sort("low", "school"), where)


def _check_mixed(ranges: pl.DataFrame, where: str) -> None:
    """Two schools of which one lies wholly above the other and spreads far wider were marked on two scales."""
    if ranges.height < 2:
        return
    high, low = ranges.row(-1, named=True), ranges.sort("high", "school").row(0, named=True)
    if low["high"] < high["low"] and high["sd"] > _MIXED_RATIO * low["sd"]:
        message = (
            f"{where}: school {low['school']} has scores of {low['low']:g} to {low['high']:g}, school"
            f" {high['school']} of {high['low']:g} to {high['high']:g}; bring them to one scale"
        )
        raise InputError("mixed-scales", message, column="score")


def _check_schools(attended: pl.DataFrame, cells: Sequence[Cell]) -> None:
    for year in natural_order({cell.year for cell in cells}):
        schools = attended.filter(year=year)["school"].unique()
        if len(schools) < 2:
            message = f"{year}: all pupils are in one school, so there is nothing to compare"
            raise InputError("one-school", message, column="school")
        pupils = attended.filter(year=year)["pupil"].n_unique()
        if pupils < 2 * len(schools):
            message = f"{year}: {len(schools)} schools for {pupils} pupils; is this the column of the school?"
            raise InputError("school-is-pupil", message, column="school")


def _matrix(scored: pl.DataFrame, pupils: pl.Series, cells: Sequence[Cell], scale: Scale) -> Array:
    where = pl.DataFrame({"pupil": pupils}).with_row_index("at")
    scores = np.full((len(pupils), len(cells)), np.nan)
    for a, cell in enumerate(cells):
        held = scored.filter(subject=cell.subject, year=cell.year).join(where, on="pupil").sort("at")
        scores[held["at"].to_numpy(), a] = _scaled(held["score"].to_numpy(), scale)
    return scores


def _scaled(values: Array, scale: Scale) -> Array:
    if scale == "raw":
        return values
    if scale == "z":
        return (values - values.mean()) / values.std()
    shares = (rankdata(values) - 0.5) / len(values)
    return 50.0 + NCE_SD * np.asarray(norm.ppf(shares))


def _check_overlap(scores: Array, cells: Sequence[Cell]) -> int:
    """The covariance of two cells can be told only from pupils who have both scores."""
    seen = (~np.isnan(scores)).astype(np.float64)
    together = seen.T @ seen
    a, b = np.unravel_index(int(together.argmin()), together.shape)
    if together[a, b] < FEWEST_TOGETHER:
        one, two = cells[int(a)], cells[int(b)]
        message = (
            f"only {together[a, b]:.0f} pupils have scores of both {one.subject} {one.year} and {two.subject}"
            f" {two.year}, at least {FEWEST_TOGETHER} are needed; leave one of them out"
        )
        raise InputError("no-overlap", message, column="score")
    return int(together[a, b])


def _check_determined(scores: Array, cells: Sequence[Cell]) -> None:
    """A total beside its parts, or a copy of another column, leaves R without an inverse."""
    complete = scores[~np.isnan(scores).any(axis=1)]
    if len(complete) <= len(cells):
        return
    standard = (complete - complete.mean(axis=0)) / complete.std(axis=0)
    size = np.abs(np.diag(np.linalg.qr(standard, mode="r"))) / np.sqrt(len(standard))
    if size.min() < _DETERMINED:
        cell = cells[int(size.argmin())]
        message = (
            f"{cell.subject}, {cell.year}: the scores follow from the others, as a total does from its parts;"
            " leave them out"
        )
        raise InputError("determined-score", message, column="score")


def _links(
    rows: pl.DataFrame, attended: pl.DataFrame, pupils: pl.Series, cells: Sequence[Cell]
) -> pl.DataFrame:
    """``at`` (pupil), ``kind``, ``unit``, ``cell`` and ``share`` of everything that a pupil's scores can depend on."""
    where = pl.DataFrame({"pupil": pupils}).with_row_index("at")
    listed = pl.DataFrame({"subject": [c.subject for c in cells], "year": [c.year for c in cells]})
    listed = listed.with_row_index("cell")
    schools = attended.rename({"school": "unit"}).join(listed, on="year")
    parts = [schools.with_columns(kind=pl.lit("school"))]
    if "teacher" in rows.columns:
        keys = ["pupil", "subject", "year", "teacher"]
        taught = rows.filter(pl.col("teacher").is_not_null()).select(keys).unique()
        equal = 1.0 / pl.len().over("pupil", "subject", "year").cast(pl.Float64)
        taught = taught.with_columns(share=equal, kind=pl.lit("teacher")).rename({"teacher": "unit"})
        parts.append(taught.join(listed, on=["subject", "year"]))
        _check_teachers(*parts)
    names = ["at", "kind", "unit", "cell", "share"]
    together = pl.concat([part.join(where, on="pupil").select(names) for part in parts])
    return together.sort("at", "kind", "cell", "unit")


def _check_teachers(schools: pl.DataFrame, teachers: pl.DataFrame) -> None:
    """In some year a school must have two teachers of a subject, else the two effects cannot be told apart."""
    keys = ["pupil", "cell"]
    both = teachers.select(*keys, teacher="unit").join(schools.select(*keys, school="unit"), on=keys)
    for (cell,), group in both.group_by("cell"):
        if group.group_by("school").agg(pl.col("teacher").n_unique())["teacher"].max() == 1:
            subject, year = schools.filter(cell=cell).row(0, named=True), schools.filter(cell=cell)["year"][0]
            message = (
                f"{subject['subject']}, {year}: no school has two teachers, so teachers and schools cannot be told"
                " apart; leave the teachers out"
            )
            raise InputError("teacher-is-school", message, column="teacher")


def _units(links: pl.DataFrame, scores: Array) -> pl.DataFrame:
    """Each random effect, by kind, cell and unit, with the pupils who have a score there."""
    seen = ~np.isnan(scores)[links["at"].to_numpy(), links["cell"].to_numpy()]
    counted = links.with_columns(n=pl.col("share") * pl.Series(seen))
    units = counted.group_by("kind", "cell", "unit").agg(pl.col("n").sum())
    order = {unit: i for i, unit in enumerate(natural_order(units["unit"].unique()))}
    if units.height > MOST_EFFECTS:
        message = (
            f"{units.height} effects of units in subjects and years; at most {MOST_EFFECTS} are supported,"
            " so fit fewer schools, subjects or years at once"
        )
        raise InputError("too-many-effects", message, column="school")
    ranked = units.with_columns(order=pl.col("unit").replace_strict(order, return_dtype=pl.Int64))
    return ranked.sort("kind", "cell", "order").select("kind", "unit", "cell", "n")


def _paths(links: pl.DataFrame, units: pl.DataFrame, pupils: int, cells: int) -> tuple[Ints, Ints, Array]:
    """Number the different ways through the schools; most pupils share theirs with all of their school."""
    keys = ["kind", "cell", "unit"]
    numbered = links.join(units.with_row_index("column"), on=keys, maintain_order="left")
    marks = numbered.with_columns(mark=pl.struct("column", "share").rank("dense"))
    lists = marks.group_by("at", maintain_order=True).agg(pl.col("mark").cast(pl.String).str.join("-"))
    path = lists.with_columns(path=pl.col("mark").rank("dense") - 1)
    path_of = np.zeros(pupils, dtype=np.int64)
    path_of[path["at"].to_numpy()] = path["path"].to_numpy()
    shown = path.group_by("path").agg(pl.col("at").first())
    slots = (
        numbered.join(shown, on="at").select("path", "cell", "column", "share").sort("path", "cell", "column")
    )
    slots = slots.with_columns(slot=pl.int_range(pl.len()).over("path", "cell"))
    at = tuple(slots[name].to_numpy().astype(np.int64) for name in ("path", "cell", "slot"))
    shape = (int(path_of.max()) + 1, cells, int(at[2].max()) + 1)
    columns, weights = np.zeros(shape, dtype=np.int64), np.zeros(shape)
    columns[at], weights[at] = slots["column"].to_numpy(), slots["share"].to_numpy()
    return path_of, columns, weights
