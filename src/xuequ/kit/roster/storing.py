"""A checked roster into the district; always in the caller's transaction, every step noted in its journal."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db import models

from xuequ.core import crypto
from xuequ.core.jobs.context import report_progress
from xuequ.district.choices import EnrolmentEnd
from xuequ.district.journal import Journal, snapshot
from xuequ.district.models import (
    Area,
    Enrolment,
    Guardianship,
    Identity,
    Person,
    Pupil,
    School,
    SchoolClass,
    Teacher,
)
from xuequ.kit.roster.inserting import insert_beside, insert_rows
from xuequ.kit.roster.plan import Move, NewPerson, Plan
from xuequ.kit.roster.staffing import store_staff
from xuequ.kit.roster.state import PersonRef, PupilRef, portions
from xuequ.record.models import Factor, ImportBatch

Row = TypeVar("Row", bound=models.Model)
PIECE = 4000
IDENTITY = ("sealed", "name_index", "number_index")


def store_roster(plan: Plan, batch: ImportBatch) -> None:
    """Write the plan."""
    with Journal(batch.uid) as journal:
        _store_places(plan, journal)
        _store_people(plan, journal)
        report_progress(0.8, "")
        _store_stays(plan, journal)
        _store_sexes(plan, journal, batch)
        store_staff(plan, journal)
        _store_guardianships(plan, journal)
        report_progress(0.95, "")


def add_rows(journal: Journal, model: type[Row], rows: Sequence[Row]) -> list[Row]:
    """Insert rows and note their keys."""
    made = model._default_manager.bulk_create(rows, batch_size=2000)
    journal.added(model, [row.pk for row in made])
    return list(made)


def change_rows(
    journal: Journal, rows: Iterable[tuple[Row, dict[str, Any]]], person_ids: Sequence[int | None] = ()
) -> None:
    """Set fields of rows (all the same ones) and note what they were; ``person_ids`` says whose rows they are."""
    altered = []
    for row, said in rows:
        before = snapshot(row, said)
        for name, value in said.items():
            setattr(row, name, value)
        altered.append((row, before))
    journal.update(altered, person_ids)


def _store_places(plan: Plan, journal: Journal) -> None:
    areas = {area.name: area for area in Area.objects.all()}
    wanted = {ref.area for ref in plan.new_schools} | {
        said["area"] for _ref, said in plan.changed_schools if "area" in said
    }
    new = [Area(name=name) for name in sorted(wanted - areas.keys() - {""})]
    areas |= {area.name: area for area in add_rows(journal, Area, new)}
    schools = [
        School(
            code=ref.code,
            name=ref.name,
            short_name=ref.short_name,
            stage=ref.stage,
            sector=ref.sector,
            year_system=ref.year_system,
            area=areas.get(ref.area),
            sourced_id=ref.sourced_id,
        )
        for ref in plan.new_schools
    ]
    for ref, school in zip(plan.new_schools, add_rows(journal, School, schools), strict=True):
        ref.pk = school.pk
    _change_schools(plan, journal, areas)
    _store_classes(plan, journal)


def _change_schools(plan: Plan, journal: Journal, areas: dict[str, Area]) -> None:
    rows = School.objects.in_bulk([ref.pk for ref, _said in plan.changed_schools])
    for ref, said in plan.changed_schools:
        assert ref.pk is not None
        values: dict[str, Any] = {name: text for name, text in said.items() if name != "area"}
        if "area" in said:
            values["area_id"] = areas[said["area"]].pk
        change_rows(journal, [(rows[ref.pk], values)])


def _store_classes(plan: Plan, journal: Journal) -> None:
    classes = [
        SchoolClass(
            school_id=ref.school.key,
            entry_year=ref.entry_year,
            entry_grade=ref.entry_grade,
            number=ref.number,
            label=ref.label,
            sourced_id=ref.sourced_id,
        )
        for ref in plan.new_classes
    ]
    for new, row in zip(plan.new_classes, add_rows(journal, SchoolClass, classes), strict=True):
        new.pk = row.pk
    rows = SchoolClass.objects.in_bulk([ref.pk for ref, _said in plan.changed_classes])
    for ref, said in plan.changed_classes:
        assert ref.pk is not None
        change_rows(journal, [(rows[ref.pk], dict(said))])


def _store_people(plan: Plan, journal: Journal) -> None:
    new = (*plan.new_pupils, *plan.new_teachers, *plan.new_guardians)
    done = 0
    for piece in portions(new, PIECE):
        _add_people(piece, journal)
        done += len(piece)
        report_progress(0.5 + 0.3 * done / len(new), "")
    for pupils in portions(plan.new_pupils, PIECE):
        rows = [(item.ref.person_key, item.ref.sourced_id) for item in pupils]
        keys = insert_rows(journal, Pupil, ("person", "sourced_id"), rows)
        for item, key in zip(pupils, keys, strict=True):
            item.ref.pk = key
    _store_teachers(plan, journal)
    for identities in portions(plan.identities.items(), PIECE):
        _change_identities(identities, journal)
    _store_sourced_ids(plan, journal)


def _add_people(new: Sequence[NewPerson], journal: Journal) -> None:
    for item, key in zip(new, insert_rows(journal, Person, (), [()] * len(new)), strict=True):
        item.ref.person = key
    insert_beside(journal, Identity, ("person", *IDENTITY), [_identity(item) for item in new])


def _identity(item: NewPerson) -> tuple[int, bytes, str, str]:
    """Seal an identity; its blind indexes are those by which the check has looked for the person."""
    known = {name: text for name, text in item.details.items() if text}
    sealed = crypto.seal({"name": item.name, "number": item.number, **known})
    return item.ref.person_key, sealed, item.ref.name, item.ref.number


def _store_teachers(plan: Plan, journal: Journal) -> None:
    """Add teachers: each new one was planned together with a place."""
    schools = {id(hire.teacher): hire.school.key for hire in plan.hires}
    rows = [
        Teacher(
            person_id=item.ref.person_key, sourced_id=item.ref.sourced_id, school_id=schools[id(item.ref)]
        )
        for item in plan.new_teachers
    ]
    for item, row in zip(plan.new_teachers, add_rows(journal, Teacher, rows), strict=True):
        item.ref.pk = row.pk


def _change_identities(changed: Sequence[tuple[PersonRef, dict[str, str]]], journal: Journal) -> None:
    rows, people = [], []
    for ref, fields in changed:
        key = ref.person_key
        row = Identity(person_id=key, sealed=ref.sealed, name_index=ref.name, number_index=ref.number)
        details = {name: text for name, text in fields.items() if name not in {"name", "number"}}
        new = Identity.of(Person(pk=key), name=fields["name"], number=fields["number"], details=details)
        rows.append((row, {name: getattr(new, name) for name in IDENTITY}))
        people.append(key)
    change_rows(journal, rows, people)


def _store_sourced_ids(plan: Plan, journal: Journal) -> None:
    pupils = [(ref, text) for ref, text in plan.sourced_ids if isinstance(ref, PupilRef)]
    teachers = [(ref, text) for ref, text in plan.sourced_ids if not isinstance(ref, PupilRef)]
    _set_sourced_ids(journal, Pupil, pupils)
    _set_sourced_ids(journal, Teacher, teachers)


def _set_sourced_ids(
    journal: Journal, model: type[models.Model], said: Sequence[tuple[PersonRef, str]]
) -> None:
    for piece in portions(said):
        rows = model._default_manager.in_bulk([ref.pk for ref, _text in piece])
        change_rows(
            journal,
            [(rows[ref.pk], {"sourced_id": text}) for ref, text in piece],
            [ref.person for ref, _text in piece],
        )


def _store_stays(plan: Plan, journal: Journal) -> None:
    """End stays on the day and begin others; a stay that began that very day is corrected instead."""
    ending = [
        (m.stay.pk, m.start, m.reason) for m in plan.moves if m.stay is not None and m.stay.start < m.start
    ]
    ending += [
        (pupil.stay.pk, max(plan.day, pupil.stay.start + dt.timedelta(days=1)), EnrolmentEnd.LEFT)
        for pupil in plan.leavers
        if pupil.stay is not None
    ]
    for piece in portions(ending):
        rows = Enrolment.objects.in_bulk([pk for pk, _day, _reason in piece])
        change_rows(journal, [(rows[pk], {"end": day, "ended": str(reason)}) for pk, day, reason in piece])
    corrected = [m for m in plan.moves if m.stay is not None and m.stay.start >= m.start]
    for moves in portions(corrected):
        rows = Enrolment.objects.in_bulk([m.stay.pk for m in moves if m.stay is not None])
        change_rows(
            journal,
            [
                (rows[m.stay.pk], {"school_id": m.school.key, "school_class_id": _class_key(m)})
                for m in moves
                if m.stay is not None
            ],
        )
    beginning = [m for m in plan.moves if m.stay is None or m.stay.start < m.start]
    for moves in portions(beginning, PIECE):
        stays = [(m.pupil.key, m.school.key, _class_key(m), m.start) for m in moves]
        insert_rows(journal, Enrolment, ("pupil", "school", "school_class", "start"), stays)


def _class_key(move: Move) -> int | None:
    return move.school_class.pk if move.school_class is not None else None


def _store_sexes(plan: Plan, journal: Journal, batch: ImportBatch) -> None:
    if plan.sex_kind is None:
        return
    replaced = [pupil.sex[0] for pupil, _text in plan.sexes if pupil.sex is not None]
    for keys in portions(replaced):
        rows = Factor.objects.in_bulk(keys)
        change_rows(journal, [(row, {"end": max(plan.day, row.start)}) for row in rows.values()])
    for piece in portions(plan.sexes, PIECE):
        facts = [(plan.sex_kind, pupil.key, text, plan.day, batch.pk) for pupil, text in piece]
        insert_rows(journal, Factor, ("kind", "pupil", "text", "start", "batch"), facts)


def _store_guardianships(plan: Plan, journal: Journal) -> None:
    for piece in portions(plan.cares, PIECE):
        cares = [(c.guardian.person_key, c.pupil.key, c.relation, c.start) for c in piece]
        insert_rows(journal, Guardianship, ("guardian", "pupil", "relation", "start"), cares)
    for relations in portions(plan.relations):
        found = Guardianship.objects.in_bulk([ward.pk for ward, _relation in relations])
        change_rows(journal, [(found[ward.pk], {"relation": said}) for ward, said in relations])
    for wards in portions(plan.ended_cares):
        found = Guardianship.objects.in_bulk([ward.pk for ward in wards])
        change_rows(journal, [(row, {"end": max(plan.day, row.start)}) for row in found.values()])
