"""What a check found: what would be written, what stands against it, what must be asked."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xuequ.kit.roster.content import Kind, Origin
from xuequ.kit.roster.problems import Problem, Remark
from xuequ.kit.roster.state import (
    ClassRef,
    GuardianRef,
    PersonRef,
    PupilRef,
    SchoolRef,
    Stay,
    TeacherRef,
    Teaches,
    Ward,
)
from xuequ.kit.sheets.problems import counted, fair_share

SHOWN_PROBLEMS = 500
SHOWN_EXAMPLES = 12
ADDED, CHANGED, REMOVED, UNCHANGED = "added", "changed", "removed", "unchanged"
MUCH = 0.10
"""Taking out more than this share of a table needs an extra tick."""


@dataclass(frozen=True, slots=True)
class Question:
    """A row whose person is not certain: what it says, why it is asked, and whom it may mean (primary keys)."""

    key: str
    kind: Kind
    cell: str
    text: str
    reason: str
    candidates: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the question for the database."""
        return {
            "key": self.key,
            "kind": str(self.kind),
            "cell": self.cell,
            "text": self.text,
            "reason": self.reason,
            "candidates": list(self.candidates),
        }


@dataclass(slots=True, eq=False)
class NewPerson:
    """An identity to be sealed: ``ref`` gets its keys when it is stored."""

    ref: PersonRef
    name: str
    number: str
    details: dict[str, str]


@dataclass(slots=True, eq=False)
class Move:
    """A pupil goes to a school and class; ``stay`` is what ends (None: the pupil was nowhere), and why."""

    pupil: PupilRef
    stay: Stay | None
    school: SchoolRef
    school_class: ClassRef | None
    reason: str
    start: dt.date


@dataclass(slots=True, eq=False)
class Hire:
    """A teacher begins at a school."""

    teacher: TeacherRef
    school: SchoolRef
    start: dt.date


@dataclass(slots=True, eq=False)
class Lesson:
    """A teacher begins to teach a subject to a class, or (no subject) takes charge of it."""

    teacher: TeacherRef
    school_class: ClassRef
    subject: int | None
    start: dt.date


@dataclass(slots=True, eq=False)
class Care:
    """Somebody becomes guardian of a pupil."""

    guardian: GuardianRef
    pupil: PupilRef
    relation: str
    start: dt.date


@dataclass(slots=True)
class Plan:
    """Everything that storing would write."""

    day: dt.date
    new_schools: list[SchoolRef] = field(default_factory=list)
    changed_schools: list[tuple[SchoolRef, dict[str, str]]] = field(default_factory=list)
    new_classes: list[ClassRef] = field(default_factory=list)
    changed_classes: list[tuple[ClassRef, dict[str, str]]] = field(default_factory=list)
    new_pupils: list[NewPerson] = field(default_factory=list)
    new_teachers: list[NewPerson] = field(default_factory=list)
    new_guardians: list[NewPerson] = field(default_factory=list)
    identities: dict[PersonRef, dict[str, str]] = field(default_factory=dict)  # all fields as they become
    sourced_ids: list[tuple[PersonRef, str]] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    leavers: list[PupilRef] = field(default_factory=list)
    sexes: list[tuple[PupilRef, str]] = field(default_factory=list)
    sex_kind: int | None = None
    hires: list[Hire] = field(default_factory=list)
    transfers: list[Hire] = field(default_factory=list)
    retired: list[TeacherRef] = field(default_factory=list)
    lessons: list[Lesson] = field(default_factory=list)
    ended_lessons: list[Teaches] = field(default_factory=list)
    charges: list[Lesson] = field(default_factory=list)
    ended_charges: list[Teaches] = field(default_factory=list)
    cares: list[Care] = field(default_factory=list)
    relations: list[tuple[Ward, str]] = field(default_factory=list)
    ended_cares: list[Ward] = field(default_factory=list)


Tally = dict[str, dict[str, int]]


@dataclass(slots=True)
class DryRun:
    """The whole check."""

    plan: Plan
    rows: int = 0
    problems: list[Problem] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    tally: Tally = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    examples: dict[str, dict[str, list[dict[str, Any]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    of: dict[str, int] = field(default_factory=dict)  # how many there were, where some are taken out

    def note(
        self,
        kind: Kind,
        action: str,
        text: str = "",
        what: str = "",
        origin: Origin | None = None,
        **params: str,
    ) -> None:
        """Count one row, and keep it as an example of its kind while there are few."""
        self.tally[kind][action] += 1
        shown = self.examples[kind][action] if action != UNCHANGED else None
        if shown is None or len(shown) >= SHOWN_EXAMPLES:
            return
        place = f"{origin.place.sheet}!{origin.row + 1}" if origin is not None else ""
        shown.append({"text": text, "what": what, "params": params, "place": place})

    def total(self, action: str) -> int:
        """Return how often something happens over all tables."""
        return sum(counts.get(action, 0) for counts in self.tally.values())

    @property
    def changes(self) -> int:
        """How many rows would be written."""
        return self.total(ADDED) + self.total(CHANGED) + self.total(REMOVED)

    @property
    def may_be_stored(self) -> bool:
        """Whether nothing stands against storing, and there is something to store."""
        return not self.problems and not self.questions and self.changes > 0

    def much_removed(self) -> list[str]:
        """Return the tables from which more than a tenth is taken out."""
        return [
            kind
            for kind, counts in self.tally.items()
            if counts.get(REMOVED, 0) > MUCH * max(self.of.get(kind, 0), 1)
        ]

    def summary(self) -> dict[str, Any]:
        """Return counts and remarks for the database and the page; no names."""
        return {
            "rows": self.rows,
            **{action: self.counts(action) for action in (ADDED, CHANGED, REMOVED, UNCHANGED)},
            "of": dict(self.of),
            "much_removed": self.much_removed(),
            "problems": len(self.problems),
            "problem_codes": counted(self.problems),
            "questions": len(self.questions),
            "remarks": [remark.as_json() for remark in self.remarks],
        }

    def counts(self, action: str) -> dict[str, int]:
        """Return how often something happens, by table; tables without it are absent."""
        return {str(kind): counts[action] for kind, counts in self.tally.items() if counts.get(action)}

    def shown_problems(self) -> list[dict[str, Any]]:
        """Return the problems for the page, no kind crowding out the others."""
        return [problem.as_json() for problem in fair_share(self.problems, SHOWN_PROBLEMS)]

    def shown_examples(self) -> Mapping[str, Any]:
        """Return the examples as plain data."""
        return {kind: dict(actions) for kind, actions in self.examples.items()}
