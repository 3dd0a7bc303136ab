"""Lists of requests."""

from functools import cached_property
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.figures import Text
from xuequ.kit.approvals import queries as requests
from xuequ.kit.approvals.models import Case
from xuequ.kit.approvals.procedures import procedure_of
from xuequ.systems.office.tables import OfficeTable


class CaseTable(OfficeTable):
    """Requests with their state; their titles are found for the rows of the page at once."""

    label = pgettext_lazy("approvals", "Requests")
    exports = True
    title = tables.Column(verbose_name=_("About"), empty_values=(), orderable=False)
    procedure = tables.Column(verbose_name=_("Kind"))
    school = tables.Column(verbose_name=_("School"), empty_values=(), order_by="school__code")
    opened = tables.DateTimeColumn(verbose_name=_("Asked on"), format="Y-m-d")
    state = tables.Column(verbose_name=_("State"))
    closed = tables.DateTimeColumn(verbose_name=_("Decided on"), format="Y-m-d")

    nothing = _("There is nothing here yet.")

    @cached_property
    def titles(self) -> dict[int, str]:
        """Titles by primary key, of the rows that are shown or exported."""
        return requests.titles([row.record for row in self.paginated_rows])

    def render_title(self, record: Case) -> SafeString:
        address = reverse("office:approvals-case", args=[record.uid])
        return format_html('<a href="{}">{}</a>', address, self.titles[record.pk])

    def value_title(self, record: Case) -> str:
        return self.titles[record.pk]

    def render_procedure(self, record: Case) -> Text:
        return procedure_of(record).title

    def render_school(self, record: Case) -> Any:
        return record.school or "—"
