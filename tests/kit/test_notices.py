"""Notices: one's own only, gathered, at most one reminder a day, none when the thing is done."""

import datetime as dt
import uuid

import pytest
from django.utils import translation

from tests.factories import DAY, give_role, make_account, make_school
from xuequ.core.jobs.duties import do_daily
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.notices import actions, queries
from xuequ.kit.notices.models import Notice, Reminder

pytestmark = pytest.mark.django_db


def tell(about: uuid.UUID | None = None, **to: object) -> uuid.UUID:
    about = about or uuid.uuid4()
    actions.notify(
        kind="test",
        message="“%(title)s” is to be filled in for your school.",
        params={"title": "表"},
        about=about,
        **to,
    )  # type: ignore[arg-type]
    return about


def actor_of(account: Account, day: dt.date = DAY) -> Actor:
    return Actor.of(account, day)


def test_whoever_holds_the_role_at_the_place_sees_it() -> None:
    school, other = make_school(), make_school()
    tell(roles=[Role.HEAD, Role.DATA_OFFICER], school=school)
    head = make_account(Role.HEAD, school=school)
    give_role(head, Role.DATA_OFFICER, school=school)
    assert len(queries.waiting(actor_of(head))) == 1  # one thing, though it comes in two roles
    assert queries.waiting(actor_of(make_account(Role.HEAD, school=other))) == []
    assert queries.waiting(actor_of(make_account(Role.TEACHER, school=school))) == []
    assert queries.waiting(actor_of(make_account(Role.HEAD))) == []
    campus = make_school()
    campus.campus_of = school
    campus.save()
    tell(roles=[Role.HEAD], school=campus)
    assert len(queries.waiting(actor_of(head))) == 2
    assert len(queries.waiting(actor_of(make_account(Role.HEAD, school=campus)))) == 1


def test_district_roles_and_single_accounts() -> None:
    tell(roles=[Role.DISTRICT_OFFICER])
    account = make_account()
    tell(accounts=[account])
    assert len(queries.waiting(actor_of(make_account(Role.DISTRICT_OFFICER)))) == 1
    assert len(queries.waiting(actor_of(account))) == 1
    assert queries.waiting(Actor(account_id=None, person_id=None, day=DAY)) == []


def test_the_same_thing_is_not_told_twice_and_vanishes_when_done() -> None:
    account = make_account()
    about = tell(accounts=[account])
    tell(about, accounts=[account], due=DAY)
    assert [notice.due for notice in queries.waiting(actor_of(account))] == [DAY]
    assert actions.resolve(about=about) == 1
    assert queries.waiting(actor_of(account)) == []
    assert actions.resolve(about=about) == 0


def test_the_most_urgent_stands_first_and_reads_in_ones_own_language() -> None:
    account = make_account()
    tell(accounts=[account])
    tell(accounts=[account], due=DAY + dt.timedelta(days=9))
    tell(accounts=[account], due=DAY + dt.timedelta(days=2))
    waiting = queries.waiting(actor_of(account))
    assert [notice.due and (notice.due - DAY).days for notice in waiting] == [2, 9, None]
    with translation.override("en"):
        assert waiting[0].text == "“表” is to be filled in for your school."


@pytest.mark.parametrize(("days", "reminded"), [(4, 0), (3, 1), (2, 0), (1, 0), (0, 1), (-1, 0)])
def test_reminders_come_three_days_before_and_on_the_day(days: int, reminded: int) -> None:
    tell(accounts=[make_account()], due=DAY + dt.timedelta(days=days))
    assert actions.remind(day=DAY) == reminded


def test_one_reminder_a_day_for_everything_together() -> None:
    school = make_school()
    head = make_account(Role.HEAD, school=school)
    tell(accounts=[head], due=DAY)
    tell(roles=[Role.HEAD], school=school, due=DAY + dt.timedelta(days=3))
    assert actions.remind(day=DAY) == 1
    assert actions.remind(day=DAY) == 0
    assert [len(row.notices) for row in Reminder.objects.all()] == [2]
    assert queries.reminded_today(actor_of(head))
    assert not queries.reminded_today(actor_of(head, DAY + dt.timedelta(days=1)))


def test_none_to_those_who_are_done_or_closed() -> None:
    account, closed = make_account(), make_account(Role.DISTRICT_OFFICER)
    closed.is_active = False
    closed.save()
    actions.resolve(about=tell(accounts=[account], due=DAY))
    tell(roles=[Role.DISTRICT_OFFICER], due=DAY)
    assert actions.remind(day=DAY) == 0


def test_reminders_are_cleared_away_after_a_month() -> None:
    Reminder.objects.create(account=make_account(), day=DAY - dt.timedelta(days=31))
    actions.remind(day=DAY)
    assert not Reminder.objects.exists()


def test_a_new_deadline_moves_the_open_notices() -> None:
    about = tell(accounts=[make_account()], due=DAY)
    assert actions.postpone(about=[about], due=DAY + dt.timedelta(days=7)) == 1
    assert Notice.objects.get().due == DAY + dt.timedelta(days=7)
    assert actions.remind(day=DAY) == 0


def test_workers_do_it_daily() -> None:
    tell(accounts=[make_account()], due=DAY)
    do_daily(DAY)
    do_daily(DAY)
    assert Reminder.objects.count() == 1
