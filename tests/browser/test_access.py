"""Signing in: a passkey, with Chromium's virtual authenticator; and WeCom, with a stand-in for its servers."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.site.outside_apps import SECRET, StandIn, standing_in

from .conftest import AXE, XUEQU, wait_for
from .visits import PHONE, Visitor

PASSWORD = "a-long-password-1"
DEVICE = {
    "options": {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
}
MAKE = f"""
from xuequ.core.models import Account
from xuequ.district.models import RoleAssignment
account = Account.objects.create_user("leader", "{PASSWORD}")
RoleAssignment.objects.create(account=account, role="bureau_leader", start="2020-09-01")
Account.objects.create_user("teacher", "{PASSWORD}")
"""
IN_WECOM = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Mobile wxwork/4.1.30 MicroMessenger/7.0.1"


@pytest.fixture(scope="module")
def apps() -> Iterator[StandIn]:
    with standing_in() as apps:
        yield apps


@pytest.fixture(scope="module")
def strict_site(chromium: Browser, apps: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an instance that asks for second factors and offers WeCom, with two people and nothing else.

    Passkeys are bound to a name, so the site is reached as localhost; the stand-in is reached by its number, so that
    it is another site to the browser.
    """
    home = tmp_path_factory.mktemp("strict")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("XUEQU_", "DJANGO_"))
    }
    (home / "wecom.secret").write_text(f"{SECRET}\n", "utf-8")
    environment |= {
        "XUEQU_HOME": str(home),
        "XUEQU_MFA": "on",
        "no_proxy": "127.0.0.1",
        "XUEQU_WECOM_CORP_ID": "key-wecom",
        "XUEQU_WECOM_AGENT_ID": "1000002",
        "XUEQU_WECOM_SECRET_FILE": str(home / "wecom.secret"),
        "XUEQU_WECOM_API": apps.base,
        "XUEQU_WECOM_LOGIN": f"{apps.base}/page/wecom",
        "XUEQU_WECOM_IN_APP": f"{apps.base}/silent/wecom",
    }
    for command in (["migrate", "--verbosity", "0"], ["shell", "--verbosity", "0", "--command", MAKE]):
        subprocess.run([XUEQU, "manage", *command], env=environment, check=True, stdout=subprocess.DEVNULL)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Path(home, "serve.log").open("wb") as log:
        server = subprocess.Popen(
            [XUEQU, "serve", "--port", str(port)], env=environment, stdout=log, stderr=log
        )
        try:
            wait_for(f"http://localhost:{port}/accounts/login/", server, home / "serve.log")
            yield f"http://localhost:{port}"
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def test_a_passkey_is_set_up_and_used(chromium: Browser, strict_site: str) -> None:
    visitor = Visitor.enter(chromium, strict_site, AXE.read_text("utf-8"))
    page = visitor.page
    session = visitor.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    device = session.send("WebAuthn.addVirtualAuthenticator", DEVICE)["authenticatorId"]
    sign_in(visitor)
    page.wait_for_url("**/accounts/security/set-up/")
    assert visitor.troubles() == []
    page.click('a[href="/accounts/security/passkeys/new/"]')
    assert visitor.troubles() == []
    page.click("form[data-passkey] button[type=submit]")
    page.wait_for_url("**/accounts/security/recovery/")
    assert visitor.troubles() == []
    expect(page.locator("li code")).to_have_count(10)
    page.goto("/accounts/security/")
    assert visitor.troubles() == []
    ending = page.locator('a[href*="/passkeys/"][href$="/end/"]').first.get_attribute("href")
    for address in (str(ending), "/accounts/security/recovery/new/", "/accounts/security/passkey/"):
        page.goto(address)
        assert visitor.troubles() == []
    page.goto("/accounts/logout/")
    page.click("main form button[type=submit]")
    sign_in(visitor)
    page.wait_for_url("**/accounts/second-step/")
    assert visitor.troubles() == []
    page.check("#trust-passkey")
    page.click("form[data-passkey] button[type=submit]")
    page.wait_for_selector(".xq-account")
    page.goto("/accounts/logout/")
    page.click("main form button[type=submit]")
    sign_in(visitor)
    page.wait_for_selector(".xq-account")  # the trusted computer is not asked again
    # Another key than the one that was set up is refused, and the page says so.
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
    session.send("WebAuthn.addVirtualAuthenticator", DEVICE)
    visitor.context.clear_cookies()
    sign_in(visitor)
    page.wait_for_url("**/accounts/second-step/")
    page.click("form[data-passkey] button[type=submit]")
    expect(page.locator("[data-passkey-trouble]")).to_be_visible()
    visitor.context.close()


def test_wecom_is_connected_once_and_then_lets_in(chromium: Browser, strict_site: str, apps: StandIn) -> None:
    visitor = Visitor.enter(chromium, strict_site, AXE.read_text("utf-8"))
    page = visitor.page
    page.goto("/accounts/login/")
    assert visitor.troubles() == []
    page.click("text=用企业微信登录")
    page.click("#allow")
    page.wait_for_url("**/accounts/with/connect/")
    assert visitor.troubles() == []
    page.click("main .btn-primary")
    enter_password(visitor, "teacher")
    page.wait_for_url("**/accounts/with/connect/")
    assert visitor.troubles() == []
    page.click("button[name=yes]")
    page.wait_for_url("**/accounts/security/")
    expect(page.locator("section[aria-labelledby=apps] button")).to_be_visible()
    assert visitor.troubles() == []
    visitor.context.close()

    # On a telephone inside WeCom one tap is enough, and nothing is asked.
    context = chromium.new_context(base_url=strict_site, user_agent=IN_WECOM, viewport=PHONE)
    inside = context.new_page()
    inside.goto("/accounts/login/")
    inside.click("text=用企业微信登录")
    inside.wait_for_selector(".xq-account")
    assert urlsplit(inside.url).path == "/"
    context.close()


def test_wecom_is_down(chromium: Browser, strict_site: str, apps: StandIn) -> None:
    apps.faults["/cgi-bin/auth/getuserinfo"] = lambda: (200, "<html>")
    visitor = Visitor.enter(chromium, strict_site, AXE.read_text("utf-8"))
    page = visitor.page
    page.goto("/accounts/with/wecom/")
    page.click("#allow")
    expect(page.locator("main h1")).to_have_text("企业微信登录没有成功")
    assert [line for line in visitor.troubles() if "503" not in line] == []
    page.click("a.btn:has-text('用登录名和密码登录')")
    enter_password(visitor, "teacher")
    page.wait_for_selector(".xq-account")
    visitor.context.close()


def sign_in(visitor: Visitor) -> None:
    """The first step: login name and password."""
    visitor.page.goto("/accounts/login/")
    enter_password(visitor, "leader")


def enter_password(visitor: Visitor, name: str) -> None:
    visitor.page.fill("#id_login", name)
    visitor.page.fill("#id_password", PASSWORD)
    visitor.page.click("main form button[type=submit]")
