"""Lists of the ledger."""

import datetime as dt
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.money import grouped
from xuequ.core.tables import NumberColumn, Table
from xuequ.kit.sheets.problems import Problem
from xuequ.systems.programmes.models import Device, Room

UNBROKEN = {"td": {"class": "text-nowrap"}}
WRITTEN = {"td": {"class": "text-nowrap", "translate": "no"}}
"""What stands there is data in whatever letters, no words."""


def spaced(value: Decimal | None) -> str:
    """Return a sum in 元 with commas; a dash for none."""
    return "—" if value is None else grouped(value)


class DeviceTable(Table):
    """Entries of the ledger. The headings are those that the import understands."""

    label = _("Entries of the ledger")
    exports = True
    school = tables.Column(verbose_name=_("School"), order_by="school__code")
    name = tables.Column(verbose_name=pgettext_lazy("equipment", "Name"))
    kind = tables.Column(verbose_name=_("Kind"))
    model = tables.Column(verbose_name=_("Make and model"), visible=False)
    number = tables.Column(verbose_name=_("Asset number"), attrs=WRITTEN)
    quantity = NumberColumn(verbose_name=_("Pieces"))
    value_yuan = NumberColumn(verbose_name=_("Original value (yuan)"), empty_values=())
    bought = tables.DateColumn(verbose_name=_("Bought on"), format="Y-m-d", attrs=UNBROKEN)
    room = tables.Column(verbose_name=_("Room"), order_by="room__name", default="")
    state = tables.Column(verbose_name=_("State"))
    last_used = tables.Column(
        verbose_name=_("Last used"),
        empty_values=(),
        orderable=False,
        exclude_from_export=True,
        attrs=UNBROKEN,
    )

    def render_name(self, value: str, record: Device) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("programmes:device", args=[record.uid]), value)

    def value_name(self, value: str) -> str:
        return value

    def render_value_yuan(self, value: Decimal | None) -> str:
        return spaced(value)

    def value_value_yuan(self, value: Decimal | None) -> float | None:
        return None if value is None else float(value)

    def render_state(self, record: Device) -> str:
        lent = f" → {record.lent_to}" if record.lent_to is not None else ""
        return f"{record.get_state_display()}{lent}"

    def value_state(self, record: Device) -> str:
        return str(record.get_state_display())

    def value_bought(self, value: dt.date | None) -> dt.date | None:
        return value

    def render_last_used(self, record: Any) -> str:
        day = getattr(record, "last_used", None)
        return day.isoformat() if day is not None else "—"


class RoomTable(Table):
    """Rooms."""

    label = _("Rooms")
    exports = True
    school = tables.Column(verbose_name=_("School"), order_by="school__code")
    name = tables.Column(verbose_name=_("Room name"))
    kind = tables.Column(verbose_name=_("Kind of room"))
    place = tables.Column(verbose_name=_("Building and floor"))
    seats = NumberColumn(verbose_name=_("Seats"))
    shows = tables.BooleanColumn(verbose_name=_("Networked multimedia"), yesno="✓,")
    lendable = tables.BooleanColumn(verbose_name=_("Other schools may book"), yesno="✓,")
    opened = tables.DateColumn(verbose_name=_("In use since"), format="Y-m-d", attrs=UNBROKEN)

    def render_name(self, value: str, record: Room) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("programmes:room", args=[record.uid]), value)

    def value_name(self, value: str) -> str:
        return value

    def render_shows(self, value: bool) -> str:
        return _yes(value)

    def render_lendable(self, value: bool) -> str:
        return _yes(value)


def _yes(value: bool) -> str:
    return str(_("yes")) if value else str(_("no"))


class ChangeTable(Table):
    """What an import changes in the ledger, field by field: rows are the steps that the check kept."""

    label = _("What would change")
    name = tables.Column(verbose_name=pgettext_lazy("equipment", "Name"), orderable=False)
    number = tables.Column(verbose_name=_("Asset number"), orderable=False, attrs=WRITTEN)
    field = tables.Column(verbose_name=pgettext_lazy("import", "What changes"), orderable=False)
    before = tables.Column(verbose_name=_("In the ledger"), orderable=False, empty_values=())
    after = tables.Column(verbose_name=_("In the file"), orderable=False, empty_values=())
    cell = tables.Column(verbose_name=_("Cell"), orderable=False, attrs=WRITTEN)

    def render_field(self, value: str, record: dict[str, Any]) -> str:
        if value == "last_used":
            return str(_("Last used"))
        return str(_column(record).verbose_name)

    def render_before(self, value: Any, record: dict[str, Any]) -> str:
        return _said(record, value)

    def render_after(self, value: Any, record: dict[str, Any]) -> str:
        return _said(record, value)


def _column(record: dict[str, Any]) -> Any:
    model = Room if record["model"] == "room" else Device
    return model._meta.get_field(record["field"])


def _said(record: dict[str, Any], value: Any) -> str:
    """Return a kept value in words."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _yes(value)
    if record["field"] == "value_yuan":
        return spaced(Decimal(value))
    choices = {} if record["field"] == "last_used" else dict(_column(record).flatchoices)
    return str(choices.get(value, value))


class ProblemTable(Table):
    """What is wrong with a file, by cell."""

    label = _("To be corrected in the file")
    place = tables.Column(verbose_name=_("Cell"), orderable=False)
    message = tables.Column(verbose_name=_("What is wrong"), orderable=False)
    remedy = tables.Column(verbose_name=_("What to do"), orderable=False)

    def render_place(self, record: Problem) -> str:
        return record.place or "—"
