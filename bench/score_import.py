"""A score sheet of 60,000 rows into a district of 60,000 pupils: dry run and storing; target 60 s and 1 GB in all.

Run as ``.venv/bin/python bench/score_import.py [rows]``; uses SQLite in a folder that is thrown away, or the database
that XUEQU_DATABASE_URL names (an empty one).
"""

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

os.environ["XUEQU_HOME"] = tempfile.mkdtemp(prefix="xuequ-bench-")
os.environ["DJANGO_SETTINGS_MODULE"] = "xuequ.site.settings"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from tests import factories  # noqa: E402
from tests.kit.score_sheets import MONITORING, text_file, workbook  # noqa: E402

from xuequ.district.choices import Role  # noqa: E402
from xuequ.kit.scores import actions  # noqa: E402

PER_CLASS = 50
SCHOOLS = 40


def build(rows: int) -> list[list[object]]:
    """Create the district and return the sheet: each pupil's school, class, name, number and one score."""
    factories.make_term()
    factories.make_subject("mathematics")
    sheet: list[list[object]] = [["学校", "班级", "姓名", "学籍号", "数学"]]
    classes = rows // PER_CLASS
    for school_number in range(SCHOOLS):
        school = factories.make_school(f"虚构第{school_number}中学校")
        for number in range(1, classes // SCHOOLS + 1):
            school_class = factories.make_class(school, number=number)
            start = len(sheet)
            numbers = [f"G{start + i:09d}" for i in range(PER_CLASS)]
            names = [f"生{start + i}" for i in range(PER_CLASS)]
            factories.make_pupils(school_class, names=names, numbers=numbers)
            sheet += [
                [school.name, f"八年级{number}班", names[i], numbers[i], (start + i) % 101]
                for i in range(PER_CLASS)
            ]
    return sheet


def timed(label: str, work):
    """Run ``work`` and print wall seconds, CPU seconds and the peak memory so far."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{label:<28}{wall:8.1f} s wall {cpu:8.1f} s CPU {peak:8.0f} MB peak")
    return result


def main(rows: int) -> None:
    call_command("migrate", verbosity=0)
    sheet = timed("build the district", lambda: build(rows))
    officer = factories.make_actor(Role.DISTRICT_OFFICER)
    print(f"{len(sheet) - 1} rows")
    for label, file in (("xlsx", workbook(sheet)), ("csv (GBK), again", text_file(sheet, "gbk"))):
        batch = timed(
            f"upload {label}", lambda f=file: actions.upload(actor=officer, file=f, options=MONITORING)
        )
        batch = timed("check", lambda b=batch: actions.check(actor=officer, batch=b))
        print(
            {key: batch.summary[key] for key in ("added", "corrected", "unchanged", "problems", "questions")}
        )
        if batch.summary["added"]:
            batch = timed("confirm", lambda b=batch: actions.confirm(actor=officer, batch=b))
    timed("undo the first", lambda: actions.undo(actor=officer, batch=type(batch).objects.earliest("id")))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60_000)
