"""Sums of money as people write them, and the mix-up of 元 and 万元. Pure: no database, no page."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")
WAN = Decimal(10_000)
MOST = Decimal(10) ** 11
"""The largest sum that is taken, in 元; the columns hold twelve digits before the point."""
UNITS = {"": None, "元": Decimal(1), "万": WAN, "万元": WAN, "亿": WAN * WAN, "亿元": WAN * WAN}
WRITTEN = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>元|万元?|亿元?)?")
SIGNS = str.maketrans("", "", ",，¥￥ \t\u00a0")


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum in 元; ``stated``: its unit was written with it, so there is nothing to ask."""

    yuan: Decimal
    stated: bool


def cents(value: Decimal) -> Decimal:
    """Return a sum rounded half up to the cent."""
    return value.quantize(CENT, ROUND_HALF_UP)


def parse_money(text: str) -> Amount:
    """Read a sum; a number without a unit is taken as 元. ValueError when it is none, is negative or too large.

    >>> parse_money("350万元").yuan, parse_money("￥1,200.5").yuan
    (Decimal('3500000.00'), Decimal('1200.50'))
    >>> parse_money("350").stated
    False
    """
    plain = unicodedata.normalize("NFKC", text).translate(SIGNS)
    found = WRITTEN.fullmatch(plain)
    if found is None:
        raise ValueError(text)
    unit = UNITS[found["unit"] or ""]
    try:
        yuan = cents(Decimal(found["number"]) * (unit or 1))
    except InvalidOperation as error:
        raise ValueError(text) from error
    if yuan >= MOST:
        raise ValueError(text)
    return Amount(yuan, unit is not None)


def may_mean_wan(yuan: Decimal, low: Decimal, high: Decimal) -> bool:
    """Whether a sum is below everything believable (``low``), and believable when read as 万元.

    >>> may_mean_wan(Decimal(350), Decimal(10_000), Decimal(50_000_000))
    True
    """
    return 0 < yuan < low and low <= yuan * WAN <= high


def looks_mixed(yuan: Decimal, reference: Decimal) -> bool:
    """Whether two sums that should be alike are about ten thousand times apart, either way.

    >>> looks_mixed(Decimal(348), Decimal(3_500_000)), looks_mixed(Decimal(3_480_000), Decimal(3_500_000))
    (True, False)
    """
    if yuan <= 0 or reference <= 0:
        return False
    ratio = max(yuan, reference) / min(yuan, reference)
    return WAN / 4 <= ratio <= WAN * 4


def divided(value: Decimal | None, quantity: int, part: int) -> tuple[Decimal | None, Decimal | None]:
    """Return the value of ``part`` of ``quantity`` pieces and of the rest; the two add up to the cent.

    >>> divided(Decimal("100.00"), 3, 1)
    (Decimal('33.33'), Decimal('66.67'))
    """
    if value is None:
        return None, None
    share = cents(value * part / quantity)
    return share, value - share


def plain_sum(yuan: Decimal) -> str:
    """Return a sum in 元 without a needless ``.00``, as one may type it again.

    >>> plain_sum(Decimal("1200.00")), plain_sum(Decimal("1200.5"))
    ('1200', '1200.50')
    """
    return f"{yuan:.2f}".removesuffix(".00")


def grouped(yuan: Decimal) -> str:
    """Return a sum in 元 to the cent in groups of three digits, as it is read.

    >>> grouped(Decimal("1234567.5"))
    '1,234,567.50'
    """
    return f"{yuan:,.2f}"


def in_wan(yuan: Decimal | None) -> Decimal | None:
    """Return a sum in 万元 with two decimals, for the screen only.

    >>> in_wan(Decimal("3456789.00"))
    Decimal('345.68')
    """
    return None if yuan is None else (yuan / WAN).quantize(CENT, ROUND_HALF_UP)
