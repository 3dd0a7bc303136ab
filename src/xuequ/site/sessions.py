"""Log-ins: how long they last, the list of them, and their end.

The list is allauth's table ``UserSession``; Django's own sessions stay the truth. Times stand in the session itself, so
that a page needs no further query; they are written at most every five minutes.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from allauth.account.signals import password_changed
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import receiver
from django.http import HttpRequest

from xuequ.core import audit, clock
from xuequ.core.models import Account, AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.site.limits import client_address
from xuequ.site.outside import waiting
from xuequ.systems.office.access.log_ins import end_all

KEY = "log_in"
RESET = "factor_reset"
SEEN_EVERY = dt.timedelta(minutes=5)
TOLD_FOR = dt.timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long a log-in lasts at most, and how long without being used; ``kept`` outlives closing the browser."""

    most: dt.timedelta
    idle: dt.timedelta
    kept: bool = False


LASTING = {
    # A working day; a screen left alone over lunch asks again.
    "staff": Lasting(dt.timedelta(hours=12), dt.timedelta(hours=2)),
    # Pupils share computers, so closing the browser ends it.
    "pupil": Lasting(dt.timedelta(hours=12), dt.timedelta(hours=4)),
    # Their own telephone, and nothing but their own child to see.
    "guardian": Lasting(dt.timedelta(days=30), dt.timedelta(days=14), kept=True),
}


def kind_of(actor: Actor) -> str:
    """Return which of ``LASTING`` holds for an actor: the strictest that the roles ask for."""
    roles = {grant.role for grant in actor.grants}
    if roles and roles <= {Role.GUARDIAN}:
        return "guardian"
    return "pupil" if roles and roles <= {Role.PUPIL, Role.GUARDIAN} else "staff"


@receiver(user_logged_in)
def begin(sender: Any, request: HttpRequest, user: Account, **more: Any) -> None:
    """Note a new log-in: in the session, in the list, in the audit."""
    actor = Actor.of(user, clock.today())
    _list(request, user, kind_of(actor))
    _look_for_reset(request, user)
    app = waiting.entry(request, user)
    audit.record(actor, "account.signed_in", user, {"with": app} if app else {})


def _list(request: HttpRequest, user: Account, kind: str) -> None:
    now = clock.now()
    request.session[KEY] = {"since": now.timestamp(), "seen": now.timestamp(), "kind": kind}
    if LASTING[kind].kept:
        request.session.set_expiry(int(LASTING[kind].idle.total_seconds()))
    UserSession.objects.filter(user=user, last_seen_at__lt=now - LASTING["guardian"].most).delete()
    UserSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "created_at": now,
            "last_seen_at": now,
            "ip": client_address(request) or "0.0.0.0",  # noqa: S104 - unknown, not an address to listen on
            "user_agent": request.META.get("HTTP_USER_AGENT", "")[:200],
        },
    )


def _look_for_reset(request: HttpRequest, user: Account) -> None:
    """Keep in the session that somebody else removed the second factor lately, for the first page."""
    since = clock.now() - TOLD_FOR
    rows = AuditEvent.objects.filter(verb="account.factor_reset", object_uid=user.uid, at__gte=since)
    at = rows.order_by("-id").values_list("at", flat=True).first()
    if at is not None:
        request.session[RESET] = at.isoformat()


@receiver(user_logged_out)
def forget(sender: Any, request: HttpRequest, user: Account | None, **more: Any) -> None:
    """Take a log-in from the list when somebody signs out."""
    UserSession.objects.filter(session_key=request.session.session_key or "").delete()


@receiver(password_changed)
def after_new_password(sender: Any, request: HttpRequest, user: Account, **more: Any) -> None:
    """End every other log-in: whoever changes a password may do so because somebody else knew the old one."""
    old = request.session.get(KEY, {})
    _list(request, user, old.get("kind", "staff"))
    request.session[KEY] = request.session[KEY] | {"since": old.get("since", clock.now().timestamp())}
    end_all(user, but=request.session)


def has_run_out(session: SessionBase, now: dt.datetime) -> bool:
    """Whether the log-in is over by the clock; one without times (begun before an upgrade) is."""
    times = session.get(KEY)
    if times is None:
        return True
    lasting = LASTING[times["kind"]]
    since = dt.datetime.fromtimestamp(times["since"], dt.UTC)
    seen = dt.datetime.fromtimestamp(times["seen"], dt.UTC)
    return now - since >= lasting.most or now - seen >= lasting.idle


def touch(session: SessionBase, now: dt.datetime) -> None:
    """Note that the log-in is in use, at most every five minutes."""
    times = session[KEY]
    if now.timestamp() - times["seen"] < SEEN_EVERY.total_seconds():
        return
    session[KEY] = times | {"seen": now.timestamp()}
    UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=now)
