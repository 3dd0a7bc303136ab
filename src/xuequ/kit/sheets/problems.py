"""What can be wrong with a file of cells: each problem names its place, says what is wrong and what to do."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from django.utils.translation import gettext_lazy as _

from xuequ.core.errors import Refused
from xuequ.core.figures import Text

FILE_TEXTS: dict[str, tuple[Text, Text]] = {
    "unreadable": (
        _("The file cannot be read as a spreadsheet."),
        _("Open it in Excel or WPS, save it as .xlsx and choose that file."),
    ),
    "protected": (
        _("The file is protected by a password."),
        _("Remove the password (File, Info, Protect Workbook) and choose the file again."),
    ),
    "web-page": (
        _("The file is a web page that only carries the name of a spreadsheet."),
        _("Open it in Excel or WPS, save it as .xlsx and choose that file."),
    ),
    "encoding": (
        _("The text of the file is neither UTF-8 nor UTF-16 nor GB 18030."),
        _("Save it from Excel or WPS as .xlsx, or as “CSV UTF-8”."),
    ),
    "too-wide": (
        _("The sheet has %(columns)s columns; %(limit)s at most are read."),
        _("Delete the columns that hold no results."),
    ),
    "too-long": (
        _("The sheet has %(rows)s rows; %(limit)s at most are read."),
        _("Delete empty rows at the end, or divide the sheet."),
    ),
    "empty": (
        _("The sheet is empty."),
        _("Choose another file, or fill the template."),
    ),
    "headings-only": (
        _("The sheet has headings but no rows."),
        _("Fill in the rows and choose the file again."),
    ),
    "no-heading": (
        _("No row of headings was found in the first %(rows)s rows."),
        _(
            "Put one row of headings above the data, for example 学校, 班级, 姓名, 数学; or fill the template."
        ),
    ),
    "same-heading": (
        _("Two columns are both called “%(heading)s”."),
        _("Rename one of them, or set one to “leave out”."),
    ),
}
"""By code: what is wrong with a file or sheet as such, and what to do. Each kind of import adds its own."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: ``cell`` is a cell (C17), a row (17) or empty for the whole sheet or file."""

    code: str
    sheet: str = ""
    cell: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    texts: ClassVar[Mapping[str, tuple[Text, Text]]] = FILE_TEXTS

    @property
    def message(self) -> str:
        """What is wrong, in the reader's language."""
        return str(self.texts[self.code][0]) % self.params

    @property
    def remedy(self) -> str:
        """What to do, in the reader's language."""
        return str(self.texts[self.code][1])

    @property
    def place(self) -> str:
        """Sheet and cell as people write them."""
        return "!".join(part for part in (self.sheet, self.cell) if part)

    def __str__(self) -> str:
        sentence = f"{self.message} {self.remedy}".strip()
        return f"{self.place}: {sentence}" if self.place else sentence

    def as_json(self) -> dict[str, Any]:
        """Return the problem for the database; the texts are made when it is shown."""
        return {"code": self.code, "sheet": self.sheet, "cell": self.cell, "params": dict(self.params)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the problem that ``as_json`` made."""
        return cls(stored["code"], stored["sheet"], stored["cell"], stored["params"])


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that the person should know and that stops nothing."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict)
    texts: ClassVar[Mapping[str, Text]] = {}

    def __str__(self) -> str:
        return str(self.texts[self.code]) % self.params

    def as_json(self) -> dict[str, Any]:
        """Return the remark for the database."""
        return {"code": self.code, "params": dict(self.params)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the remark that ``as_json`` made."""
        return cls(stored["code"], stored["params"])


class SheetRefused(Refused):
    """A file that cannot be taken at all; ``str()`` is one sentence with the place and the remedy."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def counted(problems: Iterable[Problem]) -> dict[str, int]:
    """Return how often each problem occurs, most frequent first."""
    return dict(Counter(problem.code for problem in problems).most_common())


def fair_share(problems: Iterable[Problem], limit: int) -> list[Problem]:
    """Return at most ``limit`` problems in their order, so that a frequent kind does not crowd out the others."""
    problems = list(problems)
    kinds = Counter(problem.code for problem in problems)
    if len(problems) <= limit:
        return problems
    share = max(1, limit // len(kinds))
    taken: Counter[str] = Counter()
    chosen = []
    for problem in problems:
        if taken[problem.code] < share:
            taken[problem.code] += 1
            chosen.append(problem)
    return chosen
