"""Encryption of names and numbers: one random key per person, wrapped by the instance's key.

Destroying a person's row destroys the key with it, in every backup from which the ledger of erasures is replayed.
"""

import base64
import hmac
import json
import os
from collections.abc import Mapping
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE = 12
KEY = 32


@lru_cache(maxsize=8)
def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY, salt=None, info=purpose.encode()).derive(secret.encode())


def _key(purpose: str) -> bytes:
    return _derive(settings.XUEQU_DATA_KEY, purpose)


@lru_cache(maxsize=8)
def _wrapping(key: bytes) -> AESGCM:
    return AESGCM(key)


def seal(fields: Mapping[str, str]) -> bytes:
    """Encrypt ``fields`` under a fresh key; the result carries that key wrapped by the instance's key (AES-256-GCM)."""
    own = os.urandom(KEY)
    nonces = os.urandom(2 * NONCE)
    wrapped = _wrapping(_key("wrap")).encrypt(nonces[:NONCE], own, None)
    payload = json.dumps(dict(fields), ensure_ascii=False, separators=(",", ":")).encode()
    return b"\x01" + nonces + wrapped + AESGCM(own).encrypt(nonces[NONCE:], payload, None)


def unseal(blob: bytes) -> dict[str, str]:
    """Return what ``seal`` was given; raises cryptography's ``InvalidTag`` when altered or under another key."""
    blob = bytes(blob)
    if blob[:1] != b"\x01":
        raise ValueError("unknown version of a sealed identity")
    start = 1 + 2 * NONCE
    wrapped, payload = blob[start : start + KEY + 16], blob[start + KEY + 16 :]
    own = _wrapping(_key("wrap")).decrypt(blob[1 : 1 + NONCE], wrapped, None)
    fields: dict[str, str] = json.loads(AESGCM(own).decrypt(blob[1 + NONCE : start], payload, None))
    return fields


def blind_index(purpose: str, text: str) -> str:
    """Return a keyed digest by which an encrypted text can be found exactly (HMAC-SHA-256, 22 characters)."""
    digest = hmac.digest(_key(f"index:{purpose}"), text.encode(), "sha256")[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def blind_token(purpose: str, text: str) -> str:
    """Return a short keyed digest (40 bits in letters and digits) for the words of an index; others may share it."""
    return hmac.digest(_key(f"index:{purpose}"), text.encode(), "sha256")[:5].hex()
