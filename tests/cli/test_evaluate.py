"""``xuequ evaluate``: the documents it prints, the files it reads, and how it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from xuequ.cli import app as command
from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.ahp import prioritise
from xuequ.engines.evaluation.examples import drinks
from xuequ.engines.evaluation.quality import audit
from xuequ.engines.evaluation.simulation import planted

MATRIX = ",景色,费用,居住\n景色,1,1/2,4\n费用,2,1,\n居住,0.25,,1\n"
DATA = "学校,经费,师机比\n甲,10,1\n乙,20,3\n丙,15,1.5\n"
SCHEME = {
    "grades": ["优", "良", "差"],
    "scores": [90, 80, 50],
    "factors": [
        {"name": "环境", "weight": 0.4, "votes": [6, 3, 1]},
        {"name": "应用", "weight": 0.6, "votes": [1, 8, 1]},
    ],
}


def run(*arguments: str | Path) -> tuple[str, str]:
    result = CliRunner().invoke(command.app, ["evaluate", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout, result.stderr


def written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    (folder / name).write_text(text, encoding=encoding)
    return folder / name


def matrix_of(values: np.ndarray, names: tuple[str, ...]) -> str:
    lines = [",".join(["", *names])]
    lines += [
        ",".join([name, *(f"{value:.17g}" for value in row)]) for name, row in zip(names, values, strict=True)
    ]
    return "\n".join(lines) + "\n"


def test_weights_are_the_engine_s(tmp_path: Path) -> None:
    matrix = drinks()
    file = written(tmp_path, "m.csv", matrix_of(matrix.values, matrix.names))
    document = json.loads(run("weights", file, "--ri", "saaty2005", "--json")[0])
    found = prioritise(matrix, ri="saaty2005")
    assert [row["eigenvector"] for row in document["weights"]] == pytest.approx(found.weights.tolist())
    assert (document["ri_table"], document["consistent"]) == ("saaty2005", True)
    assert document["cr"] == pytest.approx(found.cr)
    assert document["advice"]["cr"] < document["cr"]


def test_fractions_missing_pairs_and_gbk_are_read(tmp_path: Path) -> None:
    out, _err = run("weights", written(tmp_path, "m.csv", MATRIX, "gbk"))
    assert "景色" in out
    assert "1 pairs were not judged" in out
    assert "consistent: CR is below 0.1" in out


def test_contradiction_is_no_error_but_said(tmp_path: Path) -> None:
    out, _err = run("weights", written(tmp_path, "m.csv", ",a,b,c\na,1,5,1/5\nb,,1,5\nc,,,1\n"))
    assert "not consistent: CR is 0.1 or more" in out
    assert "most would help: " in out


def test_objective_weights_and_costs(tmp_path: Path) -> None:
    file = written(tmp_path, "d.csv", DATA)
    document = json.loads(run("objective", file, "--method", "critic", "--cost", "师机比", "--json")[0])
    assert [(row["name"], row["cost"]) for row in document["weights"]] == [("经费", False), ("师机比", True)]
    assert sum(row["weight"] for row in document["weights"]) == pytest.approx(1)
    out, err = run("objective", file, "--method", "entropy")
    assert "Weights by entropy, 3 rows" in out
    assert err == "xuequ: note: only 3 rows: the weights rest on little\n"


def test_fuzzy_evaluation(tmp_path: Path) -> None:
    file = written(tmp_path, "s.json", json.dumps(SCHEME, ensure_ascii=False))
    document = json.loads(run("fuzzy", file, "--json")[0])
    assert document["nodes"][0]["memberships"] == pytest.approx([0.3, 0.6, 0.1])
    assert document["nodes"][0]["reading"]["verdict"] == "良"
    assert document["nodes"][0]["reading"]["score"] == pytest.approx(80)
    out, _err = run("fuzzy", file)
    assert "verdict: 良" in out
    assert "score 80.0000" in out
    assert json.loads(run("fuzzy", file, "--operator", "prod-max", "--json")[0])["operator"] == "prod-max"


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        (["weights"], ",a,b\na,1,2\nb,2,1\n", "column 'b', row 1: a to b is 2 but b to a is 2, not its reciprocal"),
        (["weights"], ",a,b\na,1,-2\nb,,1\n", "column 'b', row 1: -2 is not a judgement; it must be a number above 0"),
        (["weights"], ",a,b\na,1,many\nb,,1\n", "column 'b', row 1: 'many' is neither a number nor a fraction"),
        (["objective", "--method", "critic"], "x,y\n1,2\n2,many\n3,4\n", "column 'y', row 2: 'many' is not a number"),
        (["objective", "--method", "entropy"], "x,y\n1,2\n2,-3\n", "column 'y', row 2: -3 is negative"),
        (["fuzzy"], '{"grades": ["A", "B"], "factors": [{"name": "u", "membership": [0.5, 0.4]}]}',
         "column 'u': memberships add up to 0.9, not to 1"),
        (["fuzzy"], "{", "is not JSON"),
    ],
)  # fmt: skip
def test_bad_input_is_named_by_row_and_column(
    tmp_path: Path, arguments: list[str], text: str, message: str
) -> None:
    file = written(tmp_path, "file.csv", text)
    with pytest.raises(InputError) as caught:
        CliRunner().invoke(
            command.app, ["evaluate", arguments[0], str(file), *arguments[1:]], catch_exceptions=False
        )
    assert message in str(caught.value)


def test_bad_input_ends_with_two_and_one_sentence(tmp_path: Path) -> None:
    file = written(tmp_path, "m.csv", ",a,b\na,1,2\nb,2,1\n")
    code = "from xuequ.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "evaluate", "weights", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "xuequ: column 'b', row 1: a to b is 2 but b to a is 2, not its reciprocal\n"


def test_files_that_are_not_there_or_not_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    for name, code in (("none.json", "no-such-file"), ("binary.json", "unknown-encoding")):
        with pytest.raises(InputError) as caught:
            CliRunner().invoke(
                command.app, ["evaluate", "fuzzy", str(tmp_path / name)], catch_exceptions=False
            )
        assert caught.value.code == code


def rated(folder: Path) -> Path:
    case = planted(np.random.default_rng(1), indexes=10)
    values, names = case.ratings.values, case.ratings.indexes
    lines = [",".join(["school", "rater", *names])]
    for i, school in enumerate(case.ratings.schools):
        for k, rater in enumerate(case.ratings.raters):
            lines.append(",".join([school, rater, *(f"{value:g}" for value in values[i, k])]))
    return written(folder, "ratings.csv", "\n".join(lines) + "\n")


def test_the_quality_of_a_system(tmp_path: Path) -> None:
    file = rated(tmp_path)
    document = json.loads(run("quality", file, "--json")[0])
    expected = audit(planted(np.random.default_rng(1), indexes=10).ratings)
    assert [row["verdict"] for row in document["indexes"]] == [index.verdict for index in expected.indexes]
    assert {"drop", "merge", "reword", "keep"} == {row["verdict"] for row in document["indexes"]}
    assert document["alpha"] == pytest.approx(expected.alpha)
    assert sum(rater["careless"] for rater in document["raters_judged"]) == 1
    assert [one["way"] for one in document["operators_compared"]] == [
        "weighted",
        "min-max",
        "prod-max",
        "min-bsum",
    ]
    out, _err = run("quality", file)
    for title in ("The system", "Indexes", "Raters", "Weights compared", "Operators compared"):
        assert title in out


def test_quality_without_raters_says_what_it_cannot_say(tmp_path: Path) -> None:
    rows = [f"s{i},{i % 5},{(i * 7) % 11},{(i * i) % 13}" for i in range(12)]
    out, err = run("quality", written(tmp_path, "r.csv", "school,a,b,c\n" + "\n".join(rows) + "\n"))
    assert "one rater: nothing can be said of agreement" in err
    assert "12 schools, and indexes that hardly go together: a reversed index may be missed" in err
    assert "Raters" not in out


def test_the_path_to_the_next_star_is_told_or_how_far_it_goes(tmp_path: Path) -> None:
    text = example('{"items"')
    file = written(tmp_path, "p.json", text)
    found = json.loads(run("path", file, "--json")[0])
    assert [step["option"] for step in found["steps"]] == ["无线覆盖", "全员研训", "做测评"]
    assert (found["cost"], found["after"], found["short"]) == (26_000, 11.5, None)
    assert found["marginals"][0]["per_yuan"] == pytest.approx(2.5 / 6000)
    assert "nothing cheaper does it" in run("path", file)[0]
    far = written(tmp_path, "far.json", text.replace('"total": 11', '"total": 17'))
    assert "short at best: 1.5 points in all" in run("path", far)[0]
    near = written(
        tmp_path,
        "near.json",
        text.replace('"total": 11', '"total": 5, "vetoes": []').replace('环境": 4', '环境": 3'),
    )
    assert "reached already" in run("path", near)[0]


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('"cost": 12000', '"cost": "12000"', "column 'option 2': 'cost' must be a number"),
        ('"code": "网络", ', "", "column 'item 1': 'code' is missing"),
        ('"full"', '"most"', "column 'item 1': 'most' is not known"),
        ('"step": 0.5', '"step": 0', "column 'target': step must be above 0"),
        ('["千兆到班"]', '"千兆到班"', "column 'option 3': 'requires' must be a list"),
    ],
)
def test_a_scheme_of_items_that_cannot_be_used_is_refused(
    tmp_path: Path, old: str, new: str, where: str
) -> None:
    file = written(tmp_path, "p.json", example('{"items"').replace(old, new))
    with pytest.raises(InputError) as caught:
        CliRunner().invoke(command.app, ["evaluate", "path", str(file)], catch_exceptions=False)
    assert where in str(caught.value)


def test_content_validity_is_told_of_each_index(tmp_path: Path) -> None:
    file = written(tmp_path, "e.csv", example("专家,网络"))
    found = json.loads(run("content", file, "--json")[0])
    assert [(one["name"], one["i_cvi"]) for one in found["indexes"]] == [
        ("网络", 1),
        ("终端", 0.75),
        ("课程", 0.5),
    ]
    # Polit, Beck & Owen (2007): three of four experts, p_c = 4/16, κ* = (0.75 − 0.25)/0.75.
    assert found["indexes"][1]["kappa"] == pytest.approx(2 / 3)
    assert found["s_cvi_ave"] == pytest.approx(0.75)
    assert "S-CVI/Ave 0.7500" in run("content", file)[0]
    with pytest.raises(InputError, match="nobody has rated"):
        run("content", written(tmp_path, "n.csv", "e,a,b\nx,4,\n"))


def test_a_group_is_joined_with_its_consensus(tmp_path: Path) -> None:
    one = written(tmp_path, "甲.csv", ",a,b,c\na,1,2,4\nb,,1,3\nc,,,1\n")
    other = written(tmp_path, "乙.csv", ",a,b,c\na,1,1/3,2\nb,,1,5\nc,,,1\n")
    found = json.loads(run("group", one, other, "--json")[0])
    assert [member["name"] for member in found["members"]] == ["甲", "乙"]
    mean = np.mean([member["weights"] for member in found["members"]], axis=0)
    way = json.loads(run("group", one, other, "--way", "priorities-arithmetic", "--json")[0])
    assert [row["weight"] for row in way["weights"]] == pytest.approx(mean.tolist())
    alone = json.loads(run("group", one, other, "--share", "1", "--share", "0", "--json")[0])
    assert [row["weight"] for row in alone["weights"]] == pytest.approx(found["members"][0]["weights"])
    assert "consensus S*" in run("group", one, other)[0]
    assert found["clusters"] == [["甲", "乙"]]
    assert found["weights"][0]["low"] is None, "two experts have no range"
    assert "no ranges" in run("group", one, other)[0]
    third = written(tmp_path, "丙.csv", ",a,b,c\na,1,1,3\nb,,1,2\nc,,,1\n")
    three = json.loads(run("group", one, other, third, "--json")[0])
    assert all(row["low"] < row["weight"] < row["high"] for row in three["weights"])
    assert "95 % range" in run("group", one, other, third)[0]


def test_a_survey_of_pairs_is_a_group(tmp_path: Path) -> None:
    survey = written(tmp_path, "s.csv", "a_b,a_c,b_c\n-2,-4,-3\n3,-2,-5\n")
    one = written(tmp_path, "甲.csv", ",a,b,c\na,1,2,4\nb,,1,3\nc,,,1\n")
    other = written(tmp_path, "乙.csv", ",a,b,c\na,1,1/3,2\nb,,1,5\nc,,,1\n")
    asked, apart = (json.loads(run("group", *files, "--json")[0]) for files in ([survey], [one, other]))
    assert [row["weight"] for row in asked["weights"]] == pytest.approx(
        [row["weight"] for row in apart["weights"]]
    )
    assert [member["cr"] for member in asked["members"]] == pytest.approx(
        [member["cr"] for member in apart["members"]]
    )
    for text, words in (
        ("a_b,b_a\n-2,2\n", "two columns"),
        ("a_b,a_c\n-2,0.5\n", "1 or more"),
        ("a_b,c_d\n-2,2\n", "connects"),
    ):
        with pytest.raises(InputError, match=words):
            run("group", written(tmp_path, "bad.csv", text))


def weighed(folder: Path) -> tuple[Path, Path]:
    values = written(folder, "v.csv", example("school,rater,网络,终端,课程\n    甲,评委1,80"))
    return values, written(folder, "w.csv", example("index,weight"))


def test_grades_have_probabilities_and_a_smallest_flip(tmp_path: Path) -> None:
    values, weights = weighed(tmp_path)
    options = ("--weights", weights, "--cuts", "60,75,90", "--grades", "未达,三星,四星,五星")
    out, err = run("uncertainty", values, *options, "--json")
    found = json.loads(out)
    first = found["schools"][0]
    assert (first["school"], first["grade"], first["score"]) == ("甲", "四星", pytest.approx(80.25))
    assert sum(first["probability"]) == pytest.approx(1)
    # 5.25 points to 75: weight moves from 课程 (90) to 终端 (65), 25 points apart.
    assert first["flip"] == {"moved": pytest.approx(0.21), "to": 75, "gains": "终端", "gives": ["课程"]}
    assert "only 2 raters" in err
    assert run("uncertainty", values, *options, "--json")[0] == out
    assert "P(四星)" in run("uncertainty", values, *options)[0]
    for wrong, message in ((("--cuts", "a,b"), "60,75,90"), (("--cuts", "60", "--grades", "x"), "2 grades")):
        with pytest.raises(InputError, match=message):
            run("uncertainty", values, *wrong)


def test_obstacles_share_out_what_a_school_lacks(tmp_path: Path) -> None:
    values, weights = weighed(tmp_path)
    found = json.loads(run("obstacles", values, "--weights", weights, "--json")[0])
    lacking = {"终端": 0.3 * 35, "网络": 0.3 * 17.5, "课程": 0.4 * 10}
    assert {one["name"]: one["degree"] for one in found[0]["obstacles"]} == pytest.approx(
        {name: part / sum(lacking.values()) for name, part in lacking.items()}
    )
    assert "终端 53.2%" in run("obstacles", values, "--weights", weights)[0]
    text = weights.read_text(encoding="utf-8")
    for old, new, message in (
        ("终端", "电脑", "no index"), ("课程,0.4,100", "网络,0.4,100", "twice"), ("课程,0.4,100\n", "", "no weight"),
        ("0.3,100", "0.3,0", "above 0"), ("weight", "weigh", "no such column"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message):
            run("obstacles", values, "--weights", written(tmp_path, "x.csv", text.replace(old, new)))
    with pytest.raises(InputError, match="not between 0 and 1"):
        run("obstacles", values)


def test_importance_and_performance_place_each_index(tmp_path: Path) -> None:
    file = written(tmp_path, "i.csv", example("index,importance"))
    found = json.loads(run("ipa", file, "--json")[0])
    assert [one["quadrant"] for one in found["indexes"]] == ["concentrate", "more-than-enough", "keep-up"]
    assert "concentrate" in run("ipa", file)[0]
    with pytest.raises(InputError, match="no such column"):
        run("ipa", written(tmp_path, "n.csv", "index,importance\na,1\n"))


def years(folder: Path) -> tuple[Path, Path]:
    before = written(
        folder, "before.csv", example("school,item,weight,points,other_standard\n    甲,网络,0.5,60")
    )
    return before, written(
        folder, "after.csv", example("school,item,weight,points,other_standard\n    甲,网络,0.4,80")
    )


def test_a_changed_score_is_split_into_own_and_scheme(tmp_path: Path) -> None:
    before, after = years(tmp_path)
    out, err = run("change", before, after, "--json")
    found = json.loads(out)
    first = found["schools"][0]
    assert (first["school"], first["before"], first["after"]) == ("甲", 65, 71)
    parts = [first[part] for part in ("own", "weights", "standard", "items")]
    assert sum(parts) == pytest.approx(6)
    # 网络 60 → 80, by the other standard 55 and 85; 课程 stays at 70 with less weight; 安全 is new.
    assert [row["own"] for row in first["rows"]] == pytest.approx([11.25, 0, 0])
    assert first["rows"][2] == {"code": "安全", "own": 0, "weights": 0, "standard": 0, "items": 4}
    assert (found["only_before"], found["only_after"]) == (["丙"], [])
    assert "school '丙' stands in one year only" in err
    out, _err = run("change", before, after)
    assert "Schools" in out and "Items" in out


def test_a_score_without_schools_is_split_item_by_item(tmp_path: Path) -> None:
    one = written(tmp_path, "a.csv", "item,weight,points\na,0.2,90\nb,0.8,50\n")
    other = written(tmp_path, "b.csv", "item,weight,points\na,0.8,90\nb,0.2,50\n")
    [found] = json.loads(run("change", one, other, "--json")[0])["schools"]
    assert (found["school"], found["own"], found["weights"]) == ("", 0, 24)
    out, err = run("change", one, other)
    assert "Items" in out and "school" not in out
    assert err == ""


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("甲,网络,0.4,80,85", "甲,网络,0.4,,85", "column 'points', row 1: after.csv: the value is missing"),
        (
            "甲,网络,0.4,80,85",
            "甲,网络,0.4,80,",
            "column 'item': school '甲': item '网络': both years must be scored",
        ),
        (
            "甲,课程,0.5,70",
            "甲,网络,0.5,70",
            "column 'item', row 2: after.csv: item '网络' stands twice for school '甲'",
        ),
        ("甲,课程,0.5,70", "甲,,0.5,70", "column 'item', row 2: after.csv: a row without item"),
        ("0.4,80,85", "-0.4,80,85", "school '甲': item '网络': a weight is below 0"),
        ("weight", "share", "column 'weight': after.csv: the table has no such column"),
        ("school", "place", "column 'school': only one of the two files has this column"),
    ],
)
def test_years_that_cannot_be_compared_are_refused_with_file_and_row(
    tmp_path: Path, old: str, new: str, where: str
) -> None:
    before, after = years(tmp_path)
    after.write_text(after.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        run("change", before, after)
    assert where in str(caught.value)


def test_two_files_without_a_school_in_common_are_refused(tmp_path: Path) -> None:
    text = "school,item,weight,points\n{},a,1,1\n"
    files = [written(tmp_path, f"{name}.csv", text.format(name)) for name in "xy"]
    with pytest.raises(InputError, match="no school stands in both files"):
        run("change", *files)
    empty = written(tmp_path, "empty.csv", "school,item,weight,points\n")
    with pytest.raises(InputError, match=r"empty.csv: the table has no rows"):
        run("change", empty, files[0])


PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli-evaluate.md"


def example(first: str) -> str:
    """The indented block of the reference page that begins with this line."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    text = "\n".join(lines)
    start = text[: text.index(f"    {first}")].count("\n")
    end = next(i for i in range(start, len(lines)) if not lines[i].startswith("    "))
    return "\n".join(line[4:] for line in lines[start:end]) + "\n"


def test_the_examples_of_the_reference_page_can_be_used(tmp_path: Path) -> None:
    matrix = written(tmp_path, "m.csv", example(",景色"))
    document = json.loads(run("weights", matrix, "--ri", "saaty1980", "--json")[0])
    assert [round(row["eigenvector"], 4) for row in document["weights"]] == [
        0.2636,
        0.4758,
        0.0538,
        0.0981,
        0.1087,
    ]
    scheme = written(tmp_path, "s.json", example('{"grades"'))
    root = json.loads(run("fuzzy", scheme, "--json")[0])["nodes"][0]
    assert root["memberships"] == pytest.approx([0.36, 0.436, 0.204, 0])
    table = written(tmp_path, "r.csv", example("school,rater"))
    with pytest.raises(InputError, match="2 schools; at least 8 are needed"):
        CliRunner().invoke(command.app, ["evaluate", "quality", str(table)], catch_exceptions=False)
