"""What a roster file says, whatever its format: every reader makes one ``RosterContent``, and all else works on it.

Texts stand as the file gives them (trimmed); dates, sexes and relations are already understood. What is empty is
not known and never clears what the district knows. A row's ``origin`` leads back to its cells, for messages.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from xuequ.kit.roster.problems import Problem, Remark
from xuequ.kit.sheets.reading import cell_name


class Kind(StrEnum):
    """The tables of a roster, in the order in which they rest on each other."""

    SCHOOLS = "schools"
    CLASSES = "classes"
    PUPILS = "pupils"
    TEACHERS = "teachers"
    TEACHING = "teaching"
    GUARDIANS = "guardians"


@dataclass(frozen=True, slots=True)
class Place:
    """A sheet of a file (or a file of an archive), and in which column (0-based) each field stands."""

    file: str
    sheet: str = ""
    columns: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row came from; ``row`` is 0-based."""

    place: Place
    row: int

    def cell(self, name: str = "") -> str:
        """Return the cell of a field as spreadsheets name it, or the row's number when the field has no column."""
        column = self.place.columns.get(name)
        return str(self.row + 1) if column is None else cell_name(self.row, column)

    def problem(self, code: str, name: str = "", **params: str) -> Problem:
        """Return a problem with the cell of ``name`` in this row."""
        return Problem(code, self.place.sheet, self.cell(name), params)


NOWHERE = Origin(Place(""), 0)


@dataclass(frozen=True, slots=True)
class SchoolRow:
    """A school; ``stage``, ``sector`` and ``year_system`` are codes of ``district.choices`` or empty."""

    kind: ClassVar[Kind] = Kind.SCHOOLS
    name: str
    code: str = ""
    short_name: str = ""
    stage: str = ""
    sector: str = ""
    year_system: str = ""
    area: str = ""
    sourced_id: str = ""
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class of a school: ``name`` as written (七年级3班, 2024级3班), with the grade beside it where it stands apart.

    ``label`` is a name of its own (启航班). ``code`` is the register's number of the class, which is one school's only.
    """

    kind: ClassVar[Kind] = Kind.CLASSES
    school: str
    name: str
    grade: str = ""
    entry_year: int | None = None
    label: str = ""
    code: str = ""
    sourced_id: str = ""
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class PupilRow:
    """A pupil in a school and class. ``sex`` is ``male`` or ``female``; ``since`` begins the stay where it is told."""

    kind: ClassVar[Kind] = Kind.PUPILS
    name: str
    number: str = ""
    school: str = ""
    grade: str = ""
    school_class: str = ""
    sex: str = ""
    born: dt.date | None = None
    entry_year: int | None = None
    since: dt.date | None = None
    sourced_id: str = ""
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class TeacherRow:
    """A teacher at a school. ``subjects`` are only read, to find the one of two namesakes who teaches a subject."""

    kind: ClassVar[Kind] = Kind.TEACHERS
    name: str
    number: str = ""
    school: str = ""
    sex: str = ""
    phone: str = ""
    subjects: tuple[str, ...] = ()
    since: dt.date | None = None
    sourced_id: str = ""
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class TeachingRow:
    """Who teaches a subject (a code) to a class, or has charge of it (``class_teacher``; then no subject is needed)."""

    kind: ClassVar[Kind] = Kind.TEACHING
    school: str
    school_class: str
    grade: str = ""
    teacher: str = ""
    teacher_number: str = ""
    subject: str = ""
    class_teacher: bool = False
    since: dt.date | None = None
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class GuardianRow:
    """A guardian of a pupil, who is named by number or by school, class and name. ``relation`` is a code or empty."""

    kind: ClassVar[Kind] = Kind.GUARDIANS
    name: str
    relation: str = ""
    phone: str = ""
    pupil_number: str = ""
    pupil: str = ""
    school: str = ""
    grade: str = ""
    school_class: str = ""
    since: dt.date | None = None
    origin: Origin = NOWHERE


Row = SchoolRow | ClassRow | PupilRow | TeacherRow | TeachingRow | GuardianRow


@dataclass(slots=True)
class RosterContent:
    """A whole file. ``complete`` names the tables that list everybody of the schools (or pupils) in them."""

    schools: list[SchoolRow] = field(default_factory=list)
    classes: list[ClassRow] = field(default_factory=list)
    pupils: list[PupilRow] = field(default_factory=list)
    teachers: list[TeacherRow] = field(default_factory=list)
    teaching: list[TeachingRow] = field(default_factory=list)
    guardians: list[GuardianRow] = field(default_factory=list)
    complete: frozenset[Kind] = frozenset()
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many rows there are in all."""
        return sum(len(getattr(self, kind)) for kind in Kind)
