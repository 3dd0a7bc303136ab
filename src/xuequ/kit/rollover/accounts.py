"""Closes the accounts of pupils who left, and of guardians of whom no child remains."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from xuequ.core.models import Account
from xuequ.district.choices import Role
from xuequ.district.journal import Journal, snapshot
from xuequ.district.models import Enrolment, Guardianship, Person, RoleAssignment

FAMILY = (Role.PUPIL, Role.GUARDIAN)
PIECE = 500


@dataclass(frozen=True, slots=True)
class Departed:
    """Pupils (primary keys) who left the district, as far as the roster knows."""

    pupils: Sequence[int]


def close_accounts(departed: Departed, day: dt.date, journal: Journal) -> int:
    """End the family roles of those who left from ``day``, and close accounts that are left without any role.

    Whoever is enrolled somewhere on ``day`` or later keeps everything. Returns how many accounts were closed.
    """
    closed = 0
    for piece in _pieces(departed.pupils):
        gone = set(piece) - _enrolled(piece, day)
        people = set(
            Person.objects.filter(pupil__in=gone, account__isnull=False).values_list("pk", flat=True)
        )
        closed += _close(people | _guardians_left_alone(gone, day), day, journal)
    return closed


def _enrolled(pupils: Iterable[int], day: dt.date) -> set[int]:
    rows = Enrolment.objects.filter(Q(end=None) | Q(end__gt=day), pupil__in=list(pupils))
    return set(rows.values_list("pupil_id", flat=True))


def _guardians_left_alone(gone: set[int], day: dt.date) -> set[int]:
    """Return the guardians with an account none of whose children is enrolled any more."""
    lasting = Q(end=None) | Q(end__gt=day)
    own = Guardianship.objects.filter(lasting, pupil__in=gone, guardian__account__isnull=False)
    guardians = set(own.values_list("guardian_id", flat=True))
    rows = Guardianship.objects.filter(lasting, guardian__in=guardians).values_list("guardian_id", "pupil_id")
    children = list(rows)
    here = _enrolled({pupil for _guardian, pupil in children}, day)
    return guardians - {guardian for guardian, pupil in children if pupil in here}


def _close(people: set[int], day: dt.date, journal: Journal) -> int:
    accounts = {account.pk: account for account in Account.objects.filter(person__in=people, is_active=True)}
    if not accounts:
        return 0
    held = RoleAssignment.objects.filter(Q(end=None) | Q(end__gt=day), account__in=accounts)
    family = [row for row in held if row.role in FAMILY]
    others = {row.account_id for row in held if row.role not in FAMILY}
    _end(family, day, journal)
    closing = [account for pk, account in accounts.items() if pk not in others]
    changes = [(account, snapshot(account, ["is_active"])) for account in closing]
    for account in closing:
        account.is_active = False
    journal.update(changes)
    return len(closing)


def _end(rows: Sequence[RoleAssignment], day: dt.date, journal: Journal) -> None:
    begun = [row for row in rows if row.start < day]
    changes = [(row, snapshot(row, ["end"])) for row in begun]
    for row in begun:
        row.end = day
    journal.update(changes)


def _pieces(keys: Sequence[int]) -> Iterable[Sequence[int]]:
    return (keys[start : start + PIECE] for start in range(0, len(keys), PIECE))
