"""The search page: each finds what the task shows, and nobody else's pupil, not even as a number."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import (
    bind,
    give_role,
    make_account,
    make_actor,
    make_assessment,
    make_class,
    make_guardian,
    make_pupil,
    make_school,
    make_study,
    make_teacher,
)
from xuequ.core.models import AuditEvent
from xuequ.core.search import indexing
from xuequ.core.search.entries import SearchEntry
from xuequ.core.search.finding import find
from xuequ.district.choices import Role
from xuequ.district.models import Enrolment, School, SchoolClass
from xuequ.district.people import Identity
from xuequ.systems.office.search import actions

pytestmark = pytest.mark.django_db

URL = "/office/search/"


@pytest.fixture
def here() -> SchoolClass:
    return make_class(make_school("云上第一中学"))


@pytest.fixture
def there() -> SchoolClass:
    return make_class(make_school("云下第二中学"))


def kinds(actor: object, words: str) -> dict[str, int]:
    return {group.kind: group.count for group in find(actor, words)}  # type: ignore[arg-type]


def test_what_is_saved_singly_is_found_at_once(here: SchoolClass) -> None:
    officer = make_actor(Role.DISTRICT_OFFICER)
    assert kinds(officer, "第一中学") == {"school": 1}
    School.objects.filter(pk=here.school_id).first().save()
    here.school.name = "改名以后的中学"
    here.school.save()
    assert kinds(officer, "第一中学") == {}
    assert kinds(officer, "改名") == {"school": 1}


def test_a_pupil_is_found_by_the_staff_of_the_school_only(here: SchoolClass, there: SchoolClass) -> None:
    make_pupil(here, name="欧阳若云", number="G0123456789")
    indexing.index_people([Identity.objects.latest("pk").pk])
    head = make_actor(Role.HEAD, school=here.school)
    assert kinds(head, "若云") == {"pupil": 1}
    assert kinds(head, "456789") == {"pupil": 1}
    for role, place in (
        (Role.HEAD, {"school": there.school}),
        (Role.DISTRICT_OFFICER, {}),
        (Role.BUREAU_LEADER, {}),
        (Role.RESEARCHER, {}),
        (Role.CLASS_TEACHER, {"school_class": there, "school": there.school}),
        (Role.GUARDIAN, {}),
        (Role.PUPIL, {}),
        (Role.EXPERT, {}),
    ):
        assert kinds(make_actor(role, **place), "若云") == {}, role
        assert kinds(make_actor(role, **place), "456789") == {}, role
    assert kinds(make_actor(Role.DATA_OFFICER), "若云") == {"pupil": 1}


def test_a_class_teacher_finds_the_own_class_only(here: SchoolClass) -> None:
    other = make_class(here.school, number=2)
    for school_class in (here, other):
        pupil = make_pupil(school_class, name=f"张晓{school_class.number}")
        indexing.index_people([pupil.person_id])
    teacher = make_actor(Role.CLASS_TEACHER, school=here.school, school_class=here)
    assert kinds(teacher, "张晓") == {"pupil": 1}
    (group,) = find(teacher, "张晓")
    assert [hit.title for hit in group.hits] == ["张晓1"]


def test_a_pupil_who_moves_is_found_where_the_pupil_is(here: SchoolClass, there: SchoolClass) -> None:
    pupil = make_pupil(here, name="李慕白")
    indexing.index_people([pupil.person_id])
    new_head = make_actor(Role.HEAD, school=there.school)
    assert kinds(new_head, "慕白") == {}
    stay = Enrolment.objects.get(pupil=pupil)
    stay.end = new_head.day
    stay.save()
    Enrolment.objects.create(pupil=pupil, school=there.school, school_class=there, start=new_head.day)
    assert kinds(new_head, "慕白") == {"pupil": 1}
    assert kinds(make_actor(Role.HEAD, school=here.school), "慕白") == {}


def test_guardians_are_found_by_the_staff_of_the_school_only(here: SchoolClass, there: SchoolClass) -> None:
    pupil = make_pupil(here, name="孩子甲")
    guardian = make_guardian(pupil)
    identity = Identity.objects.get(pk=guardian.pk)
    indexing.index_people([guardian.pk])
    (group,) = find(make_actor(Role.HEAD, school=here.school), identity.fields["name"])
    assert group.kind == "guardian"
    assert "孩子甲" in str(group.hits[0].detail)
    assert kinds(make_actor(Role.HEAD, school=there.school), identity.fields["name"]) == {}
    assert kinds(make_actor(Role.DISTRICT_OFFICER), identity.fields["name"]) == {}


def test_teachers_are_found_by_colleagues_and_the_district(here: SchoolClass, there: SchoolClass) -> None:
    teacher = make_teacher(here)
    name = Identity.objects.get(pk=teacher.person_id).fields["name"]
    assert kinds(make_actor(Role.TEACHER, school=here.school), name) == {"teacher": 1}
    assert kinds(make_actor(Role.DISTRICT_OFFICER), name) == {"teacher": 1}
    assert kinds(make_actor(Role.TEACHER, school=there.school), name) == {}


def test_assessments_and_studies_follow_the_policy(here: SchoolClass, there: SchoolClass) -> None:
    make_assessment("期末素养测评", school=here.school)
    make_study("远方的阅读研究")
    assert kinds(make_actor(Role.HEAD, school=here.school), "素养") == {"assessment": 1}
    assert kinds(make_actor(Role.HEAD, school=there.school), "素养") == {}
    assert kinds(make_actor(Role.HEAD, school=here.school), "阅读研究") == {}
    assert kinds(make_actor(Role.RESEARCHER), "阅读研究") == {"study": 1}


def test_two_roles_widen_and_do_not_leak(here: SchoolClass, there: SchoolClass) -> None:
    for school_class in (here, there):
        indexing.index_people([make_pupil(school_class, name="王小雨").person_id])
    account = make_account(Role.RESEARCHER)
    give_role(account, Role.HEAD, school=here.school)
    from tests.factories import DAY
    from xuequ.district.actors import Actor

    assert kinds(Actor.of(account, DAY), "小雨") == {"pupil": 1}


def test_reindexing_gives_the_same_and_forgets_what_is_gone(here: SchoolClass) -> None:
    pupil = make_pupil(here, name="赵一一")
    SearchEntry.objects.create(kind="pupil", object_id=987654, tokens="kpupil")
    counts = indexing.reindex_all()
    assert counts["pupil"] == 1
    assert counts["school"] == 1
    assert not SearchEntry.objects.filter(object_id=987654).exists()
    head = make_actor(Role.HEAD, school=here.school)
    assert kinds(head, "赵一一") == {"pupil": 1}
    assert indexing.forget_person(pupil.person_id) == 1
    assert kinds(head, "赵一一") == {}


def test_the_search_is_recorded_without_its_words(here: SchoolClass) -> None:
    make_pupil(here, name="钱多多")
    head = make_actor(Role.HEAD, school=here.school)
    actions.search(actor=head, words="钱多多")
    row = AuditEvent.objects.get(verb="search.made")
    assert "钱" not in str(row.data)
    assert row.data["found"] == {}
    assert len(row.data["words"]) == 1


def client_of(role: Role, **place: object) -> Client:
    client = Client()
    client.force_login(make_account(role, **place))
    return client


def test_the_page_searches_by_post_and_keeps_words_out_of_addresses(here: SchoolClass) -> None:
    client = client_of(Role.HEAD, school=here.school)
    pupil = make_pupil(here, name="孙行知", number="G77770001")
    indexing.index_people([pupil.person_id])
    page = client.get(reverse("office:search"))
    assert page.status_code == 200
    assert 'method="post"' in page.content.decode()
    shown = client.post(reverse("office:search"), {"words": "行知"}).content.decode()
    assert "孙行知" in shown
    assert reverse("office:search-pupil", args=[pupil.uid]) in shown
    assert "G77770001" not in shown
    nothing = client.post(reverse("office:search"), {"words": "查无此人"})
    assert nothing.status_code == 200
    assert nothing.context["groups"] == []


@pytest.mark.parametrize("words", ["", " ", "x" * 61, '" OR 1=1 --', "kpupil", "((((", "\x00王"])
def test_odd_words_are_answered(here: SchoolClass, words: str) -> None:
    response = client_of(Role.HEAD, school=here.school).post(reverse("office:search"), {"words": words})
    assert response.status_code == 200


@pytest.mark.parametrize("role", [Role.PUPIL, Role.GUARDIAN, Role.EXPERT, None])
def test_families_have_no_search(role: Role | None) -> None:
    client = Client()
    client.force_login(make_account(role))
    assert client.get(URL).status_code == 403
    assert client.post(URL, {"words": "王"}).status_code == 403
    assert URL not in client.get("/").content.decode()


def test_the_box_stands_on_the_pages_of_staff(here: SchoolClass) -> None:
    assert f'action="{URL}"' in client_of(Role.TEACHER, school=here.school).get("/").content.decode()


def test_the_card_of_a_pupil_is_for_those_who_find_the_pupil(here: SchoolClass, there: SchoolClass) -> None:
    pupil = make_pupil(here, name="周小舟", number="G900900900")
    guardian = make_guardian(pupil)
    url = reverse("office:search-pupil", args=[pupil.uid])
    own = client_of(Role.HEAD, school=here.school).get(url).content.decode()
    assert "周小舟" in own
    assert Identity.objects.get(pk=guardian.pk).fields["name"] in own
    for role, place in ((Role.HEAD, {"school": there.school}), (Role.DISTRICT_OFFICER, {})):
        assert client_of(role, **place).get(url).status_code == 404
    assert client_of(Role.GUARDIAN).get(url).status_code == 403


def test_the_card_of_a_teacher(here: SchoolClass, there: SchoolClass) -> None:
    teacher = make_teacher(here)
    url = reverse("office:search-teacher", args=[teacher.uid])
    assert client_of(Role.DISTRICT_OFFICER).get(url).status_code == 200
    assert client_of(Role.TEACHER, school=here.school).get(url).status_code == 200
    assert client_of(Role.TEACHER, school=there.school).get(url).status_code == 404


def test_a_teacher_finds_the_pupils_of_the_classes_taught(here: SchoolClass, there: SchoolClass) -> None:
    account = make_account()
    make_teacher(here, account=account)
    for school_class in (here, make_class(here.school, number=5), there):
        indexing.index_people([make_pupil(school_class, name="吴用功").person_id])
    from tests.factories import DAY
    from xuequ.district.actors import Actor

    assert kinds(Actor.of(account, DAY), "用功") == {"pupil": 1}
    person = make_guardian(make_pupil(there))
    bind(person, make_account(Role.GUARDIAN))
