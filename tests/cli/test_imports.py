"""``xuequ import scores``: the same steps as the pages, errors by cell, exit 2 and nothing stored."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.factories import make_assessment, make_class, make_pupil, make_school
from xuequ.cli.imports import app
from xuequ.district.models import Study
from xuequ.record.models import Assessment, ImportBatch, Result

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
