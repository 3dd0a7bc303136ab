"""Teachers, what they teach and the classes in their charge, against the roster."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from xuequ.district.people import plain
from xuequ.kit.roster.content import Kind, TeacherRow, TeachingRow
from xuequ.kit.roster.context import NEW, SKIP, Context, place_of
from xuequ.kit.roster.plan import ADDED, CHANGED, REMOVED, UNCHANGED, Hire, Lesson, NewPerson
from xuequ.kit.roster.state import (
    ClassRef,
    SchoolRef,
    TeacherRef,
    Teaches,
    load_charges,
    load_teachers,
    load_teaching,
)


@dataclass(slots=True)
class Staff:
    """Teachers by number, and by school and name; new ones included."""

    by_number: dict[str, TeacherRef] = field(default_factory=dict)
    by_name: dict[tuple[SchoolRef, str], list[TeacherRef]] = field(default_factory=lambda: defaultdict(list))
    seen: dict[str, TeacherRow] = field(default_factory=dict)
    matched: set[TeacherRef] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)  # that stand in the file

    def add(self, teacher: TeacherRef) -> None:
        """Make a teacher known."""
        if teacher.number:
            self.by_number[teacher.number] = teacher
        if teacher.school is not None:
            self.by_name[teacher.school, teacher.name].append(teacher)


def check_staff(context: Context) -> None:
    """Find out what the teachers' and the teaching rows change."""
    if not (context.content.teachers or context.content.teaching):
        return
    load_teachers(context.state)
    staff = Staff()
    staff.numbers = {context.state.index.number(row.number) for row in context.content.teachers if row.number}
    for teacher in context.state.teachers.values():
        staff.add(teacher)
    schools: set[SchoolRef] = set()
    for row in context.content.teachers:
        school = context.school_of(row.school, row.origin)
        if school is None:
            continue
        schools.add(school)
        if not _is_repeated(context, staff, row, school):
            whose = _whose(context, staff, row, school)
            if whose is not None:
                _compare(context, staff, row, whose, school)
    if Kind.TEACHERS in context.content.complete:
        _note_retired(context, staff, schools)
    if context.content.teaching:
        _check_teaching(context, staff)


def _is_repeated(context: Context, staff: Staff, row: TeacherRow, school: SchoolRef) -> bool:
    key = plain(row.number) if row.number else f"{school.code} {plain(row.name)}"
    other = staff.seen.setdefault(key, row)
    if other is row:
        return False
    if plain(other.name) != plain(row.name):
        code, name = "number-twice", "number"
    elif other.school != row.school:
        code, name = "two-schools", "school"
    else:
        code, name = "duplicate-row", "name"
    context.wrong(row.origin, code, name, place=place_of(other.origin, name))
    return True


def _whose(context: Context, staff: Staff, row: TeacherRow, school: SchoolRef) -> TeacherRef | None:
    index = context.state.index
    name, number = index.name(row.name), index.number(row.number)
    namesakes = staff.by_name.get((school, name), [])
    free = [t for t in namesakes if t not in staff.matched and t.number not in staff.numbers]
    known = staff.by_number.get(number) if number else None
    reason, candidates = "", [known] if known is not None else free
    if known is not None and known.name != name:
        reason, candidates = "name-differs", [known, *free]
    elif known is None and number and any(teacher.number for teacher in free):
        reason = "number-unknown"
    elif known is None and len(free) > 1:
        reason = "several"
    if reason:
        return _answered(context, staff, row, reason, candidates)
    return _allowed(context, staff, row, candidates[0]) if candidates else _new(context, staff, row)


def _answered(
    context: Context, staff: Staff, row: TeacherRow, reason: str, candidates: Sequence[TeacherRef]
) -> TeacherRef | None:
    answer = context.ask(Kind.TEACHERS, row.origin, "name", row.name, reason, candidates)
    if answer == NEW:
        return _new(context, staff, row)
    if answer in {"", SKIP}:
        staff.matched.update(candidates)
        return None
    return _allowed(context, staff, row, context.state.teachers[int(answer)])


def _new(context: Context, staff: Staff, row: TeacherRow) -> TeacherRef:
    index = context.state.index
    name, number = index.name(row.name), index.number(row.number)
    teacher = TeacherRef(None, None, name, number, sourced_id=row.sourced_id)
    details = {"sex": row.sex, "phone": row.phone}
    context.run.plan.new_teachers.append(NewPerson(teacher, row.name, row.number, details))
    return teacher


def _allowed(context: Context, staff: Staff, row: TeacherRow, teacher: TeacherRef) -> TeacherRef | None:
    """A school's own import takes nobody from another school."""
    staff.matched.add(teacher)
    if not context.everywhere and (teacher.school is None or not teacher.school.own):
        context.wrong(row.origin, "elsewhere", "number")
        return None
    return teacher


def _compare(context: Context, staff: Staff, row: TeacherRow, teacher: TeacherRef, school: SchoolRef) -> None:
    teacher.subjects = row.subjects
    counted = True
    if teacher.pk is None:
        context.run.plan.hires.append(Hire(teacher, school, row.since or context.day))
        context.run.note(Kind.TEACHERS, ADDED, row.name, "at", row.origin, after=school.name)
        teacher.school = school
        staff.matched.add(teacher)
        staff.add(teacher)
        return
    if teacher.school is not school:
        before = teacher.school.name if teacher.school is not None else ""
        context.run.plan.transfers.append(Hire(teacher, school, context.day))
        context.run.note(
            Kind.TEACHERS, CHANGED, row.name, "moved-transfer", row.origin, before=before, after=school.name
        )
        teacher.school = school
        staff.add(teacher)
    else:
        counted = False
    said = {"name": row.name, "number": row.number, "sex": row.sex, "phone": row.phone}
    counted |= context.amend(Kind.TEACHERS, teacher, said, row.origin, counted)
    if row.sourced_id and row.sourced_id != teacher.sourced_id:
        context.run.plan.sourced_ids.append((teacher, row.sourced_id))
        if not counted:
            context.run.note(Kind.TEACHERS, CHANGED, row.name, "new-sourced_id", row.origin)
            counted = True
    if not counted:
        context.run.note(Kind.TEACHERS, UNCHANGED)


def _note_retired(context: Context, staff: Staff, schools: set[SchoolRef]) -> None:
    here = [t for t in context.state.teachers.values() if t.school in schools]
    context.run.of[Kind.TEACHERS] = len(here)
    for teacher in here:
        if teacher in staff.matched:
            continue
        context.run.plan.retired.append(teacher)
        name = teacher.opened()["name"] if len(context.run.plan.retired) <= 50 else ""
        before = teacher.school.name if teacher.school is not None else ""
        context.run.note(Kind.TEACHERS, REMOVED, name, "left", before=before)


Lessons = dict[tuple[ClassRef, int | None], dict[TeacherRef, TeachingRow]]


def _check_teaching(context: Context, staff: Staff) -> None:
    """Compare who teaches what; a class and subject that the file names is taught by those named there alone."""
    wanted: Lessons = defaultdict(dict)
    asked: set[tuple[ClassRef, int | None]] = set()
    schools: set[SchoolRef] = set()
    for row in context.content.teaching:
        school = context.school_of(row.school, row.origin)
        if school is None:
            continue
        schools.add(school)
        school_class = context.class_of(
            school,
            row.school_class,
            row.grade,
            row.origin,
            "school_class" if _has(row, "school_class") else "name",
        )
        if school_class is None:
            continue
        keys = _keys(context, row, school_class)
        teacher = _teacher_of(context, staff, row, school)
        if teacher is None:
            asked.update(keys)
            continue
        for key in keys:
            wanted[key].setdefault(teacher, row)
    _refuse_two_in_charge(context, wanted)
    _compare_teaching(context, wanted, asked, schools)


def _has(row: TeachingRow, name: str) -> bool:
    return name in row.origin.place.columns


def _keys(context: Context, row: TeachingRow, school_class: ClassRef) -> list[tuple[ClassRef, int | None]]:
    subject = context.state.subjects.get(row.subject) if row.subject else None
    taught = [(school_class, subject)] if subject is not None else []
    return [*taught, *([(school_class, None)] if row.class_teacher else [])]


def _teacher_of(context: Context, staff: Staff, row: TeachingRow, school: SchoolRef) -> TeacherRef | None:
    index = context.state.index
    name = "teacher" if _has(row, "teacher") else "class_teacher"
    if row.teacher_number and (known := staff.by_number.get(index.number(row.teacher_number))) is not None:
        return known
    found = staff.by_name.get((school, index.name(row.teacher)), []) if row.teacher else []
    if len(found) > 1 and row.subject:
        found = [teacher for teacher in found if row.subject in teacher.subjects] or found
    if len(found) == 1:
        return found[0]
    if not found:
        context.wrong(row.origin, "unknown-teacher", name)
        return None
    answer = context.ask(Kind.TEACHING, row.origin, name, row.teacher, "several", found)
    return context.state.teachers[int(answer)] if answer not in {"", NEW, SKIP} else None


def _refuse_two_in_charge(context: Context, wanted: Lessons) -> None:
    for (_school_class, subject), teachers in wanted.items():
        if subject is None and len(teachers) > 1:
            first, second = list(teachers.values())[:2]
            name = "class_teacher" if _has(second, "class_teacher") else "teacher"
            context.wrong(second.origin, "two-class-teachers", name, place=place_of(first.origin, name))


def _compare_teaching(
    context: Context, wanted: Lessons, asked: set[tuple[ClassRef, int | None]], schools: set[SchoolRef]
) -> None:
    keys = [school.pk for school in schools if school.pk is not None]
    present: dict[tuple[ClassRef, int | None], list[Teaches]] = defaultdict(list)
    for item in [*load_teaching(context.state, keys), *load_charges(context.state, keys)]:
        present[context.state.class_keys[item.school_class], item.subject].append(item)
    context.run.of[Kind.TEACHING] = len(present)
    for key, teachers in wanted.items():
        _compare_one(context, key, teachers, present.get(key, []))
    if Kind.TEACHING in context.content.complete:
        for key in present.keys() - wanted.keys() - asked:
            _end(context, key, present[key])
            context.run.note(Kind.TEACHING, REMOVED, _text(key), "not-taught")


def _compare_one(
    context: Context,
    key: tuple[ClassRef, int | None],
    teachers: dict[TeacherRef, TeachingRow],
    present: Sequence[Teaches],
) -> None:
    now = {item.teacher for item in present}
    new = [teacher for teacher in teachers if teacher.pk is None or teacher.pk not in now]
    gone = [item for item in present if item.teacher not in {teacher.pk for teacher in teachers}]
    if not new and not gone:
        context.run.note(Kind.TEACHING, UNCHANGED)
        return
    row = next(iter(teachers.values()))
    school_class, subject = key
    plan = context.run.plan
    for teacher in new:
        start = teachers[teacher].since or context.day
        (plan.charges if subject is None else plan.lessons).append(
            Lesson(teacher, school_class, subject, start)
        )
    _end(context, key, gone)
    what = "class-teacher" if subject is None else "taught-by"
    context.run.note(
        Kind.TEACHING, CHANGED if present else ADDED, _text(key), what, row.origin, after=row.teacher
    )


def _end(context: Context, key: tuple[ClassRef, int | None], items: Sequence[Teaches]) -> None:
    plan = context.run.plan
    (plan.ended_charges if key[1] is None else plan.ended_lessons).extend(items)


def _text(key: tuple[ClassRef, int | None]) -> str:
    return f"{key[0].school.name} {key[0]}"
