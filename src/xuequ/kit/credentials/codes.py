"""Secrets for paper: letters and digits that nobody mistakes for each other, with a sign that finds slips of the pen.

Only a keyed digest of a secret is stored, so that the database opens no door.
"""

import secrets
import unicodedata

from xuequ.core.crypto import blind_index

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""31 signs: no 0 and O, no 1, I and L. A prime number of them lets the check sign find every single slip and every
exchange of two neighbours."""
CODE = 8
CARD = 16


def new(length: int) -> str:
    """Return a random secret of ``length`` signs, the last of which is its check sign."""
    body = "".join(secrets.choice(ALPHABET) for _place in range(length - 1))
    return body + check_sign(body)


def check_sign(body: str) -> str:
    """Return the sign that makes the weighted sum of all signs divisible by 31 (weights 2, 3, …; the sign's is 1)."""
    total = sum(weight * ALPHABET.index(sign) for weight, sign in enumerate(body, start=2))
    return ALPHABET[-total % len(ALPHABET)]


def plain(text: str) -> str:
    """Return what was typed or scanned as it is compared: the part after ``#`` of an address, capitals, no gaps."""
    folded = unicodedata.normalize("NFKC", text.rsplit("#", 1)[-1]).upper()
    return "".join(sign for sign in folded if sign.isalnum())


def is_well_formed(text: str, length: int) -> bool:
    """Whether ``text`` (as ``plain`` returns it) could be a secret of this length: its check sign fits."""
    return len(text) == length and set(text) <= set(ALPHABET) and check_sign(text[:-1]) == text[-1]


def grouped(secret: str) -> str:
    """Return a secret as it is printed.

    >>> grouped("ABCDEFGH")
    'ABCD-EFGH'
    """
    return "-".join(secret[place : place + 4] for place in range(0, len(secret), 4))


def digest(purpose: str, secret: str) -> str:
    """Return what is stored of a secret."""
    return blind_index(f"credentials:{purpose}", secret)
