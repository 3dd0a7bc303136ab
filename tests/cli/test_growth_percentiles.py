"""``xuequ growth percentiles``: the file it writes, the document it prints, and how it refuses."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from xuequ.cli import app as command
from xuequ.engines.errors import InputError
from xuequ.engines.growth.panel import PanelLayout, panel_cohorts
from xuequ.engines.growth.percentiles import PercentileDesign, growth_percentiles

OPTIONS = ("--id", "学号", "--grade", "年级{year}", "--score", "语文{year}", "--year", "2025")
LAYOUT = PanelLayout("学号", "年级{year}", "语文{year}", 2025)


def invented(grade: int, n: int, seed: int) -> pl.DataFrame:
    """Pupils of one grade in 2025 with whole-number scores; every ninth has none from 2023."""
    rng = np.random.default_rng(seed)
    ability = rng.normal(500, 50, n)
    columns: dict[str, object] = {"学号": [f"00{grade}{i:04}" for i in range(n)]}
    for year in (2023, 2024, 2025):
        columns[f"年级{year}"] = [grade - 2025 + year] * n
        columns[f"语文{year}"] = np.round(ability + rng.normal(0, 20, n)).astype(int)
    table = pl.DataFrame(columns).with_row_index()
    absent = pl.when(pl.col("index") % 9 > 0).then("语文2023").alias("语文2023")
    return table.with_columns(absent).drop("index")


PANEL = pl.concat([invented(6, 260, 1), invented(5, 240, 2), invented(4, 30, 3)])
# The smallest grade in the panel has no scores from the grade below.
PANEL = PANEL.with_columns(pl.when(pl.col("年级2025") > 4).then("年级2024").alias("年级2024"))


def run(*arguments: str | Path) -> tuple[str, str]:
    """Standard output and error of a successful run."""
    result = CliRunner().invoke(
        command.app, ["growth", "percentiles", *map(str, arguments)], catch_exceptions=False
    )
    assert result.exit_code == 0
    return result.stdout, result.stderr


def refusal(*arguments: str | Path) -> InputError:
    with pytest.raises(InputError) as caught:
        run(*arguments)
    return caught.value


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    PANEL.write_csv(tmp_path / "panel.csv")
    return tmp_path / "panel.csv"


def test_the_file_holds_what_the_engine_finds_in_the_order_of_the_panel(csv: Path) -> None:
    out = csv.with_name("sgp.csv")
    run(csv, *OPTIONS, "--out", out)
    assert out.read_text().splitlines()[0] == (
        "学号,GRADE,SGP,SGP_ORDER,PERCENTILE_CUT_1,PERCENTILE_CUT_35,PERCENTILE_CUT_50,PERCENTILE_CUT_65,"
        "PERCENTILE_CUT_99,SGP_ORDER_1,SGP_ORDER_2"
    )
    written = pl.read_csv(out, schema_overrides={"学号": pl.String})
    assert written["学号"].to_list() == PANEL.filter(pl.col("年级2025") > 4)["学号"].to_list()
    for cohort in panel_cohorts(PANEL, LAYOUT)[1:]:
        design = PercentileDesign(cohort.bases, cut_range=cohort.score_range)
        expected = growth_percentiles(cohort.table, design).table
        ours = written.filter(pl.col("GRADE") == cohort.grade).drop("GRADE")
        ours.columns = [name.lower().replace("percentile_", "") for name in ours.columns]
        ours = ours.rename({"学号": "id"}).select(expected.columns)
        assert_frame_equal(ours, expected, check_dtypes=False)
    assert b"\r" not in out.read_bytes()
    assert sorted(path.name for path in out.parent.iterdir()) == ["panel.csv", "sgp.csv"]


def test_the_document_counts_each_grade(csv: Path) -> None:
    output, _ = run(csv, *OPTIONS, "--out", csv.with_name("sgp.csv"), "--json")
    document = json.loads(output)
    assert list(document) == ["year", "grades", "skipped"]
    fifth, sixth = document["grades"]
    assert (fifth["grade"], fifth["scored"], fifth["n"], fifth["without_prior"]) == (5, 240, 240, 0)
    assert sixth["orders"] == {"1": 29, "2": 231}
    assert [model["n"] for model in sixth["models"]] == [260, 231]
    assert [len(model["loss"]) for model in sixth["models"]] == [100, 100]
    assert (len(sixth["knots"]), sixth["reference_years"]) == (2, [2024, 2024])
    assert [skipped["grade"] for skipped in document["skipped"]] == [4]


def test_the_same_file_gives_the_same_bytes(csv: Path) -> None:
    outs = [csv.with_name(f"sgp{i}.csv") for i in range(2)]
    documents = [run(csv, *OPTIONS, "--out", out, "--json") for out in outs]
    assert documents[0] == documents[1]
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_a_table_for_people_and_notes_on_stderr(csv: Path) -> None:
    output, errors = run(csv, *OPTIONS, "--out", csv.with_name("sgp.csv"))
    assert "Growth percentiles 2025" in output
    assert "1: 29, 2: 231" in output
    assert "grade 4 not judged: nobody has a score from the grade below" in errors


def test_cuts_and_cohort_size_can_be_chosen(csv: Path) -> None:
    out = csv.with_name("sgp.csv")
    chosen = ("--percentiles", "50, 10", "--min-cohort", "250", "--json")
    document = json.loads(run(csv, *OPTIONS, "--out", out, *chosen)[0])
    assert [grade["grade"] for grade in document["grades"]] == [6]
    assert document["grades"][0]["too_small"] == {"2": 231}
    assert "at least 250" in document["skipped"][1]["reason"]
    assert pl.read_csv(out).columns[4:] == ["PERCENTILE_CUT_10", "PERCENTILE_CUT_50", "SGP_ORDER_1"]


WRITERS: dict[str, Callable[[Path], object]] = {
    "gbk": lambda path: path.write_bytes(PANEL.write_csv().encode("gbk")),
    "utf-8 with mark": lambda path: path.write_bytes(PANEL.write_csv().encode("utf-8-sig")),
    "windows lines": lambda path: path.write_bytes(PANEL.write_csv(line_terminator="\r\n").encode()),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_files_as_schools_have_them(csv: Path, kind: str) -> None:
    plain, other, path = csv.with_name("plain.csv"), csv.with_name("other.csv"), csv.with_name("学生.csv")
    run(csv, *OPTIONS, "--out", plain)
    WRITERS[kind](path)
    run(path, *OPTIONS, "--out", other)
    assert other.read_bytes() == plain.read_bytes()


def test_parquet_with_numbers_as_ids(tmp_path: Path) -> None:
    PANEL.cast({"学号": pl.Int64}).write_parquet(tmp_path / "panel.parquet")
    run(tmp_path / "panel.parquet", *OPTIONS, "--out", tmp_path / "sgp.csv")
    assert pl.read_csv(tmp_path / "sgp.csv").height == 500


BROKEN: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str, tuple[str | None, int | None]]] = {
    "no such column": (lambda t: t.drop("语文2025"), "unknown-column", ("语文2025", None)),
    "no earlier year": (lambda t: t.drop("语文2024"), "no-priors", (None, None)),
    "text for a score": (
        lambda t: t.with_columns(
            pl.when(pl.col("学号") == "0060002").then(pl.lit("缺考")).otherwise("语文2024").alias("语文2024")
        ),
        "text-in-number-column",
        ("语文2024", 3),
    ),
    "text for a grade": (
        lambda t: t.with_columns(pl.lit("六年级").alias("年级2025")),
        "text-in-number-column",
        ("年级2025", 1),
    ),
    "a pupil twice": (lambda t: pl.concat([t.head(3), t]), "duplicate-id", ("学号", 4)),
    "a pupil without a number": (
        lambda t: t.with_columns(pl.when(pl.col("学号") != "0060001").then("学号").alias("学号")),
        "missing-id",
        ("学号", 2),
    ),
    "too few pupils": (lambda t: t.head(199), "no-cohort", (None, None)),
    "equal scores": (lambda t: t.with_columns(pl.lit(5).alias("语文2025")), "no-cohort", (None, None)),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_panel_is_refused_and_nothing_written(csv: Path, kind: str) -> None:
    change, code, place = BROKEN[kind]
    change(PANEL).write_csv(csv)
    out = csv.with_name("sgp.csv")
    error = refusal(csv, *OPTIONS, "--out", out)
    assert (error.code, (error.column, error.row)) == (code, place)
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--grade", "年级"), "bad-pattern"),
        (("--score", "语文"), "bad-pattern"),
        (("--year", "2023"), "no-priors"),
        (("--year", "2030"), "unknown-column"),
        (("--percentiles", "0,50"), "bad-cut"),
        (("--percentiles", "half"), "bad-cut"),
        (("--out", "/nowhere/sgp.csv"), "no-such-folder"),
        (("--out", "."), "output-is-folder"),
        (("--out", "/proc/sgp.csv"), "cannot-write"),
    ],
)
def test_unusable_options_are_refused(csv: Path, arguments: tuple[str, str], code: str) -> None:
    assert refusal(csv, *OPTIONS, "--out", csv.with_name("sgp.csv"), *arguments).code == code


def test_a_number_column_named_like_a_result_is_refused(csv: Path) -> None:
    PANEL.rename({"学号": "SGP"}).write_csv(csv)
    error = refusal(csv, "--id", "SGP", *OPTIONS[2:], "--out", csv.with_name("sgp.csv"))
    assert (error.code, error.column) == ("repeated-column", "SGP")


def test_an_earlier_result_survives_a_refused_run(csv: Path) -> None:
    out = csv.with_name("sgp.csv")
    out.write_text("before")
    csv.write_text(csv.read_text().replace("0060003,", "0060003x,", 1).replace("0060004,", "0060003x,", 1))
    assert refusal(csv, *OPTIONS, "--out", out).code == "duplicate-id"
    assert out.read_text() == "before"


def test_the_command_says_one_sentence_and_exits_with_2(csv: Path) -> None:
    program = [sys.executable, "-c", "from xuequ.cli import main; main()", "growth", "percentiles"]
    arguments = [*OPTIONS, "--out", "/nowhere/sgp.csv"]
    done = subprocess.run([*program, csv, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "xuequ: there is no folder /nowhere; create it first\n"


def test_grade_4_of_the_public_panel_equals_the_reference(shared_data: Path, tmp_path: Path) -> None:
    """All columns of R's result for every pupil; the other grades are met in test_verification."""
    panel = pl.read_csv(shared_data / "growth" / "sgpdata.csv")
    only = pl.when(pl.col("GRADE_2025") == 4).then("GRADE_2025").alias("GRADE_2025")
    panel.with_columns(only).write_csv(tmp_path / "panel.csv")
    patterns = ("--id", "ID", "--grade", "GRADE_{year}", "--score", "SS_{year}", "--year", "2025")
    run(tmp_path / "panel.csv", *patterns, "--out", tmp_path / "sgp.csv")
    reference = pl.read_csv(shared_data / "growth" / "sgp_reference_2025.csv", infer_schema_length=None)
    expected = reference.filter(pl.col("GRADE") == 4).sort("ID")
    written = pl.read_csv(tmp_path / "sgp.csv").sort("ID")
    assert_frame_equal(written, expected.select(written.columns), check_dtypes=False)
