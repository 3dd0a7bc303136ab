"""``xuequ import``: the same steps as the pages, errors by cell, exit 2 and nothing stored; undo of the last."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.factories import (
    make_assessment,
    make_class,
    make_district,
    make_pupil,
    make_pupils,
    make_school,
    make_year,
)
from xuequ.cli.imports import app
from xuequ.core import clock
from xuequ.district.models import Pupil, Study
from xuequ.record.models import Assessment, ImportBatch, Indicator, Result
from xuequ.systems.office.models import LedgerMonth

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["scores", *arguments])
    return result.exit_code, result.stdout


@pytest.fixture
def assessment() -> Assessment:
    make_pupil(make_class(make_school("云上中学"), number=3), number="G1")
    return make_assessment(full_mark=100.0)


def sheet(tmp_path: Path, *rows: str) -> str:
    path = tmp_path / "scores.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def test_scores_are_stored(assessment: Assessment, tmp_path: Path) -> None:
    code, said = run(sheet(tmp_path, "学籍号,成绩", "G1,88"), "--assessment", str(assessment.uid), "--json")
    assert code == 0
    document = json.loads(said)
    assert (document["added"], document["stored"], document["errors"]) == (1, True, [])
    assert Result.objects.get().score == 88


def test_a_dry_run_stores_nothing(assessment: Assessment, tmp_path: Path) -> None:
    code, _said = run(
        sheet(tmp_path, "学籍号,成绩", "G1,88"), "--assessment", str(assessment.uid), "--dry-run"
    )
    assert code == 0
    assert not Result.objects.exists() and not ImportBatch.objects.exists()


def test_errors_are_named_by_cell(assessment: Assessment, tmp_path: Path) -> None:
    file = sheet(tmp_path, "学籍号,成绩", "G1,好", "G9,60")
    code, said = run(file, "--assessment", str(assessment.uid), "--json")
    assert code == 2
    errors = {(error["code"], error["cell"]) for error in json.loads(said)["errors"]}
    assert errors == {("text-in-score", "B2"), ("unknown-pupil", "A3")}
    assert not Result.objects.exists() and not ImportBatch.objects.exists()


def test_a_study_is_created(tmp_path: Path) -> None:
    rows = [f"S{i % 3},{i / 7}" for i in range(30)]
    code, _said = run(sheet(tmp_path, "school,score", *rows), "--study", "研究")
    assert code == 0
    assert Study.objects.get().name == "研究"


@pytest.mark.parametrize("arguments", [(), ("--assessment", "x"), ("--assessment", "x", "--study", "y")])
def test_what_cannot_be_understood_is_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, said = run(sheet(tmp_path, "school,score", "1,2"), *arguments)
    assert (code, said) == (2, "")


def roster(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["roster", *arguments, "--school-year", "2025-2026"])
    return result.exit_code, result.stdout


def undo(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["undo", *arguments])
    return result.exit_code, result.stdout


@pytest.fixture
def school() -> None:
    make_district()
    make_school("云上中学")


PUPILS = ("班级,姓名,学籍号", "八年级1班,甲一,G1", "八年级1班,甲二,G2")


@pytest.mark.usefixtures("school")
def test_a_roster_is_stored_and_undone(tmp_path: Path) -> None:
    code, said = roster(sheet(tmp_path, *PUPILS), "--json")
    assert code == 0, said
    document = json.loads(said)
    assert document["added"] == {"classes": 1, "pupils": 2}
    assert (document["changed"], document["removed"], document["errors"]) == ({}, {}, [])
    assert Pupil.objects.count() == 2
    code, said = undo("--json")
    assert (code, json.loads(said)["undone"]["kind"]) == (0, "roster")
    assert not Pupil.objects.exists()
    assert undo("--kind", "roster")[0] == 2


@pytest.mark.usefixtures("school")
def test_a_dry_run_of_a_roster_stores_nothing(tmp_path: Path) -> None:
    code, said = roster(sheet(tmp_path, *PUPILS), "--dry-run", "--json")
    assert (code, json.loads(said)["stored"]) == (0, False)
    assert not Pupil.objects.exists() and not ImportBatch.objects.exists()


@pytest.mark.usefixtures("school")
def test_errors_of_a_roster_are_named_by_cell(tmp_path: Path) -> None:
    code, said = roster(sheet(tmp_path, *PUPILS, "八年级1班,甲三,G2"), "--json")
    assert code == 2
    assert [(e["code"], e["cell"]) for e in json.loads(said)["errors"]] == [("number-twice", "C4")]
    assert not Pupil.objects.exists() and not ImportBatch.objects.exists()


@pytest.mark.usefixtures("school")
def test_whole_lists_on_the_command_line(tmp_path: Path) -> None:
    assert roster(sheet(tmp_path, *PUPILS))[0] == 0
    shorter = sheet(tmp_path, *PUPILS[:2])
    assert roster(shorter, "--complete")[0] == 2
    assert Pupil.objects.filter(enrolments__end=None).count() == 2
    assert roster(shorter, "--complete", "--accept-removals", "--from", "2026-05-05")[0] == 0
    assert Pupil.objects.filter(enrolments__end=None).count() == 1


@pytest.mark.parametrize(
    "arguments", [("--mapping", "无此表"), ("--from", "tomorrow"), ("--from", "2031-01-01"), ()]
)
def test_a_roster_that_cannot_be_understood_is_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, said = roster(sheet(tmp_path, "一,二", "1,2"), *arguments)
    assert (code, said) == (2, "")


def test_the_last_import_of_a_kind_is_undone(assessment: Assessment, tmp_path: Path) -> None:
    make_district()
    run(sheet(tmp_path, "学籍号,成绩", "G1,88"), "--assessment", str(assessment.uid))
    roster(sheet(tmp_path, "学校,班级,姓名,学籍号", "云上中学,八年级4班,甲九,G9"))
    assert undo("--kind", "scores")[0] == 0
    assert not Result.objects.filter(is_current=True).exists()
    assert Pupil.objects.count() == 2


def ledgers(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["ledgers", *arguments, "--school-year", "2025-2026"])
    return result.exit_code, result.stdout


@pytest.fixture
def year() -> None:
    make_year(2025)
    make_pupils(make_class(make_school("云上中学"), number=3), 6)


def test_a_ledger_is_stored_published_and_undone(year: None, tmp_path: Path) -> None:
    file = sheet(tmp_path, "学校,班级,月份,出勤率,借书册数", "云上中学,八年级3班,2025-10,97%,12")
    code, said = ledgers(file, "--json")
    document = json.loads(said)
    assert (code, document["added"], document["stored"], document["errors"]) == (0, 1, True, [])
    assert {row.value for row in Indicator.objects.filter(superseded=None)} == {0.97, 2.0}
    code, said = undo("--kind", "ledgers", "--json")
    assert (code, json.loads(said)["undone"]["kind"]) == (0, "ledgers")
    assert not LedgerMonth.objects.exists() and not Indicator.objects.filter(superseded=None).exists()


def test_a_dry_run_and_errors_of_a_ledger_store_nothing(year: None, tmp_path: Path) -> None:
    code, _said = ledgers(sheet(tmp_path, "学校,月份,出勤率", "云上中学,2025-10,97"), "--dry-run")
    assert code == 0
    code, said = ledgers(
        sheet(tmp_path, "学校,月份,出勤率", "云上中学,2025-10,970", "无名,2025-10,97"), "--json"
    )
    errors = {(error["code"], error["cell"]) for error in json.loads(said)["errors"]}
    assert (code, errors) == (2, {("not-a-rate", "C2"), ("unknown-school", "A3")})
    assert not LedgerMonth.objects.exists() and not ImportBatch.objects.exists()


def test_a_ledger_of_no_school_year_is_refused(tmp_path: Path) -> None:
    assert ledgers(sheet(tmp_path, "学校,月份,出勤率", "云上中学,10月,97")) == (2, "")


def test_an_import_of_another_kind_is_not_undone_by_mistake(year: None) -> None:
    ImportBatch.objects.create(
        kind="balance", file_name="x.xlsx", state="stored", created=clock.now(), stored=clock.now()
    )
    assert undo() == (2, "")
    assert ImportBatch.objects.get().state == "stored"
