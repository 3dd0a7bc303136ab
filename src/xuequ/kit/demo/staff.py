"""Writes the demo's teachers, whom they teach, and the accounts and roles of staff."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.contrib.auth.hashers import make_password

from xuequ.core.models import Account
from xuequ.district.choices import Role, Stage
from xuequ.district.models import Person, RoleAssignment, Teacher, TeachingAssignment
from xuequ.district.people import create_people
from xuequ.kit.demo import names
from xuequ.kit.demo.context import DemoContext
from xuequ.kit.demo.plan import Part
from xuequ.kit.demo.population import ClassPlan
from xuequ.kit.demo.roster import Roster, insert, insert_stream
from xuequ.kit.demo.timeline import graduates_leave, year_start

# Classes that one teacher takes, by entry grade of the class and subject, and the year of the stage in which
# the subject begins.
LOADS: dict[int, dict[str, tuple[int, int]]] = {
    1: {"chinese": (1, 0), "mathematics": (2, 0), "english": (4, 2)},
    7: {
        "chinese": (2, 0),
        "mathematics": (2, 0),
        "english": (2, 0),
        "physics": (4, 1),
        "chemistry": (4, 2),
        "history": (6, 0),
        "morality_law": (6, 0),
    },
}
CHANGE_OF_TEACHER = 0.15
# Two neighbouring classes share these teachers, and each of the two is class teacher of one of them.
CLASS_TEACHERS = ("chinese", "mathematics")


@dataclass(frozen=True, slots=True)
class _Lesson:
    """One subject in one class, taught by the teacher with this index for a time."""

    teacher: int
    school_class: int
    subject: str
    start: dt.date
    end: dt.date | None


def demo_class(demo: DemoContext) -> int:
    """Return the index of the class in which the demo's accounts meet.

    It is class 1 of the rising junior school in the grade that sat monitoring in grades 7 and 8.
    """
    school = school_with(demo, Part.RISING)
    wanted = ClassPlan(school, demo.timeline.last - 1, 7, 1)
    return demo.population.classes.index(wanted)


def school_with(demo: DemoContext, part: Part) -> int:
    """Return the index of the junior school that plays ``part``."""
    return next(i for i, s in enumerate(demo.schools) if s.part == part and s.stage == Stage.JUNIOR)


def class_end(plan: ClassPlan) -> dt.date:
    """Return the day from which the class no longer exists."""
    return year_start(plan.entry_year + 6) if plan.entry_grade == 1 else graduates_leave(plan.entry_year + 2)


def write_staff(demo: DemoContext, roster: Roster) -> None:
    """Write teachers with their classes, class teachers, heads and administrators of each school."""
    rng = demo.rng("staff")
    lessons, school_of = _plan_lessons(demo, rng)
    leaders = [
        (index, role)
        for index in range(len(roster.schools))
        for role in (Role.HEAD, Role.SCHOOL_ADMINISTRATOR)
    ]
    school_of += [index for index, _role in leaders]
    people = _write_people(rng, len(school_of))
    teachers = insert(
        Teacher, [Teacher(person=p, school=roster.schools[s]) for p, s in zip(people, school_of, strict=True)]
    )
    insert_stream(
        TeachingAssignment,
        (
            TeachingAssignment(
                teacher=teachers[lesson.teacher],
                school_class=roster.classes[lesson.school_class],
                subject=roster.subjects[lesson.subject],
                start=lesson.start,
                end=lesson.end,
            )
            for lesson in lessons
        ),
    )
    accounts = _write_accounts(people, _demo_usernames(demo, lessons, leaders, len(people)))
    _write_roles(demo, roster, lessons, leaders, school_of, accounts)


def _plan_lessons(demo: DemoContext, rng: np.random.Generator) -> tuple[list[_Lesson], list[int]]:
    """Return all lessons and the school of each teacher they need."""
    lessons: list[_Lesson] = []
    school_of: list[int] = []
    pools: dict[tuple[int, int, str], list[int]] = {}
    blocks: dict[tuple[int, int, str], list[tuple[int, int]]] = defaultdict(list)
    for index, plan in enumerate(demo.population.classes):
        for subject, (load, begins) in LOADS[plan.entry_grade].items():
            key = (plan.school, plan.entry_grade, subject)
            if key not in pools:
                need = _teachers_needed(demo, plan, load, begins)
                pools[key] = list(range(len(school_of), len(school_of) + need))
                school_of += [plan.school] * need
            # Neighbouring classes of a cohort share a teacher, as far as one teacher's load allows.
            block = (plan.entry_year, (plan.number - 1) // load)
            if block not in blocks[key]:
                blocks[key].append(block)
            pool = pools[key]
            start = blocks[key].index(block) % len(pool)
            lessons += _lessons(demo, rng, pool[start:] + pool[:start], index, subject, begins)
    return lessons, school_of


def _teachers_needed(demo: DemoContext, plan: ClassPlan, load: int, begins: int) -> int:
    """Return enough teachers for the blocks of classes that have the subject this year."""
    year, years = demo.timeline.running, 6 if plan.entry_grade == 1 else 3
    blocks = {
        (c.entry_year, (c.number - 1) // load)
        for c in demo.population.classes
        if (c.school, c.entry_grade) == (plan.school, plan.entry_grade)
        and begins <= year - c.entry_year < years
    }
    return max(1, len(blocks))


def _lessons(
    demo: DemoContext, rng: np.random.Generator, pool: Sequence[int], index: int, subject: str, begins: int
) -> list[_Lesson]:
    plan, timeline = demo.population.classes[index], demo.timeline
    start = year_start(max(plan.entry_year + begins, timeline.first))
    end = class_end(plan) if class_end(plan) <= timeline.day else None
    if start > timeline.day or (end is not None and end <= start):
        return []
    change = year_start(timeline.last)
    changes = subject not in CLASS_TEACHERS and len(pool) > 1 and start < change < (end or timeline.day)
    if changes and rng.random() < CHANGE_OF_TEACHER:
        second = int(rng.choice(pool[1:]))
        return [_Lesson(pool[0], index, subject, start, change), _Lesson(second, index, subject, change, end)]
    return [_Lesson(pool[0], index, subject, start, end)]


def _write_people(rng: np.random.Generator, n: int) -> list[Person]:
    called = names.person_names(rng, rng.random(n) < 0.7, adult=True)
    return create_people([(name, names.teacher_number(i + 1)) for i, name in enumerate(called)])


def _demo_usernames(
    demo: DemoContext, lessons: Sequence[_Lesson], leaders: Sequence[tuple[int, Role]], people: int
) -> dict[int, str]:
    """Return which of the staff (by index) are the demo's own accounts."""
    meeting, first_leader = demo_class(demo), people - len(leaders)
    rising, struggling = school_with(demo, Part.RISING), school_with(demo, Part.STRUGGLING)
    wanted = {
        (rising, Role.HEAD): "demo-head",
        (rising, Role.SCHOOL_ADMINISTRATOR): "demo-school",
        (struggling, Role.HEAD): "demo-head-low",
    }
    found = {first_leader + i: wanted[leader] for i, leader in enumerate(leaders) if leader in wanted}
    teaching = {"chinese": "demo-class-teacher", "mathematics": "demo-teacher", "english": "demo-year-head"}
    now = [x for x in lessons if x.school_class == meeting and x.end is None and x.subject in teaching]
    return found | {lesson.teacher: teaching[lesson.subject] for lesson in now}


def _write_accounts(people: Sequence[Person], own: dict[int, str]) -> list[Account]:
    """Write an account for each of the staff; nobody can sign in by password."""
    rows = [
        Account(username=own.get(i, f"staff-{i + 1:05d}"), password=make_password(None))
        for i in range(len(people))
    ]
    accounts = insert(Account, rows)
    for person, account in zip(people, accounts, strict=True):
        person.account = account
    Person.objects.bulk_update(people, ["account"], batch_size=500)
    return accounts


def _write_roles(
    demo: DemoContext,
    roster: Roster,
    lessons: Sequence[_Lesson],
    leaders: Sequence[tuple[int, Role]],
    school_of: Sequence[int],
    accounts: Sequence[Account],
) -> None:
    since = year_start(demo.timeline.first)
    first_leader = len(accounts) - len(leaders)
    rows = [
        RoleAssignment(account=account, role=Role.TEACHER, school=roster.schools[school], start=since)
        for account, school in zip(accounts[:first_leader], school_of, strict=False)
    ]
    rows += [
        RoleAssignment(
            account=accounts[first_leader + i], role=role, school=roster.schools[school], start=since
        )
        for i, (school, role) in enumerate(leaders)
    ]
    for lesson in lessons:
        row = roster.classes[lesson.school_class]
        if lesson.subject == CLASS_TEACHERS[(row.number - 1) % 2]:
            rows.append(
                RoleAssignment(
                    account=accounts[lesson.teacher],
                    role=Role.CLASS_TEACHER,
                    school_id=row.school_id,
                    school_class=row,
                    start=lesson.start,
                    end=lesson.end,
                )
            )
    meeting = roster.classes[demo_class(demo)]
    year_head = next(account for account in accounts if account.username == "demo-year-head")
    rows.append(
        RoleAssignment(
            account=year_head,
            role=Role.YEAR_HEAD,
            school_id=meeting.school_id,
            entry_year=meeting.entry_year,
            start=year_start(meeting.entry_year),
        )
    )
    insert(RoleAssignment, rows)


def write_district_accounts(demo: DemoContext, roster: Roster) -> None:
    """Write the accounts of the bureau, the training college, the data office and a system administrator."""
    roles = {
        "demo-leader": Role.BUREAU_LEADER,
        "demo-officer": Role.DISTRICT_OFFICER,
        "demo-researcher": Role.RESEARCHER,
        "demo-data": Role.DATA_OFFICER,
        "demo-system": Role.SYSTEM_ADMINISTRATOR,
        "demo-finance": Role.FINANCE,
        "demo-supervisor": Role.SUPERVISOR,
        "demo-expert": Role.EXPERT,
    }
    rng = demo.rng("district staff")
    called = names.person_names(rng, rng.random(len(roles)) < 0.5, adult=True)
    people = create_people([(name, "") for name in called])
    for person, (username, role) in zip(people, roles.items(), strict=True):
        administers = role == Role.SYSTEM_ADMINISTRATOR
        account = bind_account(person, username, staff=administers)
        subject = roster.subjects["mathematics"] if role == Role.RESEARCHER else None
        RoleAssignment.objects.create(
            account=account, role=role, subject=subject, start=year_start(demo.timeline.first)
        )


def bind_account(person: Person, username: str, *, staff: bool = False) -> Account:
    """Make an account of the demo for a person."""
    account = Account.objects.create(
        username=username, password=make_password(None), is_staff=staff, is_superuser=staff
    )
    person.account = account
    person.save(update_fields=["account"])
    return account
