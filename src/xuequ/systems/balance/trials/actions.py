"""What may be done with trials: keep one under a name, drop it. The figures themselves stay as they are."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.systems.balance.models import Trial
from xuequ.systems.balance.trials.changes import Change
from xuequ.systems.balance.trials.queries import trials

MOST_DRAFTS = 20


def keep(*, actor: Actor, year: SchoolYear, name: str, changes: Sequence[Change]) -> Trial:
    """Keep changes as the actor's own draft; the same name again replaces it."""
    if not actor.sees_district or actor.account_id is None:
        raise Forbidden(_("You may not try out the district's figures."))
    name = name.strip()[:80]
    if not name:
        raise Refused(_("Give the trial a name."))
    if not changes:
        raise Refused(_("A trial needs at least one change."))
    with transaction.atomic():
        own = trials(actor, year)
        if not own.filter(name=name).exists() and own.count() >= MOST_DRAFTS:
            raise Refused(
                _("You keep %(n)d trials of this year already; drop one first.") % {"n": MOST_DRAFTS}
            )
        made, _new = Trial.objects.update_or_create(
            year=year, entered_by_id=actor.account_id, name=name,
            defaults={"changes": [one.written() for one in changes], "entered": clock.now()},
        )  # fmt: skip
        audit.record(actor, "balance.trial.kept", made, {"year": year.code, "changes": len(changes)})
    return made


def drop(*, actor: Actor, trial: Trial) -> None:
    """Remove one of the actor's own drafts."""
    if trial.entered_by_id != actor.account_id:
        raise Forbidden(_("This trial is somebody else's."))
    with transaction.atomic():
        audit.record(actor, "balance.trial.dropped", trial)
        trial.delete()
