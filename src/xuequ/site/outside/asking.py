"""Asking an app's server: JSON out, JSON in, within a few seconds, and never followed elsewhere."""

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

TIMEOUT = 5.0
"""Seconds without a byte after which an app counts as down: somebody waits in front of the page."""
LONGEST = 64 * 1024


class Down(Exception):  # noqa: N818 - it is an answer, not a fault
    """The app did not answer, or not in JSON."""


class Spent(Exception):  # noqa: N818
    """The app does not know the code: it is too old, was used before, or belongs to somebody else."""


class Declined(Exception):  # noqa: N818
    """The app refused for another reason; ``str()`` is its error code, for the operator."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is not followed: it would carry the secret to wherever it points."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_Stay)


def get(url: str, query: Mapping[str, str], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what ``url`` answers to a GET; raises Down."""
    address = f"{url}?{urlencode(query)}" if query else url
    return _ask(urllib.request.Request(address, headers=dict(headers or {})))  # noqa: S310 - see config._address


def post(url: str, body: Mapping[str, str]) -> dict[str, Any]:
    """Return what ``url`` answers to a POST of JSON; raises Down."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    data = json.dumps(dict(body)).encode()
    return _ask(urllib.request.Request(url, data=data, headers=headers, method="POST"))  # noqa: S310


def _ask(request: urllib.request.Request) -> dict[str, Any]:
    try:
        found = json.loads(_body(request))
    except (
        OSError,
        http.client.HTTPException,
        ValueError,
    ) as error:  # nobody there, too slow, cut off, no JSON
        raise Down(type(error).__name__) from error
    if not isinstance(found, dict):
        raise Down("no JSON object")
    return found


def _body(request: urllib.request.Request) -> bytes:
    """Return the body, of a refusal (4xx) too: it says why."""
    try:
        with _OPENER.open(request, timeout=TIMEOUT) as answer:
            return bytes(answer.read(LONGEST))
    except urllib.error.HTTPError as refusal:
        with refusal:
            if refusal.code >= 500 or refusal.code < 400:
                raise
            return bytes(refusal.read(LONGEST))


def text(answer: Mapping[str, Any], name: str, longest: int = 256) -> str:
    """Return the text under ``name``, which is all that is read of an answer; raises Declined without one."""
    found = answer.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= longest:
        raise Declined(f"no {name}")
    return found


def error_code(answer: Mapping[str, Any], name: str) -> str:
    """Return the error under ``name`` in plain signs, fit for a log and a page; empty when there is none (0)."""
    found = answer.get(name, 0)
    return "" if found in (0, "", None) else re.sub(r"[^\w.-]+", " ", str(found)).strip()[:80]


def token(answer: Mapping[str, Any], name: str) -> str:
    """Return the token under ``name``; Feishu's may be some thousand characters long."""
    return text(answer, name, longest=16 * 1024)
