"""A OneRoster archive as a roster: its files are checked, their ids resolved, errors named by file and row."""

import csv
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xuequ.core.unpacking import check_zip
from xuequ.district.choices import Relation, Stage
from xuequ.district.names import joined
from xuequ.kit.roster import values
from xuequ.kit.roster.content import (
    ClassRow,
    GuardianRow,
    Origin,
    Place,
    PupilRow,
    RosterContent,
    SchoolRow,
    TeacherRow,
    TeachingRow,
)
from xuequ.kit.roster.oneroster.files import HEADERS, REQUIRED, VERSION
from xuequ.kit.roster.options import Options
from xuequ.kit.roster.problems import Problem, Remark
from xuequ.kit.roster.state import subject_reader
from xuequ.kit.sheets.problems import SheetRefused

HOMEROOM, SCHEDULED, STUDENT, TEACHER = "homeroom", "scheduled", "student", "teacher"
GUARDIANS = frozenset({"parent", "guardian", "relative"})
GONE = frozenset({"tobedeleted", "inactive"})
OWN_CODE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a file."""

    origin: Origin
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass
class Archive:
    """The files that could be read, and what was wrong with them."""

    tables: dict[str, dict[str, Record]] = field(default_factory=lambda: defaultdict(dict))
    problems: list[Problem] = field(default_factory=list)

    def rows(self, name: str) -> Iterable[Record]:
        """Return the rows of a file in its order."""
        return self.tables[name].values()

    def target(self, record: Record, column: str, name: str) -> Record | None:
        """Return the row of file ``name`` that a column points at; a pointer to nothing is noted."""
        found = self.tables[name].get(record[column])
        if found is None:
            self.wrong(record, column, "oneroster-dangling", text=record[column][:60], file=f"{name}.csv")
        return found

    def wrong(self, record: Record, column: str, code: str, **params: str) -> None:
        """Note what is wrong with a cell."""
        self.problems.append(record.origin.problem(code, column, **params))


def read(content: bytes, file_name: str, options: Options) -> RosterContent:
    """Return what an archive says about who is where; ``SheetRefused`` when it is not a OneRoster 1.2 bulk archive."""
    check_zip(io.BytesIO(content), len(content))
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        names = {_plain_name(entry): entry for entry in opened.namelist() if entry.lower().endswith(".csv")}
        modes = _modes(_rows_of(opened, names, "manifest"))
        found = Archive()
        for name in HEADERS:
            if modes.get(f"file.{name}", "absent") != "absent" or name in REQUIRED:
                _load(found, opened, names, name, file_name)
    roster = _Roster(found, RosterContent(), options)
    roster.build()
    roster.content.problems += found.problems
    return roster.content


def _plain_name(entry: str) -> str:
    return entry.rpartition("/")[2].removesuffix(".csv").removesuffix(".CSV").lower()


def _rows_of(opened: zipfile.ZipFile, names: Mapping[str, str], name: str) -> list[list[str]]:
    entry = names.get(name.lower())
    if entry is None:
        raise SheetRefused(Problem("oneroster-missing-file", f"{name}.csv", "", {"file": f"{name}.csv"}))
    try:
        text = opened.read(entry).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SheetRefused(
            Problem("oneroster-encoding", f"{name}.csv", "", {"file": f"{name}.csv"})
        ) from error
    return list(csv.reader(io.StringIO(text, newline="")))


def _modes(rows: list[list[str]]) -> dict[str, str]:
    """Return what the manifest says; only whole rosters of version 1.2 are read."""
    said = {row[0]: row[1].strip() for row in rows if len(row) >= 2}
    version = said.get("oneroster.version", "")
    if version != VERSION:
        raise SheetRefused(Problem("oneroster-version", "manifest.csv", "", {"text": version or "—"}))
    if any(mode == "delta" for key, mode in said.items() if key.startswith("file.")):
        raise SheetRefused(Problem("oneroster-delta", "manifest.csv"))
    return said


def _load(
    found: Archive, opened: zipfile.ZipFile, names: Mapping[str, str], name: str, file_name: str
) -> None:
    rows = _rows_of(opened, names, name)
    header = [column.strip() for column in rows[0]] if rows else []
    known = {column.lower(): column for column in HEADERS[name]}
    columns = {known[c.lower()]: index for index, c in enumerate(header) if c.lower() in known}
    if "sourcedId" not in columns:
        raise SheetRefused(Problem("oneroster-header", f"{name}.csv", "A1", {"text": "sourcedId"}))
    place = Place(file_name, f"{name}.csv", columns)
    for number, row in enumerate(rows[1:], start=1):
        record = Record(
            Origin(place, number),
            {column: row[index].strip() for column, index in columns.items() if index < len(row)},
        )
        if any(record.cells.values()) and record["status"].lower() not in GONE:
            _keep(found, name, record)


def _keep(found: Archive, name: str, record: Record) -> None:
    sourced_id = record["sourcedId"]
    if not sourced_id:
        found.wrong(record, "sourcedId", "oneroster-no-id")
    elif sourced_id in found.tables[name]:
        found.wrong(record, "sourcedId", "oneroster-id-twice", text=sourced_id[:60])
    else:
        found.tables[name][sourced_id] = record


@dataclass
class _Roster:
    """The archive as it turns into the roster's own tables."""

    found: Archive
    content: RosterContent
    options: Options
    left_out: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def build(self) -> None:
        self.roles = self._by_user("roles", "userSourcedId")
        self.enrollments = self._by_user("enrollments", "userSourcedId")
        self.wards: dict[str, list[Record]] = defaultdict(list)
        self.grades = self._grades()
        self.subject_of = subject_reader()
        self._schools()
        self._classes()
        for user in self.found.rows("users"):
            self._user(user)
        self._guardians()
        for what, count in self.left_out.items():
            self.content.remarks.append(Remark(what, {"count": str(count)}))

    def _by_user(self, name: str, column: str) -> dict[str, list[Record]]:
        grouped: dict[str, list[Record]] = defaultdict(list)
        for row in self.found.rows(name):
            if self.found.target(row, column, "users") is not None:
                grouped[row[column]].append(row)
        return grouped

    def _grades(self) -> dict[str, set[int]]:
        """Return the grades that each school's classes have."""
        grades: dict[str, set[int]] = defaultdict(set)
        for row in self.found.rows("classes"):
            grades[row["schoolSourcedId"]] |= {
                int(g) for g in row["grades"].split(",") if g.strip().isdigit()
            }
        return grades

    def _schools(self) -> None:
        for row in self.found.rows("orgs"):
            if row["type"] != "school":
                continue
            parent = self.found.tables["orgs"].get(row["parentSourcedId"])
            area = parent["name"] if parent is not None and parent["type"] == "local" else ""
            self.content.schools.append(
                SchoolRow(
                    name=row["name"],
                    code=row["identifier"] or row["sourcedId"],
                    short_name=row["metadata.xuequ.shortName"],
                    stage=row["metadata.xuequ.stage"] or _stage(self.grades[row["sourcedId"]]),
                    sector=row["metadata.xuequ.sector"],
                    year_system=row["metadata.xuequ.yearSystem"],
                    area=area,
                    sourced_id=row["sourcedId"],
                    origin=row.origin,
                )
            )

    def _school(self, record: Record, column: str) -> str:
        """Return by what the roster calls the school that a column points at."""
        found = self.found.target(record, column, "orgs")
        return (found["identifier"] or found["sourcedId"]) if found is not None else ""

    def _classes(self) -> None:
        for row in self.found.rows("classes"):
            if row["classType"] == SCHEDULED:
                continue
            name, year, label = _class_name(row)
            self.content.classes.append(
                ClassRow(
                    school=self._school(row, "schoolSourcedId"),
                    name=name,
                    grade="" if year else _grade(row),
                    entry_year=year,
                    label=label,
                    sourced_id=row["sourcedId"],
                    origin=row.origin,
                )
            )

    def _user(self, user: Record) -> None:
        roles = self.roles.get(user["sourcedId"], [])
        kinds = {role["role"].lower() for role in roles}
        if not roles:
            self.left_out["users-without-role"] += 1
        elif STUDENT in kinds:
            self._pupil(user, next(role for role in roles if role["role"].lower() == STUDENT))
        elif TEACHER in kinds:
            self._teacher(user, next(role for role in roles if role["role"].lower() == TEACHER))
        elif not kinds & GUARDIANS:
            self.left_out["users-of-other-roles"] += 1

    def _name(self, user: Record) -> str:
        found = values.name_of(user["metadata.xuequ.name"] or joined(user["familyName"], user["givenName"]))
        if not found:
            self.found.wrong(user, "familyName", "bad-name")
        return found or ""

    def _number(self, user: Record) -> str:
        if not user["identifier"]:
            return ""
        found = values.number_of(user["identifier"])
        if found is None:
            self.found.wrong(user, "identifier", "bad-number")
        return found or ""

    def _date(self, record: Record, column: str) -> object:
        if not record[column]:
            return None
        found = values.date_of(record[column])
        if found is None or isinstance(found, str):
            self.found.wrong(record, column, "bad-date", text=record[column][:60])
            return None
        return found

    def _pupil(self, user: Record, role: Record) -> None:
        name = self._name(user)
        if not name:
            return
        seat = self._homeroom(user)
        group = self.found.tables["classes"].get(seat["classSourcedId"]) if seat is not None else None
        facts = self.found.tables["demographics"].get(user["sourcedId"])
        class_name, year, label = _class_name(group) if group is not None else ("", None, "")
        self.content.pupils.append(
            PupilRow(
                name=name,
                number=self._number(user),
                school=self._school(
                    group or role, "schoolSourcedId" if group is not None else "orgSourcedId"
                ),
                grade=_grade(group) if group is not None and not year else "",
                school_class=class_name or label,
                sex=_sex(facts),
                born=self._date(facts, "birthDate") if facts is not None else None,  # type: ignore[arg-type]
                entry_year=year,
                since=self._date(seat or role, "beginDate"),  # type: ignore[arg-type]
                sourced_id=user["sourcedId"],
                origin=_at(user),
            )
        )
        for agent in user["agentSourcedIds"].split(","):
            if agent.strip():
                self.wards[agent.strip()].append(user)

    def _homeroom(self, user: Record) -> Record | None:
        """Return the enrolment in a class that is not of one subject; the latest when there are several."""
        seats = [
            seat
            for seat in self.enrollments.get(user["sourcedId"], [])
            if seat["role"].lower() == STUDENT
            and (group := self.found.target(seat, "classSourcedId", "classes")) is not None
            and group["classType"] != SCHEDULED
        ]
        return max(seats, key=lambda seat: (not seat["endDate"], seat["beginDate"]), default=None)

    def _teacher(self, user: Record, role: Record) -> None:
        name = self._name(user)
        if not name:
            return
        number = self._number(user)
        facts = self.found.tables["demographics"].get(user["sourcedId"])
        school = self._school(role, "orgSourcedId")
        self.content.teachers.append(
            TeacherRow(
                name=name,
                number=number,
                school=school,
                sex=_sex(facts),
                phone=user["phone"],
                since=self._date(role, "beginDate"),  # type: ignore[arg-type]
                sourced_id=user["sourcedId"],
                origin=_at(user),
            )
        )
        for seat in self.enrollments.get(user["sourcedId"], []):
            if seat["role"].lower() == TEACHER and not seat["endDate"]:
                self._lesson(seat, name, number)

    def _lesson(self, seat: Record, teacher: str, number: str) -> None:
        group = self.found.target(seat, "classSourcedId", "classes")
        if group is None:
            return
        scheduled = group["classType"] == SCHEDULED
        homeroom = self.found.tables["classes"].get(group["metadata.xuequ.homeroom"]) if scheduled else group
        if homeroom is None:
            self.left_out["lessons-without-class"] += 1
            return
        name, year, label = _class_name(homeroom)
        self.content.teaching.append(
            TeachingRow(
                school=self._school(homeroom, "schoolSourcedId"),
                school_class=name or label,
                grade=_grade(homeroom) if not year else "",
                teacher=teacher,
                teacher_number=number,
                subject=self._subject(group) if scheduled else "",
                class_teacher=not scheduled,
                since=self._date(seat, "beginDate"),  # type: ignore[arg-type]
                origin=_at(seat),
            )
        )

    def _subject(self, group: Record) -> str:
        course = self.found.tables["courses"].get(group["courseSourcedId"])
        words = [group["subjectCodes"], group["subjects"]]
        if course is not None:
            words += [course["subjectCodes"], course["subjects"], course["courseCode"], course["title"]]
        for word in words:
            if word and (code := self.subject_of(word.split(",")[0].strip())):
                return code
        self.found.wrong(group, "subjects", "unknown-subject", text=(words[1] or words[0])[:60])
        return ""

    def _guardians(self) -> None:
        for user in self.found.rows("users"):
            kinds = {role["role"].lower() for role in self.roles.get(user["sourcedId"], [])}
            if not kinds & GUARDIANS or kinds & {STUDENT, TEACHER}:
                continue
            wards = self.wards.get(user["sourcedId"], [])
            if not wards:
                self.left_out["guardians-without-child"] += 1
            for ward in wards:
                self._guardian(user, ward)

    def _guardian(self, user: Record, ward: Record) -> None:
        name, number = self._name(user), self._number(ward)
        if not name:
            return
        seat = self._homeroom(ward)
        group = self.found.tables["classes"].get(seat["classSourcedId"]) if seat is not None else None
        role = self.roles[ward["sourcedId"]][0]
        class_name, year, label = _class_name(group) if group is not None else ("", None, "")
        self.content.guardians.append(
            GuardianRow(
                name=name,
                relation=_relation(ward, user["sourcedId"]),
                phone=user["phone"],
                pupil_number=number,
                pupil="" if number else self._name(ward),
                school="" if number else self._school(role, "orgSourcedId"),
                grade=_grade(group) if group is not None and not year and not number else "",
                school_class="" if number else class_name or label,
                origin=_at(user),
            )
        )


def _at(record: Record) -> Origin:
    """Name the cells by the fields of a roster, so that messages lead to them."""
    columns = record.origin.place.columns
    named = {
        "name": "familyName", "number": "identifier", "phone": "phone", "school": "orgSourcedId",
        "school_class": "classSourcedId", "since": "beginDate", "teacher": "userSourcedId",
    }  # fmt: skip
    own = {name: columns[column] for name, column in named.items() if column in columns}
    return Origin(
        Place(record.origin.place.file, record.origin.place.sheet, {**columns, **own}), record.origin.row
    )


def _class_name(row: Record) -> tuple[str, int | None, str]:
    """Return what a class is called, the year in which it was formed where that is told, and a name of its own."""
    year, number = row["metadata.xuequ.entryYear"], row["metadata.xuequ.number"]
    if year.isdigit() and number.isdigit():
        name = f"{year}级{number}班"
        return name, int(year), row["title"] if row["title"] != name else ""
    return row["title"], None, ""


def _grade(row: Record) -> str:
    grade = row["grades"].split(",")[0].strip()
    return str(int(grade)) if grade.isdigit() else ""


def _sex(facts: Record | None) -> str:
    sex = facts["sex"].lower() if facts is not None else ""
    return sex if sex in {"male", "female"} else ""


def _relation(ward: Record, guardian: str) -> str:
    said = dict(
        pair.rpartition(":")[::2] for pair in ward["metadata.xuequ.relations"].split(",") if ":" in pair
    )
    relation = said.get(guardian, "")
    return relation if relation in set(Relation) else ""


def _stage(grades: Iterable[int]) -> str:
    """Return what a school seems to teach, from the grades of its classes."""
    there = set(grades)
    if not there:
        return ""
    low, high = min(there), max(there)
    if high >= 10:
        return str(Stage.SENIOR if low >= 10 else Stage.COMPLETE)
    if low >= 7:
        return str(Stage.JUNIOR)
    return str(Stage.PRIMARY if high <= 6 else Stage.NINE_YEAR)
