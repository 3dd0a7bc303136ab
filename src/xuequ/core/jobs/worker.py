"""The worker: takes tasks one at a time until it is told to stop."""

import datetime as dt
import logging
import os
import secrets
import signal
import socket
import threading
from types import FrameType
from typing import Self

from django.db import DatabaseError, close_old_connections, connection

from xuequ.core.jobs.duties import Duties
from xuequ.core.jobs.execution import backend, execute
from xuequ.core.jobs.leases import Lease, LeaseLost, claim
from xuequ.core.jobs.progress import Heartbeat
from xuequ.core.models import Task

log = logging.getLogger(__name__)
IDLE = 0.5


class Stopped(BaseException):
    """The grace time is over: the task in hand goes back."""


class Worker:
    """One process working on one queue."""

    def __init__(self, queue: str = "default") -> None:
        self.queue = queue
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.lease: dt.timedelta = backend().lease
        self.grace = backend().grace
        self.stopping = threading.Event()
        self.busy = False

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; the task in hand may finish within the grace time."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGALRM, self._grace_over)
        duties = Duties()
        duties.start()
        log.info("worker %s waits for tasks on %r", self.name, self.queue)
        while not self.stopping.is_set():
            if not self._round():
                self.stopping.wait(IDLE)
        duties.stop()
        connection.close()

    def _round(self) -> bool:
        """Do one task; return whether there was one."""
        try:
            close_old_connections()
            taken = claim(self.name, self.queue, self.lease)
            if taken is not None:
                self._work(*taken)
        except DatabaseError as error:
            # Whatever was in hand is taken up again when its lease runs out, by this worker or another.
            log.warning("worker waits for the database (%s)", type(error).__name__)
            connection.close()
            return False
        return taken is not None

    def _work(self, row: Task, lease: Lease) -> None:
        heart = Heartbeat(lease)
        try:
            with _Busy(self), heart.beating():
                execute(row, lease, heart.report)
        except Stopped:
            self._give_back(row, lease)

    def _give_back(self, row: Task, lease: Lease) -> None:
        log.warning("task %s goes back: the worker was told to stop", row.uid)
        connection.close()
        try:
            lease.give_back(counted=False)
        except LeaseLost:
            log.info("task %s had already ended", row.uid)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping.set()
        if self.busy:
            signal.setitimer(signal.ITIMER_REAL, self.grace)

    def _grace_over(self, _number: int, _frame: FrameType | None) -> None:
        if self.busy:
            raise Stopped


class _Busy:
    """Marks the stretch in which the grace timer may interrupt."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def __enter__(self) -> Self:
        self.worker.busy = True
        if self.worker.stopping.is_set():
            signal.setitimer(signal.ITIMER_REAL, self.worker.grace)
        return self

    def __exit__(self, *_error: object) -> None:
        self.worker.busy = False
        signal.setitimer(signal.ITIMER_REAL, 0)
