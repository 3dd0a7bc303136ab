"""What may be done to accounts: make, close, reset, unlock; and the giving and lending of roles."""

import datetime as dt
from collections.abc import Sequence

from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from xuequ.core import audit
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import Account
from xuequ.district import roles
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Person, RoleAssignment, School, SchoolClass
from xuequ.kit.credentials import outside
from xuequ.systems.office.access import queries
from xuequ.systems.office.access.log_ins import end_all
from xuequ.systems.office.access.passwords import first_password, hash_of
from xuequ.systems.office.access.slips import Slip

KINDS = {"teachers": ("js", Role.TEACHER), "pupils": ("xs", Role.PUPIL), "guardians": ("jz", Role.GUARDIAN)}
"""Whom accounts are made for: the beginning of the login name (教师, 学生, 家长) and the role."""


def _require(actor: Actor, account: Account) -> None:
    if not queries.may_manage(actor, account):
        raise Forbidden(_("This account holds rights that your own role does not give, or it is your own."))


def make_accounts(
    *, actor: Actor, school: School, who: str, school_class: SchoolClass | None = None
) -> list[Slip]:
    """Make accounts for all of a school's (or class's) people who have none; the slips are the only copy of the
    first passwords. Raises Refused when everybody has one.
    """
    if not queries.schools(actor).filter(pk=school.pk).exists():
        raise Forbidden(_("You look after the accounts of another school."))
    people = list(queries.without_account(actor, school, who, school_class))
    if not people:
        raise Refused(_("Everybody there has an account already; there is nothing to print."))
    try:
        with transaction.atomic():
            slips = _insert(actor, school, who, school_class, people)
            data = {"who": who, "count": len(slips), "class": str(school_class.uid) if school_class else ""}
            audit.record(actor, "accounts.made", school, data)
    except IntegrityError as error:
        raise Refused(
            _("Somebody else is making accounts for this school just now; please try again.")
        ) from error
    return slips


def _insert(
    actor: Actor, school: School, who: str, school_class: SchoolClass | None, people: Sequence[Person]
) -> list[Slip]:
    prefix, role = KINDS[who]
    passwords = [first_password() for _person in people]
    accounts = Account.objects.bulk_create(
        [
            Account(username=name, password=hash_of(password), must_change_password=True)
            for name, password in zip(
                _login_names(f"{prefix}{school.code[-4:]}", len(people)), passwords, strict=True
            )
        ],
        batch_size=1000,
    )
    for person, account in zip(people, accounts, strict=True):
        person.account = account
    Person.objects.bulk_update(people, ["account"], batch_size=1000)
    place = {"school": school} if role == Role.TEACHER else {}
    RoleAssignment.objects.bulk_create(
        [
            RoleAssignment(
                account=account, role=role, start=actor.day, granted_by_id=actor.account_id, **place
            )
            for account in accounts
        ],
        batch_size=1000,
    )
    where = f"{school} {school_class or ''}".strip()
    return [
        Slip(person.name, where, account.username, password)
        for person, account, password in zip(people, accounts, passwords, strict=True)
    ]


def _login_names(prefix: str, count: int) -> list[str]:
    """Return the next free names: ``xs1203-0457``. They say nothing of the person and stay when classes change."""
    taken = Account.objects.filter(username__startswith=f"{prefix}-").values_list("username", flat=True)
    last = max((int(tail) for name in taken if (tail := name.rpartition("-")[2]).isdecimal()), default=0)
    return [f"{prefix}-{number:04d}" for number in range(last + 1, last + count + 1)]


def reset_password(*, actor: Actor, account: Account) -> Slip:
    """Set a new first password and end all log-ins and connections with other apps, which somebody else may have
    made; returns the slip, which is the only copy.
    """
    _require(actor, account)
    password = first_password()
    with transaction.atomic():
        account.password, account.must_change_password, account.password_changed = (
            hash_of(password),
            True,
            None,
        )
        account.save(update_fields=["password", "must_change_password", "password_changed"])
        _forget_tries(account)
        outside.forget_all(actor=actor, account=account)
        end_all(account)
        audit.record(actor, "account.password_reset", account)
    return Slip(queries.name_of(account), "", account.username, password)


def set_open(*, actor: Actor, account: Account, is_open: bool) -> None:
    """Close an account, which ends its log-ins, or open it again; its roles and history stay."""
    _require(actor, account)
    with transaction.atomic():
        account.is_active = is_open
        account.save(update_fields=["is_active"])
        if not is_open:
            end_all(account)
        audit.record(actor, "account.reopened" if is_open else "account.closed", account)


def reset_factor(*, actor: Actor, account: Account) -> None:
    """Remove another's second factor, which was lost; log-ins end, and the owner is told at the next one."""
    _require(actor, account)
    with transaction.atomic():
        removed, _by_model = Authenticator.objects.filter(user=account).delete()
        if not removed:
            raise Refused(_("This account has no second factor."))
        end_all(account)
        audit.record(actor, "account.factor_reset", account, {"removed": removed})


def disconnect_apps(*, actor: Actor, account: Account) -> None:
    """End the connections of an account with other apps (a lost telephone), and its log-ins."""
    _require(actor, account)
    with transaction.atomic():
        if not outside.forget_all(actor=actor, account=account):
            raise Refused(_("This account is not connected with another app."))
        end_all(account)


def end_log_ins(*, actor: Actor, account: Account) -> int:
    """End all log-ins of an account."""
    _require(actor, account)
    with transaction.atomic():
        count = end_all(account)
        audit.record(actor, "account.log_ins_ended", account, {"count": count})
    return count


def unlock(*, actor: Actor, account: Account) -> None:
    """Open a login name that was closed after too many wrong passwords."""
    _require(actor, account)
    with transaction.atomic():
        _forget_tries(account)
        audit.record(actor, "account.unlocked", account)


def _forget_tries(account: Account) -> None:
    AccessAttempt.objects.filter(username=account.username.lower()).delete()


def give_role(
    *, actor: Actor, account: Account, role: Role, place: roles.Place, start: dt.date, end: dt.date | None
) -> RoleAssignment:
    """Give a role; see ``district.roles``."""
    return roles.give(actor=actor, account=account, role=role, place=place, start=start, end=end)


def end_role(*, actor: Actor, row: RoleAssignment, day: dt.date) -> None:
    """End a role on ``day``; when it ends at once, the log-ins end with it."""
    with transaction.atomic():
        roles.end(actor=actor, row=row, day=day)
        if day <= actor.day:
            end_all(row.account)
