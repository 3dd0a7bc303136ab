"""What may be done with alerts: raise them when an evaluation is published, answer them, settle them."""

import datetime as dt

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.notices import actions as notices
from xuequ.systems.growth.actions import may_evaluate
from xuequ.systems.growth.alerts.queries import leads
from xuequ.systems.growth.choices import Trend
from xuequ.systems.growth.models import Evaluation, TrendAlert
from xuequ.systems.growth.storing import TREND, stored_table

FIRST_SEEN_BY_SCHOOL = dt.timedelta(days=14)
"""So long the school alone sees an alert, unless it answers earlier."""
NOTICE = "growth-alert"


def raise_alerts(*, actor: Actor, evaluation: Evaluation) -> int:
    """Raise an alert for each school that left its own range, in the caller's transaction; return how many.

    Alerts of an evaluation that the new one supersedes end: their numbers are no longer in force.
    """
    moment = clock.now()
    same = TrendAlert.objects.filter(
        evaluation__grade=evaluation.grade, evaluation__period=evaluation.period, settled=None
    )
    for old in same.exclude(evaluation=evaluation):
        _settle(old, actor, moment, "")
    table = stored_table(evaluation.run, TREND)
    now = [
        row for row in table.iter_rows(named=True) if row["period"] == evaluation.period and row["outside"]
    ]
    schools = {str(row.school.uid): row.school for row in evaluation.schools.select_related("school")}
    raised = 0
    for row in now:
        school = schools[row["school"]]
        alert, made = TrendAlert.objects.get_or_create(
            evaluation=evaluation,
            school=school,
            defaults={
                "said": Trend.BELOW if row["value"] < row["low"] else Trend.ABOVE,
                "value": row["value"],
                "low": row["low"],
                "high": row["high"],
                "raised": moment,
                "district_from": moment + FIRST_SEEN_BY_SCHOOL,
            },
        )
        raised += made
        notices.notify(
            kind=NOTICE,
            message=gettext_noop("Growth left the range of your own past: please have a look."),
            about=alert.uid,
            roles=(Role.HEAD,),
            school=school,
            url=reverse("growth:alert", args=[alert.uid]),
        )
    audit.record(actor, "growth.alerts.raised", evaluation.run, {"alerts": raised})
    return raised


def answer(*, actor: Actor, alert: TrendAlert, text: str) -> TrendAlert:
    """Keep what the school says to an alert; the district sees both from then on."""
    if not leads(actor, alert.school_id):
        raise Forbidden(_("Only those who lead the school may answer for it."))
    if not text.strip():
        raise Refused(_("Write what you think has changed; a sentence is enough."))
    with transaction.atomic():
        locked = TrendAlert.objects.select_for_update().get(pk=alert.pk)
        if locked.settled is not None:
            raise Refused(_("The alert has been settled already; nothing was changed."))
        moment = clock.now()
        locked.answer, locked.answered, locked.answered_by_id = text.strip(), moment, actor.account_id
        locked.district_from = min(locked.district_from, moment)
        locked.save(update_fields=["answer", "answered", "answered_by", "district_from"])
        notices.resolve(about=locked.uid, kind=NOTICE)
        audit.record(actor, "growth.alert.answered", locked)
    return locked


def settle(*, actor: Actor, alert: TrendAlert, outcome: str) -> TrendAlert:
    """Close an alert with what came of it, such as a visit."""
    if not may_evaluate(actor):
        raise Forbidden(_("You may not settle alerts."))
    if not outcome.strip():
        raise Refused(_("Write what came of it; a sentence is enough."))
    with transaction.atomic():
        locked = TrendAlert.objects.select_for_update().get(pk=alert.pk)
        if locked.settled is None:
            _settle(locked, actor, clock.now(), outcome.strip())
    return locked


def _settle(alert: TrendAlert, actor: Actor, moment: dt.datetime, outcome: str) -> None:
    alert.settled, alert.settled_by_id, alert.outcome = moment, actor.account_id, outcome
    alert.save(update_fields=["settled", "settled_by", "outcome"])
    notices.resolve(about=alert.uid, kind=NOTICE)
    audit.record(actor, "growth.alert.settled", alert)


def opened(*, actor: Actor, alert: TrendAlert) -> None:
    """Note when the school first opened its alert."""
    if alert.opened is None and leads(actor, alert.school_id):
        with transaction.atomic():
            TrendAlert.objects.filter(pk=alert.pk, opened=None).update(opened=clock.now())
            audit.record(actor, "growth.alert.opened", alert)
