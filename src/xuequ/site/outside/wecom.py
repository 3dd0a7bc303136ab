"""WeCom 企业微信: an app of the district's own (自建应用).

In a browser people scan a code on WeCom's page; in WeCom, and in WeChat for guardians, the page passes by unseen
(scope ``snsapi_base``). Sources: developer.work.weixin.qq.com/document/path/91039 (gettoken), 91335 (in the app),
98152 (in a browser), 98176 (getuserinfo).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from xuequ.core import clock
from xuequ.kit.credentials.choices import App
from xuequ.site.outside import asking
from xuequ.site.outside.config import AppSettings

CODE_TROUBLES = frozenset({"40029", "40163", "41008", "42003"})
"""Invalid, used, missing and expired codes."""
TOKEN_TROUBLES = frozenset({"40014", "42001"})
"""WeCom may end a token early (91039), so a new one is asked for once."""
EARLY = dt.timedelta(minutes=5)
LONGEST = 86400

# The token of each app, with the end of its time: in memory, so that no database or backup holds it.
_tokens: dict[AppSettings, tuple[str, dt.datetime]] = {}


@dataclass(frozen=True, slots=True)
class WeCom:
    """Sign-in with WeCom."""

    settings: AppSettings
    app: ClassVar[App] = App.WECOM
    marks: ClassVar[tuple[str, ...]] = ("wxwork", "micromessenger")

    def address(self, *, state: str, callback: str, challenge: str, inside: bool) -> str:
        """Return the page to which the browser is sent; WeCom knows no PKCE, so ``challenge`` is left out."""
        here = {"appid": self.settings.key, "agentid": self.settings.agent, "redirect_uri": callback}
        if not inside:
            return f"{self.settings.page}?{urlencode({'login_type': 'CorpApp', **here, 'state': state})}"
        query = urlencode({**here, "response_type": "code", "scope": "snsapi_base", "state": state})
        return f"{self.settings.in_app_page}?{query}#wechat_redirect"

    def subject(self, *, code: str, callback: str, verifier: str) -> str:
        """Return the corporation with the member's ``userid``, or the ``openid`` of a guardian who is no member.

        Both stay for as long as the person belongs to this corporation; WeCom gives a self-built app no union id.
        Raises Down, Spent or Declined.
        """
        answer = self._who(code)
        name = "userid" if answer.get("userid") else "openid"
        return f"{self.settings.key}:{name}:{asking.text(answer, name)}"

    def _who(self, code: str) -> Mapping[str, Any]:
        answer = self._ask_who(code)
        if asking.error_code(answer, "errcode") in TOKEN_TROUBLES:
            _tokens.pop(self.settings, None)
            answer = self._ask_who(code)
        return _checked(answer)

    def _ask_who(self, code: str) -> Mapping[str, Any]:
        query = {"access_token": self._token(), "code": code}
        return asking.get(f"{self.settings.api}/cgi-bin/auth/getuserinfo", query)

    def _token(self) -> str:
        token, until = _tokens.get(self.settings, ("", dt.datetime.min.replace(tzinfo=dt.UTC)))
        if clock.now() < until:
            return token
        query = {"corpid": self.settings.key, "corpsecret": self.settings.secret}
        answer = _checked(asking.get(f"{self.settings.api}/cgi-bin/gettoken", query))
        token = asking.token(answer, "access_token")
        lasts = answer.get("expires_in")
        seconds = lasts if isinstance(lasts, int) and 0 < lasts <= LONGEST else 0
        _tokens[self.settings] = token, clock.now() + dt.timedelta(seconds=seconds) - EARLY
        return token


def _checked(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    error = asking.error_code(answer, "errcode")
    if error in CODE_TROUBLES:
        raise asking.Spent(error)
    if error:
        raise asking.Declined(error)
    return answer
