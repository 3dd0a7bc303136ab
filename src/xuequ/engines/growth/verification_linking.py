"""Published linking results, recomputed from numbers that are printed in full.

Kolen, M. J. and Brennan, R. L. (2014). *Test Equating, Scaling, and Linking*, 3rd edition: the ACT mathematics
frequencies and equivalents of chapters 2 and 3, the moments and lines of chapter 4. The lines with proportional
weights are those that the tests of Equate.jl (MIT licence) print for the same data.
"""

from collections.abc import Iterator

import numpy as np

from xuequ.engines.growth.linking_equipercentile import Grid, equipercentile, log_linear
from xuequ.engines.growth.linking_linear import LinearMethod, Moments, line
from xuequ.engines.verification import Check

BOOK = "Kolen and Brennan 2014"
_FORM_X = (
    0, 1, 1, 3, 9, 18, 59, 67, 91, 144, 149, 192, 192, 192, 201, 204, 217, 181, 184, 170, 201, 147, 163, 147,
    140, 147, 126, 113, 100, 106, 107, 91, 83, 73, 72, 75, 50, 37, 38, 23, 15,
)  # fmt: skip
_FORM_Y = (
    0, 1, 3, 13, 42, 59, 95, 131, 158, 161, 194, 164, 166, 197, 177, 158, 169, 132, 158, 151, 134, 137, 122,
    110, 116, 132, 104, 104, 114, 97, 107, 88, 80, 79, 70, 61, 48, 47, 29, 32, 12,
)  # fmt: skip
_EQUIVALENTS = {1: 0.9796, 5: 3.6205, 10: 8.1607, 20: 19.1647, 30: 30.1305, 40: 39.9006}
_SMOOTHED = {0: -0.4384, 1: 0.1239, 5: 3.6573, 10: 8.2143, 20: 19.2469}
_NEW = Moments(15.8205, 5.1063, 6.5278**2, 2.3760**2, 13.4088)
_OLD = Moments(18.6728, 5.8626, 6.8784**2, 2.4515**2, 14.7603)
_PROPORTIONAL = 1655 / (1655 + 1638)
# Method, internal anchor, slope and intercept as printed from the pupils' scores.
_LINES: tuple[tuple[LinearMethod, bool, float, float], ...] = (
    ("tucker", True, 1.0292, 0.5378),
    ("levine", True, 1.0110, 0.2514),
    ("levine", False, 1.0168, 0.3257),
    ("levine-true", True, 1.0086, 0.2912),
    ("levine-true", False, 1.0165, 0.3310),
    ("chained", True, 1.0213, 0.3937),
)
_ROUNDED_MOMENTS = 5e-4


def built_in() -> Iterator[Check]:
    """Recompute equivalents and lines."""
    yield from _equivalents()
    for method, internal, slope, intercept in _LINES:
        found = line(method, _NEW, _OLD, internal=internal, weight=_PROPORTIONAL)
        name = f"linking, {method}, {'internal' if internal else 'external'} anchor"
        passed = max(abs(found.slope - slope), abs(found.intercept - intercept)) <= _ROUNDED_MOMENTS
        expected, obtained = f"{intercept} + {slope} x", f"{found.intercept:.4f} + {found.slope:.4f} x"
        yield Check(f"{name}, from rounded moments", expected, obtained, passed, f"{BOOK}, Equate.jl")


def _equivalents() -> Iterator[Check]:
    grid, scores = Grid(0, 1, 41), np.arange(41.0)
    counts = [np.array(form, dtype=np.float64) for form in (_FORM_X, _FORM_Y)]
    powers = np.vander(np.linspace(-1, 1, 41), 7, increasing=True)
    smooth = [log_linear(form, powers) for form in counts]
    kinds = (("equipercentile", counts, _EQUIVALENTS), ("log-linear, six moments", smooth, _SMOOTHED))
    for name, (x, y), printed in kinds:
        linked = equipercentile(scores, (grid, x / x.sum()), (grid, y / y.sum()))
        obtained = {score: f"{linked[score]:.4f}" for score in printed}
        expected = {score: f"{value:.4f}" for score, value in printed.items()}
        for score in printed:
            yield Check(
                f"ACT mathematics, {name}, score {score}", expected[score], obtained[score],
                expected[score] == obtained[score], BOOK,
            )  # fmt: skip
