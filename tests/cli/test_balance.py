"""``xuequ balance``: the documents that it prints, and how it refuses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from xuequ.cli import app as command
from xuequ.engines.balance.indicators import example_text
from xuequ.engines.errors import InputError

SCHOOLS = """school,stage,area,pupils,books
01,小学,东,45,279
02,小学,东,37,137
03,小学,西,89,935
04,小学,西,76,160
05,小学,西,55,402
"""
PROJECTS = """school,project,cost,gain,base,weak,must
a,p,50,5,40,1,0
b,p,30,5,80,0,1
b,q,20,5,80,0,0
"""
PAIRS = """school,capacity,need_maths,strength_maths,x,y,last
01,1,0,0.9,0,0,
02,1,0,0.5,0,3,
03,0,0.8,0,4,0,01
"""
REAL = Path("../shared/data/evaluation/CASchools.csv")


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(command.app, ["balance", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def written(folder: Path, text: str, name: str = "table.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_cv_tells_the_official_coefficient_and_keeps_the_spelling_of_codes(tmp_path: Path) -> None:
    file = written(tmp_path, SCHOOLS)
    document = json.loads(run("cv", file, "--value", "books", "--pupils", "pupils", "--json"))
    (stage,) = document["stages"]
    assert (stage["stage"], stage["schools"], stage["met"], stage["met_plain"]) == ("primary", 5, False, True)
    assert stage["cv"] == pytest.approx(0.5153, abs=5e-5)
    assert stage["values"][0]["school"] == "01"
    text = run("cv", file, "--value", "books", "--pupils", "pupils")
    assert "limit 0.5 of the official coefficient: exceeded" in text
    assert "would say the opposite" in text


def test_topup_tells_where_the_units_go(tmp_path: Path) -> None:
    file = written(tmp_path, SCHOOLS)
    options = ("--value", "books", "--pupils", "pupils", "--target", "0.5")
    (stage,) = json.loads(run("topup", file, *options, "--json"))["stages"]
    assert [(row["school"], row["units"]) for row in stage["schools"]] == [("04", 17.0)]
    assert "least units 17" in run("topup", file, *options)


def test_comply_judges_by_the_document(tmp_path: Path) -> None:
    toml = example_text().split("[[indicators]]")
    books = toml[1].replace('["teachers_above"]', '["books"]').replace("4.2", "300")
    rules = written(tmp_path, toml[0] + "[[indicators]]" + books, "rules.toml")
    file = written(tmp_path, SCHOOLS)
    document = json.loads(run("comply", file, "--indicators", rules, "--json"))
    assert document["complies"] is False
    assert [row["complies"] for row in document["schools"]] == [True, True, True, False, True]
    assert "missed" in run("comply", file, "--indicators", rules)


def test_comply_judges_the_county_by_the_whole_of_the_rules(tmp_path: Path) -> None:
    toml = example_text()
    table = (
        "school,pupils,stage,teachers_above,backbone_teachers,sports_arts_teachers,teaching_rooms_m2,indoor_sports_m2,"
        "sports_grounds_m2,equipment_wan,multimedia_rooms,largest_primary_class,charter"
    )
    file = written(tmp_path, f"{table}\n01,1000,小学,60,12,10,7000,400,11000,280,26,46,是\n")
    rules = written(tmp_path, toml, "rules.toml")
    facts = written(
        tmp_path, '{"satisfaction": 0.9, "layout_rational": {"value": "是", "evidence": "规划"}}', "c.json"
    )
    whole = json.loads(run("comply", file, "--indicators", rules, "--county", facts, "--json"))
    assert whole["complies"] is True
    county = whole["county"]
    assert (county["verdict"], county["deciding"], county["version"]) == ("not-met", ["G05"], "2017-1")
    codes = {one["code"]: one for one in county["items"]}
    assert (codes["S01"]["verdict"], codes["S01"]["conditions"][0]["value"]) == ("met", "0.9")
    assert codes["Q03"]["reason"] == "no-evidence"
    text = run("comply", file, "--indicators", rules, "--county", facts)
    assert "the whole of the rules (2017-1): not met, decided by G05" in text
    assert "01 largest_primary_class 46 (at-most 45)" in text


def test_fund_chooses_and_says_what_is_impossible(tmp_path: Path) -> None:
    file = written(tmp_path, PROJECTS)
    document = json.loads(
        run("fund", file, "--budget", "80", "--weak-share", "0.5", "--front", "3", "--json")
    )
    assert [row["chosen"] for row in document["projects"]] == [True, True, False]
    assert len(document["front"]) == 3
    with pytest.raises(InputError, match=r"a budget of 80 or a share of 0 for weak schools"):
        run("fund", file, "--budget", "60", "--weak-share", "0.5")
    assert "weakest score 45" in run("fund", file, "--budget", "80", "--weak-share", "0.5")


def test_fund_shares_fairly_from_several_sources_and_tells_what_more_is_worth(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        PROJECTS.replace("must\n", "must,kind\n").replace(",0\n", ",0,网络\n").replace(",1\n", ",1,教室\n"),
    )
    options = (
        "--weak-share",
        "0",
        "--alpha",
        "1",
        "--source",
        "财政=40",
        "--source",
        "企业=40:网络",
        "--more",
        "20",
    )
    found = json.loads(run("fund", file, *options, "--json"))
    assert (found["budget"], found["steps"][0]["name"]) == (80, "fair")
    paid = {(row["source"], row["school"], row["project"]): row["amount"] for row in found["money"]}
    assert paid == {("企业", "a", "p"): 40, ("财政", "a", "p"): 10, ("财政", "b", "p"): 30}
    assert found["more"]["amount"] == 20
    assert found["more"]["gain"] == pytest.approx(5)
    text = run("fund", file, *options)
    assert "price of fairness" in text and "20 more would raise" in text
    lexi = json.loads(run("fund", file, "--budget", "80", "--weak-share", "0", "--leximin", "--json"))
    assert [step["name"] for step in lexi["steps"]] == ["worst-1", "worst-2", "gain"]
    with pytest.raises(InputError, match="NAME=AMOUNT"):
        run("fund", file, "--weak-share", "0", "--source", "财政")
    with pytest.raises(InputError, match="--budget"):
        run("fund", file, "--weak-share", "0")
    dear = written(tmp_path, file.read_text(encoding="utf-8").replace(",0,网络", ",1,网络"), "dear.csv")
    with pytest.raises(InputError, match="a budget of 100 or 60 from 财政 or 60 from 企业"):
        run("fund", dear, "--weak-share", "0", "--source", "财政=40", "--source", "企业=40:网络")


def test_pair_explains_each_pair(tmp_path: Path) -> None:
    file = written(tmp_path, PAIRS)
    (one,) = json.loads(run("pair", file, "--json"))["pairs"]
    assert (one["giver"], one["receiver"]) == ("01", "03")
    assert [reason["code"] for reason in one["reasons"]] == ["need", "distance", "same-as-last-year"]
    assert one["worth"] == pytest.approx(0.72 - 0.08 + 0.1)
    assert "distance 4 km" in " ".join(run("pair", file).split())


def test_effect_tells_what_help_did_or_refuses(tmp_path: Path) -> None:
    head = "school,helped,before,after,partner,partner_before,partner_after\n"
    helped = "".join(f"h{i},是,50,{57 + i},g,80,80\n" for i in range(4))
    others = "".join(f"o{i},否,50,{50 + i},,,\n" for i in range(5))
    file = written(tmp_path, head + helped + others)
    found = json.loads(run("effect", file, "--json"))
    assert (found["effect"], found["method"], found["assignments"]) == (6.5, "permutation", 126)
    assert found["low"] < 6.5 < found["high"]
    assert found["pairs"][0]["closed"] == 7
    assert "(permutation)" in run("effect", file)
    assert "share a giver" in run("effect", file)
    with pytest.raises(InputError, match="at least 3 of each"):
        run("effect", written(tmp_path, head + helped + "o,0,50,50,,,\n", "few.csv"))
    with pytest.raises(InputError, match="write 1 or 0"):
        run("effect", written(tmp_path, (head + helped).replace("是", "也许"), "bad.csv"))


def test_bad_input_ends_with_2_and_one_sentence(tmp_path: Path) -> None:
    file = written(tmp_path, SCHOOLS.replace("04,小学,西,76,160", "04,小学,西,0,160"))
    arguments = ["balance", "cv", str(file), "--value", "books", "--pupils", "pupils", "--json"]
    start = "import sys; from xuequ.cli.app import main; sys.argv[0] = 'xuequ'; main()"
    result = subprocess.run(
        [sys.executable, "-c", start, *arguments], capture_output=True, text=True, check=False, env=os.environ
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("xuequ: column 'pupils', row 4: a school without pupils")
    assert result.stderr.count("\n") == 1


@pytest.mark.skipif(not REAL.is_file(), reason=f"{REAL} is under another licence and not here")
def test_districts_of_california_are_measured_by_county() -> None:
    options = (
        "--value",
        "computer",
        "--pupils",
        "students",
        "--school",
        "district",
        "--stage",
        "-",
        "--area",
        "county",
    )
    (stage,) = json.loads(run("cv", REAL, *options, "--json"))["stages"]
    assert stage["schools"] == 420
    assert len(stage["areas"]) == 45
    assert stage["theil_t_between"] + stage["theil_t_within"] == pytest.approx(stage["theil_t"])
