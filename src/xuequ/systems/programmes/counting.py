"""What is counted from the ledger: idle rate, what a sample says about it, lessons in a term. Pure."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

WINDOW = dt.timedelta(days=90)
"""A device that nobody used for so long counts as idle."""
LESSONS_A_TERM = 16
"""课时 of AI a term that the policy on AI education asks of a class; the district names it to its pilot schools."""
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class IdleRate:
    """``idle`` of ``counted`` entries were not used within the window; ``share`` is None when none is counted."""

    counted: int
    idle: int

    @property
    def share(self) -> float | None:
        return self.idle / self.counted if self.counted else None


@dataclass(frozen=True, slots=True)
class Countable:
    """An entry of the ledger (a set counts once): since when it was there, when it was last used."""

    since: dt.date | None
    last_used: dt.date | None


def idle_rate(entries: Iterable[Countable], day: dt.date, window: dt.timedelta = WINDOW) -> IdleRate:
    """Count the entries that were there for the whole window, and those of them not used in it.

    What came less than ``window`` ago had no chance to be used and is left out. ``window`` counts back from ``day``,
    which belongs to it.

    >>> day = dt.date(2026, 3, 2)
    >>> idle_rate([Countable(None, None), Countable(None, day), Countable(day, None)], day)
    IdleRate(counted=2, idle=1)
    """
    first = day - window
    there = [item for item in entries if item.since is None or item.since <= first]
    idle = sum(item.last_used is None or item.last_used <= first for item in there)
    return IdleRate(len(there), idle)


def wilson(hits: int, n: int, population: int | None = None, z: float = Z95) -> tuple[float, float]:
    """Return the Wilson score interval of a share, ``hits`` of ``n`` drawn (E. B. Wilson 1927, JASA 22, 209-212).

    Drawn without replacement from ``population``, n counts as n(N-1)/(N-n); of all, the share is exact.
    ValueError when ``hits`` or ``n`` cannot be.

    >>> [round(bound, 4) for bound in wilson(81, 263)]  # Newcombe 1998, table I
    [0.2553, 0.3662]
    """
    if not 0 <= hits <= n or n == 0 or (population is not None and population < n):
        raise ValueError(f"{hits} of {n} from {population}")
    p = hits / n
    if population == n:
        return p, p
    size = float(n) if population is None else n * (population - 1) / (population - n)
    middle = p + z * z / (2 * size)
    reach = z * sqrt(p * (1 - p) / size + z * z / (4 * size * size))
    whole = 1 + z * z / size
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def drawn(keys: Sequence[int], n: int, seed: int) -> list[int]:
    """Return ``n`` of the keys (all, when there are fewer), drawn at random by ``seed``, in their own order."""
    if len(keys) <= n:
        return list(keys)
    chosen = np.random.default_rng(seed).choice(len(keys), n, replace=False)
    return [keys[index] for index in sorted(chosen.tolist())]


@dataclass(frozen=True, slots=True)
class TermLessons:
    """Lessons held in one term; ``over``: the term has ended."""

    code: str
    lessons: int
    over: bool


def lessons_per_term(terms: Sequence[TermLessons]) -> int:
    """Return the lessons of the weaker of the finished terms; while none has finished, those held so far.

    >>> lessons_per_term([TermLessons("2025-2026-1", 20, True), TermLessons("2025-2026-2", 12, True)])
    12
    """
    finished = [term.lessons for term in terms if term.over]
    return min(finished) if finished else sum(term.lessons for term in terms)


def lessons_short(lessons: int, expected: int = LESSONS_A_TERM) -> int:
    """Return how many lessons are missing to what is asked; 0 when none is."""
    return max(0, expected - lessons)
