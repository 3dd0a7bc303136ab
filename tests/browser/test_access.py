"""A passkey from setting up to signing in, with Chromium's virtual authenticator."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from .conftest import AXE, XUEQU, wait_for
from .visits import Visitor

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
"""


@pytest.fixture(scope="module")
def strict_site(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an instance that asks for second factors, with one bureau leader and nothing else.

    Passkeys are bound to a name, so the site is reached as localhost.
    """
    home = tmp_path_factory.mktemp("strict")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("XUEQU_", "DJANGO_"))
    }
    environment |= {"XUEQU_HOME": str(home), "XUEQU_MFA": "on"}
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


def sign_in(visitor: Visitor) -> None:
    """The first step: login name and password."""
    visitor.page.goto("/accounts/login/")
    visitor.page.fill("#id_login", "leader")
    visitor.page.fill("#id_password", PASSWORD)
    visitor.page.click("main form button[type=submit]")
