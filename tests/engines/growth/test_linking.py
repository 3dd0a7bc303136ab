"""Linking: published tables, exact cases, errors against simulation, and what is refused."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from xuequ.engines.errors import InputError
from xuequ.engines.growth.linking import METHODS, LinkingDesign, apply_link, link
from xuequ.engines.growth.linking_anchor import link_items
from xuequ.engines.growth.linking_equipercentile import Grid, JointTable, equipercentile, smoothed
from xuequ.engines.growth.linking_linear import LINEAR, LinearMethod, Moments, line
from xuequ.engines.growth.verification_linking import built_in

DESIGN = LinkingDesign("total", "anchor")
ITEMS = tuple(f"item_{i}" for i in range(12))


def form(
    rng: np.random.Generator, n: int, ability: float = 0.0, harder: float = 0.0, drift: float = 0.0
) -> pl.DataFrame:
    """A test of 36 items of which the first 12 are the anchor; ``harder`` shifts the other 24."""
    theta = rng.normal(ability, 1.0, n)
    difficulty = np.linspace(-1.5, 1.5, 36) + np.where(np.arange(36) < 12, 0.0, harder)
    difficulty[:12] = np.linspace(-1.5, 1.5, 12)
    difficulty[3] += drift
    right = rng.random((n, 36)) < 1 / (1 + np.exp(difficulty - theta[:, None]))
    anchors = {name: right[:, i].astype(int) for i, name in enumerate(ITEMS)}
    return pl.DataFrame({"total": right.sum(axis=1), "anchor": right[:, :12].sum(axis=1), **anchors})


def test_published_tables_are_obtained() -> None:
    found = list(built_in())
    assert len(found) >= 9
    assert [check.name for check in found if not check.passed] == []


@pytest.mark.parametrize("internal", [True, False])
@pytest.mark.parametrize("method", [m for m in LINEAR if m != "mean"])
@pytest.mark.parametrize("weight", [0.0, 0.4, 1.0])
def test_forms_that_are_linear_transforms_are_recovered_exactly(
    method: LinearMethod, internal: bool, weight: float
) -> None:
    """Two groups of different strength, totals that the anchor determines: Y = 1.5 X − 4."""
    rng = np.random.default_rng(0)
    v1, v2 = rng.normal(10, 2, 300), rng.normal(12, 3, 200)
    x, y = 2.0 * v1 + 3.0, 1.5 * (2.0 * v2 + 3.0) - 4.0
    found = line(method, Moments.of(x, v1), Moments.of(y, v2), internal=internal, weight=weight)
    assert (found.slope, found.intercept) == pytest.approx((1.5, -4.0), abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_a_form_linked_to_itself_keeps_its_scores(method: str) -> None:
    table = form(np.random.default_rng(1), 2000)
    design = replace(DESIGN, method=method, replicates=50)
    found = link(table, table, design, np.random.default_rng(2))
    middle = found.concordance.filter(pl.col("n") > 20)
    assert np.abs(middle["linked"] - middle["score"]).max() < 1e-6


@pytest.mark.parametrize("method", METHODS)
def test_a_harder_form_and_a_stronger_group_are_told_apart(method: str) -> None:
    """The truth is the equipercentile link of 40 000 pupils who sat both forms."""
    rng = np.random.default_rng(3)
    new, old = form(rng, 3000, ability=0.3, harder=0.4), form(rng, 3000)
    design = replace(DESIGN, method=method, replicates=60)
    found = link(new, old, design, rng).concordance
    truth = _truth(np.arange(8.0, 29.0))
    linked = found.filter(pl.col("score").is_between(8, 28))
    error = np.abs(linked["linked"].to_numpy() - truth)
    naive = np.abs(linked["score"].to_numpy() - truth)
    # With a short anchor the methods that condition on it lean towards groups that do not differ.
    conditional = method in ("mean", "tucker", "frequency-estimation")
    assert error.mean() < (0.45 if conditional else 0.25) * naive.mean()


def _truth(scores: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(4)
    tables = [form(rng, 40_000, ability=0.15, harder=h)["total"].to_numpy() for h in (0.4, 0.0)]
    grid = Grid(0, 1, 37)
    x, y = (np.bincount(table, minlength=37) / 40_000 for table in tables)
    return equipercentile(scores, (grid, x), (grid, y))


@pytest.mark.parametrize("method", ["chained", "tucker", "levine"])
def test_the_delta_error_is_the_spread_over_samples(method: str) -> None:
    rng = np.random.default_rng(5)
    design = replace(DESIGN, method=method)
    found = [link(form(rng, 400, 0.3), form(rng, 400), design).concordance for _ in range(150)]
    at = [table.filter(pl.col("score").is_in([10.0, 18.0, 26.0])) for table in found]
    linked, se = (np.array([table[name].to_numpy() for table in at]) for name in ("linked", "se"))
    assert se.mean(axis=0) / linked.std(axis=0) == pytest.approx(1.0, abs=0.2)


def test_the_bootstrap_error_is_the_spread_over_samples() -> None:
    rng = np.random.default_rng(6)
    design = replace(DESIGN, method="chained-equipercentile", degrees=(4, 4), cross=1, replicates=50)
    tables = [link(form(rng, 500), form(rng, 500), design, rng).concordance for _ in range(25)]
    at = [table.filter(pl.col("score").is_in([12.0, 18.0, 24.0])) for table in tables]
    linked, se = (np.array([table[name].to_numpy() for table in at]) for name in ("linked", "se"))
    assert (se.mean(axis=0) / linked.std(axis=0)).mean() == pytest.approx(1.0, abs=0.3)


def test_smoothing_keeps_the_moments_it_says() -> None:
    table = form(np.random.default_rng(7), 800)
    cells = np.zeros((37, 13))
    np.add.at(cells, (table["total"].to_numpy(), table["anchor"].to_numpy()), 1.0)
    joint = JointTable(Grid(0, 1, 37), Grid(0, 1, 13), cells)
    fitted = smoothed(joint, (4, 3), 1, internal=True)
    x, v = joint.total.points, joint.anchor.points
    for power in range(1, 5):
        assert fitted.of_total @ x**power == pytest.approx(joint.of_total @ x**power, rel=1e-6)
    for power in range(1, 4):
        assert fitted.of_anchor @ v**power == pytest.approx(joint.of_anchor @ v**power, rel=1e-6)
    assert x @ fitted.cells @ v == pytest.approx(x @ cells @ v, rel=1e-6)
    assert fitted.cells[3, 4] == 0.0


def test_an_item_that_drifted_is_named_and_does_not_link() -> None:
    rng = np.random.default_rng(8)
    design = LinkingDesign("total", items=ITEMS)
    found = link(form(rng, 2000, drift=-1.2), form(rng, 2000), design)
    assert found.dropped == ("item_3",)
    assert {remark.code for remark in found.remarks} >= {"drifted-item"}
    assert link(form(rng, 2000), form(rng, 2000), design).dropped == ()


def test_items_of_few_pupils_are_seldom_accused_without_cause() -> None:
    rng = np.random.default_rng(14)
    design = LinkingDesign("total", items=ITEMS)
    accused = [len(link(form(rng, 150), form(rng, 150), design).dropped) for _ in range(30)]
    assert sum(accused) <= 0.06 * 30 * len(ITEMS)


def test_items_alone_link_two_calibrations_exactly_and_with_an_error() -> None:
    b = np.linspace(-2, 2, 20)
    exact = link_items(b, 0.3 + 1.2 * b)
    assert (exact.line.slope, exact.line.intercept, exact.slope_se) == pytest.approx(
        (1.2, 0.3, 0.0), abs=1e-9
    )
    a = np.linspace(0.8, 1.6, 20)
    by_means = link_items(b, 0.3 + 1.2 * b, (a, a / 1.2))
    assert (by_means.line.slope, by_means.line.intercept) == pytest.approx((1.2, 0.3))
    rng = np.random.default_rng(9)
    noisy = [link_items(b + rng.normal(0, 0.1, 20), 1.2 * b + rng.normal(0, 0.1, 20)) for _ in range(200)]
    spread = np.std([found.line.intercept for found in noisy])
    assert np.mean([found.intercept_se for found in noisy]) == pytest.approx(spread, rel=0.2)


def test_scores_are_turned_and_those_off_the_table_are_not() -> None:
    table = form(np.random.default_rng(10), 500)
    found = link(table, table, DESIGN)
    turned = apply_link(found, pl.Series("total", [20.0, 20.5, None, 99.0]))
    assert turned.to_list() == [pytest.approx(20.0), pytest.approx(20.5), None, None]


def flat(n: int, value: float = 5.0) -> pl.DataFrame:
    return pl.DataFrame({"total": [value] * n, "anchor": np.arange(n) % 7})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda t: (t.drop("anchor"), t, DESIGN), "no-anchor"),
        (lambda t: (t.head(30), t, DESIGN), "too-few-pupils"),
        (lambda t: (t.head(300), t, replace(DESIGN, method="frequency-estimation")), "too-few-pupils"),
        (lambda t: (t, flat(200), DESIGN), "constant"),
        (lambda t: (t.with_columns(anchor=-pl.col("anchor")), t, DESIGN), "anchor-unrelated"),
        (lambda t: (t.with_columns(anchor=pl.col("anchor") + 30), t, DESIGN), "no-overlap"),
        (lambda t: (t.with_columns(anchor=3 * pl.col("anchor")), t, DESIGN), "anchor-not-inside"),
        (lambda t: (t, t, replace(DESIGN, method="chained-equipercentile")), "no-generator"),
        (lambda t: (t, t, LinkingDesign("total", items=ITEMS[:3])), "too-few-anchors"),
        (lambda t: (t.with_columns(total=pl.lit("x")), t, DESIGN), "not-numeric"),
        (lambda t: (t.drop("total"), t, DESIGN), "unknown-column"),
    ],
)
def test_what_cannot_be_linked_is_refused(change: Callable, code: str) -> None:
    with pytest.raises(InputError) as caught:
        link(*change(form(np.random.default_rng(11), 600)))
    assert caught.value.code == code


def test_a_design_without_an_anchor_says_what_is_needed() -> None:
    with pytest.raises(InputError, match="anchor score that both") as caught:
        LinkingDesign("total")
    assert caught.value.code == "no-anchor"


def test_too_many_drifting_items_are_refused() -> None:
    rng = np.random.default_rng(12)
    new, old = form(rng, 1500), form(rng, 1500)
    flipped = new.with_columns(**{name: 1 - pl.col(name) for name in ITEMS[::2]})
    with pytest.raises(InputError) as caught:
        link(flipped, old, LinkingDesign("total", items=ITEMS))
    assert caught.value.code == "anchors-drift"


def test_limits_are_labelled() -> None:
    rng = np.random.default_rng(13)
    found = link(form(rng, 200, ability=1.0), form(rng, 200), DESIGN)
    codes = {remark.code for remark in found.remarks}
    assert codes >= {"groups-differ", "few-pupils", "drift-unchecked"}
