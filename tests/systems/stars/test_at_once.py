"""Two who act at once, and what was settled in the meantime: the second is told, and nothing is lost."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.systems.growth.conftest import signed_in
from tests.systems.stars.conftest import DAY, World
from tests.systems.stars.test_stars_pages import text
from xuequ.core.errors import Refused
from xuequ.engines.errors import InputError
from xuequ.systems.stars.models import HistoryEntry, Round
from xuequ.systems.stars.pathway import queries as pathway
from xuequ.systems.stars.plans import actions as plans
from xuequ.systems.stars.plans.choices import GoalState
from xuequ.systems.stars.rounds import actions as rounds
from xuequ.systems.stars.rounds import appeals
from xuequ.systems.stars.second import actions as second
from xuequ.systems.stars.selfrating import actions as selfrating


def first_locked(queries: CaptureQueriesContext) -> str:
    """Return the first table of stars that is read; on PostgreSQL that is the first lock."""
    reads = (q["sql"] for q in queries.captured_queries if q["sql"].startswith("SELECT"))
    tables = (sql.partition(' FROM "')[2].partition('"')[0] for sql in reads)
    return next(table for table in tables if table.startswith("stars_"))


def test_handing_in_cannot_slip_past_the_draw(world: World) -> None:
    """The round is locked before the application: who draws holds that lock, so a late school is seen as late."""
    world.fill(0)
    found = world.application(0)
    with CaptureQueriesContext(connection) as queries:
        selfrating.hand_in(actor=world.head(0), application=found)
    assert first_locked(queries) == "stars_round"
    with CaptureQueriesContext(connection) as queries, pytest.raises(Refused):
        rounds.add_by_hand(actor=world.manager, application=found)
    assert first_locked(queries) == "stars_round"


def test_an_appeal_cannot_slip_past_the_end_of_the_round(world: World) -> None:
    world.hand_in(0)
    world.drawn(share=0.0)
    second.settle(actor=world.manager, application=world.application())
    found = world.application()
    rounds.close_round(actor=world.manager, found=world.round)
    with CaptureQueriesContext(connection) as queries, pytest.raises(Refused):
        appeals.file_appeal(actor=world.head(), application=found, code="A1", text="应得满分")
    assert first_locked(queries) == "stars_round"


def test_a_second_round_of_a_year_is_refused_while_the_scheme_is_locked(world: World) -> None:
    with CaptureQueriesContext(connection) as queries, pytest.raises(Refused):
        rounds.open_round(
            actor=world.manager, version=world.version, year=world.round.year, title="又一轮",
            self_until=DAY, second_until=DAY, schools=world.schools,
        )  # fmt: skip
    assert first_locked(queries) == "stars_scheme"
    assert Round.objects.count() == 1


def words(start: dt.date = DAY, years: int = 2) -> plans.PlanWords:
    return plans.PlanWords("虚构规划", start, start + dt.timedelta(days=365 * years), "", "", "")


def test_a_plan_keeps_its_goals_within_its_days_and_its_beginning_to_itself(world: World) -> None:
    school, actor = world.schools[0], world.head()
    plan = plans.write_plan(actor=actor, school=school, words=words())
    other = plans.write_plan(actor=actor, school=school, words=words(DAY + dt.timedelta(days=30)))
    goal = plans.GoalWords("达到", "", "次数", 1.0, 2.0, DAY + dt.timedelta(days=700), "", GoalState.OPEN)
    plans.write_goal(actor=actor, plan=plan, words=goal)
    with pytest.raises(Refused):
        plans.change_plan(actor=actor, plan=plan, words=words(years=1))
    with pytest.raises(Refused):
        plans.change_plan(actor=actor, plan=other, words=words())
    other.refresh_from_db()
    assert other.start == DAY + dt.timedelta(days=30)


def test_a_comment_is_not_overwritten_by_a_second_one(world: World) -> None:
    actor = world.head()
    plan = plans.write_plan(actor=actor, school=world.schools[0], words=words())
    goal = plans.GoalWords("达到", "", "次数", 1.0, 2.0, DAY + dt.timedelta(days=300), "")
    plans.write_goal(actor=actor, plan=plan, words=goal)
    plan = plans.hand_in(actor=actor, plan=plan)
    review = plans.look_back(actor=actor, plan=plan, year=world.round.year, text="完成过半")
    plans.comment(actor=world.manager, review=review, text="很好")
    with pytest.raises(Refused):
        plans.comment(actor=world.manager, review=review, text="不好")
    review.refresh_from_db()
    assert review.comment == "很好"


def test_a_path_that_cannot_be_computed_is_said_in_chinese(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_path(*_args: object, **_kwargs: object) -> None:
        raise InputError("not-solved", "no path was found within 10 seconds")

    monkeypatch.setattr(pathway, "path_to", no_path)
    page = text(signed_in(world.heads[0]), reverse("stars:next-star", args=[world.application().uid]))
    assert "no path" not in page
    assert "没有找到路径" in page


def test_a_long_history_is_read_page_by_page(world: World) -> None:
    found = world.application()
    HistoryEntry.objects.bulk_create(
        HistoryEntry(application=found, at=found.round.opened, deed="rated", item=f"N{at}")
        for at in range(120)
    )
    client = signed_in(world.heads[0])
    url = reverse("stars:history", args=[found.uid])
    assert "N0<" not in text(client, url)
    assert "N0<" in text(client, f"{url}?page=2")
