"""The table of ledgers: how far each school's goes, and what is published from it."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row
from xuequ.district.models import SchoolYear
from xuequ.systems.office.ledgers.queries import SchoolLedger


def coverage(year: SchoolYear, found: Sequence[SchoolLedger]) -> Figure:
    """Every school with the months of its ledger and its published numbers."""
    columns = (
        Column("school", _("school")),
        Column("months", _("months brought in"), ColumnKind.INTEGER),
        Column("missing", _("months missing")),
        Column("pupils", _("pupils"), ColumnKind.INTEGER),
        Column("attendance", _("attendance rate"), ColumnKind.PERCENT, 1),
        Column("books", _("books borrowed by a pupil"), ColumnKind.NUMBER, 1),
    )
    rows = tuple(
        Row(
            str(one.school.uid),
            (
                one.school.name,
                one.months,
                "、".join(one.missing) or None,
                one.pupils,
                one.attendance,
                one.books,
            ),
        )
        for one in found
    )
    return Figure(
        "ledgers",
        FigureKind.TABLE,
        _("Ledgers by school"),
        columns,
        rows,
        caption=_(
            "From the schools' ledgers, pupils from the roster. A month is missing when other schools have it; books"
            " are published only for schools with every month, and nothing for fewer than five pupils."
        ),
    )
