"""``xuequ serve`` as people meet it: it comes up, mends itself, refuses a taken port and stops."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.crash.conftest import Instance, wait_for

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for child processes in /proc"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/static/nothing-here", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def children(parent: int, word: str) -> set[int]:
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            owner = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            words = (folder / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if owner == parent and word in words:
            found.add(int(folder.name))
    return found


def test_serve_comes_up_mends_itself_and_stops(instance: Instance):
    instance.publish()
    port = free_port()
    program = instance.start("serve", "--port", str(port))
    wait_for(lambda: answers(port))
    (site,) = children(program.pid, "granian")
    assert len(children(program.pid, "work")) == 1

    second = subprocess.run(
        program.args, env=instance.environment, capture_output=True, text=True, check=False
    )
    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert f"port {port}" in second.stderr
    assert "--port" in second.stderr

    os.kill(site, signal.SIGKILL)
    wait_for(lambda: children(program.pid, "granian") - {site})
    wait_for(lambda: answers(port))

    program.send_signal(signal.SIGINT)
    assert program.wait(timeout=30) == 0
    assert not answers(port)


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("XUEQU_DATABASE_URL", "mysql://localhost/x", "XUEQU_DATABASE_URL"),
        ("XUEQU_HOME", "/proc/no-such-place", "XUEQU_HOME"),
    ],
)
def test_a_wrong_setting_is_one_sentence(setting: str, value: str, named: str):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "xuequ.site.settings", setting: value}
    command = [sys.executable, "-c", "from xuequ.cli import main; main()", "work"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert named in done.stderr
