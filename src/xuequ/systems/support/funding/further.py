"""What one more 万元 is worth, source by source: everything is chosen anew with it, and a nothing says why. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from xuequ.core.money import WAN
from xuequ.engines.balance.funding import Funding, more
from xuequ.engines.errors import InputError
from xuequ.systems.support.funding.purse import Purse

LEAST = 0.005
"""A rise of fewer points is none: pages show two decimals."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What 万元 more of a source is worth; the free money is one source with no name.

    ``code``: "" where it is worth something, else why not: ``no-application`` (nothing that it may pay was accepted),
    ``all-funded``, ``share`` (the weak schools' share could not be kept), ``whole`` (the cheapest application without
    money costs ``cost``, and ``left`` is left for it), ``little`` or ``not-solved``. ``fair``: the score that counts
    the same if all schools had it (with α, where ``worst`` decides nothing).
    """

    source: str
    worst: float = 0.0
    gain: float = 0.0
    fair: float | None = None
    worst_error: float = 0.0
    error: float = 0.0
    code: str = ""
    cost: float | None = None
    left: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what is kept with the simulation."""
        return asdict(self)


def further(
    table: pl.DataFrame, found: Funding, purses: Sequence[Purse], share: Callable[[Decimal], float]
) -> list[Worth]:
    """Return what 万元 more of the free money and of each earmarked source is worth; ``share`` of a larger budget."""
    rest = table.join(found.projects.select("school", "project", "chosen"), on=["school", "project"])
    return [_worth(rest, found, source, purses, share) for source in _sources(purses)]


def _sources(purses: Sequence[Purse]) -> Iterator[Purse]:
    yield Purse("", Decimal(0))
    yield from (purse for purse in purses if not purse.is_free)


def _worth(
    rest: pl.DataFrame,
    found: Funding,
    source: Purse,
    purses: Sequence[Purse],
    share: Callable[[Decimal], float],
) -> Worth:
    payable = rest.filter(source.pays())
    if payable.is_empty():
        return Worth(source.name, code="no-application")
    try:
        rise = more(
            rest.drop("chosen"),
            found.design,
            float(WAN),
            _named(source, found),
            now=found,
            weak_share=share(WAN),
        )
    except InputError as error:
        return Worth(source.name, code="share" if error.code == "infeasible" else "not-solved")
    fair = None if found.design.alpha is None else rise.equivalent
    moved = (rise.gain if fair is None else fair) > max(rise.error, LEAST)
    if moved or (fair is None and rise.worst > max(rise.worst_error, LEAST)):
        return Worth(source.name, rise.worst, rise.gain, fair, rise.worst_error, rise.error)
    nothing = _nothing(payable.filter(~pl.col("chosen")), found, source, purses)
    still = None if fair is None else 0.0
    return Worth(source.name, fair=still, worst_error=rise.worst_error, error=rise.error, **nothing)


def _named(source: Purse, found: Funding) -> str:
    """The engine's name of a source; free money is added to a free source where there is one."""
    free = [one.name for one in found.design.sources if not one.kinds and not one.weak_only]
    return source.name or (free[0] if free else "")


def _nothing(without: pl.DataFrame, found: Funding, source: Purse, purses: Sequence[Purse]) -> dict[str, Any]:
    """Why further money of a source is worth nothing."""
    if without.is_empty():
        return {"code": "all-funded"}
    cost, left = float(without["cost"].min()), _left(found, source, purses)  # type: ignore[arg-type]
    return {"code": "whole", "cost": cost, "left": left} if cost > left + float(WAN) else {"code": "little"}


def _left(found: Funding, source: Purse, purses: Sequence[Purse]) -> float:
    """What is left of the free money and of the source together."""
    usable = {purse.name for purse in purses if purse.is_free or purse.name == source.name}
    there = sum(one.amount for one in found.design.sources if one.name in usable)
    used = found.money.filter(pl.col("source").is_in(list(usable)))["amount"].sum()
    return round(there - float(used), 2)
