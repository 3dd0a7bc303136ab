"""Who sees what: each role on its own place, on a foreign one, and outside its time."""

import datetime as dt
from dataclasses import dataclass

import pytest

from tests.factories import (
    DAY,
    bind,
    give_role,
    make_account,
    make_actor,
    make_area,
    make_class,
    make_guardian,
    make_pupil,
    make_school,
    make_study,
    make_study_pupils,
    make_teacher,
)
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Enrolment, Pupil, School, SchoolClass
from xuequ.district.policy import may_import_scores

pytestmark = pytest.mark.django_db

DISTRICT = {Role.BUREAU_LEADER, Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.SUPERVISOR, Role.DATA_OFFICER}
STUDY = {Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.DATA_OFFICER}
WHOLE_SCHOOL = {Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.MORAL_EDUCATION, Role.DATA_OFFICER}


@dataclass
class Place:
    """Two schools; the first with two classes of two grades and a pupil in each; and an external study."""

    school: School
    seventh: SchoolClass
    eighth: SchoolClass
    in_seventh: Pupil
    in_eighth: Pupil
    foreign: School
    foreign_class: SchoolClass
    foreign_pupil: Pupil
    study_school: School
    study_pupil: Pupil


@pytest.fixture
def place() -> Place:
    school, foreign = make_school(area=make_area()), make_school(area=make_area())
    seventh, eighth = make_class(school, entry_year=2025), make_class(school, entry_year=2024)
    foreign_class = make_class(foreign)
    study_school = make_school(study=make_study())
    return Place(
        school, seventh, eighth, make_pupil(seventh), make_pupil(eighth),
        foreign, foreign_class, make_pupil(foreign_class), study_school, make_study_pupils(study_school)[0],
    )  # fmt: skip


def seen(actor: Actor) -> tuple[set[School], set[SchoolClass], set[Pupil]]:
    return tuple(set(model.objects.visible_to(actor)) for model in (School, SchoolClass, Pupil))


@pytest.mark.parametrize("role", sorted(DISTRICT))
def test_district_roles_see_schools_and_classes_but_no_child(place: Place, role: Role) -> None:
    schools, classes, pupils = seen(make_actor(role))
    study = role in STUDY
    assert schools == {place.school, place.foreign} | ({place.study_school} if study else set())
    assert classes == {place.seventh, place.eighth, place.foreign_class}
    assert pupils == ({place.study_pupil} if study else set())


@pytest.mark.parametrize("role", sorted(DISTRICT))
def test_an_area_ends_at_its_border(place: Place, role: Role) -> None:
    schools, classes, pupils = seen(make_actor(role, area=place.school.area))
    assert (schools, classes, pupils) == ({place.school}, {place.seventh, place.eighth}, set())


@pytest.mark.parametrize("role", sorted(WHOLE_SCHOOL))
def test_a_schools_leaders_see_their_own_school(place: Place, role: Role) -> None:
    schools, classes, pupils = seen(make_actor(role, school=place.school))
    assert (schools, classes) == ({place.school}, {place.seventh, place.eighth})
    assert pupils == {place.in_seventh, place.in_eighth}


def test_a_year_head_sees_one_cohort(place: Place) -> None:
    actor = make_actor(Role.YEAR_HEAD, school=place.school, entry_year=2025)
    assert seen(actor) == ({place.school}, {place.seventh}, {place.in_seventh})


def test_a_subject_head_sees_classes_and_no_pupils(place: Place) -> None:
    actor = make_actor(Role.SUBJECT_HEAD, school=place.school)
    assert seen(actor) == ({place.school}, {place.seventh, place.eighth}, set())


def test_a_class_teacher_sees_one_class(place: Place) -> None:
    actor = make_actor(Role.CLASS_TEACHER, school=place.school, school_class=place.eighth)
    assert seen(actor) == ({place.school}, {place.eighth}, {place.in_eighth})


def test_a_teacher_sees_the_classes_taught_now(place: Place) -> None:
    account = make_account()
    teacher = make_teacher(place.eighth, account=account)
    assert seen(Actor.of(account, DAY)) == ({place.school}, {place.eighth}, {place.in_eighth})
    teacher.assignments.update(end=DAY)
    assert seen(Actor.of(account, DAY)) == ({place.school}, set(), set())
    assert seen(Actor.of(account, DAY - dt.timedelta(days=1)))[1] == {place.eighth}


def test_a_teachers_role_without_a_person_sees_no_class(place: Place) -> None:
    assert seen(make_actor(Role.TEACHER, school=place.school))[1:] == (set(), set())


def test_pupil_and_guardian_see_their_own(place: Place) -> None:
    child, parent = make_account(Role.PUPIL), make_account()
    bind(place.in_seventh.person, child)
    make_guardian(place.in_seventh, account=parent)
    for account in (child, parent):
        assert seen(Actor.of(account, DAY)) == (set(), set(), {place.in_seventh})
    place.in_seventh.guardians.update(end=DAY)
    assert seen(Actor.of(parent, DAY))[2] == set()


@pytest.mark.parametrize(
    "role",
    [
        Role.FINANCE,
        Role.EXPERT,
        Role.OUTSIDE_INSTRUCTOR,
        Role.SYSTEM_ADMINISTRATOR,
        Role.PUPIL,
        Role.GUARDIAN,
    ],
)
def test_other_roles_see_nothing_by_their_role(place: Place, role: Role) -> None:
    assert seen(make_actor(role)) == (set(), set(), set())
    assert seen(make_actor(role, school=place.school)) == (set(), set(), set())


@pytest.mark.parametrize("role", list(Role))
def test_a_role_counts_in_its_time_only(place: Place, role: Role) -> None:
    account: Account = make_account()
    give_role(
        account, role, start=dt.date(2024, 9, 1), end=DAY, school=place.school, school_class=place.eighth
    )
    assert seen(Actor.of(account, DAY)) == (set(), set(), set())


def test_a_pupil_who_left_is_no_longer_seen_by_the_school(place: Place) -> None:
    actor = make_actor(Role.HEAD, school=place.school)
    Enrolment.objects.filter(pupil=place.in_seventh).update(end=DAY)
    assert seen(actor)[2] == {place.in_eighth}
    Enrolment.objects.create(pupil=place.in_seventh, school=place.foreign, start=DAY)
    assert seen(make_actor(Role.HEAD, school=place.foreign))[2] == {place.foreign_pupil, place.in_seventh}


def test_two_roles_add_up(place: Place) -> None:
    account = make_account(Role.CLASS_TEACHER, school=place.school, school_class=place.eighth)
    give_role(account, Role.CLASS_TEACHER, school=place.foreign, school_class=place.foreign_class)
    give_role(account, Role.SUPERVISOR)
    schools, _classes, pupils = seen(Actor.of(account, DAY))
    assert (schools, pupils) == ({place.school, place.foreign}, {place.in_eighth, place.foreign_pupil})


def test_the_system_sees_everything(place: Place) -> None:
    schools, classes, pupils = seen(Actor.system(DAY))
    assert (len(schools), len(classes), len(pupils)) == (3, 3, 4)


@pytest.mark.parametrize("role", list(Role))
def test_who_brings_in_results(place: Place, role: Role) -> None:
    everywhere = make_actor(role)
    at_school = make_actor(role, school=place.school)
    assert may_import_scores(everywhere) == may_import_scores(everywhere, study=True) == (role in STUDY)
    assert may_import_scores(at_school, school_id=place.school.pk) == (
        role in {Role.SCHOOL_ADMINISTRATOR, Role.DATA_OFFICER}
    )
    assert not may_import_scores(at_school, school_id=place.foreign.pk)
    assert not may_import_scores(at_school, study=True)
