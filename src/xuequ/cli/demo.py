"""``xuequ demo``: an invented district with everything in it, built once and then served."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xuequ.cli.serve import serve as serve_site
from xuequ.cli.server import migrate_if_needed, prepare, refuse

if TYPE_CHECKING:
    from xuequ.kit.demo.build import Built

SEED = 2026


class DemoScale(StrEnum):
    """How big the demo is (the same values as ``kit.demo.Scale``, which needs the server part)."""

    SMALL = "small"
    DISTRICT = "district"


def demo(
    scale: Annotated[DemoScale, typer.Option(help="22 schools, or 40 with 60,000 pupils.")] = DemoScale.SMALL,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Build the data and stop.")] = False,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed makes another district.")] = None,
) -> None:
    """Build an invented district (once) and serve it; sign in by choosing a role on the first page."""
    os.environ["XUEQU_DEMO"] = "1"
    os.environ.setdefault("XUEQU_HOME", f".xuequ/demo-{scale}")
    prepare()
    _ensure(scale, seed)
    if not no_serve:
        serve_site(host="127.0.0.1", port=port, workers=1)


def _ensure(scale: DemoScale, seed: int | None) -> None:
    """Leave a finished demo of this scale and seed in the data folder, or exit 2 with the reason."""
    from django.conf import settings

    from xuequ.core.errors import Refused
    from xuequ.kit.demo.build import finished, refuse_real_district

    home: Path = settings.HOME
    with _alone(home):
        migrate_if_needed()
        try:
            refuse_real_district()
            built = finished(home)
            if built is None:
                _build(scale, SEED if seed is None else seed, home)
            else:
                _refuse_other(built, scale, seed, home)
        except Refused as error:
            refuse(str(error))


def _refuse_other(built: "Built", scale: DemoScale, seed: int | None, home: Path) -> None:
    if built.scale != scale or seed not in (None, built.seed):
        refuse(
            f"{home} holds the demo of scale {built.scale} with seed {built.seed}; "
            "remove that folder or set XUEQU_HOME to another one"
        )
    print(f"xuequ: the demo of {built.day} is in {home}", file=sys.stderr)


def _build(scale: DemoScale, seed: int, home: Path) -> None:
    from xuequ.core import clock
    from xuequ.kit.demo import DemoContext, Scale
    from xuequ.kit.demo.build import build

    started = time.monotonic()
    with _progress() as report:
        build(DemoContext(Scale(scale), seed, clock.today(), report), home)
    print(f"xuequ: demo built in {time.monotonic() - started:.0f} s in {home}", file=sys.stderr)


@contextmanager
def _progress() -> Iterator[Callable[[float, str], None]]:
    """Show a bar on stderr; the given function moves it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("xuequ demo"), BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda fraction, message: bar.update(task, completed=fraction, description=message)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the folder's lock: two commands building in one folder would spoil each other's work."""
    import fcntl

    with (home / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            refuse(f"another xuequ demo is at work in {home}; wait until it is done")
        yield
