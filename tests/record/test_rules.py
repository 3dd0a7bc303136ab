"""The rules about examinations, each as it refuses and as it lets pass."""

import pytest

from tests.factories import make_assessment, make_school, make_study, make_subject
from xuequ.record import rules
from xuequ.record.choices import Basis, Form
from xuequ.record.models import Assessment
from xuequ.record.rules import check_assessment, check_schools, comparable

pytestmark = pytest.mark.django_db


def code(refusal: rules.Refusal | None) -> str:
    return refusal.code if refusal is not None else ""


def test_every_basis_has_a_rule_and_every_rule_a_source() -> None:
    assert set(rules.BASES) == set(Basis)
    for rule in rules.RULES.values():
        assert str(rule.message) and rule.source.title and rule.source.certainty


@pytest.mark.parametrize("basis", list(Basis))
@pytest.mark.parametrize("grade", range(1, 13))
def test_which_basis_in_which_grade(basis: Basis, grade: int) -> None:
    school = make_school() if rules.BASES[basis].school_made else None
    found = code(check_assessment(Assessment(basis=basis, grade=grade, form=Form.SCORE, school=school)))
    if grade <= 2:
        assert found == "no-paper-test"
    elif basis == Basis.SCHOOL_MIDTERM and grade < 7:
        assert found == "no-midterm"
    elif basis == Basis.GRADUATION and grade != 9:
        assert found == "graduation-grade"
    else:
        assert found == ""


def test_levels_are_fine_in_grade_one() -> None:
    assessment = Assessment(basis=Basis.SCHOOL_FINAL, grade=1, form=Form.LEVEL, school=make_school())
    assert check_assessment(assessment) is None


def test_a_study_is_outside_the_exam_rules() -> None:
    assert check_assessment(Assessment(basis=Basis.EXTERNAL_STUDY, grade=1, study=make_study())) is None


def test_a_schools_examination_belongs_to_a_school() -> None:
    assert code(check_assessment(Assessment(basis=Basis.SCHOOL_FINAL, grade=8))) == "one-school-only"
    assert code(check_schools(Basis.SCHOOL_FINAL, {1, 2})) == "one-school-only"
    assert check_schools(Basis.SCHOOL_FINAL, {1}) is None
    assert check_schools(Basis.SAMPLED_MONITORING, {1, 2}) is None


def test_one_final_a_term_in_each_subject() -> None:
    school = make_school()
    first = make_assessment(basis=Basis.SCHOOL_FINAL, school=school)
    again = Assessment(
        basis=Basis.SCHOOL_FINAL, school=school, term=first.term, grade=8, subject=first.subject
    )
    assert code(check_assessment(again)) == "one-a-term"
    assert check_assessment(first) is None
    again.subject = make_subject("english")
    assert check_assessment(again) is None


def test_unlinked_school_tests_are_not_compared_between_schools() -> None:
    one = make_assessment(basis=Basis.SCHOOL_FINAL, school=make_school())
    two = make_assessment(basis=Basis.SCHOOL_FINAL, school=make_school())
    refusal = comparable([one, two])
    assert code(refusal) == "unlinked"
    assert one.name in str(refusal) and two.name in str(refusal)
    assert code(comparable([one, make_assessment()])) == "unlinked"


def test_linked_school_tests_and_tests_within_one_school_are_compared() -> None:
    school = make_school()
    within = [make_assessment(basis=Basis.SCHOOL_FINAL, school=school, grade=grade) for grade in (7, 8)]
    assert comparable(within) is None
    linked = [make_assessment(basis=Basis.SCHOOL_FINAL, school=make_school(), scale="M8") for _i in range(2)]
    assert comparable(linked) is None


@pytest.mark.parametrize("basis", [Basis.SAMPLED_MONITORING, Basis.STATE_MONITORING, Basis.GRADUATION])
def test_common_tests_are_compared(basis: Basis) -> None:
    assert comparable([make_assessment(basis=basis), make_assessment(basis=Basis.SAMPLED_MONITORING)]) is None


def test_worlds_are_not_mixed() -> None:
    study = make_study()
    in_study = make_assessment(basis=Basis.EXTERNAL_STUDY, study=study, grade=8)
    assert comparable([in_study]) is None
    assert code(comparable([in_study, make_assessment()])) == "mixed-worlds"
    other = make_assessment(basis=Basis.EXTERNAL_STUDY, study=make_study())
    assert code(comparable([in_study, other])) == "mixed-worlds"


def test_scores_of_grade_one_are_never_used() -> None:
    assert code(comparable([make_assessment(grade=1)])) == "no-paper-test"
    assert comparable([]) is None
