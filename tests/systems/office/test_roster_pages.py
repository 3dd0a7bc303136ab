"""The roster's pages: who sees what, each step of an import, and the small changes of everyday work."""

import datetime as dt
import io

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from tests.factories import (
    DAY,
    make_account,
    make_class,
    make_district,
    make_pupil,
    make_pupils,
    make_school,
    make_subject,
    make_teacher,
    make_year,
)
from tests.kit.roster_files import book
from xuequ.core import clock
from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.models import AuditEvent
from xuequ.district.choices import EnrolmentEnd, Role
from xuequ.district.models import Change, ClassTeaching, Pupil, School, SchoolClass
from xuequ.kit.roster.models import Mapping
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch
from xuequ.systems.office.roster import actions

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of this happens on one day of a school year."""
    monkeypatch.setattr(clock, "today", lambda: DAY)
    make_district()
    make_year()
    make_subject("mathematics")


@pytest.fixture
def school() -> School:
    return make_school("云上中学")


def client_of(role: Role, **place: object) -> Client:
    client = Client()
    client.force_login(make_account(role, **place))
    return client


@pytest.fixture
def office() -> Client:
    return client_of(Role.DATA_OFFICER)


def upload(client: Client, file: ContentFile, **said: object) -> ImportBatch:
    sent = {"school_year": "2025-2026", "since": "2026-03-02", "file": file, **said}
    response = client.post(reverse("office:roster-new"), sent)
    assert response.status_code == 302, response.context["form"].errors
    return ImportBatch.objects.latest("id")


def sheets_said(client: Client, batch: ImportBatch, **changed: str) -> dict[str, str]:
    """Return what the page about the sheets proposes, as a browser would send it."""
    form = client.get(reverse("office:roster-sheets", args=[batch.uid])).context["form"]
    said = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in (said | changed).items() if value not in {None, False}}


def checked(client: Client, file: ContentFile, **said: object) -> ImportBatch:
    batch = upload(client, file, **said)
    client.post(reverse("office:roster-sheets", args=[batch.uid]), sheets_said(client, batch))
    batch.refresh_from_db()
    return batch


def pupils_file(*rows: list[object]) -> ContentFile:
    return book({"学生": [["学校", "班级", "姓名", "学籍号"], *rows]})


def page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(f"office:{name}", args=args))
    assert response.status_code == 200
    return response.content.decode()


def post(client: Client, page_name: str, row: object, /, **said: str):
    return client.post(reverse(f"office:{page_name}", args=[row.uid]), said, follow=True)


def test_a_file_goes_through_all_steps(office: Client, school: School) -> None:
    batch = checked(office, pupils_file(["云上中学", "八年级1班", "甲一", "G1"]))
    assert batch.state == BatchState.CHECKED and not Pupil.objects.exists()
    assert (
        "甲一"
        in office.get(reverse("office:roster-import", args=[batch.uid]), {"table": "pupils"}).content.decode()
    )
    for _twice in range(2):
        assert post(office, "roster-confirm", batch).status_code == 200
    assert Pupil.objects.count() == 1
    assert "甲一" not in page(office, "roster-import", batch.uid)
    assert "undo" in page(office, "roster-undo", batch.uid)
    post(office, "roster-undo", batch)
    assert not Pupil.objects.exists()


def test_a_large_file_is_worked_on_by_a_job(office: Client, school: School, monkeypatch) -> None:
    monkeypatch.setattr(actions, "ROWS_AT_ONCE", 0)
    batch = checked(office, pupils_file(["云上中学", "八年级1班", "甲一", "G1"]))
    run_pending()
    answer = office.post(reverse("office:roster-confirm", args=[batch.uid]))
    assert answer["Location"].startswith("/jobs/")
    run_pending()
    batch.refresh_from_db()
    assert batch.state == BatchState.STORED
    office.post(reverse("office:roster-undo", args=[batch.uid]))
    run_pending()
    assert not Pupil.objects.exists()


def test_whoever_would_be_taken_out_is_shown_first(office: Client, school: School) -> None:
    make_pupils(make_class(school), names=["甲一", "甲二"], numbers=["G1", "G2"])
    batch = checked(office, pupils_file(["云上中学", "八年级1班", "甲一", "G1"]), complete="on")
    post(office, "roster-confirm", batch)
    assert Pupil.objects.filter(enrolments__end=None).count() == 2
    post(office, "roster-confirm", batch, seen="1")
    assert Pupil.objects.filter(enrolments__end=None).count() == 2
    post(office, "roster-confirm", batch, seen="1", agreed="on")
    assert Pupil.objects.filter(enrolments__end=None).count() == 1


def test_problems_are_listed_by_cell_and_can_be_taken_home(office: Client, school: School) -> None:
    batch = checked(office, pupils_file(["云外中学", "八年级1班", "甲一", "G1"]))
    url = reverse("office:roster-import", args=[batch.uid])
    assert "A2" in page(office, "roster-import", batch.uid)
    found = load_workbook(io.BytesIO(office.get(url, {"export": "xlsx"}).content))
    assert found.worksheets[0]["B2"].value == "A2"


def test_uncertain_rows_are_asked_about_on_the_page(office: Client, school: School) -> None:
    pupil = make_pupil(make_class(school), name="甲一", number="G1")
    batch = checked(office, pupils_file(["云上中学", "八年级1班", "乙一", "G1"]))
    assert "甲一" in page(office, "roster-import", batch.uid)
    post(office, "roster-answers", batch, row_0=str(pupil.pk))
    post(office, "roster-confirm", batch)
    pupil = Pupil.objects.get()
    assert pupil.person.name == "乙一"


def test_a_sheet_may_be_said_to_hold_something_else(office: Client, school: School) -> None:
    batch = upload(office, pupils_file(["云上中学", "八年级1班", "甲一", "G1"]))
    office.post(
        reverse("office:roster-sheets", args=[batch.uid]), sheets_said(office, batch, use_0="teachers")
    )
    batch.refresh_from_db()
    assert batch.options["sheets"][0]["use"] == "teachers" and batch.state == BatchState.UPLOADED
    office.post(reverse("office:roster-sheets", args=[batch.uid]), sheets_said(office, batch))
    batch.refresh_from_db()
    assert batch.summary["added"] == {"teachers": 1}


def test_a_bad_file_is_refused_beside_its_field(office: Client) -> None:
    said = {
        "school_year": "2025-2026",
        "since": "2026-03-02",
        "file": ContentFile(b"PK\x03\x04x", name="a.xlsx"),
    }
    response = office.post(reverse("office:roster-new"), said)
    assert response.status_code == 200 and response.context["form"].errors["file"]
    said["file"], said["since"] = pupils_file(["云上中学", "八年级1班", "甲一", "G1"]), "2031-01-01"
    assert office.post(reverse("office:roster-new"), said).context["form"].errors
    assert not ImportBatch.objects.exists()


def test_discarding_removes_the_import(office: Client, school: School) -> None:
    post(office, "roster-discard", checked(office, pupils_file(["云上中学", "八年级1班", "甲一", "G1"])))
    assert not ImportBatch.objects.exists()


def test_the_template_can_be_taken(office: Client) -> None:
    found = load_workbook(io.BytesIO(office.get(reverse("office:roster-template")).content))
    assert found.sheetnames == ["说明", "学校", "班级", "学生", "教师", "任教", "家长"]


@pytest.mark.parametrize(
    "name", ["roster", "roster-new", "roster-imports", "roster-mappings", "roster-template"]
)
@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.DATA_OFFICER, True),
        (Role.SCHOOL_ADMINISTRATOR, True),
        (Role.DISTRICT_OFFICER, False),
        (Role.HEAD, False),
        (Role.TEACHER, False),
        (Role.GUARDIAN, False),
        (Role.PUPIL, False),
    ],
)
def test_who_keeps_a_roster(school: School, name: str, role: Role, allowed: bool) -> None:
    place = {} if role in {Role.DATA_OFFICER, Role.DISTRICT_OFFICER} else {"school": school}
    status = client_of(role, **place).get(reverse(f"office:{name}")).status_code
    reads = name == "roster" and role in {Role.DISTRICT_OFFICER, Role.HEAD}
    assert status == (200 if allowed or reads else 403)


def test_an_import_is_seen_by_whoever_made_it_and_the_district(office: Client, school: School) -> None:
    keeper = client_of(Role.DATA_OFFICER, school=school)
    batch = checked(keeper, pupils_file(["云上中学", "八年级1班", "甲一", "G1"]))
    url = reverse("office:roster-import", args=[batch.uid])
    assert keeper.get(url).status_code == office.get(url).status_code == 200
    other = client_of(Role.DATA_OFFICER, school=make_school())
    assert other.get(url).status_code == 404
    for role in (Role.DISTRICT_OFFICER, Role.RESEARCHER):
        assert client_of(role).get(url).status_code == 403
        assert client_of(role).get(reverse("office:import", args=[batch.uid])).status_code == 404
        assert batch.file_name not in client_of(role).get(reverse("office:home")).content.decode()


@pytest.fixture
def school_class(school: School) -> SchoolClass:
    found = make_class(school)
    make_pupil(found, name="甲一", number="G1")
    teacher = make_teacher(found)
    ClassTeaching.objects.create(teacher=teacher, school_class=found, start=dt.date(2024, 9, 1))
    return found


def test_a_school_sees_names_and_the_district_counts(school_class: SchoolClass, office: Client) -> None:
    own = client_of(Role.DATA_OFFICER, school=school_class.school)
    assert "教师" in page(own, "roster-school", school_class.school.uid)
    assert "甲一" in page(own, "roster-class", school_class.uid)
    assert AuditEvent.objects.filter(verb="class-list.seen").count() == 1
    pupil = Pupil.objects.get()
    assert "G1" in page(own, "roster-pupil", pupil.uid)
    for client in (office, client_of(Role.DISTRICT_OFFICER)):
        assert "甲一" not in page(client, "roster-class", school_class.uid)
        assert client.get(reverse("office:roster-pupil", args=[pupil.uid])).status_code == 404


@pytest.mark.parametrize("role", [Role.DATA_OFFICER, Role.SCHOOL_ADMINISTRATOR, Role.HEAD])
def test_another_school_stays_hidden(school_class: SchoolClass, role: Role) -> None:
    other, pupil = client_of(role, school=make_school()), Pupil.objects.get()
    for name, row in (("school", school_class.school), ("class", school_class), ("pupil", pupil)):
        assert other.get(reverse(f"office:roster-{name}", args=[row.uid])).status_code == 404
    for name in ("correct", "place", "transfer", "leave"):
        assert post(other, f"roster-pupil-{name}", pupil).status_code == 404


def test_a_head_reads_and_does_not_write(school_class: SchoolClass) -> None:
    head, pupil = client_of(Role.HEAD, school=school_class.school), Pupil.objects.get()
    assert head.get(reverse("office:roster-pupil", args=[pupil.uid])).context["forms"] is None
    assert post(head, "roster-pupil-leave", pupil, **{"leave-day": "2026-03-01"}).status_code == 404
    assert pupil.enrolments.get().end is None


def test_name_and_number_are_corrected(school_class: SchoolClass) -> None:
    keeper, pupil = client_of(Role.DATA_OFFICER, school=school_class.school), Pupil.objects.get()
    make_pupil(school_class, number="G2")
    taken = post(keeper, "roster-pupil-correct", pupil, name="乙一", number="G2")
    assert taken.context["forms"]["correct"].errors
    post(keeper, "roster-pupil-correct", pupil, name="乙一", number="G7", sex="male", born="2012-05-06")
    known = Pupil.objects.get(pk=pupil.pk).person.identity.fields
    assert known == {"name": "乙一", "number": "G7", "sex": "male", "born": "2012-05-06"}
    assert Change.objects.filter(person=pupil.person).count() == 1
    assert AuditEvent.objects.filter(verb="pupil.corrected", object_uid=pupil.uid).count() == 1


def test_a_pupil_is_placed_transferred_and_leaves(school_class: SchoolClass) -> None:
    keeper, pupil = client_of(Role.DATA_OFFICER, school=school_class.school), Pupil.objects.get()
    second, target = make_class(school_class.school, number=2), make_school("云下中学")
    post(
        keeper,
        "roster-pupil-place",
        pupil,
        **{"place-school_class": str(second.uid), "place-day": "2026-03-01"},
    )
    post(
        keeper,
        "roster-pupil-transfer",
        pupil,
        **{"transfer-school": str(target.uid), "transfer-day": "2026-03-02"},
    )
    rows = list(pupil.enrolments.order_by("start").values_list("school__name", "school_class", "ended"))
    assert rows == [
        ("云上中学", school_class.pk, EnrolmentEnd.CLASS_CHANGE),
        ("云上中学", second.pk, EnrolmentEnd.TRANSFER),
        ("云下中学", None, ""),
    ]
    receiving = client_of(Role.SCHOOL_ADMINISTRATOR, school=target)
    assert keeper.get(reverse("office:roster-pupil", args=[pupil.uid])).status_code == 404
    early = post(receiving, "roster-pupil-leave", pupil, **{"leave-day": "2026-03-02"})
    assert early.context["forms"]["leave"].errors
    post(receiving, "roster-pupil-leave", pupil, **{"leave-day": "2026-06-02"})
    assert pupil.enrolments.latest("start").ended == EnrolmentEnd.LEFT


def test_pupils_without_a_class_are_shown_to_their_school(school: School) -> None:
    keeper = client_of(Role.DATA_OFFICER, school=school)
    pupil = make_pupil(make_class(school), name="甲一")
    pupil.enrolments.update(school_class=None)
    assert "甲一" in page(keeper, "roster-school", school.uid)
    assert reverse("office:roster-school", args=[school.uid]) in keeper.get("/").content.decode()


def test_mappings_are_copied_and_changed(office: Client) -> None:
    shipped = page(office, "roster-mappings")
    assert "学籍" in shipped
    uid = office.get(reverse("office:roster-mappings")).context["mappings"][0].uid
    url = reverse("office:roster-mapping", args=[uid])
    said = {"name": "我们的学籍表", "kind": "pupils", "lines": "娃名 = name\n娃号 = number\n备注 ="}
    office.post(url, said)
    own = Mapping.objects.get()
    assert (own.headings, own.built_in) == (
        {"娃名": "name", "娃号": "number", "备注": ""},
        "pupils-register/1",
    )
    wrong = office.post(url, {**said, "lines": "娃名 = 名"})
    assert wrong.context["form"].errors["lines"]
    post(office, "roster-mapping-delete", own)
    assert not Mapping.objects.exists()


def test_a_school_reads_mappings_only(school: School) -> None:
    keeper = client_of(Role.DATA_OFFICER, school=school)
    uid = keeper.get(reverse("office:roster-mappings")).context["mappings"][0].uid
    url = reverse("office:roster-mapping", args=[uid])
    assert keeper.get(url).context["form"] is None
    assert keeper.post(url, {"name": "x", "kind": "pupils", "lines": "a = name"}).status_code == 403


def test_an_own_mapping_explains_a_file(office: Client, school: School) -> None:
    Mapping.objects.create(
        name="娃表",
        kind="pupils",
        headings={"娃名": "name", "娃号": "number", "班": "school_class"},
        unverified=False,
    )
    batch = checked(
        office, book({"表": [["班", "娃名", "娃号"], ["八年级1班", "甲一", "G1"]]}), school=school.code
    )
    assert batch.summary["added"] == {"classes": 1, "pupils": 1}


def test_pages_stay_within_their_queries(school_class: SchoolClass, django_assert_max_num_queries) -> None:
    keeper = client_of(Role.DATA_OFFICER, school=school_class.school)
    for name, row in (
        ("school", school_class.school),
        ("class", school_class),
        ("pupil", Pupil.objects.get()),
    ):
        with django_assert_max_num_queries(30):
            page(keeper, f"roster-{name}", row.uid)
