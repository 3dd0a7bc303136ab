"""Kills the move of several schools at random moments and looks at what each school is left with.

Run as ``python -m tests.crash.rollover_moments MOMENTS SEED`` on an instance that has classes in the year 2025-2026;
prints one JSON document. Each round: run, kill -9, look; run again to the end, look; take back, look.
"""

import datetime as dt
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable

DAY = dt.date(2026, 9, 1)
Signature = dict[str, tuple[object, ...]]


def build(schools: int = 6, pupils: int = 5) -> None:
    """Make a small district: junior schools with two classes in each grade, their teachers and accounts."""
    from tests import factories as make
    from xuequ.district.choices import Role
    from xuequ.district.models import ClassTeaching

    make.make_year(2025)
    for _school in range(schools):
        school = make.make_school()
        for entry_year in (2023, 2024, 2025):
            for number in (1, 2):
                row = make.make_class(school, entry_year=entry_year, number=number)
                found = make.make_pupils(row, pupils)
                teacher = make.make_teacher(row, account=make.make_account())
                make.give_role(teacher.person.account, Role.CLASS_TEACHER, school=school, school_class=row)
                ClassTeaching.objects.create(teacher=teacher, school_class=row, start=dt.date(2025, 9, 1))
                make.bind(found[0].person, make.make_account(Role.PUPIL, school_class=row))


def signature() -> Signature:
    """Return by school how much there is of everything that the move writes."""
    from xuequ.core.models import Account
    from xuequ.district.models import (
        ClassTeaching,
        Dated,
        Enrolment,
        RoleAssignment,
        School,
        SchoolClass,
        TeachingAssignment,
    )

    return {
        school.code: (
            Enrolment.objects.filter(school=school).count(),
            Enrolment.objects.filter(Dated.at(DAY), school=school).count(),
            SchoolClass.objects.filter(school=school).count(),
            TeachingAssignment.objects.filter(school_class__school=school).count(),
            TeachingAssignment.objects.filter(Dated.at(DAY), school_class__school=school).count(),
            ClassTeaching.objects.filter(Dated.at(DAY), school_class__school=school).count(),
            RoleAssignment.objects.filter(school_class__school=school).count(),
            RoleAssignment.objects.filter(Dated.at(DAY), school_class__school=school).count(),
            Account.objects.filter(
                is_active=True, person__pupil__enrolments__school=school
            ).values("pk").distinct().count(),
            school.rollovers.get().state,
        )
        for school in School.objects.order_by("code")
    }  # fmt: skip


def forked(work: Callable[[], object], kill_after: float | None = None) -> bool:
    """Do ``work`` in a process of its own; kill it after so many seconds. Returns whether it came to its end."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    return os.WIFEXITED(status)


def main(moments: int, seed: int) -> dict[str, int]:
    """Run the rounds and count what went wrong."""
    from xuequ.district.actors import Actor
    from xuequ.kit.rollover import actions, running

    actor = Actor.system(dt.date(2026, 8, 25))
    rollover = actions.prepare(actor=actor, first_year=2026)
    items = list(rollover.schools.select_related("school", "rollover__year"))

    def move() -> None:
        running.run_schools(actor=actor, items=items)

    def back() -> None:
        running.undo_schools(actor=actor, items=items)

    before, started = signature(), time.monotonic()
    forked(move)
    whole, after = time.monotonic() - started, signature()
    forked(back)
    assert signature() == before != after
    draw, found = (
        random.Random(seed),
        dict.fromkeys(("moments", "cut", "between", "half_done", "unfinished"), 0),
    )
    for _moment in range(moments):
        finished = forked(move, draw.uniform(0, whole))
        left = signature()
        moved = sum(left[code] == after[code] for code in left)
        found["moments"] += 1
        found["cut"] += not finished
        found["between"] += 0 < moved < len(left)
        found["half_done"] += sum(left[code] not in (before[code], after[code]) for code in left)
        forked(move)
        found["unfinished"] += signature() != after
        forked(back)
        found["unfinished"] += signature() != before
    return found


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
