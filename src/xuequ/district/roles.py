"""Giving, ending and lending of roles. A role is never deleted: it ends on a day, and its history stays."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from xuequ.core import audit
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import Account
from xuequ.district import policy
from xuequ.district.actors import Actor, Grant
from xuequ.district.choices import Role
from xuequ.district.models import Area, Dated, RoleAssignment, School, SchoolClass, Subject, Teacher

LONGEST_LOAN = dt.timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a role holds; nothing at all is the whole district."""

    area: Area | None = None
    school: School | None = None
    school_class: SchoolClass | None = None
    entry_year: int | None = None
    subject: Subject | None = None


def held(account: Account, day: dt.date) -> "QuerySet[RoleAssignment]":
    """Return the roles of an account on ``day`` and later, with their places; lent ones name the lender's row."""
    rows = RoleAssignment.objects.filter(account=account).exclude(end__lte=day)
    return rows.select_related(
        "area", "school", "school_class__school", "subject", "lent_from__account__person__identity"
    ).order_by("id")


def give(
    *,
    actor: Actor,
    account: Account,
    role: Role,
    place: Place,
    start: dt.date,
    end: dt.date | None = None,
) -> RoleAssignment:
    """Give a role on a place; raises Forbidden above one's own place, Refused where the place does not fit."""
    _refuse_misfit(role, place, start, end)
    row = RoleAssignment(
        account=account, role=role, start=start, end=end, granted_by_id=actor.account_id,
        area=place.area, school=place.school, school_class=place.school_class,
        entry_year=place.entry_year, subject=place.subject,
    )  # fmt: skip
    _require_right(actor, row)
    with transaction.atomic():
        if _same(row, held(account, start)):
            raise Refused(_("This account already holds the role there."))
        row.save()
        audit.record(actor, "role.given", row, {"account": str(account.uid), "role": str(role)})
    return row


def end(*, actor: Actor, row: RoleAssignment, day: dt.date) -> None:
    """End a role on ``day`` (from then on it does not hold); raises Forbidden where it was not the actor's to give."""
    _require_right(actor, row)
    with transaction.atomic():
        _close(row, day)
        audit.record(actor, "role.ended", row, {"account": str(row.account.uid), "role": row.role})


def lend(
    *, actor: Actor, row: RoleAssignment, borrower: Account, start: dt.date, end: dt.date
) -> RoleAssignment:
    """Lend one of one's own roles to a colleague until ``end``; the lender keeps it."""
    if row.account_id != actor.account_id or not policy.may_lend(actor, Grant.of(row)):
        raise Forbidden(_("Only a role of one's own can be lent, and not one that is lent already."))
    _refuse_loan(row, borrower, start, end)
    with transaction.atomic():
        loan = RoleAssignment(
            account=borrower, role=row.role, start=start, end=end, lent_from=row,
            granted_by_id=actor.account_id, area=row.area, school=row.school,
            school_class=row.school_class, entry_year=row.entry_year, subject=row.subject,
        )  # fmt: skip
        if _overlapping(loan):
            raise Refused(
                _("The role is already lent to this person in that time; it can be lent on from its end.")
            )
        loan.save()
        audit.record(actor, "role.lent", loan, {"account": str(borrower.uid), "role": row.role})
    return loan


def hand_back(*, actor: Actor, loan: RoleAssignment, day: dt.date) -> None:
    """End a loan: the borrower hands it back, or the lender takes it back."""
    lender = loan.lent_from
    if lender is None or actor.account_id not in {loan.account_id, lender.account_id}:
        raise Forbidden(_("Only the two who lent and borrowed a role can end it."))
    with transaction.atomic():
        _close(loan, day)
        audit.record(actor, "role.handed_back", loan, {"account": str(loan.account.uid), "role": loan.role})


def lent_by(actor: Actor) -> "QuerySet[RoleAssignment]":
    """Return what the actor has lent and is still, or will be, out."""
    rows = RoleAssignment.objects.filter(lent_from__account=actor.account_id).exclude(end__lte=actor.day)
    return rows.select_related("account__person__identity", "school", "school_class", "area", "subject")


def borrowed_by(actor: Actor) -> "QuerySet[RoleAssignment]":
    """Return what is, or will be, lent to the actor."""
    rows = RoleAssignment.objects.filter(account=actor.account_id, lent_from__isnull=False)
    return rows.exclude(end__lte=actor.day).select_related(
        "lent_from__account__person__identity", "school", "school_class", "area", "subject"
    )


def colleagues(actor: Actor, row: RoleAssignment) -> "QuerySet[Account]":
    """Return the open accounts to which ``row`` may be lent: staff of its school, or of the district."""
    found = Account.objects.filter(is_active=True).exclude(pk=row.account_id)
    roles = RoleAssignment.objects.filter(Dated.at(actor.day), lent_from=None)
    if row.school_id is not None:
        teachers = Teacher.objects.filter(school=row.school_id)
        staff = roles.filter(school=row.school_id, role__in=policy.SCHOOL_STAFF)
        at_school = Q(person__teacher__in=teachers.values("pk")) | Q(pk__in=staff.values("account"))
        return found.filter(at_school)
    office = roles.filter(school=None, role__in=policy.DISTRICT_ROLES | {Role.FINANCE})
    return found.filter(pk__in=office.values("account"))


def _require_right(actor: Actor, row: RoleAssignment) -> None:
    if actor.account_id is not None and row.account_id == actor.account_id:
        raise Forbidden(_("Nobody changes their own roles; ask a colleague of the data office."))
    if not policy.may_give(actor, Grant.of(row)):
        raise Forbidden(_("This role is above what your own role may give."))
    if row.role in policy.FAMILY and not Account.objects.filter(policy.accounts(actor), pk=row.account_id):
        raise Forbidden(_("This family belongs to another school."))


def _refuse_misfit(role: Role, place: Place, start: dt.date, end: dt.date | None) -> None:
    if end is not None and end <= start:
        raise Refused(_("The role must end after the day on which it begins."))
    if role in policy.SCHOOL_PLACE and place.school is None:
        raise Refused(_("Choose the school in which this role holds."))
    if role in policy.DISTRICT_PLACE and place.school is not None:
        raise Refused(_("This role holds in the district or an area, not in one school."))
    if role == Role.CLASS_TEACHER and place.school_class is None:
        raise Refused(_("Choose the class."))
    if role == Role.YEAR_HEAD and place.entry_year is None:
        raise Refused(_("Say the year in which the grade entered the school."))
    if place.school_class is not None and place.school_class.school_id != getattr(place.school, "pk", None):
        raise Refused(_("The class belongs to another school."))


def _refuse_loan(row: RoleAssignment, borrower: Account, start: dt.date, end: dt.date) -> None:
    lender = Actor.of(row.account, start)
    if end <= start:
        raise Refused(_("The role must end after the day on which it begins."))
    if end - start > LONGEST_LOAN:
        raise Refused(_("A role is lent for at most %(days)s days; after that it can be lent again.")
                      % {"days": LONGEST_LOAN.days})  # fmt: skip
    if not colleagues(lender, row).filter(pk=borrower.pk).exists():
        raise Refused(_("A role can be lent to a colleague of the same school or office only."))


def _same(row: RoleAssignment, rows: "QuerySet[RoleAssignment]") -> bool:
    place = {"area": row.area, "school": row.school, "school_class": row.school_class,
             "entry_year": row.entry_year, "subject": row.subject}  # fmt: skip
    return rows.filter(role=row.role, lent_from=None, **place).exists()


def _overlapping(loan: RoleAssignment) -> bool:
    assert loan.end is not None
    others = RoleAssignment.objects.filter(lent_from=loan.lent_from, account=loan.account, start__lt=loan.end)
    return others.exclude(end__lte=loan.start).exists()


def _close(row: RoleAssignment, day: dt.date) -> None:
    """End the row, and with it every loan of it; one that has not begun yet ends on the day of its beginning."""
    locked = RoleAssignment.objects.select_for_update().get(pk=row.pk)
    if locked.end is not None and locked.end <= day:
        raise Refused(_("This role has already ended."))
    for item in (locked, *RoleAssignment.objects.filter(lent_from=locked).exclude(end__lte=day)):
        item.end = max(day, item.start)
        item.save(update_fields=["end"])
