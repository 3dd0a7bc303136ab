"""The apps that this instance offers."""

from typing import ClassVar, Protocol

from django.conf import settings
from django.http import HttpRequest

from xuequ.kit.credentials.choices import App
from xuequ.site.outside.config import AppSettings
from xuequ.site.outside.dingtalk import DingTalk
from xuequ.site.outside.feishu import Feishu
from xuequ.site.outside.wecom import WeCom


class Provider(Protocol):
    """What each app can do: name its page of permission, and say who came back from it."""

    app: ClassVar[App]
    marks: ClassVar[tuple[str, ...]]
    """Words, in small letters, by which the browser inside the app is known."""

    def address(self, *, state: str, callback: str, challenge: str, inside: bool) -> str:
        """Return the page to which the browser is sent."""
        ...

    def subject(self, *, code: str, callback: str, verifier: str) -> str:
        """Return the stable id of whoever came back with ``code``; raises Down, Spent or Declined."""
        ...


KINDS = (WeCom, DingTalk, Feishu)


def providers() -> dict[str, Provider]:
    """Return the apps that are configured, by code."""
    found: dict[str, AppSettings] = settings.XUEQU_APPS
    return {kind.app.value: kind(found[kind.app]) for kind in KINDS if kind.app.value in found}


def is_inside(provider: Provider, request: HttpRequest) -> bool:
    """Whether the page is shown by the browser of this app."""
    agent = request.META.get("HTTP_USER_AGENT", "").lower()
    return any(mark in agent for mark in provider.marks)


def offered(request: HttpRequest) -> list[tuple[App, bool]]:
    """Return the apps to offer, the one in which the page is shown first, each with whether it is that one."""
    found = [(provider.app, is_inside(provider, request)) for provider in providers().values()]
    return sorted(found, key=lambda pair: not pair[1])
