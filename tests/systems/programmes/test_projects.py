"""Projects: each stage's demands, who moves them, money that does not run over, the leading group's view."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation

from tests import factories
from tests.factories import DAY
from tests.systems.programmes.conftest import World
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.rendering.formats import FORMATS
from xuequ.core.reports import Lead, Steps
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Term
from xuequ.kit.approvals import actions as approvals
from xuequ.record import evidence
from xuequ.systems.programmes.choices import AcceptanceVerdict, OpinionVerdict, Source, Stage, Way
from xuequ.systems.programmes.models import Contract, Passage, Project
from xuequ.systems.programmes.projects import actions, queries, reports, spending
from xuequ.systems.programmes.projects.sections import group_blocks

BUDGET = {Source.BUDGET: Decimal(600_000), Source.SOCIETY: Decimal(100_000), Source.ENTERPRISE: None}


def applied(actor: Actor, school: object = None, **more: object) -> Project:
    given = {
        "title": "智慧阅读",
        "purpose": "借阅慢",
        "expected": "阅读课",
        "expected_uses": 200,
        "due": DAY + dt.timedelta(days=200),
        **more,
    }
    return actions.apply(actor=actor, project=Project(school=school, **given), budgets=BUDGET)


def judged(world: World, project: Project) -> Project:
    actions.move_on(actor=world.head, project=project)
    for _number in range(3):
        expert = factories.make_actor(Role.EXPERT)
        actions.give_opinion(actor=expert, project=project, verdict=OpinionVerdict.FOR, words="可行")
    return project


def taken_up(world: World) -> Project:
    project = judged(world, applied(world.head, world.own))
    case = actions.put_before(actor=world.officer, project=project)
    approvals.approve(actor=world.leader, case=case)
    project.refresh_from_db()
    assert project.stage == Stage.PROCUREMENT
    return project


def order(world: World, project: Project, sum_yuan: int, **more: object) -> Contract:
    given = {
        "title": "设备",
        "supplier": "虚构公司",
        "way": Way.OPEN_TENDER,
        "source": Source.BUDGET,
        "signed": DAY,
    }
    return spending.order(actor=world.head, project=project, sum_yuan=Decimal(sum_yuan), **{**given, **more})


def note(world: World) -> object:
    return evidence.attach_note(
        actor=world.officer, system="programmes", school=world.own, title="现场", note="已到货"
    )


def test_a_project_goes_its_whole_way_and_every_move_is_written_down(world: World) -> None:
    project = taken_up(world)
    contract = order(world, project, 580_000)
    actions.move_on(actor=world.head, project=project)
    milestone = actions.set_milestone(actor=world.head, project=project, title="到货", due=DAY)
    with pytest.raises(Refused):
        actions.move_on(actor=world.head, project=project)
    with pytest.raises(Refused):
        actions.reach(actor=world.head, milestone=milestone, done=DAY)
    actions.reach(actor=world.head, milestone=milestone, done=DAY, proof=note(world))
    actions.move_on(actor=world.head, project=project)
    with pytest.raises(Forbidden):
        actions.accept(
            actor=world.head,
            project=project,
            day=DAY,
            verdict=AcceptanceVerdict.PASSED,
            group="学校",
            words="好",
        )
    actions.accept(
        actor=world.officer,
        project=project,
        day=DAY,
        verdict=AcceptanceVerdict.FAILED,
        group="装备中心",
        words="少两台",
        proof=note(world),
    )
    with pytest.raises(Refused):
        actions.move_on(actor=world.officer, project=project)
    actions.accept(
        actor=world.officer,
        project=project,
        day=DAY,
        verdict=AcceptanceVerdict.PASSED,
        group="装备中心",
        words="齐",
    )
    with pytest.raises(Refused):  # the newest acceptance has no evidence yet
        actions.move_on(actor=world.officer, project=project)
    actions.attach(actor=world.officer, project=project, proof=note(world))
    with pytest.raises(Forbidden):
        actions.move_on(actor=world.head, project=project)
    actions.move_on(actor=world.officer, project=project)
    spending.pay(actor=world.finance, contract=contract, amount_yuan=Decimal(580_000), paid=DAY)
    term = Term.objects.get(code="2025-2026-2")
    actions.report_use(actor=world.head, project=project, term=term, uses=150, words="")
    issue = actions.raise_issue(
        actor=world.leader, project=project, title="网络慢", owner="信息中心", due=DAY
    )
    with pytest.raises(Refused):
        actions.move_on(actor=world.officer, project=project)
    with pytest.raises(Refused):
        actions.settle(actor=world.officer, issue=issue, outcome="好了")
    actions.settle(actor=world.officer, issue=issue, outcome="换交换机", proof=note(world))
    actions.move_on(actor=world.officer, project=project)
    project.refresh_from_db()
    assert project.stage == Stage.DONE
    path = list(Passage.objects.filter(project=project).values_list("after", flat=True))
    assert path == [
        Stage.APPLICATION, Stage.APPRAISAL, Stage.PROCUREMENT, Stage.DELIVERY, Stage.ACCEPTANCE, Stage.USE, Stage.DONE,
    ]  # fmt: skip
    with pytest.raises(Forbidden):
        actions.move_on(actor=world.officer, project=project)


def test_an_application_says_what_it_lacks(world: World) -> None:
    project = actions.apply(
        actor=world.head, project=Project(school=world.own, title="空的"), budgets={Source.BUDGET: None}
    )
    with pytest.raises(Refused) as refusal:
        actions.move_on(actor=world.head, project=project)
    for words in ("写明建设目的", "分来源填写预算", "预期", "计划完成时间"):
        assert words in str(refusal.value)
    project.refresh_from_db()
    assert project.stage == Stage.APPLICATION


def test_numbers_follow_each_other_within_a_year(world: World) -> None:
    numbers = [applied(world.head, world.own).number, applied(world.officer).number]
    assert numbers == ["XM2026-001", "XM2026-002"]
    for number in (999, 1000):
        Project.objects.filter(number=numbers[-1]).update(number=f"XM2026-{number}")
        numbers.append(applied(world.officer).number)
    assert numbers[-1] == "XM2026-1001"


def test_a_school_applies_for_itself_and_changes_nothing_after_handing_in(world: World) -> None:
    with pytest.raises(Forbidden):
        applied(world.head, world.far)
    with pytest.raises(Forbidden):
        applied(world.head, None)
    with pytest.raises(Forbidden):
        applied(factories.make_actor(Role.TEACHER, school=world.own), world.own)
    project = applied(world.head, world.own)
    assert list(project.schools.all()) == [world.own]
    actions.move_on(actor=world.head, project=project)
    with pytest.raises(Forbidden):
        actions.change(actor=world.head, project=project, budgets=BUDGET)
    actions.change(actor=world.officer, project=project, budgets={Source.BUDGET: Decimal(500_000)})
    assert project.stage == Stage.APPRAISAL or Project.objects.get(pk=project.pk).stage == Stage.APPRAISAL


def test_experts_judge_and_the_leading_group_decides(world: World) -> None:
    project = applied(world.head, world.own)
    actions.move_on(actor=world.head, project=project)
    expert = factories.make_actor(Role.EXPERT)
    with pytest.raises(Forbidden):
        actions.give_opinion(actor=world.head, project=project, verdict=OpinionVerdict.FOR, words="好")
    with pytest.raises(Forbidden):
        actions.move_on(actor=world.officer, project=project)
    for words in ("可行", "再想想"):
        actions.give_opinion(actor=expert, project=project, verdict=OpinionVerdict.WITH_CHANGES, words=words)
    assert project.opinions.count() == 1
    with pytest.raises(Refused):
        actions.put_before(actor=world.officer, project=project)
    for _number in range(2):
        other = factories.make_actor(Role.EXPERT)
        actions.give_opinion(actor=other, project=project, verdict=OpinionVerdict.AGAINST, words="不可行")
    case = actions.put_before(actor=world.officer, project=project)
    assert list(queries.before_the_group()) == [project]
    with pytest.raises(Refused):
        actions.put_before(actor=world.officer, project=project)
    with pytest.raises(Refused):
        actions.give_opinion(actor=expert, project=project, verdict=OpinionVerdict.FOR, words="改主意")
    with pytest.raises(Forbidden):
        approvals.approve(actor=world.head, case=case)
    approvals.refuse(actor=world.leader, case=case, words="使用不足")
    project.refresh_from_db()
    assert project.stage == Stage.DECLINED
    assert not queries.before_the_group().exists()
    assert Passage.objects.filter(project=project).last().words == "使用不足"


def test_nothing_is_ordered_beyond_the_budget_without_a_reason(world: World) -> None:
    project = taken_up(world)
    order(world, project, 500_000)
    with pytest.raises(Refused, match="20000"):
        order(world, project, 120_000)
    assert project.contracts.count() == 1
    made = order(world, project, 120_000, over="单价上调")
    assert made.over == "单价上调"
    line = queries.lines(Project.objects.filter(pk=project.pk), DAY)[0]
    assert line.over == Decimal(20_000)
    assert line.total.committed == Decimal(620_000)
    # Another source's rest does not pay for it, and a reason that is not needed is not kept.
    assert order(world, project, 50_000, source=Source.SOCIETY, over="x").over == ""


@pytest.mark.parametrize("mistake", [55, 60, 5_500_000_000])
def test_a_contract_in_the_wrong_unit_is_asked_about(world: World, mistake: int) -> None:
    project = taken_up(world)
    with pytest.raises(Refused, match="万元"):
        order(world, project, mistake)
    assert not project.contracts.exists()


def test_no_more_is_paid_than_the_contract_says(world: World) -> None:
    project = taken_up(world)
    contract = order(world, project, 500_000)
    spending.pay(actor=world.finance, contract=contract, amount_yuan=Decimal("499999.99"), paid=DAY)
    for amount, day in ((Decimal("0.02"), DAY), (Decimal("0.01"), DAY + dt.timedelta(days=1))):
        with pytest.raises(Refused):
            spending.pay(actor=world.finance, contract=contract, amount_yuan=amount, paid=day)
    for actor in (world.head, world.leader):
        with pytest.raises(Forbidden):
            spending.pay(actor=actor, contract=contract, amount_yuan=Decimal("0.01"), paid=DAY)
    spending.pay(actor=world.officer, contract=contract, amount_yuan=Decimal("0.01"), paid=DAY)
    assert queries.dossier(project).total.spent == Decimal("500000.00")


def test_a_payment_in_the_wrong_unit_is_asked_about(world: World) -> None:
    contract = order(world, taken_up(world), 500_000)
    with pytest.raises(Refused, match="50 万元"):
        spending.pay(actor=world.finance, contract=contract, amount_yuan=Decimal(50), paid=DAY)


def test_a_project_is_stopped_with_a_reason(world: World) -> None:
    project = applied(world.head, world.own)
    with pytest.raises(Forbidden):
        actions.stop(actor=world.head, project=project, words="不做了")
    with pytest.raises(Refused):
        actions.stop(actor=world.officer, project=project, words=" ")
    assert actions.stop(actor=world.officer, project=project, words="重复建设").stage == Stage.STOPPED


def test_who_reads_which_project(world: World) -> None:
    own, district = applied(world.head, world.own), applied(world.officer)
    district.schools.set([world.far])
    seen = {
        world.head: {own},
        world.far_head: {district},
        world.officer: {own, district},
        world.leader: {own, district},
        world.finance: {own, district},
        factories.make_actor(Role.TEACHER, school=world.own): set(),
        factories.make_actor(Role.EXPERT): set(),
        factories.make_actor(Role.GUARDIAN): set(),
    }
    for actor, expected in seen.items():
        assert set(queries.projects(actor)) == expected
    actions.move_on(actor=world.head, project=own)
    expert = factories.make_actor(Role.EXPERT)
    assert set(queries.projects(expert)) == {own}
    assert queries.waiting_for_expert(expert).count() == 1


def test_the_leading_group_sees_what_it_has_to_decide(world: World) -> None:
    over = taken_up(world)
    order(world, over, 650_000, over="涨价")
    late = taken_up(world)
    actions.set_milestone(actor=world.officer, project=late, title="安装", due=DAY - dt.timedelta(days=9))
    idle = applied(world.officer, title="体育训练")
    Project.objects.filter(pk=idle.pk).update(stage=Stage.USE)
    blocks = group_blocks(queries.lines(queries.projects(world.leader), DAY), DAY)
    lead = next(block for block in blocks if isinstance(block, Lead))
    steps = next(block for block in blocks if isinstance(block, Steps))
    assert set(lead.sentence.cells) == {"running", "late", "over", "unused"}
    assert [str(over.uid) in steps.steps[0].url, str(late.uid) in steps.steps[1].url] == [True, True]
    assert str(idle.uid) in steps.steps[2].url
    report = reports.group_report(world.leader)
    for form in FORMATS.values():
        assert form.render(report)


def test_nothing_under_way_and_all_well_have_words_of_their_own(world: World) -> None:
    assert FORMATS["html"].render(reports.group_report(world.leader))
    applied(world.head, world.own)
    assert "没有需要决定的事项" in FORMATS["html"].render(reports.group_report(world.leader)).decode()


def test_lines_ask_the_same_number_of_questions_however_many_projects(
    world: World, django_assert_num_queries: object
) -> None:
    for _number in range(5):
        applied(world.head, world.own)
    with django_assert_num_queries(7):  # type: ignore[operator]
        queries.lines(queries.projects(world.leader), DAY)


def delivered(world: World) -> tuple[Project, object]:
    """A project being built, with one milestone reached and the piece that shows it."""
    project = taken_up(world)
    order(world, project, 580_000)
    actions.move_on(actor=world.head, project=project)
    milestone = actions.set_milestone(actor=world.head, project=project, title="到货", due=DAY)
    actions.reach(actor=world.head, milestone=milestone, done=DAY, proof=note(world))
    return project, milestone.proofs.get()


def test_evidence_withdrawn_counts_no_more_and_stays_in_the_history(world: World) -> None:
    project, proof = delivered(world)
    with pytest.raises(Refused):
        actions.withdraw(actor=world.head, proof=proof, words=" ")
    for actor in (world.far_head, world.finance, world.leader):
        with pytest.raises(Forbidden):
            actions.withdraw(actor=actor, proof=proof, words="传错了")
    kept = actions.withdraw(actor=world.head, proof=proof, words="传错了")
    assert (kept.evidence.withdrawn_why, kept.closed_by_id, kept.counts) == (
        "传错了",
        world.head.account_id,
        False,
    )
    with pytest.raises(Refused):
        actions.withdraw(actor=world.head, proof=proof, words="又一次")
    assert queries.dossier(project).facts.unshown == 1
    with pytest.raises(Refused, match="已撤回"):
        actions.move_on(actor=world.head, project=project)
    actions.attach(actor=world.head, project=project, proof=note(world), target=proof.milestone)
    actions.move_on(actor=world.head, project=project)
    assert project.proofs.count() == 2


def test_an_acceptances_evidence_is_withdrawn_by_the_district_alone(world: World) -> None:
    project, _proof = delivered(world)
    actions.move_on(actor=world.head, project=project)
    actions.accept(
        actor=world.officer, project=project, day=DAY, verdict=AcceptanceVerdict.PASSED, group="装备中心", words="齐",
        proof=note(world),
    )  # fmt: skip
    record = project.acceptances.get().proofs.get()
    with pytest.raises(Forbidden):
        actions.withdraw(actor=world.head, proof=record, words="不要了")
    actions.withdraw(actor=world.officer, proof=record, words="缺签字页")
    with pytest.raises(Refused):
        actions.move_on(actor=world.officer, project=project)


def test_of_an_ended_project_nothing_is_withdrawn(world: World) -> None:
    project, proof = delivered(world)
    actions.stop(actor=world.officer, project=project, words="停")
    with pytest.raises(Forbidden):
        actions.withdraw(actor=world.officer, proof=proof, words="晚了")


def test_a_milestone_gets_another_day_with_a_reason_that_stays(world: World) -> None:
    project = taken_up(world)
    stone = actions.set_milestone(
        actor=world.head, project=project, title="安装", due=DAY - dt.timedelta(days=9)
    )
    later = DAY + dt.timedelta(days=20)
    for day, words in ((later, " "), (DAY - dt.timedelta(days=1), "等场地"), (stone.due, "等场地")):
        with pytest.raises(Refused):
            actions.postpone(actor=world.head, milestone=stone, due=day, words=words)
    with pytest.raises(Forbidden):
        actions.postpone(actor=world.far_head, milestone=stone, due=later, words="等场地")
    assert actions.postpone(actor=world.head, milestone=stone, due=later, words="等场地").due == later
    told = Passage.objects.filter(project=project).last()
    assert (told.before, told.after) == (Stage.PROCUREMENT, Stage.PROCUREMENT)
    assert "2026-02-21 → 2026-03-22" in told.words
    assert not queries.late_milestones(DAY).exists()
    actions.reach(actor=world.head, milestone=stone, done=DAY, proof=note(world))
    with pytest.raises(Refused):
        actions.postpone(actor=world.head, milestone=stone, due=later, words="再等")


def test_contracts_of_accepted_projects_wait_for_finance_until_they_are_paid(world: World) -> None:
    project = taken_up(world)
    contract = order(world, project, 580_000)
    order(world, project, 90_000, source=Source.SOCIETY, way=Way.GIFT)
    assert not queries.unpaid_contracts().exists()
    Project.objects.filter(pk=project.pk).update(stage=Stage.USE)
    spending.pay(actor=world.finance, contract=contract, amount_yuan=Decimal(80_000), paid=DAY)
    assert list(queries.unpaid_contracts()) == [contract]
    spending.pay(actor=world.finance, contract=contract, amount_yuan=Decimal(500_000), paid=DAY)
    assert not queries.unpaid_contracts().exists()


def test_a_contract_is_entered_once_it_has_been_signed(world: World) -> None:
    project = taken_up(world)
    with pytest.raises(Refused, match="signed"), translation.override("en"):
        order(world, project, 1_000_000, signed=DAY + dt.timedelta(days=1))
    assert not project.contracts.exists()
    assert order(world, project, 600_000).signed == DAY


def test_a_milestone_is_reached_once_and_a_wrong_day_is_corrected_with_its_reason(world: World) -> None:
    project, _proof = delivered(world)
    stone = project.milestones.get()
    earlier = DAY - dt.timedelta(days=3)
    with pytest.raises(Refused):
        actions.reach(actor=world.head, milestone=stone, done=earlier, proof=note(world))
    stone.refresh_from_db()
    assert (stone.done, stone.proofs.count()) == (DAY, 1)
    for day, words in ((earlier, " "), (DAY + dt.timedelta(days=1), "写错"), (DAY, "写错")):
        with pytest.raises(Refused):
            actions.correct_day(actor=world.head, milestone=stone, done=day, words=words)
    with pytest.raises(Forbidden):
        actions.correct_day(actor=world.far_head, milestone=stone, done=earlier, words="写错")
    assert actions.correct_day(actor=world.head, milestone=stone, done=earlier, words="写错").done == earlier
    told = Passage.objects.filter(project=project).last()
    assert f"{DAY} → {earlier}" in told.words and told.words.endswith("写错")
    open_stone = actions.set_milestone(actor=world.head, project=project, title="调试", due=DAY)
    with pytest.raises(Refused):
        actions.correct_day(actor=world.head, milestone=open_stone, done=earlier, words="写错")


def test_writing_an_application_again_leaves_what_is_not_in_it(world: World) -> None:
    project = applied(world.head, world.own)
    stale = Project.objects.get(pk=project.pk)
    actions.move_on(actor=world.head, project=project)
    stale.purpose = "借阅更慢"
    actions.change(actor=world.officer, project=stale, budgets=BUDGET, schools=[world.own, world.far])
    project.refresh_from_db()
    assert (project.stage, project.purpose) == (Stage.APPRAISAL, "借阅更慢")
    assert project.schools.count() == 2


def test_an_expert_is_not_asked_about_what_the_leading_group_has_before_it(world: World) -> None:
    project = judged(world, applied(world.head, world.own))
    expert = factories.make_actor(Role.EXPERT)
    assert list(queries.waiting_for_expert(expert)) == [project]
    actions.put_before(actor=world.officer, project=project)
    assert not queries.waiting_for_expert(expert).exists()
    with pytest.raises(Refused):
        actions.give_opinion(actor=expert, project=project, verdict=OpinionVerdict.FOR, words="可行")
