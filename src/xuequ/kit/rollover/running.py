"""Previewing, running and undoing. Each school is written in a transaction of its own."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.core.jobs.context import report_progress, save_checkpoint
from xuequ.district import journal
from xuequ.district.actors import Actor
from xuequ.district.choices import EnrolmentEnd
from xuequ.district.models import Enrolment, Pupil
from xuequ.kit.rollover import queries
from xuequ.kit.rollover.accounts import Departed, close_accounts
from xuequ.kit.rollover.applying import write_plan
from xuequ.kit.rollover.choices import RolloverState, SchoolState, Step
from xuequ.kit.rollover.guards import locked, reopen, require_office, require_school
from xuequ.kit.rollover.loading import Loaded, load
from xuequ.kit.rollover.models import (
    Rollover,
    SchoolRollover,
)
from xuequ.record.models import Result


def preview(*, actor: Actor, item: SchoolRollover) -> Loaded:
    """Plan the school's move and keep the counts for the district's list; nothing else is written."""
    require_school(actor, item.school)
    loaded = load(item)
    with transaction.atomic():
        row = SchoolRollover.objects.select_for_update().get(pk=item.pk)
        if row.state != SchoolState.DONE:
            _keep_preview(row, loaded)
        Rollover.objects.filter(pk=row.rollover_id, state=RolloverState.PREPARING).update(
            state=RolloverState.PREVIEWED
        )
    return loaded


def _keep_preview(row: SchoolRollover, loaded: Loaded) -> None:
    row.counts, row.planned = dict(loaded.plan.counts), clock.now()
    row.problems = [note.as_json() for note in loaded.plan.problems]
    row.remarks = [note.as_json() for note in (*loaded.plan.remarks, *loaded.staffing.notes)]
    row.save(update_fields=["counts", "planned", "problems", "remarks"])


def declare_ready(*, actor: Actor, item: SchoolRollover) -> SchoolRollover:
    """Say that the school may be moved; raises ``Refused`` while something stands against it."""
    with transaction.atomic():
        row = locked(actor, item)
        loaded = load(row)
        _keep_preview(row, loaded)
        if loaded.plan.problems:
            raise Refused(str(loaded.plan.problems[0]))
        row.state, row.steps = SchoolState.READY, [*row.steps, str(Step.PREVIEW)]
        row.save(update_fields=["state", "steps"])
        audit.record(actor, "rollover.ready", row)
    return row


def take_back(*, actor: Actor, item: SchoolRollover) -> SchoolRollover:
    """Take back that the school is ready."""
    with transaction.atomic():
        row = locked(actor, item, SchoolState.READY)
        reopen(row, None)
        row.save(update_fields=["state", "steps"])
        audit.record(actor, "rollover.not_ready", row)
    return row


def run_school(*, actor: Actor, item: SchoolRollover) -> SchoolRollover:
    """Move one school into the year, in one transaction; a school that has moved already stays as it is."""
    with transaction.atomic():
        row = locked(actor, item, *SchoolState)
        if row.state == SchoolState.DONE:
            return row
        loaded = load(row)
        if loaded.plan.problems:
            raise Refused(str(loaded.plan.problems[0]))
        row.operation = uuid.uuid4()
        with journal.Journal(row.operation) as kept:
            write_plan(row, loaded, kept, queries.taught_grades(row.rollover.effective))
        _keep_preview(row, loaded)
        row.state, row.done = SchoolState.DONE, clock.now()
        row.save(update_fields=["state", "done", "operation"])
        _settle(row.rollover)
        audit.record(actor, "rollover.run", row, dict(loaded.plan.counts))
        save_checkpoint({"school": str(row.uid)})
    return row


def _settle(rollover: Rollover) -> None:
    """Set the district's state by its schools'."""
    states = set(rollover.schools.values_list("state", flat=True))
    state = RolloverState.DONE if states == {SchoolState.DONE} else RolloverState.PREVIEWED
    Rollover.objects.filter(pk=rollover.pk).update(state=state)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run over several schools did, by the schools' codes."""

    done: tuple[str, ...]
    refused: Mapping[str, str]


def run_schools(*, actor: Actor, items: Iterable[SchoolRollover]) -> Ran:
    """Move schools one after the other; what stops one school is told and does not stop the others."""
    done, refused, waiting = [], {}, list(items)
    for place_, item in enumerate(waiting):
        report_progress(place_ / max(1, len(waiting)), str(item.school))
        try:
            run_school(actor=actor, item=item)
            done.append(item.school.code)
        except Refused as refusal:
            refused[item.school.code] = str(refusal)
    return Ran(tuple(done), refused)


def preview_schools(*, actor: Actor, items: Iterable[SchoolRollover]) -> dict[str, Loaded]:
    """Plan several schools and keep their counts."""
    waiting, found = list(items), {}
    for place_, item in enumerate(waiting):
        report_progress(place_ / max(1, len(waiting)), str(item.school))
        found[item.school.code] = preview(actor=actor, item=item)
    return found


def undo_school(*, actor: Actor, item: SchoolRollover) -> SchoolRollover:
    """Take a school's move back, row by row; raises ``Refused`` when newer facts rest on it."""
    with transaction.atomic():
        row = locked(actor, item, SchoolState.DONE)
        _refuse_newer_results(row)
        _undo_closing(row.rollover)
        assert row.operation is not None
        counts = journal.undo(row.operation)
        row.state, row.operation, row.done = SchoolState.OPEN, None, None
        row.steps = [name for name in row.steps if name != Step.PREVIEW]
        row.save(update_fields=["state", "operation", "done", "steps"])
        states = set(row.rollover.schools.values_list("state", flat=True))
        state = RolloverState.PREVIEWED if SchoolState.DONE in states else RolloverState.UNDONE
        Rollover.objects.filter(pk=row.rollover_id).update(state=state)
        audit.record(actor, "rollover.undone", row, counts)
    return row


def undo_schools(*, actor: Actor, items: Iterable[SchoolRollover]) -> Ran:
    """Take several schools' moves back, the last one first; what stands against one does not stop the others."""
    done, refused, waiting = [], {}, sorted(items, key=lambda item: item.pk, reverse=True)
    for place_, item in enumerate(waiting):
        report_progress(place_ / max(1, len(waiting)), str(item.school))
        try:
            undo_school(actor=actor, item=item)
            done.append(item.school.code)
        except Refused as refusal:
            refused[item.school.code] = str(refusal)
    return Ran(tuple(done), refused)


def _refuse_newer_results(row: SchoolRollover) -> None:
    """Results of the new year stand under the school's new classes; without those they would hang in the air."""
    day = row.rollover.effective
    count = Result.objects.filter(
        Q(assessment__held_on__gte=day) | Q(assessment__term__year=row.rollover.year), school=row.school
    ).count()
    if count:
        raise Refused(
            _(
                "%(count)s results of the new year rest on the school's new classes, so its move stays. "
                "Undo their imports first."
            )
            % {"count": count}
        )


def leftover_pupils(rollover: Rollover, day: dt.date) -> list[int]:
    """Return the pupils who graduated by this rollover and are enrolled nowhere on ``day`` or later."""
    gone = Enrolment.objects.filter(
        end=rollover.effective,
        ended=EnrolmentEnd.GRADUATED,
        school__rollovers__rollover=rollover,
        school__rollovers__state=SchoolState.DONE,
        pupil__person__account__is_active=True,
    ).values("pupil_id")
    here = Enrolment.objects.filter(Q(end=None) | Q(end__gt=day), pupil__in=gone).values("pupil_id")
    return list(
        Pupil.objects.filter(pk__in=gone).exclude(pk__in=here).values_list("pk", flat=True).order_by("pk")
    )


def close_leftover(*, actor: Actor, rollover: Rollover) -> int:
    """Close the accounts of graduates whom no school of the district took in; returns how many."""
    require_office(actor)
    with transaction.atomic():
        row = Rollover.objects.select_for_update().get(pk=rollover.pk)
        row.operation = row.operation or uuid.uuid4()
        day = max(actor.day, row.effective)
        with journal.Journal(row.operation) as kept:
            count = close_accounts(Departed(leftover_pupils(row, day)), day, kept)
        row.save(update_fields=["operation"])
        audit.record(actor, "rollover.accounts_closed", row, {"accounts": count})
    return count


def _undo_closing(rollover: Rollover) -> None:
    """Open the accounts again that were closed after the schools had moved."""
    row = Rollover.objects.select_for_update().get(pk=rollover.pk)
    if row.operation is not None:
        journal.undo(row.operation)
        Rollover.objects.filter(pk=row.pk).update(operation=None)
