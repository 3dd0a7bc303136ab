"""A small district in which schools are visited, paid and paired."""

import datetime as dt
from dataclasses import dataclass

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.systems.growth.conftest import signed_in
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role, Stage
from xuequ.district.models import School

DAY = factories.DAY
MOST_QUERIES = 12


@dataclass
class World:
    """Four schools of two areas, their heads, and those of the district."""

    schools: list[School]
    heads: list[Account]
    officer: Account
    researcher: Account
    leader: Account
    finance: Account

    def head(self, place: int = 0, day: dt.date = DAY) -> Actor:
        return Actor.of(self.heads[place], day)

    def by(self, name: str, day: dt.date = DAY) -> Actor:
        return Actor.of(getattr(self, name), day)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests play on one day, for pages too."""
    monkeypatch.setattr("xuequ.core.clock.today", lambda: DAY)


@pytest.fixture
def world(db: None) -> World:
    factories.make_district()
    factories.make_year()
    areas = [factories.make_area(), factories.make_area()]
    stages = (Stage.PRIMARY, Stage.JUNIOR, Stage.JUNIOR, Stage.PRIMARY)
    schools = [
        factories.make_school(f"虚构第{place}号学校", stage=stage, area=areas[place % 2])
        for place, stage in enumerate(stages, 1)
    ]
    heads = [factories.make_account(Role.HEAD, school=school) for school in schools]
    roles = (Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.BUREAU_LEADER, Role.FINANCE)
    return World(schools, heads, *(factories.make_account(role) for role in roles))


def page(client: Client, url: str) -> str:
    """Open a page that must work, in few queries."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    assert response.status_code == 200, (url, response.status_code)
    reads = [q["sql"] for q in queries.captured_queries if q["sql"].startswith("SELECT")]
    assert len(reads) <= MOST_QUERIES, "\n".join(sql[:160] for sql in reads)
    return response.content.decode()


def client_of(account: Account) -> Client:
    return signed_in(account)
