"""What is expensive and never changed by a test is made once and copied: the demo, and the walk through it."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
XUEQU = Path(sys.executable).parent / "xuequ"


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """Return the folder that all workers of this run share; several runs share the one in ``XUEQU_TEST_SHARED``."""
    if given := os.environ.get("XUEQU_TEST_SHARED"):
        return Path(given)
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def once(folder: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Return ``folder/name``, made by whoever asks first while the others wait."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / name).exists():
            unfinished = folder / f"{name}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder / name)
    return folder / name


def environment_of(home: Path) -> dict[str, str]:
    """Return the environment of a program that works on this demo, whatever the tests' own settings are."""
    foreign = ("XUEQU_", "DJANGO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {
        "XUEQU_HOME": str(home),
        "XUEQU_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "xuequ.site.settings",
    }


def run(home: Path, *command: str | Path) -> None:
    """Run a program on a demo; what it said is shown when it fails."""
    done = subprocess.run(command, cwd=ROOT, env=environment_of(home), capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"{command[1:]} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")


def demo_home(folder: Path) -> Path:
    """Return the data folder of the small demo, to be copied and never written to."""
    return once(folder, "demo", lambda home: run(home, XUEQU, "demo", "--no-serve"))


def walk_folder(folder: Path) -> Path:
    """Return a folder with ``prepared``, a demo in which work of every kind is under way, and ``walk.json``."""

    def make(made: Path) -> None:
        home, prepared = made / "home", made / "prepared"
        shutil.copytree(demo_home(folder), prepared)
        run(prepared, sys.executable, "-m", "tests.walk.preparations")
        # Looking leaves traces (what was seen, who looked): the browser starts from the same state as the walk.
        shutil.copytree(prepared, home)
        run(home, sys.executable, "-m", "tests.walk.walker", made / "walk.json")
        shutil.rmtree(home)

    return once(folder, "walk", make)
