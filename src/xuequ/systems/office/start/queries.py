"""How far the first start has come; read from what is there, so that it can be left and gone on with at any time."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.core.models import Account, AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Dated, District, Pupil, RoleAssignment, School, SchoolYear
from xuequ.district.queries import year_on

FINISHED = "start.finished"
OWN_ROLES = (Role.SYSTEM_ADMINISTRATOR, Role.DATA_OFFICER)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the set-up."""

    code: str
    title: Text
    text: Text
    url: str
    done: bool


def is_empty() -> bool:
    """Whether nobody can sign in yet."""
    return not Account.objects.exists()


def is_finished() -> bool:
    """Whether somebody has closed the set-up."""
    return closings().exists()


def closings() -> "QuerySet[AuditEvent]":
    """Return the traces of those who closed the set-up."""
    return AuditEvent.objects.filter(verb=FINISHED)


def steps(actor: Actor) -> list[Step]:
    """Return the steps after the administrator, each done or open."""
    schools = School.objects.of_district().exists()
    others = RoleAssignment.objects.filter(Dated.at(actor.day)).exclude(account=actor.account_id)
    return [
        Step(
            "district", _("The district"), _("What it is called, and which stages its schools teach."),
            reverse("office:start-district"), District.objects.exists(),
        ),
        Step(
            "year", _("School year and terms"), _("The dates by which grades, terms and rosters are told apart."),
            reverse("office:start-year"), year_on(actor.day) is not None,
        ),
        Step(
            "schools", _("Schools"), _("One workbook with the list of schools is enough; everything else follows."),
            reverse("office:roster-new"), schools,
        ),
        Step(
            "roster", _("Classes, pupils, teachers"),
            _("From the files that you hold already: pupil lists, teacher lists, timetables."),
            reverse("office:roster-new"), schools and Pupil.objects.filter(study=None).exists(),
        ),
        Step(
            "roles", _("Who may see what"), _("Accounts and roles for the bureau, the college and the schools."),
            reverse("office:access-accounts"), others.exists(),
        ),
    ]  # fmt: skip


def proposed_year(day: dt.date) -> tuple[dt.date, dt.date, dt.date]:
    """Return dates to begin with: those of the running year where it is known, else 1 September and mid-February."""
    year = year_on(day)
    if year is not None:
        second = year.terms.order_by("code").last()
        return year.start, second.start if second is not None else year.end, year.end
    first = day.year if day >= dt.date(day.year, 8, 1) else day.year - 1
    return dt.date(first, 9, 1), dt.date(first + 1, 2, 15), dt.date(first + 1, 9, 1)


def years() -> list[SchoolYear]:
    """Return the school years that are entered, newest first."""
    return list(SchoolYear.objects.order_by("-code").prefetch_related("terms"))
