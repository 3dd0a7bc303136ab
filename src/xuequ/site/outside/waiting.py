"""What the session remembers on the way: where somebody was sent, and whom the app named when nobody here is that."""

import base64
import datetime as dt
import hashlib
import secrets
from dataclasses import asdict, dataclass

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY, record_authentication
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from xuequ.core import clock
from xuequ.core.models import Account
from xuequ.kit.credentials.choices import App
from xuequ.kit.credentials.outside import Outsider

METHOD = "outside"
"""How a sign-in by an app is called among the session's authentication methods."""
WAY = "outside_way"
FOUND = "outside_found"
WAY_LASTS = dt.timedelta(minutes=10)
FOUND_LASTS = dt.timedelta(minutes=30)
"""Long enough for a first sign-in with its new password and second factor."""


@dataclass(frozen=True, slots=True)
class Way:
    """One trip to an app: ``state`` ties the answer to this browser, ``verifier`` (PKCE) ties the code to us."""

    app: str
    state: str
    verifier: str
    next: str
    at: float

    @property
    def challenge(self) -> str:
        """The verifier as it may be shown (RFC 7636, S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def is_answered_by(self, app: str, state: str) -> bool:
        """Whether an answer belongs to this trip, and came in time."""
        age = clock.now().timestamp() - self.at
        return (
            self.app == app and constant_time_compare(self.state, state) and age < WAY_LASTS.total_seconds()
        )


def set_out(request: HttpRequest, app: App, to: str) -> Way:
    """Begin a trip; an earlier one of this browser is over."""
    # WeCom takes letters and digits only as a state.
    way = Way(app, secrets.token_hex(24), secrets.token_urlsafe(48), to, clock.now().timestamp())
    request.session[WAY] = asdict(way)
    return way


def come_back(request: HttpRequest) -> Way | None:
    """Return the trip that this browser was on, once."""
    found = request.session.pop(WAY, None)
    return Way(**found) if found else None


def keep(request: HttpRequest, outsider: Outsider) -> None:
    """Remember whom the app named, until a person has proven to be that one."""
    request.session[FOUND] = {
        "app": outsider.app.value,
        "digest": outsider.digest,
        "at": clock.now().timestamp(),
    }


def found(request: HttpRequest) -> Outsider | None:
    """Return whom the app named a short while ago in this browser."""
    kept = request.session.get(FOUND)
    if not kept or clock.now().timestamp() - kept["at"] >= FOUND_LASTS.total_seconds():
        return None
    return Outsider(App(kept["app"]), kept["digest"])


def note_entry(request: HttpRequest, owner: Account, app: App) -> None:
    """Note in the session that the app stands in for the owner's password."""
    record_authentication(request, owner, method=METHOD, app=app.value, uid=str(owner.uid))


def entry(request: HttpRequest, account: Account) -> str:
    """Return the app that stood in for the password of this log-in; empty when none did."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    apps = [record["app"] for record in records if record.get("uid") == str(account.uid)]
    return apps[-1] if apps else ""


def forget(request: HttpRequest) -> None:
    """Forget whom the app named."""
    request.session.pop(FOUND, None)
