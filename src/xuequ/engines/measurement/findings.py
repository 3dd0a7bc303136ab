"""What an item analysis finds, as frozen data: loaded by pages without the libraries that computed it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reliability:
    """Reliability of a total. ``low`` and ``high`` are Feldt's interval of alpha; ``sem`` is in marks.

    A coefficient is None where the data cannot give it (no variance, fewer than three items for omega).
    """

    n: int
    items: int
    mean: float
    sd: float
    alpha: float | None
    low: float | None
    high: float | None
    omega: float | None
    split_half: float | None
    stratified: float | None
    sem: float | None


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """One item. Shares are 0..1; ``low`` and ``high`` are the interval of ``discrimination`` (Fisher's z).

    ``n`` counts the pupils who were given the item; ``discrimination``, ``upper_lower`` and ``alpha_without`` rest on
    those who were given every item. None where the data cannot give a number.
    """

    number: str
    n: int
    full_mark: float
    mean: float
    difficulty: float
    sd: float
    discrimination: float | None
    low: float | None
    high: float | None
    upper_lower: float | None
    zero: float
    full: float
    alpha_without: float | None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OptionStatistics:
    """One option of an item: its share among all pupils and in the lower, middle and upper group (27, 46, 27 %).

    ``point_biserial`` is the correlation of "chose it" with the rest of the paper. An empty option is "no answer".
    """

    number: str
    option: str
    is_key: bool
    n: int
    share: float
    lower: float
    middle: float
    upper: float
    point_biserial: float | None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PointStatistics:
    """One knowledge point. ``mean`` and ``sd`` are shares of the full mark.

    ``prmse_own``, ``prmse_total`` and ``prmse_both`` say how well a pupil's true share is known from the part's own
    score, from the paper's total, and from both; None where the part has no reliability (one item, or no agreement
    between its items). ``disattenuated`` is the correlation of the true part with the true rest of the paper.
    ``use`` says what one pupil may be told: ``own`` (the part's score adds value), ``both`` (it does together with the
    total), ``total`` (the total says as much) or ``none`` (too little to say anything of one pupil).
    """

    point: str
    items: tuple[str, ...]
    full_mark: float
    weight: float
    n: int
    mean: float
    sd: float
    reliability: float | None
    prmse_own: float | None
    prmse_total: float | None
    prmse_both: float | None
    disattenuated: float | None
    use: str


@dataclass(frozen=True, slots=True)
class ItemAnalysis:
    """What a paper measured and how well. ``at_zero`` and ``at_full`` are shares of pupils; ``incomplete`` a count."""

    reliability: Reliability
    full_mark: float
    at_zero: float
    at_full: float
    incomplete: int
    flags: tuple[str, ...]
    items: tuple[ItemStatistics, ...]
    options: tuple[OptionStatistics, ...]
    points: tuple[PointStatistics, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain lists and numbers, as the command prints and the record keeps them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "ItemAnalysis":
        """Return the analysis that ``as_dict`` made, also after JSON."""
        return cls(
            **{
                **stored,
                "reliability": Reliability(**stored["reliability"]),
                "flags": tuple(stored["flags"]),
                "items": tuple(ItemStatistics(**_tuples(row, "flags")) for row in stored["items"]),
                "options": tuple(OptionStatistics(**_tuples(row, "flags")) for row in stored["options"]),
                "points": tuple(PointStatistics(**_tuples(row, "items")) for row in stored["points"]),
            }
        )


def _tuples(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {**row, name: tuple(row[name])}
