"""Visits: who is due and why, minutes that the school sees when they were sent, problems until somebody has looked."""

import datetime as dt
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from docx import Document
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from tests.systems.support.conftest import DAY, World, client_of, page
from xuequ.core import clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.notices import queries as notices
from xuequ.record import evidence
from xuequ.record.actions import IndicatorValue, create_run, finish_run, publish_indicators, start_run
from xuequ.record.models import Evidence, Indicator
from xuequ.systems.support.visits import actions, issue_actions, queries
from xuequ.systems.support.visits.choices import IssueState, Owner, VisitState
from xuequ.systems.support.visits.due import DUE_FROM, Known, due
from xuequ.systems.support.visits.models import Issue, Visit, VisitRequest
from xuequ.systems.support.visits.publishing import publish, publish_weekly
from xuequ.systems.support.visits.signals import signals
from xuequ.systems.support.visits.wording import Said

SEEN, TEXT = "两间教室的设备闲置。", "投影机坏了三周"


def visited(world: World, place: int = 0, *, sent: bool = True) -> Visit:
    officer = world.by("officer")
    visit = actions.plan(actor=officer, school=world.schools[place], day=DAY, visitor=world.officer)
    actions.save_minutes(actor=officer, visit=visit, met="校长", seen=SEEN, agreed="修好再谈新购。")
    issue_actions.open_issue(
        actor=officer, visit=visit, text=TEXT, owner=Owner.SCHOOL, office="总务处", due=DAY + dt.timedelta(28)
    )
    return actions.send_minutes(actor=officer, visit=visit) if sent else visit


def published(
    world: World, code: str, period: str, value: float, low: float, high: float, place: int = 0
) -> None:
    import polars as pl

    run = create_run(
        actor=world.by("officer"), system="growth", kind="x", title="x", engine_version="0", parameters={}
    )
    start_run(run, pl.DataFrame({"x": [1]}))
    finish_run(run, actor=world.by("officer"))
    number = IndicatorValue(code, value, low, high, 30, world.schools[place].pk)
    publish_indicators(actor=world.by("officer"), run=run, period=period, values=[number])


def show(actor: Actor, issue: Issue) -> None:
    piece = evidence.attach_note(
        actor=actor, system="support", school=issue.school, title="现状", note="现场看过，已办好"
    )
    issue_actions.attach_to_issue(actor=actor, issue=issue, piece=piece)


# Who is due.


def test_time_the_schools_own_request_problems_and_data_make_a_school_due(world: World) -> None:
    school = world.schools[0]
    quiet = due(Known(school, last=DAY - dt.timedelta(20)), DAY, 112)
    assert not quiet.is_due
    assert quiet.sentence
    signs = (Said("growth", {"grade": "8", "value": "-0.40"}),)
    loud = due(Known(school, DAY - dt.timedelta(20), asked=DAY, overdue=2, signs=signs), DAY, 112)
    assert loud.is_due
    assert loud.points == pytest.approx(20 / 112 + 1.5 + 1.0 + 0.5)
    assert [said.code for said in loud.reasons] == ["asked", "overdue", "growth"]


@given(st.integers(0, 900), st.integers(0, 9), st.integers(0, 6), st.booleans())
def test_more_reasons_never_make_a_school_less_due(days: int, late: int, signs: int, asked: bool) -> None:
    from xuequ.district.models import School

    school = School(code="1", name="x")
    said = tuple(Said("weak") for _ in range(signs))
    known = Known(school, DAY - dt.timedelta(days), None, DAY if asked else None, late, said)
    more = Known(school, DAY - dt.timedelta(days + 1), None, DAY, late + 1, (*said, Said("weak")))
    assert due(more, DAY, 112).points >= due(known, DAY, 112).points
    assert 0 <= due(known, DAY, 112).points <= 2 + 1.5 * 3


def test_a_school_never_visited_is_due_first_and_one_with_a_visit_planned_is_not_due(world: World) -> None:
    visited(world, 0)
    lines = queries.due_schools(world.by("officer"), DAY)
    assert lines[-1].known.school == world.schools[0]
    assert lines[0].points >= DUE_FROM
    actions.plan(actor=world.by("officer"), school=world.schools[1], day=DAY, visitor=world.officer)
    planned = [line for line in queries.due_schools(world.by("officer"), DAY) if line.known.planned]
    assert [line.known.school for line in planned] == [world.schools[1]]
    assert not planned[0].is_due


def test_the_data_speak_where_they_are_clear_and_are_silent_where_there_are_none(world: World) -> None:
    published(world, "growth.effect.g8", "2024-2025", -0.3, -0.5, -0.1)
    published(world, "growth.effect.g7", "2024-2025", -0.3, -0.7, 0.1)
    published(world, "growth.effect.g8", "2024-2025", -0.2, -0.6, 0.2, place=1)
    found = signals(Indicator.objects.filter(superseded=None), "2024-2025")
    assert [said.code for said in found[world.schools[0].pk]] == ["growth"]
    assert world.schools[1].pk not in found


def test_a_week_is_planned_for_those_most_due_and_schools_are_told(world: World) -> None:
    actions.ask(actor=world.head(2), school=world.schools[2], topic="创客教室")
    found = actions.plan_week(
        actor=world.by("officer"), monday=DAY + dt.timedelta(7), how_many=2, visitor=world.officer
    )
    assert found[0].school == world.schools[2]
    assert len({visit.day for visit in found}) == 2
    assert VisitRequest.objects.get().visit == found[0]
    assert "创客教室" in found[0].agenda[0]["params"]["topic"]
    assert [notice.kind for notice in notices.waiting(world.head(2))] == [actions.COMES]


def test_a_plan_that_breaks_in_the_middle_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = actions.audit.record
    calls = []

    def failing(*args: object, **kwargs: object) -> object:
        calls.append(args)
        if len(calls) == 2:
            raise RuntimeError("the plug was pulled")
        return whole(*args, **kwargs)

    monkeypatch.setattr(actions.audit, "record", failing)
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.plan_week(actor=world.by("officer"), monday=DAY, how_many=3, visitor=world.officer)
    assert not Visit.objects.exists()
    assert notices.waiting(world.head(0)) == []


# Minutes.


def test_minutes_are_the_visitors_own_until_they_are_sent(world: World) -> None:
    visit = visited(world, sent=False)
    head = client_of(world.heads[0])
    url = reverse("support:visit", args=[visit.uid])
    before = page(head, url)
    assert SEEN not in before
    assert TEXT not in before
    assert head.get(reverse("support:visit-record", args=[visit.uid, "docx"])).status_code == 404
    actions.send_minutes(actor=world.by("officer"), visit=visit)
    after = page(head, url)
    assert SEEN in after
    assert TEXT in after


def test_a_school_never_reads_why_it_was_due_or_of_another_school(world: World) -> None:
    visit = visited(world)
    other = visited(world, 1)
    why = queries.due_school(world.by("officer"), world.schools[2], DAY).sentence
    assert why in page(client_of(world.officer), reverse("support:visits-week"))
    head = client_of(world.heads[0])
    own = page(head, reverse("support:visit", args=[visit.uid]))
    assert "never" not in own
    assert visit.reasons
    for name in ("visit", "visit-minutes"):
        assert head.get(reverse(f"support:{name}", args=[other.uid])).status_code in {403, 404}
    assert head.get(reverse("support:visits-week")).status_code == 403
    assert head.get(reverse("support:visits-stuck")).status_code == 403
    listed = page(head, reverse("support:visits")) + page(head, reverse("support:issues"))
    assert world.schools[1].name not in listed


def test_writing_saves_as_one_goes(world: World) -> None:
    officer = client_of(world.officer)
    visit = actions.plan(actor=world.by("officer"), school=world.schools[0], day=DAY, visitor=world.officer)
    url = reverse("support:visit-minutes", args=[visit.uid])
    page(officer, url)
    for words in ("两间", SEEN, SEEN):
        response = officer.post(url, {"met": "", "seen": words, "agreed": ""}, headers={"HX-Request": "true"})
        assert response.status_code == 200
    visit.refresh_from_db()
    assert (visit.seen, visit.state) == (SEEN, VisitState.WRITING)
    assert AuditEvent.objects.filter(verb="support.minutes.begun").count() == 1
    tomorrow = actions.plan(
        actor=world.by("officer"), school=world.schools[1], day=DAY + dt.timedelta(1), visitor=world.officer
    )
    late = officer.post(
        reverse("support:visit-minutes", args=[tomorrow.uid]), {"seen": "x"}, headers={"HX-Request": "true"}
    )
    assert "text-danger" in late.content.decode()


def test_the_school_confirms_once_and_its_comment_stands_beside(world: World) -> None:
    visit = visited(world)
    with pytest.raises(Forbidden):
        actions.confirm(actor=world.head(1), visit=visit)
    client_of(world.heads[0]).post(reverse("support:visit-confirm", args=[visit.uid]), {"comment": "已报修"})
    visit.refresh_from_db()
    assert (visit.state, visit.comment) == (VisitState.CONFIRMED, "已报修")
    with pytest.raises(Refused):
        actions.confirm(actor=world.head(0), visit=visit)
    with pytest.raises(Refused):
        actions.save_minutes(actor=world.by("officer"), visit=visit, met="", seen="另写", agreed="")


def test_the_record_in_word_holds_minutes_and_problems(world: World) -> None:
    visit = visited(world)
    url = reverse("support:visit-record", args=[visit.uid, "docx"])
    first, second = (client_of(world.heads[0]).get(url).content for _ in range(2))
    assert first == second
    book = Document(io.BytesIO(first))
    words = "\n".join(cell.text for table in book.tables for row in table.rows for cell in row.cells)
    assert SEEN in words
    assert TEXT in words
    headings = {cell.text for table in book.tables for cell in table.rows[0].cells}
    assert not headings & {"学科", "个", "至", "停办日期", "操作"}, "a word of another page"


# Problems.


def test_a_problem_goes_from_owner_to_evidence_to_somebody_who_looks(world: World) -> None:
    visited(world)
    issue = Issue.objects.get()
    assert {notice.kind for notice in notices.waiting(world.head(0))} == {
        actions.MINUTES,
        issue_actions.ISSUE,
    }
    head = client_of(world.heads[0])
    url = reverse("support:issue", args=[issue.uid])
    page(head, url)
    file = {"piece-title": "登记表", "piece-file": SimpleUploadedFile("a.pdf", b"%PDF-1.4 x")}
    head.post(reverse("support:issue-evidence", args=[issue.uid]), file)
    head.post(url, {"answer": "已更换"})
    issue.refresh_from_db()
    assert issue.state == IssueState.HANDED_IN
    assert [notice.kind for notice in notices.waiting(world.by("officer"))] == [issue_actions.SOLVED]
    piece = issue.evidence.get()
    opened = reverse("support:visit-piece", args=[piece.uid])
    assert client_of(world.officer).get(opened).status_code == 200
    assert client_of(world.heads[1]).get(opened).status_code == 404
    officer = client_of(world.officer)
    officer.post(url, {"do": "back", "remark": "缺照片"})
    assert "缺照片" in page(head, url)
    head.post(url, {"answer": "已补照片"})
    officer.post(url, {"do": "close"})
    issue.refresh_from_db()
    assert (issue.state, issue.settled) == (IssueState.CLOSED, DAY)
    assert notices.waiting(world.by("officer")) == []
    late = {"piece-title": "补交", "piece-file": SimpleUploadedFile("b.pdf", b"%PDF-1.4 y")}
    head.post(reverse("support:issue-evidence", args=[issue.uid]), late)
    assert list(Evidence.objects.all()) == [piece], "what is refused leaves nothing behind"


def test_nobody_closes_what_they_reported_themselves(world: World) -> None:
    officer = world.by("officer")
    visit = visited(world, sent=False)
    issue = issue_actions.open_issue(
        actor=officer, visit=visit, text="带宽不足", owner=Owner.BUREAU, due=DAY + dt.timedelta(9)
    )
    with pytest.raises(Forbidden):
        issue_actions.report_solved(actor=world.head(0), issue=issue, answer="x")
    with pytest.raises(Refused):
        issue_actions.report_solved(actor=officer, issue=issue, answer="已扩容")
    show(officer, issue)
    issue_actions.report_solved(actor=officer, issue=issue, answer="已扩容")
    with pytest.raises(Refused):
        issue_actions.verify(actor=officer, issue=issue)
    assert issue_actions.verify(actor=world.by("researcher"), issue=issue).state == IssueState.CLOSED


def test_the_share_closed_in_four_weeks_is_published_once_a_week_with_its_n(world: World) -> None:
    opened = DAY - dt.timedelta(40)
    visit = visited(world)
    Issue.objects.all().delete()
    for took in (10, 28, 29, None):
        closed = {} if took is None else {"state": IssueState.CLOSED, "settled": opened + dt.timedelta(took)}
        Issue.objects.create(visit=visit, school=visit.school, text="x", opened=opened, due=DAY, **closed)
    Issue.objects.create(visit=visit, school=visit.school, text="new", opened=DAY, due=DAY)
    assert publish_weekly(day=DAY) is not None
    assert publish_weekly(day=DAY + dt.timedelta(6)) is None
    own = Indicator.objects.get(code="support.closed_in_4_weeks", school=visit.school, superseded=None)
    assert (own.value, own.n) == (0.5, 4)
    assert own.low is not None
    assert own.low < 0.5 < (own.high or 0)
    assert Indicator.objects.get(code="support.open_issues", school=visit.school, superseded=None).value == 2
    stuck = page(client_of(world.leader), reverse("support:visits-stuck"))
    assert re.search(r"2025-2026.{0,40}\b50\b", stuck)
    year = factories.make_year()
    publish(actor=Actor.system(DAY), day=DAY, year=year)
    assert Indicator.objects.filter(code="support.open_issues", school=None, superseded=None).count() == 1


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.BUREAU_LEADER, 200), (Role.DISTRICT_OFFICER, 200), (Role.RESEARCHER, 200), (Role.SUPERVISOR, 200),
        (Role.DATA_OFFICER, 200), (Role.HEAD, 200), (Role.SCHOOL_ADMINISTRATOR, 200), (Role.TEACHER, 403),
        (Role.CLASS_TEACHER, 403), (Role.EXPERT, 403), (Role.GUARDIAN, 403), (Role.PUPIL, 403),
    ],
)  # fmt: skip
def test_pages_by_role(world: World, role: Role, expected: int) -> None:
    visit = visited(world)
    at_school = role in {Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.TEACHER, Role.CLASS_TEACHER}
    client = client_of(factories.make_account(role, **({"school": world.schools[0]} if at_school else {})))
    assert client.get(reverse("support:visits")).status_code == expected
    assert client.get(reverse("support:issues")).status_code == expected
    found = client.get(reverse("support:visit", args=[visit.uid])).status_code
    assert found == (200 if expected == 200 else 404)


def test_pages_ask_little(world: World) -> None:
    for place in range(4):
        visited(world, place, sent=place != 3)
    actions.ask(actor=world.head(1), school=world.schools[1], topic="x")
    for account, names in (
        (world.officer, ("index", "visits", "visits-week", "visits-stuck", "issues")),
        (world.heads[0], ("index", "visits", "issues", "visit-ask")),
    ):
        for name in names:
            page(client_of(account), reverse(f"support:{name}"))
    plan = reverse("support:visit-plan", args=[world.schools[0].uid])
    page(client_of(world.officer), plan)


def test_an_areas_supervisor_reads_of_the_area_alone(world: World) -> None:
    mine, other = visited(world, 0), visited(world, 1)
    client = client_of(factories.make_account(Role.SUPERVISOR, area=world.schools[0].area))
    assert client.get(reverse("support:visit", args=[mine.uid])).status_code == 200
    assert client.get(reverse("support:visit", args=[other.uid])).status_code == 404
    week = page(client, reverse("support:visits-week"))
    assert world.schools[2].name in week
    assert world.schools[3].name not in week


# Two who write at once, and what comes too late.


def writing(world: World) -> Visit:
    officer = world.by("officer")
    visit = actions.plan(actor=officer, school=world.schools[0], day=DAY, visitor=world.officer)
    return actions.save_minutes(actor=officer, visit=visit, met="校长", seen="一楼教室在用。", agreed="")


def base_on(page_text: str) -> str:
    found = re.search(r'name="base"[^>]*value="([^"]*)"', page_text)
    assert found is not None
    return found[1]


def test_two_phones_lose_no_word(world: World) -> None:
    visit = writing(world)
    url = reverse("support:visit-minutes", args=[visit.uid])
    one, other = client_of(world.officer), client_of(world.researcher)
    base = base_on(page(one, url))
    assert base_on(page(other, url)) == base != ""
    quiet = {"HX-Request": "true"}
    first = {"met": "校长", "seen": "一楼教室在用。\n二楼设备闲置。", "agreed": "", "base": base}
    saved = one.post(url, first, headers=quiet)
    newer = base_on(saved.content.decode())
    assert newer != base
    second = {"met": "校长、教务", "seen": "一楼教室在用。\n三楼网络掉线。", "agreed": "", "base": base}
    refused = other.post(url, second, headers=quiet).content.decode()
    assert "text-danger" in refused
    visit.refresh_from_db()
    assert visit.seen == "一楼教室在用。\n二楼设备闲置。"
    both = other.post(url, second).content.decode()
    assert "三楼网络掉线。" in both
    assert "二楼设备闲置。" in both
    merged = {"met": "校长、教务", "seen": "一楼教室在用。\n三楼网络掉线。\n二楼设备闲置。", "agreed": ""}
    other.post(url, {**merged, "base": base_on(both)})
    visit.refresh_from_db()
    assert visit.words == merged
    # The one who writes on, on the old screen, has all of it or is told.
    assert "text-danger" in one.post(url, {**first, "base": newer}, headers=quiet).content.decode()


def test_a_lost_answer_of_the_server_is_no_conflict_with_oneself(world: World) -> None:
    visit = writing(world)
    url, client = reverse("support:visit-minutes", args=[visit.uid]), client_of(world.officer)
    base = base_on(page(client, url))
    for seen in ("一楼教室在用。二", "一楼教室在用。二楼也", "一楼教室在用。二楼也在用。"):
        answer = client.post(
            url, {"met": "校长", "seen": seen, "agreed": "", "base": base}, headers={"HX-Request": "true"}
        )
        assert "text-danger" not in answer.content.decode()
    visit.refresh_from_db()
    assert visit.seen == "一楼教室在用。二楼也在用。"


def test_words_that_come_after_the_minutes_were_sent_are_shown_and_not_swallowed(world: World) -> None:
    visit = writing(world)
    url, client = reverse("support:visit-minutes", args=[visit.uid]), client_of(world.researcher)
    base = base_on(page(client, url))
    actions.send_minutes(actor=world.by("officer"), visit=visit)
    late = {"met": "校长", "seen": "补充：图书角很好。", "agreed": "", "base": base}
    quiet = client.post(url, late, headers={"HX-Request": "true"})
    assert (quiet.status_code, "text-danger" in quiet.content.decode()) == (200, True)
    assert "<html" not in quiet.content.decode()
    assert "补充：图书角很好。" in client.post(url, late).content.decode()
    visit.refresh_from_db()
    assert visit.seen == "一楼教室在用。"


def test_what_stands_on_the_screen_is_what_is_sent(world: World) -> None:
    visit = writing(world)
    client = client_of(world.officer)
    base = base_on(page(client, reverse("support:visit-minutes", args=[visit.uid])))
    fields = {"met": "校长", "seen": "一楼教室在用。最后一句。", "agreed": "", "base": base}
    client.post(reverse("support:visit-send", args=[visit.uid]), fields)
    visit.refresh_from_db()
    assert (visit.seen, visit.state) == ("一楼教室在用。最后一句。", VisitState.SENT)


def test_what_was_added_by_mistake_is_taken_out_before_it_is_sent(world: World) -> None:
    visit = visited(world, sent=False)
    officer, issue = client_of(world.officer), Issue.objects.get()
    file = {"piece-title": "走廊", "piece-file": SimpleUploadedFile("a.pdf", b"%PDF-1.4 x")}
    add = reverse("support:visit-evidence", args=[visit.uid])
    officer.post(add, file)
    piece = visit.evidence.get()
    problems = reverse("support:visit-add-issue", args=[visit.uid])
    assert client_of(world.heads[0]).post(problems, {"drop": str(issue.uid)}).status_code == 403
    officer.post(problems, {"drop": str(issue.uid)})
    officer.post(add, {"drop": str(piece.uid)})
    assert not Issue.objects.exists()
    assert not visit.evidence.exists()
    assert officer.get(reverse("support:visit-piece", args=[piece.uid])).status_code == 404
    assert officer.post(add, {"drop": "x"}).status_code == 404
    typed = officer.post(
        problems, {"text": "网络掉线，三楼最重", "owner": "school", "due": ""}
    ).content.decode()
    assert "网络掉线，三楼最重" in typed


# The plan changes.


def test_a_visit_begun_by_mistake_is_cancelled_and_the_school_is_told_until_its_day(world: World) -> None:
    officer = world.by("officer")
    visit = actions.plan(actor=officer, school=world.schools[0], day=DAY, visitor=world.officer)
    actions.save_minutes(actor=officer, visit=visit, met="", seen="x", agreed="")
    with pytest.raises(Refused):
        actions.cancel(actor=officer, visit=visit)
    actions.save_minutes(actor=officer, visit=visit, met="", seen="", agreed="")
    actions.cancel(actor=officer, visit=visit)
    assert [notice.kind for notice in notices.waiting(world.head(0))] == [actions.CANCELLED]
    page(client_of(world.heads[0]), reverse("support:visit", args=[visit.uid]))
    actions.forget_told(day=DAY)
    assert notices.waiting(world.head(0)) != []
    actions.forget_told(day=DAY + dt.timedelta(1))
    assert notices.waiting(world.head(0)) == []


def test_who_goes_is_told_and_can_be_changed_when_they_have_left(world: World) -> None:
    officer = world.by("officer")
    visit = actions.plan(actor=officer, school=world.schools[0], day=DAY, visitor=world.researcher)
    assert [notice.kind for notice in notices.waiting(world.by("researcher"))] == [actions.GOES]
    actions.save_minutes(actor=world.by("researcher"), visit=visit, met="", seen=SEEN, agreed="")
    assert notices.waiting(world.by("researcher")) == []
    client = client_of(world.officer)
    move = reverse("support:visit-move", args=[visit.uid])
    client.post(move, {"day": (DAY + dt.timedelta(1)).isoformat(), "visitor": world.officer.pk})
    visit.refresh_from_db()
    assert (visit.day, visit.visitor) == (DAY, world.researcher), "the day of begun minutes stays"
    client.post(move, {"day": DAY.isoformat(), "visitor": world.officer.pk})
    visit.refresh_from_db()
    assert visit.visitor == world.officer
    area = factories.make_account(Role.SUPERVISOR, area=world.schools[0].area)
    assert area not in queries.visitors(DAY), "who may not write minutes is not sent"


def test_a_solved_problem_of_a_visitor_who_has_left_is_looked_at_by_somebody(world: World) -> None:
    visited(world)
    issue = Issue.objects.get()
    world.officer.is_active = False
    world.officer.save()
    other = Actor.of(factories.make_account(Role.DISTRICT_OFFICER), DAY)
    show(world.head(0), issue)
    issue_actions.report_solved(actor=world.head(0), issue=issue, answer="已更换")
    assert issue_actions.SOLVED in {notice.kind for notice in notices.waiting(other)}


def test_holidays_are_left_out_and_worked_weekends_taken_in(world: World) -> None:
    monday = DAY + dt.timedelta(7 - DAY.weekday())
    found = actions.plan_week(
        actor=world.by("officer"), monday=monday, how_many=3, visitor=world.officer, weekdays=[6, 3]
    )
    assert {visit.day.weekday() for visit in found} == {3, 6}
    fields = {"monday": monday.isoformat(), "how_many": "1", "weekdays": ["5"]}
    client_of(world.researcher).post(reverse("support:visits-week"), fields)
    assert Visit.objects.filter(day=monday + dt.timedelta(5)).count() == 1


def test_what_is_asked_while_a_visit_is_planned_stands_on_its_agenda(world: World) -> None:
    visit = actions.plan(
        actor=world.by("officer"), school=world.schools[0], day=DAY + dt.timedelta(3), visitor=world.officer
    )
    answer = client_of(world.heads[0]).post(
        reverse("support:visit-ask"), {"school": world.schools[0].pk, "topic": "创客教室"}, follow=True
    )
    assert f"{visit.day}" in "".join(str(message) for message in answer.context["messages"])
    row = VisitRequest.objects.select_related("visit", "school").get()
    visit.refresh_from_db()
    assert (row.visit, visit.agenda[0]["params"]["topic"]) == (visit, "创客教室")
    with pytest.raises(Refused, match=f"{visit.day}"):
        actions.withdraw(actor=world.head(0), request=row)
    actions.cancel(actor=world.by("officer"), visit=visit)
    row.refresh_from_db()
    actions.withdraw(actor=world.head(0), request=row)
    row.refresh_from_db()
    assert row.withdrawn is not None


def test_a_closed_school_is_not_visited(world: World) -> None:
    world.schools[0].closed_on = DAY
    world.schools[0].save()
    with pytest.raises(Refused):
        actions.plan(actor=world.by("officer"), school=world.schools[0], day=DAY, visitor=world.officer)


def test_the_day_a_school_asked_is_the_districts_own(world: World) -> None:
    early = dt.datetime(2026, 3, 1, 23, 30, tzinfo=dt.UTC)
    VisitRequest.objects.create(school=world.schools[0], topic="x", asked=early)
    assert queries.due_school(world.by("officer"), world.schools[0], DAY).known.asked == dt.date(2026, 3, 2)


def test_numbers_of_years_ago_are_no_sign_of_today(world: World) -> None:
    published(world, "growth.effect.g8", "2022-2023", -0.3, -0.5, -0.1)
    assert not queries.due_school(world.by("officer"), world.schools[0], DAY).known.signs


def test_the_agenda_looks_at_what_was_reported_and_a_second_visit_is_no_first(world: World) -> None:
    officer = world.by("officer")
    visited(world)
    issue = Issue.objects.get()
    show(world.head(0), issue)
    issue_actions.report_solved(actor=world.head(0), issue=issue, answer="已更换")
    due_now = queries.due_school(officer, world.schools[0], DAY)
    codes = [said.code for said in queries.agenda(world.schools[0], due_now, DAY)]
    assert codes == ["look", "agreed"]
    issue_actions.verify(actor=officer, issue=issue)
    Visit.objects.update(agreed="")
    assert queries.agenda(world.schools[0], queries.due_school(officer, world.schools[0], DAY), DAY) == []


def test_that_a_school_stands_on_the_list_of_the_weak_is_not_on_its_agenda(world: World) -> None:
    published(world, "balance.weak", "2025-2026", 1.0, 1.0, 1.0)
    actions.plan(actor=world.by("officer"), school=world.schools[0], day=DAY, visitor=world.officer)
    visit = Visit.objects.get()
    url = reverse("support:visit", args=[visit.uid])
    word = Said("weak").text
    assert word in page(client_of(world.officer), url)
    assert word not in page(client_of(world.heads[0]), url)
    actions.save_minutes(actor=world.by("officer"), visit=visit, met="", seen=SEEN, agreed="")
    actions.send_minutes(actor=world.by("officer"), visit=visit)
    record = client_of(world.heads[0]).get(reverse("support:visit-record", args=[visit.uid, "html"]))
    assert word not in record.content.decode()


def test_the_visitor_learns_that_the_school_sees_it_otherwise(world: World) -> None:
    visit = visited(world)
    actions.confirm(actor=world.head(0), visit=visit, comment="二楼已修好")
    assert actions.COMMENT in {notice.kind for notice in notices.waiting(world.by("officer"))}


# Problems on their way.


def test_a_problem_is_reported_with_what_shows_it_in_one_go(world: World) -> None:
    visited(world)
    issue = Issue.objects.get()
    head, url = client_of(world.heads[0]), reverse("support:issue", args=[issue.uid])
    bare = head.post(url, {"do": "solved", "answer": "已更换投影机", "proof-title": "现状"}).content.decode()
    assert "已更换投影机" in bare
    issue.refresh_from_db()
    assert issue.state == IssueState.OPEN
    bad = {"proof-title": "现状", "proof-file": SimpleUploadedFile("a.exe", b"MZ")}
    head.post(url, {"do": "solved", "answer": "x", **bad})
    assert not Evidence.objects.exists()
    good = {"proof-title": "现状", "proof-file": SimpleUploadedFile("a.pdf", b"%PDF-1.4 x")}
    head.post(url, {"do": "solved", "answer": "已更换投影机", **good})
    issue.refresh_from_db()
    assert (issue.state, issue.evidence.count()) == (IssueState.HANDED_IN, 1)


def test_nothing_is_closed_that_nothing_shows(world: World) -> None:
    visited(world)
    issue = Issue.objects.get()
    Issue.objects.update(state=IssueState.HANDED_IN)
    with pytest.raises(Refused):
        issue_actions.verify(actor=world.by("researcher"), issue=issue)


def test_a_problem_is_handed_over_or_gets_another_day_with_the_reason(world: World) -> None:
    visited(world)
    issue, later = Issue.objects.get(), DAY + dt.timedelta(40)
    officer, url = client_of(world.officer), reverse("support:issue", args=[issue.uid])
    fields = {"do": "hand", "owner": "bureau", "office": "信息中心", "due": later.isoformat(), "why": ""}
    officer.post(url, fields)
    issue.refresh_from_db()
    assert issue.owner == Owner.SCHOOL
    officer.post(url, {**fields, "why": "要由区里统一采购"})
    issue.refresh_from_db()
    assert (issue.owner, issue.due, issue.office) == (Owner.BUREAU, later, "信息中心")
    assert issue_actions.ISSUE in {notice.kind for notice in notices.waiting(world.by("officer"))}
    assert issue_actions.ISSUE not in {notice.kind for notice in notices.waiting(world.head(0))}
    head = client_of(world.heads[0])
    assert "要由区里统一采购" in page(head, url)
    assert head.post(url, {**fields, "why": "x"}).status_code == 403


def test_what_nobody_looks_at_is_stuck_too(world: World) -> None:
    visited(world)
    issue = Issue.objects.get()
    show(world.head(0), issue)
    issue_actions.report_solved(actor=world.head(0), issue=issue, answer="已更换")
    now = clock.now()
    assert queries.stuck(world.by("leader"), DAY, now).looks == []
    assert queries.stuck(world.by("leader"), DAY, now + dt.timedelta(8)).looks == [issue]


def test_problems_are_listed_by_whose_part_they_are_and_leave_as_a_file(world: World) -> None:
    visit = visited(world, sent=False)
    issue_actions.open_issue(
        actor=world.by("officer"), visit=visit, text="带宽不足", owner=Owner.BUREAU, due=DAY + dt.timedelta(9)
    )
    url = reverse("support:issues")
    officer = client_of(world.officer)
    text = page(officer, f"{url}?owner=bureau")
    assert "带宽不足" in text
    assert TEXT not in text
    file = officer.get(url, {"owner": "bureau", "file": "docx"}).content
    cells = [
        cell.text for table in Document(io.BytesIO(file)).tables for row in table.rows for cell in row.cells
    ]
    assert "带宽不足" in cells
    assert TEXT not in cells
    own = client_of(world.heads[0]).get(url, {"file": "docx"}).content
    assert "带宽不足" not in [
        cell.text for table in Document(io.BytesIO(own)).tables for row in table.rows for cell in row.cells
    ], "not before the minutes were sent"
