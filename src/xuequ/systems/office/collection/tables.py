"""Lists of collecting figures."""

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.core.tables import NumberColumn, Table
from xuequ.kit.collection.choices import SheetState
from xuequ.kit.collection.models import Collection, SchoolSheet


class CollectionTable(Table):
    """Collections, newest first."""

    label = _("Collections")
    exports = True
    title = tables.Column(verbose_name=_("Collection"))
    asked_by = tables.Column(verbose_name=_("Asked by"))
    state = tables.Column(verbose_name=_("State"))
    deadline = tables.DateColumn(verbose_name=_("Deadline"), format="Y-m-d")
    handed_in = NumberColumn(verbose_name=_("Handed in"))

    def render_title(self, value: str, record: Collection) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("office:collection-show", args=[record.uid]), value)

    def value_title(self, value: str) -> str:
        return value

    def render_handed_in(self, value: int, record: Collection) -> str:
        return gettext("%(done)s of %(all)s") % {"done": value, "all": record.schools}  # type: ignore[attr-defined]


class BoardTable(Table):
    """Where each school stands, in the order of the codes; nobody is ranked."""

    label = _("Schools")
    exports = True
    school = tables.Column(verbose_name=_("School"), order_by="school__code")
    state = tables.Column(verbose_name=_("State"))
    remark = tables.Column(verbose_name=_("To be looked at"), empty_values=(), orderable=False)

    def __init__(self, *args: Any, head_confirms: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.head_confirms = head_confirms

    def render_school(self, value: Any, record: SchoolSheet) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("office:collection-answer", args=[record.uid]), value
        )

    def value_school(self, value: Any) -> str:
        return str(value)

    def render_state(self, record: SchoolSheet) -> Text:
        if record.state == SheetState.TO_DO and record.begun:
            return gettext("begun")
        return record.get_state_display()

    def render_remark(self, record: SchoolSheet) -> str:
        parts = []
        if record.contested:
            words = ngettext("%(count)s objection", "%(count)s objections", record.contested)
            parts.append(words % {"count": record.contested})
        if record.state == SheetState.SUBMITTED:
            waits = self.head_confirms and record.confirmed is None
            parts.append(gettext("waits for the head of school") if waits else gettext("waits for you"))
        return " · ".join(parts) if parts else "—"


class BurdenTable(Table):
    """What schools were asked, and how much of it was filled in for them."""

    label = _("What schools were asked")
    exports = True
    title = tables.Column(verbose_name=_("Collection"))
    sent = tables.DateColumn(verbose_name=_("Sent on"), format="Y-m-d")
    schools = NumberColumn(verbose_name=_("Schools"))
    asked = NumberColumn(verbose_name=_("Cells asked of schools"))
    known = NumberColumn(verbose_name=_("Cells filled in by us"))
    share = NumberColumn(verbose_name=_("Share filled in"), empty_values=(), orderable=False)

    def render_share(self, record: Collection) -> str:
        return share_words(record.known or 0, record.asked or 0)  # type: ignore[attr-defined]


def share_words(known: int, asked: int) -> str:
    """Write which share of the cells was filled in for the schools."""
    return f"{100 * known / (known + asked):.0f}%" if known + asked else "—"
