"""The demo's money: a round decided last year, with spending and what came of it, and one open now."""

import datetime as dt
from decimal import Decimal
from typing import Any

from xuequ.core import clock
from xuequ.core.jobs.enqueue import run_pending
from xuequ.district.actors import Actor
from xuequ.district.choices import Role, Sector
from xuequ.district.models import RoleAssignment, SchoolYear
from xuequ.record.models import Indicator
from xuequ.systems.support.funding import actions, deciding
from xuequ.systems.support.funding.choices import Dimension, ProjectState, SourceKind
from xuequ.systems.support.funding.deciding import Amount
from xuequ.systems.support.funding.material import WEAK
from xuequ.systems.support.funding.models import Allocation, Project, Round, Simulation, Spending
from xuequ.systems.support.planned import Planned, planned_schools, sheet_evidence

STANDARD: dict[str, Any] = {
    "name": "教育数字化专项经费标准（试行）", "base_per_pupil_yuan": Decimal("60.00"), "least_pupils": 100,
    "star3_yuan": Decimal(30000), "star4_yuan": Decimal(60000), "star5_yuan": Decimal(100000),
    "improved_yuan": Decimal(40000), "weak_share": Decimal("0.150"), "document": "示例，非正式文件",
}  # fmt: skip
WISHES: tuple[tuple[str, str, int, dict[str, float], str], ...] = (
    ("多媒体教室修复与更新", "停用教室更换投影与中控，恢复正常上课。", 180_000, {"rooms": 42, "use": 18}, "struggling"),
    ("信息科技教师研修与跟岗", "三名教师到结对校跟岗一学期。", 60_000, {"teachers": 36, "courses": 12}, "struggling"),
    ("创客教室改造", "把旧计算机教室改为创客教室，配备入门套件。", 240_000, {"rooms": 36, "clubs": 24}, "rising"),
    ("人工智能社团课程包", "每周两次社团，购置课程与耗材。", 50_000, {"clubs": 36, "courses": 12}, "rising"),
    ("人工智能教室排课与教研", "聘请教研员驻校，开发校本课例。", 45_000, {"use": 30, "hours": 18}, "famed"),
    ("名师课堂录播升级", "录播设备升级，供结对校同步上课。", 150_000, {"use": 18, "courses": 18}, "strong"),
    # Dear for what it gains, and the weakest school's only one: what fairness is worth shows here.
    ("网络专线与移动终端", "偏远的小规模学校接入专线，配一车平板随班使用。", 260_000, {"rooms": 30, "use": 12}, "tiny"),
    ("校园网络出口扩容", "满足两间教室同时在线上课。", 80_000, {"rooms": 18, "use": 12}, ""),
)  # fmt: skip


def build(demo: Any) -> None:
    """Set the standard, decide last year's round, open this year's."""
    schools = [one for one in planned_schools(demo) if one.plan.sector == Sector.PUBLIC]
    day: dt.date = demo.day
    actions.new_standard(actor=demo.actor, **STANDARD)
    years = list(SchoolYear.objects.filter(start__lte=day).order_by("-start")[:2])
    if len(years) == 2:
        _last_year(demo, schools, years[1])
    _this_year(demo, schools, years[0])


def _opened(demo: Any, year: SchoolYear, title: str, budget: int) -> Round:
    of = actions.open_round(actor=demo.actor, title=title, year=year, closes=demo.day + dt.timedelta(days=20))
    sources = (
        (SourceKind.BUDGET, "区级财政预算", budget, "", False),
        (SourceKind.SOCIETY, "教育基金会捐赠", 200_000, "", True),
        (SourceKind.ENTERPRISE, "企业支持人工智能课程", 150_000, Dimension.COURSES, False),
    )
    for kind, name, amount, dimension, weak in sources:
        actions.add_source(
            actor=demo.actor, of=of, kind=kind, name=name, amount_yuan=Decimal(amount), dimension=dimension,
            weak_only=weak,
        )  # fmt: skip
    return of


def _applications(demo: Any, of: Round, schools: list[Planned], *, waiting: bool) -> None:
    """Each school of the story applies as its part would, others for one thing; written as they stand."""
    moment = clock.now()
    weak = set(Indicator.objects.filter(code=WEAK, value=1, superseded=None).values_list("school", flat=True))
    for place, one in enumerate(schools):
        part = "struggling" if one.school.pk in weak else one.part
        wishes = [wish for wish in WISHES if wish[4] and wish[4] == part]
        wishes = wishes or [WISHES[7] if place % 2 else WISHES[4]]
        first: Project | None = None
        for title, purpose, cost, gains, _part in wishes:
            waits = waiting and place % 3 == 0 and part not in ("struggling", "tiny")
            state = ProjectState.HANDED_IN if waits else ProjectState.ACCEPTED
            row = Project.objects.create(
                round=of, school=one.school, title=title, purpose=purpose, cost_yuan=Decimal(cost),
                gains=gains, state=state, submitted=moment,
                requires=first if title.startswith("人工智能社团") else None,
            )  # fmt: skip
            if part and first is None:
                row.evidence.add(
                    sheet_evidence(demo.actor, one.school, "报价单", ("设备", "数量", "单价（元）"))
                )
            row.checked_gain = row.expected
            row.save(update_fields=["checked_gain"])
            first = row


def _budget(schools: list[Planned]) -> int:
    """Enough for the standard and some two thirds of what is applied for."""
    pupils = sum(6 * one.plan.primary_pupils + 3 * one.plan.junior_pupils for one in schools)
    return round(pupils * 66 + len(schools) * 95_000, -4)


def _computed(demo: Any, of: Round) -> Simulation | None:
    """Compute a proposal with the standard's share for weak schools; where that cannot be kept, with none."""
    for share in (float(STANDARD["weak_share"]), 0.0):
        simulation, _task = actions.start_simulation(actor=demo.actor, of=of, weak_share=share)
        run_pending()
        simulation.refresh_from_db()
        simulation.run.refresh_from_db()
        if actions.is_usable(simulation):
            return simulation
    return None


def _last_year(demo: Any, schools: list[Planned], year: SchoolYear) -> None:
    of = _opened(demo, year, f"{year.code}学年教育数字化专项经费", _budget(schools))
    _applications(demo, of, schools, waiting=False)
    simulation = _computed(demo, of)
    if simulation is None:
        return
    deciding.adopt(actor=demo.actor, simulation=simulation)
    rows = list(of.allocations.order_by("school__code"))
    change = Decimal(20_000)
    amounts = {rows[0].pk: Amount(rows[0].proposed_yuan - change, "已由街道另行安排网络改造资金两万元。")}
    deciding.decide(
        actor=demo.actor, of=of, amounts=amounts, document="示例〔2026〕1号",
        reason="一所学校另有资金来源，调减两万元，结转下年。",
    )  # fmt: skip
    _back_in_time(of, year)
    for place, row in enumerate(of.allocations.order_by("school__code")):
        _used(demo, row, place)


def _back_in_time(of: Round, year: SchoolYear) -> None:
    """The round was opened in the autumn of its year and decided before winter."""
    Round.objects.filter(pk=of.pk).update(
        created=dt.datetime.combine(year.start + dt.timedelta(days=20), dt.time(9), clock.SHANGHAI),
        closes=year.start + dt.timedelta(days=60), decided=year.start + dt.timedelta(days=85),
    )  # fmt: skip


def _used(demo: Any, row: Allocation, place: int) -> None:
    """Most of the money is spent, and what came of the projects is told beside what was expected."""
    row.refresh_from_db()
    for number, project in enumerate(row.projects.all()):
        share = Decimal("0.96") if (place + number) % 4 else Decimal("0.60")
        entry = Spending(
            day=demo.day - dt.timedelta(days=40 + 3 * (place % 20)), what=f"{project.title}：设备与服务",
            amount_yuan=(project.cost_yuan * share).quantize(Decimal("0.01")), project=project,
        )  # fmt: skip
        if not number:
            entry.evidence = sheet_evidence(demo.actor, row.school, "验收清单", ("设备", "数量", "验收意见"))
        deciding.spend(actor=demo.actor, allocation=row, entry=entry)
        if (place + number) % 4:
            project.reached = (project.expected * (Decimal("0.7") + Decimal(place % 5) / 10)).quantize(
                Decimal("0.01")
            )
            project.outcome = "设备到位并排入课表，教师已能独立使用；使用登记见附件。"
            project.outcome_at = clock.now()
            project.save(update_fields=["reached", "outcome", "outcome_at"])


def _this_year(demo: Any, schools: list[Planned], year: SchoolYear) -> None:
    """A round with a proposal computed and applications that wait to be checked; one school asks about last year."""
    of = _opened(demo, year, f"{year.code}学年教育数字化专项经费", _budget(schools))
    _applications(demo, of, schools, waiting=True)
    simulation = _computed(demo, of)
    if simulation is not None:
        deciding.adopt(actor=demo.actor, simulation=simulation)
        # Another rule, to be set beside the proposal.
        actions.start_simulation(actor=demo.actor, of=of, weak_share=0.0, alpha=0.0)
        run_pending()
    _ask_again(demo)


def _ask_again(demo: Any) -> None:
    """The head of the rising school wants the pupils counted once more."""
    role = RoleAssignment.objects.filter(role=Role.HEAD, account__username="demo-head").first()
    row = Allocation.objects.filter(school=role.school, amount_yuan__isnull=False).first() if role else None
    if role is not None and row is not None:
        actor = Actor.of(role.account, demo.day)
        deciding.appeal(
            actor=actor, allocation=row, text="本校去年新增两个班，请核对在校生人数后复核基础部分。"
        )
