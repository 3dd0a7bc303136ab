"""The demo's development plans: most schools have one, some pass their obstacles by, specialities cluster by area."""

import datetime as dt
from collections.abc import Sequence

from django.core.files.base import ContentFile
from django.db import transaction

from xuequ.core import clock
from xuequ.district.models import SchoolYear
from xuequ.kit.demo import DemoContext
from xuequ.kit.demo.timeline import year_code, year_start
from xuequ.record import evidence
from xuequ.systems.stars.ailevel.advice import rules_in_force
from xuequ.systems.stars.ailevel.models import SchoolLevel
from xuequ.systems.stars.ailevel.queries import LEVEL_IN_FORCE
from xuequ.systems.stars.ailevel.scheme import LevelScheme, read_scheme
from xuequ.systems.stars.plans.choices import GoalState, SpecialityKind
from xuequ.systems.stars.plans.models import DevelopmentPlan, PlanGoal, PlanReview

PAPER = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
    b"0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \n"
    b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n164\n%%EOF\n"
)
SPECIALITIES: Sequence[tuple[SpecialityKind, str, str]] = (
    (
        SpecialityKind.ROBOTICS,
        "“造物工坊”：人人会做一个能动的作品",
        "学校有木工坊和科技社团的传统，教师有兴趣。",
    ),
    (SpecialityKind.PROGRAMMING, "低年级图形化、高年级文本编程的进阶课", "信息科技教师稳定，课时有保证。"),
    (SpecialityKind.SUBJECTS, "用数据讲科学课：每个单元一个探究", "科学组是区优秀教研组。"),
    (SpecialityKind.READING, "智慧阅读：每个孩子一条阅读路径", "图书馆新改造，家长参与度高。"),
    (SpecialityKind.AIGC, "教师备课与学生写作的人机协同", "语文组承担了区级课题。"),
    (SpecialityKind.SPORT, "智慧操场：用数据练体能", "操场改造后装了训练系统。"),
)
EXTRA = ("建成学校数字素养校本研修制度", "每学期研修次数")
EVERY_WITHOUT, EVERY_BLIND = 7, 4
"""Every seventh school has no plan; every fourth plan works on none of the obstacles."""


def build(demo: DemoContext) -> None:
    """Write plans with goals, and for the first of them a look back on the year."""
    rows = SchoolLevel.objects.filter(LEVEL_IN_FORCE)
    listed = list(rows.select_related("school__area", "evaluation__run").order_by("school__code"))
    start = year_start(demo.timeline.last - 1)
    year = SchoolYear.objects.get(code=year_code(demo.timeline.last))
    with transaction.atomic():
        for number, level in enumerate(listed):
            if number % EVERY_WITHOUT != EVERY_WITHOUT - 1:
                plan = _plan(level, number, start)
                _evidence(demo, plan, number)
                if number % 3 == 0:
                    _look_back(plan, year, commented=number % 2 == 0)


def _plan(level: SchoolLevel, number: int, start: dt.date) -> DevelopmentPlan:
    # Schools of one area tend to choose alike, which leaves gaps.
    area = level.school.area_id or 0
    kind, sentence, why = SPECIALITIES[(area + (number // 4) % 3) % len(SPECIALITIES)]
    plan = DevelopmentPlan.objects.create(
        school=level.school,
        title=f"{level.school}教育数字化发展规划（{start.year}—{start.year + 3}年）",
        start=start,
        end=start.replace(year=start.year + 3),
        speciality_kind=kind,
        speciality=sentence,
        why=why,
        changed=clock.now(),
        handed_in=clock.now(),
    )
    scheme = read_scheme(level.evaluation.run.parameters["scheme"])
    obstacles = [one["code"] for one in level.result["obstacles"]]
    chosen = obstacles[4:6] if number % EVERY_BLIND == EVERY_BLIND - 1 else obstacles[: 2 + number % 2]
    for code in chosen:
        _goal(plan, level, scheme, code)
    PlanGoal.objects.create(
        plan=plan, text=EXTRA[0], measure=EXTRA[1], begins_at=2, target=6, due=plan.end - dt.timedelta(days=60),
        state=GoalState.REACHED if number % 5 == 0 else GoalState.OPEN,
    )  # fmt: skip
    return plan


def _goal(plan: DevelopmentPlan, level: SchoolLevel, scheme: LevelScheme, code: str) -> None:
    index = scheme.index(code)
    found = next(one for one in level.result["indexes"] if one["code"] == code)
    if index is None:
        return
    target = index.thresholds[1] if index.thresholds else None
    now = found["value"]
    PlanGoal.objects.create(
        plan=plan,
        text=f"{index.title}达到“{scheme.grades[1]}”",
        item=code,
        measure=f"摸底调查：{index.title}" if target is not None else f"专家评分：{index.title}",
        begins_at=None
        if now is None or target is None
        else round(max(0.0, now - 0.4 * abs(target - now)), 1),
        target=target if now is not None else None,
        due=plan.end - dt.timedelta(days=120),
        steps=rules_in_force()[code].advice if code in rules_in_force() else "",
    )


def _evidence(demo: DemoContext, plan: DevelopmentPlan, number: int) -> None:
    """Hand in a paper for the first goal."""
    goal = plan.goals.order_by("pk").first()
    if goal is not None:
        content = PAPER.replace(b"200 200", f"{210 + number} {300 + number}".encode())
        goal.pieces.add(
            evidence.attach_file(
                actor=demo.actor,
                system="stars",
                school=plan.school,
                title="课表与实施记录",
                upload=ContentFile(content, name="shishi.pdf"),
            )
        )


def _look_back(plan: DevelopmentPlan, year: SchoolYear, *, commented: bool) -> None:
    PlanReview.objects.create(
        plan=plan,
        year=year,
        text="按计划开齐了课，教师培训完成过半；设备更新因经费推迟，明年先借用邻近学校的教室。",
        submitted=clock.now(),
        comment="设备先走学区闲置调剂，已登记。" if commented else "",
        replied=clock.now() if commented else None,
    )
