"""What the pages of approvals and of a class's ways in read."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from xuequ.core.figures import Text
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Dated, Guardianship, Pupil, SchoolClass
from xuequ.district.queries import listed_pupils
from xuequ.kit.approvals import queries as requests
from xuequ.kit.approvals.models import Case
from xuequ.kit.approvals.procedures import procedure_of
from xuequ.kit.credentials import bindings, classes
from xuequ.kit.credentials.choices import BindingState, KnockState
from xuequ.kit.credentials.models import Binding, BindingCode, Knock, LoginCard
from xuequ.record.models import ImportBatch

FAMILY = frozenset({Role.PUPIL, Role.GUARDIAN})


def may_enter(actor: Actor) -> bool:
    """Whether the actor is one of the staff, to any of whom a step may be handed."""
    return any(grant.role not in FAMILY for grant in actor.grants)


@dataclass(frozen=True, slots=True)
class Oldest:
    """What the home page says about the request that waits longest."""

    title: str
    since: str


def requests_of(actor: Actor) -> "dict[str, QuerySet[Case]]":
    """Return the requests that wait for the actor, and the actor's own that came back, for the home page's count."""
    if not may_enter(actor):
        return {}
    return {"requests": requests.waiting_for(actor), "returned": requests.returned_to(actor)}


def oldest(actor: Actor) -> Oldest | None:
    """Return the request that waits longest for the actor."""
    found = requests.waiting_for(actor).order_by("opened", "id").first()
    if found is None:
        return None
    return Oldest(requests.titles([found])[found.pk], f"{found.opened:%Y-%m-%d}")


@dataclass(frozen=True, slots=True)
class Listed:
    """A request as a list shows it."""

    case: Case
    title: str
    kind: Text
    step: Text
    place: str
    late: bool


def listed(cases: Sequence[Case], day: dt.date) -> list[Listed]:
    """Return requests with their titles and places, in the same order."""
    titles = requests.titles(cases)
    return [_listed(case, titles[case.pk], day) for case in cases]


def _listed(case: Case, title: str, day: dt.date) -> Listed:
    rules = procedure_of(case)
    step = rules.step(case.step).title if case.step else ""
    place = " · ".join(str(part) for part in (case.school, case.school_class) if part)
    return Listed(case, title, rules.title, step, place, case.due is not None and case.due < day)


def grouped(items: Sequence[Listed]) -> list[list[Listed]]:
    """Return the items by kind and step, each group in its order: like requests can be approved together."""
    groups: dict[tuple[str, int, str], list[Listed]] = defaultdict(list)
    for item in items:
        groups[item.case.procedure, item.case.version, item.case.step].append(item)
    return list(groups.values())


def chosen(actor: Actor, values: Sequence[str]) -> list[tuple[Case, int]]:
    """Return the requests of ticks (``uid:turn``) that wait for the actor, each with the turn that was shown."""
    turns: dict[UUID, int] = {}
    for value in values:
        uid, _colon, turn = value.partition(":")
        try:
            turns[UUID(uid)] = int(turn)
        except ValueError:
            continue
    rows = requests.waiting_for(actor).filter(uid__in=turns)
    return [(case, turns[case.uid]) for case in rows]


def printed_classes(actor: Actor) -> "QuerySet[SchoolClass]":
    """Return the classes for which the actor prints, or whose pupils the actor lets in, that have pupils now."""
    own = Q(pk__in=classes.printed_by(actor).values("pk")) | Q(pk__in=classes.kept_by(actor).values("pk"))
    rows = SchoolClass.objects.filter(own).select_related("school")
    pupils = Count("enrolments", filter=Dated.at(actor.day, "enrolments__"))
    return rows.annotate(pupils=pupils).filter(pupils__gt=0).order_by("school__code", "-entry_year", "number")


def printed_class(actor: Actor, uid: UUID) -> SchoolClass | None:
    """Return a class for which the actor prints cards and letters."""
    return classes.printed_by(actor).filter(uid=uid).first()


def kept_class(actor: Actor, uid: UUID) -> SchoolClass | None:
    """Return a class whose pupils the actor lets in."""
    return classes.kept_by(actor).filter(uid=uid).first()


@dataclass(frozen=True, slots=True)
class PupilWays:
    """A pupil of the class with the card, the letter and the guardians who can sign in."""

    pupil: Pupil
    name: str
    card: dt.datetime | None
    letter: dt.datetime | None
    guardians: int


def ways_in(school_class: SchoolClass, actor: Actor, now: dt.datetime) -> list[PupilWays]:
    """Return the class list with what each has; the caller has checked that the actor prints for the class."""
    people = listed_pupils(Q(school_class=school_class), actor.day)
    keys = [item.pupil.pk for item in people]
    cards = dict(LoginCard.objects.filter(pupil__in=keys, revoked=None).values_list("pupil", "issued"))
    valid = BindingCode.objects.filter(pupil__in=keys, revoked=None, until__gt=now)
    letters = dict(valid.values_list("pupil", "until"))
    tied = Guardianship.objects.filter(Dated.at(actor.day), pupil__in=keys, guardian__account__is_active=True)
    guardians = Counter(tied.values_list("pupil", flat=True))
    return [
        PupilWays(
            item.pupil,
            item.name,
            cards.get(item.pupil.pk),
            letters.get(item.pupil.pk),
            guardians[item.pupil.pk],
        )
        for item in people
    ]


def ties(actor: Actor, school_class: SchoolClass) -> "QuerySet[Binding]":
    """Return the guardians who came by a letter and are tied to pupils of the class."""
    return bindings.of_class(actor, school_class)


def tie(actor: Actor, school_class: SchoolClass, uid: UUID) -> Binding | None:
    """Return one of the class's ties."""
    return bindings.of_class(actor, school_class).filter(uid=uid, state=BindingState.ACTIVE).first()


def knocks(actor: Actor, now: dt.datetime) -> "QuerySet[Knock]":
    """Return the pupils who wait at the doors of the actor's classes."""
    own = classes.kept_by(actor).values("pk")
    return Knock.objects.filter(state=KnockState.WAITING, until__gt=now, school_class__in=own)


def first_door(actor: Actor, now: dt.datetime) -> tuple[SchoolClass, int] | None:
    """Return the class of the actor at which most pupils wait, with their number; one query where nobody waits."""
    rows = knocks(actor, now)
    counted: dict[Any, int] = dict(rows.order_by().values_list("school_class").annotate(count=Count("pk")))
    if not counted:
        return None
    key = max(counted, key=lambda pk: counted[pk])
    return SchoolClass.objects.get(pk=key), counted[key]


def own_import(actor: Actor, uid: UUID) -> ImportBatch | None:
    """Return an import that the actor has made."""
    if actor.account_id is None:
        return None
    return ImportBatch.objects.filter(uid=uid, created_by=actor.account_id).first()
