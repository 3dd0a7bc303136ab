"""A passkey as a browser would have registered it, so that pages about passkeys have one to show."""

import hashlib

from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

KEY = ES256({1: 2, 3: -7, -1: 1, -2: bytes(32), -3: bytes(32)})


def registered(name: str) -> dict[str, object]:
    """Return what is stored of a passkey called ``name``; its key opens nothing."""
    known = AttestedCredentialData.create(Aaguid.NONE, name.encode(), KEY)
    host = hashlib.sha256(b"testserver").digest()
    attested = AttestationObject.create("none", AuthenticatorData.create(host, 0x41, 0, known), {})
    asked = CollectedClientData.create("webauthn.create", b"c" * 16, "https://testserver")
    key = websafe_encode(name.encode())
    response = {"clientDataJSON": websafe_encode(asked), "attestationObject": websafe_encode(attested)}
    credential = {"id": key, "rawId": key, "type": "public-key", "response": response}
    return {"name": name, "credential": credential | {"clientExtensionResults": {}}}
