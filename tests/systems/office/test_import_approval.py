"""A school's import that takes people out waits for the district, and is stored by its word."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests import factories
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Enrolment, SchoolClass
from xuequ.kit.approvals.models import Case
from xuequ.kit.roster import actions
from xuequ.kit.roster.options import Options
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xuequ.core.clock.today", lambda: factories.DAY)


def checked_import(account: Account, school_class: SchoolClass) -> ImportBatch:
    """A whole list of a school that leaves out its last pupil."""
    rows = "".join(f"学生{i},G{i},{school_class.school.name},八年级1班\n" for i in range(11))
    file = SimpleUploadedFile("名册.csv", ("姓名,学籍号,学校,班级\n" + rows).encode())
    actor = Actor.of(account, factories.DAY)
    options = Options("2025-2026", factories.DAY.isoformat(), complete=True)
    return actions.check(actor=actor, batch=actions.upload(actor=actor, file=file, options=options))


def test_the_district_lets_a_schools_removal_be_stored(client: Client):
    factories.make_district(), factories.make_year(2025)
    school_class = factories.make_class()
    factories.make_pupils(
        school_class, names=[f"学生{i}" for i in range(12)], numbers=[f"G{i}" for i in range(12)]
    )
    keeper = factories.make_account(Role.DATA_OFFICER, school=school_class.school)
    batch = checked_import(keeper, school_class)
    assert batch.summary["removed"]["pupils"] == 1
    client.force_login(keeper)
    page = client.get(reverse("office:roster-import", args=[batch.uid])).content.decode()
    assert reverse("office:approvals-hand-in", args=[batch.uid]) in page
    client.post(reverse("office:roster-confirm", args=[batch.uid]), {"agreed": "on", "sure": "on"})
    batch.refresh_from_db()
    assert batch.state == BatchState.CHECKED

    assert client.post(reverse("office:approvals-hand-in", args=[batch.uid])).status_code == 302
    case = Case.objects.get()
    client = Client()
    client.force_login(factories.make_account(Role.DATA_OFFICER))
    decide = reverse("office:approvals-decide", args=[case.uid])
    client.post(decide, {"decision": "approve", "turn": case.turn, "words": ""})
    batch.refresh_from_db()
    assert batch.state == BatchState.STORED
    assert Enrolment.objects.filter(end=None).count() == 11


def test_a_strangers_import_cannot_be_handed_in(client: Client):
    factories.make_district(), factories.make_year(2025)
    school_class = factories.make_class()
    batch = checked_import(
        factories.make_account(Role.DATA_OFFICER, school=school_class.school), school_class
    )
    client.force_login(factories.make_account(Role.HEAD, school=school_class.school))
    assert client.post(reverse("office:approvals-hand-in", args=[batch.uid])).status_code == 404
