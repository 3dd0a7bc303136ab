"""``xuequ growth report``: a score file and a design become a report, or one clear sentence and nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from xuequ.cli.design_file import read_design
from xuequ.cli.growth_report import FILES
from xuequ.engines.errors import InputError

DESIGN = """
title = "虚构研究"
outcomes = ["end"]
priors = ["start"]
date = 2026-06-30
[columns]
school = "学校"
"""


def scores(encoding: str = "utf-8") -> bytes:
    rng = np.random.default_rng(2)
    start = rng.normal(size=240)
    school = np.arange(240) % 8
    table = pl.DataFrame(
        {
            "学校": [f"第{j}学校" for j in school],
            "start": np.round(start, 4),
            "end": np.round(0.7 * start + 0.2 * (school - 3.5) + rng.normal(0, 0.5, 240), 4),
        }
    )
    return table.write_csv().encode(encoding)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scores.csv").write_bytes(scores())
    (tmp_path / "design.toml").write_text(DESIGN, encoding="utf-8")
    return tmp_path


def run(folder: Path, *extra: str, file: str = "scores.csv") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", "from xuequ.cli import main; main()", "growth", "report", file]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("XUEQU_", "DJANGO_"))}
    return subprocess.run(
        [*command, "--design", "design.toml", "--out", "report", *extra],
        cwd=folder, env=environment | {"PYTHONIOENCODING": "utf-8"}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_a_report_is_written_whole_and_repeats_to_the_byte(folder: Path) -> None:
    first = run(folder)
    assert first.returncode == 0, first.stderr
    assert {file.name for file in (folder / "report").iterdir()} == set(FILES)
    content = {name: (folder / "report" / name).read_bytes() for name in FILES}
    page = content["report.html"].decode()
    assert "第7学校" in page
    assert "<svg" in page
    assert 'src="http' not in page
    assert 'href="http' not in page
    results = json.loads(content["results.json"])
    assert results["distinguishability"]["schools"] == 8
    assert pl.read_csv(content["results.csv"]).height == 8
    # GBK text gives the same numbers; an earlier report is replaced.
    (folder / "scores.csv").write_bytes(scores("gb18030"))
    assert run(folder, "--json").returncode == 0
    assert {name: (folder / "report" / name).read_bytes() for name in FILES} == content
    # No data folder, no database, no half-written folder is left behind.
    assert {item.name for item in folder.iterdir()} == {"scores.csv", "design.toml", "report"}


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        (DESIGN.replace("end", "None"), "None", "no column 'None'"),
        (DESIGN.replace('"start"', '"end"'), "end", "two parts"),
        (DESIGN.replace("priors", "prior"), "", "no setting 'prior'"),
        (DESIGN + 'klass = "x"', "", "no 'klass'"),
        ("title = ", "", "TOML"),
    ],
)
def test_a_wrong_design_is_one_sentence_and_status_2(
    folder: Path, text: str, column: str, message: str
) -> None:
    (folder / "design.toml").write_text(text, encoding="utf-8")
    done = run(folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert column in done.stderr
    assert not (folder / "report").exists()


def test_other_peoples_files_are_never_replaced(folder: Path) -> None:
    (folder / "report").mkdir()
    (folder / "report" / "thesis.docx").write_text("mine")
    done = run(folder)
    assert done.returncode == 2
    assert "other files" in done.stderr
    assert (folder / "report" / "thesis.docx").read_text() == "mine"


def test_text_in_a_score_column_is_named(folder: Path) -> None:
    lines = (folder / "scores.csv").read_text(encoding="utf-8").splitlines()
    lines[5] = lines[5].rsplit(",", 1)[0] + ",缺考"
    (folder / "scores.csv").write_text("\n".join(lines), encoding="utf-8")
    done = run(folder)
    assert done.returncode == 2
    assert "'end', row 5" in done.stderr


def test_a_date_must_be_a_date(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text('outcomes=["a"]\npriors=["b"]\ndate="2026"', encoding="utf-8")
    with pytest.raises(InputError, match="without quotes"):
        read_design(tmp_path / "d.toml")
