"""The commands for papers with an anchor, levels, simple methods, factors, samples and changed classes."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from tests.engines.growth.test_linking import ITEMS, form
from tests.engines.growth.test_reassignment import moving
from tests.engines.growth.test_sampling import district, drawn
from xuequ.cli import app as command
from xuequ.cli.growth_tables import _NOTES, note
from xuequ.engines.errors import InputError
from xuequ.engines.growth.findings import Remark
from xuequ.engines.growth.linking import LinkingDesign, link
from xuequ.engines.growth.simple import METHODS


def run(*arguments: str | Path) -> tuple[str, str]:
    """Standard output and error of a successful run."""
    result = CliRunner().invoke(command.app, ["growth", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout, result.stderr


def refusal(*arguments: str | Path) -> InputError:
    with pytest.raises(InputError) as caught:
        run(*arguments)
    return caught.value


def document(*arguments: str | Path) -> dict:
    return json.loads(run(*arguments, "--json")[0])


@pytest.fixture
def forms(tmp_path: Path) -> tuple[Path, Path]:
    rng = np.random.default_rng(1)
    paths = tmp_path / "new.csv", tmp_path / "old.csv"
    for path, drift in zip(paths, (-1.5, 0.0), strict=True):
        form(rng, 1200, drift=drift).write_csv(path)
    return paths


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    rng = np.random.default_rng(2)
    school = np.repeat(np.arange(15), 40)
    start = rng.normal(70, 10, 600).round(1)
    end = (0.6 * start + rng.normal(0, 2, 15)[school] + rng.normal(25, 8, 600)).clip(0, 100).round(1)
    level = np.array(["D", "C", "B", "A"])[np.searchsorted([55, 65, 78], end)]
    sex = rng.choice(["女", "男"], 600)
    klass = np.arange(600) % 40 // 20
    table = pl.DataFrame(
        {"学校": school, "班": klass, "入学": start, "期末": end, "等级": level, "性别": sex}
    )
    table.write_csv(tmp_path / "scores.csv")
    return tmp_path / "scores.csv"


def test_link_prints_what_the_engine_finds_and_writes_the_concordance(
    forms: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "concordance.csv"
    found = document("link", *forms, "--score", "total", "--anchor", "anchor", "--out", out)
    expected = link(*map(pl.read_csv, forms), LinkingDesign("total", "anchor"))
    assert found["line"]["slope"] == pytest.approx(expected.line.slope)
    assert pl.read_csv(out)["linked"].to_list() == pytest.approx(expected.concordance["linked"].to_list())
    assert [row["score"] for row in found["concordance"]] == expected.concordance["score"].to_list()
    output, errors = run("link", *forms, "--score", "total", "--items", ",".join(ITEMS))
    assert "Anchor items" in output
    assert "item_3 changed its difficulty" in errors


def test_link_by_percentiles_repeats_with_its_seed(forms: tuple[Path, Path]) -> None:
    arguments = ("link", *forms, "--score", "total", "--anchor", "anchor", "--method", "chained-equipercentile",
                 "--replicates", "50", "--degrees", "4,4", "--cross", "1")  # fmt: skip
    assert run(*arguments, "--json") == run(*arguments, "--json")


def test_link_refuses(forms: tuple[Path, Path], tmp_path: Path) -> None:
    assert refusal("link", *forms, "--score", "total").code == "no-anchor"
    found = refusal("link", *forms, "--score", "total", "--anchor", "锚题")
    assert (found.code, found.column) == ("no-anchor", "锚题")
    assert "both groups need it" in found.message
    assert refusal("link", *forms, "--score", "总分", "--anchor", "anchor").code == "unknown-column"
    where = tmp_path / "nowhere" / "a.csv"
    assert (
        refusal("link", *forms, "--score", "total", "--anchor", "anchor", "--out", where).code
        == "no-such-folder"
    )
    assert (
        refusal("link", *forms, "--score", "total", "--anchor", "anchor", "--degrees", "x").code
        == "bad-numbers"
    )
    assert refusal("link", *forms, "--score", "total", "--anchor", "anchor", "--method", "irt").code == (
        "unknown-method"
    )


def test_levels(scores: Path) -> None:
    arguments = (
        "levels",
        scores,
        "--outcome",
        "等级",
        "--levels",
        "D，C，B，A",
        "--prior",
        "入学",
        "--school",
        "学校",
    )
    found = document(*arguments)
    assert (found["n"], len(found["schools"]), len(found["thresholds"])) == (600, 15, 3)
    assert [row["level"] for row in found["thresholds"]] == ["D", "C", "B"]
    assert found["terms"][0]["estimate"] > 0
    assert 0 <= found["proportional_odds"]["p"] <= 1
    assert "Effects of school" in run(*arguments)[0]
    assert refusal(*arguments[:5], "D,C,B", *arguments[6:]).code == "unknown-level"


def test_a_column_cannot_have_two_parts(scores: Path) -> None:
    twice = [
        ("levels", scores, "--outcome", "等级", "--levels", "D,C,B,A", "--prior", "等级", "--school", "学校"),
        ("compare", scores, "--outcome", "期末", "--prior", "期末", "--school", "学校"),
        ("factors", scores, "--outcome", "期末", "--factors", "入学", "--base", "入学", "--school", "学校"),
        ("sample", scores, "--outcomes", "期末,入学", "--priors", "入学", "--school", "学校"),
        ("moves", scores, "--outcome", "期末", "--predictors", "期末", "--unit", "班"),
        ("link", scores, scores, "--score", "期末", "--anchor", "期末"),
    ]
    assert [refusal(*arguments).code for arguments in twice] == ["design-column-twice"] * len(twice)
    renamed = scores.with_name("renamed.csv")
    pl.read_csv(scores).rename({"入学": "school"}).write_csv(renamed)
    found = refusal("compare", renamed, "--outcome", "期末", "--prior", "school", "--school", "学校")
    assert (found.code, found.column) in {("reserved-column", "school"), ("design-column-twice", "school")}


def test_compare(scores: Path) -> None:
    arguments = ("compare", scores, "--outcome", "期末", "--prior", "入学", "--school", "学校")
    found = document(*arguments)
    assert [row["method"] for row in found["methods"]] == list(METHODS)
    assert len(found["schools"]) == 15 * len(METHODS)
    assert len(found["transitions"]) == 25
    output, errors = run(*arguments)
    assert "Biases on these data" in output
    assert "average of these 15 schools" in errors
    assert refusal(*arguments, "--shares", "0.5,0.4").code == "bad-levels"
    assert refusal(*arguments[:5], "等级", *arguments[6:]).code == "not-numeric"


def test_factors(scores: Path) -> None:
    arguments = ("factors", scores, "--outcome", "期末", "--factors", "性别,班", "--base", "入学", "--school", "学校",
                 "--class", "班", "--counted", "--replicates", "20")  # fmt: skip
    found = document(*arguments)
    shares = found["factors"]["shares"]
    assert sum(row["share"] for row in shares) == pytest.approx(found["factors"]["explained"], abs=1e-12)
    parts = {row["part"]: row["share"] for row in found["decomposition"]["parts"]}
    assert sum(parts.values()) == pytest.approx(1.0)
    assert list(parts) == ["school", "class", "pupil"]
    assert found["decomposition"]["variation"]["observed"] > 0
    assert "association" in {row["code"] for row in found["remarks"]}
    output, errors = run(*arguments)
    assert "coefficient of variation" in output
    assert "not what causes it" in errors


def test_sample(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    drawn(rng, district(rng, schools=10, size=120), 0.5).write_csv(tmp_path / "sample.csv")
    subjects = ("chinese", "mathematics", "english")
    outcomes, priors = (",".join(f"{time}_{s}" for s in subjects) for time in ("outcome", "prior"))
    arguments = ("sample", tmp_path / "sample.csv", "--outcomes", outcomes, "--priors", priors)
    found = document(*arguments)
    assert len(found["schools"]) == 10
    assert found["smallest"] >= 1
    assert "a statement needs" in run(*arguments)[0]


def test_moves(tmp_path: Path) -> None:
    table, _ = moving(1, classes=8)
    table.write_csv(tmp_path / "moves.csv")
    arguments = ("moves", tmp_path / "moves.csv", "--outcome", "y", "--predictors", "x")
    found = document(*arguments)
    assert (found["n"], len(found["units"])) == (240, 8)
    assert found["changed"] == sum(row["pupils"] for row in found["changes"])
    assert "changed classes" in run(*arguments)[0]
    days = table.drop("share_1", "share_2").with_columns(from_2=pl.when(pl.col("class_2").is_not_null())
                                                         .then(pl.lit("2026-02-01")))  # fmt: skip
    days.write_csv(tmp_path / "days.csv")
    dated = ("moves", tmp_path / "days.csv", "--outcome", "y", "--predictors", "x")
    assert refusal(*dated).code == "no-period"
    weights = document(*dated, "--start", "2025-09-01", "--end", "2026-07-01")["units"]
    assert sum(row["weight"] for row in weights) == pytest.approx(240)


def test_every_remark_has_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    every = dict.fromkeys(
        ("pupils", "advised", "schools", "difference", "p", "share", "shift", "design_effect", "failed",
         "replicates", "correlation"), 1.0,
    )  # fmt: skip
    note(Remark(code, every, "a") for code in _NOTES)
    assert len(capsys.readouterr().err.splitlines()) == len(_NOTES)
    root = Path(__file__).parents[2] / "src/xuequ/engines/growth"
    modules = ("linking", "ordinal", "sampling", "subjects", "memberships", "reassignment", "simple", "decomposition",
               "dominance", "inputs")  # fmt: skip
    text = "".join((root / f"{module}.py").read_text(encoding="utf-8") for module in modules)
    used = {part.split('"')[1] for part in text.split("Remark(")[1:] if part.startswith('"')}
    assert used <= set(_NOTES)
    assert set(_NOTES) <= used


def test_a_sample_is_drawn_with_the_subject_of_the_start_and_repeats_with_its_seed(tmp_path: Path) -> None:
    subjects = ("语文", "数学", "英语")
    pupils = pl.DataFrame(
        {
            "学号": [f"p{i:04}" for i in range(600)], "学校": [f"第{i % 5 + 1}学校" for i in range(600)],
            "上次": [subjects[i // 5 % 3] for i in range(600)],
        }
    )  # fmt: skip
    pupils.write_csv(tmp_path / "pupils.csv")
    options = ("--subjects", "语文,数学,英语", "--before", "上次", "--pupil", "学号", "--school", "学校")
    out = tmp_path / "drawn.csv"
    found = document("draw", tmp_path / "pupils.csv", *options, "--out", out)
    assert found["drawn"] == 150
    table = pl.read_csv(out)
    assert table.columns == ["pupil", "school", "subject", "matched", "weight"]
    assert table["matched"].all()
    first = out.read_bytes()
    assert "same subject" in run("draw", tmp_path / "pupils.csv", *options, "--out", out)[0]
    assert out.read_bytes() == first
    run("draw", tmp_path / "pupils.csv", *options, "--out", out, "--seed", "2")
    assert out.read_bytes() != first
    other = refusal("draw", tmp_path / "pupils.csv", *options, "--out", out, "--subjects", "语文,数学")
    assert other.code == "unknown-subject"


def test_earlier_samples_stand_beside_this_year_s(tmp_path: Path) -> None:
    options = ("--outcomes", ",".join(f"outcome_{s}" for s in ("chinese", "mathematics", "english")),
               "--priors", ",".join(f"prior_{s}" for s in ("chinese", "mathematics", "english")))  # fmt: skip
    for year in (2024, 2025, 2026):
        rng = np.random.default_rng(3)
        drawn(rng, district(rng, schools=14)).write_csv(tmp_path / f"{year}.csv")
        told = run("sample", tmp_path / f"{year}.csv", *options, "--year", str(year), "--json")[0]
        (tmp_path / f"{year}.json").write_text(told, encoding="utf-8")
    past = ("--past", tmp_path / "2024.json", "--past", tmp_path / "2025.json")
    found = document("sample", tmp_path / "2026.csv", *options, "--year", "2026", *past)
    assert found["year"] == 2026
    assert {row["years"] for row in found["together"]} == {2}
    assert all(0 < row["own"] <= 1 for row in found["together"])
    assert "weight of this year" in run("sample", tmp_path / "2026.csv", *options, "--year", "2026", *past)[0]
    assert refusal("sample", tmp_path / "2026.csv", *options, *past).code == "past-year"
    undated = tmp_path / "undated.json"
    undated.write_text(run("sample", tmp_path / "2026.csv", *options, "--json")[0], encoding="utf-8")
    tail = ("--year", "2026", "--past")
    assert refusal("sample", tmp_path / "2026.csv", *options, *tail, undated).code == "past-year"
    assert (
        refusal("sample", tmp_path / "2026.csv", *options, *tail, tmp_path / "2024.csv").code == "past-file"
    )
    assert (
        refusal("sample", tmp_path / "2026.csv", *options, *tail, tmp_path / "no.json").code == "no-such-file"
    )
