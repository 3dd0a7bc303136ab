"""Requests about one's data: a copy, a correction, erasure, an objection; who answers them, and until when."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district import erasure, policy, rules
from xuequ.district.actors import Actor
from xuequ.district.consent import (
    UNSETTLED,
    Erasure,
    ErasureGround,
    RequestKind,
    RequestState,
    RightsRequest,
    RightsStep,
)
from xuequ.district.models import Dated, Guardianship, Person, Pupil, School
from xuequ.district.presence import school_of

ANSWER_DAYS = "answer-days"
COPY_KEPT = dt.timedelta(days=30)
"""How long a family may fetch the copy that was granted."""


# About whom one may ask.


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody whose data the reader may ask about: oneself, or a child."""

    person: Person
    pupil: Pupil | None
    own: bool


def subjects(actor: Actor) -> list[Subject]:
    """Return about whom the actor may ask: the children first, then oneself. Two queries."""
    if actor.person_id is None:
        return []
    wards = Guardianship.objects.filter(Dated.at(actor.day), guardian=actor.person_id).values("pupil")
    pupils = Pupil.objects.filter(pk__in=wards).select_related("person__identity").order_by("id")
    me = Person.objects.select_related("identity", "pupil").get(pk=actor.person_id)
    own = Subject(me, getattr(me, "pupil", None), True)
    return [*(Subject(pupil.person, pupil, False) for pupil in pupils), own]


def subject(actor: Actor, key: object) -> Subject | None:
    """Return the person with this key if the actor may ask about them."""
    return next((item for item in subjects(actor) if item.person.key == key), None)


# Asking.


def ask(*, actor: Actor, person: Person, kind: RequestKind, text: str = "") -> RightsRequest:
    """Store what the person, or a guardian for a child, asks; a second open request of the kind is refused."""
    if person.pk not in {item.person.pk for item in subjects(actor)}:
        raise Forbidden(_("You may ask about yourself and about your own children."))
    return _open(actor, person, kind, text, asked_by_id=actor.person_id, received=False)


def write_down(*, actor: Actor, person: Person, kind: RequestKind, text: str = "") -> RightsRequest:
    """Store what somebody asked at the counter, by telephone or in a letter."""
    if not may_write_down(actor, person):
        raise Forbidden(_("Requests are written down by the person's school or the district's data office."))
    return _open(actor, person, kind, text, asked_by_id=None, received=True)


def may_write_down(actor: Actor, person: Person) -> bool:
    """Whether the actor takes requests about this person."""
    if policy.handles_rights(actor):
        return True
    own = School.objects.filter(policy.roster_schools(actor))
    school = school_of(person, actor.day)
    return school is not None and own.filter(pk=school).exists()


def _open(
    actor: Actor, person: Person, kind: RequestKind, text: str, *, asked_by_id: int | None, received: bool
) -> RightsRequest:
    if kind in {RequestKind.CORRECTION, RequestKind.OBJECTION} and not text.strip():
        raise Refused(_("Please say in a sentence what is wrong, or what you object to."))
    days = rules.in_force(ANSWER_DAYS, actor.day)
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)
        if RightsRequest.objects.filter(person=person, kind=kind, state__in=UNSETTLED).exists():
            raise Refused(_("Such a request is already waiting for an answer."))
        row = RightsRequest.objects.create(
            person=person,
            asked_by_id=asked_by_id,
            school_id=school_of(person, actor.day),
            kind=kind,
            text=text.strip(),
            asked=clock.now(),
            due=rules.later(actor.day, days.value, days.rule.unit),
            received_by_id=actor.account_id if received else None,
        )
        _step(row, actor, RequestState.OPEN)
        audit.record(actor, "rights.asked", row, {"kind": str(kind), "person": str(person.key)})
    return row


def withdraw(*, actor: Actor, request: RightsRequest) -> None:
    """Take one's own request back."""
    if actor.person_id is None or actor.person_id not in {request.asked_by_id, request.person_id}:
        raise Forbidden(_("Only who asked takes a request back."))
    _settle(actor, request, RequestState.WITHDRAWN, "")


def own_requests(actor: Actor, person: Person) -> "QuerySet[RightsRequest]":
    """Return the requests about a person whom the actor may ask about, newest first."""
    if person.pk not in {item.person.pk for item in subjects(actor)}:
        return RightsRequest.objects.none()
    return RightsRequest.objects.filter(person=person).order_by("-id")


# Answering.


def handles(actor: Actor) -> bool:
    """Whether the actor answers requests: the district's data office all, a school's office its own people's."""
    return policy.handles_rights(actor) or bool(actor.schools_of(policy.ROSTER_KEEPERS))


def requests(actor: Actor) -> "QuerySet[RightsRequest]":
    """Return the requests that the actor answers, the most urgent first; never those about oneself."""
    rows = RightsRequest.objects.select_related("person__identity", "school", "handled_by")
    if not policy.handles_rights(actor):
        own = School.objects.filter(policy.roster_schools(actor))
        # A teacher's request about the own school goes to the district.
        rows = rows.filter(school__in=own.values("pk"), person__pupil__isnull=False)
    if actor.person_id is not None:
        rows = rows.exclude(Q(person=actor.person_id) | Q(asked_by=actor.person_id))
    return rows.order_by("closed", "due", "id")


def open_requests(actor: Actor) -> "QuerySet[RightsRequest]":
    """Return those that still wait for an answer."""
    return requests(actor).filter(state__in=UNSETTLED)


def _check_handler(actor: Actor, request: RightsRequest) -> None:
    if not requests(actor).filter(pk=request.pk).exists():
        raise Forbidden(_("This request is answered by somebody else."))


def answer(*, actor: Actor, request: RightsRequest, text: str) -> None:
    """Answer a request as asked: the copy may be fetched, the correction was made, the use was stopped.

    An erasure is answered by erasing (``grant_erasure``) or refusing.
    """
    _check_handler(actor, request)
    if request.kind == RequestKind.ERASURE:
        raise Refused(_("A request for erasure is answered by erasing, postponing or refusing."))
    _settle(actor, request, RequestState.DONE, text)


def refuse(*, actor: Actor, request: RightsRequest, text: str) -> None:
    """Refuse a request; the answer has to say why and where to complain."""
    _check_handler(actor, request)
    if not text.strip():
        raise Refused(_("A refusal needs its reason."))
    _settle(actor, request, RequestState.REFUSED, text)


def postpone(*, actor: Actor, request: RightsRequest, text: str) -> None:
    """Postpone an erasure until the day on which the law no longer holds the data; raises Refused when nothing does."""
    _check_handler(actor, request)
    found = erasure.plan(request.person, actor.day)
    if not found.holds:
        raise Refused(_("Nothing holds these data any more: they can be erased now."))
    with transaction.atomic():
        row = _locked(request)
        row.state, row.answer, row.handled_by_id = RequestState.POSTPONED, text.strip(), actor.account_id
        until = found.postponed_until
        row.due = until or row.due
        row.save(update_fields=["state", "answer", "handled_by", "due"])
        _step(row, actor, RequestState.POSTPONED, until.isoformat() if until else "")
        audit.record(actor, "rights.postponed", row)
    request.refresh_from_db()


def grant_erasure(*, actor: Actor, request: RightsRequest) -> Erasure:
    """Erase the person as asked and close the request; its words go with the person."""
    _check_handler(actor, request)
    if request.kind != RequestKind.ERASURE or not request.is_open:
        raise Refused(_("No erasure is asked for here."))
    with transaction.atomic():
        _settle(actor, request, RequestState.DONE, "")
        return erasure.erase(actor=actor, person=request.person, ground=ErasureGround.REQUEST)


def _settle(actor: Actor, request: RightsRequest, state: RequestState, text: str) -> None:
    with transaction.atomic():
        row = _locked(request)
        row.state, row.answer, row.closed = state, text.strip(), clock.now()
        row.handled_by_id = actor.account_id
        row.save(update_fields=["state", "answer", "closed", "handled_by"])
        _step(row, actor, state)
        audit.record(actor, f"rights.{state}", row, {"kind": row.kind})
    request.refresh_from_db()


def _locked(request: RightsRequest) -> RightsRequest:
    row = RightsRequest.objects.select_for_update().get(pk=request.pk)
    if not row.is_open:
        raise Refused(_("This request has been settled already."))
    return row


def _step(row: RightsRequest, actor: Actor, state: RequestState, note: str = "") -> None:
    RightsStep.objects.create(
        request=row, at=clock.now(), account_id=actor.account_id, state=state, note=note
    )


def copy_may_be_fetched(request: RightsRequest, at: dt.datetime) -> bool:
    """Whether the copy that was asked for may be fetched by the family now."""
    granted = request.kind == RequestKind.ACCESS and request.state == RequestState.DONE
    return granted and request.closed is not None and at < request.closed + COPY_KEPT


def waiting(rows: Iterable[RightsRequest], day: dt.date) -> int:
    """Count the requests whose day has come or is over."""
    return sum(row.is_open and row.due <= day for row in rows)
