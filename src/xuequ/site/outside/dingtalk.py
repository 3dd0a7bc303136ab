"""DingTalk 钉钉: a web app inside the organisation (企业内部应用), OAuth 2.

Sources: open.dingtalk.com, "获取登录用户的访问凭证" and "获取用户通讯录个人信息". The flow is that of RFC 6749, the
names in its JSON and the header of the token are not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from xuequ.kit.credentials.choices import App
from xuequ.site.outside import asking
from xuequ.site.outside.config import AppSettings

CODE_TROUBLE = "invalidParameter.authCode"


@dataclass(frozen=True, slots=True)
class DingTalk:
    """Sign-in with DingTalk."""

    settings: AppSettings
    app: ClassVar[App] = App.DINGTALK
    marks: ClassVar[tuple[str, ...]] = ("dingtalk",)

    def address(self, *, state: str, callback: str, challenge: str, inside: bool) -> str:
        """Return the page to which the browser is sent; DingTalk documents no PKCE, so ``challenge`` is left out."""
        query = {
            "client_id": self.settings.key,
            "redirect_uri": callback,
            "response_type": "code",
            "scope": "openid",
            "prompt": "consent",
            "state": state,
        }
        return f"{self.settings.page}?{urlencode(query)}"

    def subject(self, *, code: str, callback: str, verifier: str) -> str:
        """Return the ``unionId``: the same in all apps of the organisation, while ``openId`` changes with the app.

        Raises Down, Spent or Declined.
        """
        body = {
            "clientId": self.settings.key,
            "clientSecret": self.settings.secret,
            "code": code,
            "grantType": "authorization_code",
        }
        granted = _checked(asking.post(f"{self.settings.api}/v1.0/oauth2/userAccessToken", body))
        headers = {"x-acs-dingtalk-access-token": asking.token(granted, "accessToken")}
        answer = _checked(asking.get(f"{self.settings.api}/v1.0/contact/users/me", {}, headers))
        return asking.text(answer, "unionId")


def _checked(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an answer that is none of DingTalk's errors, which are told by the field ``code``."""
    error = asking.error_code(answer, "code")
    if error.startswith(CODE_TROUBLE):
        raise asking.Spent(error)
    if error:
        raise asking.Declined(error)
    return answer
