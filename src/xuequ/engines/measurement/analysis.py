"""The whole analysis of one paper in one call."""

import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.measurement.findings import ItemAnalysis
from xuequ.engines.measurement.flags import flagged_items, flagged_options, paper_flags
from xuequ.engines.measurement.reliability import reliability_of
from xuequ.engines.measurement.responses import Responses
from xuequ.engines.measurement.statistics import item_statistics, option_statistics
from xuequ.engines.measurement.subscores import estimates, point_statistics

FEWEST_PUPILS = 5


def analyse(responses: Responses, confidence: float = 0.95) -> ItemAnalysis:
    """Analyse the items, options and knowledge points of a paper.

    Raises ``InputError`` when fewer than ``FEWEST_PUPILS`` were given every item, or when their totals are all equal.
    """
    whole = responses.of_complete().scores
    if len(whole) < FEWEST_PUPILS:
        message = f"only {len(whole)} pupils were given every item; {FEWEST_PUPILS} are needed"
        raise InputError("too-few-pupils", message)
    total, full = whole.sum(axis=1), float(responses.full_marks.sum())
    if total.std() <= 1e-12:
        raise InputError("constant", "all pupils have the same total, so nothing can be told apart")
    strata = [item.point for item in responses.items]
    reliability = reliability_of(whole, strata if any(strata) else (), confidence)
    options = flagged_options(option_statistics(responses))
    at_zero, at_full = float((total <= 0).mean()), float((total >= full - 1e-9).mean())
    return ItemAnalysis(
        reliability=reliability,
        full_mark=full,
        at_zero=at_zero,
        at_full=at_full,
        incomplete=int((~responses.complete).sum()),
        flags=paper_flags(at_zero, at_full, len(whole)),
        items=tuple(flagged_items(item_statistics(responses, confidence), options, reliability.alpha)),
        options=tuple(options),
        points=tuple(point_statistics(responses)),
    )


def pupil_estimates(
    responses: Responses, found: ItemAnalysis, keys: list[str], confidence: float = 0.90
) -> pl.DataFrame:
    """Return each pupil's true share of each point that one pupil may be told of, with its interval.

    Columns: ``pupil``, ``point``, ``value``, ``low``, ``high``; rows in the order of points, then of ``keys``.
    """
    tables = [
        pl.DataFrame(
            {"pupil": keys, "value": row.value, "low": row.low, "high": row.high},
            schema_overrides={"pupil": pl.String},
        ).select("pupil", pl.lit(row.point).alias("point"), "value", "low", "high")
        for row in estimates(responses, found.points, confidence)
    ]
    schema = {"pupil": pl.String, "point": pl.String} | dict.fromkeys(("value", "low", "high"), pl.Float64)
    table = pl.concat(tables) if tables else pl.DataFrame(schema=schema)
    return table.filter(pl.col("value").is_finite())
