"""What may be done with item results: start an analysis, report what a class was taught."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from xuequ import __version__
from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.jobs import enqueue
from xuequ.core.models import Task
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolClass
from xuequ.record.actions import create_run
from xuequ.record.models import Assessment, Run, TaughtPoints
from xuequ.record.papers import PaperContent, current_paper, with_items
from xuequ.systems.growth.items.jobs import analyse_paper
from xuequ.systems.growth.items.scope import may_report_taught, scope_of

SYSTEM, KIND = "items", "paper"


def start_analysis(*, actor: Actor, assessment: Assessment) -> tuple[Run, Task]:
    """Start the analysis of a paper; whoever may read its results may have them analysed again."""
    if scope_of(actor, assessment).is_empty:
        raise Forbidden(_("You may not analyse this paper."))
    paper = current_paper(assessment)
    if paper is None:
        raise Refused(
            _("This assessment holds no item results. Bring in a sheet with one column for each item.")
        )
    content = PaperContent.of(paper)
    with transaction.atomic():
        run = create_run(
            actor=actor,
            system=SYSTEM,
            kind=KIND,
            title=assessment.name[:160],
            engine_version=__version__,
            parameters={
                "assessment": str(assessment.uid),
                "items": [item.as_json() for item in content.items],
                "lessons": dict(content.lessons),
                "results": newest_results(assessment),
            },
        )
        done = reverse("growth:items-paper", args=[run.uid])
        task = enqueue.start(
            analyse_paper, actor=actor, title=assessment.name, done_url=done, run_uid=str(run.uid)
        )
        run.task_uid = task.uid
        run.save(update_fields=["task_uid"])
    return run, task


def newest_results(assessment: Assessment) -> list[int]:
    """Return how many item results there are and the newest one's key: when both are the same, nothing has changed."""
    rows = with_items(assessment)
    return [rows.count(), rows.aggregate(newest=Max("pk"))["newest"] or 0]


def report_taught(
    *, actor: Actor, assessment: Assessment, group: SchoolClass, points: Sequence[str]
) -> TaughtPoints:
    """Keep which points the class had been taught before the paper; the same report again changes nothing."""
    if not may_report_taught(actor, assessment, group):
        raise Forbidden(_("You may not say what this class was taught."))
    paper = current_paper(assessment)
    known = PaperContent.of(paper).points if paper is not None else ()
    chosen = [point for point in known if point in set(points)]
    with transaction.atomic():
        rows = TaughtPoints.objects.select_for_update().filter(assessment=assessment, school_class=group)
        before = rows.filter(is_current=True).first()
        if before is not None and before.points == chosen:
            return before
        rows.update(is_current=False)
        kept = TaughtPoints.objects.create(
            assessment=assessment,
            school_class=group,
            points=chosen,
            entered_by_id=actor.account_id,
            entered_at=clock.now(),
        )
        audit.record(actor, "taught.reported", group, {"points": len(chosen)})
    return kept
