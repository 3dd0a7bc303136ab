"""What is decided before the move into a school year, step by step."""

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.district.actions import ensure_year
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear, Subject, Teacher
from xuequ.kit.rollover import queries
from xuequ.kit.rollover.choices import Listing, Step
from xuequ.kit.rollover.facts import Choices, ClassKey, SchoolFacts
from xuequ.kit.rollover.guards import locked, reopen, require_office
from xuequ.kit.rollover.loading import load_facts
from xuequ.kit.rollover.models import (
    ListedPupil,
    PlacedPupil,
    Placing,
    PlacingWish,
    Rollover,
    SchoolRollover,
    StaffChoice,
)
from xuequ.kit.rollover.planning import class_numbers, pool_of

EARLIEST_YEAR = 2000
LATEST_YEAR = 2100


def prepare(*, actor: Actor, first_year: int) -> Rollover:
    """Open the move into the year that begins in ``first_year`` with all its schools; again adds schools that are new.

    Raises ``Refused`` when the year before is not known and there is nothing to move from.
    """
    require_office(actor)
    _refuse_odd_year(first_year)
    with transaction.atomic():
        year = ensure_year(first_year)
        rollover, made = Rollover.objects.get_or_create(
            year=year,
            defaults={"effective": year.start, "created_by_id": actor.account_id, "created": clock.now()},
        )
        added = _add_schools(rollover)
        if made or added:
            audit.record(actor, "rollover.prepared", rollover, {"year": year.code, "schools": added})
    return rollover


def _refuse_odd_year(first_year: int) -> None:
    if not EARLIEST_YEAR <= first_year <= LATEST_YEAR:
        raise Refused(_("%(year)s is no school year that can be prepared.") % {"year": first_year})
    if not SchoolYear.objects.filter(code=f"{first_year - 1}-{first_year}").exists():
        raise Refused(
            _(
                "The school year %(before)s is not known here, so nothing can move up from it; "
                "bring the roster in first."
            )
            % {"before": f"{first_year - 1}-{first_year}"}
        )


def _add_schools(rollover: Rollover) -> int:
    known = set(rollover.schools.values_list("school_id", flat=True))
    missing = [school for school in queries.open_schools(rollover.effective) if school.pk not in known]
    SchoolRollover.objects.bulk_create(SchoolRollover(rollover=rollover, school=school) for school in missing)
    return len(missing)


def forget_old(day: dt.date) -> None:
    """Remove who was listed and how pupils were placed for years that are over."""
    over = Q(school_rollover__rollover__year__end__lte=day)
    for model in (ListedPupil, PlacingWish, Placing, StaffChoice):
        model._default_manager.filter(over).delete()


def decide(
    *, actor: Actor, item: SchoolRollover, choices: Choices, step: Step | None = None
) -> SchoolRollover:
    """Keep what the school decided; a placing whose pupils or classes changed by it is dropped."""
    with transaction.atomic():
        row = locked(actor, item)
        _drop_stale(row, load_facts(row), Choices.from_json(row.settings), choices)
        row.settings = choices.as_json()
        reopen(row, step)
        row.save(update_fields=["settings", "state", "steps"])
        audit.record(actor, "rollover.decided", row, {"step": str(step or "")})
    return row


def _drop_stale(row: SchoolRollover, facts: SchoolFacts, old: Choices, new: Choices) -> None:
    for placing in Placing.objects.filter(school_rollover=row):
        grade = placing.grade
        same = class_numbers(facts, old, grade) == class_numbers(facts, new, grade)
        if not same or set(pool_of(facts, old, grade)) != set(pool_of(facts, new, grade)):
            placing.delete()


def confirm_step(*, actor: Actor, item: SchoolRollover, step: Step) -> SchoolRollover:
    """Note that the school went through a step without changing anything."""
    with transaction.atomic():
        row = locked(actor, item)
        reopen(row, step)
        row.save(update_fields=["state", "steps"])
    return row


def list_pupils(
    *,
    actor: Actor,
    item: SchoolRollover,
    school_class: int,
    said: Mapping[int, tuple[Listing | None, int | None]],
) -> SchoolRollover:
    """Keep who of a class does not move up (pupil to kind and class to repeat in); None takes a pupil off the list."""
    with transaction.atomic():
        row = locked(actor, item)
        mine = {s.pupil for s in load_facts(row).stays if s.school_class == school_class}
        if not said.keys() <= mine:
            raise Refused(_("Somebody on the page is no longer in the class; load the page again."))
        ListedPupil.objects.filter(school_rollover=row, pupil__in=said).delete()
        ListedPupil.objects.bulk_create(
            ListedPupil(school_rollover=row, pupil_id=pupil, kind=kind, target_id=target)
            for pupil, (kind, target) in said.items()
            if kind is not None
        )
        PlacedPupil.objects.filter(
            placing__school_rollover=row, pupil__in=[p for p, s in said.items() if s[0]]
        ).delete()
        reopen(row, Step.PUPILS)
        row.save(update_fields=["state", "steps"])
        audit.record(
            actor, "rollover.listed", row, {"pupils": sum(kind is not None for kind, _t in said.values())}
        )
    return row


def choose_staff(
    *, actor: Actor, item: SchoolRollover, key: ClassKey, teachers: Mapping[Subject | None, Teacher | None]
) -> None:
    """Keep who shall have charge of a class (subject None) and teach it."""
    with transaction.atomic():
        row = locked(actor, item)
        own = StaffChoice.objects.filter(
            school_rollover=row, entry_year=key.entry_year, entry_grade=key.entry_grade, number=key.number
        )
        own.filter(
            Q(subject__in=[s for s in teachers if s]) | (Q(subject=None) if None in teachers else Q(pk=None))
        ).delete()
        StaffChoice.objects.bulk_create(
            StaffChoice(
                school_rollover=row, entry_year=key.entry_year, entry_grade=key.entry_grade,
                number=key.number, subject=subject, teacher=teacher,
            )
            for subject, teacher in teachers.items()
        )  # fmt: skip
        reopen(row, Step.STAFF)
        row.save(update_fields=["state", "steps"])
        audit.record(actor, "rollover.staff", row, {"posts": len(teachers)})
