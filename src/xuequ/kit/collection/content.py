"""What one school's answer holds. It may name people, so it lies in the database sealed under a key of its own."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from xuequ.core import crypto

Answer = int | float | str
SINGLE = "1"
"""The row of an answer that has one row only, or single cells."""


@dataclass(slots=True)
class Line:
    """One row of an answer: ``cells`` by the fields' keys, also of fields that the layout no longer has."""

    row: str = SINGLE
    cells: dict[str, Answer] = field(default_factory=dict)


@dataclass(slots=True)
class Known:
    """A value that the district filled in: where it comes from, of which day, and what the school says against it."""

    value: Answer
    source: str
    day: str
    objection: str = ""
    claimed: Answer | None = None
    settled: str = ""  # "", "adopted" or "kept"

    @property
    def contested(self) -> bool:
        """Whether the school objects and nobody has decided yet."""
        return bool(self.objection) and not self.settled

    @property
    def standing(self) -> Answer:
        """The value in force: the school's own once the district has adopted it."""
        return self.claimed if self.settled == "adopted" and self.claimed is not None else self.value


@dataclass(slots=True)
class Suggestion:
    """What the school answered to the same question last time; shown, never filled in by itself."""

    value: Answer
    collection: str
    day: str


@dataclass(slots=True)
class Content:
    """Everything that one school's answer holds."""

    lines: list[Line] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    suggested: dict[str, Suggestion] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)  # why a cell was returned, by "row|key"
    note: str = ""

    def value(self, line: Line, key: str) -> Answer | None:
        """Return what stands in a cell: a known value wins over one typed before it was known."""
        if key in self.known:
            return self.known[key].standing
        return line.cells.get(key)

    @property
    def single(self) -> Line:
        """The one line of an answer with single cells."""
        if not self.lines:
            self.lines.append(Line())
        return self.lines[0]

    def sealed(self) -> bytes:
        """Return the answer encrypted."""
        return crypto.seal({"content": json.dumps(asdict(self), ensure_ascii=False, allow_nan=False)})

    @classmethod
    def unsealed(cls, sealed: bytes) -> "Content":
        """Return the answer that ``sealed`` made."""
        return cls.from_json(json.loads(crypto.unseal(sealed)["content"]))

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Content":
        """Return the answer from plain JSON types."""
        return cls(
            lines=[Line(item["row"], dict(item["cells"])) for item in stored["lines"]],
            known={key: Known(**item) for key, item in stored["known"].items()},
            suggested={key: Suggestion(**item) for key, item in stored["suggested"].items()},
            reasons=dict(stored["reasons"]),
            note=stored["note"],
        )
