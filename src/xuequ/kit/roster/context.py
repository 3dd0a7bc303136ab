"""What all parts of a check share: the file, the roster as it is, whose rows may be written, and what was found."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from xuequ.district.people import name_index, plain
from xuequ.kit.roster.content import Kind, Origin, RosterContent
from xuequ.kit.roster.grades import entry_grade_of, in_time
from xuequ.kit.roster.options import Options
from xuequ.kit.roster.plan import CHANGED, DryRun, Question
from xuequ.kit.roster.state import ClassRef, PersonRef, SchoolRef, State
from xuequ.kit.sheets.class_names import ClassName, parse_class, parse_grade

NEW, SKIP = "new", "skip"
SHOWN = 60


@dataclass(slots=True)
class Context:
    """One check under way. ``everywhere``: the actor keeps the roster of all schools."""

    content: RosterContent
    options: Options
    state: State
    run: DryRun
    everywhere: bool
    only_school: SchoolRef | None = None
    touched: set[SchoolRef] = field(default_factory=set)  # schools that the pupils' rows name
    left_out: int = 0
    _schools: dict[str, SchoolRef | None] = field(default_factory=dict)
    _told: set[tuple[str, str, str]] = field(default_factory=set)
    _classes: dict[tuple[SchoolRef, str, str, int | None], ClassRef | str] = field(default_factory=dict)
    _codes: dict[str, tuple[SchoolRef, Origin]] = field(default_factory=dict)

    @property
    def day(self) -> dt.date:
        """The day on which what changes begins."""
        return self.state.day

    def wrong(self, origin: Origin, code: str, name: str = "", **params: str) -> None:
        """Note a problem with a cell."""
        self.run.problems.append(origin.problem(code, name, **params))

    def wrong_once(self, origin: Origin, code: str, name: str, text: str) -> None:
        """Note a problem with a text at its first cell only: one correction mends all of them."""
        key = (code, origin.place.sheet, text)
        if key not in self._told:
            self._told.add(key)
            self.wrong(origin, code, name, text=text[:SHOWN])

    def school_of(self, text: str, origin: Origin, name: str = "school") -> SchoolRef | None:
        """Return the school that a row names, or the only one there can be; what is wrong with it is noted."""
        if not text:
            if self.only_school is None:
                self.wrong(origin, "no-school", name)
            return self.only_school
        found = self._schools.get(text)
        if found is None:
            found = self._schools[text] = self.state.schools.get(plain(text))
        if found is None:
            self.wrong_once(origin, "unknown-school", name, text)
        elif not found.own:
            self.wrong_once(origin, "other-school", name, text)
            return None
        return found

    def class_of(
        self,
        school: SchoolRef,
        text: str,
        grade: str,
        origin: Origin,
        name: str,
        *,
        entry_year: int | None = None,
        create: bool = False,
    ) -> ClassRef | None:
        """Return the class that a row names within its school; what is wrong with it is noted once."""
        key = (school, text, grade, entry_year)
        found = self._classes.get(key)
        if found is None or (create and found == "unknown-class"):
            found = self._classes[key] = self._find_class(school, text, grade, entry_year, create)
        if isinstance(found, ClassRef):
            return found
        shown = f"{grade}{text}" if grade and found == "unknown-class" else text
        self.wrong_once(origin, found, name, shown if found != "grade-not-taught" else grade or text)
        return None

    def _find_class(
        self, school: SchoolRef, text: str, grade: str, entry_year: int | None, create: bool
    ) -> ClassRef | str:
        """Return the class, or the code of what is wrong."""
        rows = self.state.classes[school]
        if labelled := [c for c in rows if c.label and plain(c.label) == plain(text)]:
            return labelled[0]
        name = self._class_name(text, grade, entry_year)
        if name is None:
            return "bad-class"
        fitting = [c for c in rows if c.number == name.number and self._fits(c, name)]
        if len(fitting) == 1:
            return fitting[0]
        if name.grade is None and name.entry_year is None:
            return "no-grade"
        return self._new_class(school, name) if create else "unknown-class"

    def _class_name(self, text: str, grade: str, entry_year: int | None) -> ClassName | None:
        name = parse_class(text)
        if name is None or name.grade is not None or name.entry_year is not None:
            return name
        cohort = parse_class(f"{grade}1班") if grade.endswith("级") and grade[:1] == "2" else None
        year = cohort.entry_year if cohort is not None else None
        own = parse_grade(grade)
        return ClassName(name.number, own, None if own is not None else year or entry_year)

    def _fits(self, row: ClassRef, name: ClassName) -> bool:
        if name.entry_year is not None:
            return row.entry_year == name.entry_year and self._is_here(row)
        if name.grade is not None:
            return row.grade(self.state.first_year) == name.grade and self._is_here(row)
        return self._is_here(row)

    def _is_here(self, row: ClassRef) -> bool:
        """Whether the class has not left the school yet."""
        school, grade = row.school, row.grade(self.state.first_year)
        return grade >= 1 and entry_grade_of(school.stage, school.year_system, grade) == row.entry_grade

    def _new_class(self, school: SchoolRef, name: ClassName) -> ClassRef | str:
        entry = self._entry(school, name)
        if isinstance(entry, str):
            return entry
        entry_year, entry_grade = entry
        made = ClassRef(None, school, entry_year, entry_grade, name.number)
        self.state.classes[school].append(made)
        self.run.plan.new_classes.append(made)
        return made

    def _entry(self, school: SchoolRef, name: ClassName) -> tuple[int, int] | str:
        first_year = self.state.first_year
        if name.grade is not None:
            entry_grade = entry_grade_of(school.stage, school.year_system, name.grade)
            if entry_grade is None:
                return "grade-not-taught"
            return first_year - (name.grade - entry_grade), entry_grade
        assert name.entry_year is not None
        possible = in_time(school.stage, school.year_system, name.entry_year, first_year)
        if len(possible) == 1:
            return name.entry_year, possible[0]
        return "no-grade" if possible else "grade-not-taught"

    def code_is_free(self, code: str, school: SchoolRef, origin: Origin) -> bool:
        """Whether a class's code was not used by another school in this file."""
        holder, first = self._codes.setdefault(code, (school, origin))
        if holder is not school:
            self.wrong(origin, "class-two-schools", "code", place=place_of(first, "code"))
        return holder is school

    def ask(
        self, kind: Kind, origin: Origin, name: str, text: str, reason: str, candidates: Iterable[PersonRef]
    ) -> str:
        """Return what was answered about a row; when nothing was, note the question."""
        key = place_of(origin, name)
        if kind == Kind.TEACHING:  # a cell of a timetable may name two teachers
            key = f"{key}!{name_index(text)[:6]}"
        known = tuple(dict.fromkeys(ref.pk for ref in candidates if ref.pk is not None))
        answer = self.options.choices.get(key, "")
        if answer in {NEW, SKIP} or answer in {str(pk) for pk in known}:
            self.left_out += answer == SKIP
            return answer
        self.run.questions.append(Question(key, kind, origin.cell(name), text[:SHOWN], reason, known))
        return ""

    def amend(self, kind: Kind, ref: PersonRef, said: dict[str, str], origin: Origin, counted: bool) -> bool:
        """Plan a new identity where the file says other than what is known; empty says nothing.

        Returns whether something differs; it is noted as a change of ``kind`` unless the row was ``counted``.
        """
        known = self.run.plan.identities.get(ref) or ref.opened()
        differing = {name: text for name, text in said.items() if text and known.get(name, "") != text}
        if not differing:
            return False
        self.run.plan.identities[ref] = {**known, **differing}
        if not counted:
            what = next(name for name in ("name", "number", *differing) if name in differing)
            before = known.get(what, "")
            self.run.note(
                kind, CHANGED, known["name"], f"new-{what}", origin, before=before, after=differing[what]
            )
        return True


def place_of(origin: Origin, name: str) -> str:
    """Return sheet and cell."""
    return f"{origin.place.sheet}!{origin.cell(name)}"
