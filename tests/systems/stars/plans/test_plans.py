"""Development plans: who writes and reads them, and whether they fit what the data say."""

import datetime as dt

import pytest
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from tests import factories as make
from tests.standing import built, copied
from tests.systems.stars.ailevel.conftest import World, build_world, client_as, evaluate
from tests.systems.stars.ailevel.test_levels import text
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.rendering.checker import check_report
from xuequ.core.reports import Report
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.systems.stars.plans import actions, queries
from xuequ.systems.stars.plans.actions import GoalWords, PlanWords
from xuequ.systems.stars.plans.choices import GoalState, SpecialityKind
from xuequ.systems.stars.plans.matching import Match, matches
from xuequ.systems.stars.plans.models import DevelopmentPlan, PlanGoal, PlanReview
from xuequ.systems.stars.plans.sections import district_blocks, plan_report

START, END = dt.date(2025, 9, 1), dt.date(2028, 9, 1)


def evaluated() -> World:
    found = build_world()
    evaluate(found)
    return found


built_world = built(evaluated)
world = copied("built_world")


def words(kind: str = SpecialityKind.PROGRAMMING, **changed: object) -> PlanWords:
    fields = {
        "title": "数字化发展规划",
        "start": START,
        "end": END,
        "speciality_kind": kind,
        "speciality": "进阶课",
        "why": "",
    }
    return PlanWords(**{**fields, **changed})  # type: ignore[arg-type]


def goal(item: str = "", **changed: object) -> GoalWords:
    fields = {
        "text": "要改变的",
        "item": item,
        "measure": "摸底",
        "begins_at": 4.0,
        "target": 16.0,
        "due": END,
        "steps": "",
    }
    return GoalWords(**{**fields, **changed})  # type: ignore[arg-type]


def head(school: School) -> Actor:
    return make.make_actor(Role.HEAD, school=school)


def written(
    world: World, number: int = 0, *items: str, kind: str = SpecialityKind.PROGRAMMING
) -> DevelopmentPlan:
    """A plan handed in, with a goal for each item."""
    actor = head(world.schools[number])
    plan = actions.write_plan(actor=actor, school=world.schools[number], words=words(kind))
    for item in items or ("",):
        actions.write_goal(actor=actor, plan=plan, words=goal(item))
    return actions.hand_in(actor=actor, plan=plan)


def beside(plan: DevelopmentPlan) -> Match:
    return matches([plan], {plan.pk: list(queries.goals(plan))})[0]


def test_a_plan_is_measured_by_what_stands_in_the_way(world: World) -> None:
    level = world.schools[0].ai_levels.get()
    obstacles = [one["code"] for one in level.result["obstacles"]][:3]
    none = beside(written(world, 1))
    some = beside(written(world, 0, obstacles[0], obstacles[2]))
    assert (some.addressed, len(some.obstacles)) == (2, 3)
    assert [one.goal is not None for one in some.obstacles] == [True, False, True]
    assert none.addressed == 0


def test_a_goal_given_up_works_on_nothing(world: World) -> None:
    first = world.schools[0].ai_levels.get().result["obstacles"][0]["code"]
    plan = written(world, 0, first)
    assert beside(plan).addressed == 1
    actions.write_goal(
        actor=head(world.schools[0]),
        plan=plan,
        words=goal(first, state=GoalState.DROPPED),
        goal=plan.goals.get(),
    )
    assert beside(plan).addressed == 0


def test_a_closed_schools_plan_is_not_counted(world: World) -> None:
    for number in range(2):
        written(world, number)
    officer = client_as(Role.DISTRICT_OFFICER)
    assert f"{len(world.schools)} 所学校中有 2 所" in text(officer, "/stars/plans/")
    School.objects.filter(pk=world.schools[0].pk).update(closed_on=make.DAY)
    assert f"{len(world.schools) - 1} 所学校中有 1 所" in text(officer, "/stars/plans/")


def test_saving_a_goal_of_an_earlier_scheme_keeps_its_index(world: World) -> None:
    plan = written(world, 0)
    row = plan.goals.get()
    PlanGoal.objects.filter(pk=row.pk).update(item="abolished")
    client = client_as(Role.HEAD, school=world.schools[0])
    url = f"/stars/plans/goals/{row.uid}/"
    assert '<option value="abolished" selected>' in text(client, url)
    data = {"text": "新说法", "item": "abolished", "measure": "摸底", "due": "2027-06-01", "state": "open"}
    assert client.post(url, data).status_code == 302
    row.refresh_from_db()
    assert (row.text, row.item) == ("新说法", "abolished")


def test_a_look_back_is_on_a_year_of_the_plan_that_has_begun(world: World) -> None:
    plan = written(world, 0)
    before, running, later = (make.make_year(first) for first in (2024, 2025, 2026))
    actor = head(world.schools[0])
    assert list(queries.years_to_look_back_on(actor, plan)) == [running]
    for year in (before, later):
        with pytest.raises(Refused, match="这一学年"):
            actions.look_back(actor=actor, plan=plan, year=year, text="做了。")
    actions.look_back(actor=actor, plan=plan, year=running, text="做了。")
    assert PlanReview.objects.get().year == running


def test_a_goal_says_how_far_it_has_come(world: World) -> None:
    plan = written(world, 5, "lessons")
    (line,) = beside(plan).goals
    assert line.now is not None
    assert line.way == pytest.approx((line.now - 4) / 12)


def test_a_speciality_is_backed_by_signs_or_not(world: World) -> None:
    weak, strong = beside(written(world, 0)), beside(written(world, 9))
    assert (weak.backed, strong.backed) == (False, True)
    assert strong.known == 5
    assert beside(written(world, 4, kind="")).backed is None


def test_without_an_evaluation_nothing_is_made_up(world: World) -> None:
    other = make.make_school()
    plan = actions.write_plan(actor=head(other), school=other, words=words())
    found = beside(plan)
    assert (found.level, found.obstacles, found.backed) == (None, (), None)
    assert all(sign.good is None for sign in found.signs)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_number_is_a_cited_cell(world: World, language: str) -> None:
    first = world.schools[0].ai_levels.get().result["obstacles"][0]["code"]
    found = [
        beside(plan) for plan in (written(world, 0, first), written(world, 9), written(world, 4, kind=""))
    ]
    with translation.override(language):
        for one in found:
            assert check_report(plan_report(one), [language]) == []
        whole = Report("t", "", "", "2026-03-02T08:00:00+08:00", None, district_blocks(found, world.schools))
        assert check_report(whole, [language]) == []


def test_a_draft_is_the_schools_own(world: World) -> None:
    school = world.schools[0]
    client, officer = client_as(Role.HEAD, school=school), client_as(Role.DISTRICT_OFFICER)
    data = {
        "title": "规划",
        "start": "2025-09-01",
        "end": "2028-09-01",
        "speciality_kind": "robotics",
        "speciality": "造物",
    }
    assert client.post("/stars/plans/new/", data).status_code == 302
    plan = DevelopmentPlan.objects.get()
    url = f"/stars/plans/{plan.uid}/"
    text(officer, url, 404)
    text(client_as(Role.HEAD, school=world.schools[1]), url, 404)
    assert "不能提交" in client.post(f"{url}hand-in/", follow=True).content.decode()
    added = {"text": "开齐课", "item": "lessons", "measure": "课时", "begins_at": "4", "target": "16", "due": "2027-06-01", "state": "open"}  # noqa: E501  # fmt: skip
    assert client.post(f"{url}goals/new/", added).status_code == 302
    client.post(f"{url}hand-in/")
    assert "造物" in text(officer, url)
    text(officer, f"{url}change/", 403)
    text(client_as(Role.MORAL_EDUCATION, school=school), f"{url}change/", 403)
    text(client_as(Role.TEACHER, school=school), "/stars/plans/", 403)
    assert client.get("/stars/plans/").headers["Location"] == url
    assert officer.get(f"{url}plan.docx").status_code == 200


def test_evidence_and_the_look_back(world: World) -> None:
    plan = written(world, 0, "lessons")
    client, officer = client_as(Role.HEAD, school=world.schools[0]), client_as(Role.DISTRICT_OFFICER)
    row = plan.goals.get()
    url = f"/stars/plans/goals/{row.uid}/"
    client.post(f"{url}evidence/", {"e-title": "课表", "e-note": "两个年级已排课"})
    assert "课表" in text(client, url)
    assert "课表" in text(officer, f"/stars/plans/{plan.uid}/")
    text(officer, f"/stars/plans/evidence/{row.pieces.get().uid}/", 404)
    year = make.make_year()
    client.post(f"/stars/plans/{plan.uid}/look-back/", {"year": year.pk, "text": "开齐了课。"})
    review = PlanReview.objects.get()
    officer.post(f"/stars/plans/reviews/{review.uid}/comment/", {"text": "设备走调剂。"})
    assert "设备走调剂。" in text(client, f"/stars/plans/{plan.uid}/")
    with pytest.raises(Refused, match="已对这一年"):
        actions.look_back(actor=head(world.schools[0]), plan=plan, year=year, text="再写")
    with pytest.raises(Forbidden):
        actions.comment(actor=head(world.schools[0]), review=review, text="x")


def test_refusals_name_what_is_wrong(world: World) -> None:
    school = world.schools[0]
    plan = written(world, 0)
    with pytest.raises(Refused, match="已有"):
        actions.write_plan(actor=head(school), school=school, words=words())
    with pytest.raises(Refused, match="六年"):
        actions.write_plan(actor=head(school), school=school, words=words(start=END, end=dt.date(2040, 9, 1)))
    with pytest.raises(Refused, match="规划期内"):
        actions.write_goal(actor=head(school), plan=plan, words=goal(due=dt.date(2030, 1, 1)))
    with pytest.raises(Refused, match="起点值"):
        actions.write_goal(actor=head(school), plan=plan, words=goal(begins_at=None))
    with pytest.raises(Forbidden):
        actions.write_goal(actor=head(world.schools[1]), plan=plan, words=goal())
    changed = actions.write_goal(
        actor=head(school), plan=plan, words=goal(state=GoalState.REACHED), goal=plan.goals.get()
    )
    assert PlanGoal.objects.get().state == changed.state == "reached"


def test_pages_ask_little_of_the_database(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    plans = [written(world, number, "lessons", "skill") for number in range(6)]
    officer, school = client_as(Role.DISTRICT_OFFICER), client_as(Role.HEAD, school=world.schools[0])
    for client, url in (
        (officer, "/stars/plans/"),
        (officer, f"/stars/plans/{plans[0].uid}/"),
        (school, f"/stars/plans/{plans[0].uid}/"),
        (school, f"/stars/plans/{plans[0].uid}/goals/new/"),
    ):
        client.get(url)
        with django_assert_max_num_queries(12):
            text(client, url)
