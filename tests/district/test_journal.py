"""A large write is undone as a whole, or not at all."""

import datetime as dt
from uuid import uuid4

import pytest

from tests import factories
from xuequ.core.errors import Refused
from xuequ.district.choices import EnrolmentEnd
from xuequ.district.journal import Journal, snapshot, undo
from xuequ.district.models import (
    Area,
    Change,
    Consent,
    Enrolment,
    Guardianship,
    Identity,
    Person,
    Pupil,
    SchoolClass,
)
from xuequ.district.people import create_people

pytestmark = pytest.mark.django_db

DAY = dt.date(2026, 3, 2)


def transfer(enrolment: Enrolment, journal: Journal) -> None:
    before = snapshot(enrolment, ["end", "ended"])
    enrolment.end, enrolment.ended = DAY + dt.timedelta(days=1), EnrolmentEnd.TRANSFER
    journal.update([(enrolment, before)], [enrolment.pupil.person_id])


def bring_in(journal: Journal, school_class: SchoolClass, count: int = 3) -> list[Pupil]:
    people = create_people([(f"新生{i}", f"N{i}") for i in range(count)])
    pupils = Pupil.objects.bulk_create([Pupil(person=person) for person in people])
    stays = Enrolment.objects.bulk_create(
        Enrolment(pupil=pupil, school=school_class.school, school_class=school_class, start=DAY)
        for pupil in pupils
    )
    journal.added(Person, [row.pk for row in people])
    journal.added(Identity, [row.pk for row in people])
    journal.added(Pupil, [row.pk for row in pupils])
    journal.added(Enrolment, [row.pk for row in stays])
    return pupils


def test_what_was_added_and_changed_is_taken_back():
    school_class = factories.make_class()
    stay = Enrolment.objects.get(pupil=factories.make_pupil(school_class))
    operation = uuid4()
    with Journal(operation) as journal:
        transfer(stay, journal)
        bring_in(journal, school_class)
    assert undo(operation) == {
        "district.enrolment": 4, "district.person": 3, "district.identity": 3, "district.pupil": 3
    }  # fmt: skip
    stay.refresh_from_db()
    assert (stay.end, stay.ended) == (None, "")
    assert (Person.objects.count(), Pupil.objects.count(), Enrolment.objects.count()) == (1, 1, 1)
    assert not Change.objects.exists()


def test_a_row_changed_twice_in_one_write_goes_back_to_the_beginning():
    stay = Enrolment.objects.get(pupil=factories.make_pupil())
    operation = uuid4()
    with Journal(operation) as journal:
        transfer(stay, journal)
        before = snapshot(stay, ["end", "ended"])
        stay.end, stay.ended = DAY + dt.timedelta(days=3), EnrolmentEnd.LEFT
        journal.update([(stay, before)])
    undo(operation)
    stay.refresh_from_db()
    assert (stay.end, stay.ended) == (None, "")


def test_sealed_values_return_as_they_were():
    identity = factories.make_pupil(name="初名").person.identity
    operation = uuid4()
    with Journal(operation) as journal:
        before = snapshot(identity, ["sealed", "name_index", "number_index"])
        renamed = Identity.of(identity.person, name="改名", number="G1")
        journal.update([(renamed, before)], [identity.person_id])
    assert Identity.objects.get().fields["name"] == "改名"
    undo(operation)
    assert Identity.objects.get().fields["name"] == "初名"


def test_a_row_that_somebody_changed_since_stands_in_the_way():
    stay = Enrolment.objects.get(pupil=factories.make_pupil())
    operation = uuid4()
    with Journal(operation) as journal:
        transfer(stay, journal)
    Enrolment.objects.update(ended=EnrolmentEnd.LEFT)
    with pytest.raises(Refused, match="1"):
        undo(operation)
    assert Change.objects.count() == 1


def test_what_rests_on_added_rows_stands_in_the_way():
    operation = uuid4()
    with Journal(operation) as journal:
        pupils = bring_in(journal, factories.make_class())
    factories.give_results(factories.make_assessment(), {pupils[0]: 71.0})
    with pytest.raises(Refused, match="1"):
        undo(operation)
    assert Pupil.objects.count() == 3


def test_a_row_that_was_turned_to_what_was_added_does_not_stand_in_the_way():
    """A school that existed is given a new area by the same write: it gets its old one back first."""
    school, operation = factories.make_school(), uuid4()
    with Journal(operation) as journal:
        area = factories.make_area()
        journal.added(Area, [area.pk])
        before = snapshot(school, ["area_id"])
        school.area = area
        journal.update([(school, before)])
    undo(operation)
    school.refresh_from_db()
    assert school.area is None
    assert not Area.objects.exists()


def test_a_row_that_somebody_else_turned_to_what_was_added_stands_in_the_way():
    operation = uuid4()
    with Journal(operation) as journal:
        area = factories.make_area()
        journal.added(Area, [area.pk])
    factories.make_school(area=area)
    with pytest.raises(Refused, match="1"):
        undo(operation)
    assert Area.objects.exists()


def test_a_later_write_is_undone_first():
    school_class = factories.make_class()
    first, second = uuid4(), uuid4()
    with Journal(first) as journal:
        pupils = bring_in(journal, school_class)
    with Journal(second) as journal:
        transfer(Enrolment.objects.get(pupil=pupils[0]), journal)
    with pytest.raises(Refused):
        undo(first)
    undo(second)
    undo(first)
    assert not Pupil.objects.exists()


def test_what_may_stand_without_it_is_cut_loose():
    pupil = factories.make_pupil()
    operation = uuid4()
    with Journal(operation) as journal:
        guardian = create_people([("家长", "")])[0]
        journal.added(Person, [guardian.pk])
        journal.added(Identity, [guardian.pk])
        ward = Guardianship.objects.create(guardian=guardian, pupil=pupil, relation="other", start=DAY)
        journal.added(Guardianship, [ward.pk])
    said = factories.make_consent(pupil.person, guardian=guardian)
    undo(operation)
    said.refresh_from_db()
    assert said.guardian is None
    assert Consent.objects.count() == 1


def test_a_write_that_fails_leaves_no_journal():
    with pytest.raises(ValueError, match="halfway"), Journal(uuid4()) as journal:
        journal.added(Person, [1])
        raise ValueError("halfway")
    assert not Change.objects.exists()


def test_an_erased_person_takes_the_steps_along():
    stay = Enrolment.objects.get(pupil=factories.make_pupil())
    with Journal(uuid4()) as journal:
        transfer(stay, journal)
    stay.pupil.person.delete()
    assert not Change.objects.exists()
