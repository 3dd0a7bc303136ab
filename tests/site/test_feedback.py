"""Complaints and suggestions: written by anybody, answered by the district."""

from django.core.cache import cache
from django.test import Client

from xuequ.core.models import AuditEvent
from xuequ.district.choices import Role
from xuequ.site.models import Feedback

from .conftest import SignIn

MESSAGE = {"kind": "complaint", "text": "统计表重复填报", "page": "/office/"}


def test_written_answered_and_read(sign_in: SignIn) -> None:
    teacher, officer = sign_in(Role.TEACHER), sign_in(Role.DISTRICT_OFFICER)
    assert teacher.post("/feedback/", MESSAGE).status_code == 302
    row = Feedback.objects.get()
    assert "有 1 条等待答复" in officer.get("/").content.decode()
    assert "统计表重复填报" in officer.get("/feedback/received/").content.decode()
    answer_page = f"/feedback/received/{row.uid}/"
    assert officer.get(answer_page).status_code == 200
    assert officer.post(answer_page, {"reply": "已合并为一张表"}).status_code == 302
    assert "已合并为一张表" in teacher.get("/feedback/").content.decode()
    assert "等待答复" not in officer.get("/").content.decode()
    assert list(AuditEvent.objects.exclude(verb="account.signed_in").values_list("verb", flat=True)) == [
        "site.feedback.send",
        "site.feedback.answer",
    ]
    assert all("统计" not in str(event.data) for event in AuditEvent.objects.all())


def test_nobody_else_reads_it(sign_in: SignIn) -> None:
    sign_in(Role.TEACHER).post("/feedback/", MESSAGE)
    row = Feedback.objects.get()
    for role in set(Role) - {Role.DISTRICT_OFFICER, Role.SYSTEM_ADMINISTRATOR}:
        client = sign_in(role)
        assert client.get("/feedback/received/").status_code == 403, role
        assert client.get(f"/feedback/received/{row.uid}/").status_code == 404, role
    assert "统计表" not in sign_in(Role.HEAD).get("/feedback/").content.decode()


def test_somebody_not_signed_in_may_write(client: Client, db: None) -> None:
    cache.clear()
    assert client.post("/feedback/", MESSAGE).status_code == 302
    assert Feedback.objects.get().account is None


def test_a_flood_is_refused_and_kept_in_the_form(client: Client, db: None) -> None:
    cache.clear()
    for _message in range(30):
        client.post("/feedback/", MESSAGE)
    page = client.post("/feedback/", MESSAGE).content.decode()
    assert "几分钟后再提交" in page
    assert "统计表重复填报" in page
    assert Feedback.objects.count() == 30


def test_empty_message_is_named(sign_in: SignIn) -> None:
    page = sign_in(Role.TEACHER).post("/feedback/", {"kind": "complaint", "text": ""}).content.decode()
    assert "有 1 处需要修改" in page
    assert 'href="#id_text"' in page
    assert 'aria-describedby="id_text_helptext id_text_error"' in page
    assert 'id="id_text_error"' in page
    assert not Feedback.objects.exists()
