"""Lists of the roster's pages."""

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.tables import NumberColumn
from xuequ.district.models import School
from xuequ.district.queries import ListedPupil
from xuequ.kit.roster.wording import what_text
from xuequ.record.models import ImportBatch
from xuequ.systems.office.tables import OfficeTable
from xuequ.systems.office.tables import ProblemTable as ProblemTable


class SchoolTable(OfficeTable):
    """Who is in, school by school."""

    label = _("Schools")
    exports = True
    nothing = _("No school is there yet; bring in a workbook with a sheet of schools.")
    name = tables.Column(verbose_name=_("School"))
    code = tables.Column(verbose_name=_("Code"))
    class_count = NumberColumn(verbose_name=_("Number of classes"))
    pupils = NumberColumn(verbose_name=_("Pupils"))
    teacher_count = NumberColumn(verbose_name=pgettext_lazy("people", "Teachers"))
    changed = tables.DateColumn(verbose_name=_("Last change"), format="Y-m-d")

    def render_name(self, value: str, record: School) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("office:roster-school", args=[record.uid]), value)

    def value_name(self, value: str) -> str:
        return value


class RosterImportTable(OfficeTable):
    """Roster files that were brought in."""

    label = _("Roster imports")
    nothing = _("No roster has been brought in yet.")
    file_name = tables.Column(verbose_name=_("File"))
    state = tables.Column(verbose_name=_("State"))
    rows = NumberColumn(verbose_name=_("Rows"), empty_values=(), orderable=False)
    created = tables.DateTimeColumn(verbose_name=_("Uploaded"), format="Y-m-d H:i")
    created_by = tables.Column(verbose_name=_("By"))

    def render_file_name(self, value: str, record: ImportBatch) -> SafeString:
        url = reverse("office:roster-import", args=[record.uid])
        return format_html('<a href="{}" translate="no">{}</a>', url, value)

    def render_rows(self, record: ImportBatch) -> Any:
        return record.summary.get("rows", "")


class ExampleTable(OfficeTable):
    """Examples of what an import changes."""

    label = _("Examples")
    text = tables.Column(verbose_name=_("Who or what"), orderable=False)
    what = tables.Column(verbose_name=_("What changes"), orderable=False, empty_values=())
    place = tables.Column(verbose_name=_("Row"), orderable=False)

    def render_what(self, record: dict[str, Any]) -> str:
        return what_text(record)

    def render_place(self, value: str) -> SafeString:
        return format_html("<code>{}</code>", value)


class ClassListTable(OfficeTable):
    """The pupils of a class."""

    label = _("Class list")
    exports = True
    nothing = _("Nobody is in this class today.")
    number = tables.Column(verbose_name=pgettext_lazy("of a person", "Number"))
    name = tables.Column(verbose_name=_("Name"))

    def render_name(self, value: str, record: ListedPupil) -> SafeString:
        url = reverse("office:roster-pupil", args=[record.pupil.uid])
        return format_html('<a href="{}" translate="no">{}</a>', url, value)

    def value_name(self, value: str) -> str:
        return value
