"""Counts of many queries in one question."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from xuequ.core.counting import count_together
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Pupil, School, SchoolClass

pytestmark = pytest.mark.django_db


def test_many_queries_are_counted_in_one_question() -> None:
    schools = [factories.make_school() for _one in range(3)]
    factories.make_class(schools[0])
    wanted = {
        "schools": School.objects.filter(pk__in=[school.pk for school in schools]),
        "first": School.objects.order_by("code")[:1],
        "named": School.objects.filter(name=schools[1].name).order_by("-name"),
        "classes": SchoolClass.objects.filter(school__in=schools).select_related("school"),
    }
    with CaptureQueriesContext(connection) as asked:
        found = count_together(wanted)
    assert found == {"schools": 3, "first": 1, "named": 1, "classes": 1}
    assert len(asked) == 1


def test_what_can_find_nothing_is_not_asked() -> None:
    with CaptureQueriesContext(connection) as asked:
        assert count_together(
            {"nobody": Pupil.objects.none(), "nowhere": School.objects.filter(pk__in=[])}
        ) == {
            "nobody": 0,
            "nowhere": 0,
        }
    assert len(asked) == 0


def test_an_actor_asks_once_for_all_schools_of_its_roles() -> None:
    school = factories.make_school()
    campus = factories.make_school()
    School.objects.filter(pk=campus.pk).update(campus_of=school)
    actor = factories.make_actor(Role.SCHOOL_ADMINISTRATOR, school=school)
    with CaptureQueriesContext(connection) as asked:
        assert set(actor.schools_of([Role.SCHOOL_ADMINISTRATOR])) == {school, campus}
        assert actor.schools_of([Role.HEAD]) == ()
        assert set(actor.import_schools) == {school, campus}
    assert len(asked) == 1


def test_a_school_without_a_campus_is_known_with_the_roles() -> None:
    school = factories.make_school()
    account = factories.make_account(Role.HEAD, school=school)
    actor = Actor.of(account, factories.DAY)
    with CaptureQueriesContext(connection) as asked:
        assert actor.schools_of([Role.HEAD]) == (school,)
    assert len(asked) == 0


def test_a_campus_is_found_with_its_school() -> None:
    school, campus = factories.make_school(), factories.make_school()
    School.objects.filter(pk=campus.pk).update(campus_of=school)
    actor = Actor.of(factories.make_account(Role.HEAD, school=school), factories.DAY)
    assert set(actor.schools_of([Role.HEAD])) == {school, campus}
