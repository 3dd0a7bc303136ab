"""Lists of the rollover."""

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.figures import Text
from xuequ.core.tables import NumberColumn, Table
from xuequ.district.models import School
from xuequ.kit.rollover.models import SchoolRollover
from xuequ.kit.rollover.problems import Note


class _Counted(NumberColumn):
    """A count of the last preview."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(empty_values=(), orderable=False, **kwargs)


class SchoolMoveTable(Table):
    """Which school stands where."""

    label = _("Schools and where they stand")
    exports = True
    school = tables.Column(verbose_name=_("School"), order_by="school__code")
    state = tables.Column(verbose_name=_("State"))
    moved_up = _Counted(verbose_name=_("Move up"))
    graduated = _Counted(verbose_name=_("Graduate"))
    away = _Counted(verbose_name=_("Repeat or leave"))
    new_classes = _Counted(verbose_name=_("New classes"))
    points = tables.Column(verbose_name=_("What is open"), empty_values=(), orderable=False)

    def __init__(self, *args: Any, may_open: bool, **kwargs: Any) -> None:
        super().__init__(*args, **{"empty_text": _("No school is open in this year."), **kwargs})
        self.may_open = may_open

    def render_school(self, value: School, record: SchoolRollover) -> SafeString | str:
        if not self.may_open:
            return str(value)
        return format_html('<a href="{}">{}</a>', reverse("office:rollover-school", args=[record.uid]), value)

    def value_school(self, value: School) -> str:
        return str(value)

    def render_moved_up(self, record: SchoolRollover) -> Any:
        return _sum(record, "moved_up", "placed", "in_house")

    def render_graduated(self, record: SchoolRollover) -> Any:
        return _sum(record, "graduated")

    def render_away(self, record: SchoolRollover) -> Any:
        return _sum(record, "repeating", "left")

    def render_new_classes(self, record: SchoolRollover) -> Any:
        return _sum(record, "new_classes")

    def render_points(self, record: SchoolRollover) -> SafeString | Text:
        if record.planned is None:
            return _("not checked yet")
        stops = [Note.from_json(item) for item in record.problems]
        if stops:
            return format_html('<span class="text-danger">{}</span>', str(stops[0]))
        notes = [str(Note.from_json(item)) for item in record.remarks]
        return " ".join(notes) or "—"

    def value_points(self, record: SchoolRollover) -> str:
        notes = [*record.problems, *record.remarks]
        return " ".join(str(Note.from_json(item)) for item in notes)


def _sum(record: SchoolRollover, *names: str) -> Any:
    return sum(record.counts.get(name, 0) for name in names) if record.counts else "—"


class SchoolTable(Table):
    """The district's schools."""

    label = _("Schools")
    exports = True
    code = tables.Column(verbose_name=_("School code"))
    name = tables.Column(verbose_name=pgettext_lazy("school", "Name"))
    stage = tables.Column(verbose_name=_("Stage"))
    sector = tables.Column(verbose_name=_("Sector"))
    year_system = tables.Column(verbose_name=_("Year system"))
    area = tables.Column(verbose_name=_("Area"), order_by="area__name")
    group = tables.Column(verbose_name=_("School group"), order_by="group__name")
    campus_of = tables.Column(verbose_name=pgettext_lazy("heading", "Campus of"), order_by="campus_of__code")
    closed_on = tables.DateColumn(verbose_name=_("Closed on"), format="Y-m-d")

    def __init__(self, *args: Any, may_edit: bool, **kwargs: Any) -> None:
        empty = _("No school fits, or none has been entered yet.")
        super().__init__(*args, **{"empty_text": empty, **kwargs})
        self.may_edit = may_edit

    def render_name(self, value: str, record: School) -> SafeString | str:
        if not self.may_edit:
            return value
        return format_html('<a href="{}">{}</a>', reverse("office:schools-edit", args=[record.uid]), value)

    def value_name(self, value: str) -> str:
        return value
