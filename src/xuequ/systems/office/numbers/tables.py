"""Lists of the catalogue, of quoted numbers and of replies; and "which ones" as a table of the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.figures import Column, Figure, Text
from xuequ.core.rendering.cells import format_cell, heading, is_numeric
from xuequ.core.tables import NumberColumn, Table
from xuequ.kit.documents.models import Citation, Document
from xuequ.systems.office.numbers.queries import Item

WIDE = {"td": {"class": "d-none d-md-table-cell"}, "th": {"class": "d-none d-md-table-cell"}}
"""Columns that a phone leaves to the page of the number."""


class CatalogueTable(Table):
    """What can be counted, with the value of the day."""

    label = _("Catalogue of numbers")
    title = tables.Column(verbose_name=_("Number"), accessor="definition__title", orderable=False)
    text = NumberColumn(verbose_name=_("Value"), orderable=False)
    unit = tables.Column(verbose_name=_("Unit"), accessor="definition__unit", orderable=False)
    meaning = tables.Column(
        verbose_name=pgettext_lazy("number", "Definition"),
        accessor="definition__definition",
        orderable=False,
        attrs=WIDE,
    )
    source = tables.Column(
        verbose_name=pgettext_lazy("number", "Source"),
        accessor="definition__source",
        orderable=False,
        attrs=WIDE,
    )
    who = tables.Column(
        verbose_name=_("Who may see it"), accessor="definition__who", orderable=False, attrs=WIDE
    )
    code = tables.Column(verbose_name=_("Code"), accessor="definition__code", orderable=False, attrs=WIDE)

    def render_title(self, value: Text, record: Item) -> SafeString:
        return format_html('<a class="fw-bold" href="{}">{}</a>', record.url, value)

    def render_code(self, value: str) -> SafeString:
        return format_html("<code>{}</code>", value)

    def value_code(self, value: str) -> str:
        return value


class QuotedTable(Table):
    """Numbers as they were quoted."""

    label = _("Quoted numbers")
    title = tables.Column(verbose_name=_("Number"))
    text = NumberColumn(verbose_name=_("Value"), orderable=False)
    day = tables.DateColumn(verbose_name=_("As of"), format="Y-m-d")
    counted_at = tables.DateTimeColumn(verbose_name=_("Counted"), format="Y-m-d H:i")
    document = tables.Column(
        verbose_name=pgettext_lazy("place of a quotation", "In"), orderable=False, default="—"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, empty_text=_("You have not quoted a number yet."), **kwargs)

    def render_title(self, value: str, record: Citation) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("office:numbers-citation", args=[record.uid]), value
        )


class ReplyTable(Table):
    """Replies, newest first."""

    label = _("Replies")
    title = tables.Column(verbose_name=_("Title"))
    addressee = tables.Column(verbose_name=pgettext_lazy("addressee", "To"), default="—")
    created = tables.DateTimeColumn(verbose_name=_("Begun"), format="Y-m-d H:i")
    created_by = tables.Column(verbose_name=_("Begun by"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, empty_text=_("No reply has been begun yet."), **kwargs)

    def render_title(self, value: str, record: Document) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("office:numbers-reply", args=[record.uid]), value)


@dataclass(frozen=True, slots=True)
class Listing:
    """The first rows of "which ones", written out."""

    caption: Text
    columns: tuple[tuple[str, bool], ...]
    rows: list[list[tuple[str, bool]]]
    total: int


def listing(figure: Figure | None, most: int) -> Listing | None:
    """Return the first ``most`` rows of a list."""
    if figure is None:
        return None
    columns = tuple((heading(column), is_numeric(column)) for column in figure.columns)
    rows = [_written(figure.columns, row.cells) for row in figure.rows[:most]]
    return Listing(figure.caption, columns, rows, len(figure.rows))


def _written(columns: Sequence[Column], cells: Sequence[Any]) -> list[tuple[str, bool]]:
    return [
        (format_cell(column, cell), is_numeric(column)) for column, cell in zip(columns, cells, strict=True)
    ]
