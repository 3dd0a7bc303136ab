"""Builds the demo once in a data folder: an unfinished one is built anew, a real one never touched."""

import datetime as dt
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from xuequ.core.errors import Refused
from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.models import Account, TaskState
from xuequ.core.registry import systems
from xuequ.district.models import District, School
from xuequ.kit.demo.context import DemoContext
from xuequ.kit.demo.names import DISTRICT_CODE
from xuequ.kit.demo.plan import Scale

MARKER = "demo.json"


@dataclass(frozen=True, slots=True)
class Built:
    """A finished demo, as its marker says."""

    scale: Scale
    seed: int
    day: dt.date


def finished(home: Path) -> Built | None:
    """Return the demo that the folder holds, or None when there is none or it was left unfinished."""
    try:
        data = json.loads((home / MARKER).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Built(Scale(data["scale"]), data["seed"], dt.date.fromisoformat(data["day"]))


def refuse_real_district() -> None:
    """Raise ``Refused`` when the database holds anything but an earlier demo."""
    district = District.objects.first()
    if district is not None and district.code != DISTRICT_CODE:
        raise Refused(
            f"this instance holds a real district ({district.name}); the demo is never written into it. "
            "Set XUEQU_HOME (and XUEQU_DATABASE_URL) to an empty folder and database."
        )
    if district is None and (Account.objects.exists() or School.objects.exists()):
        raise Refused(
            "this instance already holds accounts or schools; the demo is never written into it. "
            "Set XUEQU_HOME (and XUEQU_DATABASE_URL) to an empty folder and database."
        )


def build(context: DemoContext, home: Path) -> Built:
    """Build the demo from nothing and set the marker last; the database is migrated already.

    Raises ``Refused`` when the instance holds a real district.
    """
    refuse_real_district()
    (home / MARKER).unlink(missing_ok=True)
    if Account.objects.exists() or District.objects.exists():
        _clear()
    parts = systems()
    whole = context.progress
    for index, system in enumerate(parts):
        context.progress = _share(whole, index / len(parts), 1 / len(parts))
        system.build_demo(context)
    _finish_tasks()
    built = Built(context.scale, context.seed, context.day)
    _mark(home, built)
    return built


def _finish_tasks() -> None:
    """Run what the systems have put into the queue: a demo with tasks still waiting is not finished."""
    for task in run_pending():
        if task.state != TaskState.SUCCEEDED:
            raise Refused(
                f"the demo is unfinished: the task {task.path} failed ({task.error or task.error_class})"
            )


def _share(whole: Callable[[float, str], None], start: float, width: float) -> Callable[[float, str], None]:
    return lambda fraction, message: whole(start + width * fraction, message)


def _clear() -> None:
    """Remove what an interrupted build left."""
    call_command("flush", interactive=False, verbosity=0)
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


def _mark(home: Path, built: Built) -> None:
    text = json.dumps({"scale": built.scale, "seed": built.seed, "day": built.day.isoformat()})
    temporary = home / f".{MARKER}.new"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(home / MARKER)
