"""The roster as it is: schools, classes, people and where they are, loaded once for a check.

Rows are small mutable objects, so that what is added later can stand in the same places and get its key when stored.
Names and numbers are blind indexes; an identity is opened only where a file says something about that person.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from django.db.models import Q, QuerySet

from xuequ.core import crypto
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.models import (
    ClassTeaching,
    Dated,
    Enrolment,
    Guardianship,
    Pupil,
    School,
    SchoolClass,
    Subject,
    Teacher,
    TeachingAssignment,
)
from xuequ.district.people import name_index, number_index, plain
from xuequ.kit.sheets.headings import plain_heading, subject_of
from xuequ.record.models import Factor, FactorKind

Item = TypeVar("Item")
PORTION = 400
FEW = 3000
"""With fewer numbers in a file, only the people concerned are loaded, not the whole district."""


def stored(pk: int | None) -> int:
    """Return a primary key that must be there by now."""
    assert pk is not None
    return pk


@dataclass(slots=True, eq=False)
class SchoolRef:
    """A school; ``pk`` is None until it is stored."""

    pk: int | None
    code: str
    name: str
    short_name: str
    stage: str
    sector: str
    year_system: str
    area: str
    sourced_id: str
    own: bool = True

    @property
    def key(self) -> int:
        """The primary key of a school that is stored."""
        return stored(self.pk)


@dataclass(slots=True, eq=False)
class ClassRef:
    """A class."""

    pk: int | None
    school: SchoolRef
    entry_year: int
    entry_grade: int
    number: int
    label: str = ""
    sourced_id: str = ""

    @property
    def key(self) -> int:
        """The primary key of a class that is stored."""
        return stored(self.pk)

    def grade(self, first_year: int) -> int:
        """Return the grade in the school year that begins in ``first_year``."""
        return self.entry_grade + first_year - self.entry_year

    def __str__(self) -> str:
        return self.label or f"{self.entry_year}级{self.number}班"


@dataclass(slots=True, eq=False)
class Stay:
    """Where a pupil is: the enrolment's key, the school's and the class's, and since when."""

    pk: int
    school: int
    school_class: int | None
    start: dt.date


@dataclass(slots=True, eq=False)
class PersonRef:
    """Somebody with a name: blind indexes, and the sealed identity as long as it is stored."""

    pk: int | None
    person: int | None
    name: str
    number: str
    sealed: bytes = b""
    sourced_id: str = ""

    @property
    def key(self) -> int:
        """The primary key of somebody who is stored."""
        return stored(self.pk)

    @property
    def person_key(self) -> int:
        """The primary key of the person, who is stored."""
        return stored(self.person)

    def opened(self) -> dict[str, str]:
        """Return the decrypted fields."""
        return crypto.unseal(self.sealed)


@dataclass(slots=True, eq=False)
class PupilRef(PersonRef):
    """A pupil and where the pupil is; for new ones, where the file places them."""

    stay: Stay | None = None
    school: SchoolRef | None = None
    school_class: ClassRef | None = None
    sex: tuple[int, str] | None = None  # the factor's key and text


@dataclass(slots=True, eq=False)
class TeacherRef(PersonRef):
    """A teacher and the school that the teacher is at."""

    account: int | None = None
    school: SchoolRef | None = None
    subjects: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class GuardianRef(PersonRef):
    """A guardian; ``pk`` is that of the person."""


@dataclass(slots=True, eq=False)
class Teaches:
    """A teaching assignment or the charge of a class that is in force."""

    pk: int
    teacher: int
    school_class: int
    subject: int | None
    start: dt.date


@dataclass(slots=True)
class Indexes:
    """Blind indexes, each text computed once in a check: a number stands in several tables of a file."""

    names: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)

    def name(self, text: str) -> str:
        """Return the blind index of a name."""
        found = self.names.get(text)
        if found is None:
            found = self.names[text] = name_index(text)
        return found

    def number(self, text: str) -> str:
        """Return the blind index of a number; empty for none."""
        found = self.numbers.get(text)
        if found is None:
            found = self.numbers[text] = number_index(text)
        return found


@dataclass(slots=True)
class State:
    """Everything that a check compares a file with."""

    day: dt.date
    first_year: int
    schools: dict[str, SchoolRef] = field(default_factory=dict)
    school_keys: dict[int, SchoolRef] = field(default_factory=dict)
    classes: dict[SchoolRef, list[ClassRef]] = field(default_factory=lambda: defaultdict(list))
    class_keys: dict[int, ClassRef] = field(default_factory=dict)
    subjects: dict[str, int] = field(default_factory=dict)
    pupils: dict[int, PupilRef] = field(default_factory=dict)
    teachers: dict[int, TeacherRef] = field(default_factory=dict)
    sex_kind: int | None = None
    index: Indexes = field(default_factory=Indexes)

    def own_schools(self) -> list[SchoolRef]:
        """Return the schools whose roster the actor keeps."""
        return [school for school in self.school_keys.values() if school.own]


def portions(items: Iterable[Item], size: int = PORTION) -> Iterator[list[Item]]:
    """Yield the items in lists of at most ``size``."""
    waiting = iter(items)
    while piece := list(islice(waiting, size)):
        yield piece


def load_places(actor: Actor, day: dt.date, first_year: int) -> State:
    """Load schools, classes and subjects: four queries."""
    state = State(day, first_year)
    own = set(School.objects.filter(policy.roster_schools(actor)).values_list("pk", flat=True))
    rows = School.objects.of_district().filter(Q(closed_on=None) | Q(closed_on__gt=day))
    for row in rows.select_related("area").order_by("code"):
        area = row.area.name if row.area is not None else ""
        names = (row.code, row.name, row.short_name, row.stage, row.sector, row.year_system)
        ref = SchoolRef(row.pk, *names, area, row.sourced_id, row.pk in own)
        state.school_keys[row.pk] = ref
        note_school(state, ref)
    known = SchoolClass.objects.filter(school__in=list(state.school_keys)).order_by("-entry_year", "number")
    fields = ("pk", "school_id", "entry_year", "entry_grade", "number", "label", "sourced_id")
    for pk, school, *rest in known.values_list(*fields):
        school_class = ClassRef(pk, state.school_keys[school], *rest)
        state.classes[school_class.school].append(school_class)
        state.class_keys[pk] = school_class
    state.subjects = dict(Subject.objects.values_list("code", "pk"))
    kind = FactorKind.objects.filter(code="sex", study=None, is_numeric=False).values_list("pk", flat=True)
    state.sex_kind = kind.first()
    return state


def note_school(state: State, ref: SchoolRef) -> None:
    """Make a school known by its code, names and foreign id; a name that two schools share finds the first."""
    for text in (ref.code, ref.name, ref.short_name, ref.sourced_id):
        if text:
            state.schools.setdefault(plain(text), ref)


def subject_reader() -> "SubjectReader":
    """Return what leads from a subject's name to its code."""
    return SubjectReader({plain_heading(s.name): s.code for s in Subject.objects.all()})


@dataclass(frozen=True, slots=True)
class SubjectReader:
    """Finds a subject by the district's own name for it, else by the usual ones."""

    names: dict[str, str]

    def __call__(self, text: str) -> str:
        word = plain_heading(text)
        code = subject_of(text)
        return self.names.get(word) or (code if code in set(self.names.values()) else "")


def load_pupils(state: State, schools: Collection[int], numbers: Collection[str]) -> None:
    """Load the pupils of the schools and those with these numbers, wherever they are (also nowhere now)."""
    pupils = Pupil.objects.filter(study=None, person__identity__isnull=False)
    if len(numbers) <= FEW:
        current = Enrolment.objects.filter(_lasting(state.day), school__in=schools).values("pupil")
        _add_pupils(state, pupils.filter(pk__in=current))
        for piece in portions(numbers):
            _add_pupils(state, pupils.filter(person__identity__number_index__in=piece))
    else:
        _add_pupils(state, pupils)
    _add_stays(state, len(numbers) <= FEW)
    _add_sexes(state, len(numbers) <= FEW)


def _lasting(day: dt.date) -> Q:
    """Condition "not over on ``day``": what has begun, and what begins later."""
    return Q(end=None) | Q(end__gt=day)


def _add_pupils(state: State, pupils: "QuerySet[Pupil]") -> None:
    identity = "person__identity__"
    fields = (
        "pk", "person_id", f"{identity}name_index", f"{identity}number_index", f"{identity}sealed", "sourced_id",
    )  # fmt: skip
    for pk, person, name, number, sealed, sourced_id in pupils.values_list(*fields).iterator(2000):
        state.pupils.setdefault(pk, PupilRef(pk, person, name, number, bytes(sealed), sourced_id))


def _add_stays(state: State, few: bool) -> None:
    rows = Enrolment.objects.filter(_lasting(state.day)).order_by("start", "pk")
    fields = ("pupil_id", "pk", "school_id", "school_class_id", "start")
    for piece in portions(state.pupils) if few else [None]:
        part = rows.filter(pupil__in=piece) if piece is not None else rows
        for pupil, *stay in part.values_list(*fields).iterator(2000):
            if pupil in state.pupils:
                state.pupils[pupil].stay = Stay(*stay)


def _add_sexes(state: State, few: bool) -> None:
    if state.sex_kind is None:
        return
    rows = Factor.objects.filter(Dated.at(state.day), kind=state.sex_kind, pupil__isnull=False).order_by("pk")
    for piece in portions(state.pupils) if few else [None]:
        part = rows.filter(pupil__in=piece) if piece is not None else rows
        for pupil, pk, text in part.values_list("pupil_id", "pk", "text").iterator(2000):
            if pupil in state.pupils:
                state.pupils[pupil].sex = (pk, text)


def load_teachers(state: State) -> None:
    """Load all teachers: some thousand, one query."""
    identity = "person__identity__"
    fields = (
        "pk", "person_id", f"{identity}name_index", f"{identity}number_index", f"{identity}sealed", "sourced_id",
        "person__account_id", "school_id",
    )  # fmt: skip
    rows = Teacher.objects.filter(school__study=None, person__identity__isnull=False)
    for pk, person, name, number, sealed, sourced_id, account, school in rows.values_list(*fields):
        at = state.school_keys.get(school)
        state.teachers[pk] = TeacherRef(pk, person, name, number, bytes(sealed), sourced_id, account, at)


def load_teaching(state: State, schools: Collection[int]) -> list[Teaches]:
    """Return what is taught by whom in the classes of the schools."""
    rows = TeachingAssignment.objects.filter(_lasting(state.day), school_class__school__in=schools)
    fields = ("pk", "teacher_id", "school_class_id", "subject_id", "start")
    return [Teaches(*row) for row in rows.order_by("pk").values_list(*fields)]


def load_charges(state: State, schools: Collection[int]) -> list[Teaches]:
    """Return who has charge of which class of the schools."""
    rows = ClassTeaching.objects.filter(_lasting(state.day), school_class__school__in=schools)
    found = rows.order_by("pk").values_list("pk", "teacher_id", "school_class_id", "start")
    return [Teaches(pk, teacher, school_class, None, start) for pk, teacher, school_class, start in found]


@dataclass(slots=True, eq=False)
class Ward:
    """A guardianship in force."""

    pk: int
    guardian: GuardianRef
    relation: str


def load_guardians(
    state: State, pupils: Collection[int]
) -> tuple[dict[int, list[Ward]], dict[str, list[GuardianRef]]]:
    """Return the guardianships of the pupils, and all guardians concerned by the index of their names."""
    wards: dict[int, list[Ward]] = defaultdict(list)
    people: dict[int, GuardianRef] = {}
    identity = "guardian__identity__"
    fields = (
        "pk", "pupil_id", "relation", "guardian_id", f"{identity}name_index", f"{identity}number_index",
        f"{identity}sealed",
    )  # fmt: skip
    rows = Guardianship.objects.filter(_lasting(state.day), guardian__identity__isnull=False).order_by("pk")
    for piece in portions(pupils) if len(pupils) <= FEW else [None]:
        part = rows.filter(pupil__in=piece) if piece is not None else rows.filter(pupil__study=None)
        for pk, pupil, relation, person, name, number, sealed in part.values_list(*fields).iterator(2000):
            ref = people.setdefault(person, GuardianRef(person, person, name, number, bytes(sealed)))
            wards[pupil].append(Ward(pk, ref, relation))
    named: dict[str, list[GuardianRef]] = defaultdict(list)
    for ref in people.values():
        named[ref.name].append(ref)
    return wards, named
