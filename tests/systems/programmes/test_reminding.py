"""Reminders: to the owner once, to the project's lead once after the rule's days, gone when the thing is done."""

import datetime as dt

from tests import factories
from tests.factories import DAY
from tests.systems.programmes.conftest import World
from tests.systems.programmes.test_projects import note
from xuequ.district import rules
from xuequ.district.choices import Role
from xuequ.kit.notices.actions import remind as remind_of_notices
from xuequ.kit.notices.models import Notice, Reminder
from xuequ.kit.notices.queries import waiting
from xuequ.systems.programmes.choices import DeviceState, MoveKind, Side, Stage
from xuequ.systems.programmes.ledger import moves
from xuequ.systems.programmes.ledger.forms import LedgerFilter
from xuequ.systems.programmes.models import Device, Milestone, Move, Project, Reminded
from xuequ.systems.programmes.projects import actions
from xuequ.systems.programmes.reminding import remind

DAYS = dt.timedelta(days=1)


def late(world: World, school: object, **more: object) -> Milestone:
    project = Project.objects.create(
        number=f"XM2026-{Project.objects.count() + 1:03d}",
        title="智慧阅读",
        school=school,
        stage=Stage.DELIVERY,
        since=DAY,
        started=DAY,
        created="2026-01-05T08:00:00Z",
        **more,
    )
    return Milestone.objects.create(project=project, title="到货", due=DAY - DAYS)


def told(kind: str) -> list[Notice]:
    return list(Notice.objects.filter(kind=kind, resolved=None).order_by("role"))


def texts(actor: object) -> list[str]:
    return [notice.text for notice in waiting(actor)]


def test_a_late_milestone_reaches_its_school_and_a_week_later_the_officers_each_once(world: World) -> None:
    milestone = late(world, world.own)
    assert remind(DAY) == 1
    assert {(row.role, row.school) for row in told("programmes.milestone")} == {
        (Role.HEAD, world.own),
        (Role.SCHOOL_ADMINISTRATOR, world.own),
    }
    assert len(texts(world.head)) == 1
    assert (texts(world.far_head), texts(world.officer)) == ([], [])
    assert [remind(DAY), remind(DAY + 6 * DAYS)] == [0, 0]
    assert remind(DAY + 7 * DAYS) == 1
    assert [row.role for row in told("programmes.milestone.lead")] == [Role.DISTRICT_OFFICER]
    assert milestone.project.number in texts(world.officer)[0]
    assert [remind(DAY + 8 * DAYS), remind(DAY + 99 * DAYS)] == [0, 0]
    assert Reminded.objects.count() == 2


def test_the_days_before_the_lead_hears_are_a_rule_of_the_data_office(world: World) -> None:
    late(world, world.own)
    office = factories.make_actor(Role.DATA_OFFICER)
    said = {"verified": False, "source": "", "reason": "尽早"}
    rules.change(actor=office, code="programme-lead", value=2, since=DAY, **said)
    assert [remind(DAY), remind(DAY + DAYS), remind(DAY + 2 * DAYS)] == [1, 0, 1]


def test_what_is_done_is_no_longer_waited_for(world: World) -> None:
    milestone = late(world, world.own)
    remind(DAY)
    actions.reach(actor=world.head, milestone=milestone, done=DAY, proof=note(world))
    assert told("programmes.milestone") == []
    again = late(world, world.own)
    remind(DAY + DAYS)
    actions.stop(actor=world.officer, project=again.project, words="停")
    assert told("programmes.milestone") == []


def test_a_new_day_for_a_milestone_takes_the_notice_away_and_may_be_missed_anew(world: World) -> None:
    milestone = late(world, world.own)
    remind(DAY)
    Milestone.objects.filter(pk=milestone.pk).update(due=DAY + 10 * DAYS)
    remind(DAY + DAYS)
    assert told("programmes.milestone") == []
    assert remind(DAY + 11 * DAYS) == 1


def test_the_districts_own_project_goes_to_who_began_it_and_then_to_the_leading_group(world: World) -> None:
    late(world, None, created_by_id=world.officer.account_id)
    remind(DAY)
    assert [row.account_id for row in told("programmes.milestone")] == [world.officer.account_id]
    remind(DAY + 7 * DAYS)
    assert [row.role for row in told("programmes.milestone.lead")] == [Role.BUREAU_LEADER]
    assert len(texts(world.leader)) == 1


def test_warranties_of_a_school_are_gathered_in_one_notice_and_one_reminder(world: World) -> None:
    for number, ends in enumerate((10, 20, 31)):
        Device.objects.create(
            school=world.own, kind="screen", name="屏幕", number=f"W-{number}", warranty=DAY + ends * DAYS
        )
    Device.objects.create(
        school=world.own, kind="screen", name="旧屏幕", warranty=DAY + DAYS, state=DeviceState.SCRAPPED
    )
    assert remind(DAY) == 1
    notice = told("programmes.warranty")[0]
    assert (notice.params["n"], notice.due) == (2, DAY + 10 * DAYS)
    assert remind_of_notices(day=DAY + 10 * DAYS) == 1
    assert remind_of_notices(day=DAY + 10 * DAYS) == 0
    assert Reminder.objects.get().account_id == world.head.account_id
    listed = LedgerFilter({"state": "warranty"}, actor=world.head).narrowed(Device.objects.all(), DAY)
    assert {row.number for row in listed} == {"W-0", "W-1"}
    assert remind(DAY + DAYS) == 1  # the third has come within the thirty days
    assert told("programmes.warranty")[0].params["n"] == 3
    assert remind(DAY + 32 * DAYS) == 0
    assert told("programmes.warranty") == []
    assert not Reminded.objects.filter(step="lead").exists()  # no project bought them


def lent(world: World) -> Move:
    move = moves.ask(
        actor=world.far_head, device=world.tablets, receiving=world.own, kind=MoveKind.LOAN, reason="集训",
        until=DAY + 5 * DAYS,
    )  # fmt: skip
    moves.decide(actor=world.head, move=move, agree=True)
    moves.sign(actor=world.far_head, move=move, side=Side.GIVING)
    return moves.sign(actor=world.head, move=move, side=Side.RECEIVING)


def test_an_overdue_loan_reaches_both_schools_and_then_the_officers(world: World) -> None:
    move = lent(world)
    assert remind(DAY + 5 * DAYS) == 0  # the last day is a day of the loan
    assert remind(DAY + 6 * DAYS) == 2
    assert texts(world.head)[0] != texts(world.far_head)[0]
    assert remind(DAY + 13 * DAYS) == 1
    assert len(texts(world.officer)) == 1
    moves.take_back(actor=world.far_head, move=move)
    assert (texts(world.head), texts(world.far_head), texts(world.officer)) == ([], [], [])
