"""First passwords: random, printed once, good for choosing one's own and for nothing else."""

import secrets

from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher

# Without letters and digits that look alike on paper, and without vowels, so that no word comes out.
ALPHABET = "bcdfghjkmnpqrstvwxz23456789"
GROUPS = 3
# 12 of 27 signs are 57 random bits: guessing them is hopeless at any speed, so a slow hash would only make a school
# of two thousand wait for a quarter of an hour. The password that its owner chooses is hashed at full strength.
ITERATIONS = 1_000


def first_password() -> str:
    """Return a random password in three groups, as it is printed."""
    return "-".join("".join(secrets.choice(ALPHABET) for _place in range(4)) for _group in range(GROUPS))


def hash_of(password: str) -> str:
    """Return the stored form of a first password."""
    hasher = get_hasher()
    if isinstance(hasher, PBKDF2PasswordHasher):
        return hasher.encode(password, hasher.salt(), ITERATIONS)
    return hasher.encode(password, hasher.salt())
