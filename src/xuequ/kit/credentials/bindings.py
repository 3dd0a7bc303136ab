"""Guardians' ties to children: a paper code and the child's name ask for one, the school's word makes it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Relation, Role
from xuequ.district.models import (
    Dated,
    Enrolment,
    Guardianship,
    Identity,
    Person,
    Pupil,
    RoleAssignment,
    SchoolClass,
)
from xuequ.district.people import name_index
from xuequ.kit.approvals.actions import open_case
from xuequ.kit.approvals.models import Case
from xuequ.kit.credentials import cards, classes, codes, throttle
from xuequ.kit.credentials.choices import BindingState
from xuequ.kit.credentials.models import Binding, BindingCode

VALID = dt.timedelta(days=60)
GUARDIANS = 2
"""How many guardians may use one code."""
PROCEDURE = "guardian-binding"


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A child's code, which exists on paper only."""

    pupil: Pupil
    secret: str
    until: dt.datetime


def issue(*, actor: Actor, school_class: SchoolClass, pupils: Sequence[Pupil]) -> list[IssuedCode]:
    """Make new codes for pupils of the class; codes that were printed for them earlier are void from now on."""
    cards.check_printer(actor, school_class)
    cards.check_in_class(actor, school_class, pupils)
    now = clock.now()
    issued = [IssuedCode(pupil, codes.new(codes.CODE), now + VALID) for pupil in pupils]
    with transaction.atomic():
        cards.lock(pupils)
        BindingCode.objects.filter(pupil__in=pupils, revoked=None).update(revoked=now)
        BindingCode.objects.bulk_create(
            BindingCode(
                pupil=code.pupil,
                secret=codes.digest("code", code.secret),
                issued=now,
                issued_by_id=actor.account_id,
                until=code.until,
            )
            for code in issued
        )
        audit.record(actor, "guardian-codes.issued", school_class, {"codes": len(issued)})
    return issued


@dataclass(frozen=True, slots=True)
class Claim:
    """What a guardian says: the code, whose it is, and what the guardian is to the child."""

    code: str
    child: str
    relation: Relation
    address: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A guardian who has no account yet. Without a password the login opens with one that the school gives."""

    name: str
    phone: str
    username: str
    password: str | None


class UsernameTaken(Refused):
    """Somebody else has this login name."""


def _nobody(day: dt.date) -> Actor:
    return Actor(account_id=None, person_id=None, day=day)


def find_code(claim: Claim, now: dt.datetime) -> BindingCode:
    """Return the valid code of a claim. One answer for a wrong code, a wrong name and a code that is used up.

    Raises ``TooMany`` after many wrong ones from one address or with one beginning.
    """
    typed = codes.plain(claim.code)
    keys: throttle.Keys = (
        (throttle.CODE_BY_ADDRESS, claim.address),
        (throttle.CODE_BY_BEGINNING, typed[:3]),
    )
    throttle.check(keys, now)
    found = _matching(typed, claim.child, now)
    if found is None or found.bindings.exclude(state=BindingState.REFUSED).count() >= GUARDIANS:
        throttle.count_wrong(keys, now)
        raise Refused(
            _(
                "This code and this child's name do not belong together, or the code is no longer valid. "
                "Look at the letter once more, or ask the class teacher for a new one."
            )
        )
    return found


def _matching(typed: str, child: str, now: dt.datetime) -> BindingCode | None:
    rows = BindingCode.objects.filter(secret=codes.digest("code", typed), revoked=None, until__gt=now)
    return rows.filter(pupil__person__identity__name_index=name_index(child)).first()


def ask_as_newcomer(*, claim: Claim, newcomer: Newcomer, day: dt.date) -> Binding:
    """Make a closed account for a guardian and ask the school to open it.

    Raises Refused or TooMany for the code, UsernameTaken for the login name; then nothing is kept.
    """
    code = find_code(claim, clock.now())
    if (
        _known_guardians(code.pupil, name_index(newcomer.name), day)
        .filter(guardian__account__isnull=False)
        .exists()
    ):
        raise Refused(
            _(
                "There is already a login for this guardian. Sign in with it, "
                "or ask the school's data officer for a new password."
            )
        )
    with transaction.atomic():
        code = _free_code(code)
        account = _closed_account(newcomer)
        person = Person.objects.create(account=account)
        Identity.of(person, name=newcomer.name, details={"phone": newcomer.phone}).save()
        return _ask(_nobody(day), code, person, account, claim.relation, is_new=True)


def _free_code(code: BindingCode) -> BindingCode:
    """Lock the code, so that two who use its last place at once come one after the other."""
    locked = BindingCode.objects.select_for_update().get(pk=code.pk)
    used = locked.bindings.exclude(state=BindingState.REFUSED).count()
    if locked.revoked is not None or used >= GUARDIANS:
        raise Refused(
            _("This code has just been used by somebody else. Ask the class teacher for a new letter.")
        )
    return locked


def _closed_account(newcomer: Newcomer) -> Account:
    try:
        with transaction.atomic():
            return Account.objects.create_user(
                newcomer.username, newcomer.password, is_active=False, password_changed=clock.now()
            )
    except IntegrityError:
        raise UsernameTaken(_("Somebody already has this login name; choose another one.")) from None


def ask_as_guardian(*, actor: Actor, claim: Claim) -> Binding:
    """Ask for another child with an account that one has already."""
    if actor.person_id is None or actor.account_id is None or actor.has(Role.PUPIL):
        raise Forbidden(_("This account cannot be tied to a child."))
    code = find_code(claim, clock.now())
    own = Binding.objects.filter(pupil=code.pupil, person=actor.person_id)
    if own.filter(state=BindingState.PENDING).exists():
        raise Refused(_("You have already asked for this child; the class teacher has been told."))
    wards = Guardianship.objects.filter(Dated.at(actor.day), guardian_id=actor.person_id, pupil=code.pupil)
    if wards.exists():
        raise Refused(_("This child is already yours here."))
    with transaction.atomic():
        code = _free_code(code)
        person = Person.objects.get(pk=actor.person_id)
        account = Account.objects.get(pk=actor.account_id)
        return _ask(actor, code, person, account, claim.relation, is_new=False)


def _ask(
    actor: Actor, code: BindingCode, person: Person, account: Account, relation: Relation, *, is_new: bool
) -> Binding:
    place = _place_of(code.pupil, actor.day)
    binding = Binding.objects.create(
        code=code,
        pupil=code.pupil,
        person=person,
        account=account,
        relation=relation,
        is_new=is_new,
        asked=clock.now(),
    )
    audit.record(actor, "guardian.asked", binding, {"new": is_new})
    open_case(
        actor=actor,
        procedure=PROCEDURE,
        about=binding,
        school=place.school,
        school_class=place.school_class,
    )
    return binding


def _place_of(pupil: Pupil, day: dt.date) -> Enrolment:
    rows = Enrolment.objects.filter(Dated.at(day), pupil=pupil).select_related(
        "school", "school_class__school"
    )
    found = rows.order_by("-start", "-id").first()
    if found is None:
        raise Refused(_("This child is not at a school of the district at present; ask the school."))
    return found


def _known_guardians(pupil: Pupil, index: str, day: dt.date) -> "QuerySet[Guardianship]":
    """Guardians of the child whom the roster knows by this name."""
    rows = Guardianship.objects.filter(Dated.at(day), pupil=pupil, guardian__identity__name_index=index)
    return rows.order_by("pk")


def open_door(*, case: Case, actor: Actor) -> None:
    """Tie the guardian to the child and open the login: what an approval does."""
    binding = _pending(case.about_uid)
    day = actor.day
    if binding.person is None or binding.account is None or getattr(binding.person, "identity", None) is None:
        raise Refused(_("This guardian's data have been erased meanwhile; refuse the request."))
    known = _known_guardians(binding.pupil, binding.person.identity.name_index, day).first()
    if known is not None and binding.is_new:
        _attach_to_known(binding, known)
    elif known is not None and known.guardian_id != binding.person_id:
        # The same guardian, listed once more for this child: from now on it is the one who signs in.
        known.end = day
        known.save(update_fields=["end"])
        binding.guardianship = _tie(binding, Relation(known.relation), day)
    else:
        binding.guardianship = known or _tie(binding, Relation(binding.relation), day)
    _open_account(binding, case, actor)
    binding.state, binding.decided = BindingState.ACTIVE, clock.now()
    binding.save()
    audit.record(actor, "guardian.confirmed", binding, {"known": known is not None})


def _pending(uid: UUID) -> Binding:
    rows = Binding.objects.select_for_update(of=("self",)).select_related(
        "person__identity", "account", "pupil"
    )
    binding = rows.filter(uid=uid, state=BindingState.PENDING).first()
    if binding is None:
        raise Refused(_("This request has been decided already."))
    return binding


def _tie(binding: Binding, relation: Relation, day: dt.date) -> Guardianship:
    assert binding.person is not None
    return Guardianship.objects.create(
        guardian=binding.person, pupil=binding.pupil, relation=relation, start=day
    )


def _attach_to_known(binding: Binding, known: Guardianship) -> None:
    """Give the account to the guardian whom the roster knows; the person made for the request goes."""
    assert binding.person is not None
    person = Person.objects.select_for_update().get(pk=known.guardian_id)
    if person.account_id is not None:
        raise Refused(_("This guardian has a login already; refuse the request and help with the password."))
    asked = binding.person
    phone = asked.identity.fields.get("phone", "")
    asked.account = None
    asked.save(update_fields=["account"])
    person.account = binding.account
    person.save(update_fields=["account"])
    _add_phone(person, phone)
    binding.person, binding.guardianship = person, known
    binding.save(update_fields=["person", "guardianship"])
    asked.delete()


def _add_phone(person: Person, phone: str) -> None:
    """Add the telephone number that the guardian gave, where the roster knows none."""
    identity = person.identity
    fields = dict(identity.fields)
    if not phone or fields.get("phone"):
        return
    name, number = fields.pop("name"), fields.pop("number")
    Identity.of(person, name=name, number=number, details={**fields, "phone": phone}).save(force_update=True)


def _open_account(binding: Binding, case: Case, actor: Actor) -> None:
    account = binding.account
    assert account is not None
    if binding.is_new:
        account.is_active = True
        account.save(update_fields=["is_active"])
    held = RoleAssignment.objects.filter(Dated.at(actor.day), account=account, role=Role.GUARDIAN)
    if not held.exists():
        RoleAssignment.objects.create(
            account=account,
            role=Role.GUARDIAN,
            school_class=case.school_class,
            start=actor.day,
            granted_by_id=actor.account_id,
        )


def remove_request(*, case: Case, actor: Actor) -> None:
    """Forget a guardian whom the school refused, with the account that was made: what a refusal does."""
    binding = _pending(case.about_uid)
    person, account, is_new = binding.person, binding.account, binding.is_new
    binding.state, binding.decided = BindingState.REFUSED, clock.now()
    if is_new:
        binding.person, binding.account = None, None
    binding.save()
    audit.record(actor, "guardian.refused", binding)
    if is_new and person is not None:
        person.delete()
    if is_new and account is not None:
        account.delete()


def end(*, actor: Actor, binding: Binding) -> None:
    """End a guardian's tie to a child from today; the guardian may, and the school."""
    with transaction.atomic():
        locked = (
            Binding.objects.select_for_update(of=("self",)).select_related("guardianship").get(pk=binding.pk)
        )
        if not may_end(actor, locked):
            raise Forbidden(_("Only the guardian or the school can end this."))
        if locked.state != BindingState.ACTIVE:
            raise Refused(_("This has ended already."))
        locked.state, locked.ended = BindingState.ENDED, clock.now()
        locked.save(update_fields=["state", "ended"])
        if locked.guardianship is not None:
            locked.guardianship.end = max(actor.day, locked.guardianship.start)
            locked.guardianship.save(update_fields=["end"])
        _end_role(locked, actor.day)
        audit.record(actor, "guardian.ended", locked)


def _end_role(binding: Binding, day: dt.date) -> None:
    """A guardian without a child here is no guardian here."""
    if Guardianship.objects.filter(Dated.at(day), guardian=binding.person_id).exists():
        return
    roles = RoleAssignment.objects.filter(Dated.at(day), account=binding.account_id, role=Role.GUARDIAN)
    roles.update(end=day)


def may_end(actor: Actor, binding: Binding) -> bool:
    """Whether the actor is the guardian, or keeps the papers of the child's class."""
    if actor.account_id is not None and actor.account_id == binding.account_id:
        return True
    rows = Enrolment.objects.filter(Dated.at(actor.day), pupil=binding.pupil_id)
    return classes.printed_by(actor).filter(pk__in=rows.values("school_class")).exists()


def of_guardian(actor: Actor) -> "QuerySet[Binding]":
    """Return the actor's own ties and requests, with the children's names; what was refused or ended is over."""
    if actor.account_id is None:
        return Binding.objects.none()
    running = [BindingState.PENDING, BindingState.ACTIVE]
    rows = Binding.objects.filter(account_id=actor.account_id, state__in=running)
    return rows.select_related("pupil__person__identity").order_by("id")


def of_class(actor: Actor, school_class: SchoolClass) -> "QuerySet[Binding]":
    """Return the guardians who are tied to pupils of a class for which the actor prints letters."""
    mine = classes.printed_by(actor).filter(pk=school_class.pk)
    pupils = Enrolment.objects.filter(Dated.at(actor.day), school_class__in=mine.values("pk")).values("pupil")
    rows = Binding.objects.filter(pupil__in=pupils, state=BindingState.ACTIVE)
    return rows.select_related("person__identity", "pupil__person__identity").order_by("pupil_id", "id")
