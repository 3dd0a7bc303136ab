"""What can be wrong with a statistics table, by cell."""

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.kit.sheets import problems as base

TEXTS: dict[str, tuple[Text, Text]] = {
    "no-school-column": (
        _("No column holds the school."),
        _("Say which column does, or take the template."),
    ),
    "no-fact-column": (
        _("No column is known to hold a figure."),
        _("Say what the columns hold, or take the template."),
    ),
    "twice": (
        _("Two columns are said to hold “%(fact)s”."),
        _("Leave one of them out."),
    ),
    "unknown-school": (
        _("There is no school called “%(name)s” in the district."),
        _("Write the full name, the short name or the school code."),
    ),
    "not-judged": (
        _("“%(name)s” has no compulsory stage, so the rules do not judge it."),
        _("Delete the row."),
    ),
    "same-row": (
        _("“%(name)s” stands in two rows."),
        _("Keep one row for each school, or one for each part of a nine-year school."),
    ),
    "no-part": (
        _("“%(part)s” is no part of this school."),
        _("Write 全校, or 小学部 or 初中部 for a nine-year school."),
    ),
    "not-a-number": (
        _("“%(text)s” is not a number."),
        _("Write the number without words; leave the cell empty if it is not known."),
    ),
    "negative": (
        _("The number is below zero."),
        _("Correct it; leave the cell empty if it is not known."),
    ),
    "not-whole": (
        _("“%(text)s” is not a whole number."),
        _("Correct it; leave the cell empty if it is not known."),
    ),
    "not-yes-no": (
        _("“%(text)s” is neither yes nor no."),
        _("Write 是 or 否."),
    ),
    "zero-pupils": (
        _("The school has no pupils here."),
        _("Delete the row, or correct the number."),
    ),
    "too-large": (
        _("“%(text)s” is too large to be right."),
        _("Look at its unit; areas are in m², counts in persons and rooms."),
    ),
    "part-above-whole": (
        _("The indoor sports rooms are larger than all teaching rooms."),
        _("They are a part of the teaching and auxiliary rooms; correct one of the two."),
    ),
    "several-sheets": (
        _("More than one sheet has a column of schools."),
        _("Keep the sheet with the figures of schools in a file of its own."),
    ),
}


class Problem(base.Problem):
    """One thing that is wrong with the table."""

    texts: ClassVar[Mapping[str, tuple[Text, Text]]] = base.FILE_TEXTS | TEXTS


class Remark(base.Remark):
    """Something to know that stops nothing."""

    texts: ClassVar[Mapping[str, Text]] = {
        "same-file": _("The same file was stored on %(day)s already."),
        "pupils-differ": _(
            "%(school)s: the file says %(file)s pupils, the roster %(roster)s; the roster counts."
        ),
        "left-out": _("%(n)s columns are left out: %(headings)s."),
        "known-left": _("Pupils and classes are counted from the roster and are not taken from the file."),
        "schools-missing": _(
            "%(n)s schools are not in the file; their figures stay as they are: %(schools)s."
        ),
    }
