"""Words for percentiles: levels of growth as a district defines them, and how many pupils of a group reach each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.percentiles import HIGHEST, LOWEST, summarise_percentiles


@dataclass(frozen=True, slots=True)
class GrowthLevels:
    """A named set of levels; districts write their own.

    Attributes
    ----------
    name : of the set
    levels : code of each level and the lowest percentile that belongs to it, increasing, the first from 1
    source : where the bounds come from
    verified : whether they were compared with that source
    """

    name: str
    levels: tuple[tuple[str, int], ...]
    source: str
    verified: bool = False

    def __post_init__(self) -> None:
        codes, starts = [code for code, _ in self.levels], [start for _, start in self.levels]
        if not starts or starts[0] != LOWEST or starts[-1] > HIGHEST or any(np.diff(starts) <= 0):
            message = f"levels begin at percentile {LOWEST} and each later one higher, up to {HIGHEST}"
            raise InputError("bad-levels", message)
        if len(set(codes)) < len(codes) or not all(codes):
            raise InputError("bad-levels", "each level needs a code of its own")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "GrowthLevels":
        """Levels from a plain document: ``name``, ``levels`` (``[[code, from], ...]``), ``source``, ``verified``.

        Raises
        ------
        InputError
            ``bad-levels``.
        """
        try:
            levels = tuple((str(code), int(start)) for code, start in data["levels"])
            return cls(
                str(data["name"]), levels, str(data.get("source", "")), bool(data.get("verified", False))
            )
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            message = 'levels are written as {"name": ..., "levels": [["low", 1], ["high", 66]]}'
            raise InputError("bad-levels", message) from error

    def of(self, sgp: pl.Expr) -> pl.Expr:
        """The code of the level of each percentile; null for a missing one.

        Examples
        --------
        >>> pl.DataFrame({"sgp": [1, 34, 35, 66, None]}).select(THREE_LEVELS.of(pl.col("sgp")))["level"].to_list()
        ['low', 'low', 'typical', 'high', None]
        """
        level = pl.lit(self.levels[0][0])
        for code, start in self.levels[1:]:
            level = pl.when(sgp >= start).then(pl.lit(code)).otherwise(level)
        return pl.when(sgp.is_not_null()).then(level).alias("level")


# Examples to start from. Their bounds are as commonly reported and were not compared with the states' own pages.
THREE_LEVELS = GrowthLevels("three", (("low", 1), ("typical", 35), ("high", 66)), "Colorado, as reported")
FIVE_LEVELS = GrowthLevels(
    "five",
    (("very-low", 1), ("low", 20), ("moderate", 40), ("high", 60), ("very-high", 80)),
    "Massachusetts, as reported",
)
LEVELS = {levels.name: levels for levels in (THREE_LEVELS, FIVE_LEVELS)}


def summarise_growth(table: pl.DataFrame, by: Sequence[str], levels: GrowthLevels) -> pl.DataFrame:
    """Mean and median percentile of each group with standard errors, and the share of pupils on each level.

    The mean is the measure to show first: it uses all pupils and varies less than the median.

    Parameters
    ----------
    table : ``sgp`` and the columns of ``by``; rows without a percentile are not counted
    by : columns that name the group, such as the school
    levels : whose shares are wanted

    Returns
    -------
    DataFrame
        as `summarise_percentiles`, and ``share_<code>`` for each level, sorted by ``by``

    Examples
    --------
    >>> table = pl.DataFrame({"school": ["a", "a", "a", "b"], "sgp": [20, 50, 80, 99]})
    >>> summarise_growth(table, ["school"], THREE_LEVELS).select("school", "mean", "share_high").rows()
    [('a', 50.0, 0.3333333333333333), ('b', 99.0, 1.0)]
    """
    level = levels.of(pl.col("sgp"))
    shares = {f"share_{code}": (level == code).mean() for code, _ in levels.levels}
    judged = table.filter(pl.col("sgp").is_not_null())
    return (
        summarise_percentiles(table, by).join(judged.group_by(by).agg(**shares), on=by, how="left").sort(by)
    )
