"""Judgements of several experts: reciprocal means, shares, and a consensus that tells agreement from its opposite."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.ahp import prioritise
from xuequ.engines.evaluation.examples import upper
from xuequ.engines.evaluation.group import aggregate, consensus_of

NAMES = "a b c"
ONE, OTHER = upper(NAMES, [3, 5, 2]), upper(NAMES, [1 / 3, 1 / 5, 1 / 2])


@pytest.mark.parametrize("way", ["judgements", "priorities-arithmetic", "priorities-geometric"])
def test_a_group_of_one_mind_has_that_mind(way: str) -> None:
    found = aggregate([ONE, ONE, ONE], way)
    assert found.weights == pytest.approx(prioritise(ONE).weights, rel=1e-9)
    assert (found.consensus, found.word) == (pytest.approx(1), "very-high")


def test_opposites_cancel_while_the_consensus_says_so() -> None:
    found = aggregate([ONE, OTHER])
    assert found.weights == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert found.cr == pytest.approx(0, abs=1e-12)
    assert all(member.cr > 0 for member in found.members)
    assert found.consensus < 0.6


def test_whoever_has_all_the_shares_decides() -> None:
    found = aggregate([ONE, OTHER], "judgements", shares=[1, 0])
    assert found.weights == pytest.approx(prioritise(ONE).weights, rel=1e-9)


def test_the_most_opposed_members_have_no_consensus() -> None:
    assert consensus_of((np.eye(3) * 8 + 1) / 11) == pytest.approx(0, abs=1e-12)
    assert consensus_of(((np.eye(5) * 8 + 1) / 13)[:2]) == pytest.approx(0, abs=1e-12)
    assert consensus_of(np.array([[0.2, 0.8]])) == 1


def test_two_hundred_citizens_are_joined(shared_data: Path) -> None:
    table = pl.read_csv(shared_data / "evaluation" / "city200.csv").to_numpy().astype(float)
    # −k says that the first is k times more important, +k the second.
    judged = np.where(table < 0, -table, 1 / table)
    members = [upper("culture family house jobs transport", list(row)) for row in judged]
    found = aggregate(members)
    geometric = np.exp(np.log(judged).mean(axis=0))
    assert found.weights == pytest.approx(
        prioritise(upper("culture family house jobs transport", list(geometric))).weights, rel=1e-9
    )
    assert found.cr < 0.1 < max(member.cr for member in found.members)


@pytest.mark.parametrize(
    ("members", "options", "code"),
    [
        ([], {}, "no-members"),
        ([ONE], {"way": "mean"}, "unknown-method"),
        ([ONE, upper("a b d", [1, 1, 1])], {}, "names-differ"),
        ([ONE, OTHER], {"shares": [1]}, "bad-shares"),
        ([ONE, OTHER], {"shares": [1, -1]}, "bad-shares"),
    ],
)
def test_what_cannot_be_joined_is_refused(members, options, code) -> None:
    with pytest.raises(InputError) as caught:
        aggregate(members, **options)
    assert caught.value.code == code
