"""What can be wrong with a ledger, by cell."""

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.kit.sheets import problems as base

TEXTS: dict[str, tuple[Text, Text]] = {
    "no-columns": (
        _("No row of headings was found with a school, a month, and attendance or books."),
        _("Use the headings 学校, 班级, 月份, 出勤率, 借书册数; or fill the template."),
    ),
    "several-sheets": (
        _("More than one sheet holds a ledger: %(sheets)s."),
        _("Keep one of them in a file of its own."),
    ),
    "unknown-school": (
        _("There is no school called “%(name)s” in the district."),
        _("Write the full name, the short name or the school code."),
    ),
    "no-school": (
        _("The row names no school."),
        _("Write the school in every row, or merge its cell over its rows."),
    ),
    "unknown-class": (
        _("“%(name)s” is no class of this school in %(year)s."),
        _("Write it as 七年级3班 or 2024级3班; leave it empty, or write 全校, for the whole school."),
    ),
    "several-classes": (
        _("“%(name)s” may be more than one class of this school in %(year)s."),
        _("Write it with its grade, as 一年级1班 or 七年级1班."),
    ),
    "no-pupils": (
        _("Nobody is on the roster of “%(name)s” at the end of %(month)s."),
        _("Bring in the roster first, or delete the row."),
    ),
    "no-month": (
        _("“%(text)s” is not a month."),
        _("Write it as 2025-10, 2025年10月, or 10月 for the school year that was chosen."),
    ),
    "other-year": (
        _("%(month)s does not belong to the school year %(year)s."),
        _("Keep each school year in a file of its own."),
    ),
    "future": (
        _("%(month)s has not begun."),
        _("Correct the month."),
    ),
    "same-row": (
        _("The same class and month stand in row %(first)s already."),
        _("Keep one of the two rows."),
    ),
    "both": (
        _("The school stands here both as a whole and by classes in %(month)s."),
        _("Keep the whole school or its classes, so that nobody is counted twice."),
    ),
    "not-a-number": (
        _("“%(text)s” is not a number."),
        _("Write the number without words; leave the cell empty if it is not known."),
    ),
    "not-a-rate": (
        _("“%(text)s” is no attendance rate."),
        _("Write 97, 97% or 0.97; it lies between 0 and 100 %."),
    ),
    "not-whole": (
        _("“%(text)s” is no whole number of books."),
        _("Write how many books were lent in the month, not the mean of a pupil."),
    ),
    "too-many-books": (
        _("%(text)s books for %(pupils)s pupils in one month cannot be right."),
        _("Look whether the number is of the whole school or the whole year."),
    ),
    "not-days": (
        _("“%(text)s” is no number of school days in a month."),
        _("Write a whole number from 1 to 31, or leave the cell empty."),
    ),
}


class Problem(base.Problem):
    """One thing that is wrong with the ledger."""

    texts: ClassVar[Mapping[str, tuple[Text, Text]]] = base.FILE_TEXTS | TEXTS


class Remark(base.Remark):
    """Something to know that stops nothing."""

    texts: ClassVar[Mapping[str, Text]] = {
        "same-file": _("The same file was stored on %(day)s already."),
        "left-out": _("%(n)s columns are left out: %(headings)s."),
        "missing": _(
            "%(n)s rows are missing (%(places)s): a month that is not there is not taken for zero, and books of a year"
            " are published only for places with all its months."
        ),
        "low": _("In %(n)s rows fewer than half attend (%(cells)s): look whether the numbers are right."),
        "small": _(
            "%(n)s classes have fewer than five pupils: they count in their school and get no number of their own."
        ),
        "changed": _("%(n)s months are there already and would be changed."),
    }
