"""What may be done with the level of AI education: open a round, vote, evaluate, publish, answer, audit, advise."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django_tasks.base import Task as Job

from xuequ import __version__
from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.jobs import enqueue
from xuequ.core.models import Account, Task
from xuequ.district.actors import SCHOOL_LEADERS, Actor
from xuequ.district.choices import Role
from xuequ.district.models import School, SchoolYear
from xuequ.kit.notices import actions as notices
from xuequ.kit.questionnaires.models import Round as SurveyRound
from xuequ.record.actions import IndicatorValue, create_run, publish_indicators
from xuequ.record.models import Run
from xuequ.systems.stars.access import may_manage
from xuequ.systems.stars.ailevel import queries
from xuequ.systems.stars.ailevel.catalogue import DIMENSIONS, LEVEL, dimension_code
from xuequ.systems.stars.ailevel.jobs import audit_round, evaluate_round
from xuequ.systems.stars.ailevel.models import (
    AdviceRule,
    LevelEvaluation,
    LevelRater,
    LevelRound,
    LevelVote,
    SchoolLevel,
)
from xuequ.systems.stars.ailevel.scheme import read_scheme
from xuequ.systems.stars.models import SchemeVersion
from xuequ.systems.stars.schemes.actions import begin

SYSTEM = "stars"
VOTE, READ = "stars-ai-vote", "stars-ai-level"


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """What a round is opened with; ``raters`` are accounts."""

    title: str
    version: SchemeVersion
    year: SchoolYear
    survey: SurveyRound | None
    due: dt.date
    raters: Collection[int]


@dataclass(frozen=True, slots=True)
class Started:
    """A run and the task that computes it."""

    run: Run
    task: Task


def _require(actor: Actor) -> None:
    if not may_manage(actor):
        raise Forbidden(_("You may not manage the evaluation of AI education."))


def open_round(*, actor: Actor, plan: RoundPlan) -> LevelRound:
    """Open a round and ask its raters to vote; the version of the scheme is fixed from then on."""
    _require(actor)
    scheme = read_scheme(plan.version.document)
    if scheme.voted and not plan.raters:
        raise Refused(_("Choose who votes: this scheme has indexes that only people can judge."))
    allowed = {pk for pk, _name in queries.possible_raters(actor)}
    if not set(plan.raters) <= allowed:
        raise Refused(_("Only experts and researchers of the district vote."))
    moment = clock.now()
    with transaction.atomic():
        begin(plan.version)
        made = LevelRound.objects.create(
            version=plan.version, year=plan.year, title=plan.title, survey=plan.survey, due=plan.due,
            opened=moment, opened_by_id=actor.account_id,
        )  # fmt: skip
        for pk in sorted(plan.raters):
            _invite(made, pk, moment)
        audit.record(actor, "stars.ai.opened", made, {"raters": len(plan.raters)})
    return made


def _invite(round_: LevelRound, account: int, moment: dt.datetime) -> None:
    seat = LevelRater.objects.create(round=round_, rater_id=account, assigned=moment)
    notices.notify(
        kind=VOTE,
        message=gettext_noop("Please rate how far schools have come in AI education."),
        about=seat.uid,
        accounts=[Account.objects.get(pk=account)],
        url=reverse("stars:ai-seat", args=[seat.uid]),
        due=round_.due,
    )


def vote(
    *, actor: Actor, seat: LevelRater, school: School, grades: Mapping[str, int], note: str
) -> LevelVote:
    """Keep what a rater gives a school; voting again changes it until the round is evaluated and published."""
    if seat.rater_id != actor.account_id:
        raise Forbidden(_("This seat belongs to another rater."))
    _refuse_published(seat.round)
    scheme = read_scheme(seat.round.version.document)
    missing = [index.title for index in scheme.voted if index.code not in grades]
    if missing:
        raise Refused(_("Please give a grade for: %(titles)s.") % {"titles": _("、").join(missing)})
    codes, most = {index.code for index in scheme.voted}, len(scheme.grades)
    if not all(code in codes and 0 <= place < most for code, place in grades.items()):
        raise Refused(_("These grades do not belong to the scheme. Load the page again."))
    if not queries.rated_schools(seat.round).filter(pk=school.pk).exists():
        raise Forbidden(_("This school is not rated in this round."))
    with transaction.atomic():
        _refuse_published(LevelRound.objects.select_for_update().get(pk=seat.round_id))
        made, _new = LevelVote.objects.update_or_create(
            seat=seat,
            school=school,
            defaults={"grades": dict(grades), "note": note.strip(), "entered_at": clock.now()},
        )
        if seat.votes.count() >= queries.rated_schools(seat.round).count():
            notices.resolve(about=seat.uid, kind=VOTE)
        audit.record(actor, "stars.ai.voted", seat, {"school": str(school.uid)})
    return made


def _refuse_published(round_: LevelRound) -> None:
    if queries.votes_stay(round_):
        raise Refused(_("The round has been published, so votes stay as they are."))


def start_evaluation(*, actor: Actor, round_: LevelRound) -> Started:
    """Start the run that evaluates all schools of a round."""
    _require(actor)
    if round_.survey is None and not LevelVote.objects.filter(seat__round=round_).exists():
        raise Refused(_("There is neither a survey nor a vote yet, so there is nothing to evaluate."))
    return _start(actor, round_, "ai-level", evaluate_round, "stars:ai-evaluation", round_.title)


def start_audit(*, actor: Actor, round_: LevelRound) -> Started:
    """Start the run that audits the system of indexes by the facts of a round."""
    _require(actor)
    title = _("Audit of the evaluation system: %(title)s") % {"title": round_.title}
    return _start(actor, round_, "ai-audit", audit_round, "stars:ai-audit", title)


def _start(
    actor: Actor, round_: LevelRound, kind: str, job: "Job[[str], str]", page: str, title: str
) -> Started:
    with transaction.atomic():
        run = create_run(
            actor=actor, system=SYSTEM, kind=kind, title=title[:160], engine_version=__version__,
            parameters={"round": str(round_.uid), "scheme": round_.version.document}, seed=round_.pk,
            year=round_.year,
        )  # fmt: skip
        done = reverse(page, args=[run.uid])
        task = enqueue.start(job, actor=actor, title=run.title, done_url=done, run_uid=str(run.uid))
        run.task_uid = task.uid
        run.save(update_fields=["task_uid"])
    return Started(run, task)


def publish(*, actor: Actor, evaluation: LevelEvaluation) -> LevelEvaluation:
    """Show each school its own level and advice, and publish the numbers; an older one of the same year ends."""
    _require(actor)
    with transaction.atomic():
        locked = (
            LevelEvaluation.objects.select_for_update()
            .select_related("run", "round__year")
            .get(pk=evaluation.pk)
        )
        if locked.published is not None:
            return locked
        # The year is locked too: of two published at once each would else take itself for the only one.
        SchoolYear.objects.select_for_update().get(pk=locked.round.year_id)
        # And the round, so that no vote slips in behind what is published.
        LevelRound.objects.select_for_update().get(pk=locked.round_id)
        if not locked.schools.exists():
            raise Refused(_("No school could be evaluated, so there is nothing to publish."))
        moment = clock.now()
        same = LevelEvaluation.objects.filter(queries.IN_FORCE, round__year=locked.round.year)
        older = same.select_related("run").order_by("-published").first()
        if older is not None:
            _end(older, moment)
            locked.run.supersedes = older.run
            locked.run.save(update_fields=["supersedes"])
        locked.published, locked.published_by_id = moment, actor.account_id
        locked.save(update_fields=["published", "published_by"])
        rows = list(locked.schools.select_related("school").order_by("school_id"))
        values = [value for row in rows for value in _values(row, len(locked.findings.get("raters", [])))]
        publish_indicators(actor=actor, run=locked.run, period=locked.round.year.code, values=values)
        _tell(rows)
        audit.record(actor, "stars.ai.published", locked.run, {"schools": len(rows)})
    return locked


def _end(older: LevelEvaluation, moment: dt.datetime) -> None:
    older.superseded = moment
    older.save(update_fields=["superseded"])
    notices.resolve(about=older.schools.values_list("uid", flat=True), kind=READ)


def _values(row: SchoolLevel, raters: int) -> list[IndicatorValue]:
    found = [IndicatorValue(LEVEL, row.score, row.low, row.high, raters, row.school_id)]
    for one in row.result["dimensions"]:
        if one["code"] in DIMENSIONS:
            code = dimension_code(one["code"])
            ends = one.get("low"), one.get("high")
            found.append(IndicatorValue(code, one["score"], *ends, raters, row.school_id))
    return found


def _tell(rows: Collection[SchoolLevel]) -> None:
    for row in rows:
        notices.notify(
            kind=READ,
            message=gettext_noop(
                "Your school's level of AI education, with advice: please read it and answer."
            ),
            about=row.uid,
            roles=(Role.HEAD,),
            school=row.school,
            url=reverse("stars:ai-level", args=[row.uid]),
        )


def answer(*, actor: Actor, level: SchoolLevel, text: str) -> SchoolLevel:
    """Keep what a school says to its level: what it will do, or why it thinks that something is wrong."""
    if not any(g.school_id == level.school_id and g.role in SCHOOL_LEADERS for g in actor.grants):
        raise Forbidden(_("Only those who lead the school may answer for it."))
    if not text.strip():
        raise Refused(_("Write what you will do, or what you think is wrong; a sentence is enough."))
    with transaction.atomic():
        locked = SchoolLevel.objects.select_for_update().select_related("evaluation").get(pk=level.pk)
        if locked.replied is not None:
            raise Refused(_("The district has replied already; what was written stays."))
        if locked.evaluation.published is None:
            raise Refused(_("This evaluation is not published yet, so there is nothing to answer."))
        if locked.evaluation.superseded is not None:
            raise Refused(_("A newer evaluation took the place of this one; please answer that."))
        locked.answer, locked.answered, locked.answered_by_id = text.strip(), clock.now(), actor.account_id
        locked.save(update_fields=["answer", "answered", "answered_by"])
        notices.resolve(about=locked.uid, kind=READ)
        audit.record(actor, "stars.ai.answered", locked)
    return locked


def reply(*, actor: Actor, level: SchoolLevel, text: str) -> SchoolLevel:
    """Keep the district's reply to what a school said."""
    _require(actor)
    if not text.strip():
        raise Refused(_("Write the reply that the school will read."))
    with transaction.atomic():
        locked = SchoolLevel.objects.select_for_update().get(pk=level.pk)
        if locked.answered is None:
            raise Refused(_("The school has not said anything yet."))
        if locked.replied is not None:
            raise Refused(_("A reply stands there already; nothing was changed."))
        locked.reply, locked.replied, locked.replied_by_id = text.strip(), clock.now(), actor.account_id
        locked.save(update_fields=["reply", "replied", "replied_by"])
        audit.record(actor, "stars.ai.replied", locked)
    return locked


def save_rule(
    *, actor: Actor, item: str, advice: str, responsible: str, cost_yuan: Decimal, weeks: int
) -> AdviceRule:
    """Keep what schools are advised when an index stands in their way; letters written later say so."""
    _require(actor)
    if not advice.strip() or not responsible.strip():
        raise Refused(_("Write what to do and who is responsible for it."))
    if cost_yuan < 0 or weeks < 1:
        raise Refused(_("The cost cannot be negative, and it takes at least one week."))
    fields: dict[str, Any] = {
        "advice": advice.strip(), "responsible": responsible.strip(), "cost_yuan": cost_yuan, "weeks": weeks,
        "changed": clock.now(), "changed_by_id": actor.account_id,
    }  # fmt: skip
    with transaction.atomic():
        made, _new = AdviceRule.objects.update_or_create(item=item, defaults=fields)
        audit.record(actor, "stars.ai.advised", None, {"item": item})
    return made
