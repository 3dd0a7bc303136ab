"""What may be read of accounts, their roles, locks and log-ins."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Q, QuerySet, Sum

from xuequ.core import clock
from xuequ.core.models import Account
from xuequ.district import policy, roles
from xuequ.district.actors import Actor, Grant
from xuequ.district.choices import Role
from xuequ.district.models import Dated, Person, RoleAssignment, School, SchoolClass
from xuequ.district.people import name_index


def accounts(
    actor: Actor, *, text: str = "", school: School | None = None, role: str = ""
) -> "QuerySet[Account]":
    """Return the accounts that the actor looks after; ``text`` is part of a login name or a person's whole name."""
    rows = Account.objects.filter(policy.accounts(actor)).select_related("person__identity")
    if text:
        rows = rows.filter(Q(username__icontains=text) | Q(person__identity__name_index=name_index(text)))
    if school is not None:
        held = RoleAssignment.objects.filter(Dated.at(actor.day), school=school).values("account")
        enrolled = Dated.at(actor.day, "person__pupil__enrolments__") & Q(
            person__pupil__enrolments__school=school
        )
        rows = rows.filter(Q(pk__in=held) | Q(person__teacher__school=school) | enrolled).distinct()
    if role:
        holders = RoleAssignment.objects.filter(Dated.at(actor.day), role=role)
        rows = rows.filter(pk__in=holders.values("account"))
    return rows.order_by("username")


def account(actor: Actor, uid: UUID) -> Account | None:
    """Return an account that the actor looks after."""
    return accounts(actor).filter(uid=uid).first()


def name_of(account: Account) -> str:
    """Return the name of the person who holds the account; empty when it belongs to nobody in the roster."""
    person = getattr(account, "person", None)
    return person.name if person is not None else ""


def may_manage(actor: Actor, account: Account) -> bool:
    """Whether the actor may act on this account, having it in the list and above it in rights."""
    grants = [Grant.of(row) for row in roles.held(account, actor.day)]
    return policy.may_manage(actor, account.pk, grants, account.is_superuser)


def schools(actor: Actor) -> "QuerySet[School]":
    """Return the schools whose accounts the actor looks after."""
    return School.objects.filter(policy.account_schools(actor), closed_on=None).order_by("code")


def school(actor: Actor, uid: UUID) -> School | None:
    """Return one of those schools."""
    return schools(actor).filter(uid=uid).first()


def classes_now(school: School, actor: Actor) -> "QuerySet[SchoolClass]":
    """Return the classes of a school that have pupils on the actor's day."""
    rows = SchoolClass.objects.filter(Dated.at(actor.day, "enrolments__"), school=school)
    return rows.distinct().order_by("-entry_year", "number")


def givable_roles(actor: Actor, school: School | None) -> list[Role]:
    """Return the roles that the actor may give in a school, or in the district."""
    elsewhere = policy.DISTRICT_PLACE if school else policy.SCHOOL_PLACE
    key = school.pk if school else None
    return [
        role for role in Role if role not in elsewhere and policy.may_give(actor, Grant(role, school_id=key))
    ]


def history(account: Account, actor: Actor) -> "QuerySet[RoleAssignment]":
    """Return the roles of an account that have ended, the latest first."""
    rows = RoleAssignment.objects.filter(account=account, end__lte=actor.day)
    return rows.select_related("area", "school", "school_class__school", "subject").order_by("-end", "-id")


def locked_names(names: Iterable[str] | None = None) -> set[str]:
    """Return the login names (in small letters) that are closed now after too many wrong passwords."""
    since = clock.now() - settings.AXES_COOLOFF_TIME
    rows = AccessAttempt.objects.filter(attempt_time__gte=since)
    if names is not None:
        rows = rows.filter(username__in=[name.lower() for name in names])
    counted = rows.order_by().values_list("username", "ip_address").annotate(sum=Sum("failures_since_start"))
    here: set[str] = set()
    anywhere: Counter[str] = Counter()
    for name, _address, failures in counted:
        if failures >= settings.AXES_FAILURE_LIMIT:
            here.add(name)
        anywhere[name] += failures
    return here | {
        name for name, failures in anywhere.items() if failures >= settings.XUEQU_FAILURES_ANYWHERE
    }


@dataclass(frozen=True, slots=True)
class Loan:
    """A lent role as its two sides see it."""

    row: RoleAssignment
    person: str


def lent(actor: Actor) -> list[Loan]:
    """Return what the actor has lent."""
    return [Loan(row, _called(row.account)) for row in roles.lent_by(actor)]


def borrowed(actor: Actor) -> list[Loan]:
    """Return what is lent to the actor."""
    return [Loan(row, _called(row.lent_from.account)) for row in roles.borrowed_by(actor) if row.lent_from]


def own_lendable(actor: Actor) -> list[RoleAssignment]:
    """Return the actor's own roles that may be lent."""
    return [row for row in actor.assignments if policy.may_lend(actor, Grant.of(row))]


def colleagues(actor: Actor, row: RoleAssignment) -> list[tuple[str, str]]:
    """Return uid and name of those to whom ``row`` may be lent, by name."""
    rows = roles.colleagues(actor, row).select_related("person__identity")
    found = [(str(item.uid), _called(item)) for item in rows]
    return sorted(found, key=lambda pair: pair[1])


def _called(account: Account) -> str:
    return name_of(account) or account.username


def without_account(
    actor: Actor, school: School, who: str, school_class: SchoolClass | None
) -> "QuerySet[Person]":
    """Return the people of a school (or class) who have no account: its teachers, pupils or guardians."""
    people = Person.objects.filter(account=None, identity__isnull=False).select_related("identity")
    if who == "teachers":
        return people.filter(teacher__school=school).order_by("pk")
    place = {"school_class": school_class} if school_class else {"school": school}
    if who == "pupils":
        now = Dated.at(actor.day, "pupil__enrolments__")
        at = {f"pupil__enrolments__{key}": value for key, value in place.items()}
        return people.filter(now, **at).distinct().order_by("pk")
    wards = Dated.at(actor.day, "wards__") & Dated.at(actor.day, "wards__pupil__enrolments__")
    at = {f"wards__pupil__enrolments__{key}": value for key, value in place.items()}
    return people.filter(wards, **at).distinct().order_by("pk")
