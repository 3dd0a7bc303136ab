"""The demo's story: counts like the letters', told the same way at both scales."""

import datetime as dt
from decimal import Decimal

import pytest

from xuequ.kit.demo.context import DemoContext
from xuequ.kit.demo.plan import Part, Scale
from xuequ.systems.programmes.choices import Stage
from xuequ.systems.programmes.demo_ledger import pilots
from xuequ.systems.programmes.demo_projects import plans

DAY = dt.date(2026, 11, 30)


def context(scale: Scale) -> DemoContext:
    return DemoContext(scale, 2026, DAY)


def test_the_district_has_twelve_pilot_schools_and_put_more_than_forty_million_into_their_rooms() -> None:
    demo = context(Scale.DISTRICT)
    assert len(pilots(demo)) == 12
    rooms = [plan for plan in plans(demo) if plan.code in {"ai-1", "ai-2"}]
    paid = sum(
        Decimal(str(wan)) * Decimal(str(p.ordered)) * Decimal(str(p.paid))
        for p in rooms
        for wan in p.budget.values()
    )
    assert 4_000 < paid < 4_400  # 万元


@pytest.mark.parametrize("scale", list(Scale))
def test_no_weak_school_is_a_pilot_and_the_story_has_every_case(scale: Scale) -> None:
    demo = context(scale)
    parts = {demo.schools[index].part for index in pilots(demo)}
    assert not parts & {Part.STRUGGLING, Part.TINY}
    told = plans(demo)
    assert {plan.stage for plan in told} >= {
        Stage.APPLICATION, Stage.APPRAISAL, Stage.PROCUREMENT, Stage.DELIVERY, Stage.USE, Stage.DONE, Stage.DECLINED,
    }  # fmt: skip
    assert any(plan.ordered > 1 and plan.over for plan in told)
    assert any(due > 0 and done is None for plan in told for _title, due, done in plan.milestones)
    assert any(plan.stage == Stage.USE and plan.reported[-1] * 4 < plan.uses for plan in told)
    assert all(wan > 0 for plan in told for wan in plan.budget.values())
