"""The actor: an account with the roles it holds on a day, loaded once per request."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from xuequ.core.models import Account
from xuequ.district.choices import Role

DISTRICT_READERS = frozenset(
    {Role.BUREAU_LEADER, Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.SUPERVISOR, Role.DATA_OFFICER}
)
SCHOOL_LEADERS = frozenset({Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.MORAL_EDUCATION, Role.DATA_OFFICER})


@dataclass(frozen=True, slots=True)
class Grant:
    """A role on a place, by primary keys; no place at all is the whole district."""

    role: Role
    area_id: int | None = None
    school_id: int | None = None
    class_id: int | None = None
    entry_year: int | None = None
    subject_id: int | None = None

    @property
    def everywhere(self) -> bool:
        """Whether the role holds in the whole district."""
        return self.area_id is None and self.school_id is None and self.class_id is None


@dataclass(frozen=True)
class Actor:
    """Whoever reads or writes, on a given day. The system itself has no account and may see everything."""

    account_id: int | None
    person_id: int | None
    day: dt.date
    grants: tuple[Grant, ...] = ()
    is_system: bool = False

    @cached_property
    def role_codes(self) -> frozenset[str]:
        """Codes of the roles held, on whatever place."""
        return (
            frozenset({"system"}) if self.is_system else frozenset(str(grant.role) for grant in self.grants)
        )

    def has(self, *roles: Role) -> bool:
        """Whether one of ``roles`` is held on some place."""
        return any(grant.role in roles for grant in self.grants)

    def has_everywhere(self, *roles: Role) -> bool:
        """Whether one of ``roles`` is held for the whole district."""
        return self.is_system or any(grant.role in roles and grant.everywhere for grant in self.grants)

    @property
    def sees_district(self) -> bool:
        """Whether the actor may read the whole district's school-level figures."""
        return self.has_everywhere(*DISTRICT_READERS)

    @property
    def tends_instance(self) -> bool:
        """Whether the actor looks after the whole instance: its background work, audit rows, backups."""
        return self.has_everywhere(Role.SYSTEM_ADMINISTRATOR, Role.DATA_OFFICER)

    @classmethod
    def system(cls, day: dt.date) -> "Actor":
        """Return the actor under which jobs and the command line act."""
        return cls(account_id=None, person_id=None, day=day, is_system=True)

    @classmethod
    def of(cls, account: Account, day: dt.date) -> "Actor":
        """Load the actor of ``account`` on ``day``: two queries."""
        from xuequ.district.models import Dated, Person, RoleAssignment

        rows = RoleAssignment.objects.filter(Dated.at(day), account=account).order_by("id")
        grants = tuple(
            Grant(Role(r.role), r.area_id, r.school_id, r.school_class_id, r.entry_year, r.subject_id)
            for r in rows
        )
        person_id = Person.objects.filter(account=account).values_list("id", flat=True).first()
        return cls(account_id=account.pk, person_id=person_id, day=day, grants=grants)
