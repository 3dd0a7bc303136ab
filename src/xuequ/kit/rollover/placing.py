"""分班: pupils into classes of equal size, balanced by sex and, if wished, by level band; the rest is a lot.

No score and no rank enters: bands are coarse, and within sex and band the order is drawn by a numbered lot, so that
the same lot gives the same classes and anybody may check it.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pupil to be placed, as far as the rule looks at people; marks are shared by those for whom a wish holds."""

    pupil: int
    sex: str = ""
    band: str = ""
    together: str = ""
    apart: str = ""


@dataclass(frozen=True, slots=True)
class ClassBalance:
    """One class of a placing in numbers."""

    number: int
    pupils: int
    sexes: Mapping[str, int] = field(default_factory=dict)
    bands: Mapping[str, int] = field(default_factory=dict)


def place(
    candidates: Sequence[Candidate], numbers: Sequence[int], lot: int, *, by_band: bool = False
) -> dict[int, int]:
    """Return the class number of each pupil; the same candidates, numbers and lot give the same classes.

    Without wishes the classes' counts of each sex differ by one at most; wishes come before balance. Raises
    ``ValueError`` when there is no class.
    """
    if not numbers:
        raise ValueError("no class to place pupils in")
    room = _Room(numbers)
    draw = random.Random(lot)  # noqa: S311 - a lot that anybody can repeat, not a secret
    for unit in _units(sorted(candidates, key=lambda c: c.pupil), draw, by_band):
        room.seat(unit, by_band)
    return room.seats


def _units(
    candidates: Sequence[Candidate], draw: random.Random, by_band: bool
) -> Iterable[tuple[Candidate, ...]]:
    """Return groups that stay together first, largest first, then single pupils by sex and band in drawn order."""
    groups: dict[str, list[Candidate]] = defaultdict(list)
    single: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.together:
            groups[candidate.together].append(candidate)
        else:
            single[candidate.sex, candidate.band if by_band else ""].append(candidate)
    yield from (tuple(group) for group in sorted(groups.values(), key=lambda g: (-len(g), g[0].pupil)))
    for stratum in sorted(single):
        drawn = single[stratum]
        draw.shuffle(drawn)
        # Those with a mark to be apart choose first: later there may be no class left for them.
        yield from ((candidate,) for candidate in sorted(drawn, key=lambda c: not c.apart))


class _Room:
    """The classes while they fill."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self.numbers = list(numbers)
        self.seats: dict[int, int] = {}
        self.strata: Counter[tuple[int, str, str]] = Counter()
        self.sexes: Counter[tuple[int, str]] = Counter()
        self.sizes: Counter[int] = Counter()
        self.marks: Counter[tuple[int, str]] = Counter()

    def seat(self, unit: tuple[Candidate, ...], by_band: bool) -> None:
        """Put a unit into the class that has fewest of its kind, and where nobody is whom it shall not meet."""
        sex, band = unit[0].sex, unit[0].band if by_band else ""
        marks = {candidate.apart for candidate in unit if candidate.apart}
        number = min(
            self.numbers,
            key=lambda n: (
                sum(self.marks[n, mark] for mark in marks),
                self.sizes[n] if len(unit) > 1 else 0,
                self.strata[n, sex, band],
                self.sexes[n, sex],
                self.sizes[n],
                n,
            ),
        )
        for candidate in unit:
            self._count(candidate, number, by_band)

    def _count(self, candidate: Candidate, number: int, by_band: bool) -> None:
        self.seats[candidate.pupil] = number
        self.strata[number, candidate.sex, candidate.band if by_band else ""] += 1
        self.sexes[number, candidate.sex] += 1
        self.sizes[number] += 1
        if candidate.apart:
            self.marks[number, candidate.apart] += 1


def balance(
    candidates: Iterable[Candidate], seats: Mapping[int, int], numbers: Sequence[int]
) -> list[ClassBalance]:
    """Return the classes of a placing in numbers, in the order of ``numbers``."""
    sexes: dict[int, Counter[str]] = defaultdict(Counter)
    bands: dict[int, Counter[str]] = defaultdict(Counter)
    for candidate in candidates:
        if (number := seats.get(candidate.pupil)) is not None:
            sexes[number][candidate.sex] += 1
            bands[number][candidate.band] += 1
    return [ClassBalance(n, sexes[n].total(), dict(sexes[n]), dict(bands[n])) for n in numbers]


def unmet(candidates: Iterable[Candidate], seats: Mapping[int, int]) -> int:
    """Return how many marks are not honoured: kept together but apart, or the other way round."""
    together: dict[str, set[int]] = defaultdict(set)
    apart: dict[str, list[int]] = defaultdict(list)
    for candidate in candidates:
        number = seats.get(candidate.pupil)
        if number is None:
            continue
        if candidate.together:
            together[candidate.together].add(number)
        if candidate.apart:
            apart[candidate.apart].append(number)
    return sum(len(n) > 1 for n in together.values()) + sum(len(set(n)) < len(n) for n in apart.values())
