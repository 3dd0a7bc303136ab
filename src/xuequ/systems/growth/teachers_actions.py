"""What may be done with teacher-level values: unlock, lock, confirm, agree, compute. Nothing is published.

The person concerned is told first: ``shown_to_others_from`` lies ``OWN_DAYS`` after the day on which the teacher was
here and the home page told of the value. Who was never here is never shown to anybody.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from xuequ import __version__
from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.jobs import enqueue
from xuequ.core.models import Task
from xuequ.district.actors import Actor
from xuequ.record.actions import SNAPSHOTS, create_run
from xuequ.record.models import Run
from xuequ.systems.growth import teachers_access as access
from xuequ.systems.growth import teachers_notices as notices
from xuequ.systems.growth import teachers_roster as roster
from xuequ.systems.growth.models import TaughtClass, TeacherGrowth, TeacherUnlock

SYSTEM, KIND = "growth-teachers", "values"
OWN_DAYS = 14
"""As long a value is the teacher's alone once the home page has told of it."""
SHORTEST_BASIS = 10


def unlock_teacher_values(*, actor: Actor, basis: str, ends: dt.date, acknowledged: bool) -> TeacherUnlock:
    """Unlock the values until ``ends``, on a stated legal basis, and gather who taught whom from the timetable.

    ``acknowledged``: the bureau leader says that this is no measure for pay, honours or ranking.
    """
    _require_leader(actor)
    assert actor.account_id is not None  # whoever holds a role has an account
    basis = basis.strip()
    if len(basis) < SHORTEST_BASIS:
        raise Refused(_("State the legal basis: which decision or rule allows it, and who confirmed it."))
    if not acknowledged:
        raise Refused(_("Unlocking needs the declaration that it is no measure for pay, honours or ranking."))
    if not actor.day < ends <= latest_end(actor.day):
        raise Refused(_("The end lies after today and at most one year ahead."))
    with transaction.atomic():
        end_what_is_over(day=actor.day)
        if access.unlock_in_force(actor.day) is not None:
            raise Refused(_("Teacher-level values are unlocked already. Lock them first."))
        opened = TeacherUnlock.objects.create(
            opened_by_id=actor.account_id, opened=clock.now(), basis=basis, ends=ends
        )
        data = {"ends": str(ends), "acknowledged": True, "rows": _gathered()}
        audit.record(actor, "teachers.unlocked", opened, data)
    return opened


def _gathered() -> int:
    """Gather rows and ask the teachers about them; how many are new."""
    added = roster.gather()
    notices.ask_teachers(TaughtClass.objects.filter(confirmed=None).values_list("teacher", flat=True))
    return added


def latest_end(day: dt.date) -> dt.date:
    """Return the last end that may be chosen on ``day``: the same day of the next year."""
    return dt.date(day.year + 1, day.month, min(day.day, 28) if day.month == 2 else day.day)


def _require_leader(actor: Actor) -> None:
    if not access.leads_bureau(actor):
        raise Forbidden(_("Only the bureau's leader unlocks or locks teacher-level values."))


def _unlocked(actor: Actor) -> TeacherUnlock:
    found = access.unlock_in_force(actor.day)
    if found is None:
        raise Refused(_("Teacher-level values are locked."))
    return found


def lock_teacher_values(*, actor: Actor) -> None:
    """Lock at once: every page is gone, and values and lists of who taught whom are deleted."""
    _require_leader(actor)
    with transaction.atomic():
        opened = TeacherUnlock.objects.select_for_update().filter(closed=None).order_by("-id").first()
        if opened is None:
            raise Refused(_("Teacher-level values are locked."))
        _close(actor, opened)


def end_what_is_over(*, day: dt.date) -> int:
    """Lock what was unlocked until ``day`` or earlier, and delete the values; return how many unlockings ended."""
    with transaction.atomic():
        over = list(TeacherUnlock.objects.select_for_update().filter(closed=None, ends__lte=day))
        for opened in over:
            _close(Actor.system(day), opened)
    return len(over)


def _close(actor: Actor, opened: TeacherUnlock) -> None:
    opened.closed, opened.closed_by_id = clock.now(), actor.account_id
    opened.save(update_fields=["closed", "closed_by"])
    data = {"values": TeacherGrowth.objects.count(), "rows": TaughtClass.objects.count()}
    notices.clear()
    TeacherGrowth.objects.all().delete()
    TaughtClass.objects.all().delete()
    audit.record(actor, "teachers.locked", opened, data)
    # Files cannot be brought back by a rollback: they go when the rows are gone for certain.
    transaction.on_commit(delete_files)


def delete_files(keep: Run | None = None) -> None:
    """Delete what the runs of teacher-level values left in the storage, but for the run that is in force."""
    for run in Run.objects.filter(system=SYSTEM):
        if keep is None or run.pk != keep.pk:
            delete_files_of(run)


def delete_files_of(run: Run) -> None:
    """Delete what one run left in the storage."""
    folder = str(SNAPSHOTS / str(run.uid))
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return
    for name in names:
        default_storage.delete(f"{folder}/{name}")


def gather_taught(*, actor: Actor) -> int:
    """Add what the timetable has gained since; return how many rows are new."""
    _require_leader(actor)
    with transaction.atomic():
        opened = _unlocked(actor)
        added = _gathered()
        audit.record(actor, "teachers.gathered", opened, {"rows": added})
    return added


def confirm_taught(*, actor: Actor, shares: Mapping[UUID, float]) -> int:
    """Keep what a teacher says of the own classes: by row the share of the teaching, 0 for "not my class".

    A changed share takes the school's agreement back. Returns how many rows were kept.
    """
    if any(not 0.0 <= share <= 1.0 for share in shares.values()):
        raise Refused(_("A share lies between 0 and 100 percent."))
    with transaction.atomic():
        opened, teacher = _unlocked(actor), access.own_teacher(actor)
        rows = TaughtClass.objects.select_for_update(of=("self",)).select_related("school_class")
        own = rows.filter(teacher=teacher, uid__in=list(shares))
        if teacher is None or own.count() != len(shares):
            raise Forbidden(_("You confirm your own classes only."))
        changed = [row for row in own if _said(row, shares[row.uid])]
        TaughtClass.objects.bulk_update(changed, ["share", "confirmed", "agreed", "decided_by"])
        notices.answered(teacher)
        notices.ask_schools(row.school_class.school_id for row in changed)
        audit.record(actor, "teachers.confirmed", opened, {"rows": len(shares), "changed": len(changed)})
    return len(shares)


def _said(row: TaughtClass, share: float) -> bool:
    """Write into the row what the teacher says; whether that is new."""
    if row.confirmed is not None and row.share == share:
        return False
    if row.share != share:
        row.agreed, row.decided_by = None, None
    row.share, row.confirmed = share, clock.now()
    return True


def agree_taught(*, actor: Actor, rows: Iterable[UUID], agreed: bool) -> int:
    """Agree to confirmed rows of the own school, or (not ``agreed``) give them back to their teachers.

    Nobody agrees to rows of their own. Returns how many rows were altered.
    """
    with transaction.atomic():
        opened, uids = _unlocked(actor), list(rows)
        mine = TaughtClass.objects.select_for_update(of=("self",)).select_related("school_class", "subject")
        mine = mine.filter(uid__in=uids, school_class__school__in=access.agreeing_schools(actor))
        found = list(mine.exclude(teacher__person=actor.person_id))
        if len(found) != len(set(uids)):
            raise Forbidden(_("You agree to what your own school's teachers confirmed, and not to your own."))
        _check_shares(found, agreed)
        for row in found:
            row.agreed = clock.now() if agreed else None
            row.confirmed = row.confirmed if agreed else None
            row.decided_by_id = actor.account_id
        TaughtClass.objects.bulk_update(found, ["agreed", "confirmed", "decided_by"])
        notices.ask_schools(row.school_class.school_id for row in found)
        notices.ask_teachers(row.teacher_id for row in found if not agreed)
        audit.record(
            actor, "teachers.agreed" if agreed else "teachers.returned", opened, {"rows": len(found)}
        )
    return len(found)


def _check_shares(found: list[TaughtClass], agreed: bool) -> None:
    if not agreed:
        return
    if any(row.confirmed is None for row in found):
        raise Refused(_("A teacher has not confirmed one of these rows yet."))
    already = TaughtClass.objects.filter(
        agreed__isnull=False,
        evaluation__in={row.evaluation_id for row in found},
        school_class__in={row.school_class_id for row in found},
    ).exclude(pk__in=[row.pk for row in found])
    if (row := roster.overfull([*already, *found])) is not None:
        raise Refused(
            _(
                "The shares of %(subject)s in %(class)s add up to more than 100 percent. Give one of them back."
            )
            % {"subject": row.subject, "class": row.school_class}
        )


def compute_teacher_values(*, actor: Actor) -> tuple[Run, Task]:
    """Start the computation from the rows that teacher and school both confirmed; it publishes nothing."""
    from xuequ.systems.growth.teachers_jobs import compute_values

    _require_leader(actor)
    with transaction.atomic():
        opened = _unlocked(actor)
        counted = TaughtClass.objects.filter(agreed__isnull=False, share__gt=0).count()
        if not counted:
            raise Refused(_("No class has been confirmed by its teacher and agreed to by its school yet."))
        title = _("Teacher-level values")
        parameters = {"unlock": str(opened.uid), "rows": counted}
        run = create_run(
            actor=actor, system=SYSTEM, kind=KIND, title=title, engine_version=__version__, parameters=parameters
        )  # fmt: skip
        done = reverse("growth:teachers")
        task = enqueue.start(compute_values, actor=actor, title=title, done_url=done, run_uid=str(run.uid))
        run.task_uid = task.uid
        run.save(update_fields=["task_uid"])
    return run, task


def begin_own_days(*, day: dt.date) -> int:
    """Let the teacher's own days begin where the teacher has been here since the home page tells of the value.

    Returns for how many they begin on ``day``. Who had no account when it was computed is told now, if there is one.
    """
    with transaction.atomic():
        rows = TeacherGrowth.objects.filter(shown_to_others_from=None).select_related(
            "teacher__person__account"
        )
        notices.tell(rows.filter(notified=None))
        begun = [row for row in rows.filter(notified__isnull=False) if _was_here(row)]
        for row in begun:
            _begin(Actor.system(day), row)
    return len(begun)


def _was_here(found: TeacherGrowth) -> bool:
    account, since = found.teacher.person.account, found.notified
    if account is None or since is None:
        return False
    signed_in = account.last_login is not None and account.last_login >= since
    return signed_in or UserSession.objects.filter(user=account, last_seen_at__gte=since).exists()


def _begin(actor: Actor, found: TeacherGrowth) -> None:
    found.shown_to_others_from = actor.day + dt.timedelta(days=OWN_DAYS)
    found.save(update_fields=["shown_to_others_from"])
    audit.record(actor, "teachers.told", found, {"others_from": str(found.shown_to_others_from)})


def note_opened(*, actor: Actor, found: TeacherGrowth) -> TeacherGrowth:
    """Keep when the teacher first read the own value; that is being told, too."""
    with transaction.atomic():
        if found.first_opened is None:
            found.first_opened = clock.now()
            found.notified = found.notified or found.first_opened
            found.save(update_fields=["first_opened", "notified"])
            notices.read(found)
        if found.shown_to_others_from is None:
            _begin(actor, found)
        audit.record(actor, "teachers.own.viewed", found)
    return found
