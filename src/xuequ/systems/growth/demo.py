"""The demo's evaluations: the assessed cohorts of two school years, published year by year."""

from dataclasses import replace
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from xuequ.core.jobs.enqueue import run_pending
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import RoleAssignment
from xuequ.record.models import Assessment
from xuequ.systems.growth import actions, queries
from xuequ.systems.growth.alerts import actions as alerts
from xuequ.systems.growth.models import Evaluation, TrendAlert
from xuequ.systems.growth.proposals import offered_designs

NEWEST = 6
"""As many cohorts are evaluated: the graduates, and one in each stage, of this year and the last."""


def build(demo: Any) -> None:
    """Propose, compute and publish the newest evaluations, the earlier year first: a trend needs a past."""
    actor = demo.actor
    offered = sorted(offered_designs(_assessments(actor))[:NEWEST], key=lambda offer: offer.design.period)
    done = 0
    for _period, offers in groupby(offered, key=lambda offer: offer.design.period):
        started = []
        for offer in offers:
            demo.progress(done / len(offered), str(_("Growth: %(title)s") % {"title": offer.title}))
            design = replace(offer.design, process=_process(actor, offer.design.period))
            started.append(actions.start_evaluation(actor=actor, design=design, title=offer.title).run)
            done += 1
        run_pending()
        for evaluation in Evaluation.objects.filter(run__in=started).select_related("run"):
            actions.publish(actor=actor, evaluation=evaluation)
    _answer_alerts(demo)


def _process(actor: Actor, period: str) -> tuple[str, ...]:
    """Return what the data office published of the year's classes: attendance and reading."""
    facts = queries.usable_process(actor, None)
    return tuple(f.column for f in facts if f.period == period and f.code.startswith("office."))


def _answer_alerts(demo: Any) -> None:
    """Let the heads who have an account answer their school's alert: the district then has something to settle."""
    heads = RoleAssignment.objects.filter(role=Role.HEAD, account__username="demo-head").select_related(
        "account"
    )
    for head in heads:
        for alert in TrendAlert.objects.filter(school=head.school, settled=None):
            alerts.answer(
                actor=Actor.of(head.account, demo.actor.day),
                alert=alert,
                text=_("Two parallel classes prepared together this year; we want to keep it up."),
            )


def _assessments(actor: Any) -> list[Assessment]:
    return queries.designable(actor, None)
