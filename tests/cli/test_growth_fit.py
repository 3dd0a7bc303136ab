"""``xuequ growth fit``: the document it prints, the files it reads, and how it refuses."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tests.engines.growth.pupils import invented
from xuequ.cli import app as command
from xuequ.cli import table_file
from xuequ.engines.errors import InputError
from xuequ.engines.growth.mixed import fit_mixed_model
from xuequ.engines.growth.nested import fit_nested

FORMULA = "y ~ x + sex + (x | school)"
TABLE = invented(1)


def run(*arguments: str | Path) -> tuple[str, str]:
    """Standard output and error of a successful run."""
    result = CliRunner().invoke(command.app, ["growth", "fit", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout, result.stderr


def refusal(*arguments: str | Path) -> InputError:
    with pytest.raises(InputError) as caught:
        run(*arguments)
    return caught.value


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    TABLE.write_csv(tmp_path / "pupils.csv")
    return tmp_path / "pupils.csv"


def test_the_document_has_the_published_form(csv: Path) -> None:
    output, errors = run(csv, FORMULA, "--json")
    document = json.loads(output)
    fit = fit_mixed_model(TABLE, FORMULA)
    assert list(document) == [
        "n",
        "groups",
        "method",
        "dropped",
        "fixed",
        "random",
        "residual_variance",
        "deviance",
        "effects",
    ]
    assert (document["n"], document["groups"], document["method"]) == (150, 12, "reml")
    assert document["dropped"] == []
    assert list(document["fixed"]) == ["(Intercept)", "x", "sexM"]
    assert document["fixed"]["x"] == {"estimate": fit.fixed["x"].estimate, "se": fit.fixed["x"].se}
    assert document["random"] == {
        "school": {"terms": ["(Intercept)", "x"], "covariance": fit.random.covariance.tolist()}
    }
    assert document["residual_variance"] == fit.residual_variance
    assert document["deviance"] == fit.deviance
    assert document["effects"][1]["group"] == "s001"
    assert document["effects"][1]["terms"]["x"] == {
        "effect": fit.effects[1, 1],
        "se": fit.se[1, 1],
        "se_prediction": fit.se_prediction[1, 1],
    }
    assert errors == ""


@pytest.mark.parametrize("method", ["ml", "reml"])
def test_the_method(csv: Path, method: str) -> None:
    document = json.loads(run(csv, FORMULA, f"--{method}", "--json")[0])
    assert document["method"] == method


def test_the_same_file_gives_the_same_bytes(csv: Path) -> None:
    assert run(csv, FORMULA, "--json") == run(csv, FORMULA, "--json")


def test_tables_for_people(csv: Path) -> None:
    output, _ = run(csv, FORMULA)
    for text in ("150 pupils, 12 groups of school", "REML criterion", "sexM", "prediction SE", "s011"):
        assert text in output


def test_notes_go_to_stderr(tmp_path: Path) -> None:
    table = TABLE.with_columns(
        double=pl.col("x") * 2, y=pl.when(pl.int_range(150) > 2).then(pl.col("x") + pl.col("z"))
    )
    table.write_csv(tmp_path / "pupils.csv")
    output, errors = run(tmp_path / "pupils.csv", "y ~ x + double + (1 | school)", "--json")
    document = json.loads(output)
    assert (document["n"], document["dropped"]) == (147, ["double"])
    assert "3 rows left out" in errors
    assert "determine them: double" in errors


def test_a_variance_of_zero_is_said(tmp_path: Path) -> None:
    from xuequ.engines.growth.examples import dyestuff2

    dyestuff2().write_csv(tmp_path / "yields.csv")
    output, errors = run(tmp_path / "yields.csv", "yield ~ 1 + (1 | batch)", "--json")
    assert json.loads(output)["random"]["batch"]["covariance"] == [[0.0]]
    assert "the variance of (Intercept) between groups of batch is zero" in errors


CHINESE = TABLE.rename({"y": "成绩", "x": "入学", "school": "学校"}).with_columns(pl.col("学校") + "中学")
WRITERS: dict[str, Callable[[Path], object]] = {
    "utf-8": lambda path: path.write_bytes(CHINESE.write_csv().encode()),
    "utf-8 with mark": lambda path: path.write_bytes(CHINESE.write_csv().encode("utf-8-sig")),
    "gbk": lambda path: path.write_bytes(CHINESE.write_csv().encode("gbk")),
    "gb18030": lambda path: path.write_bytes(CHINESE.write_csv().replace("中学", "㐀").encode("gb18030")),
    "utf-16": lambda path: path.write_bytes(CHINESE.write_csv().encode("utf-16")),
    "windows lines": lambda path: path.write_bytes(CHINESE.write_csv(line_terminator="\r\n").encode("gbk")),
    "quoted": lambda path: path.write_bytes(CHINESE.write_csv(quote_style="always").encode()),
    "missing values as R writes them": lambda path: path.write_bytes(
        (CHINESE.write_csv() + "NA,1,1,F,某中学\n").encode()
    ),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_files_as_schools_have_them(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "成绩表.csv"
    WRITERS[kind](path)
    document = json.loads(run(path, "成绩 ~ 入学 + sex + (入学 | 学校)", "--json")[0])
    assert document["deviance"] == pytest.approx(fit_mixed_model(TABLE, FORMULA).deviance, rel=1e-12)
    assert document["effects"][0]["group"].startswith("s000")


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_small_and_large_files_give_the_same_bytes(
    tmp_path: Path, suffix: str, large: bool, monkeypatch: pytest.MonkeyPatch, csv: Path
) -> None:
    path = tmp_path / f"copy{suffix}"
    TABLE.write_csv(path) if suffix == ".csv" else TABLE.write_parquet(path)
    if large:
        monkeypatch.setattr(table_file, "LARGE", 0)
    assert run(path, FORMULA, "--json") == run(csv, FORMULA, "--json")


def test_group_labels_keep_their_spelling(tmp_path: Path) -> None:
    coded = TABLE.with_columns(school="00" + pl.col("school").str.tail(2))
    coded.write_csv(tmp_path / "pupils.csv")
    document = json.loads(run(tmp_path / "pupils.csv", FORMULA, "--json")[0])
    assert [effect["group"] for effect in document["effects"]][:2] == ["0000", "0001"]


@pytest.mark.parametrize("large", [False, True])
def test_a_text_far_below_the_guessed_types_is_found(
    tmp_path: Path, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_file, "_INFERRED_ROWS", 20)
    if large:
        monkeypatch.setattr(table_file, "LARGE", 0)
    lines = TABLE.write_csv().splitlines()
    lines[100] = "缺考" + lines[100][lines[100].index(",") :]
    (tmp_path / "pupils.csv").write_text("\n".join(lines), encoding="utf-8")
    error = refusal(tmp_path / "pupils.csv", FORMULA)
    assert (error.code, error.column, error.row, error.value) == ("text-in-number-column", "y", 100, "缺考")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("absent.csv", None, "no-such-file"),
        ("empty.csv", b"", "empty-file"),
        ("heading.csv", b"y,x,sex,school\n", "empty-table"),
        ("sheet.xlsx", b"PK", "spreadsheet"),
        ("sheet.xls", b"\xd0\xcf", "spreadsheet"),
        ("sheet.et", b"\xd0\xcf", "spreadsheet"),
        ("notes.txt", b"y", "unknown-file-type"),
        ("binary.csv", b"y,x\n\xff\xff\x00", "unknown-encoding"),
        ("ragged.csv", b"y,x,sex,school\n1,2,F,a\n1,2,F,a,5,6\n", "unreadable-csv"),
        ("twice.csv", b"y,x,x,sex,school\n1,2,3,F,a\n", "repeated-column"),
        ("broken.parquet", b"PAR1 no", "unreadable-parquet"),
        ("columns.csv", b"y,x,sex\n1,2,F\n", "unknown-column"),
    ],
)
def test_unusable_files(tmp_path: Path, name: str, content: bytes | None, code: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert refusal(tmp_path / name, FORMULA).code == code


def test_unusable_input_is_one_sentence_and_exit_status_2(csv: Path) -> None:
    arguments = [sys.executable, "-c", "from xuequ.cli import main; main()", "growth", "fit", str(csv)]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [*arguments, "y ~ intake + (1 | school)", "--json"],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "there is no column `intake`; the columns are y, x, z, sex, school" in done.stderr


def classes_of(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(form=pl.int_range(150) % 3 + 1, csem=pl.lit(0.4))


def test_classes_within_schools(tmp_path: Path) -> None:
    classes_of(TABLE).write_csv(tmp_path / "pupils.csv")
    document = json.loads(run(tmp_path / "pupils.csv", FORMULA, "--class", "form", "--json")[0])
    fit = fit_nested(classes_of(TABLE), FORMULA, "form")
    assert document["deviance"] == fit.school.deviance
    assert document["classes"]["column"] == "form"
    assert document["classes"]["variance"] == fit.class_variance
    first = document["classes"]["effects"][0]
    assert list(first) == ["group", "class", "n", "effect", "se", "se_prediction"]
    assert (first["group"], first["class"]) == ("s000", "1")
    output, errors = run(tmp_path / "pupils.csv", FORMULA, "--class", "form")
    assert "Effects of form within school" in output
    assert ("no detectable difference" in errors) == (fit.class_variance == 0.0)


@pytest.mark.parametrize("option", [["--reliability", "x=0.8"], ["--sem", "x=0.4"], ["--sem", "x=csem"]])
def test_a_prior_measured_with_error(tmp_path: Path, option: list[str]) -> None:
    classes_of(TABLE).write_csv(tmp_path / "pupils.csv")
    formula = "y ~ x + sex + (1 | school)"
    document = json.loads(run(tmp_path / "pupils.csv", formula, *option, "--school-mean", "--json")[0])
    assert list(document) == [
        "n",
        "groups",
        "error",
        "fixed",
        "school_variance",
        "residual_variance",
        "effects",
        "uncorrected",
    ]
    assert list(document["fixed"]) == ["(Intercept)", "x", "sexM", "mean(x)"]
    slope, plain = document["fixed"]["x"], document["uncorrected"]["fixed"]["x"]
    assert slope["estimate"] > 1.1 * plain["estimate"]
    assert document["error"]["variance"] == pytest.approx(0.2 if "0.8" in option[1] else 0.16, abs=0.05)
    output, _ = run(tmp_path / "pupils.csv", formula, *option)
    assert "sandwich SE" in output and "effect without" in output


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--class", "form", "--reliability", "x=0.8"], "class-and-error"),
        (["--school-mean"], "school-mean-alone"),
        (["--reliability", "x=0.8", "--ml"], "error-by-ml"),
        (["--reliability", "0.8"], "bad-option"),
        (["--reliability", "x=high"], "bad-reliability"),
        (["--reliability", "x=0.8", "--sem", "x=1"], "reliability-or-sem"),
        (["--sem", "x=nowhere"], "unknown-column"),
        (["--reliability", "x=0.8"], "random-slope"),
        (["--class", "nowhere"], "unknown-column"),
    ],
)
def test_options_that_do_not_go_together(tmp_path: Path, options: list[str], code: str) -> None:
    classes_of(TABLE).write_csv(tmp_path / "pupils.csv")
    formula = FORMULA if code in ("random-slope", "class-and-error") else "y ~ x + (1 | school)"
    assert refusal(tmp_path / "pupils.csv", formula, *options).code == code
