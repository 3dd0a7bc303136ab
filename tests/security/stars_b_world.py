"""The level of AI education and development plans in the world of access, and what stands behind addresses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tests import factories as make
from tests.security.columns import Column, Place
from tests.systems.stars.ailevel.conftest import answer_of
from tests.systems.stars.ailevel.test_evaluating import planted_rows, table
from xuequ.core import clock
from xuequ.core.jobs.enqueue import run_pending
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School, SchoolYear
from xuequ.kit.questionnaires import actions as asking
from xuequ.kit.questionnaires.choices import Audience
from xuequ.kit.questionnaires.models import Answer, Round
from xuequ.record import evidence
from xuequ.record.actions import create_run, finish_run
from xuequ.systems.stars.ailevel import actions, weights_actions
from xuequ.systems.stars.ailevel.auditing import audit_system
from xuequ.systems.stars.ailevel.models import (
    LevelEvaluation,
    LevelRater,
    LevelRound,
    LevelVote,
    SchoolLevel,
    SystemAudit,
    WeightBallot,
    WeightPoll,
)
from xuequ.systems.stars.ailevel.scheme import example, read_scheme, survey_source
from xuequ.systems.stars.choices import SchemeKind
from xuequ.systems.stars.models import SchemeVersion
from xuequ.systems.stars.plans.models import DevelopmentPlan, PlanGoal, PlanReview
from xuequ.systems.stars.schemes import actions as schemes

if TYPE_CHECKING:
    from tests.security.world import World

SYSTEM = Actor.system(make.DAY)
VOTERS = ("ex", "re")
"""The readers who have a seat and a ballot of their own; a stranger's is far from everybody."""


def furnish(world: World) -> None:
    """Evaluate and audit the two schools, ask for votes and ballots, and give each school a plan."""
    schools = [side.school for side in world.sides.values()]
    voters = [world.own[code].account for code in VOTERS]
    voters += [make.make_account(Role.EXPERT) for _stranger in range(2)]
    version = schemes.create(actor=SYSTEM, kind=SchemeKind.AI_LEVEL, document=example(), note="")
    survey = _survey(schools)
    round_ = _round(version, survey, [voter.pk for voter in voters])
    for seat in round_.raters.all():
        for school in schools:
            grades = {index.code: 1 for index in read_scheme(version.document).voted}
            LevelVote.objects.create(seat=seat, school=school, grades=grades, entered_at=clock.now())
    started = actions.start_evaluation(actor=SYSTEM, round_=round_)
    run_pending()
    actions.publish(actor=SYSTEM, evaluation=LevelEvaluation.objects.get(run=started.run))
    _audit(round_)
    plan = weights_actions.PollPlan("权重", version, "", "修订", make.DAY, [voter.pk for voter in voters])
    weights_actions.open_poll(actor=SYSTEM, plan=plan)
    for school in schools:
        _plan(school)


def _survey(schools: list[School]) -> Round:
    at = dt.datetime.combine(make.DAY, dt.time(9), dt.UTC)
    form = asking.create(actor=SYSTEM, title="摸底", school=None, source=survey_source(), at=at)
    asking.publish(actor=SYSTEM, questionnaire=form, at=at)
    month = dt.timedelta(days=30)
    plan = asking.Plan("摸底", Audience.SCHOOLS, schools, at - month, at - month / 2, "摸底", "职责")
    survey = asking.open_round(actor=SYSTEM, questionnaire=form, plan=plan, at=at)
    rng = np.random.default_rng(1)
    for school in schools:
        Answer.objects.create(
            round=survey, version=survey.version, school=school, sent=at, data=answer_of(rng, 0.0)
        )
    return survey


def _round(version: SchemeVersion, survey: Round, raters: list[int]) -> LevelRound:
    year = SchoolYear.objects.get(code="2025-2026")
    plan = actions.RoundPlan("人工智能教育水平", version, year, survey, make.DAY, raters)
    return actions.open_round(actor=SYSTEM, plan=plan)


def _audit(round_: LevelRound) -> None:
    """An audit of invented facts: two schools are too few for a real one."""
    scheme = round_.version.document
    parameters = {"round": str(round_.uid), "scheme": scheme}
    run = create_run(
        actor=SYSTEM, system="stars", kind="ai-audit", title="检验", engine_version="0", parameters=parameters
    )
    found = audit_system(table(planted_rows(3)), read_scheme(scheme))
    SystemAudit.objects.create(run=run, round=round_, findings=found)
    finish_run(run, actor=SYSTEM)


def _plan(school: School) -> None:
    plan = DevelopmentPlan.objects.create(
        school=school, title="虚构规划", start=dt.date(2025, 9, 1), end=dt.date(2028, 9, 1), changed=clock.now(),
        handed_in=clock.now(),
    )  # fmt: skip
    goal = PlanGoal.objects.create(plan=plan, text="虚构目标", measure="虚构", due=dt.date(2027, 9, 1))
    goal.pieces.add(
        evidence.attach_note(actor=SYSTEM, system="stars", school=school, title="现场", note="虚构")
    )
    year = SchoolYear.objects.get(code="2025-2026")
    PlanReview.objects.create(plan=plan, year=year, text="虚构回顾", submitted=clock.now())


Finder = Callable[["World", Column, Place], Any]


def _always(get: Callable[[], Any]) -> Finder:
    return lambda _world, _column, place: get() if place in {Place.OWN, Place.MIXED} else None


def _of(get: Callable[[School], Any]) -> Finder:
    """Something of a school; near is nothing."""

    def find(world: World, _column: Column, place: Place) -> Any:
        far = Place.FAR if place == Place.MIXED else place
        return None if place == Place.NEAR else get(world.sides[far].school)

    return find


def _voter(model: type[LevelRater] | type[WeightBallot], field: str) -> Finder:
    """The reader's own seat or ballot where there is one; far is a stranger's, which everybody else meets at once."""

    def find(world: World, column: Column, place: Place) -> Any:
        if place == Place.NEAR:
            return None
        own = model._default_manager.filter(**{field: world.own[column.code].account}).first()
        stranger = model._default_manager.order_by("-pk").first()
        return own or stranger if place in {Place.OWN, Place.MIXED} else stranger

    return find


def _word(value: str) -> Finder:
    return lambda _world, _column, _place: value


def _level(school: School) -> SchoolLevel | None:
    return school.ai_levels.first()


def _plan_of(school: School) -> DevelopmentPlan:
    return school.development_plans.get()


OBJECTS: dict[str, Finder] = {
    "stars/ai/rounds/{uid}": _always(LevelRound.objects.first),
    "stars/ai/seats/{uid}": _voter(LevelRater, "rater"),
    "stars/ai/seats/{uid}/schools/{school_uid}": _of(lambda school: school),
    "stars/ai/evaluations/{uid}": _always(lambda: LevelEvaluation.objects.get().run),
    "stars/ai/evaluations/{uid}/report.{form}": _word("xlsx"),
    "stars/ai/levels/{uid}": _of(_level),
    "stars/ai/levels/{uid}/letter.{form}": _word("xlsx"),
    "stars/ai/audits/{uid}": _always(lambda: SystemAudit.objects.get().run),
    "stars/ai/audits/{uid}/report.{form}": _word("xlsx"),
    "stars/ai/advice/{code}": _word("lessons"),
    "stars/ai/weights/{uid}": _always(WeightPoll.objects.first),
    "stars/ai/ballots/{uid}": _voter(WeightBallot, "expert"),
    "stars/plans/{uid}": _of(_plan_of),
    "stars/plans/{uid}/plan.{form}": _word("xlsx"),
    "stars/plans/goals/{uid}": _of(lambda school: _plan_of(school).goals.get()),
    "stars/plans/evidence/{uid}": _of(lambda school: _plan_of(school).goals.get().pieces.get()),
    "stars/plans/reviews/{uid}": _of(lambda school: _plan_of(school).reviews.get()),
}
