"""The special fund: money adds up to the cent, never exceeds what there is, and a school reads its own alone."""

import datetime as dt
import io
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from docx import Document
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.systems.support.conftest import DAY, World, client_of, page
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.reports import Paragraph
from xuequ.district.choices import Role
from xuequ.kit.notices import queries as notices
from xuequ.record.choices import RunState
from xuequ.record.models import Indicator, Run
from xuequ.systems.support.funding import actions, deciding, document, forms, queries
from xuequ.systems.support.funding.choices import Dimension, ProjectState, RoundState, SourceKind
from xuequ.systems.support.funding.deciding import Amount
from xuequ.systems.support.funding.document import WITHOUT, proposal_blocks
from xuequ.systems.support.funding.material import Material, SchoolFacts
from xuequ.systems.support.funding.models import Allocation, Project, Round, Simulation, Spending, Standard
from xuequ.systems.support.funding.purse import Purse
from xuequ.systems.support.funding.sharing import Settings, share_out
from xuequ.systems.support.funding.standard import Facts, highest_base, parts
from xuequ.systems.support.funding.wording import refusals, sentence

RATES: dict[str, Any] = {
    "name": "标准", "base_per_pupil_yuan": Decimal("33.33"), "least_pupils": 100, "star3_yuan": Decimal(10000),
    "star4_yuan": Decimal(20000), "star5_yuan": Decimal(30000), "improved_yuan": Decimal(5000),
    "weak_share": Decimal("0.3"), "document": "",
}  # fmt: skip
GAINS = {"rooms": 60.0}
FIELDS: dict[str, Any] = {
    "title": "多媒体教室", "purpose": "更新设备", "cost_yuan": Decimal("50000.10"), "gains": GAINS, "requires": None,
}  # fmt: skip


def rates(**changed: Any) -> Standard:
    return Standard(**{**RATES, **changed})


# The standard.


def test_the_standard_counts_pupils_awards_and_stars_gained() -> None:
    found = parts(rates(), Facts(250, 4, 1))
    assert (found.base, found.star, found.improved) == (Decimal("8332.50"), Decimal(20000), Decimal(5000))
    small = parts(rates(), Facts(40, None, -1))
    assert (small.pupils, small.base, small.star, small.improved) == (100, Decimal("3333.00"), 0, 0)
    assert parts(rates(), Facts(0, None, None)).total == 0


@given(st.lists(st.tuples(st.integers(0, 3000), st.sampled_from([None, 0, 3, 4, 5])), min_size=1, max_size=40),
       st.decimals(0, 900_000, places=2))  # fmt: skip
def test_the_highest_base_fits_and_a_jiao_more_does_not(
    schools: list[tuple[int, int | None]], money: Decimal
) -> None:
    given_parts = [parts(rates(), Facts(pupils, award, None)) for pupils, award in schools]
    base = highest_base(given_parts, money)
    fixed = sum(one.star for one in given_parts)
    if base is None:
        assert fixed > money or not any(one.pupils for one in given_parts)
        return
    total = sum(
        parts(rates(base_per_pupil_yuan=base), Facts(pupils, award, None)).total for pupils, award in schools
    )
    assert total <= money + Decimal("0.01") * len(schools)
    more = base + Decimal("0.10")
    beyond = sum(
        parts(rates(base_per_pupil_yuan=more), Facts(pupils, award, None)).total for pupils, award in schools
    )
    assert beyond > money - Decimal("0.01") * len(schools)


# Sharing out.


def case(costs: list[tuple[int, Decimal, float]], scores: list[float], weak: list[bool]) -> Material:
    """Schools with scores and applications (school, cost, gain)."""
    schools = tuple(
        SchoolFacts(
            f"s{i:02}",
            f"s{i}",
            "primary",
            Facts(120 + i, 3 if i % 2 else None, None),
            weak[i],
            score,
            "x",
            None,
        )
        for i, score in enumerate(scores)
    )
    projects = tuple(
        SimpleNamespace(
            uid=f"p{n:02}", school=SimpleNamespace(uid=f"s{school:02}"), cost_yuan=cost,
            checked_gain=Decimal(str(gain)), expected=Decimal(0), requires=None, must=False,
            main_dimension="rooms", title=f"项目{n}",
        )
        for n, (school, cost, gain) in enumerate(costs)
    )  # fmt: skip
    return Material(schools, projects, True)  # type: ignore[arg-type]


def points(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers as people write them."""
    return st.floats(low, high).map(lambda number: round(number, 2))


money_cases = st.integers(2, 5).flatmap(
    lambda n: st.tuples(
        st.lists(
            st.tuples(st.integers(0, n - 1), st.decimals(1000, 90_000, places=2), points(0.5, 20)),
            min_size=1, max_size=8,
        ),
        st.lists(points(20, 90), min_size=n, max_size=n),
        st.lists(st.booleans(), min_size=n, max_size=n),
        st.decimals(60_000, 400_000, places=2),
        points(0, 0.6),
    )
)  # fmt: skip


@settings(max_examples=25, phases=[Phase.explicit, Phase.generate])
@given(money_cases)
def test_money_adds_up_to_the_cent_never_exceeds_the_budget_and_is_the_same_each_time(drawn: Any) -> None:
    costs, scores, weak, budget, share = drawn
    given_material = case(costs, scores, weak)
    purses = [Purse("预算", budget), Purse("捐赠", Decimal("20000.05"), "", True)]
    once, twice = (share_out(given_material, rates(), purses, Settings(share)) for _ in range(2))
    assert once == twice
    there = sum(purse.amount for purse in purses)
    if not once["feasible"]:
        assert refusals(once["refusals"])
        return
    rows = once["schools"]
    assert sum(Decimal(row["amount"]) for row in rows) == Decimal(once["spent"]) <= there
    assert Decimal(once["spent"]) + Decimal(once["left"]) == there
    cost = {project.uid: project.cost_yuan for project in given_material.projects}
    for row in rows:
        assert Decimal(row["projects"]) == sum(cost[uid] for uid in row["chosen"])
        assert Decimal(row["amount"]) == Decimal(row["standard"]) + Decimal(row["projects"])
        assert sentence(row["reasons"])
    paid = sum(Decimal(row["amount"]) for row in rows if row["weak"])
    if once["steps"]:
        assert float(paid) >= share * float(there) * (1 - 1e-5)


def test_a_standard_that_does_not_fit_says_how_much_is_missing_and_what_would_fit() -> None:
    result = share_out(
        case([(0, Decimal(5000), 3)], [50, 60], [True, False]),
        rates(),
        [Purse("预算", Decimal(12000))],
        Settings(0),
    )
    assert not result["feasible"]
    # 2 schools: 120 and 121 pupils at 33.33 and a star of 10,000: 18,032.53 in all.
    text = refusals(result["refusals"])[0]
    assert "18,032.53" in text
    assert "6,032.53" in text
    assert "8.29" in text


def test_what_cannot_be_kept_together_says_the_smallest_change_of_each_setting() -> None:
    costs = [(0, Decimal(30000), 5.0), (1, Decimal(30000), 5.0)]
    material = case(costs, [50, 60], [True, False])
    result = share_out(material, rates(), [Purse("预算", Decimal(40000))], Settings(0.99))
    assert not result["feasible"]
    codes = [row["code"] for row in result["refusals"]]
    assert codes[0] == "infeasible"
    assert "weak-share" in codes


def test_a_school_that_applied_for_nothing_is_not_among_those_that_are_lifted() -> None:
    result = share_out(case([(1, Decimal(9000), 5.0)], [40, 60], [True, False]), rates(),
                       [Purse("预算", Decimal(40000))], Settings(0))  # fmt: skip
    assert (result["worst"], result["without"], result["lowest_without"]) == (65.0, 1, 40)
    said = [block for block in proposal_blocks(result, uuid4()) if isinstance(block, Paragraph)]
    assert any(one.message == WITHOUT for block in said for one in block.sentences)


def test_earmarks_are_kept(world: World) -> None:
    costs = [(0, Decimal(30000), 5.0), (1, Decimal(30000), 9.0)]
    material = case(costs, [50, 60], [True, False])
    purses = [Purse("预算", Decimal(19000)), Purse("捐赠", Decimal(30000), "", True)]
    result = share_out(material, rates(), purses, Settings(0))
    assert [row["chosen"] for row in result["schools"]] == [["p00"], []]


# A round.


def standing(world: World) -> Round:
    officer = world.by("officer")
    actions.new_standard(actor=officer, **RATES)
    for school in world.schools:
        factories.make_pupils(factories.make_class(school), 3)
    of = actions.open_round(
        actor=officer, title="专项经费", year=factories.make_year(), closes=DAY + dt.timedelta(9)
    )
    actions.add_source(actor=officer, of=of, kind=SourceKind.BUDGET, name="预算", amount_yuan=Decimal(120000))
    return of


def accepted(world: World, of: Round, place: int = 0, **fields: Any) -> Project:
    head, school = world.head(place), world.schools[place]
    row = actions.apply(actor=head, of=of, school=school, **{**FIELDS, **fields})
    actions.hand_in(actor=head, project=row)
    return actions.check(
        actor=world.by("officer"),
        project=row,
        state=ProjectState.ACCEPTED,
        remark="",
        checked_gain=None,
        must=False,
    )


def proposed(world: World) -> Round:
    of = standing(world)
    accepted(world, of, 0)
    accepted(world, of, 1, title="机器人", cost_yuan=Decimal("40000.00"))
    simulation, _task = actions.start_simulation(actor=world.by("officer"), of=of, weak_share=0.3)
    run_pending()
    simulation.refresh_from_db()
    assert simulation.run.state == RunState.DONE, simulation.run.refusal
    return deciding.adopt(actor=world.by("officer"), simulation=simulation)


def decided(world: World) -> Round:
    return deciding.decide(actor=world.by("leader"), of=proposed(world), amounts={}, document="1号")


def own(world: World, of: Round, place: int = 0) -> Allocation:
    return Allocation.objects.get(round=of, school=world.schools[place])


def test_the_same_inputs_give_the_same_money_and_hash(world: World) -> None:
    of = standing(world)
    accepted(world, of)
    for _ in range(2):
        actions.start_simulation(actor=world.by("officer"), of=of, weak_share=0.3)
    run_pending()
    first, second = Simulation.objects.select_related("run")
    assert first.run.inputs_sha256 == second.run.inputs_sha256 != ""
    assert first.result == second.result


def test_applications_that_are_accepted_are_folded_away_with_their_sum(world: World) -> None:
    of = standing(world)
    accepted(world, of, 0, title="已同意一", cost_yuan=Decimal(70000))
    accepted(world, of, 1, title="已同意二", cost_yuan=Decimal(40000))
    row = actions.apply(actor=world.head(2), of=of, school=world.schools[2], **{**FIELDS, "title": "待审核"})
    actions.hand_in(actor=world.head(2), project=row)
    shown = page(client_of(world.officer), reverse("support:round", args=[of.uid]))
    before, _mark, folded = shown[shown.index('id="apps"') :].partition("<details")
    assert "待审核" in before and "已同意一" not in before
    assert "110,000.00" in folded and "已同意二" in folded


def test_a_sum_may_be_typed_with_its_unit_and_a_doubtful_one_is_asked_about(world: World) -> None:
    of = standing(world)
    client, address = client_of(world.officer), reverse("support:source-add", args=[of.uid])
    given = {"kind": SourceKind.SOCIETY, "name": "捐赠", "dimension": ""}
    client.post(address, given | {"amount_yuan": "12"})
    assert not of.sources.filter(name="捐赠").exists()
    client.post(address, given | {"amount_yuan": "12万元"})
    assert of.sources.get(name="捐赠").amount_yuan == 120_000


@pytest.mark.parametrize(
    ("written", "tick", "taken"),
    [
        ("12", "", False),
        ("12", "on", True),
        ("12元", "", True),
        ("0.0012万元", "", True),
        ("12.5元整", "", False),
    ],
)
def test_a_sum_with_its_unit_is_as_good_as_the_tick(
    world: World, written: str, tick: str, taken: bool
) -> None:
    of = standing(world)
    address = reverse("support:source-add", args=[of.uid])
    given = {"kind": SourceKind.SOCIETY, "name": "捐赠", "dimension": "", "amount_yuan": written}
    client_of(world.officer).post(address, given | ({"sure": tick} if tick else {}))
    assert of.sources.filter(name="捐赠", amount_yuan=12).exists() == taken
    fields = {"title": "画笔", "purpose": "缺", "cost_yuan": written, "gain_rooms": "1"}
    form = forms.ProjectForm(fields | ({"sure": tick} if tick else {}))
    assert form.is_valid() == (written != "12.5元整")
    assert form.cleaned_data.get("sure", False) == taken


def test_an_application_goes_back_and_forth_and_closes_with_the_round(world: World) -> None:
    of = standing(world)
    head, officer = world.head(0), world.by("officer")
    with pytest.raises(Refused, match="万元"):
        actions.apply(actor=head, of=of, school=world.schools[0], **{**FIELDS, "cost_yuan": Decimal(5)})
    row = actions.apply(actor=head, of=of, school=world.schools[0], **FIELDS)
    assert not queries.projects(officer).exists()
    actions.hand_in(actor=head, project=row)
    with pytest.raises(Refused):
        actions.apply(actor=head, of=of, school=world.schools[0], project=row, **FIELDS)
    with pytest.raises(Refused):
        actions.check(
            actor=officer, project=row, state=ProjectState.RETURNED, remark=" ", checked_gain=None, must=False
        )
    actions.check(
        actor=officer,
        project=row,
        state=ProjectState.RETURNED,
        remark="补报价单",
        checked_gain=None,
        must=False,
    )
    assert any(notice.kind == actions.RETURNED for notice in notices.waiting(head))
    actions.hand_in(actor=head, project=row)
    late = world.head(0, DAY + dt.timedelta(10))
    with pytest.raises(Refused):
        actions.apply(actor=late, of=of, school=world.schools[0], **FIELDS)
    with pytest.raises(Forbidden):
        actions.apply(actor=world.head(1), of=of, school=world.schools[0], **FIELDS)


def test_a_decision_as_proposed_needs_no_word_and_a_departure_needs_two(world: World) -> None:
    of = proposed(world)
    leader, row = world.by("leader"), own(world, of)
    less = Amount(row.proposed_yuan - 1000)
    with pytest.raises(Refused):
        deciding.decide(actor=leader, of=of, amounts={row.pk: less}, document="")
    less = Amount(less.yuan, "另有来源")
    with pytest.raises(Refused):
        deciding.decide(actor=leader, of=of, amounts={row.pk: less}, document="")
    deciding.decide(actor=leader, of=of, amounts={row.pk: less}, document="1号", reason="调减")
    row.refresh_from_db()
    assert (row.amount_yuan, row.departure) == (less.yuan, "另有来源")
    found = Indicator.objects.get(code="support.amount_yuan", school=world.schools[0], superseded=None)
    assert found.value == float(less.yuan)
    with pytest.raises(Refused):
        deciding.adopt(actor=world.by("officer"), simulation=of.simulations.get())


def test_a_decision_never_exceeds_the_money(world: World) -> None:
    of = proposed(world)
    row = own(world, of)
    with pytest.raises(Refused, match="120,000"):
        deciding.decide(
            actor=world.by("leader"),
            of=of,
            amounts={row.pk: Amount(Decimal(500_000), "更多")},
            document="",
            reason="x",
        )
    of.refresh_from_db()
    assert of.state == RoundState.PROPOSED
    assert not Allocation.objects.filter(amount_yuan__isnull=False).exists()


def test_a_decision_that_breaks_in_the_middle_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = proposed(world)

    def pulled(rows: object) -> None:
        raise RuntimeError("the plug was pulled")

    monkeypatch.setattr(deciding, "_tell", pulled)
    with pytest.raises(RuntimeError):
        deciding.decide(actor=world.by("leader"), of=of, amounts={}, document="")
    of.refresh_from_db()
    assert of.state == RoundState.PROPOSED
    assert not Allocation.objects.filter(amount_yuan__isnull=False).exists()
    assert not Indicator.objects.filter(code="support.amount_yuan").exists()


def test_spending_stays_below_the_amount_and_asks_about_odd_sums(world: World) -> None:
    row = own(world, decided(world))
    finance = world.by("finance")
    amount = row.amount_yuan or Decimal(0)
    with pytest.raises(Refused, match="万元"):
        deciding.spend(
            actor=finance, allocation=row, entry=Spending(day=DAY, what="x", amount_yuan=Decimal(5))
        )
    deciding.spend(
        actor=finance, allocation=row, entry=Spending(day=DAY, what="投影机", amount_yuan=amount - 1000)
    )
    with pytest.raises(Refused, match=r"1,000\.00"):
        deciding.spend(
            actor=finance, allocation=row, entry=Spending(day=DAY, what="x", amount_yuan=Decimal("1000.01"))
        )
    deciding.cancel_spending(actor=finance, entry=Spending.objects.get())
    assert queries.spent(row) == 0
    with pytest.raises(Forbidden):
        deciding.spend(
            actor=world.head(0), allocation=row, entry=Spending(day=DAY, what="x", amount_yuan=Decimal(900))
        )


def test_an_appeal_changes_the_amount_within_the_money_and_is_published(world: World) -> None:
    of = decided(world)
    row = own(world, of)
    asked = deciding.appeal(actor=world.head(0), allocation=row, text="人数有误")
    assert any(notice.kind == deciding.APPEAL for notice in notices.waiting(world.by("officer")))
    with pytest.raises(Refused):
        deciding.answer_appeal(actor=world.by("leader"), appeal=asked, text="增加", amount=Decimal(900_000))
    more = (row.amount_yuan or Decimal(0)) + 100
    deciding.answer_appeal(actor=world.by("leader"), appeal=asked, text="核增", amount=more)
    row.refresh_from_db()
    assert row.amount_yuan == more
    now = Indicator.objects.filter(code="support.amount_yuan", school=world.schools[0], superseded=None)
    assert [indicator.value for indicator in now] == [float(more)]
    assert "核增" in page(client_of(world.heads[0]), reverse("support:allocation", args=[row.uid]))


def test_a_school_says_what_came_of_a_funded_project_alone(world: World) -> None:
    of = decided(world)
    funded = Project.objects.filter(allocations__round=of).first()
    assert funded is not None
    place = world.schools.index(funded.school)
    kept = deciding.evaluate(
        actor=world.head(place), project=funded, reached=Decimal("7.50"), outcome="已排课"
    )
    assert kept.reached == Decimal("7.50")
    with pytest.raises(Forbidden):
        deciding.evaluate(actor=world.head(2), project=funded, reached=Decimal(1), outcome="x")


# Pages.


def test_a_school_reads_its_own_amount_and_no_others(world: World) -> None:
    of = decided(world)
    mine, other = own(world, of, 0), own(world, of, 1)
    head = client_of(world.heads[0])
    text = page(head, reverse("support:allocation", args=[mine.uid]))
    assert f"{mine.amount_yuan:,.2f}" in text
    text += page(head, reverse("support:money")) + page(head, reverse("support:round", args=[of.uid]))
    assert world.schools[1].name not in text
    assert f"{other.amount_yuan:,.2f}" not in text
    project = Project.objects.get(school=world.schools[1])
    simulation = of.simulations.get()
    for name, uid in (("allocation", other.uid), ("project", project.uid), ("simulation", simulation.uid)):
        assert head.get(reverse(f"support:{name}", args=[uid])).status_code == 404
    assert head.get(reverse("support:decision", args=[of.uid, "docx"])).status_code == 404
    assert head.get(reverse("support:simulate", args=[of.uid])).status_code == 403


def test_a_school_reads_no_amount_that_is_only_proposed(world: World) -> None:
    of = proposed(world)
    assert (
        client_of(world.heads[0]).get(reverse("support:allocation", args=[own(world, of).uid])).status_code
        == 404
    )


def test_pages_of_the_district_ask_little(world: World) -> None:
    of = proposed(world)
    client = client_of(world.officer)
    simulation = of.simulations.get()
    urls = [
        reverse("support:money"), reverse("support:standards"), reverse("support:standard-new"),
        reverse("support:round-new"), reverse("support:round", args=[of.uid]),
        reverse("support:simulate", args=[of.uid]), reverse("support:simulation", args=[simulation.uid]),
        reverse("support:decide", args=[of.uid]),
    ]  # fmt: skip
    for url in urls:
        page(client, url)
    page(client, reverse("support:project", args=[Project.objects.all()[0].uid]))
    row = own(world, of)
    page(client, reverse("support:allocation", args=[row.uid]))
    deciding.decide(actor=world.by("leader"), of=of, amounts={}, document="1号")
    page(client_of(world.finance), reverse("support:allocation", args=[row.uid]))
    page(client_of(world.finance), reverse("support:round", args=[of.uid]))


def test_the_decision_is_written_on_its_page_and_printed(world: World) -> None:
    of = proposed(world)
    leader = client_of(world.leader)
    fields = {"document": "示例1号", "reason": ""}
    for row in of.allocations.all():
        fields |= {f"yuan_{row.pk}": str(row.proposed_yuan), f"why_{row.pk}": ""}
    assert leader.post(reverse("support:decide", args=[of.uid]), fields).status_code == 302
    of.refresh_from_db()
    assert of.state == RoundState.DECIDED
    content = leader.get(reverse("support:decision", args=[of.uid, "docx"])).content
    book = Document(io.BytesIO(content))
    words = "\n".join(cell.text for table in book.tables for line in table.rows for cell in line.cells)
    assert all(school.name in words for school in world.schools)


def test_work_goes_through_the_pages(world: World) -> None:
    of = standing(world)
    head, officer = client_of(world.heads[0]), client_of(world.officer)
    page(head, reverse("support:project-new", args=[of.uid]))
    fields = {"title": "多媒体教室", "purpose": "更新", "cost_yuan": "50000", "gain_rooms": "60"}
    assert head.post(reverse("support:project-new", args=[of.uid]), fields).status_code == 302
    row = Project.objects.get()
    url = reverse("support:project", args=[row.uid])
    page(head, url)
    head.post(url, fields | {"cost_yuan": "60000", "gain_use": "6"})
    head.post(reverse("support:project-hand-in", args=[row.uid]))
    row.refresh_from_db()
    assert (row.cost_yuan, row.state, row.expected) == (Decimal(60000), ProjectState.HANDED_IN, Decimal(11))
    officer.post(url, {"state": "accepted", "checked_gain": "9", "remark": ""})
    row.refresh_from_db()
    assert (row.state, row.checked_gain) == (ProjectState.ACCEPTED, Decimal(9))
    started = officer.post(
        reverse("support:simulate", args=[of.uid]),
        {"method": "alpha", "alpha": "1", "weak_share": "0", "weak_weight": "1"},
    )
    assert started.status_code == 302
    run_pending()
    simulation = Simulation.objects.get()
    assert simulation.run.parameters["settings"]["alpha"] == 1.0
    page(officer, reverse("support:simulation", args=[simulation.uid]))
    officer.post(reverse("support:adopt", args=[simulation.uid]))
    of.refresh_from_db()
    assert of.proposal == simulation


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.BUREAU_LEADER, 200), (Role.DISTRICT_OFFICER, 200), (Role.FINANCE, 200), (Role.SUPERVISOR, 200),
        (Role.HEAD, 200), (Role.TEACHER, 403), (Role.EXPERT, 403), (Role.GUARDIAN, 403), (Role.PUPIL, 403),
    ],
)  # fmt: skip
def test_money_by_role(world: World, role: Role, expected: int) -> None:
    of = decided(world)
    place = {"school": world.schools[0]} if role in {Role.HEAD, Role.TEACHER} else {}
    client = client_of(factories.make_account(role, **place))
    assert client.get(reverse("support:money")).status_code == expected
    found = client.get(reverse("support:allocation", args=[own(world, of, 1).uid])).status_code
    assert found == (200 if expected == 200 and role != Role.HEAD else 404)


def test_gains_stay_within_the_dimensions(world: World) -> None:
    of = standing(world)
    for gains in ({}, {"rooms": 101}, {"elsewhere": 3}):
        with pytest.raises(Refused):
            actions.apply(actor=world.head(0), of=of, school=world.schools[0], **{**FIELDS, "gains": gains})
    assert len(Dimension.values) == 6


@pytest.mark.parametrize(
    ("alpha", "greedy", "price", "said"),
    [
        (None, 58.7, 0.446, document.BETTER),
        (None, 65.7, 0.0, document.ALIKE),
        (2.0, 65.7, 0.02, document.BETTER),
        (0.0, 58.7, 0.0, None),
    ],
)
def test_the_price_of_fairness_is_told_where_there_is_one(
    alpha: float | None, greedy: float, price: float, said: str | None
) -> None:
    numbers = {
        "worst": 65.7,
        "greedy_worst": greedy,
        "price": price,
        "alpha": alpha,
        "spent": "1",
        "left": "0",
    }
    empty: dict[str, Any] = {"schools": [], "steps": [], "more": [], "front": [], "spread": []}
    result = {**numbers, **empty, "weak_share": 0.2, "weak_known": True}
    blocks = document.proposal_blocks(result, UUID(int=1))
    told = [one.message for block in blocks if isinstance(block, Paragraph) for one in block.sentences]
    assert [one for one in told if one in (document.BETTER, document.ALIKE)] == ([said] if said else [])


@pytest.mark.parametrize(("alpha", "rule"), [(None, "WEAKEST"), (0.0, "GAIN"), (1.0, "FAIR")])
def test_a_decision_names_the_rule_of_its_proposal(alpha: float | None, rule: str) -> None:
    of = Round(
        title="一轮", proposal=Simulation(run=Run(uid=UUID(int=1)), result={"alpha": alpha, "more": []})
    )
    blocks = document.decision_report(of, [], [], None).blocks
    told = {one.message for block in blocks if isinstance(block, Paragraph) for one in block.sentences}
    rules = {name: getattr(document, name) for name in ("WEAKEST", "FAIR", "GAIN")}
    assert told & set(rules.values()) == {rules[rule]}
