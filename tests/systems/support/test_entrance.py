"""The entrance of support speaks to whoever comes in."""

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories as make
from xuequ.district.choices import Role

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "at_school", "said"),
    [
        (Role.DISTRICT_OFFICER, False, "该去哪所学校"),
        (Role.FINANCE, False, "该去哪所学校"),
        (Role.HEAD, True, "区里与学校谈了什么"),
        (Role.EXPERT, False, "区里请您核查的事项"),
    ],
)
def test_each_is_told_what_is_there_for_them(role: Role, at_school: bool, said: str) -> None:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(make.make_account(role, **({"school": make.make_school()} if at_school else {})))
    assert said in client.get(reverse("support:index")).content.decode()
