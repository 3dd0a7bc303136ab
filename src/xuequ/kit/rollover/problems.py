"""What stands against a school's move, and what stays open after it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text

# Problems stop the move; the other remarks do not. No text names a person.
PROBLEMS: dict[str, Text] = {
    "two-classes": _("%(count)s pupils stand in two classes of the school; correct the roster first."),
    "class-out-of-range": _(
        "A class is in grade %(grade)s, which the school does not teach; correct the class or the school's stage."
    ),
    "school-closed": _(
        "The school closes before the year begins, but %(count)s pupils are still in it; merge it with another school."
    ),
    "placing-open": _(
        "Grade %(grade)s is to be placed in classes, and nothing has been confirmed yet for %(count)s pupils."
    ),
    "repeat-without-class": _(
        "%(count)s pupils repeat the year, but there is no class for them; name one, or take them off the list."
    ),
}
REMARKS: dict[str, Text] = {
    "new-names": _("The names of the new grade %(grade)s are still missing; they come with the roster."),
    "unassigned": _("%(count)s new pupils have no class yet."),
    "no-class": _("%(count)s pupils of the school are in no class; they stay without one."),
    "left-over": _("%(count)s pupils are in classes that should have left years ago; they leave now."),
    "elsewhere": _("%(count)s pupils are enrolled at another school as well; correct the roster."),
    "graduated-before": _("%(count)s pupils graduated in the course of the summer already."),
    "class-teacher-missing": _("%(count)s classes have no class teacher yet."),
    "lessons-missing": _("%(count)s lessons of new classes have no teacher yet."),
}


@dataclass(frozen=True, slots=True)
class Note:
    """A problem or a remark with its numbers."""

    code: str
    params: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return str((PROBLEMS | REMARKS)[self.code]) % self.params

    @property
    def stops(self) -> bool:
        """Whether the school cannot move while this is so."""
        return self.code in PROBLEMS

    def as_json(self) -> dict[str, Any]:
        """Return the note for the database."""
        return {"code": self.code, "params": dict(self.params)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Note":
        """Return the note that ``as_json`` made."""
        return cls(stored["code"], stored["params"])
