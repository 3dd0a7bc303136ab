"""Pupils' cards: printing makes the secrets, showing a card knocks, a teacher's word opens the door once."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Dated, Enrolment, Person, Pupil, RoleAssignment, SchoolClass
from xuequ.kit.credentials import classes, codes, throttle
from xuequ.kit.credentials.choices import KnockState
from xuequ.kit.credentials.models import Attempt, Knock, LoginCard

WAIT = dt.timedelta(minutes=2)
"""How long a teacher has to let a pupil in, and the browser to come in then."""
KEPT = dt.timedelta(days=1)
KNOCKS = 12
"""How often one card may knock within ten minutes."""
SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A card with its secret, which exists on paper only."""

    pupil: Pupil
    secret: str


def issue(*, actor: Actor, school_class: SchoolClass, pupils: Sequence[Pupil]) -> list[IssuedCard]:
    """Make new cards for pupils of the class; their earlier cards are void from now on."""
    check_printer(actor, school_class)
    check_in_class(actor, school_class, pupils)
    issued = [IssuedCard(pupil, codes.new(codes.CARD)) for pupil in pupils]
    now = clock.now()
    with transaction.atomic():
        lock(pupils)
        LoginCard.objects.filter(pupil__in=pupils, revoked=None).update(revoked=now)
        LoginCard.objects.bulk_create(
            LoginCard(
                pupil=card.pupil,
                secret=codes.digest("card", card.secret),
                issued=now,
                issued_by_id=actor.account_id,
            )
            for card in issued
        )
        audit.record(actor, "cards.issued", school_class, {"cards": len(issued)})
    return issued


def revoke(*, actor: Actor, school_class: SchoolClass, pupils: Sequence[Pupil]) -> int:
    """Make the cards of these pupils void; return how many were valid."""
    check_printer(actor, school_class)
    check_in_class(actor, school_class, pupils)
    with transaction.atomic():
        count = LoginCard.objects.filter(pupil__in=pupils, revoked=None).update(revoked=clock.now())
        audit.record(actor, "cards.revoked", school_class, {"cards": count})
    return count


def lock(pupils: Sequence[Pupil]) -> None:
    """Two who print the same class at once come one after the other."""
    list(Pupil.objects.select_for_update().filter(pk__in=[p.pk for p in pupils]).order_by("pk").values("pk"))


def check_printer(actor: Actor, school_class: SchoolClass) -> None:
    if not actor.is_system and not classes.printed_by(actor).filter(pk=school_class.pk).exists():
        raise Forbidden(_("Cards and letters are printed by the class teacher or the school's office."))


def check_in_class(actor: Actor, school_class: SchoolClass, pupils: Sequence[Pupil]) -> None:
    if not pupils:
        raise Refused(_("Please tick at least one pupil."))
    there = Enrolment.objects.filter(Dated.at(actor.day), school_class=school_class, pupil__in=pupils)
    if there.values("pupil").distinct().count() != len({pupil.pk for pupil in pupils}):
        raise Refused(_("Some of these pupils are no longer in the class; load the page again."))


def knock(*, secret: str, address: str, day: dt.date) -> Knock:
    """Begin to wait with a card that was shown; Refused for a wrong or void one, TooMany after many of them."""
    now, typed = clock.now(), codes.plain(secret)
    if not codes.is_well_formed(typed, codes.CARD):
        raise Refused(_("This is not a login card, or a letter was mistyped. Please look at it once more."))
    keys: throttle.Keys = ((throttle.CARD_BY_ADDRESS, address),)
    throttle.check(keys, now)
    card, place = _card_and_place(typed, day)
    if card is None or place is None:
        throttle.count_wrong(keys, now)
        raise Refused(_("This card is no longer valid. Please ask your class teacher for a new one."))
    return _knock(card, place, now, day)


def _card_and_place(typed: str, day: dt.date) -> tuple[LoginCard | None, SchoolClass | None]:
    card = LoginCard.objects.filter(secret=codes.digest("card", typed), revoked=None).first()
    if card is None:
        return None, None
    rows = Enrolment.objects.filter(Dated.at(day), pupil=card.pupil_id, school_class__isnull=False)
    enrolment = rows.select_related("school_class").order_by("-start", "-id").first()
    return card, enrolment.school_class if enrolment is not None else None


def forget_yesterday(now: dt.datetime) -> None:
    """Delete wishes to come in and wrong attempts that are older than a day."""
    Knock.objects.filter(at__lt=now - KEPT).delete()
    Attempt.objects.filter(at__lt=now - KEPT).delete()


def _knock(card: LoginCard, place: SchoolClass, now: dt.datetime, day: dt.date) -> Knock:
    with transaction.atomic():
        recent = Knock.objects.filter(card=card, at__gt=now - dt.timedelta(minutes=10))
        if recent.count() >= KNOCKS:
            raise throttle.TooMany(_("This card was shown very often just now. Please wait ten minutes."))
        # Whoever shows the card again has left the earlier machine.
        Knock.objects.filter(card=card, state=KnockState.WAITING).update(state=KnockState.TURNED_AWAY)
        row = Knock.objects.create(card=card, school_class=place, at=now, until=now + WAIT)
        nobody = Actor(account_id=None, person_id=None, day=day)
        audit.record(nobody, "card.shown", card, {"class": str(place.uid)})
    return row


def let_in(*, actor: Actor, school_class: SchoolClass, knocks: Sequence[str]) -> int:
    """Let the pupils in who wait with these knocks (uids) at this class; return how many."""
    return _decide(actor, school_class, knocks, KnockState.CONFIRMED, "card.confirmed")


def turn_away(*, actor: Actor, school_class: SchoolClass, knocks: Sequence[str]) -> int:
    """Turn away who waits with these knocks; return how many."""
    return _decide(actor, school_class, knocks, KnockState.TURNED_AWAY, "card.turned_away")


def _decide(
    actor: Actor, school_class: SchoolClass, knocks: Sequence[str], state: KnockState, verb: str
) -> int:
    if not classes.kept_by(actor).filter(pk=school_class.pk).exists():
        raise Forbidden(_("Pupils are let in by the class teacher or by those who teach the class."))
    now = clock.now()
    with transaction.atomic():
        rows = Knock.objects.filter(
            school_class=school_class, uid__in=knocks, state=KnockState.WAITING, until__gt=now
        )
        # The browser asks every two seconds, and has as long again to come in.
        count = rows.update(state=state, decided_by=actor.account_id, until=now + WAIT)
        if count:
            audit.record(actor, verb, school_class, {"pupils": count})
    return count


def enter(*, knock_uid: str, day: dt.date) -> Account | None:
    """Return the account of the pupil who was let in, once; None while waiting, Refused when it is over."""
    now = clock.now()
    with transaction.atomic():
        rows = Knock.objects.select_for_update(of=("self",)).select_related("card__pupil__person")
        row = rows.filter(uid=knock_uid).first()
        if row is None or row.until <= now or row.state in {KnockState.TURNED_AWAY, KnockState.USED}:
            raise Refused(_("Nobody let you in. Tell your teacher, and show your card once more."))
        if row.state == KnockState.WAITING:
            return None
        account = _account_of(row.card, row.school_class, day)
        row.state = KnockState.USED
        row.save(update_fields=["state"])
        pupil = Actor(account_id=account.pk, person_id=row.card.pupil.person_id, day=day)
        audit.record(pupil, "card.signed_in", row.card)
    return account


def _account_of(card: LoginCard, school_class: SchoolClass, day: dt.date) -> Account:
    """Return the pupil's open account; Refused when the card or the account was closed meanwhile."""
    person = Person.objects.select_for_update().get(pk=card.pupil.person_id)
    account = Account.objects.filter(person=person).first() or _make_account(person, school_class, day)
    if card.revoked is not None or not account.is_active:
        raise Refused(_("This card is no longer valid. Please ask your class teacher for a new one."))
    return account


def _make_account(person: Person, school_class: SchoolClass, day: dt.date) -> Account:
    """Make an account without a password: the card is this pupil's way in."""
    login = f"p-{get_random_string(10, codes.ALPHABET.lower())}"
    account = Account.objects.create(username=login, password=make_password(None))
    person.account = account
    person.save(update_fields=["account"])
    RoleAssignment.objects.create(account=account, role=Role.PUPIL, school_class=school_class, start=day)
    return account


def seconds_of_session(now: dt.datetime, hours: float, day_ends: dt.time) -> int:
    """Return how long a card's session lasts: some hours, and not beyond the end of the school day (at least ten
    minutes, for those who stay longer).
    """
    local = now.astimezone(SHANGHAI)
    evening = dt.datetime.combine(local.date(), day_ends, SHANGHAI)
    return int(max(600, min(hours * 3600, (evening - local).total_seconds())))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pupil who wants in, as the teacher sees it."""

    uid: str
    name: str
    seconds: int


def who_waits(actor: Actor, school_class: SchoolClass, now: dt.datetime) -> list[Waiting]:
    """Return who waits at this class, first come first; the caller has checked that the actor keeps its door."""
    rows = Knock.objects.filter(school_class=school_class, state=KnockState.WAITING, until__gt=now)
    found = rows.select_related("card__pupil__person__identity").order_by("id")
    return [
        Waiting(str(row.uid), row.card.pupil.person.name, int((row.until - now).total_seconds()))
        for row in found
    ]
