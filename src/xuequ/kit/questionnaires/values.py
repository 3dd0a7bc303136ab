"""How survey-core compares answers: JavaScript's loose rules and the library's own, for texts, numbers, lists.

Only what the subset can hold is covered: texts, numbers, true and false, flat lists, and None for "not answered".
"""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from math import inf, isfinite, isnan, nan

Value = str | int | float | bool | None | Sequence["Value"]

SPACES = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_BASES = {"0x": 16, "0o": 8, "0b": 2}


def trim(text: str) -> str:
    """Return ``text`` as ``String.prototype.trim`` leaves it."""
    return text.strip(SPACES)


def units(text: str) -> bytes:
    """Return the UTF-16 code units of a text, in which JavaScript counts and orders."""
    return text.encode("utf-16-be", "surrogatepass")


def length(text: str) -> int:
    """Return a text's length as JavaScript counts it."""
    return len(units(text)) // 2


def is_empty(value: Value) -> bool:
    """Whether a value counts as no answer: nothing, an empty text or an empty list; 0 and false are answers."""
    return value is None or (isinstance(value, str | list | tuple) and not value) or _is_nan(value)


def _is_nan(value: Value) -> bool:
    return isinstance(value, float) and isnan(value)


def to_number(value: Value) -> float:
    """Return ``Number(value)`` for a text, a number, or true and false."""
    if isinstance(value, bool | int | float):
        return float(value)
    if not isinstance(value, str):
        return nan
    text = trim(value)
    if not text:
        return 0.0
    if (base := _BASES.get(text[:2].lower())) is not None:
        return _based(text[2:], base)
    if text in {"Infinity", "+Infinity", "-Infinity"}:
        return -inf if text[0] == "-" else inf
    return float(text) if _DECIMAL.fullmatch(text) else nan


def _based(digits: str, base: int) -> float:
    try:
        return float(int(digits, base)) if digits.isalnum() else nan
    except ValueError:
        return nan


def _parse_float(value: Value) -> float:
    if isinstance(value, bool) or value is None:
        return nan
    if isinstance(value, int | float):
        return float(value)
    found = _DECIMAL.match(str(value).lstrip(SPACES))
    return float(found.group()) if found else nan


def _parse_int(value: Value) -> float:
    if isinstance(value, bool) or value is None:
        return nan
    text = number_text(value) if isinstance(value, int | float) else str(value).lstrip(SPACES)
    if text[:2].lower() == "0x":
        found = re.match(r"[0-9a-fA-F]+", text[2:])
        return float(int(found.group(), 16)) if found else nan
    found = _INTEGER.match(text)
    return float(found.group()) if found else nan


def number_of(value: Value) -> float:
    """Return the number that survey-core reads from a value; NaN when it is none (``Helpers.getNumber``)."""
    if isinstance(value, str):
        text = trim(value)
        if text.startswith("0x"):
            return nan if len(text) > 32 else _parse_int(text)
        long = len(text) > 15 and text.isascii() and text.isdigit()
        if not text or long or _has_operator(text):
            return nan
        value = text.replace(",", ".") if text.count(",") == 1 else text
    found = _parse_float(value)
    return found if isfinite(to_number(value)) else nan


def _has_operator(text: str) -> bool:
    if text.rfind("-") > 0 or text.rfind("+") > 0:
        return False  # as the library has it
    return any(sign in text for sign in "*^/%")


def is_number(value: Value) -> bool:
    """Whether survey-core reads a number from the value."""
    return not isnan(number_of(value))


def number_text(value: float) -> str:
    """Return a number as JavaScript writes it."""
    if isnan(value):
        return "NaN"
    if float(value).is_integer() and abs(value) < 1e21:
        return str(int(value))
    mantissa, _e, exponent = repr(float(value)).partition("e")
    if not exponent:
        return mantissa
    if 1e-6 <= abs(value) < 1e21:
        return format(Decimal(repr(float(value))), "f")
    return f"{mantissa.removesuffix('.0')}e{int(exponent):+d}"


def text_of(value: Value) -> str:
    """Return ``value.toString()``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, str):
        return value
    return ",".join(text_of(one) for one in value or ())


def correct(value: Value) -> Value:
    """Return a value as an expression sees it: texts that are numbers, true or false become that."""
    if not value or not isinstance(value, str):
        return value
    if value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if len(value) > 1 and value[0] in "'\"" and value[-1] in "'\"":
        return value[1:-1]
    return _number_if_plain(value) if is_number(value) else value


def _number_if_plain(text: str) -> Value:
    if text[0] == "0" and "0x" not in text[:2]:
        pointed = len(text) > 1 and text[1] in ".,"
        if pointed != (len(text) > 1) or (pointed and len(text) < 2):
            return text  # a number that begins with 0 is a code, not a quantity
    return number_of(text)


def equal(left: Value, right: Value) -> bool:
    """Whether two values are the same for survey-core, which passes over case, outer spaces and the order of lists."""
    if left == "undefined":
        left = None
    if right == "undefined":
        right = None
    return _same(left, right)


def _same(left: Value, right: Value) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return trim(left).lower() == trim(right).lower()
    if isinstance(left, list | tuple) or isinstance(right, list | tuple):
        return _same_lists(left, right)
    if _same_numbers(left, right):
        return True
    if is_empty(left) or is_empty(right):
        return is_empty(left) and is_empty(right)
    if isinstance(left, bool) and isinstance(right, str):
        return text_of(left) == right.lower()
    if isinstance(right, bool) and isinstance(left, str):
        return text_of(right) == left.lower()
    return to_number(left) == to_number(right)


def _same_numbers(left: Value, right: Value) -> bool:
    if left is None or right is None or isnan(to_number(left)) or isnan(to_number(right)):
        return False
    return _parse_int(left) == _parse_int(right) and _parse_float(left) == _parse_float(right)


def _same_lists(left: Value, right: Value) -> bool:
    if not isinstance(left, list | tuple) or not isinstance(right, list | tuple):
        return (left is None and not right) or (right is None and not left)
    if len(left) != len(right):
        return False
    pairs = zip(_ordered(left), _ordered(right), strict=True)
    return all(_same(one, other) for one, other in pairs)


def _ordered(values: Sequence[Value]) -> list[Value]:
    """Return the values in the order of ``Array.prototype.sort``: by their texts."""
    return sorted(values, key=lambda value: units(text_of(value)))


def less(left: Value, right: Value) -> bool:
    """Whether ``left < right`` in JavaScript; nothing is less than no answer."""
    if left is None or right is None:
        return False
    if isinstance(left, str) and isinstance(right, str):
        return units(left) < units(right)
    return to_number(left) < to_number(right)


def contains(left: Value, right: Value, wanted: bool = True) -> bool:
    """Whether a list holds every one of ``right``, or a text the text; ``wanted`` False asks for the opposite."""
    if isinstance(left, list | tuple):
        if not left:
            return not wanted
        asked = right if isinstance(right, list | tuple) else [right]
        return wanted if all(any(equal(one, item) for one in left) for item in asked) else not wanted
    if left is None or left == "" or not right:
        return False
    found = text_of(right).lower() in text_of(left).lower()
    return found == wanted


def any_of(left: Value, right: Value) -> bool:
    """Whether the answer is one of, or holds one of, the values of ``right``."""
    if is_empty(left) or is_empty(right):
        return is_empty(right)
    if not isinstance(left, list | tuple):
        return contains(right, left)
    if not isinstance(right, list | tuple):
        return contains(left, right)
    return any(contains(left, one) for one in right)


def all_of(left: Value, right: Value) -> bool:
    """Whether the answer holds all values of ``right``."""
    if not left and not isinstance(left, list | tuple) and not is_empty(right):
        return False
    if not isinstance(right, list | tuple):
        return contains(left, right)
    return all(contains(left, one) for one in right)


def calculate(sign: str, left: Value, right: Value) -> Value:
    """Return the result of ``+ - * /`` on numbers; no answer counts as 0, division by 0 gives no answer."""
    a, b = to_number(0 if is_empty(left) else left), to_number(0 if is_empty(right) else right)
    if sign == "/":
        return a / b if b else None
    places = (_decimals(a), _decimals(b))
    if sign == "*":
        return _fixed(a * b, sum(places))
    return _fixed(a + b if sign == "+" else a - b, max(places))


def _decimals(value: float) -> int:
    return len(number_text(value).partition(".")[2])


def _fixed(value: float, places: int) -> float:
    """Return ``parseFloat(value.toFixed(places))``, as the library rounds to the places of what went in."""
    if not places or not isfinite(value):
        return value
    return float(Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
