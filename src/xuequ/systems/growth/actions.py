"""What may be done in growth: start a run, publish it."""

from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from xuequ import __version__
from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.jobs import enqueue
from xuequ.core.models import Task
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import SchoolYear, Study
from xuequ.engines.growth.growth_design import GrowthDesign
from xuequ.record.actions import IndicatorValue, create_run, publish_indicators
from xuequ.record.models import Run
from xuequ.record.rules import comparable
from xuequ.systems.growth.catalogue import code_of
from xuequ.systems.growth.cohorts import assessments_of
from xuequ.systems.growth.jobs import evaluate_run
from xuequ.systems.growth.models import Evaluation, SchoolGrowth
from xuequ.systems.growth.process_facts import ProcessFact, offered

ANALYSTS = (Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.DATA_OFFICER)


@dataclass(frozen=True, slots=True)
class Started:
    """A run and the task that computes it."""

    run: Run
    task: Task


def may_evaluate(actor: Actor) -> bool:
    """Whether the actor may start and publish runs."""
    return actor.has_everywhere(*ANALYSTS)


def start_evaluation(
    *,
    actor: Actor,
    design: GrowthDesign,
    title: str,
    study: Study | None = None,
    supersedes: Run | None = None,
) -> Started:
    """Check the design against the exam rules and start its run.

    Raises ``Refused`` with the rule that stands against it.
    """
    if not may_evaluate(actor):
        raise Forbidden(_("You may not start an evaluation of growth."))
    outcomes, priors = assessments_of(design)
    if len(outcomes) + len(priors) != len(design.outcomes) + len(design.priors):
        raise Refused(_("An assessment of this design no longer exists. Open the design page again."))
    if any(item.study_id != (study.pk if study is not None else None) for item in (*outcomes, *priors)):
        raise Refused(_("The assessments do not belong to the study chosen. Open the design page again."))
    if refusal := comparable([*outcomes, *priors]):
        raise refusal.as_error()
    _check_process(actor, design, study)
    year = SchoolYear.objects.filter(code=design.period).first() if design.period else None
    with transaction.atomic():
        run = create_run(
            actor=actor,
            system="growth",
            kind="evaluation",
            title=title[:160],
            engine_version=__version__,
            parameters={"design": design.as_dict()},
            study=study,
            year=year,
            supersedes=supersedes,
        )
        done = reverse("growth:run", args=[run.uid])
        task = enqueue.start(evaluate_run, actor=actor, title=title, done_url=done, run_uid=str(run.uid))
        run.task_uid = task.uid
        run.save(update_fields=["task_uid"])
    return Started(run, task)


def _check_process(actor: Actor, design: GrowthDesign, study: Study | None) -> None:
    """Refuse process facts that the actor may not read, that are no longer in force, or that came after the outcome."""
    if not design.process:
        return
    known = {fact.column: fact for fact in offered(actor)} if study is None else {}
    for column in design.process:
        if column not in known:
            message = _("“%(fact)s” is not published or no longer in force. Open the design page again.")
            raise Refused(message % {"fact": ProcessFact.of(column).title})
        if design.period and known[column].period[:4] > design.period[:4]:
            message = _("“%(fact)s” is from after the outcome, so it cannot have gone along with growth.")
            raise Refused(message % {"fact": known[column].title})


def publish(*, actor: Actor, evaluation: Evaluation) -> Evaluation:
    """Show an evaluation to the schools concerned and publish its numbers; an older one of the same cohort ends."""
    if not may_evaluate(actor):
        raise Forbidden(_("You may not publish an evaluation of growth."))
    if evaluation.run.study_id is not None:
        raise Refused(
            _("Findings of an external study stay with those who study it; they are not published.")
        )
    if evaluation.grade is None or not evaluation.period:
        raise Refused(_("Only the growth of one grade in one school year can be published."))
    with transaction.atomic():
        locked = Evaluation.objects.select_for_update().select_related("run").get(pk=evaluation.pk)
        if locked.published is not None:
            return locked
        moment = clock.now()
        same = Evaluation.objects.filter(grade=locked.grade, period=locked.period, published__isnull=False)
        older = same.filter(superseded=None).select_related("run").order_by("-published").first()
        same.filter(superseded=None).update(superseded=moment)
        if older is not None:
            locked.run.supersedes = older.run
            locked.run.save(update_fields=["supersedes"])
        locked.published, locked.published_by_id = moment, actor.account_id
        locked.save(update_fields=["published", "published_by"])
        publish_indicators(actor=actor, run=locked.run, period=locked.period, values=_values(locked))
        _raise_alerts(actor, locked)
        audit.record(actor, "growth.published", locked.run, {"grade": locked.grade, "period": locked.period})
    return locked


def _raise_alerts(actor: Actor, evaluation: Evaluation) -> None:
    from xuequ.systems.growth.alerts.actions import raise_alerts  # which asks here who may evaluate

    raise_alerts(actor=actor, evaluation=evaluation)


def _values(evaluation: Evaluation) -> list[IndicatorValue]:
    rows = SchoolGrowth.objects.filter(evaluation=evaluation).order_by("school_id")
    return [value for row in rows for value in _school_values(row, evaluation.grade or 0)]


def _school_values(row: SchoolGrowth, grade: int) -> list[IndicatorValue]:
    def value(
        what: str, number: float | None, low: float | None = None, high: float | None = None
    ) -> IndicatorValue:
        return IndicatorValue(code_of(what, grade), number, low, high, row.n, row.school_id)

    coverage = value("coverage", row.coverage)
    if row.effect is None:
        return [coverage]
    share = value("share-above", row.share_above, row.share_above_low, row.share_above_high)
    return [value("effect", row.effect, row.low, row.high), share, coverage]
