"""A real server on the small demo district, and Debian's Chromium."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.walk.preparations import CARD_FILE
from tests.walk.shared import ROOT, XUEQU, environment_of, shared_folder, walk_folder

from .visits import Visitor

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is missing")
        pytest.skip("chromium is missing (apt-get install chromium)")
    # Chromium's sandbox cannot be used by root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running demo; needs ``chromium`` first, so that nothing is built in vain."""
    home = tmp_path_factory.mktemp("site") / "home"
    shutil.copytree(walk_folder(shared_folder(tmp_path_factory)) / "prepared", home)
    with serving(home, environment_of(home)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def card(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The letters on a pupil's card."""
    return (walk_folder(shared_folder(tmp_path_factory)) / "prepared" / CARD_FILE).read_text("utf-8")


@contextmanager
def serving(home: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """Serve a data folder and give the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (home / "serve.log").open("wb") as log:
        server = subprocess.Popen(
            [XUEQU, "serve", "--port", str(port)], env=environment, stdout=log, stderr=log
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/accounts/login/", server, home / "serve.log")
            yield port
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers; fail with its log when it does not within minutes."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text('utf-8')}")


@pytest.fixture
def visitor(chromium: Browser, site: str) -> Iterator[Visitor]:
    """A fresh browser window that notes everything that goes wrong."""
    visitor = Visitor.enter(chromium, site, AXE.read_text("utf-8"))
    yield visitor
    visitor.context.close()
