"""Schools side by side: who is clearly behind, by which rule, and who may see it."""

import datetime as dt
import io
import re

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from tests.factories import DAY, make_account, make_actor, make_area, make_school, make_year
from xuequ.core import clock
from xuequ.core.registry import Good, indicator_definitions
from xuequ.district.choices import Role, Stage
from xuequ.district.models import School
from xuequ.record.models import Indicator, Run
from xuequ.systems.office.numbers.standing import FEW, Published, Side, first, lines, side_of

OTHERS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)


def test_a_range_must_lie_whole_on_one_side_of_the_middle() -> None:
    assert side_of(Published(3.0, 2.0, 4.4), OTHERS, Good.MORE) == Side.BEHIND
    assert side_of(Published(3.0, 2.0, 4.6), OTHERS, Good.MORE) == Side.LIKE
    assert side_of(Published(6.0, 4.6, 7.0), OTHERS, Good.MORE) == Side.AHEAD
    assert side_of(Published(6.0, 4.6, 7.0), OTHERS, Good.LESS) == Side.BEHIND


def test_a_full_count_is_behind_when_three_quarters_stand_strictly_better() -> None:
    assert side_of(Published(2.0), OTHERS, Good.MORE) == Side.BEHIND
    assert side_of(Published(3.0), OTHERS, Good.MORE) == Side.LIKE
    assert side_of(Published(1.0), (0.0,) * 6 + (2.0, 3.0), Good.LESS) == Side.BEHIND
    # Most have none: a school with none stands with them, not ahead of them.
    assert side_of(Published(0.0), (0.0,) * 6 + (2.0, 3.0), Good.LESS) == Side.LIKE


def test_a_full_count_close_to_the_middle_tells_nobody_apart() -> None:
    assert side_of(Published(0.95), (0.97,) * 8, Good.MORE) == Side.LIKE
    assert side_of(Published(0.80), (0.97,) * 8, Good.MORE) == Side.BEHIND
    # A range without width is a full count.
    assert side_of(Published(0.95, 0.95, 0.95), (0.97,) * 8, Good.MORE) == Side.LIKE


def test_nothing_is_said_of_few_schools_or_of_a_number_without_a_good_side() -> None:
    assert side_of(Published(0.0), OTHERS[: FEW - 1], Good.MORE) == Side.NONE
    assert side_of(Published(0.0), OTHERS, None) == Side.NONE


@given(
    value=st.floats(-100, 100),
    half=st.none() | st.floats(0, 50),
    others=st.lists(st.floats(-100, 100), min_size=FEW, max_size=20),
)
def test_turning_the_good_side_round_turns_the_verdict_round(
    value: float, half: float | None, others: list[float]
) -> None:
    own = Published(value) if half is None else Published(value, value - half, value + half)
    turned = {Side.BEHIND: Side.AHEAD, Side.AHEAD: Side.BEHIND, Side.LIKE: Side.LIKE}
    assert side_of(own, others, Good.LESS) == turned[side_of(own, others, Good.MORE)]


AI, UNMET, MONEY, STAR = "stars.ai_level", "balance.unmet", "support.amount_yuan", "stars.award"


@pytest.fixture
def schools() -> list[School]:
    make_year()
    area = make_area("东片区")
    return [make_school(f"第{n}小学", stage=Stage.PRIMARY, area=area) for n in range(1, 8)]


def publish(
    code: str,
    values: list[float],
    schools: list[School],
    period: str = "2025-2026",
    half: float | None = None,
) -> None:
    run = Run.objects.create(system="stars", kind="k", title="t", engine_version="1", created=clock.now())
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    Indicator.objects.bulk_create(
        Indicator(
            code=code, school=school, period=period, value=value, run=run, published=at,
            low=None if half is None else value - half, high=None if half is None else value + half,
            audience=indicator_definitions()[code].audience,
        )
        for school, value in zip(schools, values, strict=False)
    )  # fmt: skip


@pytest.fixture
def weak(schools: list[School]) -> School:
    """The first of seven schools is behind in three numbers and was given nothing; the second was given money."""
    publish(AI, [40.5, 70, 71, 72, 73, 74, 75], schools, half=3)
    publish(AI, [35, 70, 71, 72, 73, 74, 75], schools, period="2024-2025", half=3)
    publish(UNMET, [4, 0, 0, 0, 0, 1, 0], schools)
    publish(STAR, [0, 3, 3, 4, 4, 3, 5], schools)
    publish(MONEY, [0, 90_000], schools)
    return schools[0]


@pytest.mark.django_db
def test_the_school_behind_in_most_stands_first(schools: list[School], weak: School) -> None:
    found = lines(make_actor(Role.DISTRICT_OFFICER), schools, DAY)
    assert found[0].school == weak
    assert {one.item.code for one in found[0].behind} == {AI, STAR, UNMET}
    assert first(found)[0].school == weak
    assert not found[0].given
    own = found[0].standings[AI]
    assert (own.text, own.range, own.middle, own.change) == ("40.50", "37.50 – 43.50", 72.5, "+5.50")
    assert found[0].standings[STAR].text == "0"


@pytest.mark.django_db
def test_a_school_is_measured_by_its_stage_unless_there_are_few(schools: list[School], weak: School) -> None:
    alone = make_school("第一中学", stage=Stage.JUNIOR)
    publish("programmes.ai_lessons_per_term", [3, 3, 3, 3, 3, 3, 3], schools)
    publish("programmes.ai_lessons_per_term", [1], [alone])
    found = {line.school.pk: line for line in lines(make_actor(Role.DISTRICT_OFFICER), [alone, weak], DAY)}
    lessons = "programmes.ai_lessons_per_term"
    assert not found[alone.pk].standings[lessons].stage
    assert found[alone.pk].standings[lessons].side == Side.BEHIND
    assert found[weak.pk].standings[lessons].stage
    assert found[weak.pk].standings[lessons].side == Side.LIKE


@pytest.mark.django_db
def test_the_page_names_who_to_look_at_and_why(client: Client, schools: list[School], weak: School) -> None:
    client.force_login(make_account(Role.DISTRICT_OFFICER))
    page = client.get(reverse("office:numbers-schools")).content.decode()
    start = page.index("先看这几所")
    assert weak.name in page[start : start + 800]
    assert "没有得到支持的记录" in page[start : start + 1600]
    book = load_workbook(io.BytesIO(client.get(reverse("office:numbers-schools") + "?export=xlsx").content))
    rows = list(book.active.values)
    assert rows[1][0] == weak.name
    assert 40.5 in rows[1]


@pytest.mark.django_db
def test_a_head_reads_the_own_school_and_no_value_of_another(
    client: Client, schools: list[School], weak: School
) -> None:
    client.force_login(make_account(Role.HEAD, school=schools[1]))
    assert client.get(reverse("office:numbers-school", args=[weak.uid])).status_code == 404
    led = client.get(reverse("office:numbers-schools"))
    assert led.headers["location"] == reverse("office:numbers-school", args=[schools[1].uid])
    page = client.get(led.headers["location"]).content.decode()
    assert "90,000" in page
    assert weak.name not in page
    assert not re.search(r"40\.5|37\.5", page)


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.TEACHER, Role.GUARDIAN])
def test_nobody_else_opens_it(client: Client, schools: list[School], weak: School, role: Role) -> None:
    client.force_login(make_account(role, school=weak))
    assert client.get(reverse("office:numbers-schools")).status_code == 403
    assert client.get(reverse("office:numbers-school", args=[weak.uid])).status_code == 403
