"""The evaluation from votes and measured values: published figures through the system's own path, gaps, same bytes."""

import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from xuequ.core.errors import Refused
from xuequ.engines.evaluation import examples
from xuequ.record.actions import canonical_json
from xuequ.systems.stars.ailevel.auditing import audit_system
from xuequ.systems.stars.ailevel.evaluating import INPUTS, evaluate_levels
from xuequ.systems.stars.ailevel.scheme import example, read_scheme, with_weights

RATERS = 20


def published_document() -> dict[str, Any]:
    """The published example of two levels as a scheme on which raters vote."""
    design = examples.two_levels()
    return {
        "title": "两层示例",
        "grades": list(design.grades),
        "scores": list(design.scores),
        "dimensions": [
            {
                "code": group.name,
                "title": group.name,
                "weight": group.weight,
                "indexes": [
                    {"code": leaf.name, "title": leaf.name, "weight": leaf.weight, "source": "raters"}
                    for leaf in group.factors
                ],
            }
            for group in design.root.factors
        ],
    }


def published_votes(school: str = "one") -> list[tuple[str, str, str, float]]:
    """Twenty raters whose shares are exactly the published memberships."""
    rows = []
    for group in examples.two_levels().root.factors:
        for leaf in group.factors:
            votes = [k for k, share in enumerate(leaf.membership) for _vote in range(round(share * RATERS))]
            rows += [(school, leaf.name, f"r{at:02}", float(vote)) for at, vote in enumerate(votes)]
    return rows


def table(rows: list[tuple[str, str, str, float]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=INPUTS, orient="row")


def test_the_published_figures_come_out_of_the_systems_own_path() -> None:
    found = evaluate_levels(table(published_votes()), read_scheme(published_document()), seed=1, draws=50)
    (school,) = found.schools
    assert np.round(school["memberships"], 4).tolist() == [0.288, 0.354, 0.2355, 0.0865, 0.036]
    assert school["score"] == pytest.approx(77.715, abs=5e-4)
    assert school["alpha"] == pytest.approx(0.3342, abs=5e-5)
    assert (school["leading"], school["verdict"], school["validity"]) == ("良", None, "low")
    operators = school["operators"]
    assert np.round(operators["min-max"]["memberships"], 3).tolist() == [0.3, 0.3, 0.2, 0.2, 0.1]
    assert operators["min-max"]["tie"]
    assert np.round(operators["prod-max"]["memberships"], 3).tolist() == [0.064, 0.072, 0.04, 0.012, 0.006]
    assert np.round(operators["min-bsum"]["memberships"], 3).tolist() == [1, 1, 1, 0.75, 0.65]
    first = school["dimensions"][0]
    assert np.round(first["memberships"], 3).tolist() == [0.39, 0.39, 0.17, 0.04, 0.01]
    assert school["turn"]["grade"] == "优"


def test_the_same_table_gives_the_same_bytes() -> None:
    scheme = read_scheme(published_document())
    once, twice = (evaluate_levels(table(published_votes()), scheme, seed=7).as_dict() for _time in range(2))
    assert canonical_json(once) == canonical_json(twice)
    assert json.loads(canonical_json(once))["raters"] == RATERS


def test_what_is_missing_is_not_zero() -> None:
    """Without the answers on hours the other dimensions carry their weight; with too little there is no verdict."""
    scheme = read_scheme(example())
    rows = [("a", index.code, "", index.thresholds[0]) for index in scheme.indexes if not index.is_voted]
    rows += [("a", index.code, f"r{k}", 0.0) for index in scheme.voted for k in range(3)]
    hours = {index.code for index in scheme.dimensions[0].indexes}
    rows += [
        (f"b{school[1:]}", code, rater, value) for school, code, rater, value in rows if code not in hours
    ]
    rows += [("c", "lessons", "", 30.0)]
    found = evaluate_levels(table(rows), scheme, seed=1, draws=20)
    assert [one["school"] for one in found.too_little] == ["c"]
    a, b = found.schools
    assert [a["score"], b["score"]] == pytest.approx([max(scheme.scores)] * 2)
    assert b["known"] == pytest.approx(1 - scheme.dimensions[0].weight)
    assert a["obstacles"] == b["obstacles"] == []
    assert [one["code"] for one in b["dimensions"]] == [one.code for one in scheme.dimensions[1:]]


def test_the_largest_obstacle_is_what_lacks_most_weight() -> None:
    scheme = read_scheme(example())
    rows = [("a", index.code, "", index.thresholds[0]) for index in scheme.indexes if not index.is_voted]
    rows += [("a", index.code, "r1", 4.0 if index.code == "skill" else 0.0) for index in scheme.voted]
    (school,) = evaluate_levels(table(rows), scheme, seed=1, draws=20).schools
    assert [one["code"] for one in school["obstacles"]] == ["skill"]
    assert school["obstacles"][0]["degree"] == pytest.approx(1)


def test_a_scheme_says_what_is_wrong_with_it() -> None:
    document = example()
    document["dimensions"][0]["weight"] = 0.9
    with pytest.raises(Refused, match=r"dimensions.*1\.68"):
        read_scheme(document)
    document = example()
    document["dimensions"][0]["indexes"][0]["thresholds"] = [1, 2, 2, 3, 4]
    with pytest.raises(Refused, match="thresholds"):
        read_scheme(document)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("confidence",), "high", "confidence"),
        (("confidence",), 0.2, "confidence"),
        (("scores",), [50, 65, 75, 85, 95], "scores"),
        (("scores",), [90, 90, 90, 90, 90], "scores"),
        (("grades", 0), "二" * 21, "grades"),
        (("dimensions", 0, "code"), "课时", "dimensions"),
        (("dimensions", 0, "indexes", 0, "code"), "x" * 33, "indexes"),
        (("dimensions", 0, "indexes", 0, "times"), "many", "times"),
        (("dimensions", 0, "indexes", 0, "times"), 0, "times"),
    ],
)
def test_what_would_break_later_is_refused_when_the_scheme_is_read(place, value, said: str) -> None:
    document: Any = example()
    part = document
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    with pytest.raises(Refused, match=said):
        read_scheme(document)


def test_new_weights_add_up_to_one_and_touch_one_node() -> None:
    document = example()
    third = dict.fromkeys(("lessons", "class_share", "grade_share"), 1 / 3)
    changed = read_scheme(with_weights(document, "hours", third))
    assert sum(index.weight for index in changed.dimensions[0].indexes) == pytest.approx(1, abs=1e-12)
    assert [one.weight for one in changed.dimensions] == [
        one.weight for one in read_scheme(document).dimensions
    ]


def planted_rows(seed: int, schools: int = 24) -> list[tuple[str, str, str, float]]:
    """Schools of one trait; ``grade_share`` repeats ``class_share``, all say 良 of ``safety``, r5 does not look."""
    scheme, rng = read_scheme(example()), np.random.default_rng(seed)
    rows: list[tuple[str, str, str, float]] = []
    for number in range(schools):
        trait, key = rng.normal(), f"s{number:02}"
        share = float(np.clip(60 + 18 * (0.6 * trait + rng.normal(0, 0.9)), 12, 94))
        for index in scheme.indexes:
            own = 0.6 * trait + rng.normal(0, 0.9)
            if index.code in ("class_share", "grade_share"):
                rows.append(
                    (key, index.code, "", share + (rng.normal(0, 1.5) if index.code == "grade_share" else 0))
                )
            elif not index.is_voted:
                best, worst = index.thresholds[0], index.thresholds[-1]
                place = float(np.clip(0.5 + 0.22 * own, 0.02, 0.98))
                rows.append((key, index.code, "", worst + (best - worst) * place))
            else:
                for rater in range(1, 6):
                    grade = int(np.clip(np.round(2 - own + rng.normal(0, 0.5)), 0, 4))
                    grade = 1 if index.code == "safety" else int(rng.integers(0, 5)) if rater == 5 else grade
                    rows.append((key, index.code, f"r{rater}", float(grade)))
    return rows


def test_an_audit_finds_what_was_planted() -> None:
    found = audit_system(table(planted_rows(3)), read_scheme(example()))
    verdicts = {one["name"]: (one["verdict"], one["reason"]) for one in found["indexes"]}
    assert verdicts["safety"] == ("drop", "constant")
    merged = {name for name, (verdict, _reason) in verdicts.items() if verdict == "merge"}
    assert merged in ({"grade_share"}, {"class_share"})
    careless = [one["name"] for one in found["raters"]["rated_by"] if one["careless"]]
    assert careless == ["r5"]
    assert {one["way"] for one in found["weights"]} >= {
        "scheme",
        "equal",
        "entropy",
        "critic",
        "combined-entropy",
    }
    assert {one["code"] for one in found["whole"]["remarks"]} >= {"few-schools", "few-for-factors"}
    assert canonical_json(found)


def test_too_few_schools_are_refused_with_the_reason() -> None:
    from xuequ.engines.errors import InputError

    with pytest.raises(InputError, match="at least 8"):
        audit_system(table(planted_rows(3, schools=5)), read_scheme(example()))
