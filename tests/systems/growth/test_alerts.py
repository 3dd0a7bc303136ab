"""Alerts: raised when a school leaves its own past, seen by the school first, answered, settled."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from tests.standing import built, copied
from tests.systems.growth.conftest import World, build_world, client_as, evaluate
from tests.systems.growth.test_pages import text
from xuequ.core import clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import AuditEvent
from xuequ.core.rendering.checker import check_report
from xuequ.core.reports import Report
from xuequ.district.actors import Actor, Grant
from xuequ.district.choices import Role
from xuequ.record.actions import parquet_bytes, save_run_file
from xuequ.systems.growth import actions as growth
from xuequ.systems.growth.alerts import actions, queries
from xuequ.systems.growth.alerts.sections import alert_blocks
from xuequ.systems.growth.models import TrendAlert
from xuequ.systems.growth.queries import alert_line
from xuequ.systems.growth.storing import TREND
from xuequ.systems.growth.trends import RESULT

OFFICE = Actor.system(dt.date(2026, 6, 1))


def raised(world: World) -> TrendAlert:
    """The first school fell out of its range; the second rose within its own."""
    found = evaluate(world, published=False)
    rows = []
    for school, now, outside in ((world.schools[0], -0.6, True), (world.schools[1], 0.2, False)):
        rows.append((str(school.uid), "2024-2025", 0.1, 0.1, None, None, None, None))
        rows.append((str(school.uid), "2025-2026", now, 0.1, 0.1, -0.2, 0.4, outside))
    save_run_file(found.run, TREND, parquet_bytes(pl.DataFrame(rows, schema=RESULT, orient="row")))
    growth.publish(actor=OFFICE, evaluation=found)
    return TrendAlert.objects.get()


built_world = built(build_world)
built_alert = built(raised, "built_world")
world = copied("built_world")
alert = copied("built_alert")


def test_only_a_school_outside_its_range_is_called(alert: TrendAlert, world: World) -> None:
    assert (alert.school, alert.said) == (world.schools[0], "below")
    assert alert.district_from - alert.raised == actions.FIRST_SEEN_BY_SCHOOL


def test_the_school_sees_it_first(alert: TrendAlert, world: World) -> None:
    head, officer = client_as(Role.HEAD, school=world.schools[0]), client_as(Role.DISTRICT_OFFICER)
    url = f"/growth/alerts/{alert.uid}/"
    assert officer.get(url).status_code == 404
    assert world.schools[0].name not in text(officer, "/growth/alerts/")
    assert client_as(Role.HEAD, school=world.schools[1]).get(url).status_code == 404
    assert client_as(Role.TEACHER, school=world.schools[0]).get("/growth/alerts/").status_code == 403
    assert alert.school.name in text(head, url)
    alert.refresh_from_db()
    assert alert.opened is not None
    TrendAlert.objects.update(district_from=clock.now())
    assert world.schools[0].name in text(officer, url)


def test_an_answer_lets_the_district_in_and_a_note_settles(alert: TrendAlert, world: World) -> None:
    head, officer = client_as(Role.HEAD, school=world.schools[0]), client_as(Role.DISTRICT_OFFICER)
    url = f"/growth/alerts/{alert.uid}/"
    assert url in text(head, "/")
    assert head.post(url, {"text": "两位教师休产假。"}).status_code == 302
    assert "两位教师休产假。" in text(officer, url)
    assert officer.post(url, {"outcome": "已走访，安排代课。"}).status_code == 302
    alert.refresh_from_db()
    assert (alert.outcome, alert.settled is not None) == ("已走访，安排代课。", True)
    assert not queries.waiting(OFFICE).exists()
    verbs = set(AuditEvent.objects.values_list("verb", flat=True))
    assert {"growth.alerts.raised", "growth.alert.answered", "growth.alert.settled"} <= verbs
    assert head.post(url, {"text": "又一次"}).status_code == 200
    alert.refresh_from_db()
    assert alert.answer == "两位教师休产假。"
    head_of = replace(OFFICE, grants=(Grant(role=Role.HEAD, school_id=alert.school_id),), is_system=False)
    with pytest.raises(Refused):
        actions.answer(actor=head_of, alert=alert, text="又一次")


def test_who_may_not(alert: TrendAlert) -> None:
    with pytest.raises(Forbidden):
        actions.answer(actor=OFFICE, alert=alert, text="x")
    with pytest.raises(Refused):
        actions.settle(actor=OFFICE, alert=alert, outcome="  ")


def test_a_newer_evaluation_ends_the_alerts_of_the_older_one(alert: TrendAlert, world: World) -> None:
    evaluate(world)
    alert.refresh_from_db()
    assert alert.settled is not None
    assert TrendAlert.objects.filter(settled=None).count() == 0


def test_publishing_twice_raises_nothing_twice(alert: TrendAlert) -> None:
    assert actions.raise_alerts(actor=OFFICE, evaluation=alert.evaluation) == 0
    assert TrendAlert.objects.count() == 1


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("said", ["below", "above"])
def test_every_number_of_the_page_is_a_cited_cell(alert: TrendAlert, language: str, said: str) -> None:
    blocks = alert_blocks(replace(alert_line(alert), said=said))
    assert (
        list(check_report(Report("t", "", "", "2026-06-30T08:00:00+08:00", None, blocks), [language])) == []
    )
