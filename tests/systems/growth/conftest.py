"""A small district with two monitorings of the same pupils, evaluated and published."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pytest
from django.test import Client

from tests import factories
from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role, Stage
from xuequ.district.models import Pupil, School, SchoolClass
from xuequ.record.models import Assessment
from xuequ.systems.growth import actions, queries
from xuequ.systems.growth.models import Evaluation
from xuequ.systems.growth.proposals import offered_designs

SUBJECTS = ("chinese", "mathematics")
SCHOOLS = 12
PUPILS = 24
# The first school takes strong pupils and brings them little further; the twelfth takes weak ones and brings them far.
INTAKES = (0.8, 0.8, -0.8, -0.4, 0.2, -0.2, 0.3, -0.7, 0.6, -0.3, 0.4, -0.8, 0.0)
EFFECTS = (-0.9, 0.6, -0.6, 0.2, -0.2, 0.0, 0.1, -0.1, 0.15, -0.15, 0.0, 0.9, 0.0)


@dataclass
class World:
    """What the tests of growth play in."""

    schools: list[School]
    classes: list[SchoolClass]
    pupils: dict[int, list[Pupil]]
    priors: list[Assessment]
    outcomes: list[Assessment]
    small: School

    def pupil(self, index: int = 0) -> Pupil:
        return self.pupils[self.classes[index].pk][0]


def build_world() -> World:
    """Twelve schools with one class each and a tiny one; each pupil sits one subject in grade 7 and one in grade 8."""
    rng = np.random.default_rng(20260301)
    factories.make_district()
    sittings = [(7, "2024-2025-2", dt.date(2025, 5, 20)), (8, "2025-2026-2", dt.date(2026, 5, 20))]
    tests = [
        [
            factories.make_assessment(
                f"{grade}年级抽样监测 {subject}",
                subject=factories.make_subject(subject),
                term=factories.make_term(code),
                grade=grade,
                held_on=day,
                scale=subject,
            )
            for subject in SUBJECTS
        ]
        for grade, code, day in sittings
    ]
    schools = [factories.make_school(f"测试第{i + 1}初级中学", stage=Stage.JUNIOR) for i in range(SCHOOLS)]
    small = factories.make_school("测试山村学校", stage=Stage.NINE_YEAR)
    classes = [factories.make_class(school) for school in (*schools, small)]
    scores: list[dict[Pupil, float | str | None]] = [{} for _test in range(4)]
    pupils = {}
    for place, group in enumerate(classes):
        pupils[group.pk] = factories.make_pupils(group, PUPILS if place < SCHOOLS else 4)
        intake, effect = INTAKES[place], EFFECTS[place]
        for pupil in pupils[group.pk]:
            ability = intake + rng.normal()
            first, second = rng.integers(0, 2, 2)
            scores[first][pupil] = round(60 + 12 * (ability + rng.normal(0, 0.4)), 1)
            scores[2 + second][pupil] = round(60 + 12 * (0.8 * ability + effect + rng.normal(0, 0.5)), 1)
    first_pupil = pupils[classes[1].pk][3]
    for test in scores[2:]:
        if first_pupil in test:
            test[first_pupil] = None
    for test, results in zip([*tests[0], *tests[1]], scores, strict=True):
        factories.give_results(test, results)
    return World(schools, classes, pupils, tests[0], tests[1], small)


@pytest.fixture
def world(db: None) -> World:
    return build_world()


def evaluate(world: World, *, published: bool = True) -> Evaluation:
    """Start the design that is proposed for the world's outcomes, run it and publish it."""
    actor = Actor.system(dt.date(2026, 6, 1))
    tests = [test for test in queries.designable(actor, None) if test in (*world.priors, *world.outcomes)]
    offer = offered_designs(tests)[0]
    started = actions.start_evaluation(actor=actor, design=offer.design, title=offer.title)
    run_pending()
    found = Evaluation.objects.select_related("run").get(run=started.run)
    if published:
        actions.publish(actor=actor, evaluation=found)
    return found


@pytest.fixture
def evaluation(world: World) -> Evaluation:
    return evaluate(world)


def signed_in(account: Account) -> Client:
    client = Client()
    client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def client_as(role: Role, **place: object) -> Client:
    return signed_in(factories.make_account(role, **place))
