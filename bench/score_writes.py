"""Six hundred people each type a score at the same moment: how long until the last is answered, and is any lost?

    python bench/score_writes.py                                         # SQLite
    python tools/with_postgres.py .venv/bin/python bench/score_writes.py # PostgreSQL

Fifteen classes of forty pupils; every pupil's score comes over a connection of its own, all opened at the same moment
and all before the first is sent, to the site as ``xuequ serve --workers 2`` runs it on this machine. The first round
meets a site that has just started. Prints for each round the seconds until half, 99 % and all were answered, and in
the end what a score costs the site in CPU time: that figure means something on a busy machine too.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["XUEQU_HOME"] = tempfile.mkdtemp(prefix="xuequ-bench-")
os.environ["DJANGO_SETTINGS_MODULE"] = "xuequ.site.settings"
os.environ["XUEQU_MFA"] = "off"
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.urls import reverse  # noqa: E402
from tests import factories  # noqa: E402
from tests.crash.typist import CSRF, signed_in  # noqa: E402

from xuequ.core import clock  # noqa: E402
from xuequ.record.choices import Basis  # noqa: E402
from xuequ.record.models import Result  # noqa: E402

CLASSES, PUPILS, ROUNDS = 15, 40, 5


def build() -> list[tuple[str, str, str]]:
    """Return for each pupil the address of the class's cells, the teacher's cookies and the pupil's uid."""
    today = clock.today()
    first_year = today.year - (today.month < 9)
    term = next(t for t in factories.make_year(first_year).terms.all() if t.start <= today < t.end)
    school = factories.make_school()
    exam = factories.make_assessment(basis=Basis.SCHOOL_MIDTERM, school=school, term=term)
    cells = []
    for number in range(1, CLASSES + 1):
        school_class = factories.make_class(school, entry_year=first_year - 1, number=number)
        pupils = factories.make_pupils(school_class, PUPILS)
        account = factories.make_account()
        factories.make_teacher(school_class, exam.subject, account=account)
        address, cookies = (
            reverse("office:entry-cells", args=[exam.uid, school_class.uid]),
            signed_in(account),
        )
        cells += [(address, cookies, str(pupil.uid)) for pupil in pupils]
    return cells


def request(port: int, address: str, cookies: str, pupil: str, text: str, was: str) -> bytes:
    """Return the request of one cell."""
    body = json.dumps({"cells": [{"pupil": pupil, "text": text, "was": was}]}).encode()
    head = (
        f"POST {address} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nCookie: {cookies}\r\n"
        f"X-CSRFToken: {CSRF}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def rush(port: int, requests: list[bytes]) -> list[tuple[float, dict[str, str]]]:
    """Open all connections, send everything at once, return the seconds and the answer of each."""
    ends = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _request in requests))
    begun = time.perf_counter()

    async def one(end: tuple[asyncio.StreamReader, asyncio.StreamWriter], content: bytes):
        reader, writer = end
        writer.write(content)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head.splitlines()[0], head
        size = next(
            int(line[15:]) for line in head.splitlines() if line.lower().startswith(b"content-length:")
        )
        body = await reader.readexactly(size)
        writer.close()
        return time.perf_counter() - begun, json.loads(body)["cells"][0]

    return list(await asyncio.gather(*(one(*pair) for pair in zip(ends, requests, strict=True))))


def wait_for(port: int, seconds: float = 180) -> None:
    """Wait until the site answers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the site did not come up")


def cpu_seconds(parent: int) -> float:
    """Return the CPU time of the site's processes."""
    found = 0.0
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            found += cpu_seconds(int(file.parent.name))
    return found


def told(label: str, seconds: list[float]) -> None:
    """Print how long people waited."""
    times = sorted(seconds)
    half, most = times[len(times) // 2], times[int(len(times) * 0.99)]
    print(f"{label:<12} p50 {half:6.2f} s   p99 {most:6.2f} s   last {times[-1]:6.2f} s", flush=True)


def main() -> int:
    """Measure; exit 1 when a value failed or was lost."""
    call_command("migrate", verbosity=0)
    cells = build()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from xuequ.cli import main; main()"]
    site = subprocess.Popen([*command, "serve", "--workers", "2", "--port", str(port)], cwd=ROOT)
    failed, warm, tokens = 0, [], dict.fromkeys((pupil for _a, _c, pupil in cells), "")
    try:
        wait_for(port)
        for turn in range(1, ROUNDS + 1):
            sent = [request(port, a, c, pupil, str(turn * 10), tokens[pupil]) for a, c, pupil in cells]
            before = cpu_seconds(site.pid)
            answers = asyncio.run(rush(port, sent))
            told(f"round {turn}", [seconds for seconds, _answer in answers])
            if turn > 1:
                warm.append((cpu_seconds(site.pid) - before) / len(cells) * 1000)
            failed += sum(answer["state"] != "saved" for _seconds, answer in answers)
            tokens = {answer["pupil"]: answer["token"] for _seconds, answer in answers}
    finally:
        site.send_signal(signal.SIGINT)
        site.wait()
    current = Result.objects.filter(is_current=True, score=ROUNDS * 10).count()
    everything = Result.objects.count()
    print(
        f"{len(cells)} at once, {ROUNDS} times: {failed} failed; {min(warm):.1f} ms CPU of the site for each"
    )
    print(f"stored {everything} of {len(cells) * ROUNDS}, in force {current} of {len(cells)}")
    return int(bool(failed) or everything != len(cells) * ROUNDS or current != len(cells))


if __name__ == "__main__":
    sys.exit(main())
