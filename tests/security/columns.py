"""Who walks through the site: every role on the places on which it is given, an account without a role, and a stranger.

A column says also, apart from the code's own rules, whose names and numbers may stand in its pages: what
docs/explanation/who-sees-what.md promises, written a second time.
"""

from dataclasses import dataclass
from enum import StrEnum

from xuequ.district.choices import Role


class Place(StrEnum):
    """How far from the reader an object is."""

    OWN = "own"
    NEAR = "near"
    FAR = "far"
    MIXED = "mixed"
    GONE = "gone"


class Scope(StrEnum):
    """On what the role holds."""

    DISTRICT = "district"
    AREA = "area"
    SCHOOL = "school"
    GRADE = "grade"
    CLASS = "class"
    FAMILY = "family"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Column:
    """One reader of the table."""

    code: str
    role: Role | None
    scope: Scope

    @property
    def title(self) -> str:
        """The role and its place in words."""
        if self.role is None:
            return "nobody signed in" if self.code == "an" else "an account without a role"
        return f"{self.role} ({self.scope})"

    @property
    def is_district(self) -> bool:
        """Whether the role holds in the whole district."""
        return self.scope == Scope.DISTRICT


COLUMNS = (
    Column("bl", Role.BUREAU_LEADER, Scope.DISTRICT),
    Column("do", Role.DISTRICT_OFFICER, Scope.DISTRICT),
    Column("re", Role.RESEARCHER, Scope.DISTRICT),
    Column("su", Role.SUPERVISOR, Scope.DISTRICT),
    Column("dd", Role.DATA_OFFICER, Scope.DISTRICT),
    Column("ao", Role.DISTRICT_OFFICER, Scope.AREA),
    Column("as", Role.SUPERVISOR, Scope.AREA),
    Column("ad", Role.DATA_OFFICER, Scope.AREA),
    Column("he", Role.HEAD, Scope.SCHOOL),
    Column("sa", Role.SCHOOL_ADMINISTRATOR, Scope.SCHOOL),
    Column("me", Role.MORAL_EDUCATION, Scope.SCHOOL),
    Column("sd", Role.DATA_OFFICER, Scope.SCHOOL),
    Column("yh", Role.YEAR_HEAD, Scope.GRADE),
    Column("sh", Role.SUBJECT_HEAD, Scope.SCHOOL),
    Column("ct", Role.CLASS_TEACHER, Scope.CLASS),
    Column("te", Role.TEACHER, Scope.CLASS),
    Column("fi", Role.FINANCE, Scope.DISTRICT),
    Column("ex", Role.EXPERT, Scope.DISTRICT),
    Column("oi", Role.OUTSIDE_INSTRUCTOR, Scope.SCHOOL),
    Column("sy", Role.SYSTEM_ADMINISTRATOR, Scope.DISTRICT),
    Column("pu", Role.PUPIL, Scope.FAMILY),
    Column("gu", Role.GUARDIAN, Scope.FAMILY),
    Column("no", None, Scope.NOTHING),
    Column("an", None, Scope.NOTHING),
)

WHOLE_SCHOOL = frozenset({Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.MORAL_EDUCATION, Role.DATA_OFFICER})
OF_ONE_CLASS = frozenset({Role.YEAR_HEAD, Role.CLASS_TEACHER, Role.TEACHER})
DISTRICT_READERS = frozenset({Role.BUREAU_LEADER, Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.SUPERVISOR})
ROSTER_OFFICE = frozenset({Role.DATA_OFFICER, Role.SYSTEM_ADMINISTRATOR})


IMPORTERS = frozenset({Role.DISTRICT_OFFICER, Role.RESEARCHER})

PUPILS_NAMED: dict[str, str] = {
    "office/imports/{uid}/columns/": "the rows of the file that this reader has brought in",
    "office/assessments/{uid}/template/": "the class lists beside which the results are written that are brought in",
}
"""Where those who import for the district meet pupils, by the beginning of the address, each with its reason."""

SCHOOLS_NAMED: dict[str, str] = {
    "office/roster/pupils/": "the list of schools to which a pupil may be transferred",
    "programmes/ledger/moves/": "the schools that offer equipment, and those with which it is exchanged",
    "programmes/ledger/devices/{uid}/move/": "the list of schools to which equipment may go",
    "programmes/bookings/": "the schools that lend a room",
}
"""Pages that name foreign schools to a school's readers, by the beginning of the address, each with its reason."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a name, number, login or score is: what sort of person, and how far from the readers of a school."""

    kind: str
    place: Place


def may_read(column: Column, owner: Owner) -> bool:
    """Whether something of this owner may stand in a page for ``column`` (its own things aside)."""
    if owner.kind == "official":
        return column.scope != Scope.NOTHING  # who serves the district's offices is no secret to its schools
    if column.scope == Scope.DISTRICT:
        return column.role in ROSTER_OFFICE or (column.role in DISTRICT_READERS and owner.kind == "staff")
    if column.scope == Scope.AREA:
        return owner.kind == "staff" and owner.place in {Place.OWN, Place.NEAR}
    in_school = owner.place in {Place.OWN, Place.NEAR}
    if column.role in WHOLE_SCHOOL and column.scope == Scope.SCHOOL:
        return in_school
    if column.role in OF_ONE_CLASS:
        return owner.place == Place.OWN or (in_school and owner.kind == "staff")
    return column.role == Role.SUBJECT_HEAD and in_school and owner.kind == "staff"
