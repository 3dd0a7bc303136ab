"""What workers do beside their tasks: sealing the audit rows, clearing away old tasks, what is due each day."""

import datetime as dt
import logging
import threading
import time

from django.apps import apps
from django.db import DatabaseError, connection

from xuequ.core import clock
from xuequ.core.models import Task, TaskState
from xuequ.core.sealing import seal_pending

log = logging.getLogger(__name__)
KEEP = dt.timedelta(days=30)
SEAL_EVERY = 1.0
PURGE_EVERY = 3600.0


def purge_finished(before: dt.datetime) -> int:
    """Delete tasks finished before ``before``; what they made stands elsewhere."""
    over = Task.objects.filter(state__in=(TaskState.SUCCEEDED, TaskState.FAILED), finished_at__lt=before)
    return over.delete()[0]


def do_daily(day: dt.date) -> None:
    """Let every app whose config has a ``daily`` do what is due on ``day``; it is asked more than once a day."""
    for config in apps.get_app_configs():
        daily = getattr(config, "daily", None)
        if daily is not None:
            daily(day)


class Duties:
    """A thread of the worker, so that a task of an hour does not leave an hour of audit rows unsealed."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, name="xuequ-duties", daemon=True)

    def start(self) -> None:
        """Begin."""
        self.thread.start()

    def stop(self) -> None:
        """End after the present round."""
        self.over.set()
        self.thread.join(timeout=5)

    def _run(self) -> None:
        purged = float("-inf")
        while not self.over.wait(SEAL_EVERY):
            try:
                seal_pending()
                if time.monotonic() - purged >= PURGE_EVERY:
                    purge_finished(clock.now() - KEEP)
                    do_daily(clock.today())
                    purged = time.monotonic()
            except DatabaseError as error:
                # Locked or gone for a moment; nothing is lost, the next round does it.
                log.warning("duties wait for the database (%s)", type(error).__name__)
                connection.close()
        connection.close()
