"""Two schools with a ledger, a third without, and somebody in each role."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.test import Client

from tests import factories
from tests.factories import DAY
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role, Stage
from xuequ.district.models import School
from xuequ.systems.programmes.choices import DeviceKind, RoomKind
from xuequ.systems.programmes.models import Device, Room


@dataclass
class World:
    """What the tests of programmes play in."""

    own: School
    far: School
    bare: School
    ai_room: Room
    robots: Device
    tablets: Device
    officer: Actor
    head: Actor
    far_head: Actor
    leader: Actor
    finance: Actor

    def head_of(self, school: School) -> Actor:
        return self.head if school == self.own else self.far_head


def build_world() -> World:
    factories.make_district()
    factories.make_year(2025)
    own, far = factories.make_school("虚构甲中学"), factories.make_school("虚构乙中学")
    bare = factories.make_school("虚构丙小学", stage=Stage.PRIMARY)
    ai_room = Room.objects.create(
        school=own, kind=RoomKind.AI, name="人工智能教室", shows=True, seats=48, opened=dt.date(2023, 9, 1)
    )
    robots = Device.objects.create(
        school=own,
        room=ai_room,
        kind=DeviceKind.ROBOT,
        name="机器人套件",
        number="A-1",
        quantity=24,
        value_yuan=Decimal("240000.00"),
        bought=dt.date(2023, 8, 1),
        bookable=True,
    )
    tablets = Device.objects.create(
        school=far,
        kind=DeviceKind.TABLET,
        name="平板电脑",
        number="B-7",
        quantity=30,
        value_yuan=Decimal("66000.00"),
        bought=dt.date(2022, 5, 1),
        offered=True,
    )
    return World(
        own,
        far,
        bare,
        ai_room,
        robots,
        tablets,
        officer=factories.make_actor(Role.DISTRICT_OFFICER),
        head=factories.make_actor(Role.HEAD, school=own),
        far_head=factories.make_actor(Role.HEAD, school=far),
        leader=factories.make_actor(Role.BUREAU_LEADER),
        finance=factories.make_actor(Role.FINANCE),
    )


@pytest.fixture
def world(db: None) -> World:
    return build_world()


def signed_in(account: Account) -> Client:
    client = Client()
    client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def client_as(role: Role, **place: object) -> Client:
    return signed_in(factories.make_account(role, **place))


def client_of(actor: Actor) -> Client:
    return signed_in(Account.objects.get(pk=actor.account_id))


__all__ = ["DAY", "World", "build_world", "client_as", "client_of", "signed_in", "world"]
