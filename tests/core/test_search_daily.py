"""Once a day the index is built anew, so that rows written in bulk are found."""

import datetime as dt

import pytest
from django.apps import apps

from tests import factories
from xuequ.core.models import SearchEntry

pytestmark = pytest.mark.django_db


def test_people_written_in_bulk_are_in_the_index_the_next_day():
    factories.make_pupils(factories.make_class(), 3)
    SearchEntry.objects.all().delete()
    day = dt.date(2031, 3, 2)
    apps.get_app_config("core").daily(day)
    found = SearchEntry.objects.count()
    assert found >= 3
    SearchEntry.objects.all().delete()
    apps.get_app_config("core").daily(day)
    assert SearchEntry.objects.count() == 0, "once a day is enough"
