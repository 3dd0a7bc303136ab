"""The demo's questionnaires: a finished teachers' survey, a running one for families, a draft."""

import datetime as dt
import uuid
from typing import Any

import numpy as np

from xuequ.core.clock import SHANGHAI
from xuequ.district.choices import Role
from xuequ.district.models import Dated, RoleAssignment, School
from xuequ.kit.demo import DemoContext
from xuequ.kit.questionnaires import actions
from xuequ.kit.questionnaires.actions import Plan
from xuequ.kit.questionnaires.choices import Audience
from xuequ.kit.questionnaires.models import Answer, Questionnaire, Receipt, Round

SCHOOLS = 20
AT_ONE_SCHOOL = 12
TOPICS = ("ai", "lesson", "assess", "class", "psych", "special")
NOTES = (
    "希望多听同学段的课，少听讲座。",
    "培训时间最好避开期末。",
    "想学习怎样用数据改进作业设计。",
    "希望有跟岗学习的机会。",
    "小班研讨比大会更有收获。",
)


def _choices(*labels: str) -> list[dict[str, Any]]:
    return [{"value": f"a{number}", "text": label} for number, label in enumerate(labels, start=1)]


def _named(values: tuple[str, ...], labels: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"value": value, "text": label} for value, label in zip(values, labels, strict=True)]


AGREE = [
    {"value": number, "text": text}
    for number, text in enumerate(("很不符合", "不太符合", "比较符合", "非常符合"), start=1)
]

NEEDS: dict[str, Any] = {
    "title": "教师培训需求调查",
    "description": "请按自己的实际情况填写，约需五分钟。",
    "pages": [
        {
            "name": "about",
            "title": "基本情况",
            "elements": [
                {"type": "radiogroup", "name": "stage", "title": "您任教的学段", "isRequired": True,
                 "choices": _named(("primary", "junior"), ("小学", "初中"))},
                {"type": "dropdown", "name": "subject", "title": "您任教的主要学科", "isRequired": True,
                 "choices": _choices("语文", "数学", "英语", "理化生", "道法史地", "艺体"), "showOtherItem": True},
                {"type": "text", "name": "years", "title": "您的教龄（年）", "inputType": "number", "min": 0, "max": 45,
                 "isRequired": True},
                {"type": "boolean", "name": "mentor", "title": "您是否愿意带教新教师", "visibleIf": "{years} >= 5"},
            ],
        },
        {
            "name": "needs",
            "title": "培训需求",
            "elements": [
                {"type": "checkbox", "name": "topics", "title": "您最需要哪些内容", "isRequired": True,
                 "choices": _named(
                     TOPICS, ("人工智能与教学", "课堂教学设计", "作业与评价", "班级管理", "心理健康", "特殊需要学生")
                 ),
                 "validators": [{"type": "answercount", "minCount": 1, "maxCount": 3}],
                 "description": "最多选三项。"},
                {"type": "radiogroup", "name": "way", "title": "您最喜欢的方式", "isRequired": True,
                 "choices": _choices("跟岗学习", "工作坊", "线上课程", "专家讲座")},
                {"type": "matrix", "name": "views", "title": "下面的说法符合您的情况吗",
                 "columns": AGREE, "eachRowRequired": True,
                 "rows": _named(("time", "use", "fit", "help"),
                                ("有时间参加培训", "培训所学用得上", "培训内容适合我", "有人帮助我改进"))},
                {"type": "rating", "name": "last", "title": "对上一次培训的总体评价", "rateMin": 1, "rateMax": 5,
                 "minRateDescription": "不满意", "maxRateDescription": "很满意"},
                {"type": "comment", "name": "wish", "title": "您还有什么希望", "maxLength": 500},
            ],
        },
    ],
}  # fmt: skip

FAMILY: dict[str, Any] = {
    "title": "课后服务意向",
    "pages": [
        {
            "name": "page1",
            "elements": [
                {"type": "radiogroup", "name": "wanted", "title": "孩子本学期是否参加课后服务", "isRequired": True,
                 "choices": _named(("yes", "no", "perhaps"), ("参加", "不参加", "还没有决定"))},
                {"type": "checkbox", "name": "days", "title": "希望参加哪几天", "isRequired": True,
                 "visibleIf": "{wanted} = 'yes'",
                 "choices": _choices("周一", "周二", "周三", "周四", "周五")},
                {"type": "checkbox", "name": "what", "title": "孩子对哪些活动感兴趣", "visibleIf": "{wanted} <> 'no'",
                 "choices": _choices("阅读", "科学实验", "球类", "绘画", "合唱", "编程"), "showOtherItem": True},
                {"type": "rating", "name": "before", "title": "对上学期课后服务的评价", "rateMin": 1, "rateMax": 5,
                 "minRateDescription": "不满意", "maxRateDescription": "很满意"},
                {"type": "comment", "name": "advice", "title": "给学校的建议", "maxLength": 300},
            ],
        }
    ],
}  # fmt: skip

DRAFT: dict[str, Any] = {
    "title": "学校实验室现状",
    "pages": [
        {
            "name": "page1",
            "elements": [
                {"type": "text", "name": "rooms", "title": "实验室间数", "inputType": "number", "min": 0,
                 "isRequired": True},
                {"type": "matrix", "name": "state", "title": "设备状况",
                 "columns": _choices("完好", "部分可用", "需更新"),
                 "rows": _named(("physics", "chemistry", "biology"), ("物理", "化学", "生物"))},
                {"type": "text", "name": "since", "title": "最近一次更新的日期", "inputType": "date"},
            ],
        }
    ],
}  # fmt: skip


def build(demo: DemoContext) -> None:
    """Write the demo's questionnaires with their rounds and answers."""
    schools = list(School.objects.of_district().filter(closed_on=None).order_by("code")[:SCHOOLS])
    at = dt.datetime.combine(demo.day, dt.time(9), SHANGHAI)
    staff = _sent(demo, NEEDS, _staff_plan(schools, at), at - dt.timedelta(days=40))
    _teachers_answer(demo, staff, schools)
    _sent(demo, FAMILY, _family_plan(schools, at), at - dt.timedelta(days=5))
    actions.create(actor=demo.actor, title=DRAFT["title"], school=None, source=DRAFT, at=at)
    Questionnaire.objects.filter(owner=None).update(owner=demo.account("demo-data"))


def _sent(demo: DemoContext, source: dict[str, Any], plan: Plan, at: dt.datetime) -> Round:
    made = actions.create(actor=demo.actor, title=source["title"], school=None, source=source, at=at)
    actions.publish(actor=demo.actor, questionnaire=made, at=at)
    return actions.open_round(actor=demo.actor, questionnaire=made, plan=plan, at=at)


def _staff_plan(schools: list[School], at: dt.datetime) -> Plan:
    return Plan(
        title="教师培训需求调查",
        audience=Audience.STAFF,
        schools=schools,
        opens=at - dt.timedelta(days=40),
        closes=at - dt.timedelta(days=12),
        purpose="了解各学段教师的培训需求，安排下学年的培训。",
        basis="教师进修学校组织教师培训的职责；自愿填写，不记名。",
        roles=[Role.TEACHER],
        contradiction="{years} < 2 and {mentor} = true",
    )


def _family_plan(schools: list[School], at: dt.datetime) -> Plan:
    return Plan(
        title="课后服务意向",
        audience=Audience.GUARDIANS,
        schools=list(School.objects.of_district().filter(closed_on=None)),
        opens=at - dt.timedelta(days=5),
        closes=at + dt.timedelta(days=30),
        purpose="了解家庭对课后服务的意向，合理安排师资。",
        basis="学校开展课后服务的职责；自愿填写，不记名。",
    )


def _teachers_answer(demo: DemoContext, wave: Round, schools: list[School]) -> None:
    """Write answers of some teachers at each school, most of them careful."""
    rng = demo.rng("survey answers")
    held = RoleAssignment.objects.filter(Dated.at(demo.day), role=Role.TEACHER, school__in=schools)
    people: dict[int, list[int]] = {}
    for school, person in held.order_by("id").values_list("school", "account__person").distinct():
        if school is not None and person is not None and len(people.setdefault(school, [])) < AT_ONE_SCHOOL:
            people[school].append(person)
    answers, receipts = [], []
    for school, listed in people.items():
        for person in listed:
            if rng.random() < 0.18:
                continue
            day = wave.opens + dt.timedelta(days=int(rng.integers(0, 25)))
            receipts.append(Receipt(uid=_uid(rng), round=wave, person_id=person, day=day.date()))
            answers.append(_teacher_answer(rng, wave, school, actions.rounded(day)))
    Answer.objects.bulk_create(answers, batch_size=1000)
    Receipt.objects.bulk_create(receipts, batch_size=1000)


def _uid(rng: np.random.Generator) -> uuid.UUID:
    return uuid.UUID(bytes=rng.bytes(16), version=4)


def _teacher_answer(rng: np.random.Generator, wave: Round, school: int, sent: dt.datetime) -> Answer:
    years = int(rng.integers(0, 36))
    careless = rng.random() < 0.05
    mood = 2 if years < 3 else 3
    rows = ("time", "use", "fit", "help")
    views = {row: int(np.clip(round(rng.normal(mood, 0.9)), 1, 4)) for row in rows}
    chances = np.array([3.0 if years < 20 else 1.5, 2.5, 2.0, 1.5 if years < 5 else 0.7, 1.2, 0.6])
    topics = rng.choice(TOPICS, size=int(rng.integers(1, 4)), replace=False, p=chances / chances.sum())
    data: dict[str, Any] = {
        "stage": "primary" if rng.random() < 0.6 else "junior",
        "subject": f"a{rng.integers(1, 7)}",
        "years": years,
        "topics": [str(topic) for topic in topics],
        "way": str(rng.choice(["a1", "a2", "a3", "a4"], p=[0.35, 0.35, 0.18, 0.12])),
        "views": dict.fromkeys(rows, 3) if careless else views,
        "last": int(np.clip(round(rng.normal(3.6, 0.9)), 1, 5)),
    }
    if years >= 5:
        data["mentor"] = bool(rng.random() < 0.45)
    if rng.random() < 0.08:
        data["wish"] = str(rng.choice(NOTES))
    seconds = int(rng.integers(20, 50)) if careless else int(rng.lognormal(5.4, 0.35))
    return Answer(
        uid=_uid(rng),
        round=wave,
        version=wave.version,
        data=data,
        school_id=school,
        seconds=seconds,
        sent=sent,
    )
