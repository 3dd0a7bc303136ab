"""The survey of smart campus and AI education: what is known is filled in, and it asks what the scheme measures."""

import json
import re

from pytest_django import DjangoAssertNumQueries

from tests import factories as make
from tests.systems.stars.ailevel.conftest import SYSTEM, World, client_of
from xuequ.core import clock
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.kit.questionnaires import parsing
from xuequ.kit.questionnaires.known import known_answers
from xuequ.kit.questionnaires.models import Answer, Round
from xuequ.record.actions import create_run, finish_run
from xuequ.record.models import Indicator
from xuequ.systems.stars.ailevel import demo, weights
from xuequ.systems.stars.ailevel.scheme import example, read_scheme, survey_source


def publish(school: School, code: str, value: float) -> None:
    """Let another system have published a number."""
    run = create_run(
        actor=SYSTEM, system="programmes", kind="ledger", title="x", engine_version="0", parameters={}
    )
    finish_run(run, actor=SYSTEM)
    Indicator.objects.create(
        code=code, school=school, period="2025-2026", value=value, run=run, published=clock.now()
    )


def test_every_measured_index_is_asked_for() -> None:
    form = parsing.read(survey_source())
    for index in read_scheme(example()).indexes:
        if not index.is_voted:
            assert index.question in form.questions
            assert not index.per or index.per in form.questions
    assert {name for name in form.questions if name.startswith("sc_")}, "it asks for smart campus too"


def test_what_is_known_is_filled_in_and_the_rest_is_left_open(world: World) -> None:
    school = world.schools[0]
    make.make_pupils(make.make_class(school), 7)
    publish(school, "programmes.ai_rooms", 2.0)
    publish(school, "programmes.ai_lessons_per_term", 50.0)
    found = known_answers(parsing.read(survey_source()), school, make.DAY)
    assert found == {"known_pupils": 7, "known_classes": 1, "known_teachers": 0, "ai_rooms": 2}
    assert isinstance(found["ai_rooms"], int), "a whole number is typed without a point"


def test_the_form_of_an_office_opens_with_it(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    school = world.schools[0]
    make.make_pupils(make.make_class(school), 7)
    wave = Round.objects.get()
    Answer.objects.filter(school=school).delete()
    account = make.make_account(Role.DATA_OFFICER, school=school)
    make.bind(make.create_people([("信息员", "")])[0], account)
    client = client_of(account)
    url = f"/office/surveys/mine/{wave.uid}/"
    client.get(url)
    with django_assert_max_num_queries(12):
        page = client.get(url).content.decode()
    setup = json.loads(
        re.findall(r'<script id="survey-setup" type="application/json">(.*?)</script>', page)[0]
    )
    assert setup["known"]["known_pupils"] == 7
    assert "ai_lessons" not in setup["known"]


def test_in_the_demo_one_expert_contradicts_himself_and_four_do_not() -> None:
    codes = [one.code for one in read_scheme(example()).dimensions]
    states = [weights.standing(codes, dict(demo._judgements(codes, expert))) for expert in range(5)]
    assert [state.found is not None and state.found.consistent for state in states] == [
        True,
        True,
        True,
        False,
        True,
    ]
    assert states[demo.INCONSISTENT].repair is not None
