"""The list of a grade as Excel, and the same list read back: new classes, and marks for together and apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.district.people import plain
from xuequ.kit.rollover.choices import Wish
from xuequ.kit.scores.aliases import Use
from xuequ.kit.scores.tables import Table, find_table
from xuequ.kit.scores.templates import workbook_bytes
from xuequ.kit.sheets.class_names import parse_class
from xuequ.kit.sheets.headings import plain_heading
from xuequ.kit.sheets.reading import cell_name, read_book
from xuequ.kit.sheets.tables import DataRow, text_of

HEADINGS = ("学籍号", "姓名", "原班级", "新班级", "同班标记", "分开标记")
NEW_CLASS = frozenset(map(plain_heading, ("新班级", "新班", "分入班级", "编入班级", "分班结果", "new class")))
TOGETHER = frozenset(map(plain_heading, ("同班标记", "同班", "同班组", "together")))
APART = frozenset(map(plain_heading, ("分开标记", "分开", "不同班", "分班标记", "apart")))


@dataclass(frozen=True, slots=True)
class Listed:
    """A pupil's line of the list."""

    pupil: int
    number: str
    name: str
    old_class: str = ""
    new_class: str = ""
    together: str = ""
    apart: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one cell, and what to do."""

    sheet: str
    cell: str
    message: str


@dataclass(slots=True)
class Reading:
    """What a file says: classes by pupil, marks by pupil and kind, and everything that is wrong with it."""

    seats: dict[int, int] = field(default_factory=dict)
    marks: dict[tuple[int, Wish], str] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)
    rows: int = 0


def list_bytes(rows: Sequence[Listed]) -> bytes:
    """Return the list as .xlsx, to be filled in and read back."""
    return workbook_bytes(
        HEADINGS, ((r.number, r.name, r.old_class, r.new_class, r.together, r.apart) for r in rows)
    )


def read_list(content: bytes, file_name: str, known: Sequence[Listed], numbers: Sequence[int]) -> Reading:
    """Read a list back; raises ``Refused`` when the file is no such list, and notes every wrong cell otherwise."""
    book = read_book(content, file_name)
    tables = [find_table(sheet) for sheet in book.sheets if sheet.rows][:1]
    if not tables:
        raise Refused(_("The file is empty."))
    return _Reader(tables[0], known, numbers).read()


class _Reader:
    """Reads one table."""

    def __init__(self, table: Table, known: Sequence[Listed], numbers: Sequence[int]) -> None:
        self.table, self.numbers = table, numbers
        self.known = known
        self.by_number = {plain(row.number): row for row in known if row.number}
        self.by_name: dict[str, list[Listed]] = {}
        for row in known:
            self.by_name.setdefault(plain(row.name), []).append(row)
        self.columns = self._columns()
        self.seen: dict[int, str] = {}
        self.reading = Reading()

    def _columns(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for heading in self.table.headings:
            word, meaning = plain_heading(heading.text), heading.meaning()
            for name, words in (("class", NEW_CLASS), ("together", TOGETHER), ("apart", APART)):
                if word in words:
                    found.setdefault(name, heading.index)
            if meaning is not None and meaning.use in {Use.NUMBER, Use.NAME}:
                found.setdefault(str(meaning.use), heading.index)
        if not {"number", "name"} & found.keys():
            raise Refused(
                _("No column holds the pupils' numbers or names; use the list that can be downloaded here.")
            )
        if not {"class", "together", "apart"} & found.keys():
            raise Refused(
                _(
                    "No column is called 新班级, 同班标记 or 分开标记; use the list that can be downloaded here."
                )
            )
        return found

    def read(self) -> Reading:
        for row in self.table.rows:
            self.reading.rows += 1
            listed = self._who(row)
            if listed is not None:
                self._take(row, listed)
        if self.reading.seats:
            self._note_missing()
        return self.reading

    def _text(self, row: DataRow, name: str) -> str:
        return text_of(row.at(self.columns[name])) if name in self.columns else ""

    def _wrong(self, row: DataRow | None, name: str, message: str) -> None:
        cell = cell_name(row.index, self.columns[name]) if row is not None and name in self.columns else ""
        self.reading.wrong.append(Wrong(self.table.sheet, cell, message))

    def _who(self, row: DataRow) -> Listed | None:
        number, name = plain(self._text(row, "number")), plain(self._text(row, "name"))
        if number:
            return self._by_number(row, number, name)
        named = self.by_name.get(name, [])
        if len(named) == 1:
            return named[0]
        column = "name" if "name" in self.columns else "number"
        self._wrong(
            row,
            column,
            _("Several pupils of the grade have this name; write the number beside it.")
            if named
            else _("Nobody of the pupils to be placed has this name."),
        )
        return None

    def _by_number(self, row: DataRow, number: str, name: str) -> Listed | None:
        found = self.by_number.get(number)
        if found is None:
            self._wrong(row, "number", _("Nobody of the pupils to be placed has this number."))
        elif name and name != plain(found.name):
            self._wrong(row, "name", _("The number belongs to a pupil with another name."))
            return None
        return found

    def _take(self, row: DataRow, listed: Listed) -> None:
        place = cell_name(row.index, 0)[1:]
        if listed.pupil in self.seen:
            column = "number" if "number" in self.columns else "name"
            self._wrong(
                row, column, _("The pupil stands in row %(row)s already.") % {"row": self.seen[listed.pupil]}
            )
            return
        self.seen[listed.pupil] = place
        for kind, name in ((Wish.TOGETHER, "together"), (Wish.APART, "apart")):
            if mark := self._text(row, name):
                self.reading.marks[listed.pupil, kind] = mark
        if text := self._text(row, "class"):
            self._seat(row, listed, text)

    def _seat(self, row: DataRow, listed: Listed, text: str) -> None:
        parsed = parse_class(text)
        if parsed is None or parsed.number not in self.numbers:
            classes = ", ".join(map(str, self.numbers))
            self._wrong(row, "class", _("“%(text)s” is none of the classes %(classes)s.")
                        % {"text": text[:40], "classes": classes})  # fmt: skip
        else:
            self.reading.seats[listed.pupil] = parsed.number

    def _note_missing(self) -> None:
        wrong_rows = {item.cell for item in self.reading.wrong}
        missing = len(self.known) - len(self.reading.seats)
        if missing and not wrong_rows:
            self._wrong(
                None, "class",
                _("%(count)s pupils of the grade have no new class in the file; fill in all of them.")
                % {"count": missing},
            )  # fmt: skip


def listed_rows(
    pupils: Sequence[int],
    people: Mapping[int, tuple[str, str]],
    old: Mapping[int, str],
    seats: Mapping[int, int],
    marks: Mapping[tuple[int, str], str],
) -> list[Listed]:
    """Put the list together, by old class and number."""
    rows = [
        Listed(
            pupil, number, name, old.get(pupil, ""), f"{seats[pupil]}班" if pupil in seats else "",
            marks.get((pupil, Wish.TOGETHER), ""), marks.get((pupil, Wish.APART), ""),
        )
        for pupil in pupils
        for name, number in (people.get(pupil, ("", "")),)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row.old_class, row.number, row.name))
