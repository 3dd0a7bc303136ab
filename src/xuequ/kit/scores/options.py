"""What the person has said about a file: kept with the import, so that the check and the storing read it alike."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from xuequ.kit.scores.aliases import Use


class Mode(StrEnum):
    """Whose data a file holds."""

    DISTRICT = "district"
    STUDY = "study"


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """What one column is used for; a result column names its subject and may name its full mark.

    A column of one item names the item's number; its full mark is the item's.
    """

    index: int
    label: str
    use: Use
    subject: str = ""
    full_mark: float | None = None
    item: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that decides how a file is understood.

    In district mode ``basis``, ``term``, ``grade``, ``school`` (a uid, for a school's own examination) and ``held_on``
    say what the results are of; ``assessment`` (a uid) instead names one that exists. ``choices`` holds, for rows that
    had to be asked about (``sheet!row``), the uid of the pupil or ``skip``.
    """

    mode: Mode = Mode.DISTRICT
    sheets: tuple[str, ...] = ()
    columns: tuple[ColumnUse, ...] = ()
    basis: str = ""
    term: str = ""
    grade: int | None = None
    school: str = ""
    held_on: str = ""
    assessment: str = ""
    study: str = ""
    source: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)

    def using(self, use: Use) -> list[ColumnUse]:
        """Return the columns with this use."""
        return [column for column in self.columns if column.use == use]

    def one(self, use: Use) -> int | None:
        """Return the place of the only column with this use, or None."""
        found = self.using(use)
        return found[0].index if found else None

    @property
    def date(self) -> dt.date | None:
        """The day on which the assessment was held, where it is known."""
        return dt.date.fromisoformat(self.held_on) if self.held_on else None

    def with_columns(self, columns: Sequence[ColumnUse]) -> "Options":
        """Return the options with other columns; answers to questions about rows are kept."""
        return replace(self, columns=tuple(columns))

    def as_json(self) -> dict[str, Any]:
        """Return the options for the database."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Options":
        """Return the options that ``as_json`` made."""
        columns = tuple(ColumnUse(**{**item, "use": Use(item["use"])}) for item in stored["columns"])
        fields = {
            **stored,
            "mode": Mode(stored["mode"]),
            "sheets": tuple(stored["sheets"]),
            "columns": columns,
        }
        return cls(**fields)
