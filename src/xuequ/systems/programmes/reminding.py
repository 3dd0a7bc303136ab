"""Reminders of late milestones, warranties that run out and loans that are overdue: once to who answers for the thing,
once to who leads the project, never twice, and gone when the thing is done.

A school answers for its own project and equipment, whoever began it for a project of the district. The district's
officers lead the schools' projects and arrange loans; the leading group leads the district's own projects.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop

from xuequ.core.models import Account
from xuequ.core.registry import RuleUnit
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.district.rules import earlier, in_force
from xuequ.kit.notices import actions as notices
from xuequ.kit.notices.models import Notice
from xuequ.systems.programmes.choices import Matter, Told
from xuequ.systems.programmes.ledger.queries import overdue_loans, warranty_runs_out
from xuequ.systems.programmes.models import Device, Project, Reminded
from xuequ.systems.programmes.projects.queries import late_milestones

LEAD_RULE = "programme-lead"
LEADERS = (Role.HEAD, Role.SCHOOL_ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Address:
    """Whom a notice is for, and what about: things with the same address share one notice."""

    about: UUID
    message: str
    url: str
    roles: tuple[Role, ...] = ()
    school: School | None = None
    account: Account | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that is late or runs out on ``due``. No ``lead``: nobody hears of it after its owner."""

    uid: UUID
    due: dt.date
    owner: tuple[Address, ...]
    lead: tuple[Address, ...] = ()

    def addresses(self, step: Told) -> tuple[Address, ...]:
        """Return who is told at a step."""
        return self.owner if step == Told.OWNER else self.lead


def remind(day: dt.date) -> int:
    """Give the reminders that are due on ``day`` and take away those that are settled; return how many notices were
    written. Asked again on the same day, it writes none."""
    before = earlier(day, in_force(LEAD_RULE, day).value, RuleUnit.DAYS)
    return sum(_remind(matter, find(day), day, before) for matter, find in MATTERS.items())


@transaction.atomic
def _remind(matter: Matter, things: Sequence[Thing], day: dt.date, before: dt.date) -> int:
    rows = Reminded.objects.filter(kind=matter, about__in=[thing.uid for thing in things])
    told = {(row.about, row.due, row.step): row.day for row in rows}

    def waited(thing: Thing) -> bool:
        first = told.get((thing.uid, thing.due, Told.OWNER))
        return first is not None and first <= before

    written = 0
    for step, concerned in (
        (Told.OWNER, things),
        (Told.LEAD, [thing for thing in things if thing.lead and waited(thing)]),
    ):
        fresh = [t for t in concerned if (t.uid, t.due, step) not in told and _first(matter, t, step, day)]
        written += _tell(matter, step, concerned, fresh)
        _let_go(matter, step, things)
    return written


def _first(matter: Matter, thing: Thing, step: Told, day: dt.date) -> bool:
    """Note the reminder; False when another worker gave it in the same instant."""
    key = {"kind": matter, "about": thing.uid, "due": thing.due, "step": step}
    return Reminded.objects.get_or_create(**key, defaults={"day": day})[1]


def notice_kind(matter: Matter, step: Told) -> str:
    """Return the kind of the notices about a matter."""
    return f"programmes.{matter}" if step == Told.OWNER else f"programmes.{matter}.lead"


def _tell(matter: Matter, step: Told, things: Iterable[Thing], fresh: Iterable[Thing]) -> int:
    """Write one notice to each address of a fresh thing; it counts all things that this address answers for."""
    gathered: dict[Address, list[Thing]] = defaultdict(list)
    for thing in things:
        for address in thing.addresses(step):
            gathered[address].append(thing)
    wanted = {address for thing in fresh for address in thing.addresses(step)}
    for address in wanted:
        first = min(thing.due for thing in gathered[address])
        params = {"n": len(gathered[address]), "day": first.isoformat(), "number": address.number}
        notices.notify(
            kind=notice_kind(matter, step),
            message=address.message,
            about=address.about,
            params=params,
            accounts=[address.account] if address.account is not None else (),
            roles=address.roles,
            school=address.school,
            url=address.url,
            due=first if matter == Matter.WARRANTY else None,
        )
    return len(wanted)


def _let_go(matter: Matter, step: Told, things: Iterable[Thing]) -> None:
    kind = notice_kind(matter, step)
    still = {address.about for thing in things for address in thing.addresses(step)}
    shown = set(Notice.objects.filter(kind=kind, resolved=None).values_list("about", flat=True))
    if shown - still:
        notices.resolve(about=shown - still, kind=kind)


MILESTONE = gettext_noop("Project %(number)s: a milestone was due on %(day)s and is not reached yet.")
MILESTONE_LEAD = gettext_noop(
    "Project %(number)s: a milestone due on %(day)s is still not reached, and its owner has known for a while."
)


def _milestones(day: dt.date) -> list[Thing]:
    rows = late_milestones(day).select_related("project__school", "project__created_by").order_by("due", "pk")
    return [
        Thing(
            row.uid,
            row.due,
            (_owner(row.project, row.uid, MILESTONE),),
            (_lead(row.project, row.uid, MILESTONE_LEAD),),
        )
        for row in rows
    ]


def _owner(project: Project, about: UUID, message: str) -> Address:
    url = reverse("programmes:project", args=[project.uid])
    if project.school is not None:
        return Address(about, message, url, LEADERS, project.school, number=project.number)
    if project.created_by is not None and project.created_by.is_active:
        return Address(about, message, url, account=project.created_by, number=project.number)
    return Address(about, message, url, (Role.DISTRICT_OFFICER,), number=project.number)


def _lead(project: Project, about: UUID, message: str, url: str = "") -> Address:
    role = Role.DISTRICT_OFFICER if project.school_id is not None else Role.BUREAU_LEADER
    url = url or reverse("programmes:project", args=[project.uid])
    return Address(about, message, url, (role,), number=project.number)


WARRANTY = gettext_noop(
    "The warranty of %(n)s entries of your ledger runs out, the first on %(day)s: have faults repaired before."
)
WARRANTY_LEAD = gettext_noop(
    "Project %(number)s: the warranty of %(n)s entries that it bought runs out, the first on %(day)s."
)


def _warranties(day: dt.date) -> list[Thing]:
    rows = Device.objects.filter(warranty_runs_out(day), school__study=None)
    url = f"{reverse('programmes:ledger')}?state=warranty"
    return [
        Thing(
            row.uid,
            row.warranty,  # type: ignore[arg-type]
            (Address(row.school.uid, WARRANTY, url, LEADERS, row.school),),
            (_lead(row.project, row.project.uid, WARRANTY_LEAD, url),) if row.project is not None else (),
        )
        for row in rows.select_related("school", "project").order_by("pk")
    ]


LENT = gettext_noop("Lent equipment was due back on %(day)s: ask for it, or note that it came back.")
BORROWED = gettext_noop("Borrowed equipment was due back on %(day)s: give it back, or talk to its owner.")
LOAN_LEAD = gettext_noop("A loan between two schools was due back on %(day)s and is still open.")


def _loans(day: dt.date) -> list[Thing]:
    rows = overdue_loans(day).select_related("giving", "receiving", "device__project").order_by("pk")
    found = []
    for row in rows:
        url, project = reverse("programmes:move", args=[row.uid]), row.device.project
        owner = tuple(
            Address(row.uid, message, url, LEADERS, school)
            for message, school in ((LENT, row.giving), (BORROWED, row.receiving))
        )
        lead = (
            _lead(project, row.uid, LOAN_LEAD, url)
            if project is not None
            else Address(row.uid, LOAN_LEAD, url, (Role.DISTRICT_OFFICER,))
        )
        assert row.until is not None  # a loan has a day
        found.append(Thing(row.uid, row.until, owner, (lead,)))
    return found


MATTERS: dict[Matter, Callable[[dt.date], list[Thing]]] = {
    Matter.MILESTONE: _milestones,
    Matter.WARRANTY: _warranties,
    Matter.LOAN: _loans,
}
