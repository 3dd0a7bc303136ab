"""Lists about personal data."""

from collections.abc import Mapping
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.core.tables import NumberColumn, Table
from xuequ.district.consent import RightsRequest
from xuequ.district.consents import Tally

FEWEST = 5
"""Above the school, fewer families than this are not counted out."""


class RequestTable(Table):
    """Requests about personal data, the most urgent first."""

    label = _("Requests")
    exports = True
    kind = tables.Column(verbose_name=_("What is asked for"))
    person = tables.Column(verbose_name=_("Person"), orderable=False)
    school = tables.Column(verbose_name=_("School"))
    asked = tables.DateTimeColumn(verbose_name=_("Received"), format="Y-m-d")
    due = tables.DateColumn(verbose_name=_("To be answered by"), format="Y-m-d")
    state = tables.Column(verbose_name=_("State"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, empty_text=_("Nobody has asked anything yet."), **kwargs)

    def render_kind(self, value: str, record: RightsRequest) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("office:rights-request", args=[record.uid]), value)

    def value_kind(self, value: str) -> str:
        return value

    def render_person(self, record: RightsRequest) -> str:
        return record.person.name

    def value_person(self, record: RightsRequest) -> str:
        return str(record.person.key)  # a list of requests leaves the house without names


class RegisterTable(Table):
    """The register of personal data."""

    label = _("Register of personal data")
    exports = True
    what = tables.Column(accessor="entry__what", verbose_name=_("Class of data"), orderable=False)
    ground = tables.Column(verbose_name=_("Kind of ground"), orderable=False)
    basis = tables.Column(accessor="entry__basis", verbose_name=_("Basis of keeping"), orderable=False)
    uses = tables.Column(accessor="entry__uses", verbose_name=_("What for"), orderable=False, empty_values=())
    seen_by = tables.Column(
        accessor="entry__seen_by", verbose_name=_("Who sees it"), orderable=False, empty_values=()
    )
    time = tables.Column(verbose_name=_("How long"), orderable=False)
    effect = tables.Column(verbose_name=_("When a person is erased"), orderable=False)


class DueTable(Table):
    """What is due to go, by school."""

    label = _("Due to go, by school")
    exports = False
    school = tables.Column(verbose_name=_("School"), empty_values=(), orderable=False)
    rows = NumberColumn(verbose_name=_("Count"), orderable=False)

    def render_school(self, value: Any) -> Text:
        return str(value) if value is not None else _("no school")


class ErasureTable(Table):
    """The ledger of erasures."""

    label = _("Ledger of erasures")
    exports = True
    at = tables.DateTimeColumn(verbose_name=_("Erased on"), format="Y-m-d H:i")
    person_key = tables.Column(verbose_name=_("Key"), orderable=False)
    ground = tables.Column(verbose_name=_("Reason"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, empty_text=_("Nobody has been erased yet."), **kwargs)

    def render_person_key(self, value: object) -> SafeString:
        return format_html("<code>{}</code>", value)

    def value_person_key(self, value: object) -> str:
        return str(value)


class TallyTable(Table):
    """How many families agreed, refused, or have not answered."""

    label = _("Answers of families")
    exports = True
    place = tables.Column(verbose_name=_("Place"), orderable=False)
    asked = NumberColumn(verbose_name=_("Families asked"), orderable=False)
    granted = NumberColumn(verbose_name=_("Agreed"), orderable=False)
    refused = NumberColumn(verbose_name=_("Refused"), orderable=False)
    open = NumberColumn(verbose_name=_("Not answered"), orderable=False)

    def render_place(self, value: str, record: dict[str, Any]) -> SafeString | str:
        return format_html('<a href="{}">{}</a>', record["url"], value) if record["url"] else value

    def value_place(self, value: str) -> str:
        return value


def tally_rows(tallies: Mapping[Any, Tally], *, use: str, above_school: bool) -> list[dict[str, Any]]:
    """Return the table's rows; above the school small counts are withheld, and classes lead to their papers."""
    return [
        {
            "place": str(place),
            "url": "" if above_school else reverse("office:rights-paper", args=[place.uid, use]),
            "asked": tally.asked,
            "granted": _shown(tally.granted, above_school),
            "refused": _shown(tally.refused, above_school),
            "open": _shown(tally.open, above_school),
        }
        for place, tally in tallies.items()
    ]


def _shown(count: int, above_school: bool) -> int | Text:
    return _("fewer than 5") if above_school and 0 < count < FEWEST else count
