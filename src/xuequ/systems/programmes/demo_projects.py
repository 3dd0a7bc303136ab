"""The demo's projects: two that built the AI classrooms, one that goes well, one late, one over budget, one idle."""

import datetime as dt
import io
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.files.base import ContentFile

from xuequ.core.clock import SHANGHAI
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import RoleAssignment, School, Term
from xuequ.kit.demo.context import DemoContext
from xuequ.kit.demo.plan import Part
from xuequ.record import evidence
from xuequ.record.models import Evidence
from xuequ.systems.programmes import projects_models as models
from xuequ.systems.programmes.choices import (
    PATH,
    AcceptanceVerdict,
    OpinionVerdict,
    Source,
    Stage,
    Way,
)
from xuequ.systems.programmes.demo_ledger import pilots
from xuequ.systems.programmes.projects import actions

AI_ROOM_YUAN = 3_200_000
"""What one AI classroom cost with all that stands in it; thirteen of them come to more than forty million 元."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A project of the story. Sums in 万元; ``days`` are days before today, ``ordered`` and ``paid`` shares."""

    code: str
    title: str
    purpose: str
    expected: str
    uses: int
    stage: Stage
    begun: int
    stage_for: int
    budget: dict[Source, int]
    ordered: float = 1.0
    paid: float = 1.0
    over: str = ""
    supplier: str = "云汀教育装备有限公司（虚构）"
    way: Way = Way.OPEN_TENDER
    milestones: tuple[tuple[str, int, int | None], ...] = ()
    reported: tuple[int, ...] = ()
    issues: tuple[tuple[str, str, int, str], ...] = ()
    due: int = 0
    school: Part | None = None
    equips: str = ""
    opinions: tuple[OpinionVerdict, ...] = field(default=(OpinionVerdict.FOR,) * 3)
    asked: bool = False


def plans(demo: DemoContext) -> list[Plan]:
    """Return the story; the sums of the AI classrooms follow their number."""
    rooms = len(pilots(demo)) + 1
    first = (len(pilots(demo)) + 1) // 2 + 1
    years = demo.day.year - demo.timeline.first
    size = len(demo.schools) / 40
    return [
        _ai("ai-1", "人工智能教室建设（一期）", first, 365 * (years + 5), (310, 296)),
        _ai("ai-2", "人工智能教室建设（二期）", rooms - first, 365 * (years + 3), (268, 274)),
        Plan(
            "reading", "智能阅读机进校园", "小学阅读量不足，纸质书流通慢。用智能阅读机记录借阅、推荐分级读物。",
            "各校阅读课和课后服务使用。", 900, Stage.USE, 1100, 700,
            {Source.BUDGET: round(180 * size), Source.SOCIETY: round(60 * size)},
            ordered=0.97, way=Way.CONSULTATION, milestones=(("到货安装", 800, 806), ("教师培训", 760, 752)),
            reported=(860, 905, 930), due=760, equips="reading",
        ),
        Plan(
            "sport", "智慧体育训练系统", "学生体质健康数据分散，训练缺少针对性。配备体育训练一体机。",
            "体育课和大课间使用，每校每学期不少于 60 次。", 480, Stage.USE, 620, 300,
            {Source.BUDGET: round(220 * size)}, ordered=0.99, way=Way.NEGOTIATION,
            milestones=(("安装调试", 420, 405),), reported=(36,), due=330, equips="sport",
            issues=(("操场网络不通，一体机无法上传数据", "区信息中心", -20, ""),),
        ),
        Plan(
            "recording", "课堂教学分析录播教室", "教研需要常态化课堂数据。改造录播教室，只采集教师话筒。",
            "每校每周两次教研课例。", 640, Stage.DELIVERY, 330, 120, {Source.BUDGET: round(320 * size)},
            ordered=0.96, paid=0.3, milestones=(("设备到货", 70, 66), ("安装调试", 37, None), ("教师培训", -30, None)),
            due=-40, issues=(("三所学校弱电改造未完工", "区教育技术装备中心", 12, ""),),
        ),
        Plan(
            "robots", "智能机器人更新（UGOT）", "一期教室的机器人套件使用六年，电池和舵机故障多。",
            "人工智能课和社团每周使用。", 700, Stage.PROCUREMENT, 200, 25,
            {Source.BUDGET: round(150 * size), Source.ENTERPRISE: round(30 * size)}, ordered=1.11, paid=0.0,
            over="新课标增加环境感知模块，单价上调", way=Way.OPEN_TENDER, due=-120,
        ),
        Plan(
            "campus", "智慧书香校园", "图书馆与教室阅读角联通，支持整本书阅读。", "每学期不少于 300 班次。", 300,
            Stage.APPRAISAL, 40, 18, {Source.BUDGET: 48, Source.SOCIETY: 12}, due=-200, school=Part.RISING,
        ),
        Plan(
            "lab", "初中数字化探究实验室", "物理、化学实验仍以演示为主，传感器数量不足四人一组。",
            "每班每学期不少于 6 次分组实验。", 260, Stage.APPRAISAL, 60, 30,
            {Source.BUDGET: round(240 * size)}, due=-240, equips="lab", asked=True,
            opinions=(OpinionVerdict.FOR, OpinionVerdict.FOR, OpinionVerdict.WITH_CHANGES),
        ),
        Plan(
            "rooms", "网络多媒体教室补足", "我校每百名学生多媒体教室不足标准，专用教室轮换使用。", "", 0,
            Stage.APPLICATION, 9, 9, {Source.BUDGET: 86}, school=Part.STRUGGLING, opinions=(),
        ),
        Plan(
            "wall", "校园全息展示墙", "展示办学成果。", "参观接待使用。", 12, Stage.DECLINED, 400, 360,
            {Source.BUDGET: 130}, school=Part.FAMED, due=100,
            opinions=(OpinionVerdict.AGAINST, OpinionVerdict.AGAINST, OpinionVerdict.WITH_CHANGES),
        ),
        Plan(
            "code", "人工智能编程平台授权", "小学初中一体化的人工智能课程平台。", "人工智能课每周使用。", 500,
            Stage.DONE, 900, 200, {Source.BUDGET: round(62 * size), Source.ENTERPRISE: round(40 * size)},
            ordered=0.98, way=Way.FRAMEWORK, milestones=(("开通账号", 700, 702),), reported=(540, 610), due=700,
        ),
    ]  # fmt: skip


def _ai(code: str, title: str, rooms: int, begun: int, reported: tuple[int, ...]) -> Plan:
    total = AI_ROOM_YUAN * rooms // 10_000
    gift = round(total * 0.12)
    return Plan(
        code,
        title,
        "作为省人工智能教育实验区，为试点校建设人工智能教室，配备机器人与编程平台。",
        "每周至少一课时，每学期不少于 16 课时；课后社团使用。",
        240,
        Stage.DONE,
        begun,
        begun - 900,
        {Source.BUDGET: total - gift, Source.ENTERPRISE: gift},
        ordered=0.985,
        milestones=(
            ("场地改造", begun - 240, begun - 236),
            ("设备安装", begun - 330, begun - 325),
            ("教师培训", begun - 380, begun - 378),
        ),
        reported=reported,
        due=begun - 400,
        equips=code,
    )


def write(demo: DemoContext) -> dict[str, models.Project]:
    """Write the projects and return them by code."""
    writer = _Writer(demo)
    return {plan.code: writer.write(plan) for plan in plans(demo)}


class _Writer:
    """Writes one project after the other, as they would stand after years of use."""

    def __init__(self, demo: DemoContext) -> None:
        self.demo, self.day = demo, demo.day
        self.officer = demo.account("demo-officer")
        self.schools = list(School.objects.of_district().order_by("code"))
        self.experts = self._experts()
        self.serials: dict[int, int] = {}

    def _experts(self) -> list[Account]:
        heads = RoleAssignment.objects.filter(role=Role.HEAD).select_related("account").order_by("pk")
        # The demo's own expert has the newest opinion still to write, so others wrote the earlier ones.
        return [row.account for row in heads[:3]]

    def ago(self, days: int) -> dt.date:
        return self.day - dt.timedelta(days=days)

    def at(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(10), SHANGHAI)

    def write(self, plan: Plan) -> models.Project:
        """Write a project with all that its stage has."""
        begun = self.ago(plan.begun)
        serial = self.serials[begun.year] = self.serials.get(begun.year, 0) + 1
        project = models.Project.objects.create(
            number=f"XM{begun.year}-{serial:03d}",
            title=plan.title,
            school=self._school(plan),
            stage=plan.stage,
            since=self.ago(plan.stage_for),
            purpose=plan.purpose,
            expected=plan.expected,
            expected_uses=plan.uses or None,
            due=None if plan.stage == Stage.APPLICATION else self.ago(plan.due),
            started=begun,
            created=self.at(begun),
            created_by=self.officer,
        )
        project.schools.set(self._equipped(plan, project))
        models.Fund.objects.bulk_create(
            models.Fund(project=project, source=source, budget_yuan=Decimal(wan * 10_000))
            for source, wan in plan.budget.items()
        )
        self._passages(plan, project)
        self._opinions(plan, project)
        if self._reached(plan, Stage.PROCUREMENT):
            self._money(plan, project)
        self._milestones(plan, project)
        if self._reached(plan, Stage.USE):
            self._accepted(plan, project)
        self._issues(plan, project)
        if plan.asked:
            actions.put_before(actor=Actor.of(self.officer, self.day), project=project)
        return project

    def _school(self, plan: Plan) -> School | None:
        if plan.school is None:
            return None
        wanted = [i for i, school in enumerate(self.demo.schools) if school.part == plan.school]
        # The junior school of the part is where the demo's own accounts are.
        return self.schools[wanted[-1]]

    def _equipped(self, plan: Plan, project: models.Project) -> list[School]:
        chosen = pilots(self.demo)
        half = (len(chosen) + 1) // 2
        if project.school is not None:
            return [project.school]
        if plan.code == "ai-1":
            return [self.schools[i] for i in chosen[:half]]
        if plan.code == "ai-2":
            return [self.schools[i] for i in chosen[half:]]
        if plan.code in {"robots", "code"}:
            return [self.schools[i] for i in chosen]
        if plan.code == "lab":
            return [school for school in self.schools if school.stage == "junior"][:6]
        if plan.code == "reading":
            return [s for i, s in enumerate(self.schools) if i % 2 == 0 and s.stage != "junior"]
        return [s for i, s in enumerate(self.schools) if i % 5 == 1]

    def _reached(self, plan: Plan, stage: Stage) -> bool:
        return plan.stage in PATH and PATH.index(plan.stage) >= PATH.index(stage)

    def _passages(self, plan: Plan, project: models.Project) -> None:
        ends = (Stage.APPLICATION, Stage.APPRAISAL, Stage.DECLINED)
        path = PATH[: PATH.index(plan.stage) + 1] if plan.stage in PATH else ends
        whole = plan.begun - plan.stage_for
        before = ""
        for place, stage in enumerate(path):
            days = plan.begun - whole * place // max(1, len(path) - 1)
            words = "论证意见认为使用场景不足，与预算不相称。" if stage == Stage.DECLINED else ""
            models.Passage.objects.create(
                project=project,
                before=before,
                after=stage,
                words=words,
                at=self.at(self.ago(days)),
                done_by=self.officer,
            )
            before = stage

    def _opinions(self, plan: Plan, project: models.Project) -> None:
        words = {
            OpinionVerdict.FOR: "需求真实，预算合理，建议立项。",
            OpinionVerdict.WITH_CHANGES: "建议压缩展示类投入，补充使用方案。",
            OpinionVerdict.AGAINST: "使用频次低，与投入不相称。",
        }
        # The demo's own expert has one left to write.
        given = plan.opinions[:2] if plan.stage == Stage.APPRAISAL and not plan.asked else plan.opinions
        day = self.ago(max(0, plan.begun - 15))
        models.Opinion.objects.bulk_create(
            models.Opinion(project=project, verdict=v, words=words[v], written_by=who, at=self.at(day))
            for v, who in zip(given, self.experts, strict=False)
        )

    def _money(self, plan: Plan, project: models.Project) -> None:
        signed = self.ago(plan.begun - (plan.begun - plan.stage_for) * 2 // 3)
        for source, wan in plan.budget.items():
            factor = 1.0 if source == Source.ENTERPRISE else plan.ordered
            total = Decimal(round(wan * 10_000 * factor, -2)).quantize(Decimal("0.01"))
            way = Way.GIFT if source == Source.ENTERPRISE else plan.way
            contract = models.Contract.objects.create(
                project=project,
                title=plan.title,
                supplier=plan.supplier,
                way=way,
                source=source,
                sum_yuan=total,
                signed=signed,
                over=plan.over if factor > 1 else "",
            )
            paid = (total * Decimal(str(plan.paid))).quantize(Decimal("0.01"))
            if paid:
                models.Payment.objects.create(
                    contract=contract,
                    amount_yuan=paid,
                    paid=min(self.day, signed + dt.timedelta(days=60)),
                    entered_by=self.demo.account("demo-finance"),
                )

    def _note(self, project: models.Project, title: str, note: str, day: dt.date) -> Evidence:
        made = evidence.attach_note(
            actor=self.demo.actor, system="programmes", school=project.school, title=title, note=note
        )
        made.uploaded = self.at(day)
        made.save(update_fields=["uploaded"])
        return made

    def _paper(self, project: models.Project, title: str) -> Evidence:
        """Hand in a delivery note as a workbook."""
        from openpyxl import Workbook

        book = Workbook()
        for row in (("名称", "数量", "签收"), ("录播主机", 8, "已签收"), ("教师话筒", 16, "已签收")):
            book.worksheets[0].append(row)
        stream = io.BytesIO()
        book.save(stream)
        upload = ContentFile(stream.getvalue(), name="到货签收单.xlsx")
        return evidence.attach_file(
            actor=self.demo.actor, system="programmes", school=project.school, title=title, upload=upload
        )

    def _milestones(self, plan: Plan, project: models.Project) -> None:
        for title, due, done in plan.milestones:
            row = models.Milestone.objects.create(
                project=project,
                title=title,
                due=self.ago(due),
                done=None if done is None else self.ago(done),
                done_by=None if done is None else self.officer,
            )
            if done is not None and plan.stage == Stage.DELIVERY:
                models.Proof.objects.create(
                    project=project, evidence=self._paper(project, title), milestone=row
                )
            elif done is not None:
                proof = self._note(project, title, "现场核对无误，签收单已存档。", self.ago(done))
                models.Proof.objects.create(project=project, evidence=proof, milestone=row)

    def _accepted(self, plan: Plan, project: models.Project) -> None:
        day = self.ago(max(plan.due - 20, 60))
        row = models.Acceptance.objects.create(
            project=project,
            day=day,
            verdict=AcceptanceVerdict.WITH_ISSUES if plan.issues else AcceptanceVerdict.PASSED,
            group="装备中心、财务科、信息中心、使用学校代表",
            words="数量、参数与合同一致，试运行正常。",
            recorded_by=self.officer,
        )
        proof = self._note(project, "验收记录", "验收小组现场逐项核对，记录存档。", day)
        models.Proof.objects.create(project=project, evidence=proof, acceptance=row)
        terms = list(Term.objects.filter(end__lte=self.day).order_by("-start")[: len(plan.reported)])
        for term, uses in zip(reversed(terms), plan.reported, strict=False):
            models.UseReport.objects.create(
                project=project,
                term=term,
                uses=uses,
                words="主要用于课后服务和公开课。" if uses < plan.uses / 4 else "按课表常态使用。",
                entered_by=self.officer,
                at=self.at(term.end),
            )

    def _issues(self, plan: Plan, project: models.Project) -> None:
        for title, owner, due, outcome in plan.issues:
            models.Issue.objects.create(
                project=project,
                title=title,
                owner=owner,
                due=self.ago(due),
                opened=self.ago(max(due, 0) + 30),
                opened_by=self.officer,
                outcome=outcome,
            )
