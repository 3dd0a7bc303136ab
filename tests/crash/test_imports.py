"""An import killed while it is being stored: all of it is there or nothing is, and trying again stores it once."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.crash.conftest import Instance

pytestmark = pytest.mark.crash

ROWS = 2400
# The command checks first; it says so on this file, so that the kill falls into the storing.
PROGRAM = """
import sys
from pathlib import Path
import django
django.setup()
import xuequ.kit.scores.actions as scores
storing, flag = scores.confirm, Path(sys.argv[3])
def announced(**arguments):
    flag.touch()
    return storing(**arguments)
scores.confirm = announced
sys.argv = ["xuequ", "import", "scores", sys.argv[1], "--study", sys.argv[2]]
from xuequ.cli import main
main()
"""


def sheet(folder: Path) -> Path:
    file = folder / "scores.csv"
    lines = [f"S{row % 30},{row % 97},{row % 89},{'FM'[row // 30 % 2]}" for row in range(ROWS)]
    file.write_text("school,before,after,sex\n" + "\n".join(lines) + "\n")
    return file


def stored(instance: Instance) -> dict[str, int]:
    tables = (
        "district_study",
        "district_school",
        "district_pupil",
        "district_identity",
        "record_result",
        "record_factor",
    )
    counts = {table: instance.rows(f"SELECT COUNT(*) FROM {table}")[0][0] for table in tables}
    return counts | {
        "batches": instance.rows("SELECT COUNT(*) FROM record_importbatch WHERE state = 'stored'")[0][0]
    }


def test_an_import_killed_while_storing_leaves_all_or_nothing(instance: Instance, tmp_path: Path):
    instance.publish()
    file, moment = sheet(tmp_path), random.Random(3)
    nothing = stored(instance)
    everything = {
        **dict.fromkeys(("district_study", "batches"), 1),
        "district_school": 30,
        "district_pupil": ROWS,
        "district_identity": ROWS,
        "record_result": 2 * ROWS,
        "record_factor": ROWS,
    }
    killed = 0
    for attempt in range(3):
        flag = tmp_path / f"storing-{attempt}"
        program = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(file), "study", str(flag)],
            env=instance.environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        instance.programs.append(program)
        while not flag.exists() and program.poll() is None:
            time.sleep(0.005)
        time.sleep(moment.uniform(0.0, 0.5))
        program.kill()
        killed += program.wait() != 0
        found = stored(instance)
        if found == everything:
            break
        assert found == nothing
    assert killed, "no attempt was cut off"
    instance.start("import", "scores", str(file), "--study", "study", stdout=subprocess.DEVNULL).wait()
    assert stored(instance) == everything
