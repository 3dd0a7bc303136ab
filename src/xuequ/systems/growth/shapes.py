"""What the figures and sentences of growth are made of: the columns that recur, one row of counts, cited cells."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Row, Text
from xuequ.core.reports import CellRef

SD = _("SD")


def in_sd(key: str, label: Text) -> Column:
    """A signed difference in standard deviations."""
    return Column(key, label, ColumnKind.SIGNED, 2, SD)


def percent(key: str, label: Text, decimals: int = 0) -> Column:
    """A share."""
    return Column(key, label, ColumnKind.PERCENT, decimals)


def integer(key: str, label: Text) -> Column:
    """A count."""
    return Column(key, label, ColumnKind.INTEGER)


NAME = Column("name", _("school"))
PUPILS = integer("n", _("pupils"))
GROWTH, LOW, HIGH = in_sd("effect", _("growth")), in_sd("low", _("lower end")), in_sd("high", _("upper end"))
FROM, TO = percent("low", _("lower end")), percent("high", _("upper end"))


def one_row(
    code: str, title: Text, columns: Sequence[Column], cells: tuple[Cell, ...], caption: Text = ""
) -> Figure:
    """Return the numbers that a sentence states as a table of one row, which is called ``all``."""
    return Figure(code, FigureKind.TABLE, title, tuple(columns), (Row("all", cells),), caption=caption)


def cited(figure: str, row: str, *columns: str, absolute: Iterable[str] = ()) -> dict[str, CellRef]:
    """Return cells of one row by the names of their columns; those in ``absolute`` are written without their sign."""
    return {column: CellRef(figure, row, column, column in absolute) for column in columns}
