"""Designs: canonical, readable from plain data, proposed from what a district holds."""

import datetime as dt

import pytest

from xuequ.engines.errors import InputError
from xuequ.engines.growth.growth_design import GrowthDesign, Measure
from xuequ.engines.growth.proposal import (
    GRADUATION,
    MONITORING,
    SCHOOL_MADE,
    STUDY,
    AvailableAssessment,
    propose_design,
    propose_designs,
)

DESIGN = GrowthDesign((Measure("a", "m"),), (Measure("b"),), factors=("sex",), period="2025-2026")


def available(
    column: str, grade: int, year: int, ground: str = MONITORING, **more: object
) -> AvailableAssessment:
    return AvailableAssessment(
        column, more.pop("subject", column), ground, grade, year, more.pop("pupils", 100), **more
    )


def test_a_design_survives_plain_data_and_has_one_text() -> None:
    assert GrowthDesign.from_dict(DESIGN.as_dict()) == DESIGN
    assert (
        GrowthDesign.from_dict(dict(reversed(DESIGN.as_dict().items()))).canonical_json()
        == DESIGN.canonical_json()
    )
    assert GrowthDesign.from_dict({"outcomes": ["a"], "priors": ["b"]}).outcomes == (Measure("a"),)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"outcome": ["a"]}, "design-key"),
        ({"outcomes": "a"}, "design-value"),
        ({"outcomes": []}, "design-empty"),
        ({"outcomes": ["b"]}, "design-column-twice"),
        ({"outcomes": [{"colum": "a"}]}, "design-value"),
        ({"confidence": 95}, "design-confidence"),
        ({"confidence": True}, "design-value"),
        ({"random_slope": 1}, "design-value"),
        ({"minimum_pupils": 1}, "design-minimum"),
        ({"reliability": 0}, "design-reliability"),
    ],
)
def test_a_wrong_design_is_refused(change: dict[str, object], code: str) -> None:
    with pytest.raises(InputError) as caught:
        GrowthDesign.from_dict(DESIGN.as_dict() | change)
    assert caught.value.code == code


def test_a_design_without_priors_is_refused() -> None:
    with pytest.raises(InputError, match="outcomes and priors"):
        GrowthDesign.from_dict({"outcomes": ["a"]})


def test_the_first_sitting_of_the_same_pupils_in_the_same_stage_is_the_start() -> None:
    found = propose_designs(
        [
            available("g4-24", 4, 2024), available("g5-25", 5, 2025), available("g5-24", 5, 2024),
            available("g5-21", 5, 2021), available("g7-23", 7, 2023), available("g8-24", 8, 2024),
            available("g9-25", 9, 2025, GRADUATION),
        ]
    )  # fmt: skip
    pairs = [(p.design.outcomes[0].column, p.design.priors[0].column) for p in found]
    assert pairs == [("g9-25", "g7-23"), ("g5-25", "g4-24"), ("g8-24", "g7-23")]
    assert found[0].design.period == "2025-2026"


def test_subjects_of_one_sitting_are_pooled_and_a_total_stands_alone() -> None:
    rows = [available("cn7", 7, 2023), available("ma7", 7, 2023), available("cn9", 9, 2025, GRADUATION)]
    rows += [available("total9", 9, 2025, GRADUATION, subject="", is_total=True)]
    found = propose_design(rows)
    assert [m.column for m in found.design.outcomes] == ["total9"]
    assert [m.column for m in found.design.priors] == ["cn7", "ma7"]
    assert "pooled-within-subject" in {reason.code for reason in found.reasons}


def test_schools_own_tests_and_empty_ones_are_never_proposed() -> None:
    assert (
        propose_design([available("a", 7, 2024, SCHOOL_MADE), available("b", 8, 2025, SCHOOL_MADE)]) is None
    )
    assert propose_design([available("a", 7, 2024), available("b", 8, 2025, pupils=0)]) is None


def test_a_study_without_dates_is_a_guess_and_says_so() -> None:
    def column(name: str, order: int, held_on: dt.date | None = None) -> AvailableAssessment:
        return AvailableAssessment(name, "", STUDY, None, None, 50, held_on, order)

    guess = propose_design([column("normexam", 1), column("standLRT", 2)], factors=["sex"])
    assert (guess.design.outcomes[0].column, guess.design.priors[0].column) == ("normexam", "standLRT")
    assert next(r.code for r in guess.reasons) == "study-guess"
    assert guess.design.factors == ("sex",)
    known = propose_design([column("early", 1, dt.date(2020, 1, 1)), column("late", 2, dt.date(2022, 1, 1))])
    assert known.design.outcomes[0].column == "late"
    assert propose_design([column("only", 1)]) is None
