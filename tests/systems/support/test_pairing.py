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
from xuequ.district.choices import Role
from xuequ.kit.notices import queries as notices
from xuequ.record.actions import IndicatorValue, create_run, finish_run, publish_indicators, start_run
from xuequ.record.choices import RunState
from xuequ.record.models import Indicator
from xuequ.systems.support.pairing import actions, material, queries
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
    told = Effect.objects.first()
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
