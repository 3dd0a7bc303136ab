"""The actor: an account with the roles it holds on a day, loaded once per request."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from django.db import models

from xuequ.core.models import Account
from xuequ.district.choices import Role

if TYPE_CHECKING:
    from xuequ.district.models import Pupil, RoleAssignment, School

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
    lent: bool = False

    @property
    def everywhere(self) -> bool:
        """Whether the role holds in the whole district."""
        return self.area_id is None and self.school_id is None and self.class_id is None

    @classmethod
    def of(cls, row: "RoleAssignment") -> "Grant":
        """Return what a row of the table of roles grants."""
        place = (row.area_id, row.school_id, row.school_class_id, row.entry_year, row.subject_id)
        return cls(Role(row.role), *place, lent=row.lent_from_id is not None)

    @property
    def code(self) -> str:
        """The role as audit rows name it: what somebody did on behalf of another says so."""
        return f"{self.role}/lent" if self.lent else str(self.role)


@dataclass(frozen=True)
class Actor:
    """Whoever reads or writes, on a given day. The system itself has no account and may see everything.

    ``assignments`` are the rows that the grants were read from, with their places, for those who name them.
    """

    account_id: int | None
    person_id: int | None
    day: dt.date
    grants: tuple[Grant, ...] = ()
    is_system: bool = False
    assignments: "tuple[RoleAssignment, ...]" = field(default=(), compare=False, repr=False)

    @cached_property
    def role_codes(self) -> frozenset[str]:
        """Codes of the roles held, on whatever place, as audit rows name them ("head", or "head/lent")."""
        return frozenset({"system"}) if self.is_system else frozenset(grant.code for grant in self.grants)

    @cached_property
    def pupil(self) -> "Pupil | None":
        """The actor's own record as a pupil, with the identity; several cards of the home page ask for it."""
        from xuequ.district.models import Pupil

        if self.person_id is None:
            return None
        return Pupil.objects.select_related("person__identity").filter(person_id=self.person_id).first()

    @cached_property
    def import_schools(self) -> "tuple[School, ...]":
        """The schools whose own score sheets the actor may bring in; none for who imports for the district."""
        from xuequ.district import policy

        return () if policy.imports_everywhere(self) else self.schools_of(policy.SCHOOL_IMPORTERS)

    @cached_property
    def _schools(self) -> "tuple[School, ...]":
        """The district's own schools on which some role is held, with their campuses.

        Where the roles were read together with their schools and none has a campus, nothing is asked again.
        """
        from xuequ.district.models import School

        rows = [row for row in self.assignments if row.school is not None]
        if rows and not any(getattr(row, "has_campuses", True) for row in rows):
            known = {row.school for row in rows if row.school is not None and row.school.study_id is None}
            return tuple(sorted(known, key=lambda school: school.code))
        held = {grant.school_id for grant in self.grants if grant.school_id is not None}
        here = models.Q(pk__in=held) | models.Q(campus_of__in=held)
        return tuple(School.objects.filter(here, study=None).order_by("code"))

    def schools_of(self, roles: Iterable[Role]) -> "tuple[School, ...]":
        """Return the district's own schools on which one of ``roles`` is held, campuses included, by code.

        One query, however many ask for whatever roles; none where no such role is held.
        """
        wanted = frozenset(roles)
        held = {g.school_id for g in self.grants if g.role in wanted and g.school_id is not None}
        return tuple(row for row in self._schools if held & {row.pk, row.campus_of_id}) if held else ()

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
        """Load the actor of ``account`` on ``day``: one query, and a second for an account without a role."""
        from xuequ.district.models import Dated, Person, RoleAssignment, School

        # A role lent for a time ends with the lender's own, and with the lender's account.
        lender = Dated.at(day, "lent_from__") & models.Q(lent_from__account__is_active=True)
        held = models.Q(lent_from=None) | lender
        found = RoleAssignment.objects.filter(Dated.at(day), held, account=account).order_by("id")
        places = ("area", "school", "school_class__school", "subject")
        people = ("account__person__identity", "lent_from__account__person__identity")
        campuses = School.objects.filter(campus_of=models.OuterRef("school"))
        rows = tuple(found.select_related(*places, *people).annotate(has_campuses=models.Exists(campuses)))
        grants = tuple(Grant.of(row) for row in rows)
        if rows:
            person_id = getattr(getattr(rows[0].account, "person", None), "pk", None)
        else:
            person_id = Person.objects.filter(account=account).values_list("id", flat=True).first()
        return cls(account.pk, person_id, day, grants, assignments=rows)
