"""Moves between schools: both sides agree and sign, nothing is doubled, a kill half way leaves nothing half done."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db.models import Sum

from tests import factories
from tests.factories import DAY
from tests.systems.programmes.conftest import World
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.choices import Role
from xuequ.kit.notices.models import Notice
from xuequ.systems.programmes.choices import DeviceKind, DeviceState, MoveKind, MoveState, Side
from xuequ.systems.programmes.ledger import actions, moves, queries
from xuequ.systems.programmes.models import Device, Move

UNTIL = DAY + dt.timedelta(days=40)


def asked(world: World, kind: MoveKind = MoveKind.FOR_GOOD) -> Move:
    return moves.ask(
        actor=world.head,
        device=world.tablets,
        receiving=world.own,
        kind=kind,
        reason="编程课缺平板",
        until=UNTIL,
    )


def whole() -> tuple[int, int, Decimal]:
    found = Device.objects.aggregate(q=Sum("quantity"), v=Sum("value_yuan"))
    return Device.objects.count(), found["q"], found["v"]


def test_a_move_goes_through_both_schools(world: World) -> None:
    before = whole()
    move = asked(world)
    assert (move.side, move.giving, move.state) == (Side.RECEIVING, world.far, MoveState.ASKED)
    assert Notice.objects.filter(school=world.far, resolved=None).count() == 2
    assert list(queries.waiting_moves(world.far_head)) == [move]
    with pytest.raises(Forbidden):
        moves.decide(actor=world.head, move=move, agree=True)
    with pytest.raises(Refused):
        moves.sign(actor=world.far_head, move=move, side=Side.GIVING)
    moves.decide(actor=world.far_head, move=move, agree=True)
    with pytest.raises(Forbidden):
        moves.sign(actor=world.head, move=move, side=Side.GIVING)
    with pytest.raises(Forbidden):
        moves.sign(actor=world.officer, move=move, side=Side.GIVING)
    moves.sign(actor=world.far_head, move=move, side=Side.GIVING)
    world.tablets.refresh_from_db()
    assert world.tablets.school == world.far
    moves.sign(actor=world.head, move=move, side=Side.RECEIVING)
    world.tablets.refresh_from_db()
    move.refresh_from_db()
    assert (world.tablets.school, world.tablets.state, world.tablets.offered) == (
        world.own,
        DeviceState.IN_STORE,
        False,
    )
    assert (move.state, whole()) == (MoveState.DONE, before)
    assert not Notice.objects.filter(resolved=None).exists()
    with pytest.raises(Refused):
        moves.sign(actor=world.head, move=move, side=Side.RECEIVING)


def test_what_changed_since_the_page_was_opened_is_seen(world: World) -> None:
    stale = Device.objects.select_related("school").get(pk=world.tablets.pk)
    Device.objects.filter(pk=stale.pk).update(offered=False)
    ask = {"receiving": world.own, "kind": MoveKind.FOR_GOOD, "reason": "编程课缺平板"}
    with pytest.raises(Forbidden):  # no longer offered
        moves.ask(actor=world.head, device=stale, **ask)
    Device.objects.filter(pk=stale.pk).update(school=world.own, offered=True)
    with pytest.raises((Refused, Forbidden)):  # handed over meanwhile: the old owner gives nothing away
        moves.ask(actor=world.far_head, device=stale, **ask)
    assert not Move.objects.exists()


def test_a_loan_stays_with_its_owner_and_comes_back(world: World) -> None:
    move = asked(world, MoveKind.LOAN)
    moves.decide(actor=world.far_head, move=move, agree=True)
    moves.sign(actor=world.head, move=move, side=Side.RECEIVING)
    moves.sign(actor=world.far_head, move=move, side=Side.GIVING)
    world.tablets.refresh_from_db()
    assert (world.tablets.school, world.tablets.lent_to, world.tablets.state) == (
        world.far,
        world.own,
        DeviceState.LENT,
    )
    assert queries.devices(world.head).filter(pk=world.tablets.pk).exists()
    actions.note_use(actor=world.head, thing=world.tablets, day=DAY)
    with pytest.raises(Refused):
        actions.set_state(actor=world.far_head, device=world.tablets, state=DeviceState.IN_USE)
    with pytest.raises(Refused):
        actions.scrap(actor=world.far_head, device=world.tablets, day=DAY, reason="x")
    with pytest.raises(Refused):
        moves.ask(
            actor=world.far_head,
            device=world.tablets,
            receiving=world.bare,
            kind=MoveKind.FOR_GOOD,
            reason="x",
        )
    with pytest.raises(Forbidden):
        moves.take_back(actor=world.head, move=move)
    moves.take_back(actor=world.far_head, move=move)
    world.tablets.refresh_from_db()
    assert (world.tablets.lent_to, world.tablets.state) == (None, DeviceState.IN_STORE)


def test_only_one_move_of_a_thing_runs(world: World) -> None:
    asked(world)
    with pytest.raises(Refused, match="一项调拨在办"):
        asked(world)
    with pytest.raises(Refused):
        actions.divide(actor=world.far_head, device=world.tablets, pieces=3, number="")
    assert Move.objects.count() == 1


def test_what_is_not_offered_is_not_asked_for(world: World) -> None:
    with pytest.raises(Forbidden):
        moves.ask(
            actor=world.far_head,
            device=world.robots,
            receiving=world.far,
            kind=MoveKind.FOR_GOOD,
            reason="想要",
        )
    teacher = factories.make_actor(Role.TEACHER, school=world.own)
    with pytest.raises(Forbidden):
        moves.ask(
            actor=teacher, device=world.tablets, receiving=world.own, kind=MoveKind.FOR_GOOD, reason="想要"
        )


def test_a_request_needs_a_reason_and_a_loan_an_end(world: World) -> None:
    for reason, kind, until in (
        ("", MoveKind.FOR_GOOD, None),
        ("课", MoveKind.LOAN, None),
        ("课", MoveKind.LOAN, DAY),
    ):
        with pytest.raises(Refused):
            moves.ask(
                actor=world.head,
                device=world.tablets,
                receiving=world.own,
                kind=kind,
                reason=reason,
                until=until,
            )


def test_the_district_asks_and_the_giving_school_agrees(world: World) -> None:
    move = moves.ask(
        actor=world.officer,
        device=world.robots,
        receiving=world.bare,
        kind=MoveKind.FOR_GOOD,
        reason="向薄弱校倾斜",
    )
    assert move.side == Side.DISTRICT
    with pytest.raises(Forbidden):
        moves.decide(actor=world.officer, move=move, agree=True)
    with pytest.raises(Refused):
        moves.decide(actor=world.head, move=move, agree=False, words="")
    assert moves.decide(actor=world.head, move=move, agree=False, words="每周有课").state == MoveState.REFUSED
    world.robots.refresh_from_db()
    assert world.robots.school == world.own


def test_a_request_is_taken_back_before_anybody_signed(world: World) -> None:
    move = asked(world)
    with pytest.raises(Forbidden):
        moves.withdraw(actor=world.far_head, move=move)
    assert moves.withdraw(actor=world.head, move=move).state == MoveState.WITHDRAWN
    second = asked(world)
    moves.decide(actor=world.far_head, move=second, agree=True)
    moves.sign(actor=world.far_head, move=second, side=Side.GIVING)
    with pytest.raises(Forbidden):
        moves.withdraw(actor=world.head, move=second)


def test_the_same_number_at_the_receiving_school_stops_the_hand_over(world: World) -> None:
    Device.objects.create(school=world.own, kind=DeviceKind.TABLET, name="平板", number="B-7")
    move = asked(world)
    moves.decide(actor=world.far_head, move=move, agree=True)
    moves.sign(actor=world.far_head, move=move, side=Side.GIVING)
    with pytest.raises(Refused, match="B-7"):
        moves.sign(actor=world.head, move=move, side=Side.RECEIVING)
    move.refresh_from_db()
    world.tablets.refresh_from_db()
    assert (move.state, move.received, world.tablets.school) == (MoveState.AGREED, None, world.far)


class Killed(BaseException):
    """Stands for a process that dies."""


def test_killed_in_the_middle_of_the_hand_over_nothing_has_moved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = asked(world)
    moves.decide(actor=world.far_head, move=move, agree=True)
    moves.sign(actor=world.far_head, move=move, side=Side.GIVING)
    before = whole()

    def die(*_args: object, **_kwargs: object) -> None:
        raise Killed

    # The device has been written by then, the move has not.
    with monkeypatch.context() as patched:
        patched.setattr(Move, "save", die)
        with pytest.raises(Killed):
            moves.sign(actor=world.head, move=move, side=Side.RECEIVING)
    world.tablets.refresh_from_db()
    move.refresh_from_db()
    assert (world.tablets.school, move.state, move.received) == (world.far, MoveState.AGREED, None)
    moves.sign(actor=world.head, move=move, side=Side.RECEIVING)
    world.tablets.refresh_from_db()
    assert (world.tablets.school, whole()) == (world.own, before)
