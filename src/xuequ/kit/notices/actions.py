"""Telling people what waits for them: gathered, at most one reminder a day, and none when the thing is done."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db import transaction

from xuequ.core import clock
from xuequ.core.models import Account
from xuequ.district.choices import Role
from xuequ.district.models import Dated, RoleAssignment, School
from xuequ.kit.notices.models import Notice, Reminder

REMIND_BEFORE = (3, 0)
"""How many days before the due day people are reminded."""
KEEP_REMINDERS = dt.timedelta(days=30)
KEEP_RESOLVED = dt.timedelta(days=180)


def notify(
    *,
    kind: str,
    message: str,
    about: UUID,
    params: Mapping[str, object] | None = None,
    accounts: Iterable[Account] = (),
    roles: Iterable[Role] = (),
    school: School | None = None,
    url: str = "",
    due: dt.date | None = None,
) -> None:
    """Write a notice to ``accounts``, or to whoever holds one of ``roles`` at ``school``, in the caller's transaction.

    ``message`` is a message id marked with ``gettext_noop``; ``params`` fill its places and name no person. A notice of
    the same kind about the same thing that is still open is brought up to date and not doubled.
    """
    given = {"message": message, "params": dict(params or {}), "url": url, "due": due}
    for account in accounts:
        _write({"account": account}, kind, about, given)
    for role in roles:
        _write({"role": role, "school": school}, kind, about, given)


def _write(to: Mapping[str, object], kind: str, about: UUID, given: Mapping[str, object]) -> None:
    already = Notice.objects.filter(**to, kind=kind, about=about, resolved=None)
    if not already.update(**given):
        Notice.objects.create(**to, kind=kind, about=about, created=clock.now(), **given)


def resolve(*, about: UUID | Iterable[UUID], kind: str | None = None) -> int:
    """Let the notices about something vanish, of one kind only when ``kind`` is given; return how many."""
    keys = [about] if isinstance(about, UUID) else list(about)
    rows = Notice.objects.filter(about__in=keys, resolved=None)
    if kind is not None:
        rows = rows.filter(kind=kind)
    return rows.update(resolved=clock.now())


def postpone(*, about: Iterable[UUID], due: dt.date | None) -> int:
    """Set the due day of the open notices about some things that have one; return how many."""
    return Notice.objects.filter(about__in=list(about), resolved=None, due__isnull=False).update(due=due)


def remind(*, day: dt.date) -> int:
    """Write the day's reminders, one to each account for whom something is due; a second call adds none.

    Who has done the thing has no open notice about it and gets none.
    """
    days = [day + dt.timedelta(days=ahead) for ahead in REMIND_BEFORE]
    with transaction.atomic():
        gathered: dict[int, set[str]] = defaultdict(set)
        for notice in Notice.objects.filter(resolved=None, due__in=days).select_related("school"):
            for account in _addressees(notice, day):
                gathered[account].add(str(notice.uid))
        rows = [Reminder(account_id=pk, day=day, notices=sorted(uids)) for pk, uids in gathered.items()]
        before = Reminder.objects.filter(day=day).count()
        Reminder.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
        _clear_away(day)
        return Reminder.objects.filter(day=day).count() - before


def _addressees(notice: Notice, day: dt.date) -> list[int]:
    if notice.account_id is not None:
        return [notice.account_id]
    held = RoleAssignment.objects.filter(Dated.at(day), role=notice.role, account__is_active=True)
    if notice.school is None:
        held = held.filter(school=None, area=None, school_class=None)
    else:
        places = [pk for pk in (notice.school_id, notice.school.campus_of_id) if pk is not None]
        held = held.filter(school__in=places)
    return list(held.values_list("account_id", flat=True).distinct())


def _clear_away(day: dt.date) -> None:
    Reminder.objects.filter(day__lt=day - KEEP_REMINDERS).delete()
    Notice.objects.filter(resolved__lt=clock.now() - KEEP_RESOLVED).delete()
