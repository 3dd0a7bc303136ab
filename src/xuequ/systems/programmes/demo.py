"""The demo's projects and ledger: counts like the letters', and a story for every rule."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.search.indexing import reindex
from xuequ.systems.programmes import demo_ledger, demo_moves, demo_projects, publishing
from xuequ.systems.programmes.reminding import remind


def build(demo: Any) -> None:
    """Write projects, rooms, devices, bookings and moves; count the ledger for last school year and for today;
    remind of what is late."""
    demo.progress(0.1, str(_("Rooms and equipment")))
    stock = demo_ledger.write(demo, demo_projects.write(demo))
    demo.progress(0.6, str(_("Moves between schools")))
    demo_moves.write(demo, stock)
    reindex("equipment")  # written in bulk, which nobody watches
    demo.progress(0.7, str(_("Numbers of the ledger")))
    for day in (dt.date(demo.timeline.last + 1, 8, 31), demo.day):
        if day <= demo.day:
            publishing.start_count(actor=demo.actor, day=day)
            run_pending()
    remind(demo.day)
