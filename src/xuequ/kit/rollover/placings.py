"""Placing pupils in classes: a draft by rule or file, then a confirmation."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.kit.rollover.choices import Method, Step, Wish
from xuequ.kit.rollover.facts import Choices
from xuequ.kit.rollover.guards import locked, reopen
from xuequ.kit.rollover.loading import load_facts
from xuequ.kit.rollover.models import (
    PlacedPupil,
    Placing,
    PlacingWish,
    SchoolRollover,
)
from xuequ.kit.rollover.people import candidates
from xuequ.kit.rollover.placing import Candidate, place
from xuequ.kit.rollover.planning import class_numbers, pool_of


@dataclass(frozen=True, slots=True)
class Draft:
    """A placing as it stands: the pupils with what the rule knows of them, and their classes."""

    placing: Placing | None
    candidates: list[Candidate]
    seats: dict[int, int]
    numbers: tuple[int, ...]


def draft_of(item: SchoolRollover, grade: int) -> Draft:
    """Return the placing of a grade for the page; reads only."""
    facts, choices = load_facts(item), Choices.from_json(item.settings)
    placing = Placing.objects.filter(school_rollover=item, grade=grade).first()
    seats = dict(placing.pupils.values_list("pupil_id", "number")) if placing is not None else {}
    people = candidates(item, grade, pool_of(facts, choices, grade), by_band=True)
    return Draft(placing, people, seats, class_numbers(facts, choices, grade))


def place_by_rule(*, actor: Actor, item: SchoolRollover, grade: int, lot: int, by_band: bool) -> Placing:
    """Place a grade's pupils by rule and lot, as a draft to be confirmed."""
    with transaction.atomic():
        row = locked(actor, item)
        facts, choices = load_facts(row), Choices.from_json(row.settings)
        pool = pool_of(facts, choices, grade)
        numbers = class_numbers(facts, choices, grade)
        if not pool or not numbers:
            raise Refused(_("There is nobody to place in grade %(grade)s.") % {"grade": grade})
        people = candidates(row, grade, pool, by_band=by_band)
        seats = place(people, numbers, lot, by_band=by_band)
        return _keep_placing(actor, row, grade, seats, Method.RULE, lot=lot, by_band=by_band)


def place_by_file(*, actor: Actor, item: SchoolRollover, grade: int, seats: Mapping[int, int]) -> Placing:
    """Take a placing from a file, as a draft; it must name exactly the grade's pupils and classes."""
    with transaction.atomic():
        row = locked(actor, item)
        facts, choices = load_facts(row), Choices.from_json(row.settings)
        fits = set(pool_of(facts, choices, grade)) == set(seats)
        if not fits or not set(seats.values()) <= set(class_numbers(facts, choices, grade)):
            raise Refused(
                _("The file no longer fits the grade's pupils and classes; nothing was kept. Check it again.")
            )
        return _keep_placing(actor, row, grade, dict(seats), Method.FILE)


def _keep_placing(
    actor: Actor,
    row: SchoolRollover,
    grade: int,
    seats: Mapping[int, int],
    method: Method,
    *,
    lot: int = 0,
    by_band: bool = False,
) -> Placing:
    Placing.objects.filter(school_rollover=row, grade=grade).delete()
    placing = Placing.objects.create(
        school_rollover=row, grade=grade, method=method, seed=lot, by_band=by_band
    )
    PlacedPupil.objects.bulk_create(
        [PlacedPupil(placing=placing, pupil_id=pupil, number=number) for pupil, number in seats.items()],
        batch_size=1000,
    )
    reopen(row, None)
    row.save(update_fields=["state", "steps"])
    audit.record(actor, "rollover.placed", row, {"grade": grade, "pupils": len(seats), "method": str(method)})
    return placing


def keep_wishes(
    *, actor: Actor, item: SchoolRollover, grade: int, marks: Mapping[tuple[int, Wish], str]
) -> None:
    """Keep which pupils of a grade shall be together or apart, in place of what was kept before."""
    with transaction.atomic():
        row = locked(actor, item)
        pool = set(pool_of(load_facts(row), Choices.from_json(row.settings), grade))
        PlacingWish.objects.filter(school_rollover=row, grade=grade).delete()
        PlacingWish.objects.bulk_create(
            PlacingWish(school_rollover=row, grade=grade, pupil_id=pupil, kind=kind, mark=mark[:20])
            for (pupil, kind), mark in marks.items()
            if pupil in pool
        )
        audit.record(actor, "rollover.wishes", row, {"grade": grade, "marks": len(marks)})


def confirm_placing(*, actor: Actor, item: SchoolRollover, grade: int) -> None:
    """Let a placing count in the plan."""
    with transaction.atomic():
        row = locked(actor, item)
        placing = Placing.objects.filter(school_rollover=row, grade=grade).first()
        pool = set(pool_of(load_facts(row), Choices.from_json(row.settings), grade))
        if placing is None or set(placing.pupils.values_list("pupil_id", flat=True)) != pool:
            raise Refused(_("The pupils of the grade changed since they were placed; place them again."))
        placing.confirmed = True
        placing.save(update_fields=["confirmed"])
        reopen(row, Step.PLACING)
        row.save(update_fields=["state", "steps"])
        audit.record(actor, "rollover.placing_confirmed", row, {"grade": grade, "pupils": len(pool)})


def drop_placing(*, actor: Actor, item: SchoolRollover, grade: int) -> None:
    """Forget a placing, confirmed or not."""
    with transaction.atomic():
        row = locked(actor, item)
        Placing.objects.filter(school_rollover=row, grade=grade).delete()
        reopen(row, None)
        row.save(update_fields=["state", "steps"])
        audit.record(actor, "rollover.placing_dropped", row, {"grade": grade})
