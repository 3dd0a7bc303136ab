"""The demo's evaluations: one for each assessed cohort, published."""

from typing import Any

from django.utils.translation import gettext as _

from xuequ.core.jobs.enqueue import run_pending
from xuequ.record.models import Assessment
from xuequ.systems.growth import actions, queries
from xuequ.systems.growth.models import Evaluation
from xuequ.systems.growth.proposals import offered_designs

NEWEST = 3
"""As many cohorts are evaluated: the graduates, and one in each stage."""


def build(demo: Any) -> None:
    """Propose, compute and publish the newest evaluations of the demo's district."""
    actor = demo.actor
    offered = offered_designs(_assessments(actor))
    started = []
    for number, offer in enumerate(offered[:NEWEST]):
        demo.progress(number / NEWEST, str(_("Growth: %(title)s") % {"title": offer.title}))
        started.append(actions.start_evaluation(actor=actor, design=offer.design, title=offer.title).run)
    run_pending()
    for evaluation in Evaluation.objects.filter(run__in=started).select_related("run"):
        actions.publish(actor=actor, evaluation=evaluation)


def _assessments(actor: Any) -> list[Assessment]:
    return queries.designable(actor, None)
