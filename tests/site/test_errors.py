"""Error pages say what happened, what was kept, and what to do."""

import pytest
from django.core.exceptions import SuspiciousOperation
from django.test import Client, RequestFactory
from pytest_django import Settings

from xuequ.district.choices import Role
from xuequ.site import errors

from .conftest import SignIn


def test_not_found(sign_in: SignIn) -> None:
    answer = sign_in(Role.TEACHER).get("/no/such/page/")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "没有这个页面" in page
    assert "数据没有改变" in page
    assert "返回首页" in page


def test_not_for_this_role(sign_in: SignIn) -> None:
    answer = sign_in(Role.TEACHER).get("/feedback/received/")
    assert answer.status_code == 403
    assert "您的角色不能查看此页面" in answer.content.decode()


def test_stale_form(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/feedback/", {"text": "x"})
    assert answer.status_code == 403
    assert "表单已过期" in answer.content.decode()


def test_damaged_request(rf: RequestFactory) -> None:
    answer = errors.bad_request(rf.get("/"), SuspiciousOperation())
    assert answer.status_code == 400
    assert "无法读取这次请求" in answer.content.decode()


def test_too_many(rf: RequestFactory) -> None:
    answer = errors.too_many_requests(rf.get("/"))
    assert answer.status_code == 429
    assert "尝试次数过多" in answer.content.decode()


def test_fault_of_ours_needs_no_database(rf: RequestFactory) -> None:
    answer = errors.server_error(rf.get("/"))  # this test may not open the database
    assert answer.status_code == 500
    assert "系统出现了问题" in answer.content.decode()


def test_fault_of_ours_without_templates(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> str:
        raise OSError

    monkeypatch.setattr(errors, "render_to_string", broken)
    answer = errors.server_error(rf.get("/"))
    assert answer.status_code == 500
    assert answer.content.decode() == "系统出现了问题。"


def test_wrong_host(client: Client, settings: Settings, db: None) -> None:
    settings.ALLOWED_HOSTS = ["xuequ.example"]
    assert client.get("/accounts/login/").status_code == 400
