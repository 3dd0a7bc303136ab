"""The official coefficient compared to its limit without rounding.

With amounts x, pupils p, X̄ = Σx/Σp and S² = Σ(p/Σp)(x/p − X̄)², it holds that
CV² = Σp · Σ(x²/p) / (Σx)² − 1, so CV ≤ t is a comparison of rational numbers: Σp · Σ(x²/p) ≤ (1 + t²)(Σx)².
"""

from collections.abc import Iterable
from fractions import Fraction

_CERTAIN = 1e-9


def fraction(number: float) -> Fraction:
    """The decimal number that a file showed, not its nearest binary fraction."""
    return Fraction(repr(float(number)))


def within(amounts: Iterable[float], pupils: Iterable[float], limit: float) -> bool:
    """Tell whether the pupil-weighted coefficient of variation is at most the limit.

    >>> within([279, 137, 935, 160, 402], [45, 37, 89, 76, 55], 0.50)
    False
    """
    pairs = list(zip(amounts, pupils, strict=True))
    spread = sum(p for _, p in pairs) * sum(x * x / p for x, p in pairs)
    allowed = (1 + limit * limit) * sum(x for x, _ in pairs) ** 2
    # Floats decide what is clear; only a close call needs long fractions.
    if abs(spread - allowed) > _CERTAIN * allowed:
        return bool(spread < allowed)
    return _exactly([(fraction(x), fraction(p)) for x, p in pairs], fraction(limit))


def _exactly(pairs: list[tuple[Fraction, Fraction]], limit: Fraction) -> bool:
    spread = sum(p for _, p in pairs) * sum(x * x / p for x, p in pairs)
    return spread <= (1 + limit * limit) * sum(x for x, _ in pairs) ** 2
