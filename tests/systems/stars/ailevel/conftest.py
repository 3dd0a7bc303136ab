"""A small district whose schools answered the survey and were rated by five people."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pytest
from django.test import Client

from tests import factories as make
from xuequ.core import clock
from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role, Stage
from xuequ.district.models import School
from xuequ.kit.questionnaires import actions as asking
from xuequ.kit.questionnaires.choices import Audience
from xuequ.kit.questionnaires.models import Answer
from xuequ.systems.stars.ailevel import actions
from xuequ.systems.stars.ailevel.models import LevelEvaluation, LevelRound, LevelVote
from xuequ.systems.stars.ailevel.scheme import example, read_scheme, survey_source
from xuequ.systems.stars.choices import SchemeKind
from xuequ.systems.stars.models import SchemeVersion
from xuequ.systems.stars.schemes import actions as schemes

SYSTEM = Actor.system(make.DAY)
SCHOOLS = 10
APPS = {"teaching": 2, "learning": 3, "management": 3, "assessment": 2, "service": 3}


@dataclass
class World:
    """What the tests play in."""

    schools: list[School]
    experts: list[Account]
    version: SchemeVersion
    round: LevelRound

    def school_client(self, number: int = 0) -> Client:
        return client_as(Role.HEAD, school=self.schools[number])


def client_of(account: Account) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def client_as(role: Role, **place: object) -> Client:
    return client_of(make.make_account(role, **place))


def answer_of(rng: np.random.Generator, trait: float) -> dict[str, object]:
    """One school's answer, better where ``trait`` is higher."""
    part = float(np.clip(0.5 + 0.25 * trait + rng.normal(0, 0.05), 0.05, 0.95))
    return {
        "known_pupils": 1000, "known_classes": 25, "known_teachers": 60, "sc_media_rooms": 25, "sc_wireless": 80,
        "sc_apps": APPS, "ai_lessons": round(24 * part), "ai_class_share": round(95 * part),
        "ai_grade_share": round(95 * part), "ai_teachers": max(1, round(4 * part)), "ai_trained": round(90 * part),
        "ai_rooms": round(1.4 * part), "ai_room_hours": round(20 * part), "ai_kits": round(60 * part), "ai_clubs": 2,
        "ai_club_pupils": round(120 * part), "ai_contests": round(8 * part),
    }  # fmt: skip


def build_world(schools: int = SCHOOLS) -> World:
    rng = np.random.default_rng(20260302)
    make.make_district()
    area = make.make_area("北片区")
    rows = [make.make_school(f"智学第{n + 1}中学", stage=Stage.JUNIOR, area=area) for n in range(schools)]
    experts = [make.make_account(Role.EXPERT if n < 4 else Role.RESEARCHER) for n in range(5)]
    for expert in experts:
        make.bind(make.create_people([("评审人", "")])[0], expert)
    at = dt.datetime.combine(make.DAY, dt.time(9), dt.UTC)
    form = asking.create(actor=SYSTEM, title="摸底", school=None, source=survey_source(), at=at)
    asking.publish(actor=SYSTEM, questionnaire=form, at=at)
    plan = asking.Plan(
        title="摸底", audience=Audience.SCHOOLS, schools=rows, opens=at - dt.timedelta(days=20),
        closes=at + dt.timedelta(days=400), purpose="摸底", basis="职责",
        contradiction="{ai_lessons} > 0 and {ai_teachers} = 0",
    )  # fmt: skip
    survey = asking.open_round(actor=SYSTEM, questionnaire=form, plan=plan, at=at)
    traits = np.linspace(-1.6, 1.6, schools)
    for school, trait in zip(rows, traits, strict=True):
        Answer.objects.create(
            round=survey,
            version=survey.version,
            school=school,
            sent=at,
            seconds=600,
            data=answer_of(rng, trait),
        )
    version = schemes.create(actor=SYSTEM, kind=SchemeKind.AI_LEVEL, document=example(), note="")
    opened = actions.open_round(
        actor=SYSTEM,
        plan=actions.RoundPlan(
            "人工智能教育水平", version, make.make_year(), survey, make.DAY + dt.timedelta(days=30),
            [expert.pk for expert in experts],
        ),
    )  # fmt: skip
    scheme = read_scheme(version.document)
    for seat in opened.raters.all():
        for school, trait in zip(rows, traits, strict=True):
            grade = np.clip(np.round(2 - trait + rng.normal(0, 0.4, len(scheme.voted))), 0, 4).astype(int)
            grades = {index.code: int(g) for index, g in zip(scheme.voted, grade, strict=True)}
            LevelVote.objects.create(seat=seat, school=school, grades=grades, entered_at=clock.now())
    return World(rows, experts, version, opened)


@pytest.fixture
def world(db: None) -> World:
    return build_world()


def evaluate(world: World, *, published: bool = True) -> LevelEvaluation:
    started = actions.start_evaluation(actor=SYSTEM, round_=world.round)
    run_pending()
    found = LevelEvaluation.objects.select_related("run", "round__year").get(run=started.run)
    return actions.publish(actor=SYSTEM, evaluation=found) if published else found


@pytest.fixture
def evaluation(world: World) -> LevelEvaluation:
    return evaluate(world)
