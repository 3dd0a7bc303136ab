"""Two computed proposals side by side: who gains, who loses, and why; for those who see all money alone."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from tests.systems.support.conftest import World, client_of, page
from tests.systems.support.test_funding import accepted, standing
from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.rendering.checker import check_report
from xuequ.district.models import School
from xuequ.systems.support.funding import actions, comparing
from xuequ.systems.support.funding.choices import ProjectState
from xuequ.systems.support.funding.comparing import Difference
from xuequ.systems.support.funding.models import Round, Simulation


def simulated(world: World, of: Round, **settings: float) -> Simulation:
    simulation, _task = actions.start_simulation(actor=world.by("officer"), of=of, weak_share=0, **settings)
    run_pending()
    return Simulation.objects.select_related("run", "round").get(pk=simulation.pk)


def two(world: World) -> tuple[Simulation, Simulation]:
    """The second school's project brings more; then the first school's becomes one that has to be done."""
    of = standing(world)
    needed = accepted(world, of, 0, gains={"rooms": 30.0})
    accepted(world, of, 1, title="机器人", cost_yuan=Decimal("70000.00"), gains={"clubs": 60.0})
    first = simulated(world, of)
    actions.check(
        actor=world.by("officer"), project=needed, state=ProjectState.ACCEPTED, remark="", checked_gain=None, must=True
    )  # fmt: skip
    return first, simulated(world, of)


def address(first: Simulation, second: Simulation) -> str:
    return f"{reverse('support:compare')}?first={first.uid}&second={second.uid}"


def by_school(rows: list[Difference]) -> dict[School, Difference]:
    return {row.school: row for row in rows}


def test_each_school_says_what_changes_and_why(world: World) -> None:
    first, second = two(world)
    rows = comparing.differences(first.result, second.result)
    assert [row.change for row in rows] == [Decimal("-70000.00"), Decimal("50000.10"), 0, 0]
    found = by_school(rows)
    with translation.override("en"):
        texts = by_school(comparing.differences(first.result, second.result))
    assert found[world.schools[1]].then == found[world.schools[1]].after - 10  # type: ignore[operator]
    assert texts[world.schools[1]].why == "no longer 70,000.00 yuan for “机器人”."
    assert texts[world.schools[0]].why == "now 50,000.10 yuan for “多媒体教室”, which has to be done."
    assert texts[world.schools[2]].why == "The same in both."


def test_next_years_application_of_the_same_name_and_sum_is_no_other_one(world: World) -> None:
    first, _second = two(world)
    row = first.result["schools"][1]
    assert comparing._beyond(comparing._funded(row), comparing._funded({**row, "chosen": ["other"]})) == []


def test_a_school_that_stands_in_one_alone_is_named_as_such(world: World) -> None:
    first, _second = two(world)
    less = {**first.result, "schools": first.result["schools"][1:]}
    gone = comparing.differences(first.result, less)[0]
    assert gone.second == 0 and gone.then is None
    with translation.override("en"):
        whys = {row.why for row in comparing.differences(less, first.result)}
    assert whys == {"Not part of the first.", "The same in both."}


def test_another_standard_is_told_by_its_sums(world: World) -> None:
    first, _second = two(world)
    row = first.result["schools"][0]
    raised = {**row, "standard": "4000.00", "amount": "4000.00"}
    with translation.override("en"):
        one = comparing.differences(first.result, {**first.result, "schools": [raised]})
    assert "by the standard 4,000.00 instead of 3,333.00 yuan." in [found.why for found in one]


def test_the_report_cites_what_it_says_and_warns_of_other_material(world: World) -> None:
    first, second = two(world)
    rows = comparing.differences(first.result, second.result)
    report = comparing.report(first, second, rows, None)
    assert not check_report(report)
    messages = [sentence.message for block in report.blocks for sentence in getattr(block, "sentences", ())]
    assert comparing.OTHER_MATERIAL in messages
    again = simulated(world, second.round)
    same = comparing.blocks(second, again, comparing.differences(second.result, again.result))
    said = [sentence.message for block in same for sentence in getattr(block, "sentences", ())]
    assert comparing.OTHER_MATERIAL not in said
    assert same[0].sentence.message == comparing.SAME  # type: ignore[union-attr]


def test_the_page_lets_choose_and_prints(world: World) -> None:
    first, second = two(world)
    client = client_of(world.officer)
    assert "机器人" in page(client, address(first, second))
    assert str(first.uid) in page(client, reverse("support:compare"))
    assert address(first, second).replace("&", "&amp;") in page(
        client, reverse("support:round", args=[first.round.uid])
    )
    for form in ("docx", "pdf"):
        assert client.get(
            f"{reverse('support:comparison', args=[form])}?first={first.uid}&second={second.uid}"
        ).content
    assert client.get(f"{reverse('support:comparison', args=['docx'])}?first={first.uid}").status_code == 404


@pytest.mark.parametrize("second", ["", "x", "same"])
def test_what_cannot_be_compared_says_so(world: World, second: str) -> None:
    first, _other = two(world)
    chosen = str(first.uid) if second == "same" else second
    shown = client_of(world.officer).get(
        reverse("support:compare"), {"first": str(first.uid), "second": chosen}
    )
    assert shown.status_code == 200
    assert "blocks" not in shown.context
    assert bool(shown.context["form"].errors) == bool(second)


def test_schools_do_not_compare(world: World) -> None:
    first, second = two(world)
    head = client_of(world.heads[0])
    assert head.get(address(first, second)).status_code == 403
    assert head.get(f"{reverse('support:comparison', args=['docx'])}?first={first.uid}").status_code == 403
    assert client_of(world.finance).get(address(first, second)).status_code == 200
