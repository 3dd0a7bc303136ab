"""``xuequ growth layered``: the files it reads, the document it prints, and how it refuses."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from xuequ.cli import app as command
from xuequ.engines.errors import InputError
from xuequ.engines.growth.layered import LayeredDesign, fit_layered
from xuequ.engines.growth.simulation_layered import LayeredWorld, simulate_layered

WORLD = LayeredWorld(pupils=900, schools=15, subjects=2, years=3, effect_sd=0.3, part_time=0.0)
TABLE = simulate_layered(np.random.default_rng(2), WORLD).table.drop("share")
CHINESE = {"pupil": "学号", "school": "学校", "year": "学年", "subject": "学科", "score": "成绩"}


def run(*arguments: str | Path) -> tuple[str, str]:
    """Standard output and error of a successful run."""
    arguments = ("growth", "layered", *arguments)
    result = CliRunner().invoke(command.app, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout, result.stderr


def refusal(*arguments: str | Path) -> InputError:
    with pytest.raises(InputError) as caught:
        run(*arguments)
    return caught.value


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    TABLE.write_csv(tmp_path / "scores.csv")
    return tmp_path / "scores.csv"


def test_the_document_holds_all_numbers_of_the_fit(csv: Path) -> None:
    output, errors = run(csv, "--json")
    document, fit = json.loads(output), fit_layered(TABLE, LayeredDesign())
    assert list(document) == [
        "n",
        "n_without_score",
        "n_movers",
        "fewest_together",
        "scale",
        "persistence",
        "criterion",
        "cells",
        "residual_covariance",
        "variances",
        "effects",
        "cumulative",
        "coverage",
        "patterns",
    ]
    assert (document["n"], document["scale"]) == (fit.n, "nce")
    assert document["persistence"] == {"estimate": 1.0, "se": None}
    assert document["effects"] == fit.effects.to_dicts()
    assert document["cumulative"] == fit.cumulative.to_dicts()
    assert [cell["year"] for cell in document["cells"]] == ["1", "2", "3"] * 2
    assert errors == ""


def test_one_file_for_each_year_with_a_column_for_each_subject_is_the_same(tmp_path: Path, csv: Path) -> None:
    """As schools hold their score sheets, in GBK and with Chinese headings."""
    wide = TABLE.pivot("subject", index=["pupil", "school", "year"], values="score")
    wide = wide.rename({"a": "语文", "b": "数学"} | {k: v for k, v in CHINESE.items() if k in wide.columns})
    files = []
    for (year,), part in wide.group_by("学年"):
        files.append(tmp_path / f"{year}.csv")
        files[-1].write_bytes(part.write_csv().encode("gbk"))
    columns = ["--pupil", "学号", "--school", "学校", "--year", "学年", "--subjects", "语文, 数学"]
    document = json.loads(run(*sorted(files), *columns, "--json")[0])
    long = json.loads(run(csv, "--json")[0])
    found = {(row["subject"], row["unit"], row["year"]): row["effect"] for row in document["effects"]}
    names = {"a": "语文", "b": "数学", None: None}
    for row in long["effects"]:
        other = found[names[row["subject"]], row["unit"], row["year"]]
        assert other == (None if row["effect"] is None else pytest.approx(row["effect"], abs=1e-6))


def test_the_same_file_gives_the_same_bytes(csv: Path) -> None:
    assert run(csv, "--json") == run(csv, "--json")


def test_tables_for_people(csv: Path) -> None:
    output, _ = run(csv, "--scale", "raw")
    for text in ("900 pupils", "in more than one school", "Growth by year", "Cumulative growth", "level"):
        assert text in output


def test_shares_teachers_and_persistence(tmp_path: Path) -> None:
    table = simulate_layered(np.random.default_rng(3), replace(WORLD, part_time=1.0, moving=0.3)).table
    table = table.with_columns(teacher=pl.concat_str("school", pl.lit("-"), pl.col("pupil") % 3))
    table.write_parquet(tmp_path / "scores.parquet")
    options = ["--share", "share", "--teacher", "teacher", "--scale", "raw", "--json"]
    document = json.loads(run(tmp_path / "scores.parquet", *options)[0])
    assert {row["kind"] for row in document["variances"]} == {"school", "teacher"}
    options = ["--share", "share", "--persistence", "estimate", "--scale", "raw"]
    output, _ = run(tmp_path / "scores.parquet", *options)
    assert "persistence " in output and ", SE " in output


def test_what_a_reader_must_know_goes_to_stderr(tmp_path: Path) -> None:
    table = TABLE.with_columns(
        school=pl.when(pl.col("pupil") < 3).then(99).otherwise("school"),
        score=pl.when(pl.col("pupil") != 7).then("score"),
    )
    table.write_csv(tmp_path / "scores.csv")
    _, errors = run(tmp_path / "scores.csv", "--json")
    assert "1 pupils left out because they have no score" in errors
    assert "effects not shown because fewer than 10 pupils" in errors


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--pupil", "学号"], "unknown-column"),
        (["--subjects", "语文"], "unknown-column"),
        (["--subjects", "score", "--teacher", "school"], "teacher-of-what"),
        (["--persistence", "half"], "bad-persistence"),
        (["--scale", "ranks"], "unknown-scale"),
        (["--share", "score"], "bad-share"),
    ],
)
def test_unusable_options_are_refused(csv: Path, options: list[str], code: str) -> None:
    assert refusal(csv, *options).code == code


def test_two_scores_that_few_pupils_have_together_are_named(tmp_path: Path) -> None:
    few = (pl.col("year") < 3) | (pl.col("pupil") < 60)
    TABLE.filter(few).write_csv(tmp_path / "scores.csv")
    _, errors = run(tmp_path / "scores.csv", "--json")
    assert "some two scores are held together by" in errors


def test_mixed_scales_are_refused_with_both_schools(tmp_path: Path) -> None:
    score, school = pl.col("score"), pl.col("school")
    mixed = TABLE.with_columns(score=pl.when(school == 2).then(500 + 80 * score).otherwise(60 + 12 * score))
    mixed.write_csv(tmp_path / "scores.csv")
    error = refusal(tmp_path / "scores.csv")
    assert error.code == "mixed-scales" and "school 2" in error.message
