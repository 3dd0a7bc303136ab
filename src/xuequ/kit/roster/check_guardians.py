"""Guardians of a file against the roster. Two children with guardians of one name and telephone have one guardian."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from xuequ.district.choices import Relation
from xuequ.district.people import plain
from xuequ.kit.roster.check_pupils import Named
from xuequ.kit.roster.content import GuardianRow, Kind
from xuequ.kit.roster.context import Context
from xuequ.kit.roster.plan import ADDED, CHANGED, REMOVED, UNCHANGED, Care, NewPerson
from xuequ.kit.roster.state import GuardianRef, PupilRef, SchoolRef, Ward, load_guardians, load_pupils


@dataclass(slots=True)
class Families:
    """Who is guardian of whom now, and who of the file's guardians was seen."""

    wards: dict[int, list[Ward]]
    named: dict[str, list[GuardianRef]]
    new: dict[tuple[str, str], GuardianRef] = field(default_factory=dict)
    seen: set[tuple[PupilRef, str]] = field(default_factory=set)
    matched: set[int] = field(default_factory=set)
    pupils: set[PupilRef] = field(default_factory=set)


def check_guardians(context: Context, named: Named) -> None:
    """Find out what the guardians' rows change."""
    rows = context.content.guardians
    if not rows:
        return
    _load_missing_pupils(context, rows, named)
    finder = Finder(context, named)
    found = [(row, pupil) for row in rows if (pupil := finder.pupil_of(row)) is not None]
    keys = {pupil.pk for _row, pupil in found if pupil.pk is not None}
    families = Families(*load_guardians(context.state, keys))
    for row, pupil in found:
        _compare(context, families, row, pupil)
    if Kind.GUARDIANS in context.content.complete:
        _note_gone(context, families)


def _load_missing_pupils(context: Context, rows: Collection[GuardianRow], named: Named) -> None:
    """Load the pupils whom the guardians' rows name and no pupils' rows do."""
    index = context.state.index
    numbers = {index.number(row.pupil_number) for row in rows if row.pupil_number} - named.by_number.keys()
    known = {pupil.number for pupil in context.state.pupils.values()}
    schools = {
        school.pk
        for row in rows
        if not row.pupil_number and (school := _quiet_school(context, row)) is not None
    }
    missing = numbers - known
    if missing or schools:
        load_pupils(context.state, [pk for pk in schools if pk is not None], missing)


def _quiet_school(context: Context, row: GuardianRow) -> SchoolRef | None:
    return context.state.schools.get(plain(row.school)) if row.school else context.only_school


class Finder:
    """Finds the pupil whom a guardian's row names: among the file's own pupils first, then in the roster."""

    def __init__(self, context: Context, named: Named) -> None:
        self.context, self.named = context, named
        self.by_number = {p.number: p for p in context.state.pupils.values() if p.number}
        self.by_name: dict[tuple[int, str], list[PupilRef]] = defaultdict(list)
        for pupil in context.state.pupils.values():
            if pupil.stay is not None:
                self.by_name[pupil.stay.school, pupil.name].append(pupil)

    def pupil_of(self, row: GuardianRow) -> PupilRef | None:
        """Return the pupil; who is not found is noted."""
        if row.pupil_number:
            number = self.context.state.index.number(row.pupil_number)
            found = self.named.by_number.get(number) or self.by_number.get(number)
        else:
            found = self._by_name(row)
        if found is None:
            if not self._was_asked(row):
                self.context.wrong(
                    row.origin, "unknown-pupil", "pupil_number" if row.pupil_number else "pupil"
                )
            return None
        return found if self._is_own(row, found) else None

    def _was_asked(self, row: GuardianRow) -> bool:
        """Whether the guardian stands beside a pupil whose own row is open, left out or wrong."""
        return "guardian1" in row.origin.place.columns

    def _by_name(self, row: GuardianRow) -> PupilRef | None:
        school = self.context.school_of(row.school, row.origin)
        if school is None or not row.pupil:
            return None
        name = self.context.state.index.name(row.pupil)
        found = self.named.by_name.get((school, name), [])
        if not found and school.pk is not None:
            found = self.by_name.get((school.pk, name), [])
        if len(found) > 1 and row.school_class:
            school_class = self.context.class_of(
                school, row.school_class, row.grade, row.origin, "school_class"
            )
            found = [p for p in found if school_class is not None and self._sits_in(p, school_class)]
        return found[0] if len(found) == 1 else None

    @staticmethod
    def _sits_in(pupil: PupilRef, school_class: object) -> bool:
        if pupil.school_class is not None:
            return pupil.school_class is school_class
        return pupil.stay is not None and pupil.stay.school_class == getattr(school_class, "pk", None)

    def _is_own(self, row: GuardianRow, pupil: PupilRef) -> bool:
        school = pupil.school
        if school is None and pupil.stay is not None:
            school = self.context.state.school_keys.get(pupil.stay.school)
        if self.context.everywhere or (school is not None and school.own):
            return True
        self.context.wrong(row.origin, "elsewhere", "pupil_number")
        return False


def _compare(context: Context, families: Families, row: GuardianRow, pupil: PupilRef) -> None:
    name = context.state.index.name(row.name)
    if (pupil, name) in families.seen:
        return
    families.seen.add((pupil, name))
    families.pupils.add(pupil)
    known = families.wards.get(pupil.pk, []) if pupil.pk is not None else []
    ward = next((item for item in known if item.guardian.name == name), None)
    if ward is None:
        _add(context, families, row, pupil, name)
        return
    families.matched.add(ward.pk)
    counted = False
    if row.relation and row.relation != ward.relation:
        counted = True
        context.run.plan.relations.append((ward, row.relation))
        context.run.note(
            Kind.GUARDIANS,
            CHANGED,
            row.name,
            "new-relation",
            row.origin,
            before=ward.relation,
            after=row.relation,
        )
    counted |= context.amend(Kind.GUARDIANS, ward.guardian, {"phone": row.phone}, row.origin, counted)
    if not counted:
        context.run.note(Kind.GUARDIANS, UNCHANGED)


def _add(context: Context, families: Families, row: GuardianRow, pupil: PupilRef, name: str) -> None:
    guardian = _person(context, families, row, name)
    relation = row.relation or str(Relation.OTHER)
    context.run.plan.cares.append(Care(guardian, pupil, relation, row.since or context.day))
    context.run.note(Kind.GUARDIANS, ADDED, row.name, "", row.origin)


def _person(context: Context, families: Families, row: GuardianRow, name: str) -> GuardianRef:
    """Return the guardian of this name and telephone number, if one is known, else a new one."""
    key = (name, row.phone)
    if row.phone:
        if key in families.new:
            return families.new[key]
        for ref in families.named.get(name, []):
            if ref.opened().get("phone") == row.phone:
                return ref
    ref = GuardianRef(None, None, name, "")
    context.run.plan.new_guardians.append(NewPerson(ref, row.name, "", {"phone": row.phone}))
    if row.phone:
        families.new[key] = ref
    return ref


def _note_gone(context: Context, families: Families) -> None:
    """End the guardianships that a whole list of the pupils' guardians does not name."""
    present = [ward for p in families.pupils if p.pk is not None for ward in families.wards.get(p.pk, [])]
    context.run.of[Kind.GUARDIANS] = len(present)
    for ward in present:
        if ward.pk in families.matched:
            continue
        context.run.plan.ended_cares.append(ward)
        name = ward.guardian.opened()["name"] if len(context.run.plan.ended_cares) <= 50 else ""
        context.run.note(Kind.GUARDIANS, REMOVED, name, "no-longer")
