"""The first start: an empty instance gets its first administrator, its district, its years."""

import datetime as dt
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import Account
from xuequ.district.actions import ensure_subjects
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import District, RoleAssignment, SchoolYear, Term
from xuequ.systems.office.start import queries

LONGEST_YEAR = dt.timedelta(days=400)


def code_file() -> Path:
    """Return the file with the code that the first administrator needs."""
    return Path(settings.HOME) / "start.code"


def start_code() -> str:
    """Return the code of the first start, made once and readable by the owner of the data folder only.

    Whoever can read the server's console or data folder sets the instance up, not whoever finds its address first.
    """
    file = code_file()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write("-".join(f"{secrets.randbelow(10_000):04d}" for _part in range(4)))
    return file.read_text(encoding="ascii")


def create_administrator(*, code: str, username: str, password: str) -> Account:
    """Create the first account of an empty instance; it looks after the system and keeps the roster."""
    if not hmac.compare_digest(_digits(code), _digits(start_code())):
        raise Refused(_("That is not the code. It stands in the window in which the server was started."))
    with transaction.atomic():
        if not queries.is_empty():
            raise Refused(_("This instance has been set up already; sign in instead."))
        account = Account.objects.create_user(username, password, password_changed=clock.now())
        day = clock.today()
        for role in (Role.SYSTEM_ADMINISTRATOR, Role.DATA_OFFICER):
            RoleAssignment.objects.create(account=account, role=role, start=day)
        audit.record(Actor.of(account, day), "start.administrator", account)
    code_file().unlink(missing_ok=True)
    return account


def _digits(code: str) -> str:
    return "".join(char for char in code if char.isascii() and char.isdigit())


def set_district(
    *, actor: Actor, name: str, code: str, bureau: str, college: str, stages: Sequence[str], year_system: str
) -> District:
    """Enter or correct what the district is called and which stages its schools teach."""
    _check(actor)
    with transaction.atomic():
        found = District.objects.select_for_update().first() or District()
        found.name, found.code, found.bureau, found.college = name, code, bureau, college
        found.stages, found.year_system = list(stages), year_system
        found.save()
        ensure_subjects()
        audit.record(actor, "district.described", found)
    return found


@dataclass(frozen=True, slots=True)
class YearDates:
    """A school year: its first day, the first day of the second term, and the day after its last."""

    start: dt.date
    second: dt.date
    end: dt.date


def set_year(*, actor: Actor, dates: YearDates) -> SchoolYear:
    """Enter a school year with its two terms, or move the dates of one; years never overlap."""
    _check(actor)
    if not dates.start < dates.second < dates.end or dates.end - dates.start > LONGEST_YEAR:
        raise Refused(_("The dates must follow each other, within about a year."))
    code = f"{dates.start.year}-{dates.start.year + 1}"
    with transaction.atomic():
        others = SchoolYear.objects.exclude(code=code)
        if other := others.filter(start__lt=dates.end, end__gt=dates.start).first():
            raise Refused(_("These dates overlap with %(year)s.") % {"year": other})
        year, _made = SchoolYear.objects.update_or_create(
            code=code, defaults={"start": dates.start, "end": dates.end}
        )
        spans = ((dates.start, dates.second), (dates.second, dates.end))
        for number, (start, end) in enumerate(spans, start=1):
            Term.objects.update_or_create(
                code=f"{code}-{number}", defaults={"year": year, "start": start, "end": end}
            )
        audit.record(actor, "year.set", None, {"year": code})
    return year


def finish(*, actor: Actor) -> None:
    """Close the set-up; its pages stay reachable."""
    _check(actor)
    audit.record(actor, queries.FINISHED, None)


def _check(actor: Actor) -> None:
    if not actor.tends_instance:
        raise Forbidden(
            _("Only the district's data office and the system administrator set the instance up.")
        )
