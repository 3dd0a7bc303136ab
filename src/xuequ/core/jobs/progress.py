"""How a running task's progress and sign of life reach the database, at most twice a second."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

from xuequ.core.jobs.leases import Lease, LeaseLost

SHORTEST_PAUSE = 0.5


class InlineProgress:
    """Writes on the task's own connection, as often as allowed."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.written = float("-inf")

    def report(self, fraction: float, message: str) -> None:
        """Write the progress unless the last write was just now."""
        if time.monotonic() - self.written >= SHORTEST_PAUSE:
            self.lease.renew(progress=fraction, message=message)
            self.written = time.monotonic()


class Heartbeat:
    """A thread with a connection of its own: the task's open transaction does not hide its progress."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.every = lease.duration.total_seconds() / 3
        self.pause = min(SHORTEST_PAUSE, self.every / 2)
        self.news: tuple[float, str] | None = None
        self.lost = False
        self.renewed = time.monotonic()
        self.over = threading.Event()

    def report(self, fraction: float, message: str) -> None:
        """Leave the progress for the next beat; raises ``LeaseLost`` once the lease is known to be lost."""
        if self.lost:
            raise LeaseLost
        self.news = (fraction, message)

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Beat while the block runs."""
        thread = threading.Thread(target=self._beat, name="xuequ-heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.over.set()
            thread.join(timeout=self.every)

    def _beat(self) -> None:
        try:
            while not self.over.wait(self.pause) and not self.lost:
                if self.news is not None or time.monotonic() - self.renewed >= self.every:
                    self.write()
        finally:
            connection.close()

    def write(self) -> None:
        """Renew the lease with the progress reported since the last beat."""
        news, self.news = self.news, None
        fields = {} if news is None else {"progress": news[0], "message": news[1]}
        try:
            self.lease.renew(**fields)
        except LeaseLost:
            self.lost = True
        except DatabaseError:
            # Locked or gone for a moment: the next beat tries again on a fresh connection.
            connection.close()
            self.news = self.news or news
        else:
            self.renewed = time.monotonic()
