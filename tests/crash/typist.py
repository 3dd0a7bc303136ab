"""Somebody who types results in over HTTP, as the page does: resends whatever was not answered."""

import http.client
import json
import time
from dataclasses import dataclass, field

from django.conf import settings
from django.test import Client

from xuequ.core.models import Account

CSRF = "a" * 32


def signed_in(account: Account) -> str:
    """Return the cookies of a fresh sign-in."""
    client = Client()
    client.force_login(account, backend=settings.AUTHENTICATION_BACKENDS[-1])
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={CSRF}"


@dataclass
class Typist:
    """Sends one cell at a time and remembers what was answered."""

    port: int
    address: str
    cookies: str
    tokens: dict[str, str] = field(default_factory=dict)
    sent: dict[str, list[str]] = field(default_factory=dict)
    repeated: int = 0

    def type(self, pupil: str, text: str, seconds: float = 60.0) -> str:
        """Send a cell until it is answered; return the state."""
        self.sent.setdefault(pupil, []).append(text)
        until = time.monotonic() + seconds
        while True:
            answer = self._once(pupil, text)
            if answer is not None:
                self.tokens[pupil] = answer["token"]
                return answer["state"]
            self.repeated += 1
            assert time.monotonic() < until, "never answered"
            time.sleep(0.05)

    def _once(self, pupil: str, text: str) -> dict[str, str] | None:
        body = json.dumps({"cells": [{"pupil": pupil, "text": text, "was": self.tokens.get(pupil, "")}]})
        headers = {"Content-Type": "application/json", "Cookie": self.cookies, "X-CSRFToken": CSRF}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", self.address, body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        assert response.status == 200, (response.status, content[:500])
        return json.loads(content)["cells"][0]
