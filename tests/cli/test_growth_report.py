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

FULL = """
title = "虚构研究"
outcomes = ["end"]
priors = ["start"]
factors = ["寄宿"]
process = ["出勤率"]
period = "2025-2026"
date = 2026-06-30
[columns]
school = "学校"
class = "班级"
"""
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


def district(year: int, effects: np.ndarray) -> pl.DataFrame:
    """Twelve schools of three classes; boarders grow a little less, classes that attend more grow more."""
    rng = np.random.default_rng(year)
    n = len(effects) * 3 * 25
    klass = np.arange(n) // 25
    school = klass // 3
    start, boards, present = rng.normal(size=n), rng.random(n) < 0.4, rng.normal(0.96, 0.01, len(effects) * 3)
    end = 0.7 * start + effects[school] - 0.3 * boards + 20 * (present[klass] - 0.96) + rng.normal(0, 0.5, n)
    return pl.DataFrame(
        {
            "学校": [f"第{j + 1}学校" for j in school], "班级": [f"{k // 3 + 1}-{k % 3 + 1}" for k in klass],
            "start": np.round(start, 4), "end": np.round(end, 4), "寄宿": ["是" if b else "否" for b in boards],
            "出勤率": np.round(present[klass], 4),
        }
    )  # fmt: skip


@pytest.fixture
def full(tmp_path: Path) -> Path:
    effects = np.random.default_rng(5).normal(0, 0.25, 12)
    district(2026, effects).write_csv(tmp_path / "scores.csv")
    (tmp_path / "design.toml").write_text(FULL, encoding="utf-8")
    return tmp_path


def test_the_comprehensive_report_speaks_of_trend_differences_factors_and_what_to_do(full: Path) -> None:
    done = run(full, "--json", "--formats", "html,docx")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["files"] == [
        "report.html", "report.docx", "comprehensive.html", "comprehensive.docx", "results.csv", "results.json",
    ]  # fmt: skip
    assert {file.name for file in (full / "report").iterdir()} == set(told["files"])
    assert [row["fact"] for row in told["analysis"]["process"]["rows"]] == ["出勤率"]
    assert told["analysis"]["process"]["rows"][0]["low"] > 0
    assert [row["factor"] for row in told["analysis"]["factors"]["rows"]] == ["寄宿"]
    assert {part["part"] for part in told["analysis"]["growth"]} == {"school", "class", "pupil"}
    assert len(told["audits"]) == 11
    page = (full / "report" / "comprehensive.html").read_text(encoding="utf-8")
    for heading in ("趋势", "差异", "影响因素", "建议", "出勤率", "寄宿"):
        assert heading in page
    results = json.loads((full / "report" / "results.json").read_text(encoding="utf-8"))
    assert len(results["process"]) == 36


def test_equal_files_and_seed_give_equal_bytes_of_every_report(full: Path) -> None:
    assert run(full).returncode == 0
    first = {name: (full / "report" / name).read_bytes() for name in FILES}
    assert run(full).returncode == 0
    assert {name: (full / "report" / name).read_bytes() for name in FILES} == first


def test_earlier_years_make_a_trend_in_which_a_fallen_school_stands_out(full: Path) -> None:
    effects = np.random.default_rng(5).normal(0, 0.25, 12)
    effects[3] = effects[3] + 1.5
    for year in (2024, 2025):
        district(year, effects).write_csv(full / "scores.csv")
        (full / "design.toml").write_text(FULL.replace("2025-2026", f"{year - 1}-{year}"), encoding="utf-8")
        assert run(full, "--formats", "html").returncode == 0
        (full / "report" / "results.json").rename(full / f"{year}.json")
    district(2026, np.where(np.arange(12) == 3, effects - 1.8, effects)).write_csv(full / "scores.csv")
    (full / "design.toml").write_text(FULL, encoding="utf-8")
    done = run(full, "--json", "--formats", "html", "--past", "2024.json", "--past", "2025.json")
    assert done.returncode == 0, done.stderr
    outside = {
        row["school"]
        for row in json.loads(done.stdout)["trend"]
        if row["outside"] and row["period"] == "2025-2026"
    }
    assert "第4学校" in outside
    assert "第4学校" in (full / "report" / "comprehensive.html").read_text(encoding="utf-8")
    for extra, message in (
        (("--past", "2025.json", "--past", "2025.json"), "same period"),
        (("--past", "design.toml"), "no results.json"),
        (("--past", "none.json"), "cannot be read"),
        (("--formats", "odt"), "no format 'odt'"),
    ):
        done = run(full, *extra)
        assert (done.returncode, message in done.stderr) == (2, True), done.stderr
    (full / "design.toml").write_text(FULL.replace('period = "2025-2026"', ""), encoding="utf-8")
    assert "period" in run(full, "--past", "2025.json").stderr


def test_a_process_fact_that_cannot_carry_an_answer_is_refused_and_nothing_written(full: Path) -> None:
    table = pl.read_csv(full / "scores.csv")
    table.with_columns(pl.col("start").alias("出勤率")).write_csv(full / "scores.csv")
    done = run(full)
    assert done.returncode == 2
    assert "出勤率" in done.stderr
    assert not (full / "report").exists()


def test_in_english_too_every_number_stands_in_a_table(full: Path) -> None:
    """The command proves both reports before it writes them; the other tests do so in Chinese."""
    done = run(full, "--lang", "en", "--formats", "html")
    assert done.returncode == 0, done.stderr
    assert "Influence factors" in (full / "report" / "comprehensive.html").read_text(encoding="utf-8")
