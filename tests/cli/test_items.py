"""``xuequ items analyse``: the document it prints, the files it reads, and how it refuses."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tests.engines.measurement.papers import choices, sat
from xuequ.cli import app as command
from xuequ.engines.errors import InputError
from xuequ.engines.measurement.analysis import analyse


def run(*arguments: str | Path) -> tuple[str, str]:
    result = CliRunner().invoke(
        command.app, ["items", "analyse", *map(str, arguments)], catch_exceptions=False
    )
    assert result.exit_code == 0
    return result.stdout, result.stderr


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    file = tmp_path / "marks.csv"
    scores = sat(1, pupils=120).responses.scores
    table = pl.DataFrame({str(i + 1): scores[:, i] for i in range(15)})
    classes = pl.Series("班级", ["七1"] * 60 + ["七2"] * 60)
    table.with_columns(classes).write_csv(file)
    return file


@pytest.fixture
def points(tmp_path: Path) -> Path:
    file = tmp_path / "points.csv"
    rows = [f"{i + 1},p{i // 5 + 1},4" for i in range(15)]
    file.write_text("\n".join(["item,point,full_mark", *rows]), encoding="utf-8")
    return file


def test_the_document_is_the_analysis(marks: Path, points: Path) -> None:
    out, err = run(marks, "--points", points, "--by", "班级", "--json")
    document = json.loads(out)
    groups = document.pop("groups")
    assert document == json.loads(json.dumps(analyse(sat(1, pupils=120).responses).as_dict()))
    assert {row["group"] for row in groups} == {"七1", "七2"}
    assert err == ""


def test_full_marks_that_nobody_named_are_taken_from_the_best_result(marks: Path) -> None:
    out, err = run(marks)
    assert "120 pupils, 15 items, full mark 59" in out
    assert "full mark of 1 taken as the best result, 4" in err


def test_options_are_scored_by_the_key(tmp_path: Path) -> None:
    responses = choices(2, pupils=80)
    table = pl.DataFrame({f"{i + 1} option": column for i, column in enumerate(responses.options)})
    table.write_csv(tmp_path / "options.csv")
    key = tmp_path / "key.csv"
    key.write_text("item,key\n" + "\n".join(f"{i + 1},A" for i in range(12)), encoding="utf-8")
    out, _err = run(tmp_path / "options.csv", "--key", key, "--json")
    assert json.loads(out)["items"][0]["difficulty"] == pytest.approx(responses.scores[:, 0].mean())
    table, _err = run(tmp_path / "options.csv", "--key", key)
    assert "Options" in table


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("number,key\n1,A", "no-item-column"),
        ("item,full_mark\n1,viel\n2,4", "full-mark"),
        ("item\n1\n99", "unknown-column"),
    ],
)
def test_unusable_keys_are_refused(marks: Path, tmp_path: Path, key: str, code: str) -> None:
    file = tmp_path / "key.csv"
    file.write_text(key, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        run(marks, "--key", file)
    assert caught.value.code == code


def test_an_unknown_group_is_refused(marks: Path) -> None:
    with pytest.raises(InputError, match="no such column"):
        run(marks, "--by", "school")
