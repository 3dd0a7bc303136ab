"""Feishu 飞书: an app of the organisation's own (企业自建应用) with web page, OAuth 2 with PKCE.

Sources: open.feishu.cn, "获取授权码", "获取 user_access_token" (v2) and "获取用户信息".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from xuequ.kit.credentials.choices import App
from xuequ.site.outside import asking
from xuequ.site.outside.config import AppSettings

CODE_TROUBLES = frozenset({"20003", "20004", "20024", "20049"})
"""Codes that are unknown or used, expired, of another app, or asked for by another browser (PKCE)."""


@dataclass(frozen=True, slots=True)
class Feishu:
    """Sign-in with Feishu."""

    settings: AppSettings
    app: ClassVar[App] = App.FEISHU
    marks: ClassVar[tuple[str, ...]] = ("lark", "feishu")

    def address(self, *, state: str, callback: str, challenge: str, inside: bool) -> str:
        """Return the page to which the browser is sent; no permission is asked for."""
        query = {
            "client_id": self.settings.key,
            "redirect_uri": callback,
            "response_type": "code",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self.settings.page}?{urlencode(query)}"

    def subject(self, *, code: str, callback: str, verifier: str) -> str:
        """Return the ``union_id``: the same in all apps of the organisation, while ``open_id`` changes with the app.

        Raises Down, Spent or Declined.
        """
        body = {
            "grant_type": "authorization_code",
            "client_id": self.settings.key,
            "client_secret": self.settings.secret,
            "code": code,
            "redirect_uri": callback,
            "code_verifier": verifier,
        }
        granted = _checked(asking.post(f"{self.settings.api}/open-apis/authen/v2/oauth/token", body))
        headers = {"Authorization": f"Bearer {asking.token(granted, 'access_token')}"}
        answer = _checked(asking.get(f"{self.settings.api}/open-apis/authen/v1/user_info", {}, headers))
        data = answer.get("data")
        return asking.text(data if isinstance(data, dict) else {}, "union_id")


def _checked(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    error = asking.error_code(answer, "code")
    if error in CODE_TROUBLES:
        raise asking.Spent(error)
    if error:
        raise asking.Declined(error)
    return answer
