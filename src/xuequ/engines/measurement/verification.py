"""Published results of the measurement engine, recomputed.

The two data sets are R's ``attitude`` and psych's ``bfi``; both are under the GPL and are read from the folder of the
evaluation engine's data, beside this engine's own.
"""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from xuequ.engines.consistency import Floats, alpha_of, alphas_without, feldt_interval
from xuequ.engines.measurement.statistics import correlation
from xuequ.engines.verification import Check, rounded

ATTITUDE = "attitude.csv"
BFI = "bfi.csv"
PSYCH = "psych::alpha, examples"
# The items of psych's five scales that are worded the other way round.
REVERSED = ("A1", "C4", "C5", "E1", "E2", "O2", "O5")
SCALES = {"A": "0.70", "C": "0.73", "E": "0.76", "N": "0.81", "O": "0.60"}


def checks(data: Path) -> tuple[list[Check], list[str]]:
    """Recompute all published results; also name the files that a check needs and cannot find."""
    folder = data.parent / "evaluation"
    found: list[Check] = []
    missing: list[str] = []
    for name, check in ((ATTITUDE, _attitude), (BFI, _bfi)):
        if (folder / name).is_file():
            found += check(folder / name)
        else:
            missing.append(str(folder / name))
    return found, missing


def _attitude(file: Path) -> Iterator[Check]:
    table = pl.read_csv(file).drop("rownames")
    scores: Floats = table.to_numpy().astype(float)
    alpha = alpha_of(scores) or 0.0
    yield rounded("attitude: alpha", "0.84", alpha, PSYCH)
    low, high = feldt_interval(alpha, len(scores), scores.shape[1], 0.95)
    yield rounded("attitude: Feldt's interval, lower end", "0.74", low, PSYCH)
    yield rounded("attitude: Feldt's interval, upper end", "0.92", high, PSYCH)
    printed = ("0.81", "0.80", "0.83", "0.80", "0.80", "0.86", "0.84")
    for name, expected, value in zip(table.columns, printed, alphas_without(scores), strict=True):
        yield rounded(f"attitude: alpha without {name}", expected, value, PSYCH)
    printed = ("0.67", "0.74", "0.56", "0.71", "0.79", "0.27", "0.46")
    for place, (name, expected) in enumerate(zip(table.columns, printed, strict=True)):
        own = scores[:, place]
        yield rounded(
            f"attitude: {name} with the rest", expected, correlation(own, scores.sum(axis=1) - own), PSYCH
        )


def _bfi(file: Path) -> Iterator[Check]:
    table = pl.read_csv(file, null_values=["", "NA"])
    table = table.with_columns((7 - pl.col(name)).alias(name) for name in REVERSED)
    for scale, printed in SCALES.items():
        scores = table.select(f"{scale}{number}" for number in range(1, 6)).drop_nulls()
        yield rounded(
            f"bfi: alpha of scale {scale}", printed, alpha_of(scores.to_numpy().astype(float)), PSYCH
        )
