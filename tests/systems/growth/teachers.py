"""Teachers whose values are unlocked, confirmed and computed, on files of the tests' own."""

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from django.conf import settings
from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from tests import factories
from tests.systems.growth.conftest import signed_in
from xuequ.core import clock
from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School, SchoolClass, Subject, Teacher
from xuequ.record.actions import create_run, parquet_bytes, save_run_file
from xuequ.record.choices import RunState
from xuequ.record.models import Run
from xuequ.systems.growth import teachers_actions as actions
from xuequ.systems.growth import teachers_queries as queries
from xuequ.systems.growth.models import ClassGrowth, Evaluation, TeacherGrowth, TeacherUnlock
from xuequ.systems.growth.storing import PUPILS

TODAY = clock.today()
BASIS = "虚构文件〔2026〕9号第三条，局长办公会核对"
SCHOOLS, TEACHERS, PUPILS_EACH = 4, 4, 20


@dataclass
class Staff:
    """Four schools with four teachers of mathematics, each with one class, evaluated in two years."""

    schools: list[School] = field(default_factory=list)
    teachers: list[Teacher] = field(default_factory=list)
    classes: list[SchoolClass] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    effects: list[float] = field(default_factory=list)
    leader: Account = field(default_factory=lambda: factories.make_account(Role.BUREAU_LEADER))

    def head(self, place: int = 0) -> Account:
        return factories.make_account(Role.HEAD, school=self.schools[place])


def make_staff() -> Staff:
    factories.make_district()
    found, rng, subject = Staff(), np.random.default_rng(8), factories.make_subject("mathematics")
    for _place in range(SCHOOLS):
        school = factories.make_school()
        found.schools.append(school)
        for number in range(1, TEACHERS + 1):
            group = factories.make_class(school, number=number, entry_year=2022)
            account = factories.make_account()
            found.teachers.append(factories.make_teacher(group, subject, account=account))
            found.classes.append(group)
            found.accounts.append(account)
            found.effects.append(0.5 * (number - 2.5))
    for first_year in (2023, 2024):
        add_year(found, subject, first_year, rng)
    return found


def add_year(staff: Staff, subject: Subject, first_year: int, rng: np.random.Generator) -> Evaluation:
    """An evaluation of one school year, written as its run would have left it."""
    grade = 7 + first_year - 2022
    tests = [
        factories.make_assessment(
            subject=subject,
            term=factories.make_term(f"{year}-{year + 1}-2"),
            grade=grade,
            held_on=dt.date(year + 1, 6, 1),
        )
        for year in (first_year - 1, first_year)
    ]
    run = create_run(
        actor=Actor.system(TODAY), system="growth", kind="evaluation", title="虚构", engine_version="1", parameters={}
    )  # fmt: skip
    Run.objects.filter(pk=run.pk).update(state=RunState.DONE)
    found = Evaluation.objects.create(
        run=run, grade=grade, period=f"{first_year}-{first_year + 1}", published=clock.now(), findings={"remarks": []}
    )  # fmt: skip
    found.priors.set(tests[:1])
    found.outcomes.set(tests[1:])
    rows = []
    for group, effect in zip(staff.classes, staff.effects, strict=True):
        ClassGrowth.objects.create(evaluation=found, school=group.school, school_class=group, n=PUPILS_EACH)
        # What the whole school gained is not the teachers': it goes out.
        whole = 3.0 * staff.schools.index(group.school)
        rows += [
            (f"{run.pk}-{group.pk}-{i}", str(group.school.uid), str(group.uid), "mathematics", gain)
            for i, gain in enumerate(whole + effect + rng.normal(0, 0.4, PUPILS_EACH))
        ]
    schema = ["pupil", "school", "class", "outcome_form", "residual"]
    save_run_file(run, PUPILS, parquet_bytes(pl.DataFrame(rows, schema=schema, orient="row")))
    return found


def actor(account: Account, ahead: int = 0) -> Actor:
    return Actor.of(account, TODAY + dt.timedelta(days=ahead))


def unlock(staff: Staff, days: int = 100) -> TeacherUnlock:
    ends = TODAY + dt.timedelta(days=days)
    return actions.unlock_teacher_values(actor=actor(staff.leader), basis=BASIS, ends=ends, acknowledged=True)


def confirm_all(staff: Staff) -> None:
    for account in staff.accounts:
        mine = queries.own_rows(actor(account))
        actions.confirm_taught(actor=actor(account), shares={one.row.uid: one.row.share for one in mine})


def agree_all(staff: Staff) -> None:
    for place in range(SCHOOLS):
        head = actor(staff.head(place))
        actions.agree_taught(actor=head, rows=[one.row.uid for one in queries.school_rows(head)], agreed=True)


def compute(staff: Staff) -> Run:
    run, _task = actions.compute_teacher_values(actor=actor(staff.leader))
    run_pending()
    run.refresh_from_db()
    return run


def page(account: Account, name: str, *args: object, status: int = 200) -> str:
    client = signed_in(account)
    with CaptureQueriesContext(connection) as asked:
        response = client.get(reverse(name, args=args))
    assert response.status_code == status, (name, response.status_code)
    reads = [query for query in asked.captured_queries if query["sql"].startswith("SELECT")]
    assert len(reads) <= 12, "\n".join(query["sql"][:150] for query in reads)
    return response.content.decode()


def value_of(staff: Staff, index: int = 0) -> TeacherGrowth:
    return TeacherGrowth.objects.get(teacher=staff.teachers[index])


def keeping_in(folder: Path) -> override_settings:
    """Settings under which files are kept in a folder."""
    default = {**settings.STORAGES["default"], "OPTIONS": {"location": folder}}
    return override_settings(STORAGES={**settings.STORAGES, "default": default}, LANGUAGE_CODE="en")


def staffed(folder: Path) -> Staff:
    """Staff of two years, whose runs have their files in a folder."""
    with keeping_in(folder), override("en"):
        return make_staff()


def with_values(folder: Path) -> Staff:
    """The same after everybody has confirmed and values were computed."""
    staff = staffed(folder)
    with keeping_in(folder), override("en"), TestCase.captureOnCommitCallbacks(execute=True):
        unlock(staff)
        confirm_all(staff)
        agree_all(staff)
        assert compute(staff).state == RunState.DONE
    return staff


@pytest.fixture(scope="module")
def built_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of what a module has built are."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(autouse=True)
def english_and_own_files(built_files: Path, tmp_path: Path) -> Iterator[None]:
    """Every sentence in the language of these tests, and a copy of the files: a test may delete them."""
    shutil.copytree(built_files, tmp_path / "files")
    with keeping_in(tmp_path / "files"), override("en"):
        yield
