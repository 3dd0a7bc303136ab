"""``xuequ growth percentiles`` beyond one cohort: norms, measurement error, projections, fit, schools."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.cli.test_growth_percentiles import OPTIONS, PANEL, refusal, run

NORMS = ("--scale", "区语文量尺")
CUTS = "grade,name,score\n4,达标,480\n5,达标,490\n6,达标,500\n5,优秀,550\n6,优秀,560\n4,优秀,540\n"


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    errors = [pl.lit(12.0).alias(f"误差{year}") for year in (2023, 2024, 2025)]
    school = (
        pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("一小")).otherwise(pl.lit("二小")).alias("学校")
    )
    PANEL.with_columns(*errors, school).write_csv(tmp_path / "panel.csv")
    return tmp_path / "panel.csv"


@pytest.fixture
def norms(csv: Path) -> Path:
    file = csv.with_name("norms.json")
    run(csv, *OPTIONS, *NORMS, "--out", csv.with_name("base.csv"), "--baseline-save", file)
    return file


def result(csv: Path, *arguments: str | Path) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The rows written and the document printed."""
    out = csv.with_name("sgp.csv")
    output, _ = run(csv, *OPTIONS, "--out", out, *arguments, "--json")
    return pl.read_csv(out, schema_overrides={"学号": pl.String}), json.loads(output)


def test_norms_are_saved_with_their_years_and_the_same_bytes(csv: Path, norms: Path) -> None:
    saved = json.loads(norms.read_text(encoding="utf-8"))
    assert [(g["grade"], g["cohorts"]) for g in saved["grades"]] == [
        (4, [[2024, 213]]),
        (5, [[2024, 231], [2025, 240]]),
        (6, [[2025, 260]]),
    ]
    again = csv.with_name("again.json")
    _, document = result(csv, *NORMS, "--baseline-save", again)
    assert again.read_bytes() == norms.read_bytes()
    assert document["baseline_saved"]["fingerprint"] == saved["fingerprint"]
    assert [grade["orders"] for grade in document["baseline_saved"]["grades"]] == [
        {"1": 213},
        {"1": 471, "2": 213},
        {"1": 260, "2": 231},
    ]


def test_a_later_cohort_rises_or_falls_by_the_norms_of_the_base(csv: Path, norms: Path) -> None:
    _, before = result(csv, *NORMS, "--baseline", norms)
    pl.read_csv(csv).with_columns(pl.col("语文2025") + 8).write_csv(csv)
    table, after = result(csv, *NORMS, "--baseline", norms)
    means = [[g["mean"] for g in document["baseline"]["grades"]] for document in (before, after)]
    assert all(later > earlier + 5 for earlier, later in zip(*means, strict=True))
    own = [g["sum"] / g["n"] for g in after["grades"]]
    assert own == pytest.approx([50, 50], abs=5)
    assert table.filter(pl.col("GRADE") == 6)["SGP_BASELINE"].mean() == pytest.approx(means[1][1])
    assert after["baseline"]["fingerprint"] == json.loads(norms.read_text())["fingerprint"]


def test_a_grade_too_small_for_norms_of_its_own_is_judged_by_those_of_the_base(
    csv: Path, norms: Path
) -> None:
    few = pl.read_csv(csv, schema_overrides={"学号": pl.String}).filter(pl.col("年级2025") == 5).head(3)
    few.write_csv(csv)
    out = csv.with_name("sgp.csv")
    asked = ("--baseline", norms, "--school", "学校", "--project", "1")
    output, notes = run(csv, *OPTIONS, *NORMS, *asked, "--out", out)
    assert "mean_baseline" in output
    assert "grade 5 not projected: grade 6 was not judged" in notes
    written = pl.read_csv(out)
    assert (written["SGP"].null_count(), written["SGP_BASELINE"].null_count(), len(written)) == (3, 0, 3)
    assert "grade 5 not judged: 3 pupils" in notes
    assert "grade 5: too few pupils to compare their scale" in notes


def test_a_cohort_on_another_scale_is_refused_and_nothing_written(csv: Path, norms: Path) -> None:
    fifth = pl.col("年级2025") == 5
    pl.read_csv(csv).filter(fifth).with_columns(pl.col("语文2025") / 5).write_csv(csv)
    out = csv.with_name("sgp.csv")
    error = refusal(csv, *OPTIONS, *NORMS, "--baseline", norms, "--out", out)
    assert error.code == "outside-scale"
    assert "240 of 240 pupils" in error.message
    assert not out.exists()


def test_measurement_errors_come_from_a_number_columns_or_a_table(csv: Path) -> None:
    table = csv.with_name("csem.csv")
    table.write_text("score,csem\n300,12\n700,12\n")
    found = [result(csv, "--csem", source)[0] for source in ("12", "误差{year}", str(table))]
    assert found[0].equals(found[1]) and found[0].equals(found[2])
    judged = found[0].drop_nulls("SGP")
    assert (judged["SGP_LOW"] <= judged["SGP"]).all() and (judged["SGP"] <= judged["SGP_HIGH"]).all()


def test_simex_is_the_same_for_the_same_seed_only(csv: Path) -> None:
    wanted = ("--csem", "12", "--simex", "2")
    first, document = result(csv, *wanted)
    again, _ = result(csv, *wanted)
    other, _ = result(csv, *wanted, "--seed", "2")
    assert first.equals(again)
    assert first["SGP_SIMEX"].to_list() != other["SGP_SIMEX"].to_list()
    assert first.drop("SGP_SIMEX", "SGP_SIMEX_RANKED").equals(other.drop("SGP_SIMEX", "SGP_SIMEX_RANKED"))
    simex = document["simex"]
    assert (simex["simulations"], simex["seed"], simex["extrapolation"]) == (2, 1, "linear")
    assert [grade["fits"] for grade in simex["grades"]] == [2 * 4 * 2, 2 * 4 * 2]
    assert all(0.9 < grade["correlation"] < 1 for grade in simex["grades"])


def test_projections_and_targets_reach_as_many_grades_as_were_judged(csv: Path) -> None:
    cuts = csv.with_name("cuts.csv")
    cuts.write_text(CUTS, encoding="utf-8")
    table, document = result(csv, "--project", "2", "--cuts", cuts, "--percentiles", "50")
    assert [(g["grade"], g["to"], g["n"]) for g in document["projection"]] == [(4, [5, 6], 30), (5, [6], 240)]
    assert table.columns[-8:] == [
        *("TARGET_达标", "TARGET_达标_KIND", "TARGET_达标_YEAR_1", "TARGET_达标_YEAR_2"),
        *("TARGET_优秀", "TARGET_优秀_KIND", "TARGET_优秀_YEAR_1", "TARGET_优秀_YEAR_2"),
    ]
    fourth = table.filter(pl.col("GRADE") == 4)
    assert (len(fourth), fourth["SGP"].null_count(), fourth["P50_YEAR_2"].null_count()) == (30, 30, 0)
    assert set(fourth["TARGET_达标_KIND"]) == {"catch-up", "keep-up"}
    assert set(fourth["TARGET_优秀_KIND"]) == {"move-up", "stay-up"}
    assert document["not_projected"] == [6]
    assert table.filter(pl.col("GRADE") == 6)["P50_YEAR_1"].null_count() == 260
    target = document["projection"][0]["targets"]["达标"]
    assert target["above"] + target["below"] == 30


def test_the_fit_of_every_model_is_told(csv: Path) -> None:
    _, document = result(csv, "--fit-grid")
    assert [(g["grade"], g["order"], g["n"], g["verdict"]) for g in document["fit_grid"]] == [
        (5, 1, 240, "too-few"),
        (5, 2, 213, "too-few"),
        (6, 1, 260, "too-few"),
        (6, 2, 231, "too-few"),
    ]
    grid = document["fit_grid"][2]
    assert sum(map(sum, grid["counts"])) == 260
    assert [len(row) for row in grid["qq_observed"]] == [99] * 10


def test_schools_are_summarised_by_mean_and_median_with_levels_of_ones_own(csv: Path) -> None:
    levels = csv.with_name("levels.json")
    levels.write_text('{"name": "区", "levels": [["低", 1], ["高", 50]]}', encoding="utf-8")
    table, document = result(csv, "--school", "学校", "--levels", levels)
    assert [school["school"] for school in document["schools"]] == ["一小", "二小"]
    assert sum(school["n"] for school in document["schools"]) == len(table)
    assert list(document["schools"][0]) == [
        *("school", "n", "mean", "se_mean", "median", "se_median", "share_低", "share_高"),
    ]


def test_schools_are_told_by_the_norms_of_the_base_too(csv: Path, norms: Path) -> None:
    table, document = result(csv, "--school", "学校", "--baseline", norms, *NORMS)
    assert sum(school["n_baseline"] for school in document["schools"]) == table["SGP_BASELINE"].count()
    weighted = sum(school["n_baseline"] * school["mean_baseline"] for school in document["schools"])
    assert weighted == pytest.approx(table["SGP_BASELINE"].sum())


def test_people_get_tables_of_all_that_was_asked_for(csv: Path, norms: Path) -> None:
    cuts = csv.with_name("cuts.csv")
    cuts.write_text(CUTS, encoding="utf-8")
    asked = (
        "--baseline",
        norms,
        "--csem",
        "12",
        "--simex",
        "2",
        "--project",
        "1",
        "--cuts",
        cuts,
        "--fit-grid",
    )
    output, _ = run(csv, *OPTIONS, *NORMS, *asked, "--school", "学校", "--out", csv.with_name("sgp.csv"))
    for title in (
        "By the norms of the base years",
        "SIMEX, 2",
        "Projection",
        "Goodness of fit",
        "order 2: % of",
        "Schools",
    ):
        assert title in output


FILES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "no baseline": ("none", ("--baseline", "nowhere.json", *NORMS), "no-such-file"),
    "baseline is no JSON": ("{", ("--baseline", "file.json", *NORMS), "unreadable-json"),
    "baseline of another kind": ("[]", ("--baseline", "file.json", *NORMS), "not-a-baseline"),
    "levels of another kind": ("[]", ("--levels", "file.json"), "bad-levels"),
    "csem table lacks a column": ("score\n500\n", ("--csem", "file.csv"), "unknown-column"),
    "csem table with text": ("score,csem\n500,much\n", ("--csem", "file.csv"), "text-in-number-column"),
    "csem table with zero": ("score,csem\n500,0\n", ("--csem", "file.csv"), "bad-csem"),
    "cuts with half a grade": (
        "grade,name,score\n5.5,a,500\n",
        ("--cuts", "file.csv", "--project", "1"),
        "not-a-grade",
    ),
    "cuts twice": (
        "grade,name,score\n5,a,500\n5,a,510\n",
        ("--cuts", "file.csv", "--project", "1"),
        "duplicate-cut",
    ),
    "cuts without a name": (
        "grade,name,score\n5,,500\n",
        ("--cuts", "file.csv", "--project", "1"),
        "text-in-number-column",
    ),
    "cuts lack a grade": (
        "grade,name,score\n5,a,500\n",
        ("--cuts", "file.csv", "--project", "1"),
        "missing-cut",
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_unusable_files_are_refused_and_nothing_written(csv: Path, kind: str) -> None:
    content, arguments, code = FILES[kind]
    for name in ("file.json", "file.csv"):
        csv.with_name(name).write_text(content)
    placed = [str(csv.with_name(a)) if a.startswith(("file.", "nowhere.")) else a for a in arguments]
    out = csv.with_name("sgp.csv")
    assert refusal(csv, *OPTIONS, "--out", out, *placed).code == code
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--simex", "5"), "missing-option"),
        (("--cuts", "cuts.csv"), "missing-option"),
        (("--baseline-save", "norms.json"), "missing-option"),
        (("--csem", "0"), "bad-csem"),
        (("--csem", "-3"), "bad-csem"),
        (("--csem", "nan"), "bad-csem"),
        (("--csem", "误差2025"), "bad-pattern"),
        (("--csem", "SEM_{year}"), "unknown-column"),
        (("--csem", "90"), "bad-csem"),
        (("--csem", "12", "--simex", "2", "--extrapolation", "cubic"), "bad-simex"),
        (("--school", "班级"), "unknown-column"),
        (("--levels", "seven"), "unknown-levels"),
        (("--baseline-save", "/nowhere/norms.json", *NORMS), "no-such-folder"),
    ],
)
def test_unusable_options_are_refused(csv: Path, arguments: tuple[str, ...], code: str) -> None:
    csv.with_name("cuts.csv").write_text(CUTS, encoding="utf-8")
    placed = [str(csv.with_name(a)) if a in ("cuts.csv", "norms.json") else a for a in arguments]
    assert refusal(csv, *OPTIONS, "--out", csv.with_name("sgp.csv"), *placed).code == code


CHANGES: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str, tuple[str, int | None]]] = {
    "an error of zero": (
        lambda t: t.with_columns(
            pl.when(pl.int_range(pl.len()) == 4).then(0).otherwise("误差2024").alias("误差2024")
        ),
        "bad-csem",
        ("误差2024", 5),
    ),
    "a missing error": (
        lambda t: t.with_columns(pl.when(pl.int_range(pl.len()) != 4).then("误差2025").alias("误差2025")),
        "missing-csem",
        ("误差2025", 5),
    ),
    "mixed scales": (
        lambda t: t.with_columns(
            pl.when(pl.int_range(pl.len()) % 2 == 0)
            .then(pl.col("语文2025") / 10)
            .otherwise("语文2025")
            .alias("语文2025")
        ),
        "mixed-scales",
        ("score", None),
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_bad_cells_are_named_by_column_and_row(csv: Path, kind: str) -> None:
    change, code, place = CHANGES[kind]
    change(pl.read_csv(csv)).write_csv(csv)
    error = refusal(csv, *OPTIONS, "--csem", "误差{year}", "--out", csv.with_name("sgp.csv"))
    assert (error.code, (error.column, error.row)) == (code, place)


def test_years_without_overlap_are_not_judged(csv: Path) -> None:
    pl.read_csv(csv).with_columns(pl.lit(None, pl.Int64).alias("语文2024")).write_csv(csv)
    error = refusal(csv, *OPTIONS, "--out", csv.with_name("sgp.csv"))
    assert (error.code, "nobody has a score from the grade below" in error.message) == ("no-cohort", True)
