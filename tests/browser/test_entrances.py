"""Ways in besides signing in: the first start of an empty instance, a pupil's card, a message of somebody unknown."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.walk.shared import XUEQU, environment_of

from .conftest import AXE, serving
from .visits import Visitor


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an empty database."""
    home = tmp_path_factory.mktemp("strict")
    command = [XUEQU, "manage", "migrate", "--verbosity", "0"]
    subprocess.run(command, env=real(home), check=True, stdout=subprocess.DEVNULL)
    return home


@pytest.fixture(scope="module")
def empty_site(chromium: Browser, empty_home: Path) -> Iterator[str]:
    """The address of an instance in which there is nothing."""
    with serving(empty_home, real(empty_home)) as port:
        yield f"http://127.0.0.1:{port}"


def real(home: Path) -> dict[str, str]:
    """Return the environment of an instance that is no demo."""
    return {name: value for name, value in environment_of(home).items() if name != "XUEQU_DEMO"}


def test_an_empty_instance_asks_for_its_first_administrator(chromium: Browser, empty_site: str) -> None:
    visitor = Visitor.enter(chromium, empty_site, AXE.read_text("utf-8"))
    visitor.page.goto("/")
    visitor.page.wait_for_url("**/office/start/administrator/")
    assert visitor.troubles() == []
    visitor.context.close()


def test_a_card_waits_for_the_teacher(visitor: Visitor, card: str) -> None:
    visitor.page.goto("/accounts/card/")
    visitor.page.fill("#id_secret", card)
    visitor.page.click("main form button[type=submit]")
    visitor.page.wait_for_url("**/accounts/card/waiting/")
    assert visitor.troubles() == []


def test_a_message_without_signing_in_gets_a_code(visitor: Visitor) -> None:
    visitor.page.goto("/feedback/")
    visitor.page.fill("#id_text", "网页打不开附件。")
    visitor.page.click("main form button[type=submit]")
    visitor.page.wait_for_url("**/feedback/sent/")
    assert visitor.troubles() == []
    code = visitor.page.inner_text("main .h1")
    visitor.page.click("main a.btn-primary")
    visitor.page.fill("#id_code", code)
    visitor.page.click("main form button[type=submit]")
    expect(visitor.page.locator("main")).to_contain_text("网页打不开附件。")
    assert visitor.troubles() == []
