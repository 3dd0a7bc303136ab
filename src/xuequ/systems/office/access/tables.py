"""The list of accounts."""

from collections.abc import Mapping
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Dated, RoleAssignment
from xuequ.systems.office.access import queries
from xuequ.systems.office.access.wording import place_words
from xuequ.systems.office.tables import OfficeTable


class AccountTable(OfficeTable):
    """Accounts with the person, the roles of today and the state; names and roles are read for the rows shown."""

    label = gettext_lazy("Accounts")
    nothing = gettext_lazy("No account fits.")
    exports = True
    username = tables.Column(verbose_name=gettext_lazy("Login name"))
    name = tables.Column(verbose_name=gettext_lazy("Name"), empty_values=(), orderable=False)
    roles = tables.Column(
        verbose_name=gettext_lazy("Roles today"),
        empty_values=(),
        orderable=False,
        attrs={"td": {"class": "w-50"}, "th": {"class": "w-50"}},
    )
    is_active = tables.Column(verbose_name=gettext_lazy("State"))
    last_login = tables.DateTimeColumn(verbose_name=gettext_lazy("Last log-in"), format="Y-m-d H:i")

    def __init__(self, rows: Any, *, actor: Actor, **kwargs: Any) -> None:
        super().__init__(rows, **kwargs)
        self.actor = actor

    def before_render(self, request: Any) -> None:
        self._load([row.record.pk for row in self.paginated_rows])

    def as_values(self, *args: Any, **kwargs: Any) -> Any:
        self._load(None)
        return super().as_values(*args, **kwargs)

    def _load(self, keys: list[int] | None) -> None:
        rows = RoleAssignment.objects.filter(Dated.at(self.actor.day))
        if keys is not None:
            rows = rows.filter(account__in=keys)
        self.held: dict[int, list[str]] = {}
        for row in rows.select_related("area", "school", "school_class__school", "subject"):
            words = f"{Role(row.role).label} · {place_words(row)}"
            if row.lent_from_id:
                words += " · " + _("lent")
            self.held.setdefault(row.account_id, []).append(words)
        self.locked: Mapping[str, None] = dict.fromkeys(queries.locked_names())

    def render_username(self, value: str, record: Account) -> SafeString:
        page = reverse("office:access-account", args=[record.uid])
        return format_html('<a href="{}" translate="no">{}</a>', page, value)

    def value_username(self, value: str) -> str:
        return value

    def render_name(self, record: Account) -> str:
        return queries.name_of(record) or "—"

    def render_roles(self, record: Account) -> str:
        return "；".join(self.held.get(record.pk, [])) or "—"

    def render_is_active(self, value: bool, record: Account) -> str:
        if record.username.lower() in self.locked:
            return _("locked for a while")
        return pgettext("an account", "open") if value else pgettext("an account", "closed")
