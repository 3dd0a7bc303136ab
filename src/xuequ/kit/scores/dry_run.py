"""What a check found: results to add, to correct, unchanged; problems by cell; rows to ask about."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from xuequ.kit.scores.problems import Problem, Remark
from xuequ.kit.scores.tables import Table
from xuequ.kit.sheets.problems import counted, fair_share
from xuequ.kit.sheets.tables import DataRow
from xuequ.record.choices import ResultStatus
from xuequ.record.models import Assessment, Paper
from xuequ.record.papers import PaperContent, pack

SHOWN_PROBLEMS = 500


@dataclass(frozen=True, slots=True)
class Found:
    """A row with its pupil."""

    table: Table
    row: DataRow
    pupil: int
    school: int
    school_class: int | None


@dataclass(frozen=True, slots=True)
class ItemMarks:
    """A row's marks and options by item, as a result keeps them."""

    scores: str
    options: str

    @classmethod
    def of(cls, scores: Iterable[float], options: Iterable[str]) -> "ItemMarks":
        """Pack marks and options in the order of the paper."""
        return cls(pack(scores), pack(options))


@dataclass(frozen=True, slots=True)
class Reading:
    """One result of the file, understood: ``place`` is the sheet and the cell that it stands in."""

    pupil: int
    school: int
    school_class: int | None
    subject: str
    status: ResultStatus
    score: float | None
    level: str
    raw: str
    place: tuple[str, str]
    items: ItemMarks | None = None

    @property
    def value(self) -> tuple[str, float | None, str]:
        """What is compared with the record."""
        return (str(self.status), self.score, self.level)


@dataclass(frozen=True, slots=True)
class Question:
    """A row whose pupil is not certain: what the row says, why it is asked, and the pupils it may be."""

    key: str
    cell: str
    text: str
    reason: str
    candidates: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the question for the database."""
        return {
            "key": self.key,
            "cell": self.cell,
            "text": self.text,
            "reason": self.reason,
            "candidates": list(self.candidates),
        }


@dataclass(slots=True)
class Target:
    """The assessment that one subject's results go to (not saved yet where it is new) and what happens to it.

    ``content`` is the paper that item results are of, and ``paper`` the one in force when it is the same.
    """

    assessment: Assessment
    content: PaperContent | None = None
    paper: Paper | None = None
    added: list[Reading] = field(default_factory=list)
    corrected: list[tuple[int, Reading]] = field(default_factory=list)
    unchanged: int = 0

    @property
    def changes_paper(self) -> bool:
        """Whether the paper is new or other than the one in force."""
        return self.content is not None and self.paper is None

    def as_json(self, subject: str) -> dict[str, Any]:
        """Return the counts for the database."""
        return {
            "subject": subject,
            "name": self.assessment.name,
            "assessment": str(self.assessment.uid) if self.assessment.pk else "",
            "added": len(self.added),
            "corrected": len(self.corrected),
            "unchanged": self.unchanged,
        }


@dataclass(slots=True)
class DryRun:
    """The whole check; ``targets`` is by subject code."""

    rows: int = 0
    targets: dict[str, Target] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    blanks: int = 0
    left_out: int = 0
    extra: dict[str, int] = field(default_factory=dict)

    @property
    def added(self) -> int:
        """How many results are new."""
        return sum(len(target.added) for target in self.targets.values())

    @property
    def corrected(self) -> int:
        """How many results replace others."""
        return sum(len(target.corrected) for target in self.targets.values())

    @property
    def unchanged(self) -> int:
        """How many results are in the record already."""
        return sum(target.unchanged for target in self.targets.values())

    @property
    def may_be_stored(self) -> bool:
        """Whether nothing stands against storing, and there is something to store."""
        return not self.problems and not self.questions and self.changes > 0

    @property
    def changes(self) -> int:
        """How many results and papers would be written."""
        papers = sum(target.changes_paper for target in self.targets.values())
        return self.added + self.corrected + papers + self.extra.get("results", 0)

    def summary(self) -> dict[str, Any]:
        """Return the counts and remarks for the database and the page."""
        return {
            "rows": self.rows,
            "added": self.added,
            "corrected": self.corrected,
            "unchanged": self.unchanged,
            "papers": sum(target.changes_paper for target in self.targets.values()),
            "problems": len(self.problems),
            "problem_codes": counted(self.problems),
            "questions": len(self.questions),
            "assessments": [target.as_json(subject) for subject, target in self.targets.items()],
            "remarks": [remark.as_json() for remark in self.remarks],
            **self.extra,
        }

    def shown_problems(self) -> list[dict[str, Any]]:
        """Return the problems for the page: the first ones of each kind come first when there are very many."""
        return [problem.as_json() for problem in fair_share(self.problems, SHOWN_PROBLEMS)]
