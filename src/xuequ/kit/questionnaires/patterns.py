"""Patterns for texts: a subset of JavaScript's regular expressions with the same meaning here, and never slow.

Taken are characters, ``.``, classes, ``\\d \\w \\s`` and their opposites, ``^ $ |``, groups ``(?:…)`` or ``(…)``, and
``? * + {n} {n,m}``. At most two parts may repeat without a bound; a group repeats at most four times, with nothing in
it that repeats.
"""

import re
from functools import lru_cache

from django.utils.translation import gettext as _

from xuequ.kit.questionnaires.values import SPACES

LONGEST = 100
MOST_OPEN = 2
MOST_TIMES = 100
MOST_OF_GROUP = 4
_TOKEN = re.compile(
    r"(?P<class>\[\^?(?:\\.|[^\]\\])+\])|(?P<escape>\\.)|(?P<open>\((?:\?:)?)|(?P<close>\))"
    r"|(?P<repeat>[*+]|\{\d+(?:,\d*)?\})|(?P<other>[^\[\]()*+{}\\])",
    re.DOTALL,
)
_ESCAPES = {"d": "0-9", "w": "A-Za-z0-9_", "s": re.escape(SPACES)}
_LITERAL = frozenset(".^$|?*+()[]{}\\/-")


class PatternError(ValueError):
    """A pattern that cannot be used; ``str()`` says why, for people."""


@lru_cache(maxsize=256)
def compiled(pattern: str, ignore_case: bool = False) -> "re.Pattern[str]":
    """Return the pattern for texts that went through ``as_units``; ``PatternError`` says what in it is not taken."""
    if not pattern or len(pattern) > LONGEST or not pattern.isascii():
        raise PatternError(_("a pattern has 1 to %(limit)d ASCII characters") % {"limit": LONGEST})
    translated = _translated(pattern)
    try:
        return re.compile(translated, re.ASCII | (re.IGNORECASE if ignore_case else 0))
    except re.error as error:
        raise PatternError(_("the pattern is not complete")) from error


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether some part of ``text`` fits the pattern, as ``RegExp.test`` says."""
    return compiled(pattern, ignore_case).search(as_units(text)) is not None


def as_units(text: str) -> str:
    """Return the text with every sign beyond the basic plane as its two halves, which JavaScript counts singly."""
    if all(ord(sign) < 0x10000 for sign in text):
        return text
    encoded = text.encode("utf-16-be", "surrogatepass")
    return "".join(chr(int.from_bytes(encoded[i : i + 2])) for i in range(0, len(encoded), 2))


def _translated(pattern: str) -> str:
    written: list[str] = []
    repeats = [False]  # for each open group: whether something in it repeats
    place = open_ended = 0
    before, closed = "", False
    while place < len(pattern):
        match = _TOKEN.match(pattern, place)
        if match is None or match.lastgroup is None:
            raise PatternError(
                _("“%(part)s” is not taken in a pattern") % {"part": pattern[place : place + 5]}
            )
        kind, part, place = match.lastgroup, match.group(), match.end()
        if kind == "repeat":
            open_ended += _is_open(part)
            _check_repeat(part, before, inner=closed, group=before == ")", open_ended=open_ended)
        repeats[-1] |= kind == "repeat" or part == "?"
        if kind == "open":
            repeats.append(False)
        closed = repeats.pop() if kind == "close" and len(repeats) > 1 else False
        repeats[-1] |= closed
        written.append(_part(kind, part))
        before = part
    return "".join(written)


def _check_repeat(part: str, before: str, *, inner: bool, group: bool, open_ended: int) -> None:
    """Refuse what can take for ever, and what the two languages read differently."""
    twice = before in {"?", "*", "+"} or before.endswith("}")
    many = group and (part in "*+" or part.endswith(",}") or _most(part) > MOST_OF_GROUP)
    if twice or many or inner or open_ended > MOST_OPEN:
        raise PatternError(_("the pattern repeats repetitions, which can take for ever"))


def _most(repeat: str) -> int:
    return int(repeat[1:-1].split(",")[-1])


def _is_open(repeat: str) -> bool:
    if repeat in "*+" or repeat.endswith(",}"):
        return True
    if _most(repeat) > MOST_TIMES:
        raise PatternError(_("a part may repeat at most %(limit)d times") % {"limit": MOST_TIMES})
    return "," in repeat and _most(repeat) > MOST_OF_GROUP  # a short choice of lengths costs nothing


def _part(kind: str, part: str) -> str:
    if kind == "class":
        return _class(part)
    if kind == "escape":
        return _escape(part[1])
    if kind == "open":
        return "(?:"
    return {".": "[^\\n\\r\\u2028\\u2029]", "$": "\\Z"}.get(part, part)


def _escape(sign: str) -> str:
    if sign.lower() in _ESCAPES:
        return f"[{'^' if sign.isupper() else ''}{_ESCAPES[sign.lower()]}]"
    if sign in _LITERAL:
        return re.escape(sign)
    raise PatternError(_("“%(part)s” is not taken in a pattern") % {"part": f"\\{sign}"})


def _class(part: str) -> str:
    negated, inner = part.startswith("[^"), part[2:-1] if part.startswith("[^") else part[1:-1]
    written, place = [], 0
    while place < len(inner):
        sign = inner[place]
        if sign == "\\":
            place += 1
            sign = inner[place]
            if sign in _ESCAPES:
                written.append(_ESCAPES[sign])
            elif sign in _LITERAL:
                written.append(f"\\{sign}")
            else:
                raise PatternError(_("“%(part)s” is not taken in a pattern") % {"part": f"\\{sign}"})
        else:
            written.append(f"\\{sign}" if sign in "[&~|" else sign)
        place += 1
    return f"[{'^' if negated else ''}{''.join(written)}]"
