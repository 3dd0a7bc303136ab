"""What the data office writes for the demo, on a district made small enough for a test."""

import datetime as dt
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.db.models import Count
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import (
    Guardianship,
    Pupil,
    RoleAssignment,
    School,
    SchoolClass,
)
from xuequ.kit.demo import DemoContext, Scale, demo_accounts, plan
from xuequ.kit.demo.accounts import DEMO_LOGINS
from xuequ.record import rules
from xuequ.record.choices import Basis, Form, ResultStatus
from xuequ.record.models import Assessment, FactorKind, Result
from xuequ.systems.office import demo as office_demo

DAY = dt.date(2026, 11, 22)
TINY = plan.Size(3, 5, 1, primary_cohort=22, junior_cohort=16, class_size=12)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[DemoContext]:
    """The demo, built once for the tests that only read it and taken back after them."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), transaction.atomic():
        patch.setitem(plan.SIZES, Scale.SMALL, TINY)
        context = DemoContext(Scale.SMALL, 5, DAY)
        office_demo.build(context)
        yield context
        transaction.set_rollback(True)


def actor(username: str) -> Actor:
    return Actor.of(Account.objects.get(username=username), DAY)


def test_every_assessment_keeps_the_rules(demo: DemoContext) -> None:
    assessments = list(Assessment.objects.all())
    assert {a.basis for a in assessments} == {Basis.SAMPLED_MONITORING, Basis.GRADUATION, Basis.SCHOOL_FINAL}
    for assessment in assessments:
        assert rules.check_assessment(assessment) is None
        assert assessment.grade is not None
        assert assessment.grade >= 3
        schools = set(assessment.results.values_list("school_id", flat=True))
        assert rules.check_schools(Basis(assessment.basis), schools) is None
        if assessment.basis == Basis.SCHOOL_FINAL:
            assert assessment.form == Form.LEVEL
            assert schools == {assessment.school_id}
            assert not assessment.scale


def test_in_monitoring_each_pupil_sits_one_subject(demo: DemoContext) -> None:
    monitoring = Result.objects.filter(assessment__basis=Basis.SAMPLED_MONITORING)
    sat = monitoring.values("pupil", "assessment__term", "assessment__grade").annotate(n=Count("id"))
    assert {row["n"] for row in sat} == {1}
    per_subject = [
        a.results.count() for a in Assessment.objects.filter(basis=Basis.SAMPLED_MONITORING, grade=4)
    ]
    assert max(per_subject) - min(per_subject) < 0.5 * max(per_subject)


def test_cohorts_left_for_growth_may_be_compared(demo: DemoContext) -> None:
    assert [(c.grade, c.year) for c in demo.cohorts] == [
        (9, 2025),
        (8, 2025),
        (5, 2025),
        (8, 2024),
        (5, 2024),
    ]
    for cohort in demo.cohorts:
        assessments = Assessment.objects.filter(pk__in=(*cohort.priors, *cohort.outcomes))
        assert rules.comparable(assessments) is None
        both = Pupil.objects.filter(results__assessment__in=cohort.priors).filter(
            results__assessment__in=cohort.outcomes
        )
        assert both.exists()


def test_some_results_are_missing_and_say_why(demo: DemoContext) -> None:
    missing = Result.objects.exclude(status=ResultStatus.SCORED)
    assert missing.filter(status=ResultStatus.ABSENT).exists()
    assert not missing.exclude(score=None, level="", raw_text="").exists()
    scored = Result.objects.filter(status=ResultStatus.SCORED)
    assert not scored.filter(score=None, level="").exists()


def test_everybody_enrolled_is_taught_and_has_facts(demo: DemoContext) -> None:
    here = SchoolClass.objects.filter(enrolments__end=None).distinct()
    assert here.filter(teaching__end=None).distinct().count() == here.count()
    assert not Pupil.objects.exclude(factors__kind__code="sex").exists()
    assert Guardianship.objects.exists()
    kinds = FactorKind.objects.all()
    assert kinds
    assert all(kind.basis and kind.audience for kind in kinds)


def test_one_account_for_each_role(
    demo: DemoContext, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        accounts = demo_accounts()
    assert [account.username for account in accounts] == list(DEMO_LOGINS)
    assert all(str(account.role_label) and str(account.place_label) for account in accounts)
    assert not any(account.has_usable_password() for account in Account.objects.all())


def test_accounts_see_what_they_should(demo: DemoContext) -> None:
    def seen(username: str) -> tuple[int, int, int]:
        who = actor(username)
        return tuple(m.objects.visible_to(who).count() for m in (School, SchoolClass, Pupil))  # type: ignore[return-value]

    schools, classes = School.objects.count(), SchoolClass.objects.count()
    for username in ("demo-leader", "demo-officer", "demo-researcher"):
        assert seen(username) == (schools, classes, 0)
    assert seen("demo-head")[0] == seen("demo-head-low")[0] == 1
    assert seen("demo-guardian") == seen("demo-pupil") == (0, 0, 1)
    head, year_head, teacher = seen("demo-head"), seen("demo-year-head"), seen("demo-class-teacher")
    assert head[2] > year_head[2] >= teacher[2] > 0


def test_guardian_and_pupil_account_belong_to_a_child_with_two_results(demo: DemoContext) -> None:
    child = Pupil.objects.visible_to(actor("demo-guardian")).get()
    assert Pupil.objects.visible_to(actor("demo-pupil")).get() == child
    cohort = next(c for c in demo.cohorts if (c.grade, c.year) == (8, 2025))
    for assessments in (cohort.priors, cohort.outcomes):
        assert child.results.filter(assessment__in=assessments, status=ResultStatus.SCORED).count() == 1
    assert child in Pupil.objects.visible_to(actor("demo-class-teacher"))


def test_a_class_has_one_class_teacher_and_a_teacher_one_class(demo: DemoContext) -> None:
    now = RoleAssignment.objects.filter(role=Role.CLASS_TEACHER, end=None)
    assert now.values("school_class").distinct().count() == now.count()
