"""The second factor: who needs one, when it is asked for, and the office computers on which it is not asked again.

allauth keeps and checks passkeys, one-time codes and recovery codes; here stands what the district decides.
"""

import base64
import datetime as dt
import hashlib
import io
import secrets
from functools import lru_cache
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.internal.flows.trust import create_config_fingerprint
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signing import BadSignature, Signer
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from xuequ.core import audit, clock, crypto
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.queries import district
from xuequ.site.models import TrustedMachine

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
SHOWN = "second_factor"
"""Key of the session that says that a second factor was shown in this log-in, and how."""
TRUST = dt.timedelta(days=30)
COOKIE = "__Host-machine" if settings.HTTPS else "xuequ_machine"


@lru_cache(maxsize=4)
def required_roles(entries: tuple[str, ...]) -> dict[Role, bool]:
    """Return the roles that need a second factor; True for those that need it only above a school (``@district``)."""
    found = {}
    for entry in entries:
        code, _at, where = entry.partition("@")
        if code not in Role.values or where not in {"", "district"}:
            raise ImproperlyConfigured(f"XUEQU_MFA_ROLES: unknown role {entry!r}")
        found[Role(code)] = where == "district"
    return found


def needs_factor(actor: Actor) -> bool:
    """Whether the actor's roles, lent ones too, may be used with a second factor only."""
    if not settings.XUEQU_MFA:
        return False
    required = required_roles(tuple(settings.XUEQU_MFA_ROLES))
    return any(
        grant.role in required and not (required[grant.role] and grant.school_id is not None)
        for grant in actor.grants
    )


def has_shown(request: HttpRequest) -> bool:
    """Whether a second factor was shown in this log-in, here or earlier on a trusted computer."""
    if request.session.get(SHOWN):
        return True
    return any(
        record.get("method") == "mfa"
        for record in request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    )


class SecondFactorStage(AuthenticateStage):
    """The step after the password; a trusted computer passes it."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        response, go_on = super().handle()
        if response is not None and is_trusted(self.request, self.login.user):
            self.request.session[SHOWN] = "machine"
            return None, True
        return response, go_on


def may_trust(account: Account) -> bool:
    """Whether the account may call a computer trusted: never one that looks after the whole instance."""
    return not account.is_superuser and not Actor.of(account, clock.today()).has(Role.SYSTEM_ADMINISTRATOR)


def trust(request: HttpRequest, response: HttpResponse, account: Account) -> TrustedMachine:
    """Remember this computer for the account, in a row and a signed cookie."""
    token, now = _token(request) or secrets.token_urlsafe(24), clock.now()
    row, _made = TrustedMachine.objects.update_or_create(
        account=account,
        digest=_digest(token),
        defaults={
            "setup": create_config_fingerprint(account),
            "user_agent": request.META.get("HTTP_USER_AGENT", "")[:200],
            "created": now,
            "last_used": now,
            "expires": now + TRUST,
        },
    )
    response.set_cookie(
        COOKIE, Signer(salt=COOKIE).sign(token), max_age=TRUST, secure=settings.HTTPS, httponly=True,
        samesite="Lax",  # sent along when WeCom or another app leads back here, too
    )  # fmt: skip
    audit.record(Actor.of(account, clock.today()), "account.computer_trusted", account)
    return row


def is_trusted(request: HttpRequest, account: Account) -> bool:
    """Whether this computer is trusted for the account now; notes its use."""
    token = _token(request)
    if token is None or not may_trust(account):
        return False
    now = clock.now()
    row = TrustedMachine.objects.filter(account=account, digest=_digest(token), expires__gt=now).first()
    if row is None or not constant_time_compare(row.setup, create_config_fingerprint(account)):
        return False
    row.last_used = now
    row.save(update_fields=["last_used"])
    return True


def trusted_machines(account: Account) -> list[TrustedMachine]:
    """Return the computers that the account trusts and that would pass now."""
    rows = TrustedMachine.objects.filter(account=account, expires__gt=clock.now())
    return [row for row in rows if row.setup == create_config_fingerprint(account)]


def _token(request: HttpRequest) -> str | None:
    try:
        return Signer(salt=COOKIE).unsign(request.COOKIES.get(COOKIE, ""))
    except BadSignature:
        return None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class FactorAdapter(DefaultMFAAdapter):
    """allauth's second factors in our words, with their secrets sealed."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _(
            "This code is not right, or it was used before. Wait for the next one and try again."
        ),
        "cannot_generate_recovery_codes": _("Set up a passkey or one-time codes first."),
    }

    def encrypt(self, text: str) -> str:
        return base64.b64encode(crypto.seal({"secret": text})).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.unseal(base64.b64decode(encrypted_text))["secret"]

    def get_totp_issuer(self) -> str:
        return f"xuequ {self._get_site_name()}"

    def _get_site_name(self) -> str:
        found = district()
        return found.name if found else "xuequ"

    def build_totp_svg(self, url: str) -> str:
        import segno

        # An image from an address is nothing without the name space that a page's own drawing may leave out.
        drawing = io.BytesIO()
        segno.make(url, micro=False).save(drawing, kind="svg", xmldecl=False, scale=5, border=2)
        return drawing.getvalue().decode()

    def generate_authenticator_name(self, user: Account, type: str) -> str:  # noqa: A002 - as allauth calls it
        return str(_("passkey of %(day)s")) % {"day": f"{clock.today():%F}"}


@receiver([signals.authenticator_added, signals.authenticator_reset, signals.authenticator_removed])
def note_change(
    sender: Any, signal: Any, request: HttpRequest, user: Account, authenticator: Any, **more: Any
) -> None:
    """Write the audit row of a change of factors; whoever has just set one up has shown it."""
    verb = "removed" if signal is signals.authenticator_removed else "added"
    if verb == "added" and authenticator.type in FACTORS:
        request.session[SHOWN] = str(authenticator.type)
    if verb == "removed" and not Authenticator.objects.filter(user=user, type__in=FACTORS).exists():
        request.session.pop(SHOWN, None)
        left = [
            record
            for record in request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
            if record.get("method") != "mfa"
        ]
        request.session[AUTHENTICATION_METHODS_SESSION_KEY] = left
    actor = Actor.of(user, clock.today())
    audit.record(actor, f"account.factor_{verb}", user, {"type": str(authenticator.type)})
