"""Single facts of the roster, as a school's data officer keeps it from day to day; each with audit and journal."""

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from xuequ.core import audit
from xuequ.core.errors import Forbidden, Refused
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import EnrolmentEnd
from xuequ.district.journal import Journal, snapshot
from xuequ.district.models import Enrolment, Identity, Pupil, School, SchoolClass
from xuequ.district.people import number_index
from xuequ.kit.roster.check_pupils import AGES, age_on
from xuequ.kit.roster.values import name_of, number_of


def may_keep(actor: Actor, school: School) -> bool:
    """Whether the actor writes the roster of this school."""
    return School.objects.filter(policy.roster_schools(actor), pk=school.pk).exists()


def current_stay(pupil: Pupil, day: dt.date) -> Enrolment | None:
    """Return where the pupil is on ``day``, or will be next."""
    lasting = Q(end=None) | Q(end__gt=day)
    return (
        pupil.enrolments.filter(lasting).select_related("school", "school_class").order_by("-start").first()
    )


@contextmanager
def _step(actor: Actor, pupil: Pupil, verb: str) -> Iterator[tuple[Journal, Enrolment]]:
    """Open one write about a pupil whose school the actor keeps: transaction, journal, audit row."""
    with transaction.atomic():
        Pupil.objects.select_for_update().get(pk=pupil.pk)
        stay = current_stay(pupil, actor.day)
        if stay is None or not may_keep(actor, stay.school):
            raise Forbidden(_("You do not keep the roster of this pupil's school."))
        operation = uuid.uuid4()
        with Journal(operation) as journal:
            yield journal, stay
        audit.record(actor, verb, pupil, {"operation": str(operation)})


def correct_identity(
    *, actor: Actor, pupil: Pupil, name: str, number: str, sex: str = "", born: dt.date | None = None
) -> None:
    """Correct what a pupil is called and the other facts of the register; the number must be nobody else's."""
    plain_name, plain_number = name_of(name), number_of(number)
    if not plain_name:
        raise Refused(_("This is not a name; write it in letters or characters."))
    if plain_number is None:
        raise Refused(_("A number holds letters and digits only."))
    if born is not None and age_on(born, actor.day) not in AGES:
        raise Refused(_("This birthday is not possible for a pupil."))
    with _step(actor, pupil, "pupil.corrected") as (journal, _stay):
        _refuse_taken_number(plain_number, pupil)
        details = {"sex": sex, "born": born.isoformat() if born else ""}
        _seal_anew(journal, pupil, plain_name, plain_number, details)


def _refuse_taken_number(number: str, pupil: Pupil) -> None:
    index = number_index(number)
    others = Identity.objects.filter(number_index=index, person__pupil__isnull=False)
    if index and others.exclude(person=pupil.person_id).exists():
        raise Refused(_("Another pupil of the district has this number; check it against the register."))


def _seal_anew(journal: Journal, pupil: Pupil, name: str, number: str, details: dict[str, str]) -> None:
    row = Identity.objects.get(person=pupil.person_id)
    new = Identity.of(row.person, name=name, number=number, details={**_other_details(row), **details})
    fields = ("sealed", "name_index", "number_index")
    before = snapshot(row, fields)
    for field in fields:
        setattr(row, field, getattr(new, field))
    journal.update([(row, before)], [pupil.person_id])


def _other_details(row: Identity) -> dict[str, str]:
    return {key: text for key, text in row.fields.items() if key not in {"name", "number"}}


def place_in_class(*, actor: Actor, pupil: Pupil, school_class: SchoolClass, day: dt.date) -> None:
    """Place a pupil in another class of the same school from ``day`` on."""
    with _step(actor, pupil, "pupil.placed") as (journal, stay):
        if school_class.school_id != stay.school_id:
            raise Refused(_("This class is of another school; transfer the pupil instead."))
        if school_class.pk == stay.school_class_id:
            raise Refused(_("The pupil is in this class already; nothing was changed."))
        before = stay.school_class
        repeats = before is not None and school_class.entry_year > before.entry_year
        why = EnrolmentEnd.REPEATING if repeats else EnrolmentEnd.CLASS_CHANGE
        _go(journal, pupil, stay, school_class.school, school_class, day, why)


def transfer(*, actor: Actor, pupil: Pupil, school: School, day: dt.date) -> None:
    """Transfer a pupil to another school of the district from ``day`` on, which then places the pupil in a class."""
    with _step(actor, pupil, "pupil.transferred") as (journal, stay):
        if school.study_id is not None or school.pk == stay.school_id:
            raise Refused(_("Choose another school of the district."))
        _go(journal, pupil, stay, school, None, day, EnrolmentEnd.TRANSFER)


def leave(*, actor: Actor, pupil: Pupil, day: dt.date) -> None:
    """Mark that a pupil has left the district on ``day``."""
    with _step(actor, pupil, "pupil.left") as (journal, stay):
        if day <= stay.start:
            raise Refused(_begun_later(stay))
        _end(journal, stay, day, EnrolmentEnd.LEFT)


def _go(
    journal: Journal,
    pupil: Pupil,
    stay: Enrolment,
    school: School,
    school_class: SchoolClass | None,
    day: dt.date,
    why: EnrolmentEnd,
) -> None:
    if day < stay.start:
        raise Refused(_begun_later(stay))
    if day == stay.start:  # the stay began that very day: it is corrected, for it never was
        before = snapshot(stay, ["school_id", "school_class_id"])
        stay.school, stay.school_class = school, school_class
        journal.update([(stay, before)])
        return
    _end(journal, stay, day, why)
    new = Enrolment.objects.create(pupil=pupil, school=school, school_class=school_class, start=day)
    journal.added(Enrolment, [new.pk])


def _end(journal: Journal, stay: Enrolment, day: dt.date, why: EnrolmentEnd) -> None:
    before = snapshot(stay, ["end", "ended"])
    stay.end, stay.ended = day, str(why)
    journal.update([(stay, before)])


def _begun_later(stay: Enrolment) -> str:
    return _("The pupil is there since %(day)s only; choose a later day.") % {"day": f"{stay.start:%Y-%m-%d}"}
