"""Judging a year: kept as a run, published as indicators, the same figures give the same findings; objections."""

from decimal import Decimal

import pytest

from tests import factories as make
from tests.systems.balance.conftest import World, give
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.record import evidence
from xuequ.record.actions import (
    IndicatorValue,
    create_run,
    finish_run,
    publish_indicators,
    read_inputs,
    start_run,
)
from xuequ.record.choices import RunState
from xuequ.record.models import Indicator, Run
from xuequ.systems.balance import actions, queries
from xuequ.systems.balance.choices import AppealState, Ground
from xuequ.systems.balance.items import actions as items
from xuequ.systems.balance.models import Appeal, Item, Judgement, Value
from xuequ.systems.balance.rules import actions as rules
from xuequ.systems.balance.values import actions as values


def poor(world: World) -> None:
    """Leave the first school without rooms and grounds."""
    give(world.year, {(world.first, "", "multimedia_rooms"): 0, (world.first, "", "sports_grounds_m2"): 5})


def test_a_judgement_is_a_run_with_its_inputs(world: World, officer: Actor) -> None:
    found = actions.judge_year(actor=officer, year=world.year)
    assert found.run.state == RunState.DONE
    assert found.run.year == world.year
    inputs = read_inputs(found.run)
    assert inputs.filter(fact="multimedia_rooms").height == 7
    rows = {row.school: row for row in found.schools.select_related("school")}
    assert all(row.complies for row in rows.values())
    assert [part["part"] for part in rows[world.nine].parts] == ["primary", "junior"]
    assert found.verdict == "unknown"


def test_the_same_figures_give_the_same_findings_and_the_same_bytes(world: World, officer: Actor) -> None:
    first, second = (actions.judge_year(actor=officer, year=world.year) for _ in range(2))
    assert first.findings == second.findings
    assert first.run.inputs_sha256 == second.run.inputs_sha256
    assert second.run.supersedes == first.run


def test_publishing_writes_the_indicators_once(world: World, officer: Actor) -> None:
    poor(world)
    found = actions.judge_year(actor=officer, year=world.year)
    actions.publish(actor=officer, judgement=found)
    actions.publish(actor=officer, judgement=found)
    rows = Indicator.objects.filter(code__startswith="balance.", superseded=None, period="2025-2026")
    assert rows.count() == 3 * 7
    own = {row.code: row for row in rows.filter(school=world.first)}
    assert own["balance.unmet"].value == 2
    assert own["balance.shortfall"].value == pytest.approx((1 + 1 - 15 / (7.5 * 16)) / 7)
    assert own["balance.weak"].value == 1
    assert own["balance.unmet"].n == 16
    again = actions.publish(actor=officer, judgement=actions.judge_year(actor=officer, year=world.year))
    assert rows.count() == 3 * 7
    assert Judgement.objects.get(pk=found.pk).superseded is not None
    assert {row.run_id for row in rows} == {again.run_id}


def test_a_missing_figure_widens_the_range_and_is_no_zero(world: World, officer: Actor) -> None:
    Value.objects.filter(school=world.first, fact="multimedia_rooms").delete()
    found = actions.judge_year(actor=officer, year=world.year)
    row = found.schools.get(school=world.first)
    assert (row.unmet, row.missing, row.complies) == (0, 1, None)
    assert row.shortfall == 0
    assert row.shortfall_high == pytest.approx(1 / 7)
    actions.publish(actor=officer, judgement=found)
    unmet = Indicator.objects.get(code="balance.unmet", school=world.first, superseded=None)
    assert (unmet.low, unmet.high) == (0, 1)


def test_nothing_is_judged_without_pupils(db: None, officer: Actor) -> None:
    make.make_district()
    with pytest.raises(Refused):
        actions.judge_year(actor=officer, year=make.make_year(2025))
    assert not Run.objects.exists()


def test_only_keepers_judge_and_publish(world: World, officer: Actor) -> None:
    found = actions.judge_year(actor=officer, year=world.year)
    for actor in (make.make_actor(Role.BUREAU_LEADER), make.make_actor(Role.HEAD, school=world.first)):
        with pytest.raises(Forbidden):
            actions.judge_year(actor=actor, year=world.year)
        with pytest.raises(Forbidden):
            actions.publish(actor=actor, judgement=found)


def test_a_yes_counts_only_with_evidence(world: World, officer: Actor) -> None:
    values.type_county(actor=officer, year=world.year, numbers={"layout_rational": Decimal(1)})

    def verdict() -> tuple[str, str]:
        found = actions.judge_year(actor=officer, year=world.year).findings["items"]
        one = next(item for item in found if item["code"] == "G01")
        return one["verdict"], one["reason"]

    assert verdict() == ("unknown", "no-evidence")
    item = Item.objects.get(year=world.year, code="G01")
    piece = evidence.attach_note(
        actor=officer, system="balance", school=None, title="规划批复", note="原件存科室"
    )
    items.add_evidence(actor=officer, item=item, piece=piece)
    assert verdict() == ("met", "reached")
    items.withdraw_evidence(actor=officer, item=item, piece=piece, reason="批复已过期")
    assert verdict() == ("unknown", "no-evidence")


def test_an_item_is_checked_only_with_evidence(world: World, officer: Actor) -> None:
    actions.judge_year(actor=officer, year=world.year)
    item = Item.objects.get(year=world.year, code="G09")
    with pytest.raises(Refused):
        items.change(actor=officer, item=item, work="checked")
    assert items.change(actor=officer, item=item, office="进修学校", work="collecting").work == "collecting"


def test_a_part_above_its_whole_is_refused_with_the_figure(world: World, officer: Actor) -> None:
    numbers = {"teachers": Decimal(10), "teachers_certified": Decimal(11)}
    values.type_county(actor=officer, year=world.year, numbers=numbers)
    with pytest.raises(Refused) as refusal:
        actions.judge_year(actor=officer, year=world.year)
    assert "unknown" not in str(refusal.value)
    assert not Judgement.objects.exists()


def test_the_reading_of_the_retention_rate_is_named_and_may_decide(world: World, officer: Actor) -> None:
    numbers = {"graduates": 950, "entrants": 1000, "transferred_in": 40, "transferred_out": 10, "died": 0}
    values.type_county(actor=officer, year=world.year, numbers={k: Decimal(v) for k, v in numbers.items()})
    found = actions.judge_year(actor=officer, year=world.year).findings
    assert found["reading"] == "transfers-at-entry"
    assert {row["reading"]: round(row["value"], 4) for row in found["retention"]} == {
        "transfers-at-entry": 0.9223, "transfers-at-exit": 0.92,
    }  # fmt: skip
    assert found["depends_on_reading"] is False
    values.type_county(actor=officer, year=world.year, numbers={"graduates": Decimal(980)})
    assert actions.judge_year(actor=officer, year=world.year).findings["depends_on_reading"] is False
    values.type_county(actor=officer, year=world.year, numbers={"graduates": Decimal(979)})
    found = actions.judge_year(actor=officer, year=world.year).findings
    assert found["depends_on_reading"] is True


def test_an_exception_adds_what_the_rules_allow(world: World, officer: Actor) -> None:
    make.make_pupils(make.make_class(world.first, entry_year=2025, entry_grade=1), 40)
    give(world.year, {(world.first, "", fact): 0 for fact in ("sport_teachers", "music_teachers")})
    values.take_known(actor=officer, year=world.year)
    before = actions.judge_year(actor=officer, year=world.year).schools.get(school=world.first)
    rules.allow(
        actor=officer, year=world.year, school=world.first, part="primary", code="R3", ground=Ground.RURAL_SMALL,
        add=Decimal(1), reason="走教",
    )  # fmt: skip
    after = actions.judge_year(actor=officer, year=world.year).schools.get(school=world.first)
    arts = after.items.get(code="R3")
    assert before.items.get(code="R3").state == "missed"
    assert (arts.state, arts.reason, round(arts.value or 0, 3)) == ("met", "走教", round(100 / 56, 3))


def test_exceptions_that_the_rules_do_not_know_are_refused(world: World, officer: Actor) -> None:
    def allow(**more: object) -> None:
        fields = {
            "part": "primary",
            "code": "R3",
            "ground": Ground.RURAL_SMALL,
            "add": Decimal(1),
            "reason": "走教",
        }
        rules.allow(actor=officer, year=world.year, school=world.first, **(fields | more))  # type: ignore[arg-type]

    with pytest.raises(Refused):
        allow()  # 16 pupils are not 50
    with pytest.raises(Refused):
        allow(code="R4")
    with pytest.raises(Refused):
        allow(ground=Ground.CITY_CENTRE, code="R5", add=None)
    with pytest.raises(Refused):
        allow(reason=" ")


def test_an_objection_that_is_upheld_takes_the_school_off_the_list(world: World, officer: Actor) -> None:
    poor(world)
    found = actions.publish(actor=officer, judgement=actions.judge_year(actor=officer, year=world.year))
    result = found.schools.select_related("school").get(school=world.first)
    head = make.make_actor(Role.HEAD, school=world.first)
    with pytest.raises(Forbidden):
        actions.object_to(
            actor=make.make_actor(Role.HEAD, school=world.schools[1]), result=result, text="不同意"
        )
    with pytest.raises(Refused):
        actions.object_to(actor=head, result=result, text=" ")
    appeal = actions.object_to(actor=head, result=result, text="新场地已建成")
    with pytest.raises(Refused):
        actions.object_to(actor=head, result=result, text="再说一次")
    with pytest.raises(Forbidden):
        actions.settle(actor=head, appeal=appeal, upheld=True, answer="同意")
    actions.settle(actor=officer, appeal=appeal, upheld=True, answer="已核实")
    newest = queries.latest(officer, world.year)
    assert newest is not None
    row = newest.schools.get(school=world.first)
    assert (row.weak, row.overruled, row.unmet) == (False, True, 2)
    weak = Indicator.objects.get(code="balance.weak", school=world.first, superseded=None)
    assert weak.value == 0
    assert Appeal.objects.get(pk=appeal.pk).state == AppealState.UPHELD
    with pytest.raises(Refused):
        actions.settle(actor=officer, appeal=appeal, upheld=False, answer="反悔")


def test_growth_and_stars_are_signs_where_they_are_published(world: World, officer: Actor) -> None:
    give(
        world.year,
        {(world.first, "", "multimedia_rooms"): 0, (world.first, "", "equipment_value_yuan"): 30000},
    )
    run = start_run(
        create_run(
            actor=officer, system="growth", kind="evaluation", title="t", engine_version="1", parameters={}
        ),
        queries.book_of(world.year).long(),
    )
    finish_run(run, actor=officer)
    publish_indicators(
        actor=officer, run=run, period="2024-2025",
        values=[IndicatorValue("growth.effect.g6", -0.3, -0.5, -0.1, 40, world.first.pk)],
    )  # fmt: skip
    rules.ship_weak_rule()
    rules.publish_weak_rule(
        actor=officer,
        least_unmet=2,
        least_shortfall=0.5,
        with_growth=True,
        star_below=None,
        needed=2,
        reason="",
    )
    row = actions.judge_year(actor=officer, year=world.year).schools.get(school=world.first)
    assert {sign["code"]: sign["state"] for sign in row.signs} == {
        "unmet": "holds", "shortfall": "not", "growth": "holds",
    }  # fmt: skip
    assert row.weak


def test_a_star_stays_until_the_city_awards_another(world: World, officer: Actor) -> None:
    give(world.year, {(world.first, "", "multimedia_rooms"): 0})
    for period, star in (("2023-2024", 4.0), ("2024-2025", 0.0), ("2026-2027", 5.0)):
        run = start_run(
            create_run(
                actor=officer, system="stars", kind="awards", title="t", engine_version="1", parameters={}
            ),
            queries.book_of(world.year).long(),
        )
        finish_run(run, actor=officer)
        rows = [IndicatorValue("stars.award", star, school_id=world.first.pk)]
        publish_indicators(actor=officer, run=run, period=period, values=rows)
    row = actions.judge_year(actor=officer, year=world.year).schools.get(school=world.first)
    star_sign = next(sign for sign in row.signs if sign["code"] == "stars")
    assert (star_sign["state"], star_sign["value"]) == ("holds", 0)


def test_a_rule_cannot_ask_for_more_signs_than_it_has(officer: Actor) -> None:
    fields = {
        "least_unmet": 2,
        "least_shortfall": 0.1,
        "with_growth": False,
        "star_below": None,
        "reason": "",
    }
    with pytest.raises(Refused):
        rules.publish_weak_rule(actor=officer, needed=3, **fields)


def test_trying_out_stores_nothing_and_equals_storing_it(world: World, officer: Actor) -> None:
    actions.judge_year(actor=officer, year=world.year)
    count = Value.objects.count()
    book = queries.book_of(world.year)
    changed = book.changed({(world.first.pk, "", "multimedia_rooms"): Decimal(0)})
    before, tried = actions.try_out(actor=officer, year=world.year, books=[book, changed])
    assert Value.objects.count() == count
    assert before.verdict != tried.verdict
    give(world.year, {(world.first, "", "multimedia_rooms"): 0})
    stored = actions.judge_year(actor=officer, year=world.year).findings
    assert stored["verdict"] == tried.verdict
    assert stored["deciding"] == list(tried.deciding)
    assert [c["cv"] for c in stored["coefficients"]] == [c.cv for c in tried.coefficients]


def test_versions_of_the_rules(world: World, officer: Actor) -> None:
    first = rules.ship()
    text = first.text.replace("threshold = 2.3", "threshold = 9")
    made = rules.new_version(actor=officer, based_on=first, text=text, version="2026-试行", reason="本区加严")
    assert actions.judge_year(actor=officer, year=world.year).rules == first
    with pytest.raises(Forbidden):
        rules.adopt(actor=make.make_actor(Role.RESEARCHER), rule_set=made)
    rules.adopt(actor=make.make_actor(Role.BUREAU_LEADER), rule_set=made)
    found = actions.judge_year(actor=officer, year=world.year)
    assert found.rules == made
    assert found.schools.get(school=world.first).items.get(code="R7").threshold == 9
    with pytest.raises(Refused):
        rules.new_version(actor=officer, based_on=first, text=text, version="2026-试行", reason="")
    for broken in ("title = ", "title = 'x'", text.replace('"multimedia_rooms"', '"books"')):
        with pytest.raises(Refused):
            rules.new_version(actor=officer, based_on=first, text=broken, version="坏", reason="")


def test_prices_must_cost_something(officer: Actor) -> None:
    with pytest.raises(Refused):
        rules.set_prices(actor=officer, prices={"R1": Decimal(0)}, moves={}, note="")
    with pytest.raises(Refused):
        rules.set_prices(actor=officer, prices={"R1": Decimal(1)}, moves={"R2": Decimal(0)}, note="")
