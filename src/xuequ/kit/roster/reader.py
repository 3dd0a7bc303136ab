"""Workbooks and text files into ``RosterContent``: each sheet as its columns were understood, errors by cell."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from xuequ.kit.roster import values
from xuequ.kit.roster.content import (
    ClassRow,
    GuardianRow,
    Kind,
    Origin,
    Place,
    PupilRow,
    RosterContent,
    SchoolRow,
    TeacherRow,
    TeachingRow,
)
from xuequ.kit.roster.fields import IDENTITY_CARD, REQUIRED, Use
from xuequ.kit.roster.layout import data_rows, find_headings, label_of, years_named
from xuequ.kit.roster.mappings import mapping as mapping_of
from xuequ.kit.roster.options import Options, SheetUse
from xuequ.kit.roster.problems import Problem, Remark
from xuequ.kit.sheets.headings import plain_heading
from xuequ.kit.sheets.reading import Book, Cell, Sheet
from xuequ.kit.sheets.tables import DataRow, spread_down, text_of

TEXT_LIMIT = 100
SHOWN = 60
SubjectOf = Callable[[str], str]


@dataclass(slots=True)
class Line:
    """One row of a sheet while it is read: its cells by field, and where to put what is wrong."""

    origin: Origin
    row: DataRow
    problems: list[Problem]

    def cell(self, name: str) -> Cell:
        """Return the cell of a field; empty when the sheet has no such column."""
        column = self.origin.place.columns.get(name)
        return "" if column is None else self.row.at(column)

    def text(self, name: str) -> str:
        """Return a field as text."""
        cell = self.cell(name)
        return text_of(cell)[:TEXT_LIMIT] if cell != "" else ""

    def wrong(self, code: str, name: str, **params: str) -> None:
        """Note what is wrong with a field."""
        self.problems.append(self.origin.problem(code, name, **params))

    def name(self, name: str) -> str:
        """Return a person's name; what is no name is noted."""
        found = values.name_of(self.cell(name))
        if found is None:
            self.wrong("bad-name", name)
        return found or ""

    def number(self, name: str) -> str:
        """Return a person's number; what is none, or has lost digits, is noted."""
        cell = self.cell(name)
        if cell == "":
            return ""
        if values.is_rounded(cell):
            self.wrong("rounded-number", name)
            return ""
        found = values.number_of(cell)
        if found is None:
            self.wrong("bad-number", name)
        return found or ""

    def date(self, name: str) -> dt.date | None:
        """Return a date; what is none is noted."""
        cell = self.cell(name)
        found = values.date_of(cell) if cell != "" else None
        if isinstance(found, str):
            self.wrong("bad-date", name, text=found[:SHOWN])
            return None
        return found

    def coded(self, name: str, read: Callable[[Cell], str | None], code: str) -> str:
        """Return a value of a closed list; what does not stand in it is noted."""
        found = read(self.cell(name))
        if found is None:
            self.wrong(code, name, text=self.text(name)[:SHOWN])
        return str(found or "")

    def year(self, name: str) -> int | None:
        """Return the year in a cell."""
        cell = self.cell(name)
        return values.year_of(cell) if cell != "" else None


@dataclass(slots=True)
class _Reader:
    """What the reading of one file needs."""

    file: str
    options: Options
    subject_of: SubjectOf
    content: RosterContent = field(default_factory=RosterContent)

    def lines(self, sheet: Sheet, use: SheetUse) -> Iterator[Line]:
        mapping = mapping_of(use.mapping) if use.mapping else None
        known = [plain_heading(word) for word in mapping.headings] if mapping is not None else ()
        headings = find_headings(sheet, known)
        assert headings is not None
        spread_down(sheet, headings.last + 1)
        self._check_year(sheet, headings.titles)
        rows, summaries = data_rows(sheet, headings)
        self._remark(use, mapping.name if mapping is not None and mapping.unverified else "", summaries)
        place = Place(self.file, sheet.name, use.fields())
        for row in rows:
            yield Line(Origin(place, row.index), row, self.content.problems)

    def _check_year(self, sheet: Sheet, titles: Iterable[str]) -> None:
        named = years_named([*titles, sheet.name, self.file])
        wrong = [year for year in named if year != self.options.school_year]
        if wrong and self.options.school_year not in named:
            params = {"text": wrong[0], "year": self.options.school_year}
            self.content.problems.append(Problem("other-year", sheet.name, "", params))

    def _remark(self, use: SheetUse, unverified: str, summaries: Iterable[str]) -> None:
        remarks = self.content.remarks
        if unverified:
            remarks.append(Remark("unverified-mapping", {"text": unverified}))
        for column in use.columns:
            if column.field == IDENTITY_CARD:
                remarks.append(Remark("identity-card", {"text": column.label, "sheet": use.name}))
        left_out = [column.label for column in use.columns if not column.field]
        if left_out:
            text = "、".join(left_out[:12]) + ("…" if len(left_out) > 12 else "")
            remarks.append(Remark("ignored-columns", {"sheet": use.name, "text": text}))
        if use.complete:
            remarks.append(Remark("whole-list", {"text": label_of(use.use)}))
        remarks.extend(Remark("summary-row", {"text": label}) for label in summaries)


def read_book(book: Book, file_name: str, options: Options, subject_of: SubjectOf) -> RosterContent:
    """Return what a file says; ``subject_of`` leads from a subject's name to its code (empty when unknown)."""
    reader = _Reader(file_name, options, subject_of)
    sheets = {sheet.name: sheet for sheet in book.sheets}
    content = reader.content
    content.remarks += [Remark("hidden-sheet", {"text": name}) for name in book.hidden]
    for use in options.sheets:
        if use.use == Use.NOTHING:
            if use.rows:
                content.remarks.append(Remark("sheet-left-out", {"text": use.name}))
        elif missing := _missing(use):
            params = {"field": missing}
            content.problems.append(Problem("no-name-column", use.name, "", params))
        elif use.name in sheets:
            READERS[use.use](reader, reader.lines(sheets[use.name], use))
    content.complete = frozenset(_kind(use.use) for use in options.read_sheets() if use.complete)
    return content


def _missing(use: SheetUse) -> str:
    from xuequ.kit.roster.fields import FIELD_LABELS

    fields = use.fields()
    required = ("school_class",) if use.use == Use.GRID else REQUIRED[Kind(use.use)]
    return next((str(FIELD_LABELS[name]) for name in required if name not in fields), "")


def _kind(use: Use) -> Kind:
    return Kind.TEACHING if use == Use.GRID else Kind(use)


def _schools(reader: _Reader, lines: Iterable[Line]) -> None:
    for line in lines:
        row = SchoolRow(
            name=line.text("name"),
            code=line.number("code"),
            short_name=line.text("short_name")[:40],
            stage=line.coded("stage", values.stage_of, "bad-stage"),
            sector=line.coded("sector", values.sector_of, "bad-sector"),
            year_system=line.coded("year_system", values.year_system_of, "bad-year-system"),
            area=line.text("area")[:64],
            origin=line.origin,
        )
        _keep(reader.content.schools, row, line)


def _keep(rows: list[Any], row: Any, line: Line) -> None:
    """Keep a row that names somebody or something."""
    if row.name:
        rows.append(row)
    elif line.cell("name") == "":
        line.wrong("no-name", "name")


def _classes(reader: _Reader, lines: Iterable[Line]) -> None:
    for line in lines:
        row = ClassRow(
            school=line.text("school"),
            name=line.text("name")[:40],
            grade=line.text("grade"),
            entry_year=line.year("entry_year"),
            label=line.text("label")[:40],
            code=line.text("code")[:32],
            origin=line.origin,
        )
        _keep(reader.content.classes, row, line)
        teacher, number = line.name("class_teacher"), line.number("teacher_number")
        if row.name and (teacher or number):
            charge = TeachingRow(
                school=row.school,
                school_class=row.name,
                grade=row.grade or (f"{row.entry_year}级" if row.entry_year else ""),
                teacher=teacher,
                teacher_number=number,
                class_teacher=True,
                origin=line.origin,
            )
            reader.content.teaching.append(charge)


def _pupils(reader: _Reader, lines: Iterable[Line]) -> None:
    for line in lines:
        row = PupilRow(
            name=line.name("name"),
            number=line.number("number"),
            school=line.text("school"),
            grade=line.text("grade"),
            school_class=line.text("school_class")[:40],
            sex=line.coded("sex", values.sex_of, "bad-sex"),
            born=line.date("born"),
            entry_year=line.year("entry_year"),
            origin=line.origin,
        )
        _keep(reader.content.pupils, row, line)
        if row.name:
            reader.content.guardians += _guardians_beside(row, line)


def _guardians_beside(row: PupilRow, line: Line) -> Iterator[GuardianRow]:
    """Yield the guardians whose names stand in the pupil's own row."""
    columns = line.origin.place.columns
    for which in ("1", "2"):
        if f"guardian{which}" not in columns or not (name := line.name(f"guardian{which}")):
            continue
        yield GuardianRow(
            name=name,
            relation=values.relation_of(line.cell(f"relation{which}")),
            phone=line.coded(f"phone{which}", values.phone_of, "bad-phone"),
            pupil_number=row.number,
            pupil=row.name,
            school=row.school,
            grade=row.grade,
            school_class=row.school_class,
            origin=row.origin,
        )


def _teachers(reader: _Reader, lines: Iterable[Line]) -> None:
    for line in lines:
        row = TeacherRow(
            name=line.name("name"),
            number=line.number("number"),
            school=line.text("school"),
            sex=line.coded("sex", values.sex_of, "bad-sex"),
            phone=line.coded("phone", values.phone_of, "bad-phone"),
            subjects=tuple(filter(None, map(reader.subject_of, _parts(line.text("subjects"))))),
            since=line.date("since"),
            origin=line.origin,
        )
        _keep(reader.content.teachers, row, line)


def _parts(text: str) -> list[str]:
    """Return the entries of a cell that holds several: 王芳、李明 or 语文/数学."""
    for mark in "/,，;；\n|":
        text = text.replace(mark, "、")
    return [part.strip() for part in text.split("、") if part.strip()]


def _teaching(reader: _Reader, lines: Iterable[Line]) -> None:
    for line in lines:
        said = line.text("subject")
        subject = reader.subject_of(said) if said else ""
        if said and not subject and said != "班主任":
            line.wrong("unknown-subject", "subject", text=said[:SHOWN])
            continue
        row = TeachingRow(
            school=line.text("school"),
            school_class=line.text("school_class")[:40],
            grade=line.text("grade"),
            teacher=line.name("teacher"),
            teacher_number=line.number("teacher_number"),
            subject=subject,
            class_teacher=said == "班主任" or values.is_yes(line.cell("class_teacher")),
            origin=line.origin,
        )
        if not row.subject and not row.class_teacher:
            line.wrong("nothing-taught", "subject")
        elif not row.teacher and not row.teacher_number:
            line.wrong("no-name", "teacher")
        else:
            reader.content.teaching.append(row)


def _grid(reader: _Reader, lines: Iterable[Line]) -> None:
    """Read a timetable: a row for each class, a column for each subject, teachers' names in the cells."""
    for line in lines:
        for name, column in line.origin.place.columns.items():
            if name != "class_teacher" and not name.startswith("subject:"):
                continue
            for teacher in _teachers_in(line, name):
                row = TeachingRow(
                    school=line.text("school"),
                    school_class=line.text("school_class")[:40],
                    grade=line.text("grade"),
                    teacher=teacher,
                    subject=name.removeprefix("subject:") if name != "class_teacher" else "",
                    class_teacher=name == "class_teacher",
                    origin=_one_cell(line.origin, column),
                )
                reader.content.teaching.append(row)


def _teachers_in(line: Line, name: str) -> Iterator[str]:
    cell = line.cell(name)
    for part in _parts(cell) if isinstance(cell, str) else [cell]:
        found = values.name_of(part)
        if found is None:
            line.wrong("bad-name", name)
        elif found:
            yield found


def _one_cell(origin: Origin, column: int) -> Origin:
    """Return the origin of a row that stands in one cell of a grid."""
    place = origin.place
    columns = {**place.columns, "teacher": column, "subject": column}
    return Origin(Place(place.file, place.sheet, columns), origin.row)


def _guardians(reader: _Reader, lines: Iterable[Line]) -> None:
    for line in lines:
        row = GuardianRow(
            name=line.name("name"),
            relation=values.relation_of(line.cell("relation")),
            phone=line.coded("phone", values.phone_of, "bad-phone"),
            pupil_number=line.number("pupil_number"),
            pupil=line.name("pupil"),
            school=line.text("school"),
            grade=line.text("grade"),
            school_class=line.text("school_class")[:40],
            origin=line.origin,
        )
        _keep(reader.content.guardians, row, line)


READERS: dict[Use, Callable[[_Reader, Iterable[Line]], None]] = {
    Use.SCHOOLS: _schools,
    Use.CLASSES: _classes,
    Use.PUPILS: _pupils,
    Use.TEACHERS: _teachers,
    Use.TEACHING: _teaching,
    Use.GUARDIANS: _guardians,
    Use.GRID: _grid,
}
