"""Results of a collection: one figure at a time, by school in the order of the codes."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row
from xuequ.kit.collection.choices import NUMERIC, Kind, Shape
from xuequ.kit.collection.layout import Field, Layout
from xuequ.kit.collection.models import Collection, SchoolSheet
from xuequ.kit.collection.values import exact_sum


def numeric(layout: Layout) -> list[Field]:
    """Return the fields that hold numbers."""
    return [item for item in layout.answers if item.kind in NUMERIC]


def by_school(collection: Collection, item: Field, sheets: Sequence[SchoolSheet]) -> Figure:
    """Return one number by school; a list's rows are added up."""
    rows = []
    for sheet in sheets:
        content = sheet.content
        lines = content.lines if collection.layout.shape == Shape.ITEMS else [content.single]
        values = [content.value(line, item.key) for line in lines]
        numbers = [value for value in values if isinstance(value, int | float)]
        rows.append(Row(str(sheet.school_id), (str(sheet.school), exact_sum(numbers) if numbers else None)))
    kind = ColumnKind.INTEGER if item.kind == Kind.INTEGER else ColumnKind.NUMBER
    return Figure(
        code=f"collection-{collection.uid}",
        kind=FigureKind.BARS,
        title=item.name,
        columns=(Column("school", _("School")), Column("value", item.name, kind, unit=item.unit)),
        rows=tuple(rows),
        roles={"label": "school", "value": "value"},
        caption=_("Schools that have handed in, in the order of their codes. From “%(title)s”.")
        % {"title": collection.title},
        alt=_("Bars show the figure of each school."),
    )
