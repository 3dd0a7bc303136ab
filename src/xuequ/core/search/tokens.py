"""Texts as tokens, so that a full-text index answers "contains exactly this", down to one Chinese character.

A text becomes its pairs of neighbouring characters in order, then its single characters. A word is searched as a
phrase of its pairs. Tokens are plain letters and digits, which both databases leave as they are, and each kind of
thing has tokens of its own. Names and numbers of people become keyed digests of the same pairs ("blind"), so the
index never holds them in clear.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial

from xuequ.core.crypto import blind_token

LONGEST = 4000
"""Characters of one text that are indexed; PostgreSQL keeps no more than 256 places of a pair."""
SHORTEST_ENDING, LONGEST_ENDING = 4, 8
"""A number is found by so many of its last characters, or more; of more, the index knows the last eight."""
BREAK = "z"
"""Stands between two texts, so that no word is found across them."""
_DROPPED = "·•・‧."

Phrase = tuple[str, ...]


def fold(text: str) -> str:
    """Return a text as it is compared: full-width forms and case folded, spaces and the dots in names dropped.

    >>> fold("Ａb 第一\u3000小学")
    'ab第一小学'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if not char.isspace() and char not in _DROPPED)


def words(text: str) -> list[str]:
    """Return the folded words of what somebody typed, each once."""
    return list(dict.fromkeys(folded for word in text.split() if (folded := fold(word))))


def _clear(kind: str, part: str) -> str:
    sign = "u" if len(part) == 1 else "g"
    return kind + sign + "x".join(f"{ord(char):x}" for char in part)


@lru_cache(maxsize=200_000)
def _blind(kind: str, part: str) -> str:
    sign = "c" if len(part) == 1 else "b"
    return kind + sign + blind_token("search", f"{kind}:{part}")


def _ending(kind: str, number: str) -> str:
    return f"{kind}s" + blind_token("search-ending", f"{kind}:{number}")


def _pairs(text: str) -> list[str]:
    return [text[place : place + 2] for place in range(len(text) - 1)]


def place_token(kind: str, place: str) -> str:
    """Return the token of a place (letters and digits) to which a thing of a kind belongs."""
    return f"{kind}p{place}"


def indexed(
    kind: str,
    texts: Iterable[str],
    *,
    numbers: Iterable[str] = (),
    places: Iterable[str] = (),
    blind: bool = False,
) -> str:
    """Return the tokens of one thing: the one function that both databases' indexes are made from.

    ``numbers`` are found whole or by their last characters, and always blind.
    """
    write = partial(_blind if blind else _clear, kind)
    out = [place_token(kind, place) for place in places]
    singles: dict[str, None] = {}
    for text in texts:
        folded = fold(text)[:LONGEST]
        out += [BREAK, *map(write, _pairs(folded))]
        singles.update(dict.fromkeys(folded))
    for number in numbers:
        folded = fold(number)
        longest = min(len(folded), LONGEST_ENDING)
        sizes = range(min(SHORTEST_ENDING, longest), longest + 1)
        out += [_ending(kind, folded[-size:]) for size in sizes if size]
    return " ".join([*out, *map(write, singles)])


def sought(kind: str, word: str, *, blind: bool = False) -> list[Phrase]:
    """Return the phrases of which one must be there for a folded word to be found."""
    write = partial(_blind if blind else _clear, kind)
    phrases = [tuple(map(write, _pairs(word) or [word]))]
    if blind and len(word) >= SHORTEST_ENDING:
        phrases.append((_ending(kind, word[-LONGEST_ENDING:]),))
    return phrases


def fts5(groups: Sequence[Sequence[Phrase]]) -> str:
    """Write "one phrase of each group" for SQLite's FTS5."""
    return " AND ".join(
        "(" + " OR ".join(f'"{" ".join(phrase)}"' for phrase in group) + ")" for group in groups
    )


def tsquery(groups: Sequence[Sequence[Phrase]]) -> str:
    """Write "one phrase of each group" for PostgreSQL."""
    return " & ".join(
        "(" + " | ".join("(" + " <-> ".join(phrase) + ")" for phrase in group) + ")" for group in groups
    )
