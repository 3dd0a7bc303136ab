"""The demo of the level of AI education: a finished survey, five raters, an evaluation, an audit, votes on weights.

One index repeats another (grades and classes with lessons), one is given alike by everybody (safety); three schools
answered carelessly; one expert contradicts himself; the demo's own expert has a vote open.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from xuequ.core import clock
from xuequ.core.clock import SHANGHAI
from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.models import Account
from xuequ.district.choices import Role
from xuequ.district.models import RoleAssignment, School, SchoolYear
from xuequ.district.people import create_people
from xuequ.kit.demo import DemoContext, names
from xuequ.kit.demo.plan import Part, SchoolPlan
from xuequ.kit.demo.staff import bind_account
from xuequ.kit.demo.timeline import year_code, year_start
from xuequ.kit.notices import actions as notices
from xuequ.kit.questionnaires import actions as asking
from xuequ.kit.questionnaires.choices import Audience
from xuequ.kit.questionnaires.models import Answer, Receipt
from xuequ.kit.questionnaires.models import Round as SurveyRound
from xuequ.systems.stars.ailevel import actions, weights_actions
from xuequ.systems.stars.ailevel.known import known_answers
from xuequ.systems.stars.ailevel.models import LevelEvaluation, LevelRound, LevelVote, SchoolLevel, WeightPoll
from xuequ.systems.stars.ailevel.scheme import LevelScheme, example, read_scheme, survey_source
from xuequ.systems.stars.choices import SchemeKind
from xuequ.systems.stars.models import SchemeVersion
from xuequ.systems.stars.schemes import actions as schemes

CARELESS, OVERSTATED, SILENT = 3, 2, 1
FLAT, TWIN, ITS_TWIN = "safety", "grade_share", "class_share"
STANDING = {Part.STRONG: 1.2, Part.FAMED: 0.9, Part.RISING: 0.3, Part.STRUGGLING: -1.3, Part.TINY: -0.9}
DIFFICULTIES = (
    "信息科技教师既教课又管设备，没有时间备人工智能课。",
    "有教室，但排课排不进去。",
    "教师会用工具，不会设计课程。",
    "设备买了三年，一半坏了没人修。",
    "",
)
# How much more each dimension matters than the ones after it, by expert: the fourth contradicts himself.
_BELIEFS = (
    (4.0, 4.0, 3.0, 1.0, 2.0, 1.0),
    (5.0, 4.0, 2.0, 1.0, 2.5, 1.0),
    (4.0, 5.0, 3.0, 1.5, 2.0, 1.0),
    (3.0, 3.0, 3.0, 2.0, 2.0, 1.0),
    (2.0, 3.0, 4.0, 1.0, 4.0, 1.5),
)
INCONSISTENT = 3
FLOATS = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A school of the demo with its part in the story."""

    school: School
    plan: SchoolPlan
    trait: float


def build(demo: DemoContext) -> None:
    """Build scheme, votes on weights, survey, ratings, evaluation and audit."""
    rng = demo.rng("ai level")
    with transaction.atomic():
        experts = _experts(demo)
        version = _adopted(demo, _first_version(demo), experts)
        asked = _asked(demo, rng)
        survey = _survey(demo, asked, rng)
        round_ = _round(demo, version, survey, experts)
        _votes(round_, read_scheme(version.document), asked, rng)
        _open_poll(demo, version, experts)
    demo.progress(0.5, str(_("Level of AI education: evaluation")))
    started = actions.start_evaluation(actor=demo.actor, round_=round_).run
    actions.start_audit(actor=demo.actor, round_=round_)
    run_pending()
    evaluation = LevelEvaluation.objects.select_related("run").get(run=started)
    actions.publish(actor=demo.actor, evaluation=evaluation)
    _answers(evaluation, asked)


def _experts(demo: DemoContext) -> list[Account]:
    """Five who judge: the demo's expert and researcher, and three more experts."""
    rng = demo.rng("ai experts")
    people = create_people([(name, "") for name in names.person_names(rng, rng.random(3) < 0.5, adult=True)])
    found = [demo.account("demo-expert"), demo.account("demo-researcher")]
    for number, person in enumerate(people, 1):
        account = bind_account(person, f"ai-expert-{number}")
        RoleAssignment.objects.create(
            account=account, role=Role.EXPERT, start=year_start(demo.timeline.first)
        )
        found.append(account)
    return found


def _first_version(demo: DemoContext) -> SchemeVersion:
    return schemes.create(
        actor=demo.actor, kind=SchemeKind.AI_LEVEL, document=example(), note="随系统附带的示例"
    )


def _asked(demo: DemoContext, rng: np.random.Generator) -> list[_Asked]:
    plans = {plan.short_name: plan for plan in demo.schools}
    rows = School.objects.of_district().filter(closed_on=None).order_by("code")
    return [
        _Asked(row, plans[row.short_name], STANDING.get(plans[row.short_name].part, 0.0) + 0.5 * rng.normal())
        for row in rows
        if row.short_name in plans
    ]


def _survey(demo: DemoContext, asked: Sequence[_Asked], rng: np.random.Generator) -> SurveyRound:
    """Send the survey out two months ago, and let all schools but one answer."""
    at = dt.datetime.combine(demo.day, dt.time(9), SHANGHAI)
    source = survey_source()
    made = asking.create(actor=demo.actor, title=source["title"], school=None, source=source, at=at)
    made.owner = demo.account("demo-officer")
    made.save(update_fields=["owner"])
    asking.publish(actor=demo.actor, questionnaire=made, at=at)
    plan = asking.Plan(
        title="智慧校园与人工智能教育摸底",
        audience=Audience.SCHOOLS,
        schools=[one.school for one in asked],
        opens=at - dt.timedelta(days=60),
        closes=at - dt.timedelta(days=30),
        purpose="一次摸清智慧校园和人工智能教育的现状，作为评价和帮扶的依据。",
        basis="教育局指导学校工作的职责；学区已经掌握的数字不再填报。",
        contradiction="{ai_lessons} > 0 and {ai_teachers} = 0",
    )
    survey = asking.open_round(actor=demo.actor, questionnaire=made, plan=plan, at=at)
    _answer_survey(demo, survey, asked, rng)
    return survey


def _answer_survey(
    demo: DemoContext, survey: SurveyRound, asked: Sequence[_Asked], rng: np.random.Generator
) -> None:
    scheme, answers = read_scheme(example()), []
    questions = set(survey.version.form.questions)
    ordinary = [number for number, one in enumerate(asked[:-SILENT]) if one.plan.part == Part.NONE]
    careless = set(rng.choice(ordinary, CARELESS, replace=False).tolist())
    for number, one in enumerate(asked[:-SILENT]):
        known = known_answers(questions, one.school, demo.day)
        data = _answer(scheme, one, known, rng, overstates=number % 9 == 4 and number < 9 * OVERSTATED)
        seconds = int(rng.integers(420, 900))
        if number in careless:
            data |= {"ai_teachers": 0, "ai_lessons": max(data["ai_lessons"], 16)}
            data["sc_apps"] = dict.fromkeys(data["sc_apps"], 4)
            seconds = int(rng.integers(60, 110))
        answers.append((one.school, data, seconds))
    sent = survey.closes - dt.timedelta(days=6)
    Answer.objects.bulk_create(
        Answer(
            round=survey, version=survey.version, data=data, school=school, seconds=seconds,
            sent=sent + dt.timedelta(hours=number),
        )
        for number, (school, data, seconds) in enumerate(answers)
    )  # fmt: skip
    Receipt.objects.bulk_create(
        Receipt(uid=uuid.uuid4(), round=survey, school=school, day=sent.date()) for school, *_rest in answers
    )


def _answer(
    scheme: LevelScheme, one: _Asked, known: Mapping[str, Any], rng: np.random.Generator, *, overstates: bool
) -> dict[str, Any]:
    """Answer as the school's standing says; what is known is taken over, but for a school that overstates."""
    data: dict[str, Any] = {
        "known_pupils": known.get("known_pupils") or 40,
        "known_classes": known.get("known_classes") or 1,
        "known_teachers": known.get("known_teachers", 0),
        "sc_media_rooms": int(known.get("sc_media_rooms", known.get("known_classes", 1))),
        "sc_wireless": int(np.clip(75 + 15 * one.trait + rng.normal(0, 6), 20, 100)),
        "sc_terminals": int(max(20, 0.08 * (known.get("known_pupils") or 40) * (1.5 + one.trait))),
        "sc_apps": _apps(one.trait, rng),
        "sc_security": bool(one.trait > -1),
    }
    for index in scheme.indexes:
        if not index.is_voted:
            data[index.question] = _measured(index.thresholds, index.per, index.times, one, data, rng)
    data["ai_grade_share"] = int(np.clip(data["ai_class_share"] + rng.integers(-2, 3), 0, 100))
    if "ai_rooms" in known:
        data["ai_rooms"] = int(known["ai_rooms"])
    if data["ai_lessons"]:
        data["ai_teachers"] = max(1, data["ai_teachers"])
    if overstates:
        data["ai_lessons"] = min(80, int(data["ai_lessons"] + 12))
    data["ai_clubs"] = max(0, round(3 + 2 * one.trait))
    data["ai_courses"] = max(0, round(2 + one.trait))
    if word := DIFFICULTIES[int(rng.integers(len(DIFFICULTIES)))]:
        data["ai_difficulty"] = word
    return data


def _measured(
    points: Sequence[float],
    per: str,
    times: float,
    one: _Asked,
    data: Mapping[str, Any],
    rng: np.random.Generator,
) -> int:
    """Draw the answer that puts the school where its standing says between the worst and the best grade."""
    place = float(np.clip(0.52 + 0.2 * one.trait + rng.normal(0, 0.16), 0.0, 1.05))
    value = points[-1] + (points[0] - points[-1]) * place
    whole = value / times * data[per] if per else value
    return max(0, round(whole))


def _apps(trait: float, rng: np.random.Generator) -> dict[str, int]:
    """Never the same in every row: that would be a sign of carelessness."""
    rows = ("teaching", "learning", "management", "assessment", "service")
    found = {row: int(np.clip(round(2.6 + 0.7 * trait + rng.normal(0, 0.7)), 1, 4)) for row in rows}
    if len(set(found.values())) == 1:
        found["assessment"] = found["assessment"] - 1 or 2
    return found


def _round(
    demo: DemoContext, version: SchemeVersion, survey: SurveyRound, experts: Sequence[Account]
) -> LevelRound:
    year = SchoolYear.objects.get(code=year_code(demo.timeline.last))
    plan = actions.RoundPlan(
        title=f"{year}学校人工智能教育水平评价",
        version=version,
        year=year,
        survey=survey,
        due=demo.day - dt.timedelta(days=14),
        raters=[account.pk for account in experts],
    )
    return actions.open_round(actor=demo.actor, plan=plan)


def _votes(
    round_: LevelRound, scheme: LevelScheme, asked: Sequence[_Asked], rng: np.random.Generator
) -> None:
    """Let every rater vote on every school: a little strict or mild, with errors of their own; all 良 on safety."""
    rows = []
    own = rng.normal(0, 0.5, (len(asked), len(scheme.voted)))
    for seat in round_.raters.order_by("pk"):
        severity = rng.normal(0, 0.25)
        for at, one in enumerate(asked):
            latent = 1.7 - 0.75 * one.trait - own[at] + severity + rng.normal(0, 0.4, len(scheme.voted))
            grades = {
                index.code: 1 if index.code == FLAT else int(np.clip(round(float(value)), 0, 4))
                for index, value in zip(scheme.voted, latent, strict=True)
            }
            rows.append(LevelVote(seat=seat, school=one.school, grades=grades, entered_at=clock.now()))
    LevelVote.objects.bulk_create(rows)
    notices.resolve(about=round_.raters.values_list("uid", flat=True), kind=actions.VOTE)


def _adopted(demo: DemoContext, version: SchemeVersion, experts: Sequence[Account]) -> SchemeVersion:
    """Last year's vote on the dimensions: five ballots, one of which contradicts itself, and the version made of it."""
    poll = _poll(demo, version, experts, "各维度的权重", "首次评价，请专家确定六个维度的权重。", days=-120)
    for number, ballot in enumerate(poll.ballots.order_by("pk")):
        ballot.judgements = dict(_judgements(weights_actions.codes_of(poll), number))
        ballot.handed_in = clock.now()
        ballot.save(update_fields=["judgements", "handed_in"])
    weights_actions.close_poll(actor=demo.actor, poll=poll)
    return weights_actions.adopt(actor=demo.actor, poll=poll, way="judgements", consistent_only=True, why="")


def _open_poll(demo: DemoContext, version: SchemeVersion, experts: Sequence[Account]) -> WeightPoll:
    """This year's vote: four have handed in, the demo's expert has begun."""
    poll = _poll(
        demo, version, experts, "各维度的权重（修订）", "减轻竞赛的分量、突出应用，请重新比较。", days=12
    )
    for number, ballot in enumerate(poll.ballots.order_by("pk")):
        given = dict(_judgements(weights_actions.codes_of(poll), number))
        is_demo = ballot.expert_id == demo.account("demo-expert").pk
        ballot.judgements = dict(list(given.items())[:6]) if is_demo else given
        ballot.handed_in = None if is_demo else clock.now()
        ballot.save(update_fields=["judgements", "handed_in"])
    handed_in = poll.ballots.filter(handed_in__isnull=False).values_list("uid", flat=True)
    notices.resolve(about=handed_in, kind=weights_actions.INVITED)
    return poll


def _poll(
    demo: DemoContext,
    version: SchemeVersion,
    experts: Sequence[Account],
    title: str,
    reason: str,
    *,
    days: int,
) -> WeightPoll:
    plan = weights_actions.PollPlan(
        title=title, version=version, node="", reason=reason, due=demo.day + dt.timedelta(days=days),
        experts=[account.pk for account in experts],
    )  # fmt: skip
    return weights_actions.open_poll(actor=demo.actor, plan=plan)


def _judgements(codes: Sequence[str], expert: int) -> Iterator[tuple[str, float]]:
    """Compare as the expert believes, in whole steps; one expert turns a few pairs around."""
    belief = _BELIEFS[expert % len(_BELIEFS)]
    for i, first in enumerate(codes):
        for j in range(i + 1, len(codes)):
            ratio = belief[i] / belief[j]
            if expert % len(_BELIEFS) == INCONSISTENT and (i + j) % 4 == 1:
                ratio = 5.0 if ratio < 2 else 1 / 3
            step = round(ratio) if ratio >= 1 else 1 / round(1 / ratio)
            yield f"{first}:{codes[j]}", float(np.clip(step, 1 / 9, 9))


def _answers(evaluation: LevelEvaluation, asked: Sequence[_Asked]) -> None:
    """Two schools have said something: one what it will do, one that a number is wrong; nobody has replied yet."""
    said = (
        "已列入下学期工作计划：先在三、四年级排课，请学区安排一名走教教师。",
        "我校社团人数填报时漏了分校区，实际为填报数的两倍，请核对后更正。",
    )
    ordinary = [one.school.pk for one in asked if one.plan.part == Part.NONE][: len(said)]
    for pk, text in zip(ordinary, said, strict=False):
        SchoolLevel.objects.filter(evaluation=evaluation, school=pk).update(answer=text, answered=clock.now())
