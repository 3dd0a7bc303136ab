"""A roster killed while it is being stored: all of it is there or nothing is, and trying again stores it once."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.crash.conftest import Instance
from tests.factories import make_district, make_school, make_year

pytestmark = pytest.mark.crash

PUPILS = 1500
# The command checks first; it says so on this file, so that the kill falls into the storing.
PROGRAM = """
import sys
from pathlib import Path
import django
django.setup()
import xuequ.kit.roster.actions as roster
storing, flag = roster.confirm, Path(sys.argv[2])
def announced(**arguments):
    flag.touch()
    return storing(**arguments)
roster.confirm = announced
sys.argv = ["xuequ", "import", "roster", sys.argv[1], "--school-year", "2025-2026"]
from xuequ.cli import main
main()
"""
COUNTS = {
    "district_schoolclass": 60,
    "district_pupil": PUPILS,
    "district_identity": 2 * PUPILS,
    "district_enrolment": PUPILS,
    "district_guardianship": PUPILS,
}


def sheet(folder: Path) -> Path:
    file = folder / "roster.csv"
    lines = [f"八年级{row % 60 + 1}班,生{row},G{row:06d},长{row},母亲" for row in range(PUPILS)]
    file.write_text("班级,姓名,学籍号,监护人姓名,监护人关系\n" + "\n".join(lines) + "\n")
    return file


def stored(instance: Instance) -> dict[str, int]:
    counts = {table: instance.rows(f"SELECT COUNT(*) FROM {table}")[0][0] for table in COUNTS}
    batches = instance.rows("SELECT COUNT(*) FROM record_importbatch WHERE state = 'stored'")[0][0]
    steps = instance.rows("SELECT COUNT(*) FROM district_change")[0][0]
    return counts | {"batches": batches, "journal": min(steps, 1)}


def test_a_roster_killed_while_storing_leaves_all_or_nothing(instance: Instance, tmp_path: Path):
    make_district()
    make_year()
    make_school("云上中学")
    instance.publish()
    file, moment = sheet(tmp_path), random.Random(7)
    nothing = stored(instance)
    everything = {**COUNTS, "batches": 1, "journal": 1}
    killed = 0
    for attempt in range(3):
        flag = tmp_path / f"storing-{attempt}"
        program = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(file), str(flag)],
            env=instance.environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        instance.programs.append(program)
        while not flag.exists() and program.poll() is None:
            time.sleep(0.005)
        time.sleep(moment.uniform(0.0, 0.8))
        program.kill()
        killed += program.wait() != 0
        found = stored(instance)
        if found == everything:
            break
        assert found == nothing
    assert killed, "no attempt was cut off"
    again = ("import", "roster", str(file), "--school-year", "2025-2026")
    instance.start(*again, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait()
    assert stored(instance) == everything
