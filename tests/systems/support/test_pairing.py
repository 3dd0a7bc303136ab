"""Digital assistance: both agree, acts count when the other side confirms, no school reads another's need."""

import datetime as dt
import io
from decimal import Decimal

import polars as pl
import pytest
from django.urls import reverse
from django.utils.html import escape
from docx import Document

from tests import factories
from tests.systems.support.conftest import DAY, World, client_of, page
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.jobs.enqueue import run_pending
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.notices import queries as notices
from xuequ.record.actions import IndicatorValue, create_run, finish_run, publish_indicators, start_run
from xuequ.record.choices import RunState
from xuequ.record.models import Indicator
from xuequ.systems.support.pairing import actions, material, queries, report
from xuequ.systems.support.pairing.choices import ActKind, PairState, RuleKind, Side
from xuequ.systems.support.pairing.models import Act, Effect, Pair, PairPlan
from xuequ.systems.support.pairing.publishing import publish_weekly
from xuequ.systems.support.pairing.wording import district_sentence, own_sentence

STRONG, WEAK = 0, 1
"""Places of the helping school and of the first that is helped."""


def published(world: World, code: str, values: list[float | None], period: str = "2025-2026") -> None:
    actor = world.by("officer")
    run = create_run(actor=actor, system="stars", kind="x", title="x", engine_version="0", parameters={})
    start_run(run, pl.DataFrame({"x": [1]}))
    finish_run(run, actor=actor)
    rows = [
        IndicatorValue(code, value, school_id=school.pk)
        for value, school in zip(values, world.schools, strict=False)
        if value is not None
    ]
    publish_indicators(actor=actor, run=run, period=period, values=rows)


def planned(world: World, **settings: float) -> PairPlan:
    published(world, "balance.shortfall", [0.0, 0.9, 0.6, 0.1])
    year = factories.make_year()
    actions.set_rooms(
        actor=world.by("officer"),
        year=year,
        places={s.pk: 2 * (i == STRONG) for i, s in enumerate(world.schools)},
    )
    # The schools are of two stages: what it is worth to stay within one is another question.
    plan, _task = actions.start_plan(actor=world.by("officer"), year=year, **{"other_stage": 0.0, **settings})
    run_pending()
    plan.refresh_from_db()
    return plan


def proposed(world: World) -> list[Pair]:
    return actions.adopt(actor=world.by("officer"), plan=planned(world))


def agreed(world: World) -> Pair:
    pair = next(one for one in proposed(world) if one.receiver == world.schools[WEAK])
    actions.agree(actor=world.head(STRONG), pair=pair)
    return actions.agree(actor=world.head(WEAK), pair=pair)


def act(world: World, pair: Pair, by: int = STRONG, **changed: object) -> Act:
    fields = {
        "kind": ActKind.SPECIAL, "day": DAY, "title": "图形化编程", "hours": Decimal("2.0"), "pupils": 40, **changed,
    }  # fmt: skip
    return actions.write_act(actor=world.head(by), pair=pair, **fields)  # type: ignore[arg-type]


def test_those_with_most_need_get_the_room_there_is_each_with_a_reason(world: World) -> None:
    plan = planned(world)
    assert plan.run.state == RunState.DONE, plan.run.refusal
    made, unpaired = queries.planned(plan)
    assert {one.receiver for one in made} == {world.schools[1], world.schools[2]}
    assert unpaired == [world.schools[3]]
    assert all(one.giver == world.schools[STRONG] for one in made)
    assert district_sentence(made[0].reasons)
    assert set(plan.result["gaps"][str(world.schools[1].uid)]) >= {"hours", "growth"}


def test_a_settled_pair_stays_and_a_forbidden_one_is_not_to_be(world: World) -> None:
    year, officer = factories.make_year(), world.by("officer")
    rule = {"actor": officer, "year": year, "giver": world.schools[STRONG]}
    actions.add_rule(**rule, kind=RuleKind.LOCKED, receiver=world.schools[3])
    actions.add_rule(**rule, kind=RuleKind.FORBIDDEN, receiver=world.schools[1])
    made, unpaired = queries.planned(planned(world))
    assert {one.receiver for one in made} == {world.schools[2], world.schools[3]}
    assert unpaired == [world.schools[1]]
    with pytest.raises(Refused):
        actions.add_rule(**rule, kind=RuleKind.LOCKED, receiver=world.schools[STRONG])


def test_without_room_the_run_is_refused_in_words(world: World) -> None:
    published(world, "balance.shortfall", [0.0, 0.9, 0.6, 0.1])
    year = factories.make_year()
    actions.set_rooms(actor=world.by("officer"), year=year, places={s.pk: 0 for s in world.schools})
    plan, _task = actions.start_plan(actor=world.by("officer"), year=year)
    run_pending()
    plan.refresh_from_db()
    plan.run.refresh_from_db()
    assert plan.run.state == RunState.REFUSED
    assert plan.run.refusal
    with pytest.raises(Refused):
        actions.adopt(actor=world.by("officer"), plan=plan)


def test_the_same_input_gives_the_same_pairs(world: World) -> None:
    first = planned(world)
    again, _task = actions.start_plan(
        actor=world.by("officer"),
        year=factories.make_year(),
        other_stage=first.run.parameters["design"]["other_stage"],
    )
    run_pending()
    again.refresh_from_db()
    again.run.refresh_from_db()
    first.run.refresh_from_db()
    assert again.result == first.result
    assert again.run.inputs_sha256 == first.run.inputs_sha256 != ""


def test_a_pair_stands_when_both_agree_and_falls_when_one_declines(world: World) -> None:
    pairs = proposed(world)
    one = next(pair for pair in pairs if pair.receiver == world.schools[1])
    assert any(notice.about == one.uid for notice in notices.waiting(world.head(1)))
    assert actions.agree(actor=world.head(STRONG), pair=one).state == PairState.PROPOSED
    assert actions.agree(actor=world.head(1), pair=one).state == PairState.AGREED
    assert not any(notice.about == one.uid for notice in notices.waiting(world.head(1)))
    other = next(pair for pair in pairs if pair != one)
    with pytest.raises(Refused):
        actions.decline(actor=world.head(2), pair=other, remark=" ")
    assert actions.decline(actor=world.head(2), pair=other, remark="距离太远").state == PairState.DECLINED
    with pytest.raises(Forbidden):
        actions.agree(actor=world.head(3), pair=one)


def test_an_act_is_typed_once_and_counts_when_the_other_side_confirms(world: World) -> None:
    pair = agreed(world)
    row = act(world, pair)
    sums = queries.with_sums(queries.pairs(world.by("officer"))).get(pk=pair.pk)
    assert (sums.hours, sums.waiting) == (None, 1)
    with pytest.raises(Forbidden):
        actions.confirm(actor=world.head(STRONG), act=row)
    actions.confirm(actor=world.head(WEAK), act=row)
    with pytest.raises(Refused):
        actions.confirm(actor=world.head(WEAK), act=row)
    with pytest.raises(Refused):
        actions.take_back(actor=world.head(STRONG), act=row)
    sums = queries.with_sums(queries.pairs(world.by("officer"))).get(pk=pair.pk)
    assert (sums.hours, sums.reached, sums.acts_done) == (Decimal("2.0"), 40, 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"hours": Decimal(41)}, {"hours": Decimal(0)}, {"pupils": 3001}, {"day": DAY + dt.timedelta(1)},
        {"day": dt.date(2025, 8, 30)},
    ],
)  # fmt: skip
def test_an_act_that_cannot_be_is_refused(world: World, changed: dict[str, object]) -> None:
    pair = agreed(world)
    with pytest.raises(Refused):
        act(world, pair, **changed)
    assert not Act.objects.exists()


def test_the_other_school_may_see_it_otherwise(world: World) -> None:
    pair = agreed(world)
    row = act(world, pair, by=WEAK)
    actions.contest(actor=world.head(STRONG), act=row, text="只有一课时")
    row.refresh_from_db()
    assert row.confirmed is None
    assert "只有一课时" in page(client_of(world.heads[WEAK]), reverse("support:pair", args=[pair.uid]))
    actions.take_back(actor=world.head(WEAK), act=row)
    assert not Act.objects.exists()


def test_hours_are_published_once_a_week(world: World) -> None:
    pair = agreed(world)
    actions.confirm(actor=world.head(WEAK), act=act(world, pair))
    act(world, pair, title="未确认")
    assert publish_weekly(day=DAY) is not None
    assert publish_weekly(day=DAY + dt.timedelta(3)) is None
    given = Indicator.objects.get(code="support.hours_given", school=world.schools[STRONG], superseded=None)
    got = Indicator.objects.get(code="support.hours_received", school=world.schools[WEAK], superseded=None)
    assert (given.value, got.value) == (2.0, 2.0)


def test_what_help_did_is_refused_in_words_with_few_schools_and_told_with_many(world: World) -> None:
    year, officer = factories.make_year(), world.by("officer")
    agreed(world)
    actions.start_effect(actor=officer, year=year)
    run_pending()
    few = queries.effect(officer, year)
    assert few is not None
    assert few.run.state == RunState.REFUSED
    assert escape(few.run.refusal) in page(client_of(world.officer), reverse("support:pairs"))
    world.schools += [factories.make_school() for _ in range(10)]
    before: list[float | None] = [50.0 + place for place in range(14)]
    after = [
        value + (9 if place in range(1, 7) else 1) + 0.1 * place
        for place, value in enumerate(before)
        if value
    ]
    for school in world.schools[2:7]:
        Pair.objects.update_or_create(
            year=year, giver=world.schools[STRONG], receiver=school, defaults={"state": PairState.AGREED}
        )
    published(world, "stars.district_score", before, "2024-2025")
    published(world, "stars.district_score", list(after))
    actions.start_effect(actor=officer, year=year)
    run_pending()
    told = Effect.objects.select_related("run").first()
    assert told is not None
    assert told.run.state == RunState.DONE, told.run.refusal
    assert told.result["low"] < told.result["effect"] < told.result["high"]
    assert told.result["helped"] == 6
    page(client_of(world.officer), reverse("support:pairs"))


# What a school reads.


def test_a_school_reads_no_others_need(world: World) -> None:
    pair = agreed(world)
    other = Pair.objects.get(receiver=world.schools[2])
    assert "%" not in own_sentence(pair.reasons, Side.GIVER)
    for place in (STRONG, WEAK):
        text = page(client_of(world.heads[place]), reverse("support:pair", args=[pair.uid]))
        assert "points)" not in text
        assert "0.90" not in text
    weak = client_of(world.heads[WEAK])
    assert world.schools[2].name not in page(weak, reverse("support:pairs"))
    assert weak.get(reverse("support:pair", args=[other.uid])).status_code == 404
    plan = PairPlan.objects.get()
    assert weak.get(reverse("support:pair-plan", args=[plan.uid])).status_code == 404
    assert weak.get(reverse("support:pairs-prepare")).status_code == 403
    assert weak.get(reverse("support:pairs-report", args=["docx"])).status_code == 404


def test_nothing_is_known_of_a_school_without_numbers_and_nothing_is_made_up(world: World) -> None:
    known = material.known_schools(world.by("officer"), "2025-2026")
    assert all(one.need == {} and one.strength == {} for one in known)
    table = material.pair_table(known, factories.make_year())
    assert table.select(pl.sum_horizontal(pl.selectors.starts_with("need_")).sum()).item() == 0


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.BUREAU_LEADER, 200), (Role.DISTRICT_OFFICER, 200), (Role.RESEARCHER, 200), (Role.HEAD, 200),
        (Role.TEACHER, 403), (Role.FINANCE, 403), (Role.EXPERT, 403), (Role.GUARDIAN, 403), (Role.PUPIL, 403),
    ],
)  # fmt: skip
def test_pairs_by_role(world: World, role: Role, expected: int) -> None:
    pair = agreed(world)
    place = {"school": world.schools[WEAK]} if role in {Role.HEAD, Role.TEACHER} else {}
    client = client_of(factories.make_account(role, **place))
    assert client.get(reverse("support:pairs")).status_code == expected
    assert client.get(reverse("support:pair", args=[pair.uid])).status_code == (
        200 if expected == 200 else 404
    )


def test_pages_and_reports_of_pairs(world: World) -> None:
    pair = agreed(world)
    actions.confirm(actor=world.head(WEAK), act=act(world, pair))
    officer, head = client_of(world.officer), client_of(world.heads[WEAK])
    for url in (
        reverse("support:pairs"), reverse("support:pairs-prepare"),
        reverse("support:pair-plan", args=[PairPlan.objects.get().uid]), reverse("support:pair", args=[pair.uid]),
    ):  # fmt: skip
        page(officer, url)
    for url in (reverse("support:index"), reverse("support:pairs"), reverse("support:pair", args=[pair.uid])):
        page(head, url)
    whole = officer.get(reverse("support:pairs-report", args=["docx"])).content
    own = head.get(reverse("support:pair-report", args=[pair.uid, "docx"])).content
    words = [
        "\n".join(
            cell.text
            for table in Document(io.BytesIO(file)).tables
            for row in table.rows
            for cell in row.cells
        )
        for file in (whole, own)
    ]
    assert world.schools[WEAK].name in words[0]
    assert "图形化编程" in words[1]
    assert world.schools[2].name not in words[1]


def test_work_goes_through_the_pages(world: World) -> None:
    pairs = proposed(world)
    pair = next(one for one in pairs if one.receiver == world.schools[WEAK])
    strong, weak = client_of(world.heads[STRONG]), client_of(world.heads[WEAK])
    for client in (strong, weak):
        client.post(reverse("support:pair-agree", args=[pair.uid]))
    fields = {"kind": "special", "day": DAY.isoformat(), "title": "编程", "hours": "2", "pupils": "30"}
    strong.post(reverse("support:pair-act", args=[pair.uid]), fields)
    row = Act.objects.get()
    weak.post(reverse("support:act-confirm", args=[row.uid]))
    row.refresh_from_db()
    assert row.confirmed is not None
    assert client_of(world.heads[2]).post(reverse("support:act-confirm", args=[row.uid])).status_code == 404
    client_of(world.officer).post(reverse("support:pair-end", args=[pair.uid]))
    pair.refresh_from_db()
    assert pair.state == PairState.ENDED


# What must not happen twice, or at all.


def plan_again(world: World) -> PairPlan:
    plan, _task = actions.start_plan(actor=world.by("officer"), year=factories.make_year(), other_stage=0.0)
    run_pending()
    plan.refresh_from_db()
    plan.run.refresh_from_db()
    return plan


def test_a_declined_pair_is_not_proposed_again_and_the_district_learns_of_it(world: World) -> None:
    pairs = proposed(world)
    one = next(pair for pair in pairs if pair.receiver == world.schools[WEAK])
    actions.decline(actor=world.head(WEAK), pair=one, remark="距离太远，教师来回不便")
    assert {notice.kind for notice in notices.waiting(world.by("officer"))} == {actions.DECLINED}
    made, unpaired = queries.planned(plan := plan_again(world))
    assert world.schools[WEAK] in unpaired
    assert {pair.receiver for pair in made} == {world.schools[2], world.schools[3]}
    actions.adopt(actor=world.by("officer"), plan=plan)
    one.refresh_from_db()
    assert (one.state, one.remark) == (PairState.DECLINED, "距离太远，教师来回不便")
    assert notices.waiting(world.by("officer")) == []
    rule = {"giver": one.giver, "receiver": one.receiver, "year": one.year, "actor": world.by("officer")}
    actions.add_rule(**rule, kind=RuleKind.LOCKED)
    assert one.receiver in {pair.receiver for pair in queries.planned(plan_again(world))[0]}


def test_why_a_school_declines_is_read_by_the_district_alone(world: World) -> None:
    one = next(pair for pair in proposed(world) if pair.receiver == world.schools[WEAK])
    actions.decline(actor=world.head(WEAK), pair=one, remark="对方教师不足")
    url = reverse("support:pair", args=[one.uid])
    assert "对方教师不足" in page(client_of(world.officer), url)
    assert "对方教师不足" not in page(client_of(world.heads[STRONG]), url)


def test_a_school_whose_pair_was_ended_gets_another_partner(world: World) -> None:
    pair = agreed(world)
    actions.end(actor=world.by("officer"), pair=pair)
    year = pair.year
    places = {s.pk: 2 * (i in (STRONG, 3)) for i, s in enumerate(world.schools)}
    actions.set_rooms(actor=world.by("officer"), year=year, places=places)
    made = actions.adopt(actor=world.by("officer"), plan=plan_again(world))
    assert [one.giver for one in made if one.receiver == world.schools[WEAK]] == [world.schools[3]]


def test_an_old_computation_is_not_proposed_over_what_schools_have_answered_since(world: World) -> None:
    first = planned(world)
    second = plan_again(world)
    pairs = actions.adopt(actor=world.by("officer"), plan=first)
    one = next(pair for pair in pairs if pair.receiver == world.schools[WEAK])
    actions.agree(actor=world.head(STRONG), pair=one)
    kept = actions.adopt(actor=world.by("officer"), plan=second)
    one.refresh_from_db()
    assert one in kept
    assert one.giver_agreed is not None, "what a school has answered already stands"
    stale = plan_again(world)
    actions.decline(actor=world.head(WEAK), pair=one, remark="不合适")
    with pytest.raises(Refused):
        actions.adopt(actor=world.by("officer"), plan=stale)


def test_acts_outlive_whatever_is_computed_anew(world: World) -> None:
    pair = agreed(world)
    actions.confirm(actor=world.head(WEAK), act=act(world, pair))
    Pair.objects.filter(pk=pair.pk).update(state=PairState.PROPOSED)
    actions.add_rule(
        actor=world.by("officer"), year=pair.year, kind=RuleKind.FORBIDDEN,
        giver=world.schools[STRONG], receiver=world.schools[WEAK],
    )  # fmt: skip
    actions.adopt(actor=world.by("officer"), plan=plan_again(world))
    pair.refresh_from_db()
    assert (pair.state, pair.acts.count()) == (PairState.ENDED, 1)


def test_rules_that_stand_against_each_other_are_refused(world: World) -> None:
    pair = agreed(world)
    rule = {"actor": world.by("officer"), "year": pair.year, "receiver": world.schools[WEAK]}
    with pytest.raises(Refused):
        actions.add_rule(**rule, kind=RuleKind.FORBIDDEN, giver=world.schools[STRONG])
    with pytest.raises(Refused):
        actions.add_rule(**rule, kind=RuleKind.LOCKED, giver=world.schools[3])
    rule["receiver"] = world.schools[2]
    actions.add_rule(**rule, kind=RuleKind.LOCKED, giver=world.schools[STRONG])
    with pytest.raises(Refused):
        actions.add_rule(**rule, kind=RuleKind.LOCKED, giver=world.schools[3])


@pytest.mark.parametrize(("place", "room"), [(STRONG, 0), (STRONG, None), (WEAK, 1), (WEAK, None)])
def test_room_is_not_taken_from_under_a_pair_that_stands(world: World, place: int, room: int | None) -> None:
    pair = agreed(world)
    with pytest.raises(Refused, match=str(pair)):
        actions.set_rooms(actor=world.by("officer"), year=pair.year, places={world.schools[place].pk: room})


def test_a_school_may_take_no_part_and_a_closed_one_takes_none(world: World) -> None:
    pair = agreed(world)
    actions.set_rooms(actor=world.by("officer"), year=pair.year, places={world.schools[2].pk: None})
    made, unpaired = queries.planned(plan_again(world))
    assert world.schools[2] not in {*unpaired, *(one.receiver for one in made)}
    world.schools[WEAK].closed_on = DAY
    world.schools[WEAK].save()
    again = plan_again(world)
    assert again.run.state == RunState.DONE, again.run.refusal
    assert world.schools[WEAK] not in {one.receiver for one in queries.planned(again)[0]}


def test_what_cannot_be_settled_is_named_by_school(world: World) -> None:
    published(world, "balance.shortfall", [0.0, 0.9, 0.6, 0.1])
    year, officer = factories.make_year(), world.by("officer")
    actions.set_rooms(
        actor=officer, year=year, places={s.pk: 2 * (i == STRONG) for i, s in enumerate(world.schools)}
    )
    actions.add_rule(
        actor=officer, year=year, kind=RuleKind.LOCKED, giver=world.schools[3], receiver=world.schools[2]
    )
    assert world.schools[3].name in plan_again(world).run.refusal


def test_distance_says_when_it_counts_for_nobody(world: World) -> None:
    plan = planned(world)
    assert world.schools[0].name in page(
        client_of(world.officer), reverse("support:pair-plan", args=[plan.uid])
    )


def test_one_head_of_both_schools_agrees_for_both_but_confirms_nothing_of_their_own(world: World) -> None:
    one = next(pair for pair in proposed(world) if pair.receiver == world.schools[WEAK])
    account = factories.make_account(Role.HEAD, school=world.schools[STRONG])
    factories.give_role(account, Role.HEAD, school=world.schools[WEAK])
    both = Actor.of(account, DAY)
    assert actions.agree(actor=both, pair=one).state == PairState.AGREED
    row = actions.write_act(
        actor=both, pair=one, kind=ActKind.MASTER, day=DAY, title="x", hours=Decimal(1), pupils=0
    )
    with pytest.raises(Forbidden):
        actions.confirm(actor=both, act=row)
    actions.confirm(actor=world.head(WEAK), act=row)


def test_who_has_agreed_is_asked_no_longer(world: World) -> None:
    one = next(pair for pair in proposed(world) if pair.receiver == world.schools[WEAK])
    actions.agree(actor=world.head(WEAK), pair=one)
    assert not any(notice.about == one.uid for notice in notices.waiting(world.head(WEAK)))
    assert any(notice.about == one.uid for notice in notices.waiting(world.head(STRONG)))


def test_the_same_act_does_not_count_twice(world: World) -> None:
    pair = agreed(world)
    row = act(world, pair)
    with pytest.raises(Refused):
        act(world, pair)
    with pytest.raises(Refused):
        act(world, pair, by=WEAK, title="上午的编程课")
    actions.confirm(actor=world.head(WEAK), act=row)
    act(world, pair, by=WEAK, title="下午的编程课")
    assert Act.objects.count() == 2


def test_an_entry_that_cannot_be_taken_is_not_lost(world: World) -> None:
    pair = agreed(world)
    fields = {
        "kind": "special",
        "day": DAY.isoformat(),
        "title": "编程入门第三课",
        "hours": "41",
        "pupils": "30",
    }
    answer = client_of(world.heads[STRONG]).post(reverse("support:pair-act", args=[pair.uid]), fields)
    assert "编程入门第三课" in answer.content.decode()
    assert not Act.objects.exists()


def test_last_years_pairs_are_read_reported_and_judged_in_the_new_year(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = agreed(world)
    row = act(world, pair)
    publish_weekly(day=DAY)
    later = dt.date(2026, 9, 10)
    factories.make_year(2026)
    monkeypatch.setattr("xuequ.core.clock.today", lambda: later)
    actions.confirm(actor=world.head(WEAK), act=row)
    url, year = reverse("support:pairs"), {"year": "2025-2026"}
    officer = client_of(world.officer)
    assert world.schools[WEAK].name not in page(officer, url)
    assert world.schools[WEAK].name in page(officer, f"{url}?year=2025-2026")
    assert officer.get(f"{url}?year=1999-2000").status_code == 404
    assert officer.get(reverse("support:pairs-report", args=["docx"]), year).status_code == 200
    officer.post(reverse("support:pairs-effect"), year)
    assert Effect.objects.get().year == pair.year
    page(client_of(world.heads[WEAK]), reverse("support:pair", args=[pair.uid]))
    publish_weekly(day=later)
    got = Indicator.objects.get(code="support.hours_received", school=world.schools[WEAK], superseded=None)
    assert (got.value, got.period) == (2.0, "2025-2026")


def effect_of(world: World, before: list[float], after: list[float], helped: int) -> Effect:
    year = factories.make_year()
    world.schools += [factories.make_school() for _ in range(len(before) - len(world.schools))]
    for place in range(1, helped + 1):
        Pair.objects.create(
            year=year, giver=world.schools[STRONG], receiver=world.schools[place], state=PairState.AGREED
        )
    published(world, "stars.district_score", list(before), "2024-2025")
    published(world, "stars.district_score", list(after))
    actions.start_effect(actor=world.by("officer"), year=year)
    run_pending()
    return Effect.objects.select_related("run").get()


def test_what_rose_because_it_was_low_is_not_called_an_effect_of_help(world: World) -> None:
    before = [90.0, *(50.0 + i for i in range(7)), *(52.0 + 3 * i for i in range(10))]
    after = [value + (80 - value) * 0.5 + (-1) ** i for i, value in enumerate(before)]
    found = effect_of(world, before, after, 7)
    assert found.run.state == RunState.DONE, found.run.refusal
    assert found.result["low"] > 0
    first = report.effect_blocks(found)[0].sentences[0]  # type: ignore[union-attr]
    assert first.message == report.ONLY_START
    assert found.result["idle"] == 7
    text = page(client_of(world.officer), reverse("support:pairs"))
    assert world.schools[3].name in text
    assert "区级" in text or "rating" in text


def test_helped_schools_that_fell_behind_are_said_to(world: World) -> None:
    before = [60.0 + i % 5 for i in range(18)]
    after = [value - 5 * (1 <= i <= 7) + 0.3 * (i % 3) for i, value in enumerate(before)]
    found = effect_of(world, before, after, 7)
    assert report.effect_blocks(found)[0].sentences[0].message == report.BEHIND  # type: ignore[union-attr]
    assert found.result["method"] == "permutation"


def test_schools_that_could_not_rise_are_counted(world: World) -> None:
    before = [90.0, *([80.0] * 4), 60.0, 70.0, *([80.0] * 4), 65.0, 75.0, 72.0]
    after = [value + (value < 80) * (1 + i % 3) for i, value in enumerate(before)]
    found = effect_of(world, before, after, 6)
    assert found.result["top"] == 8
    noted = [
        sentence.message
        for block in report.effect_blocks(found)
        for sentence in getattr(block, "sentences", ())
    ]
    assert report.TOP in noted
    page(client_of(world.officer), reverse("support:pairs"))


def test_a_school_whose_helper_was_closed_gets_another_one(world: World) -> None:
    pair = agreed(world)
    places = {world.schools[3].pk: 2}
    actions.set_rooms(actor=world.by("officer"), year=pair.year, places=places)
    world.schools[STRONG].closed_on = DAY
    world.schools[STRONG].save()
    made = actions.adopt(actor=world.by("officer"), plan=plan_again(world))
    assert (world.schools[3], world.schools[WEAK]) in {(one.giver, one.receiver) for one in made}
    pair.refresh_from_db()
    assert pair.state == PairState.ENDED


def told(world: World, place: int) -> list[str]:
    """The kinds of notices about ended pairs and voided acts that wait for the head of a school."""
    kinds = [notice.kind for notice in notices.waiting(world.head(place))]
    return sorted(kind for kind in kinds if kind.startswith((actions.ENDED, actions.VOIDED)))


def test_both_schools_are_told_when_the_district_ends_their_pair_and_read_why(world: World) -> None:
    pair = agreed(world)
    url, officer = reverse("support:pair", args=[pair.uid]), client_of(world.officer)
    assert (
        officer.post(reverse("support:pair-end", args=[pair.uid]), {"why": "受援校已达标"}).status_code == 302
    )
    assert told(world, STRONG) == ["support-pair-ended-giver"]
    assert told(world, WEAK) == ["support-pair-ended-receiver"]
    assert "受援校已达标" in page(client_of(world.heads[WEAK]), url)
    assert (told(world, STRONG), told(world, WEAK)) == (["support-pair-ended-giver"], [])
    page(officer, url)
    assert told(world, STRONG) == ["support-pair-ended-giver"], "the district's reading is not the school's"


def test_a_confirmed_act_is_voided_with_a_reason_and_counts_no_more(world: World) -> None:
    pair = agreed(world)
    row = act(world, pair)
    officer = world.by("officer")
    with pytest.raises(Refused):
        actions.void(actor=officer, act=row, why="未确认")
    actions.confirm(actor=world.head(WEAK), act=row)
    publish_weekly(day=DAY)
    for actor in (world.head(STRONG), world.head(WEAK)):
        with pytest.raises(Forbidden):
            actions.void(actor=actor, act=row, why="写错")
    with pytest.raises(Refused):
        actions.void(actor=officer, act=row, why=" ")
    address = reverse("support:act-void", args=[row.uid])
    assert client_of(world.heads[WEAK]).post(address, {"why": "写错"}).status_code == 403
    assert client_of(world.officer).post(address, {"why": "课时写成两倍"}).status_code == 302
    row.refresh_from_db()
    assert (row.counts, row.voided_why) == (False, "课时写成两倍")
    with pytest.raises(Refused):
        actions.void(actor=officer, act=row, why="又一次")
    sums = queries.with_sums(queries.pairs(officer)).get(pk=pair.pk)
    assert (sums.hours, sums.reached, sums.acts_done, sums.waiting) == (None, None, 0, 0)
    assert told(world, STRONG) == ["support-act-voided-giver"]
    shown = page(client_of(world.heads[STRONG]), reverse("support:pair", args=[pair.uid]))
    assert "课时写成两倍" in shown and not told(world, STRONG)
    made = report.pair_report(sums, Act.objects.filter(pair=pair), None)
    assert "图形化编程" not in str(made)
    publish_weekly(day=DAY + dt.timedelta(7))
    given = Indicator.objects.get(code="support.hours_given", school=world.schools[STRONG], superseded=None)
    assert given.value == 0.0, "what was published with the voided act is superseded"
    again = act(world, pair, hours=Decimal(1))
    actions.confirm(actor=world.head(WEAK), act=again)
    assert queries.hours(pair.year)[world.schools[STRONG].pk][0] == Decimal(1)
