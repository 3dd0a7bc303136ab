"""Complaints and suggestions: written by anybody, answered by the district."""

import datetime as dt
import re

import pytest
from django.core.cache import cache
from django.test import Client

from xuequ.core.models import AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.site import feedback
from xuequ.site.models import Feedback

from .conftest import SignIn

MESSAGE = {"kind": "complaint", "text": "统计表重复填报", "page": "/office/"}

NOBODY = Actor(account_id=None, person_id=None, day=dt.date(2026, 3, 2))


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


def test_somebody_not_signed_in_reads_the_answer_by_a_code(client: Client, sign_in: SignIn) -> None:
    cache.clear()
    officer = sign_in(Role.DISTRICT_OFFICER)
    page = client.post("/feedback/", MESSAGE, follow=True).content.decode()
    code = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", page)
    assert code is not None
    row = Feedback.objects.get()
    assert row.account is None
    assert code[0].replace("-", "") not in str(row.__dict__)  # the database alone opens nothing
    assert "尚未答复" in look(Client(), code[0])
    assert "统计表重复填报" in officer.get("/feedback/received/").content.decode()
    officer.post(f"/feedback/received/{row.uid}/", {"reply": "已合并为一张表"})
    assert "已合并为一张表" in look(Client(), code[0].lower().replace("-", " "))


def test_a_wrong_code_shows_nothing_and_is_not_tried_for_long(client: Client, db: None) -> None:
    cache.clear()
    code = feedback.send(actor=NOBODY, kind="complaint", text="统计表重复填报", page="")
    other = feedback.send(actor=NOBODY, kind="complaint", text="别人的意见", page="")
    page = look(client, code[:-1] + ("A" if code[-1] != "A" else "B"))
    assert "没有这个查询码" in page
    assert "统计表" not in page
    assert "别人的意见" not in look(client, code)
    for _attempt in range(60):
        look(client, other)
    assert "别人的意见" not in look(client, other)


def look(client: Client, code: str) -> str:
    """Type a code and return the page."""
    return client.post("/feedback/look/", {"code": code}).content.decode()


@pytest.mark.parametrize("role", list(Role))
def test_every_role_writes_and_reads_the_answer(sign_in: SignIn, role: Role) -> None:
    cache.clear()
    writer, officer = sign_in(role), sign_in(Role.DISTRICT_OFFICER)
    assert 'href="/feedback/?page=%2F"' in writer.get("/").content.decode()
    writer.post("/feedback/", MESSAGE)
    row = Feedback.objects.get()
    assert "统计表重复填报" in officer.get("/feedback/received/").content.decode()
    officer.post(f"/feedback/received/{row.uid}/", {"reply": "已合并为一张表"})
    assert "已合并为一张表" in writer.get("/feedback/").content.decode()


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
