"""The accounts that the demo's login page offers: one per role that has pages."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.district.choices import Role
from xuequ.district.models import District, RoleAssignment

# In the order of the login page: the first role held by each account is the one it is offered under.
DEMO_LOGINS: dict[str, Role] = {
    "demo-leader": Role.BUREAU_LEADER,
    "demo-officer": Role.DISTRICT_OFFICER,
    "demo-researcher": Role.RESEARCHER,
    "demo-data": Role.DATA_OFFICER,
    "demo-finance": Role.FINANCE,
    "demo-supervisor": Role.SUPERVISOR,
    "demo-expert": Role.EXPERT,
    "demo-head": Role.HEAD,
    "demo-head-low": Role.HEAD,
    "demo-school": Role.SCHOOL_ADMINISTRATOR,
    "demo-year-head": Role.YEAR_HEAD,
    "demo-class-teacher": Role.CLASS_TEACHER,
    "demo-teacher": Role.TEACHER,
    "demo-guardian": Role.GUARDIAN,
    "demo-pupil": Role.PUPIL,
    "demo-system": Role.SYSTEM_ADMINISTRATOR,
}


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account of the demo as the login page shows it."""

    username: str
    role_label: Text
    place_label: Text


def demo_accounts() -> list[DemoAccount]:
    """Return the demo's accounts for the login page; none while the demo is not built. Two queries."""
    rows = RoleAssignment.objects.filter(account__username__in=DEMO_LOGINS).select_related(
        "account", "school", "school_class__school", "subject"
    )
    found = {row.account.username: row for row in rows if row.role == DEMO_LOGINS[row.account.username]}
    district = District.objects.first()
    return [
        DemoAccount(username, role.label, _place(found[username], str(district or "")))
        for username, role in DEMO_LOGINS.items()
        if username in found
    ]


def _place(row: RoleAssignment, district: str) -> Text:
    school = row.school or (row.school_class.school if row.school_class else None)
    if school is None:
        return f"{district} · {row.subject}" if row.subject else district
    if row.school_class:
        return f"{school} · {row.school_class}"
    if row.entry_year:
        return _("%(school)s, entry year %(year)s") % {"school": school, "year": row.entry_year}
    return str(school)
