"""A stand-in for the servers of WeCom, DingTalk and Feishu on this machine: right answers, and each kind of wrong one.

It checks what the real ones check (secret, code once, in time, PKCE, token) and gives more than we may keep (name,
picture, telephone number), so that a test can look for it. Its pages of permission are pages with one link.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from xuequ.site.outside.config import AppSettings

SECRET = "the-secret-of-the-app"
NICK, MOBILE, PICTURE = "虚构昵称", "19900005555", "https://pictures.example/face.png"
Answer = tuple[int, dict[str, Any] | str]


@dataclass
class Code:
    """A code that was given out, once and for a while."""

    subject: str
    challenge: str = ""
    expired: bool = False


@dataclass
class StandIn:
    """What the servers know, what they were asked, and what is broken there; ``faults`` maps a path to its answer."""

    base: str
    signed_in: str = "userid:lin"
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    faults: dict[str, Callable[[], Answer]] = field(default_factory=dict)
    token_lasts: int = 7200

    def settings(self) -> dict[str, AppSettings]:
        """Return the entries of an instance that uses this stand-in for all three apps."""
        return {
            app: AppSettings(
                key=f"key-{app}",
                secret=SECRET,
                agent="1000002",
                api=self.base,
                page=f"{self.base}/page/{app}",
                in_app_page=f"{self.base}/silent/{app}",
            )
            for app in ("wecom", "dingtalk", "feishu")
        }

    def code(self, subject: str = "", challenge: str = "", *, expired: bool = False) -> str:
        """Give out a code for the person who is signed in over there, or for ``subject``."""
        code = secrets.token_urlsafe(12)
        self.codes[code] = Code(subject or self.signed_in, challenge, expired)
        return code

    def spend(self, code: str) -> Code | None:
        """Take a code back; a second time it is unknown."""
        return self.codes.pop(code, None)

    def token(self, subject: str = "") -> str:
        """Give out a token."""
        token = secrets.token_urlsafe(12)
        self.tokens[token] = subject
        return token


def wecom_token(apps: StandIn, query: dict[str, str], **_more: Any) -> Answer:
    if (query.get("corpid"), query.get("corpsecret")) != ("key-wecom", SECRET):
        return 200, {"errcode": 40001, "errmsg": "invalid credential"}
    return 200, {"errcode": 0, "errmsg": "ok", "access_token": apps.token(), "expires_in": apps.token_lasts}


def wecom_who(apps: StandIn, query: dict[str, str], **_more: Any) -> Answer:
    if query.get("access_token") not in apps.tokens:
        return 200, {"errcode": 40014, "errmsg": "invalid access_token"}
    code = apps.spend(query.get("code", ""))
    if code is None:
        return 200, {"errcode": 40029, "errmsg": "invalid code"}
    if code.expired:
        return 200, {"errcode": 42003, "errmsg": "oauth_code expired"}
    name, _colon, value = code.subject.partition(":")
    return 200, {"errcode": 0, "errmsg": "ok", name: value, "user_ticket": "opens-the-telephone-number"}


def dingtalk_token(apps: StandIn, body: dict[str, str], **_more: Any) -> Answer:
    if (body.get("clientId"), body.get("clientSecret")) != ("key-dingtalk", SECRET):
        return 400, {"code": "invalidClientIdOrSecret", "message": "no", "requestid": "1"}
    code = apps.spend(body.get("code", ""))
    if code is None or code.expired or body.get("grantType") != "authorization_code":
        return 400, {"code": "invalidParameter.authCode.notFound", "message": "no", "requestid": "2"}
    return 200, {"accessToken": apps.token(code.subject), "refreshToken": "r", "expireIn": 7200}


def dingtalk_who(apps: StandIn, headers: dict[str, str], **_more: Any) -> Answer:
    subject = apps.tokens.get(headers.get("x-acs-dingtalk-access-token", ""))
    if subject is None:
        return 401, {"code": "InvalidAuthentication", "message": "no"}
    profile = {"nick": NICK, "mobile": MOBILE, "avatarUrl": PICTURE, "openId": f"of-this-app-{subject}"}
    return 200, {**profile, "unionId": subject}


def feishu_token(apps: StandIn, body: dict[str, str], **_more: Any) -> Answer:
    if (body.get("client_id"), body.get("client_secret")) != ("key-feishu", SECRET):
        return 400, {"code": 20002, "error": "invalid_client"}
    code = apps.spend(body.get("code", ""))
    if code is None or body.get("grant_type") != "authorization_code" or not body.get("redirect_uri"):
        return 400, {"code": 20003, "error": "invalid_grant"}
    if code.expired:
        return 400, {"code": 20004, "error": "invalid_grant"}
    digest = hashlib.sha256(body.get("code_verifier", "").encode()).digest()
    if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.challenge:
        return 400, {"code": 20049, "error": "invalid_grant"}
    return 200, {
        "code": 0,
        "access_token": apps.token(code.subject),
        "expires_in": 7200,
        "token_type": "Bearer",
    }


def feishu_who(apps: StandIn, headers: dict[str, str], **_more: Any) -> Answer:
    subject = apps.tokens.get(headers.get("authorization", "").removeprefix("Bearer "))
    if subject is None:
        return 200, {"code": 20005, "msg": "invalid token"}
    profile = {"name": NICK, "mobile": MOBILE, "avatar_url": PICTURE, "open_id": f"of-this-app-{subject}"}
    return 200, {"code": 0, "msg": "success", "data": {**profile, "union_id": subject}}


ENDPOINTS: dict[tuple[str, str], Callable[..., Answer]] = {
    ("GET", "/cgi-bin/gettoken"): wecom_token,
    ("GET", "/cgi-bin/auth/getuserinfo"): wecom_who,
    ("POST", "/v1.0/oauth2/userAccessToken"): dingtalk_token,
    ("GET", "/v1.0/contact/users/me"): dingtalk_who,
    ("POST", "/open-apis/authen/v2/oauth/token"): feishu_token,
    ("GET", "/open-apis/authen/v1/user_info"): feishu_who,
}


class Handler(BaseHTTPRequestHandler):
    """One request to the stand-in."""

    apps: StandIn

    def do_GET(self) -> None:
        self.respond({})

    def do_POST(self) -> None:
        self.respond(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def respond(self, body: dict[str, str]) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        _, kind, *rest = parts.path.split("/")
        if kind in {"page", "silent"}:
            self.permission(kind, rest[0], query)
            return
        self.apps.asked.append(parts.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        endpoint = ENDPOINTS.get((self.command, parts.path))
        if fault := self.apps.faults.get(parts.path):
            status, answer = fault()
        elif endpoint is None:
            status, answer = 404, "no such page"
        else:
            status, answer = endpoint(self.apps, query=query, body=body, headers=headers)
        self.send(status, answer if isinstance(answer, str) else json.dumps(answer))

    def permission(self, kind: str, app: str, query: dict[str, str]) -> None:
        """The page on which people say yes, or the redirect without one inside the app."""
        name = "authCode" if app == "dingtalk" else "code"
        back = {name: self.apps.code(challenge=query.get("code_challenge", "")), "state": query["state"]}
        address = f"{query['redirect_uri']}?{urlencode(back)}"
        if kind == "silent":
            self.send(302, "", Location=address)
            return
        link = f'<a id="allow" href="{address.replace("&", "&amp;")}">同意</a>'
        self.send(
            200,
            f'<!doctype html><html lang="zh-CN"><title>授权</title><link rel="icon" href="data:,">{link}</html>',
        )

    def send(self, status: int, text: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header(
            "Content-Type", "text/html; charset=utf-8" if text[:1] == "<" else "application/json"
        )
        self.send_header("Content-Length", str(len(text.encode())))
        with suppress(BrokenPipeError):  # whoever asked may not have waited
            self.end_headers()
            self.wfile.write(text.encode())

    def log_message(self, *_more: Any) -> None:
        """Be silent."""


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """Run the stand-in on a free port of this machine."""
    handler = type("OwnHandler", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.apps = apps = StandIn(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield apps
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def slow(seconds: float) -> Callable[[], Answer]:
    """Return a fault: an answer that comes too late."""

    def answer() -> Answer:
        time.sleep(seconds)
        return 200, {}

    return answer
