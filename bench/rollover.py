"""The move of 60,000 pupils in 40 schools into the next school year: preview, run and undo; target 60 s for the run.

Run as ``.venv/bin/python bench/rollover.py [pupils]``; uses SQLite in a folder that is thrown away, or the database
that XUEQU_DATABASE_URL names (an empty one).
"""

import datetime as dt
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

from xuequ.district.actors import Actor  # noqa: E402
from xuequ.district.choices import Role, Stage  # noqa: E402
from xuequ.district.models import ClassTeaching, Enrolment, RoleAssignment, School, TeachingAssignment  # noqa: E402
from xuequ.kit.rollover import actions, running  # noqa: E402

PER_CLASS = 42
KINDS = {Stage.PRIMARY: (24, 1, 6), Stage.JUNIOR: (12, 7, 9), Stage.NINE_YEAR: (4, 1, 9)}
SUBJECTS = ("chinese", "mathematics", "english", "sport", "music", "art", "history", "geography")
START = dt.date(2025, 9, 1)


def build(pupils: int) -> None:
    """Create the district: schools with classes of all grades, a class teacher and eight lessons in each class."""
    factories.make_year(2025)
    subjects = [factories.make_subject(code) for code in SUBJECTS]
    schools = [(stage, first, last) for stage, (count, first, last) in KINDS.items() for _i in range(count)]
    per_grade = pupils / PER_CLASS / sum(last - first + 1 for _stage, first, last in schools)
    carry = 0.0
    for stage, first, last in schools:
        school = factories.make_school(stage=stage)
        for grade in range(first, last + 1):
            carry += per_grade
            for number in range(1, int(carry) + 1):
                add_class(school, grade, number, subjects)
            carry -= int(carry)


def add_class(school: School, grade: int, number: int, subjects: list) -> None:
    """Add one class with its pupils, one teacher, the teacher's account, charge and lessons."""
    entry = 7 if grade >= 7 else 1
    row = factories.make_class(school, entry_year=2025 - grade + entry, entry_grade=entry, number=number)
    factories.make_pupils(row, PER_CLASS)
    teacher = factories.make_teacher(row, subjects[0])
    account = factories.make_account(Role.CLASS_TEACHER, school=school, school_class=row)
    factories.bind(teacher.person, account)
    ClassTeaching.objects.create(teacher=teacher, school_class=row, start=START)
    TeachingAssignment.objects.bulk_create(
        TeachingAssignment(teacher=teacher, school_class=row, subject=subject, start=START)
        for subject in subjects[1:]
    )


def timed(label: str, work):
    """Run ``work`` and print wall seconds, CPU seconds and the peak memory so far."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{label:<28}{wall:8.1f} s wall {cpu:8.1f} s CPU {peak:8.0f} MB peak", flush=True)
    return result


def main(pupils: int) -> None:
    call_command("migrate", verbosity=0)
    from django.db import transaction

    with transaction.atomic():
        timed("build the district", lambda: build(pupils))
    actor = Actor.system(dt.date(2026, 8, 25))
    print(f"{Enrolment.objects.count()} pupils, {RoleAssignment.objects.count()} roles")
    rollover = timed("prepare", lambda: actions.prepare(actor=actor, first_year=2026))
    items = list(rollover.schools.select_related("school", "rollover__year"))
    timed("preview of all schools", lambda: running.preview_schools(actor=actor, items=items))
    ran = timed("run of all schools", lambda: running.run_schools(actor=actor, items=items))
    print(f"{len(ran.done)} schools moved, {len(ran.refused)} refused")
    timed("run again", lambda: running.run_schools(actor=actor, items=items))
    ran = timed("undo of all schools", lambda: running.undo_schools(actor=actor, items=items))
    print(f"{len(ran.done)} schools undone, {len(ran.refused)} refused {dict(list(ran.refused.items())[:1])}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60_000)
