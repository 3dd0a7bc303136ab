"""Order as people expect it in lists."""

import re

_DIGITS = re.compile(r"(\d+)")


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts the numbers within texts as numbers.

    >>> sorted(["class 10", "class 2"], key=natural_key)
    ['class 2', 'class 10']
    """
    parts = (part for part in _DIGITS.split(text) if part)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)
