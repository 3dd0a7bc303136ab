"""The demo's visits: some twenty in half a year, with problems closed in time, late, open, past their day."""

import datetime as dt
from typing import Any

from xuequ.core import clock
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import RoleAssignment, School
from xuequ.record import evidence
from xuequ.systems.support.planned import Planned, planned_schools, sheet_evidence
from xuequ.systems.support.visits import actions, issue_actions
from xuequ.systems.support.visits.choices import OPEN_STATES, IssueState, Owner, VisitState
from xuequ.systems.support.visits.models import Issue, Visit
from xuequ.systems.support.visits.publishing import publish_weekly

STEP = dt.timedelta(days=9)
VISITORS = ("demo-officer", "demo-researcher", "demo-supervisor")
SEEN = {
    "struggling": "三间多媒体教室有一间停用，机器人教具只有一半学生能动手；教师愿意用，但排不出时间备课。",
    "rising": "两个平行班用同一份课件同时备课，课堂提问比上次多；平板按周登记，没有闲置。",
    "famed": "设备齐全，人工智能教室一周只排了两节课；教师仍以讲授为主，学生操作时间少。",
    "strong": "名师课堂每周一节，能带动一所结对校；校本课程资源整理得好，可以拿出来共享。",
    "tiny": "全校一间计算机教室，由一名兼职教师负责；学生人人能上机。",
    "": "设备基本够用，登记不全；信息科技课时开足，社团活动每周一次。",
}
AGREED = {
    "struggling": "先把停用的教室修好，再谈新购；区里请结对校每周开一节专递课堂。",
    "famed": "本学期把人工智能教室排到每周六节以上，下次看课表。",
    "strong": "下学期再带一所学校，资源上传区平台。",
    "": "补齐设备使用登记，下次带登记册来看。",
}
PROBLEMS = (
    ("一间多媒体教室投影机损坏，停用三周", Owner.SCHOOL, "总务处", "已更换投影机并试用一周。"),
    ("人工智能教室课表未排满，每周只用两节", Owner.SCHOOL, "教务处", "课表已调整，每周排到六节。"),
    (
        "校园网出口带宽不足，同时上课时掉线",
        Owner.BUREAU,
        "信息中心",
        "出口已扩容，两个年级同时上课试过一周。",
    ),
    ("科学教师没有受过机器人教学培训", Owner.COLLEGE, "信息技术研训室", "已办两期培训，科学教师全部参加。"),
    ("平板电脑没有使用登记", Owner.SCHOOL, "信息中心", "已建登记册，班级领用签字。"),
    ("新到的编程套件未拆箱", Owner.SCHOOL, "教务处", "套件已开箱入账，排进社团活动。"),
)
"""What was found, who has to mend it, the office, and what is reported when it is mended."""
ASKED = "想请区里看看我们的创客教室改造方案，能否纳入下一轮专项经费。"


def build(demo: Any) -> None:
    """Write the visits of the past, ask for one as a school, and plan the next ones."""
    day: dt.date = demo.day
    _past(demo, planned_schools(demo), day)
    _ask(demo)
    _next(demo, day)
    _today(demo, planned_schools(demo), day)
    publish_weekly(day=day)


def _past(demo: Any, schools: list[Planned], day: dt.date) -> None:
    """Twenty visits, one each nine days back from last week; the parts of the story come round more than once."""
    told = [one for one in schools if one.part]
    others = [one for one in schools if not one.part]
    order = (told + others + told)[:20]
    accounts = [demo.account(name) for name in VISITORS]
    days = _days(day, len(order))
    for place, one in enumerate(reversed(order)):
        when = days[place]
        newest = place == len(order) - 1
        visit = _visit(one.school, one.part, when, accounts[place % 3], newest)
        _issues(visit, place, day, accounts[(place + 1) % 3])


def _days(day: dt.date, how_many: int) -> list[dt.date]:
    """Days of visits, the oldest first: one each nine days, none in the holidays."""
    found: list[dt.date] = []
    when = day - dt.timedelta(days=6)
    while len(found) < how_many:
        if not _in_holidays(when):
            found.append(_weekday(when))
        when -= STEP
    return found[::-1]


def _in_holidays(day: dt.date) -> bool:
    """Winter and summer holidays and those of May and October, about, with the weekend that they are drawn back to."""
    holidays = (((1, 25), (2, 20)), ((5, 1), (5, 5)), ((7, 1), (8, 31)), ((10, 1), (10, 10)))
    return any(first <= (day.month, day.day) <= last for first, last in holidays)


def _weekday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=max(day.weekday() - 4, 0))


def _at(day: dt.date, hour: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), clock.SHANGHAI)


def _visit(school: School, part: str, when: dt.date, visitor: Account, newest: bool) -> Visit:
    """A visit whose minutes are confirmed; those of the newest are still with the school."""
    after = when + dt.timedelta(days=2)
    return Visit.objects.create(
        school=school, day=when, visitor=visitor, met="校长、教务主任、信息科技教师两名",
        state=VisitState.SENT if newest else VisitState.CONFIRMED,
        reasons=[{"code": "never", "params": {}, "school": True}],
        agenda=[{"code": "start", "params": {}, "school": True}],
        seen=SEEN.get(part, SEEN[""]), agreed=AGREED.get(part, AGREED[""]),
        saved=_at(when, 16), sent=_at(when, 17), confirmed=None if newest else _at(after, 9),
        created_by=visitor, created=_at(when - dt.timedelta(days=7), 9),
    )  # fmt: skip


def _issues(visit: Visit, place: int, day: dt.date, looker: Account) -> None:
    """One or two problems each: most closed in four weeks, some late, the newest open, two past their day."""
    for offset in range(1 + place % 2):
        text, owner, office, mended = PROBLEMS[(place + 2 * offset) % len(PROBLEMS)]
        due = visit.day + dt.timedelta(days=28)
        took = (12, 20, 26, 41, 18)[(place + offset) % 5]
        closed = visit.day + dt.timedelta(days=took)
        stuck = place in (13, 15) and offset == 0
        fields: dict[str, Any] = {}
        if closed < day and not stuck:
            fields = {
                "state": IssueState.CLOSED, "answer": mended, "settled": closed,
                "submitted": _at(closed - dt.timedelta(days=2), 10), "settled_by": looker,
            }  # fmt: skip
        elif place == 17:
            fields = {
                "state": IssueState.HANDED_IN,
                "answer": mended,
                "submitted": _at(day, 8),
            }
        issue = Issue.objects.create(
            visit=visit, school=visit.school, text=text, owner=owner, office=office, opened=visit.day, due=due,
            created_by=visit.visitor, **fields,
        )  # fmt: skip
        if fields:
            by = Actor.of(looker, day)
            shown = evidence.attach_note(
                actor=by, system="support", school=visit.school, title="现场核实", note=mended
            )
            issue.evidence.add(shown)


def _today(demo: Any, schools: list[Planned], day: dt.date) -> None:
    """A visit of today whose minutes are being written, with a paper as evidence."""
    free = [
        one for one in schools if not Visit.objects.filter(school=one.school, state__in=OPEN_STATES).exists()
    ]
    officer = demo.account("demo-officer")
    actor = Actor.of(officer, day)
    visit = actions.plan(actor=actor, school=free[-1].school, day=day, visitor=officer)
    visit = actions.save_minutes(
        actor=actor, visit=visit, met="校长、信息中心主任", seen=SEEN[""], agreed="",
    )  # fmt: skip
    piece = sheet_evidence(actor, free[-1].school, "设备使用登记表", ("日期", "设备", "班级"))
    actions.attach(actor=actor, visit=visit, piece=piece)
    text, owner, office, _mended = PROBLEMS[0]
    due = day + dt.timedelta(days=28)
    issue_actions.open_issue(actor=actor, visit=visit, text=text, owner=owner, office=office, due=due)


def _ask(demo: Any) -> None:
    """The head of the struggling school asks for a visit."""
    role = RoleAssignment.objects.filter(role=Role.HEAD, account__username="demo-head-low").first()
    if role is not None and role.school is not None:
        actor = Actor.of(role.account, demo.day)
        actions.ask(actor=actor, school=role.school, topic=ASKED)


def _next(demo: Any, day: dt.date) -> None:
    """Two visits of next week, planned as the officer would."""
    officer = demo.account("demo-officer")
    monday = day + dt.timedelta(days=7 - day.weekday())
    actions.plan_week(actor=Actor.of(officer, day), monday=monday, how_many=2, visitor=officer)
