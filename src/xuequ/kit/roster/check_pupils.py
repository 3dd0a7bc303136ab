"""Pupils of a file against the roster: who is new, who moves, who is called otherwise, who is gone."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from xuequ.district.choices import EnrolmentEnd
from xuequ.district.people import plain
from xuequ.kit.roster.content import Kind, PupilRow
from xuequ.kit.roster.context import NEW, SKIP, Context, place_of
from xuequ.kit.roster.plan import ADDED, CHANGED, REMOVED, UNCHANGED, Move, NewPerson
from xuequ.kit.roster.problems import Problem, Remark
from xuequ.kit.roster.state import ClassRef, PupilRef, SchoolRef

AGES = range(3, 26)
FEWEST_FOR_A_PATTERN = 5
SEX_TEXTS = {"male": "男", "female": "女"}


@dataclass(slots=True)
class Places:
    """Who sits where now, and whom the file has named already."""

    by_number: dict[str, PupilRef] = field(default_factory=dict)
    by_name: dict[tuple[int, str], list[PupilRef]] = field(default_factory=lambda: defaultdict(list))
    seen_numbers: dict[str, PupilRow] = field(default_factory=dict)
    seen_names: dict[tuple[SchoolRef, ClassRef | None, str], PupilRow] = field(default_factory=dict)
    matched: set[PupilRef] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)  # that stand in the file
    back: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))


@dataclass(slots=True)
class Named:
    """The pupils that the file names, for its other tables: by the blind index of number, and of school and name."""

    by_number: dict[str, PupilRef] = field(default_factory=dict)
    by_name: dict[tuple[SchoolRef, str], list[PupilRef]] = field(default_factory=lambda: defaultdict(list))


def check_pupils(context: Context) -> Named:
    """Find out what the pupils' rows change; return whom they name."""
    places, named = _places(context), Named()
    without_number = 0
    for row in context.content.pupils:
        school = context.school_of(row.school, row.origin)
        if school is None:
            continue
        context.touched.add(school)
        school_class = None
        if row.school_class:
            school_class = context.class_of(
                school, row.school_class, row.grade, row.origin, "school_class",
                entry_year=row.entry_year, create=True,
            )  # fmt: skip
            if school_class is None:
                continue
        without_number += not row.number
        if _is_repeated(context, places, row, school, school_class) or not _age_fits(context, row):
            continue
        pupil = _whose(context, places, row, school, school_class)
        if pupil is not None:
            _note_name(context, named, pupil, row, school)
            _count_back(context, places, row, pupil, school_class)
            _compare(context, places, row, pupil, school, school_class)
    if without_number:
        context.run.remarks.append(Remark("without-number", {"count": str(without_number)}))
    _refuse_last_year(context, places)
    if Kind.PUPILS in context.content.complete:
        _note_leavers(context, places)
    return named


def _places(context: Context) -> Places:
    places = Places()
    places.numbers = {context.state.index.number(row.number) for row in context.content.pupils if row.number}
    for pupil in context.state.pupils.values():
        if pupil.number:
            places.by_number[pupil.number] = pupil
        if pupil.stay is not None:
            places.by_name[pupil.stay.school, pupil.name].append(pupil)
    return places


def _is_repeated(
    context: Context, places: Places, row: PupilRow, school: SchoolRef, school_class: ClassRef | None
) -> bool:
    """Whether another row of the file speaks of the same pupil or number; that is noted."""
    if row.number:
        other = places.seen_numbers.setdefault(context.state.index.number(row.number), row)
    else:
        key = (school, school_class, context.state.index.name(row.name))
        other = places.seen_names.setdefault(key, row)
    if other is row:
        return False
    if plain(other.name) != plain(row.name):
        code, name = "number-twice", "number"
    elif other.school != row.school:
        code, name = "two-schools", "school"
    elif (other.grade, other.school_class) != (row.grade, row.school_class):
        code, name = "two-classes", "school_class"
    else:
        code, name = "duplicate-row", "name"
    context.wrong(row.origin, code, name, place=place_of(other.origin, name))
    return True


def _age_fits(context: Context, row: PupilRow) -> bool:
    if row.born is None:
        return True
    age = age_on(row.born, context.day)
    if age in AGES:
        return True
    context.wrong(row.origin, "impossible-birthday", "born", text=row.born.isoformat(), age=str(age))
    return False


def age_on(born: dt.date, day: dt.date) -> int:
    """Return the age in whole years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _whose(
    context: Context, places: Places, row: PupilRow, school: SchoolRef, school_class: ClassRef | None
) -> PupilRef | None:
    """Return the pupil whom a row means, also a new one; None when it is asked, left out or wrong."""
    index = context.state.index
    name, number = index.name(row.name), index.number(row.number)
    at_school = places.by_name.get((school.pk, name), []) if school.pk is not None else []
    free = [p for p in at_school if p not in places.matched and p.number not in places.numbers]
    known = places.by_number.get(number) if number else None
    if known is not None:
        found, reason, candidates = _by_number(known, name, free)
    elif number:
        found, reason, candidates = _by_unknown_number(free, school_class)
    else:
        found, reason, candidates = _by_name(free, school_class)
    if reason:
        return _answered(context, places, row, reason, candidates)
    if found is None:
        return _new_pupil(context, row, name, number)
    return _allowed(context, places, row, found)


Found = tuple[PupilRef | None, str, Sequence[PupilRef]]


def _by_number(known: PupilRef, name: str, free: Sequence[PupilRef]) -> Found:
    if known.name == name:
        return known, "", ()
    return None, "name-differs", [known, *free]


def _by_unknown_number(free: Sequence[PupilRef], school_class: ClassRef | None) -> Found:
    """A namesake in the class without a number gets this one; with another number, that is asked."""
    in_class = [pupil for pupil in free if _sits_in(pupil, school_class)]
    if len(in_class) == 1 and not in_class[0].number:
        return in_class[0], "", ()
    return (None, "number-unknown", in_class) if in_class else (None, "", ())


def _by_name(free: Sequence[PupilRef], school_class: ClassRef | None) -> Found:
    in_class = [pupil for pupil in free if _sits_in(pupil, school_class)]
    if len(in_class) == 1:
        return in_class[0], "", ()
    if in_class:
        return None, "several", in_class
    return (None, "class-differs", free) if free else (None, "", ())


def _sits_in(pupil: PupilRef, school_class: ClassRef | None) -> bool:
    return school_class is None or (
        pupil.stay is not None and school_class.pk is not None and pupil.stay.school_class == school_class.pk
    )


def _answered(
    context: Context, places: Places, row: PupilRow, reason: str, candidates: Sequence[PupilRef]
) -> PupilRef | None:
    answer = context.ask(Kind.PUPILS, row.origin, "name", row.name, reason, candidates)
    if answer == NEW:
        index = context.state.index
        return _new_pupil(context, row, index.name(row.name), index.number(row.number))
    if answer in {"", SKIP}:
        # Whoever may be meant is not taken for missing.
        places.matched.update(candidates)
        return None
    return _allowed(context, places, row, context.state.pupils[int(answer)])


def _new_pupil(context: Context, row: PupilRow, name: str, number: str) -> PupilRef:
    pupil = PupilRef(None, None, name, number, sourced_id=row.sourced_id)
    details = {"sex": row.sex, "born": row.born.isoformat() if row.born else ""}
    context.run.plan.new_pupils.append(NewPerson(pupil, row.name, row.number, details))
    return pupil


def _allowed(context: Context, places: Places, row: PupilRow, pupil: PupilRef) -> PupilRef | None:
    """A school's own import takes nobody from another school."""
    places.matched.add(pupil)
    if pupil.stay is not None and not context.everywhere:
        school = context.state.school_keys.get(pupil.stay.school)
        if school is None or not school.own:
            context.wrong(row.origin, "elsewhere", "number")
            return None
    return pupil


def _note_name(context: Context, named: Named, pupil: PupilRef, row: PupilRow, school: SchoolRef) -> None:
    index = context.state.index
    if row.number:
        named.by_number[index.number(row.number)] = pupil
    named.by_name[school, index.name(row.name)].append(pupil)


def _compare(
    context: Context,
    places: Places,
    row: PupilRow,
    pupil: PupilRef,
    school: SchoolRef,
    school_class: ClassRef | None,
) -> None:
    """Plan what the row changes, and count it once: as added, moved, described otherwise or unchanged."""
    pupil.school, pupil.school_class = school, school_class
    where = f"{school.name} {school_class or ''}".strip()
    start = row.since or context.day
    counted = False
    if pupil.pk is None:
        context.run.plan.moves.append(Move(pupil, None, school, school_class, "", start))
        context.run.note(Kind.PUPILS, ADDED, row.name, "at", row.origin, after=where)
        counted = True
    elif not _stays(pupil, school, school_class):
        counted = True
        reason = _reason(context, pupil, school, school_class)
        context.run.plan.moves.append(Move(pupil, pupil.stay, school, school_class, reason, context.day))
        action = CHANGED if pupil.stay is not None else ADDED
        what = f"moved-{reason}" if reason else "back"
        context.run.note(
            Kind.PUPILS, action, row.name, what, row.origin, before=_where(context, pupil), after=where
        )
    if pupil.pk is not None:
        said = {
            "name": row.name,
            "number": row.number,
            "sex": row.sex,
            "born": row.born.isoformat() if row.born else "",
        }
        counted |= context.amend(Kind.PUPILS, pupil, said, row.origin, counted)
        if row.sourced_id and row.sourced_id != pupil.sourced_id:
            context.run.plan.sourced_ids.append((pupil, row.sourced_id))
            if not counted:
                context.run.note(Kind.PUPILS, CHANGED, row.name, "new-sourced_id", row.origin)
                counted = True
    counted |= _compare_sex(context, row, pupil, counted)
    if not counted:
        context.run.note(Kind.PUPILS, UNCHANGED)


def _stays(pupil: PupilRef, school: SchoolRef, school_class: ClassRef | None) -> bool:
    stay = pupil.stay
    if stay is None or school.pk is None or stay.school != school.pk:
        return False
    return school_class is None or (school_class.pk is not None and stay.school_class == school_class.pk)


def _reason(
    context: Context, pupil: PupilRef, school: SchoolRef, school_class: ClassRef | None
) -> EnrolmentEnd | str:
    """Return why the present stay ends."""
    stay = pupil.stay
    if stay is None:
        return ""
    before = context.state.class_keys.get(stay.school_class) if stay.school_class is not None else None
    rises = before is not None and school_class is not None and school_class.entry_grade > before.entry_grade
    if stay.school != school.pk:
        return EnrolmentEnd.GRADUATED if rises else EnrolmentEnd.TRANSFER
    if rises:
        return EnrolmentEnd.MOVED_UP
    if before is not None and school_class is not None and school_class.entry_year > before.entry_year:
        return EnrolmentEnd.REPEATING
    return EnrolmentEnd.CLASS_CHANGE


def _where(context: Context, pupil: PupilRef) -> str:
    if pupil.stay is None:
        return ""
    school = context.state.school_keys.get(pupil.stay.school)
    key = pupil.stay.school_class
    school_class = context.state.class_keys.get(key) if key is not None else None
    return f"{school.name if school else ''} {school_class or ''}".strip()


def _compare_sex(context: Context, row: PupilRow, pupil: PupilRef, counted: bool) -> bool:
    """Plan the dated fact that models use, where the district keeps one."""
    text = SEX_TEXTS.get(row.sex, "")
    if not text or context.state.sex_kind is None or (pupil.sex is not None and pupil.sex[1] == text):
        return False
    context.run.plan.sexes.append((pupil, text))
    if not counted:
        before = pupil.sex[1] if pupil.sex else ""
        context.run.note(Kind.PUPILS, CHANGED, row.name, "new-sex", row.origin, before=before, after=text)
    return True


def _count_back(
    context: Context, places: Places, row: PupilRow, pupil: PupilRef, school_class: ClassRef | None
) -> None:
    """Count by sheet how many pupils would be a grade below the one they are in, or entered a year earlier."""
    if school_class is None:
        return
    counts = places.back[row.origin.place.sheet]
    counts[1] += 1
    stay = pupil.stay
    before = context.state.class_keys.get(stay.school_class) if stay and stay.school_class else None
    first_year = context.state.first_year
    if before is not None:
        counts[0] += school_class.grade(first_year) == before.grade(first_year) - 1
    elif row.entry_year is not None:
        counts[0] += school_class.entry_year - row.entry_year == 1


def _refuse_last_year(context: Context, places: Places) -> None:
    for sheet, (back, everybody) in places.back.items():
        if back >= FEWEST_FOR_A_PATTERN and back > everybody / 2:
            params = {"count": str(back), "all": str(everybody)}
            context.run.problems.append(Problem("last-year", sheet, "", params))


def _note_leavers(context: Context, places: Places) -> None:
    """Take those for gone whom a whole list of their school does not name."""
    keys = {school.pk for school in context.touched}
    here = [p for p in context.state.pupils.values() if p.stay is not None and p.stay.school in keys]
    context.run.of[Kind.PUPILS] = len(here)
    for pupil in here:
        if pupil in places.matched:
            continue
        context.run.plan.leavers.append(pupil)
        shown = len(context.run.plan.leavers) <= 50
        name = pupil.opened()["name"] if shown else ""
        context.run.note(Kind.PUPILS, REMOVED, name, "left", before=_where(context, pupil))
