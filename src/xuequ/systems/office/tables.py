"""Lists of the data office."""

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.core.tables import NumberColumn, Table
from xuequ.kit.scores.problems import Problem
from xuequ.record.models import Assessment, ImportBatch
from xuequ.systems.office.queries import Coverage


class OfficeTable(Table):
    """A list that says in its own words when there is ``nothing`` in it."""

    nothing: Text = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"empty_text": self.nothing, **kwargs})


class ImportTable(OfficeTable):
    """Files that were brought in."""

    label = _("Imports")
    file_name = tables.Column(verbose_name=_("File"))
    state = tables.Column(verbose_name=_("State"))
    rows = NumberColumn(verbose_name=_("Rows"), empty_values=(), orderable=False)
    created = tables.DateTimeColumn(verbose_name=_("Uploaded"), format="Y-m-d H:i")
    created_by = tables.Column(verbose_name=_("By"))

    nothing = _("Nothing has been brought in yet.")

    def render_file_name(self, value: str, record: ImportBatch) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("office:import", args=[record.uid]), value)

    def value_file_name(self, value: str) -> str:
        return value

    def render_rows(self, record: ImportBatch) -> Any:
        return record.summary.get("rows", "")


class AssessmentTable(OfficeTable):
    """Assessments with their basis and coverage."""

    label = _("Assessments")
    exports = True
    name = tables.Column(verbose_name=_("Assessment"))
    basis = tables.Column(verbose_name=_("Basis"))
    school = tables.Column(verbose_name=_("School or study"), empty_values=(), orderable=False)
    held_on = tables.DateColumn(verbose_name=_("Held on"), format="Y-m-d")
    pupils = NumberColumn(verbose_name=_("Pupils"), orderable=False)
    scored = NumberColumn(verbose_name=_("With a result"), orderable=False)

    nothing = _("No results have been brought in yet.")

    def render_name(self, value: str, record: Assessment) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("office:assessment", args=[record.uid]), value)

    def value_name(self, value: str) -> str:
        return value

    def render_school(self, record: Assessment) -> str:
        return str(record.school or record.study or _("whole district"))


class CoverageTable(OfficeTable):
    """How far each school's pupils have results."""

    label = _("Coverage by school")
    exports = True
    school = tables.Column(verbose_name=_("School"), order_by="school__code")
    enrolled = NumberColumn(verbose_name=_("Pupils of the grade"))
    scored = NumberColumn(verbose_name=_("With a result"))
    absent = NumberColumn(verbose_name=_("Absent"))
    exempt = NumberColumn(verbose_name=_("Exempt"))
    cancelled = NumberColumn(verbose_name=_("Cancelled"))
    without = NumberColumn(verbose_name=_("Nothing known"))

    nothing = _("No school that you may see has results here.")

    def render_without(self, value: int, record: Coverage) -> Text | int:
        return value if record.enrolled else "—"


class ProblemTable(OfficeTable):
    """What is wrong with a file, cell by cell."""

    label = _("Problems by cell")
    exports = True
    sheet = tables.Column(verbose_name=_("Sheet"), orderable=False)
    cell = tables.Column(verbose_name=_("Cell"), orderable=False)
    message = tables.Column(verbose_name=_("What is wrong"), orderable=False)
    remedy = tables.Column(verbose_name=_("What to do"), orderable=False)

    def render_cell(self, value: str, record: Problem) -> SafeString:
        return format_html("<code>{}</code>", value)

    def value_cell(self, value: str) -> str:
        return value
