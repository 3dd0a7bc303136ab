"""What one more 万元 is worth: the same as computing anew with it, and a nothing says why."""

import io
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.urls import reverse
from django.utils import translation
from docx import Document

from tests.systems.support.conftest import World, client_of
from tests.systems.support.test_funding import case, decided, rates
from xuequ.core.rendering.sentences import sentence_text
from xuequ.systems.support.funding import document, pictures
from xuequ.systems.support.funding.purse import Purse
from xuequ.systems.support.funding.sharing import Settings, share_out

STANDARD = Decimal("18032.53")
"""What the standard gives the two schools of these cases."""


def shared(costs: list[tuple[int, Decimal, float]], *purses: Purse, **changed: Any) -> dict[str, Any]:
    return share_out(
        case(costs, [50, 60], [True, False]), rates(), purses, Settings(**{"weak_share": 0} | changed)
    )


def free(left: int) -> Purse:
    return Purse("预算", STANDARD + left)


def test_it_is_what_computing_anew_with_a_wan_more_brings() -> None:
    costs = [(0, Decimal(30000), 5.0), (0, Decimal(9000), 2.0), (1, Decimal(8000), 3.0)]
    now, then = (shared(costs, free(30000 + more)) for more in (0, 10000))
    (row,) = now["more"]
    assert (row["source"], row["code"], row["fair"]) == ("", "", None)
    assert row["gain"] == then["gain"] - now["gain"] == 2.0
    assert row["worst"] == then["worst"] - now["worst"] == 2.0


def test_the_fair_score_is_what_counts_with_alpha() -> None:
    costs = [(0, Decimal(30000), 5.0), (1, Decimal(8000), 3.0)]
    (row,) = shared(costs, free(30000), alpha=1.0)["more"]
    assert row["code"] == ""
    assert row["fair"] > 1


def test_projects_are_whole_so_a_wan_more_may_be_worth_nothing() -> None:
    (row,) = shared([(0, Decimal(30000), 5.0), (1, Decimal(28000), 9.0)], free(33000))["more"]
    assert (row["code"], row["cost"], row["left"]) == ("whole", 28000.0, 3000.0)


def test_where_the_standard_takes_all_a_wan_more_is_the_first_for_projects() -> None:
    result = shared([(0, Decimal(9000), 5.0)], free(0))
    assert result["feasible"]
    assert result["worst"] is None
    (row,) = result["more"]
    assert (row["code"], row["worst"], row["gain"]) == ("", 5.0, 5.0)


def test_what_has_to_be_done_is_refused_where_no_money_is_left() -> None:
    material = case([(0, Decimal(9000), 5.0)], [50, 60], [True, False])
    material.projects[0].must = True
    result = share_out(material, rates(), [free(0)], Settings(0))
    assert not result["feasible"]
    assert ["27,032.53" in row["params"].get("yuan", "") for row in result["refusals"]] == [False, True]


def test_each_earmarked_source_says_for_itself_why_not() -> None:
    costs = [(0, Decimal(30000), 5.0), (1, Decimal(28000), 9.0)]
    purses = (free(5000), Purse("捐赠", Decimal(30000), "", True), Purse("企业", Decimal(1000), "clubs"))
    rows = {row["source"]: row["code"] for row in shared(costs, *purses)["more"]}
    assert rows == {"": "whole", "捐赠": "all-funded", "企业": "no-application"}


def test_a_share_that_cannot_be_kept_with_more_money_is_named() -> None:
    costs = [(0, Decimal(30000), 5.0), (1, Decimal(28000), 9.0)]
    # Of 30,000 yuan for projects the weak school takes 30,000, and it has applied for no more.
    (row,) = shared(costs, free(30000), weak_share=0.7)["more"]
    assert row["code"] == "share"


def test_every_sentence_cites_its_cells() -> None:
    costs = [(0, Decimal(30000), 5.0), (1, Decimal(28000), 9.0)]
    purses = (free(5000), Purse("捐赠", Decimal(30000), "", True), Purse("企业", Decimal(1000), "clubs"))
    result, run = shared(costs, *purses), uuid4()
    sums = pictures.worth(result, run)
    said, figure = document._worth(result, run, folded=True)
    with translation.override("en"):
        texts = [sentence_text(sentence, {sums.code: sums}) for sentence in said.sentences]  # type: ignore[union-attr]
    assert "28,000.00" in texts[0] and "5000.00" in texts[0]
    assert "捐赠" in texts[1] and "企业" in texts[2]
    assert figure.figure.code == sums.code  # type: ignore[union-attr]


def test_the_page_and_the_decision_say_it(world: World) -> None:
    of = decided(world)
    officer = client_of(world.officer)
    assert of.proposal is not None
    shown = officer.get(reverse("support:simulation", args=[of.proposal.uid])).content.decode()
    content = officer.get(reverse("support:decision", args=[of.uid, "docx"])).content
    words = "\n".join(one.text for one in Document(io.BytesIO(content)).paragraphs)
    for text in (shown, words):
        assert "再增加一万元" in text
