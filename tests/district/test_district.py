"""People's names, the calendar, and the district's lists."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import (
    DAY,
    make_account,
    make_actor,
    make_class,
    make_guardian,
    make_pupil,
    make_pupils,
    make_school,
    make_year,
)
from xuequ.core.errors import Forbidden, Refused
from xuequ.district import actions, queries
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Identity, SchoolYear, Subject
from xuequ.district.people import create_people, name_index, names_of, number_index

pytestmark = pytest.mark.django_db


def test_a_name_stands_nowhere_in_clear() -> None:
    person = create_people([("欧阳甲", "G20250001")])[0]
    row = Identity.objects.get(person=person)
    stored = bytes(row.sealed) + row.name_index.encode() + row.number_index.encode()
    assert "欧阳".encode() not in stored and b"20250001" not in stored
    assert names_of([person.pk]) == {person.pk: "欧阳甲"}


def test_an_erased_person_has_no_name() -> None:
    person = create_people([("甲", "")])[0]
    Identity.objects.filter(person=person).delete()
    assert names_of([person.pk]) == {}


@pytest.mark.parametrize("written", ["张　三", " 张三", "张 三", "张三 "])
def test_names_are_found_however_they_are_spaced(written: str) -> None:
    assert name_index(written) == name_index("张三")


def test_numbers_are_found_in_full_width_and_small_letters() -> None:
    assert number_index("ｇ１２３ｘ") == number_index("G123X")
    assert number_index("  ") == ""


def test_the_same_number_in_a_study_is_another() -> None:
    assert number_index("1", "a") != number_index("1", "b") != number_index("1")


def test_the_calendar_is_half_open() -> None:
    make_year(2025), make_year(2026)
    assert queries.year_on(dt.date(2026, 8, 31)).code == "2025-2026"
    assert queries.year_on(dt.date(2026, 9, 1)).code == "2026-2027"
    assert queries.term_on(DAY).code == "2025-2026-2"
    assert queries.term_on(dt.date(2030, 1, 1)) is None


@given(st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)))
def test_the_first_year_needs_no_calendar(day: dt.date) -> None:
    assert queries.first_year_on(day) == (day.year if day.month >= 8 else day.year - 1)


def test_a_class_grows_with_the_years() -> None:
    school_class = make_class(entry_year=2024, entry_grade=7)
    assert [school_class.grade_in(year) for year in (2024, 2025, 2026)] == [7, 8, 9]


def test_a_class_list_is_one_query_and_in_order(django_assert_num_queries) -> None:
    school_class = make_class()
    make_pupils(school_class, names=["丙", "甲", "乙"], numbers=["3", "1", "2"])
    actor = make_actor(Role.CLASS_TEACHER, school=school_class.school, school_class=school_class)
    with django_assert_num_queries(1):
        listed = queries.class_list(actor, school_class, DAY)
    assert [pupil.name for pupil in listed] == ["甲", "乙", "丙"]


def test_a_class_list_is_empty_for_those_who_see_no_pupils() -> None:
    school_class = make_class()
    make_pupils(school_class, 2)
    assert queries.class_list(make_actor(Role.DISTRICT_OFFICER), school_class, DAY) == []


def test_schools_come_with_their_counts(django_assert_num_queries) -> None:
    school = make_school()
    make_pupils(make_class(school, number=1), 3), make_pupils(make_class(school, number=2), 2)
    make_school()
    actor = make_actor(Role.BUREAU_LEADER)
    with django_assert_num_queries(1):
        rows = [(row.pupils, row.class_count) for row in queries.schools(actor, DAY)]
    assert rows == [(5, 2), (0, 0)]
    assert [c.pupils for c in queries.classes(actor, school, DAY)] == [3, 2]


def test_foreign_things_are_not_found() -> None:
    own, foreign = make_class(), make_class()
    pupil = make_pupil(foreign)
    actor = make_actor(Role.HEAD, school=own.school)
    assert queries.school(actor, foreign.school.uid) is None
    assert queries.school_class(actor, foreign.uid) is None
    assert queries.pupil(actor, pupil.uid) is None


def test_a_guardian_finds_the_children() -> None:
    account = make_account()
    pupil = make_pupil()
    make_guardian(pupil, account=account)
    actor = Actor.of(account, DAY)
    assert list(queries.children(actor)) == [pupil]
    assert queries.own_pupil(actor) is None


def test_the_calendar_and_the_subjects_are_made_once() -> None:
    assert actions.ensure_year(2025) == actions.ensure_year(2025)
    assert SchoolYear.objects.get().terms.count() == 2
    actions.ensure_subjects()
    actions.ensure_subjects()
    assert Subject.objects.filter(code="mathematics").count() == 1


def test_a_study_has_a_name_of_its_own_and_district_hands() -> None:
    actions.create_study(actor=make_actor(Role.RESEARCHER), name="研究")
    with pytest.raises(Refused, match="研究"):
        actions.create_study(actor=make_actor(Role.RESEARCHER), name="研究")
    with pytest.raises(Forbidden):
        actions.create_study(actor=make_actor(Role.HEAD, school=make_school()), name="另一个")
