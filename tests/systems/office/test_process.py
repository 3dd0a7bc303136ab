"""Ledgers of attendance and reading: who publishes them, and that the newer of a place counts."""

import datetime as dt

import pytest

from tests import factories
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.record.actions import IndicatorValue
from xuequ.record.models import Indicator
from xuequ.record.queries import indicators
from xuequ.systems.office.catalogue import ATTENDANCE
from xuequ.systems.office.process import publish_ledgers

DAY = dt.date(2026, 6, 1)
OFFICE = Actor.system(DAY)


@pytest.mark.django_db
def test_a_newer_publication_ends_the_older_of_the_same_place() -> None:
    group = factories.make_class(factories.make_school("测试中学"))
    value = IndicatorValue(ATTENDANCE, 0.9, None, None, 40, group.school_id, group.pk)
    publish_ledgers(actor=OFFICE, period="2025-2026", values=[value])
    publish_ledgers(
        actor=OFFICE,
        period="2025-2026",
        values=[IndicatorValue(ATTENDANCE, 0.95, None, None, 40, group.school_id, group.pk)],
    )
    assert list(indicators(OFFICE, ATTENDANCE).values_list("value", flat=True)) == [0.95]
    assert Indicator.objects.count() == 2


@pytest.mark.django_db
def test_only_the_data_office_publishes_and_only_its_own_codes() -> None:
    head = Actor.of(factories.make_account(Role.HEAD, school=factories.make_school("测试中学")), DAY)
    with pytest.raises(Forbidden):
        publish_ledgers(actor=head, period="2025-2026", values=[])
    with pytest.raises(Refused, match="growth"):
        publish_ledgers(actor=OFFICE, period="2025-2026", values=[IndicatorValue("growth.effect.g8", 1.0)])
    assert not Indicator.objects.exists()
