"""The demo's pairs: strong schools help struggling ones, over two terms of acts, most of them confirmed."""

import datetime as dt
from decimal import Decimal
from typing import Any

from xuequ.core import clock
from xuequ.core.jobs.enqueue import run_pending
from xuequ.district.choices import Stage
from xuequ.district.models import School, SchoolYear
from xuequ.kit.notices import actions as notices
from xuequ.record.choices import RunState
from xuequ.systems.support.pairing import actions
from xuequ.systems.support.pairing.choices import ActKind, PairState, RuleKind, Side
from xuequ.systems.support.pairing.models import Act, Pair
from xuequ.systems.support.pairing.publishing import publish_weekly
from xuequ.systems.support.planned import Planned, planned_schools

ACTS: tuple[tuple[ActKind, str, str, int], ...] = (
    (ActKind.SPECIAL, "信息科技专递课堂：图形化编程", "2.0", 84),
    (ActKind.PREPARATION, "联合备课：人工智能单元整体设计", "3.0", 0),
    (ActKind.MASTER, "名师课堂：机器学习初体验", "2.0", 126),
    (ActKind.SCHOOL, "名校网络课堂：创客社团选修课", "4.0", 60),
    (ActKind.LENT, "借用机器人套件二十套，使用一个月", "1.0", 90),
)
HELPING, HELPED = ("strong", "famed"), ("struggling", "tiny")


def build(demo: Any) -> None:
    """Pairs of last year that stand, with acts of two terms; this year's computed, proposed, most of them agreed."""
    schools = planned_schools(demo)
    years = list(SchoolYear.objects.filter(start__lte=demo.day).order_by("-start")[:2])
    if len(years) == 2:
        _last_year(demo, schools, years[1])
    _this_year(demo, schools, years[0])
    publish_weekly(day=demo.day)
    actions.start_effect(actor=demo.actor, year=years[0])


def _last_year(demo: Any, schools: list[Planned], year: SchoolYear) -> None:
    """Strong schools help struggling ones of the same stage where there are any."""
    helping = [one.school for one in schools if one.part in HELPING]
    for one in (one for one in schools if one.part in HELPED):
        giver = next((school for school in helping if school.stage == one.school.stage), helping[0])
        made = _stands(year, giver, one.school, PairState.ENDED)
        _acts(demo, made, year)


def _stands(year: SchoolYear, giver: School, receiver: School, state: PairState) -> Pair:
    moment = clock.now()
    return Pair.objects.create(
        year=year, giver=giver, receiver=receiver, state=state, giver_agreed=moment, receiver_agreed=moment
    )


def _acts(demo: Any, pair: Pair, year: SchoolYear) -> None:
    """An act every three weeks of the year so far; the newest waits for the other school."""
    last = min(demo.day, year.end - dt.timedelta(days=1))
    day, place = year.start + dt.timedelta(days=16), pair.pk
    moment = clock.now()
    rows = []
    while day <= last:
        kind, title, hours, pupils = ACTS[place % len(ACTS)]
        rows.append(
            Act(
                pair=pair,
                kind=kind,
                day=day,
                title=title,
                hours=Decimal(hours),
                pupils=pupils,
                side=Side.GIVER if place % 2 else Side.RECEIVER,
                entered=moment,
                confirmed=moment if day < demo.day - dt.timedelta(days=21) else None,
            )
        )
        day, place = day + dt.timedelta(days=21), place + 1
    Act.objects.bulk_create(rows)


def _fill(places: dict[int, int], group: list[Planned]) -> None:
    """Let as many ordinary schools help two others each that the group's schools find partners among themselves."""
    for one in (one for one in group if not one.part):
        if 3 * sum(places[each.school.pk] > 0 for each in group) >= len(group):
            return
        places[one.school.pk] = 2


def _this_year(demo: Any, schools: list[Planned], year: SchoolYear) -> None:
    """Say who can help, settle one pair beforehand, compute, propose; all but two pairs are agreed."""
    places = {one.school.pk: 2 if one.part in HELPING else 0 for one in schools}
    for primary in (True, False):
        _fill(places, [one for one in schools if (one.school.stage == Stage.PRIMARY) == primary])
    actions.set_rooms(actor=demo.actor, year=year, places=places)
    strong = next((one.school for one in schools if one.part == "strong" and one.plan.junior_pupils), None)
    low = next((one.school for one in schools if one.part == "struggling" and one.plan.junior_pupils), None)
    if strong is not None and low is not None:
        actions.add_rule(actor=demo.actor, year=year, kind=RuleKind.LOCKED, giver=strong, receiver=low)
    plan, _task = actions.start_plan(actor=demo.actor, year=year)
    run_pending()
    plan.refresh_from_db()
    if plan.run.state != RunState.DONE:
        return
    pairs = actions.adopt(actor=demo.actor, plan=plan)
    moment = clock.now()
    for pair in pairs[:-2]:
        pair.state, pair.giver_agreed, pair.receiver_agreed = PairState.AGREED, moment, moment
        pair.save(update_fields=["state", "giver_agreed", "receiver_agreed"])
        notices.resolve(about=pair.uid)
        _acts(demo, pair, year)
