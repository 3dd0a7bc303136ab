"""``xuequ rollover``: plan, move, finish, undo; one sentence and exit 2 for what cannot be understood."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from tests import factories as make
from xuequ.cli.app import app
from xuequ.district.models import Enrolment, School, SchoolClass, SchoolYear
from xuequ.kit.rollover.models import Rollover

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["rollover", *arguments])
    return result.exit_code, result.stdout


def document(*arguments: str) -> dict[str, Any]:
    code, said = run("--year", "2026-2027", "--json", *arguments)
    assert code == 0
    return json.loads(said)


@pytest.fixture
def schools() -> list[School]:
    make.make_year(2025)
    found = [make.make_school(code=f"000000000{n}") for n in (1, 2)]
    for school in found:
        for entry_year in (2023, 2024):
            make.make_pupils(make.make_class(school, entry_year=entry_year), 3)
    return found


def test_a_dry_run_plans_and_writes_nothing(schools: list[School]):
    said = document("--dry-run")
    assert said["dry_run"] and said["totals"]["graduated"] == 6 and said["totals"]["moved_up"] == 6
    assert not Rollover.objects.exists() and SchoolYear.objects.count() == 1
    assert not Enrolment.objects.exclude(end=None).exists()


def test_schools_move_once_and_back(schools: list[School]):
    assert {row["state"] for row in document()["schools"]} == {"done"}
    assert Enrolment.objects.filter(ended="graduated").count() == 6
    document()
    assert Enrolment.objects.filter(ended="graduated").count() == 6
    assert {row["state"] for row in document("--undo")["schools"]} == {"open"}
    assert not Enrolment.objects.exclude(end=None).exists()


def test_one_school_alone_and_then_the_rest(schools: list[School]):
    assert [row["code"] for row in document("--school", "0000000001")["schools"]] == ["0000000001"]
    assert Enrolment.objects.filter(ended="graduated").count() == 3
    document()
    assert Enrolment.objects.filter(ended="graduated").count() == 6


def test_a_school_that_cannot_move_is_named_and_the_others_move(schools: list[School]):
    other = SchoolClass.objects.filter(school=schools[0]).last()
    pupil = make.make_pupil(SchoolClass.objects.filter(school=schools[0]).first())
    Enrolment.objects.create(pupil=pupil, school=schools[0], school_class=other, start="2025-09-01")
    rows = {row["code"]: row for row in document()["schools"]}
    assert rows["0000000002"]["state"] == "done"
    assert rows["0000000001"]["state"] == "open" and rows["0000000001"]["refused"]
    code, said = run("--year", "2026-2027", "--school", "0000000001")
    assert (code, said) == (2, "")


def test_people_get_a_table(schools: list[School]):
    code, said = run("--year", "2026-2027", "--dry-run")
    assert code == 0 and "graduate" in said and "total" in said


@pytest.mark.parametrize(
    "arguments",
    [("2026",), ("2026-2028",), ("abcd-efgh",), ("2031-2032",), ("2026-2027", "--school", "1"),
     ("2026-2027", "--undo", "--dry-run")],
)  # fmt: skip
def test_what_cannot_be_understood_is_refused(schools: list[School], arguments: tuple[str, ...]):
    assert run("--year", *arguments) == (2, "")
    assert not Enrolment.objects.exclude(end=None).exists()
