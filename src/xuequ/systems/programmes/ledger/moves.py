"""Moves between schools: asked for by one side, agreed by the other, signed by both; then, and only then, handed over.

An approval of ``kit.approvals`` has one place whose holders decide; a move has two, and needs both signatures.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.kit.notices import actions as notices
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import DeviceState, MoveKind, MoveState, Side
from xuequ.systems.programmes.models import Device, Move

NOTICE = "programmes.move"
TOLD = (Role.HEAD, Role.SCHOOL_ADMINISTRATOR)


def side_of(actor: Actor, giving: School, receiving: School) -> Side | None:
    """Return for which side the actor would ask."""
    if access.signs_for(actor, giving):
        return Side.GIVING
    if access.signs_for(actor, receiving):
        return Side.RECEIVING
    return Side.DISTRICT if access.keeps_everything(actor) else None


def ask(
    *,
    actor: Actor,
    device: Device,
    receiving: School,
    kind: MoveKind,
    reason: str,
    until: dt.date | None = None,
) -> Move:
    """Ask that a device goes to another school, for good or for a time. The other side is told."""
    _side(actor, device, receiving)
    if not reason.strip():
        raise Refused(_("Say what it is needed for."))
    if kind == MoveKind.LOAN and (until is None or until <= actor.day):
        raise Refused(_("Say until when it is lent: a day after today."))
    with transaction.atomic():
        locked = Device.objects.select_for_update(of=("self",)).select_related("school").get(pk=device.pk)
        side = _side(actor, locked, receiving)  # handed over or no longer offered since the page was opened
        _can_go(locked)
        move = Move(
            device=locked,
            kind=kind,
            giving_id=locked.school_id,
            receiving=receiving,
            reason=reason.strip()[:200],
            until=until if kind == MoveKind.LOAN else None,
            side=side,
            asked=clock.now(),
            asked_by_id=actor.account_id,
        )
        _insert(move)
        audit.record(actor, "programmes.move.asked", move, {"kind": str(kind), "side": str(side)})
        _tell(move, decider(move), gettext_noop("Another school asks about equipment: please answer."))
    return move


def _side(actor: Actor, device: Device, receiving: School) -> Side:
    """Return for which side the actor asks; whoever may not is refused."""
    side = side_of(actor, device.school, receiving)
    if side is None or (side == Side.RECEIVING and not device.offered):
        raise Forbidden(_("You may not ask for this move."))
    if receiving.pk == device.school_id:
        raise Refused(_("It is at this school already."))
    return side


def _can_go(device: Device) -> None:
    if device.state in {DeviceState.SCRAPPED, DeviceState.LENT}:
        raise Refused(_("It is %(state)s and cannot be moved now.") % {"state": device.get_state_display()})


def _insert(move: Move) -> None:
    try:
        with transaction.atomic():
            move.save()
    except IntegrityError:
        raise Refused(_("A move of this device is running already; it is finished first.")) from None


def decider(move: Move) -> School:
    """Return the school that agrees: the other side; the giving school where the district asks."""
    return move.receiving if move.side == Side.GIVING else move.giving


def may_decide(actor: Actor, move: Move) -> bool:
    """Whether the move waits for this actor's agreement."""
    return move.state == MoveState.ASKED and access.signs_for(actor, decider(move))


def may_send(actor: Actor, move: Move) -> bool:
    """Whether the actor may sign that it was given away."""
    return move.state == MoveState.AGREED and move.sent is None and access.signs_for(actor, move.giving)


def may_receive(actor: Actor, move: Move) -> bool:
    """Whether the actor may sign that it arrived."""
    waits = move.state == MoveState.AGREED and move.received is None
    return waits and access.signs_for(actor, move.receiving)


def may_withdraw(actor: Actor, move: Move) -> bool:
    """Whether the actor may take the request back: who asked, before anybody signed."""
    if move.state not in {MoveState.ASKED, MoveState.AGREED} or move.sent or move.received:
        return False
    return side_of(actor, move.giving, move.receiving) == move.side or access.keeps_everything(actor)


def may_take_back(actor: Actor, move: Move) -> bool:
    """Whether the actor may note that a loan came back: the owner."""
    is_out = move.kind == MoveKind.LOAN and move.state == MoveState.DONE
    return is_out and access.signs_for(actor, move.giving)


@contextmanager
def _move(move: Move, *states: MoveState) -> Iterator[Move]:
    with transaction.atomic():
        Device.objects.select_for_update().get(pk=move.device_id)
        locked = (
            Move.objects.select_for_update(of=("self",))
            .select_related("device", "giving", "receiving")
            .get(pk=move.pk)
        )
        if locked.state not in states:
            raise Refused(
                _("The move has gone on meanwhile (%(state)s); nothing was changed.")
                % {"state": locked.get_state_display()}
            )
        yield locked


def decide(*, actor: Actor, move: Move, agree: bool, words: str = "") -> Move:
    """Agree or refuse; a refusal says why."""
    with _move(move, MoveState.ASKED) as locked:
        if not may_decide(actor, locked):
            raise Forbidden(_("The other school answers this request."))
        if not agree and not words.strip():
            raise Refused(_("Say why, in a few words."))
        locked.state = MoveState.AGREED if agree else MoveState.REFUSED
        locked.decided, locked.decided_by_id, locked.words = (
            clock.now(),
            actor.account_id,
            words.strip()[:200],
        )
        locked.save()
        notices.resolve(about=locked.uid, kind=NOTICE)
        audit.record(actor, "programmes.move.decided", locked, {"agreed": agree})
        if agree:
            for school in (locked.giving, locked.receiving):
                _tell(locked, school, gettext_noop("Equipment is to be handed over: both schools sign."))
    return locked


def sign(*, actor: Actor, move: Move, side: Side) -> Move:
    """Sign for one side; with the second signature the device changes hands, in the same transaction."""
    with _move(move, MoveState.AGREED) as locked:
        allowed = may_send(actor, locked) if side == Side.GIVING else may_receive(actor, locked)
        if not allowed:
            raise Forbidden(_("This signature is not yours to give."))
        if side == Side.GIVING:
            locked.sent, locked.sent_by_id = clock.now(), actor.account_id
        else:
            locked.received, locked.received_by_id = clock.now(), actor.account_id
        if locked.sent and locked.received:
            _hand_over(locked)
        locked.save()
        audit.record(actor, "programmes.move.signed", locked, {"side": str(side)})
    return locked


def _hand_over(move: Move) -> None:
    device = move.device
    _can_go(device)
    device.room, device.offered = None, False
    if move.kind == MoveKind.LOAN:
        device.state, device.lent_to = DeviceState.LENT, move.receiving
    else:
        device.school, device.state = move.receiving, DeviceState.IN_STORE
    try:
        with transaction.atomic():
            device.save(update_fields=["room", "offered", "state", "lent_to", "school"])
    except IntegrityError:
        raise Refused(
            _(
                "The receiving school has an entry with the number %(number)s already; change one of the numbers."
            )
            % {"number": device.number}
        ) from None
    move.state, move.done = MoveState.DONE, clock.now()
    notices.resolve(about=move.uid, kind=NOTICE)


def take_back(*, actor: Actor, move: Move) -> Move:
    """Note that what was lent has come back."""
    with _move(move, MoveState.DONE) as locked:
        if not may_take_back(actor, locked):
            raise Forbidden(_("Only the owner notes that it came back."))
        locked.state, locked.returned, locked.returned_by_id = (
            MoveState.RETURNED,
            clock.now(),
            actor.account_id,
        )
        locked.save()
        device = locked.device
        device.state, device.lent_to = DeviceState.IN_STORE, None
        device.save(update_fields=["state", "lent_to"])
        notices.resolve(about=locked.uid)
        audit.record(actor, "programmes.move.returned", locked)
    return locked


def withdraw(*, actor: Actor, move: Move) -> Move:
    """Take a request back; nothing has moved."""
    with _move(move, MoveState.ASKED, MoveState.AGREED) as locked:
        if not may_withdraw(actor, locked):
            raise Forbidden(_("Only who asked may take it back, before anybody has signed."))
        locked.state = MoveState.WITHDRAWN
        locked.save(update_fields=["state"])
        notices.resolve(about=locked.uid, kind=NOTICE)
        audit.record(actor, "programmes.move.withdrawn", locked)
    return locked


def _tell(move: Move, school: School, message: str) -> None:
    notices.notify(
        kind=NOTICE,
        message=message,
        about=move.uid,
        roles=TOLD,
        school=school,
        url=reverse("programmes:move", args=[move.uid]),
    )
