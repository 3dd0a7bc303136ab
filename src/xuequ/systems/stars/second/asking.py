"""Who may be asked to rate, and asking them evenly for all schools that were chosen."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.models import Dated, RoleAssignment
from xuequ.systems.stars.access import RATERS
from xuequ.systems.stars.choices import ApplicationState
from xuequ.systems.stars.models import Round, SecondRater
from xuequ.systems.stars.rounds.actions import allow
from xuequ.systems.stars.second.actions import assign


def available(day: dt.date) -> list[Account]:
    """Return the accounts that may be asked: raters' roles for the whole district."""
    held = RoleAssignment.objects.filter(
        Dated.at(day), role__in=RATERS, school=None, area=None, school_class=None, account__is_active=True
    )
    rows = Account.objects.filter(pk__in=held.values("account"))
    return list(rows.select_related("person__identity").order_by("username"))


def names_of(accounts: Sequence[Account]) -> dict[int, str]:
    """Return how accounts are called: the person's name, else the login."""
    return {account.pk: name_of(account) for account in accounts}


def name_of(account: Account) -> str:
    """Return how an account is called."""
    person = getattr(account, "person", None)
    return person.name if person is not None and person.name else account.username


def assign_evenly(*, actor: Actor, found: Round, accounts: Sequence[Account], each: int) -> int:
    """Ask ``each`` of the accounts for every chosen school that lacks raters, those with the fewest schools first.

    Nobody is asked for a school where he or she has a role. Returns how many ratings are asked for.
    """
    allow(actor)
    ordered = sorted(accounts, key=lambda account: account.pk)
    load = {account.pk: 0 for account in ordered}
    places = _places(ordered, actor.day)
    made = 0
    with transaction.atomic():
        rows = found.applications.filter(state=ApplicationState.HANDED_IN).exclude(ground="")
        for row in rows.select_related("school").order_by("school__code"):
            there = set(SecondRater.objects.filter(application=row).values_list("rater", flat=True))
            free = [a for a in ordered if a.pk not in there and (a.pk, row.school_id) not in places]
            needed = max(0, each - len(there))
            if len(free) < needed:
                raise Refused(
                    _("%(school)s: only %(n)d of those chosen may rate it; choose more raters.")
                    % {"school": row.school, "n": len(free)}
                )
            chosen = sorted(free, key=lambda account: (load[account.pk], account.pk))[:needed]
            for account in chosen:
                load[account.pk] += 1
            if chosen:
                made += len(assign(actor=actor, application=row, accounts=chosen))
    if not made:
        raise Refused(_("Every chosen school has its raters already."))
    return made


def _places(accounts: Sequence[Account], day: dt.date) -> set[tuple[int, int]]:
    """Return who has a role at which school."""
    held = RoleAssignment.objects.filter(Dated.at(day), account__in=list(accounts))
    pairs = held.values_list("account_id", "school_id", "school_class__school_id")
    return {
        (pk, place) for pk, school, of_class in pairs for place in (school, of_class) if place is not None
    }
