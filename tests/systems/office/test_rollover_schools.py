"""The list of schools: added, altered, closed, merged, with areas and groups."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories as make
from xuequ.core.errors import Refused
from xuequ.district import actions
from xuequ.district.choices import EnrolmentEnd, Role, Stage, YearSystem
from xuequ.district.models import (
    Area,
    Dated,
    Employment,
    Enrolment,
    RoleAssignment,
    School,
    SchoolClass,
    SchoolGroup,
    TeachingAssignment,
)

pytestmark = pytest.mark.django_db

DAY = dt.date(2026, 9, 1)


@pytest.fixture
def office() -> Client:
    client = Client()
    client.force_login(make.make_account(Role.DATA_OFFICER))
    return client


@pytest.fixture
def actor():
    return make.make_actor(Role.DATA_OFFICER)


def fields(**changed: str) -> dict[str, str]:
    return {
        "code": "0000000777", "name": "虚构新学校", "stage": "primary", "sector": "public", "year_system": "6-3",
        **changed,
    }  # fmt: skip


def test_a_school_is_added_and_altered(office: Client):
    area = make.make_area()
    answer = office.post(reverse("office:schools-new"), fields(area=str(area.pk)))
    assert answer.status_code == 302
    school = School.objects.get(code="0000000777")
    assert school.area == area
    office.post(reverse("office:schools-edit", args=[school.uid]), fields(name="改名学校"))
    school.refresh_from_db()
    assert school.name == "改名学校"


@pytest.mark.parametrize("code", ["12", "abcdefghij", "", "00000007777"])
def test_a_code_has_ten_digits(office: Client, code: str):
    assert office.post(reverse("office:schools-new"), fields(code=code)).context["form"].errors["code"]
    assert not School.objects.exists()


def test_two_schools_never_share_a_code(office: Client):
    make.make_school(code="0000000777")
    page = office.post(reverse("office:schools-new"), fields())
    assert "0000000777" in str(page.context["form"].non_field_errors())
    assert School.objects.count() == 1


def test_a_campus_belongs_to_a_main_school(office: Client, actor):
    main, campus = make.make_school(), make.make_school()
    campus.campus_of = main
    actions.save_school(actor=actor, school=campus)
    main.campus_of = make.make_school()
    with pytest.raises(Refused):
        actions.save_school(actor=actor, school=main)
    third = make.make_school()
    third.campus_of = campus
    with pytest.raises(Refused):
        actions.save_school(actor=actor, school=third)


def test_a_school_with_pupils_is_not_closed_and_an_empty_one_is(office: Client):
    school = make.make_school()
    make.make_pupil(make.make_class(school))
    url = reverse("office:schools-close", args=[school.uid])
    assert office.get(url).status_code == 200
    assert office.post(url, {"day": "2026-09-01"}).context["form"].non_field_errors()
    Enrolment.objects.update(end=DAY, ended=EnrolmentEnd.LEFT)
    office.post(url, {"day": "2026-09-01"})
    school.refresh_from_db()
    assert school.closed_on == DAY
    office.post(reverse("office:schools-reopen", args=[school.uid]))
    school.refresh_from_db()
    assert school.closed_on is None


def two_schools() -> tuple[School, School]:
    school, into = make.make_school(), make.make_school()
    for owner in (school, into):
        row = make.make_class(owner)
        make.make_pupils(row, 3)
        teacher = make.make_teacher(row, account=make.make_account())
        Employment.objects.create(teacher=teacher, school=owner, start=dt.date(2024, 9, 1))
        make.give_role(teacher.person.account, Role.CLASS_TEACHER, school=owner, school_class=row)
        make.make_account(Role.HEAD, school=owner)
    return school, into


def rows() -> list[object]:
    models = (School, SchoolClass, Enrolment, TeachingAssignment, Employment, RoleAssignment)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_a_merger_carries_everything_over_and_can_be_taken_back(office: Client):
    school, into = two_schools()
    before = rows()
    url = reverse("office:schools-merge", args=[school.uid])
    assert office.get(url).status_code == 200
    assert office.post(url, {"into": str(into.uid), "day": "2026-09-01"}).status_code == 302
    school.refresh_from_db()
    assert school.closed_on == DAY
    new = SchoolClass.objects.get(school=into, number=2)
    assert new.enrolments.filter(Dated.at(DAY)).count() == 3
    assert Enrolment.objects.filter(school=school, end=DAY, ended=EnrolmentEnd.TRANSFER).count() == 3
    assert not Enrolment.objects.filter(Dated.at(DAY), school=school).exists()
    assert TeachingAssignment.objects.filter(Dated.at(DAY), school_class=new).count() == 1
    assert Employment.objects.filter(Dated.at(DAY), school=into).count() == 2
    there = RoleAssignment.objects.filter(Dated.at(DAY), school=into).values_list("role", flat=True)
    assert sorted(there) == ["class_teacher", "class_teacher", "head", "teacher", "teacher"]
    assert not RoleAssignment.objects.filter(Dated.at(DAY), school=school).exists()
    office.post(reverse("office:schools-reopen", args=[school.uid]))
    assert rows() == before


def test_schools_that_do_not_fit_are_not_merged(actor):
    school, into = two_schools()
    primary = make.make_school(stage=Stage.PRIMARY)
    other = make.make_school()
    School.objects.filter(pk=other.pk).update(year_system=YearSystem.FIVE_FOUR)
    for target in (school, primary, other):
        with pytest.raises(Refused):
            actions.merge_schools(actor=actor, school=school, into=target, day=DAY)
    actions.merge_schools(actor=actor, school=school, into=into, day=DAY)
    with pytest.raises(Refused):
        actions.merge_schools(actor=actor, school=school, into=into, day=DAY)
    assert SchoolClass.objects.filter(school=into).count() == 2


def test_areas_and_groups_are_kept(office: Client):
    school = make.make_school()
    office.post(reverse("office:schools-area-new"), {"name": "东片区"})
    office.post(reverse("office:schools-group-new"), {"name": "云汀教育集团", "leader": str(school.pk)})
    area, group = Area.objects.get(), SchoolGroup.objects.get()
    assert group.leader == school
    assert "云汀教育集团" in office.get(reverse("office:schools-places")).content.decode()
    page = office.post(reverse("office:schools-area-new"), {"name": "东片区"})
    assert page.context["form"].non_field_errors()
    office.post(reverse("office:schools-area", args=[area.uid]), {"name": "西片区"})
    School.objects.update(area=area, group=group)
    office.post(reverse("office:schools-area", args=[area.uid]), {"delete": "yes"})
    assert Area.objects.get().name == "西片区", "a school belongs to it"
    office.post(reverse("office:schools-group", args=[group.uid]), {"delete": "yes"})
    school.refresh_from_db()
    assert school.group is None


def test_the_list_is_narrowed_and_taken_home(office: Client):
    make.make_school("甲校", stage=Stage.PRIMARY)
    make.make_school("乙校")
    page = office.get(reverse("office:schools"), {"stage": "primary"}).content.decode()
    assert "甲校" in page and "乙校" not in page
    said = office.get(reverse("office:schools"), {"export": "csv"}).content.decode("utf-8-sig")
    assert "甲校" in said and "乙校" in said


@pytest.mark.parametrize("role", [Role.BUREAU_LEADER, Role.SCHOOL_ADMINISTRATOR, Role.HEAD, Role.TEACHER])
def test_only_the_office_writes(role: Role):
    school = make.make_school()
    client = Client()
    place = {} if role == Role.BUREAU_LEADER else {"school": school}
    client.force_login(make.make_account(role, **place))
    reading = 200 if role == Role.BUREAU_LEADER else 403
    assert client.get(reverse("office:schools")).status_code == reading
    assert client.get(reverse("office:schools-places")).status_code == reading
    for name in ("edit", "close", "merge"):
        assert client.get(reverse(f"office:schools-{name}", args=[school.uid])).status_code == 403
    assert client.post(reverse("office:schools-new"), fields()).status_code == 403
    assert client.post(reverse("office:schools-area-new"), {"name": "x"}).status_code == 403
    assert School.objects.count() == 1
