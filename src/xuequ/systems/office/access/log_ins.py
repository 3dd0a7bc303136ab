"""The log-ins of an account: which hold, and how they are ended. The table is allauth's."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef

from xuequ.core.models import Account


def open_log_ins(account: Account) -> list[UserSession]:
    """Return the log-ins of an account that still hold, the latest first."""
    held = Session.objects.filter(session_key=OuterRef("session_key"))
    return list(UserSession.objects.filter(Exists(held), user=account).order_by("-last_seen_at"))


def end_all(account: Account, but: SessionBase | None = None) -> int:
    """End the log-ins of an account, all or all ``but`` this one, and return how many there were."""
    rows = UserSession.objects.filter(user=account)
    if but is not None:
        rows = rows.exclude(session_key=but.session_key)
    found = list(rows)
    for row in found:
        row.end()
    return len(found)


def device_words(user_agent: str) -> str:
    """Return browser and system in words that people know, as far as the browser tells."""
    systems = (("HarmonyOS", "HarmonyOS"), ("OpenHarmony", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"),
               ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip
    browsers = (("MicroMessenger", "微信"), ("DingTalk", "钉钉"), ("Lark", "飞书"), ("Edg", "Edge"),
                ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
    found = [next((name for mark, name in pairs if mark in user_agent), "") for pairs in (browsers, systems)]
    return " · ".join(word for word in found if word)
