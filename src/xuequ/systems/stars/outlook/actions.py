"""Starting a pre-assessment: internal, for coaching only."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from xuequ import __version__
from xuequ.core.errors import Refused
from xuequ.core.jobs import enqueue
from xuequ.core.models import Task
from xuequ.district.actors import Actor
from xuequ.record.actions import create_run
from xuequ.record.models import Run
from xuequ.systems.stars.choices import ApplicationState
from xuequ.systems.stars.models import Round
from xuequ.systems.stars.outlook.jobs import pre_assess
from xuequ.systems.stars.rounds.actions import allow

DRAWS = 2000
NOISE = 0.2


def start(*, actor: Actor, found: Round) -> Task:
    """Start the pre-assessment of a round from what has been handed in so far."""
    allow(actor)
    ready = found.applications.exclude(state=ApplicationState.RATING)
    if not ready.filter(raters__handed_in__isnull=False).exists():
        raise Refused(
            _(
                "No second rating has been handed in yet; without one, nothing can be said about the self-ratings."
            )
        )
    with transaction.atomic():
        older = Run.objects.filter(star_outlook__round=found).order_by("-pk").first()
        run = create_run(
            actor=actor,
            system="stars",
            kind="outlook",
            title=_("Pre-assessment: %(round)s") % {"round": found.title},
            engine_version=__version__,
            parameters={"round": str(found.uid), "draws": DRAWS, "noise": NOISE},
            seed=found.seed,
            year=found.year,
            supersedes=older,
        )
        done = reverse("stars:outlook", args=[found.uid])
        task = enqueue.start(pre_assess, actor=actor, title=run.title, done_url=done, run_uid=str(run.uid))
        run.task_uid = task.uid
        run.save(update_fields=["task_uid"])
    return task
