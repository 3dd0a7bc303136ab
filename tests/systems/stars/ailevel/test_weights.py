"""Votes on weights: the ballot on a phone with its live CR, what the group says, and adoption as a new version."""

import datetime as dt
import uuid
from itertools import combinations
from typing import Any

import pytest
from django.utils import translation

from tests import factories as make
from tests.systems.stars.ailevel.conftest import SYSTEM, World, client_as, client_of
from tests.systems.stars.ailevel.test_levels import text
from xuequ.core import clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.rendering.checker import check_report
from xuequ.core.reports import FigureBlock, Report
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.engines.evaluation import examples
from xuequ.systems.stars.ailevel import weights, weights_actions, weights_queries
from xuequ.systems.stars.ailevel.models import WeightPoll
from xuequ.systems.stars.ailevel.scheme import read_scheme
from xuequ.systems.stars.ailevel.weights_sections import poll_blocks


def given(names: Any, values: Any) -> dict[str, float]:
    """A matrix as a ballot."""
    return {f"{names[i]}:{names[j]}": float(values[i, j]) for i, j in combinations(range(len(names)), 2)}


@pytest.fixture
def poll(world: World) -> WeightPoll:
    plan = weights_actions.PollPlan(
        "各维度的权重",
        world.version,
        "",
        "修订",
        make.DAY + dt.timedelta(days=20),
        [e.pk for e in world.experts],
    )
    return weights_actions.open_poll(actor=SYSTEM, plan=plan)


def believe(poll: WeightPoll, place: int, belief: list[float], *, turned: bool = False) -> None:
    """Let an expert judge as believed, in whole steps, and hand in; ``turned`` turns some judgements round."""
    ballot = list(poll.ballots.order_by("pk"))[place]
    actor = Actor.of(ballot.expert, make.DAY)
    for i, j in combinations(range(6), 2):
        ratio = belief[i] / belief[j]
        if turned and (i + j) % 4 == 1:
            ratio = 9.0 if ratio < 2 else 1 / 7
        step = round(ratio) if ratio >= 1 else 1 / round(1 / ratio)
        codes = weights_actions.codes_of(poll)
        weights_actions.judge(actor=actor, ballot=ballot, pair=f"{codes[i]}:{codes[j]}", value=step)
    weights_actions.hand_in(actor=actor, ballot=ballot)


def test_published_matrices_come_out_of_a_ballot() -> None:
    drinks = examples.drinks()
    state = weights.standing(drinks.names, given(drinks.names, drinks.values), "saaty2005")
    assert state.found is not None
    assert state.found.weights.round(4).tolist() == [0.1775, 0.0191, 0.0418, 0.1164, 0.1896, 0.1288, 0.3268]
    assert round(state.found.cr, 3) == 0.022
    assert {name: round(ratio, 4) for name, ratio in state.ratios.items()}["saaty1980"] == 0.0223
    assert state.is_complete
    assert state.repair is None


def test_the_one_judgement_to_revisit_is_that_of_this_expert() -> None:
    codes = ("a", "b", "c", "d")
    slip = {"a:b": 3.0, "a:c": 9.0, "a:d": 1 / 9, "b:c": 3.0, "b:d": 9.0, "c:d": 3.0}
    state = weights.standing(codes, slip)
    assert state.found is not None
    assert not state.found.consistent
    assert state.repair is not None
    assert {state.repair.first, state.repair.second} == {"a", "d"}
    assert state.repair.cr < 0.1


def test_pairs_may_be_skipped_down_to_a_tree() -> None:
    codes = ("a", "b", "c", "d")
    tree = {"a:b": 2.0, "b:c": 2.0, "c:d": 2.0}
    state = weights.standing(codes, tree)
    assert state.to_judge == 0
    assert state.found is not None
    assert (state.found.weights / state.found.weights[-1]).round(6).tolist() == [8, 4, 2, 1]
    assert weights.standing(codes, {"a:b": 2.0, "c:d": None}).to_judge == 2


def test_an_expert_votes_step_by_step(poll: WeightPoll, world: World) -> None:
    ballot = poll.ballots.order_by("pk")[0]
    mine = client_of(ballot.expert)
    url = f"/stars/ai/ballots/{ballot.uid}/"
    assert "第 1 对（共 15 对）" in text(mine, url)
    assert url in text(mine, "/stars/ai/")
    response = mine.post(
        f"{url}judge/", {"pair": "hours:teachers", "value": "3"}, headers={"hx-request": "true"}
    )
    partial = response.content.decode()
    assert "第 2 对（共 15 对）" in partial
    assert "<html" not in partial
    mine.post(f"{url}judge/", {"pair": "hours:courses", "value": "1/5"})
    mine.post(f"{url}judge/", {"pair": "hours:rooms", "value": "skip"})
    ballot.refresh_from_db()
    assert ballot.judgements == {"hours:teachers": 3.0, "hours:courses": 0.2, "hours:rooms": None}
    mine.post(f"{url}judge/", {"pair": "hours:use", "value": "4.4"})
    mine.post(f"{url}judge/", {"pair": "no:pair", "value": "1"})
    ballot.refresh_from_db()
    assert len(ballot.judgements) == 3
    assert "至少再比较 3 对" in mine.post(f"{url}hand-in/", follow=True).content.decode()
    for pair in ("teachers:rooms", "teachers:use", "teachers:clubs"):
        mine.post(f"{url}judge/", {"pair": pair, "value": "1"})
    mine.post(f"{url}hand-in/")
    ballot.refresh_from_db()
    assert ballot.handed_in is not None
    text(client_of(poll.ballots.order_by("pk")[1].expert), url, 404)


def test_a_contradiction_is_shown_with_what_would_fit(poll: WeightPoll) -> None:
    believe(poll, 0, [3, 4, 3, 1, 2, 1], turned=True)
    ballot = poll.ballots.order_by("pk")[0]
    page = text(client_of(ballot.expert), f"/stars/ai/ballots/{ballot.uid}/")
    assert "您的判断有矛盾" in page
    assert "最值得再看一眼的一对" in page


def test_the_group_is_read_without_names_and_adopted_as_a_new_version(poll: WeightPoll, world: World) -> None:
    officer = client_as(Role.DISTRICT_OFFICER)
    url = f"/stars/ai/weights/{poll.uid}/"
    assert "还没有可用的票" in text(officer, url)
    text(client_as(Role.BUREAU_LEADER), url, 404)
    for place in range(4):
        believe(poll, place, [4, 4, 3, 1, 2, 1], turned=place == 3)
    with translation.override("zh-hans"):
        report = Report("t", "", "", "2026-03-02T08:00:00+08:00", None, poll_blocks(poll))
        assert check_report(report, ["zh-hans", "en"]) == []
    page = text(officer, url)
    assert "有 1 张票自相矛盾" in page
    assert officer.post(f"{url}adopt/", {"way": "judgements"}).status_code == 302
    assert WeightPoll.objects.get().adopted is None, "an open vote is not adopted"
    officer.post(f"{url}close/")
    with pytest.raises(Refused):
        believe(poll, 4, [1, 1, 1, 1, 1, 1])
    officer.post(f"{url}adopt/", {"way": "judgements", "consistent_only": "on"})
    poll.refresh_from_db()
    assert poll.adopted is not None
    assert poll.adopted.number == world.version.number + 1
    before, after = read_scheme(world.version.document), read_scheme(poll.adopted.document)
    assert sum(one.weight for one in after.dimensions) == pytest.approx(1, abs=1e-12)
    assert [one.weight for one in after.dimensions] != [one.weight for one in before.dimensions]
    world.version.refresh_from_db()
    assert read_scheme(world.version.document).dimensions == before.dimensions
    with pytest.raises(Refused, match="采用过"):
        weights_actions.adopt(actor=SYSTEM, poll=poll, way="judgements", consistent_only=False, why="")


def test_ranges_go_with_the_weights_and_with_the_adopted_version(poll: WeightPoll, world: World) -> None:
    beliefs = ([4, 4, 3, 1, 2, 1], [5, 4, 2, 1, 2, 1], [4, 5, 3, 2, 2, 1], [3, 4, 3, 1, 2, 1])
    for place, belief in enumerate(beliefs[:2]):
        believe(poll, place, list(belief))
    officer, url = client_as(Role.DISTRICT_OFFICER), f"/stars/ai/weights/{poll.uid}/"
    assert "不到三张票给不出区间" in text(officer, url)
    for place, belief in enumerate(beliefs[2:], 2):
        believe(poll, place, list(belief))
    codes = weights_actions.codes_of(poll)
    found = weights.together(
        codes, [b.judgements for b in weights_actions.usable(poll, consistent_only=False)]
    )
    assert found is not None
    assert found.ranges is not None
    page = text(officer, url)
    # The first two dimensions are weighed alike, so neither may be called the weightiest.
    assert "但不能肯定" in page
    weights_actions.close_poll(actor=SYSTEM, poll=poll)
    made = weights_actions.adopt(actor=SYSTEM, poll=poll, way="judgements", consistent_only=False, why="")
    scheme = read_scheme(made.document)
    for at, one in enumerate(scheme.dimensions):
        assert one.weighed is not None
        assert one.weighed.low < one.weight < one.weighed.high
        assert one.weighed.low == pytest.approx(found.ranges.low[at], abs=5e-5)
        assert (one.weighed.ballots, one.weighed.poll) == (4, str(poll.uid))
    low = f"{scheme.dimensions[0].weighed.low:.0%}"  # type: ignore[union-attr]
    assert f"（{low} 至 " in text(officer, f"/stars/schemes/{made.uid}/")
    changed = made.document
    changed["dimensions"][0]["weight"] += 0.01
    changed["dimensions"][1]["weight"] -= 0.01
    again = read_scheme(changed)
    assert again.dimensions[0].weighed is None, "changed by hand since"
    assert again.dimensions[2].weighed is not None
    assert "手工设定" in text(officer, f"/stars/schemes/{world.version.uid}/")


def test_whoever_handed_in_cannot_undo_it_by_skipping(poll: WeightPoll) -> None:
    ballot = poll.ballots.order_by("pk")[0]
    actor = Actor.of(ballot.expert, make.DAY)
    for pair in ("hours:teachers", "hours:courses", "hours:rooms", "hours:use", "hours:clubs"):
        weights_actions.judge(actor=actor, ballot=ballot, pair=pair, value=2.0)
    weights_actions.judge(actor=actor, ballot=ballot, pair="hours:use", value=None)
    weights_actions.judge(actor=actor, ballot=ballot, pair="hours:use", value=2.0)
    weights_actions.hand_in(actor=actor, ballot=ballot)
    with pytest.raises(Refused, match="已经提交"):
        weights_actions.judge(actor=actor, ballot=ballot, pair="hours:use", value=None)
    weights_actions.judge(actor=actor, ballot=ballot, pair="hours:use", value=3.0)
    ballot.refresh_from_db()
    assert ballot.judgements["hours:use"] == 3.0
    page = text(client_of(ballot.expert), f"/stars/ai/ballots/{ballot.uid}/")
    assert "所改立即计入" in page


@pytest.mark.parametrize("sent", ["nan", "inf", "-1", "0", "1/0", "x", "4.4"])
def test_what_is_no_step_is_kept_nowhere(poll: WeightPoll, sent: str) -> None:
    ballot = poll.ballots.order_by("pk")[0]
    client_of(ballot.expert).post(
        f"/stars/ai/ballots/{ballot.uid}/judge/", {"pair": "hours:use", "value": sent}
    )
    ballot.refresh_from_db()
    assert ballot.judgements == {}


def test_ballots_stand_in_an_order_that_tells_nobody(poll: WeightPoll) -> None:
    for place in range(3):
        believe(poll, place, [4, 4, 3, 1, 2, 1])
    ballots = list(poll.ballots.order_by("pk"))
    last = weights_actions.codes_of(poll)[-1]
    ballots[0].judgements = {**ballots[0].judgements, f"hours:{last}": 9.0}
    ballots[0].uid = uuid.UUID(int=2**128 - 1)
    ballots[0].save(update_fields=["judgements", "uid"])
    figure = next(
        b.figure for b in poll_blocks(poll) if isinstance(b, FigureBlock) and b.figure.code == "ballots"
    )
    weight = [row.cells[6] for row in figure.rows]
    assert weight[0] == weight[1] != weight[2]


def test_the_tables_of_random_indices_are_read_without_weighing_anew() -> None:
    codes = ("a", "b", "c", "d")
    for given in (
        {"a:b": 3.0, "a:c": 9.0, "a:d": 1 / 9, "b:c": 3.0, "b:d": 9.0, "c:d": 3.0},
        {"a:b": 3.0, "a:c": 9.0, "b:c": 5.0, "c:d": 3.0},
    ):
        state = weights.standing(codes, given)
        for table, ratio in state.ratios.items():
            other = weights.standing(codes, given, table).found
            assert other is not None
            assert ratio == pytest.approx(other.cr)


def test_too_few_and_quarrelling_ballots_change_nothing(poll: WeightPoll) -> None:
    believe(poll, 0, [9, 1, 1, 1, 1, 1])
    believe(poll, 1, [1, 1, 1, 1, 1, 9])
    weights_actions.close_poll(actor=SYSTEM, poll=poll)
    with pytest.raises(Refused, match="三张"):
        weights_actions.adopt(actor=SYSTEM, poll=poll, way="weights", consistent_only=False, why="")
    WeightPoll.objects.update(closed=None)
    believe(poll, 2, [1, 1, 9, 1, 1, 1])
    WeightPoll.objects.update(closed=poll.opened)
    with pytest.raises(Refused, match="很不一致"):
        weights_actions.adopt(actor=SYSTEM, poll=poll, way="weights", consistent_only=False, why="")
    made = weights_actions.adopt(
        actor=SYSTEM, poll=poll, way="weights", consistent_only=False, why="试用一年"
    )
    assert "试用一年" in made.note


def test_open_ballots_stand_before_closed_ones(poll: WeightPoll, world: World) -> None:
    expert = poll.ballots.order_by("pk")[0].expert
    plan = weights_actions.PollPlan(
        "新的", world.version, "hours", "r", poll.due, [e.pk for e in world.experts]
    )
    WeightPoll.objects.update(closed=poll.opened)
    opened = weights_actions.open_poll(actor=SYSTEM, plan=plan)
    WeightPoll.objects.filter(pk=opened.pk).update(opened=poll.opened - dt.timedelta(days=9))
    found = [ballot.poll_id for ballot in weights_queries.ballots(Actor.of(expert, make.DAY))]
    assert found == [opened.pk, poll.pk]


def test_who_may_ask_whom(world: World) -> None:
    day = make.DAY + dt.timedelta(days=20)
    some = [e.pk for e in world.experts[:3]]
    for experts, match in ((some[:2], "三位"), ([*some, make.make_account(Role.TEACHER).pk], "三位")):
        with pytest.raises(Refused, match=match):
            weights_actions.open_poll(
                actor=SYSTEM, plan=weights_actions.PollPlan("t", world.version, "", "r", day, experts)
            )
    with pytest.raises(Refused, match="已没有"):
        weights_actions.open_poll(
            actor=SYSTEM, plan=weights_actions.PollPlan("t", world.version, "x", "r", day, some)
        )
    with pytest.raises(Forbidden):
        weights_actions.open_poll(
            actor=make.make_actor(Role.EXPERT),
            plan=weights_actions.PollPlan("t", world.version, "", "r", day, some),
        )
    assert not weights_queries.polls(make.make_actor(Role.SUPERVISOR)).exists()
    text(world.school_client(), "/stars/ai/weights/", 403)
    officer = client_as(Role.DISTRICT_OFFICER)
    soon = clock.today() + dt.timedelta(days=20)
    data = {"node": "hours", "title": "课时", "reason": "修订", "experts": some, "due": soon.isoformat()}
    late = officer.post("/stars/ai/weights/new/", {**data, "due": day.isoformat()})
    assert "这一天已经过去" in late.content.decode()
    assert not WeightPoll.objects.exists()
    assert officer.post("/stars/ai/weights/new/", data).status_code == 302
    assert WeightPoll.objects.get().node == "hours"
