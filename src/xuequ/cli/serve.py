"""``xuequ serve``: the site and one worker, watched by this process."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Annotated

import typer

from xuequ.cli.server import ONE_BLAS_THREAD, migrate_if_needed, prepare, refuse, say

# The engines' thread pools would starve the other requests of a web process.
ONE_THREAD = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
PATIENCE = 15.0
LONGEST_PAUSE = 30.0
SETTLED = 60.0


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes that answer pages.")] = 1,
) -> None:
    """Serve the site and work on its tasks until Ctrl-C."""
    refuse_port_in_use(host, port)
    prepare()
    migrate_if_needed()
    shown = f"[{host}]" if ":" in host else host
    say(f"http://{shown}:{port}  (Ctrl-C stops it)")
    say_start_code(f"http://{shown}:{port}/")
    Supervisor([web(host, port, workers), worker()]).run()


def say_start_code(address: str) -> None:
    """Tell whoever started an empty instance how its first account is made; nobody else should know."""
    from django.db import connection

    from xuequ.systems.office.start import actions, queries

    if queries.is_empty():
        say(f"this instance is empty: open {address} and enter the start code {actions.start_code()}")
    connection.close()


def refuse_port_in_use(host: str, port: int) -> None:
    """Exit 2 with one sentence when nobody can listen there."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        refuse(f"cannot listen on {host} port {port} ({error.strerror}); choose another with --port")


@dataclass
class Service:
    """A program that is to run for ever."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    not_before: float = 0.0

    def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches the supervisor alone."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment},
            process_group=0,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )

    def watch(self) -> None:
        """Start it again when it has died, later each time it dies at once."""
        if self.process is None:
            if time.monotonic() >= self.not_before:
                self.start()
        elif (status := self.process.poll()) is not None:
            self.deaths = 0 if time.monotonic() - self.started > SETTLED else self.deaths + 1
            pause = min(LONGEST_PAUSE, 2.0 ** (self.deaths - 1) / 2)
            say(f"{self.name} ended unexpectedly (status {status}); starting it again")
            self.clear_away()
            self.process, self.not_before = None, time.monotonic() + pause

    def ask_to_stop(self) -> None:
        """Let it finish what it has in hand."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def end(self, until: float) -> None:
        """Wait for it, then leave nothing of it behind."""
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(max(0.0, until - time.monotonic()))
            self.clear_away()
            self.process.wait()

    def clear_away(self) -> None:
        """Kill what is left of its process group: children of a killed program would keep the port."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def web(host: str, port: int, workers: int) -> Service:
    """The site under granian."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)]
    command += ["--workers", str(workers), "--blocking-threads", "2", "--respawn-failed-workers"]
    command += ["--workers-kill-timeout", "5", "--no-ws", "--log-level", "warning"]
    return Service("the site", [*command, "xuequ.site.wsgi:application"], ONE_THREAD)


def worker() -> Service:
    """One worker, the same as ``xuequ work``."""
    command = [sys.executable, "-c", "from xuequ.cli import main; main()", "work"]
    return Service("the worker", command, ONE_BLAS_THREAD)


class Supervisor:
    """Keeps services running until SIGINT or SIGTERM, then stops them."""

    def __init__(self, services: Sequence[Service]) -> None:
        self.services = services
        self.stopping = threading.Event()

    def run(self) -> None:
        """Start everything, watch it, and stop it when told to."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            while not self.stopping.wait(0.2):
                for service in self.services:
                    service.watch()
        finally:
            self._end()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping.set()

    def _end(self) -> None:
        for service in self.services:
            service.ask_to_stop()
        until = time.monotonic() + PATIENCE
        for service in self.services:
            service.end(until)


def _die_with_parent() -> None:
    """Ask Linux for SIGTERM when the supervisor dies without a word, so that no port stays taken."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
