"""What the operator enters for each app; the settings read this module before there are models."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from xuequ.site.env import env_text

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class AppSettings:
    """One app: who we are there, and where it is reached.

    ``api`` is the base address that this server calls; ``page`` and ``in_app_page`` are whole addresses of pages to
    which the browser is sent, outside of the app and in it. ``agent`` is WeCom's number of the app.
    """

    key: str
    secret: str = field(repr=False)
    api: str
    page: str
    in_app_page: str
    agent: str = ""


def app_settings() -> dict[str, AppSettings]:
    """Return the apps whose entries are complete; half an entry stops the start."""
    found = {"wecom": _wecom(), "dingtalk": _dingtalk(), "feishu": _feishu()}
    return {app: settings for app, settings in found.items() if settings is not None}


def _wecom() -> AppSettings | None:
    corp, agent, secret = env_text("WECOM_CORP_ID"), env_text("WECOM_AGENT_ID"), env_text("WECOM_SECRET")
    if not _all_or_none("XUEQU_WECOM_CORP_ID, XUEQU_WECOM_AGENT_ID, XUEQU_WECOM_SECRET", corp, agent, secret):
        return None
    return AppSettings(
        key=corp,
        secret=secret,
        agent=agent,
        api=_address("WECOM_API", env_text("WECOM_API", "https://qyapi.weixin.qq.com")),
        page=_address(
            "WECOM_LOGIN", env_text("WECOM_LOGIN", "https://login.work.weixin.qq.com/wwlogin/sso/login")
        ),
        in_app_page=_address(
            "WECOM_IN_APP", env_text("WECOM_IN_APP", "https://open.weixin.qq.com/connect/oauth2/authorize")
        ),
    )


def _dingtalk() -> AppSettings | None:
    key, secret = env_text("DINGTALK_CLIENT_ID"), env_text("DINGTALK_SECRET")
    if not _all_or_none("XUEQU_DINGTALK_CLIENT_ID, XUEQU_DINGTALK_SECRET", key, secret):
        return None
    api = _address("DINGTALK_API", env_text("DINGTALK_API", "https://api.dingtalk.com"))
    page = _address("DINGTALK_LOGIN", env_text("DINGTALK_LOGIN", "https://login.dingtalk.com/oauth2/auth"))
    return AppSettings(key=key, secret=secret, api=api, page=page, in_app_page=page)


def _feishu() -> AppSettings | None:
    key, secret = env_text("FEISHU_APP_ID"), env_text("FEISHU_SECRET")
    if not _all_or_none("XUEQU_FEISHU_APP_ID, XUEQU_FEISHU_SECRET", key, secret):
        return None
    api = _address("FEISHU_API", env_text("FEISHU_API", "https://open.feishu.cn"))
    page = _address(
        "FEISHU_LOGIN",
        env_text("FEISHU_LOGIN", "https://accounts.feishu.cn/open-apis/authen/v1/authorize"),
    )
    return AppSettings(key=key, secret=secret, api=api, page=page, in_app_page=page)


def _all_or_none(names: str, *values: str) -> bool:
    if any(values) and not all(values):
        raise ImproperlyConfigured(f"{names}: these are needed together")
    return all(values)


def _address(name: str, value: str) -> str:
    """Return an address without a slash at its end; the secret must not travel in the clear."""
    parts = urlsplit(value)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not safe or not parts.netloc or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"XUEQU_{name}: expected an address with https://, got {value!r}")
    return value.rstrip("/")
