"""Pupils who changed classes: shares from dates, the model against the textbook, recovery, refusals."""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.engines.growth.pupils import invented
from xuequ.engines.errors import InputError
from xuequ.engines.growth.memberships import MembershipDesign, memberships
from xuequ.engines.growth.mixed import fit_mixed_model
from xuequ.engines.growth.reassignment import (
    ReassignmentDesign,
    evaluate_reassignment,
    fit_memberships,
)

PERIOD = MembershipDesign(start=dt.date(2025, 9, 1), end=dt.date(2026, 7, 1))
DESIGN = ReassignmentDesign("y", ("x",))


def history(**columns: list[object]) -> pl.DataFrame:
    return pl.DataFrame({"class_1": ["7.1", "7.1", "7.2"], "class_2": ["7.2", None, "7.1"], **columns})


def shares(table: pl.DataFrame, design: MembershipDesign | None = None) -> list[tuple[object, ...]]:
    return memberships(table, design).table.select("pupil", "unit", "share").rows()


def test_days_become_shares_of_the_period() -> None:
    table = history(from_1=["2025-09-01", None, "2025-09-01"], from_2=["2026-02-01", None, "2026-07-01"])
    found = {(p, u): s for p, u, s in shares(table, PERIOD)}
    assert found == {
        ("1", "7.1"): pytest.approx(153 / 303), ("1", "7.2"): pytest.approx(150 / 303),
        ("2", "7.1"): 1.0, ("3", "7.2"): 1.0,
    }  # fmt: skip


@pytest.mark.parametrize("whole", [1, 100])
def test_shares_may_be_of_one_or_of_a_hundred(whole: float) -> None:
    table = history(share_1=[0.25 * whole, whole, 0.5 * whole], share_2=[0.75 * whole, None, 0.5 * whole])
    assert shares(table) == [
        ("1", "7.1", 0.25), ("1", "7.2", 0.75), ("2", "7.1", 1.0), ("3", "7.1", 0.5), ("3", "7.2", 0.5),
    ]  # fmt: skip


def test_the_pupils_who_changed_are_counted() -> None:
    found = memberships(history(share_1=[0.25, 1, 0.5], share_2=[0.75, None, 0.5]))
    assert (found.n, found.changed) == (3, 2)
    assert sorted(found.changes.rows()) == [("7.1", "7.2", 1), ("7.2", "7.1", 1)]
    assert found.units.rows() == [("7.1", 3, 1, 1, 1, 1.75), ("7.2", 2, 0, 1, 1, 1.25)]


def test_without_shares_or_days_equal_parts_are_assumed_and_said() -> None:
    found = memberships(history())
    assert found.table.filter(pupil="1")["share"].to_list() == [0.5, 0.5]
    assert [(r.code, r.numbers) for r in found.remarks] == [("equal-shares-assumed", {"pupils": 2})]


@pytest.mark.parametrize(
    ("table", "design", "code", "row"),
    [
        (history(share_1=[0.5, 1, 0.5], share_2=[0.2, None, 0.5]), None, "bad-shares", 1),
        (history(share_1=[0.5, None, 0.5], share_2=[0.5, None, 0.5]), None, "bad-shares", 2),
        (history(share_1=[1.5, 1, 0.5], share_2=[-0.5, None, 0.5]), None, "bad-shares", 1),
        (history(share_1=[0.5, 1, 0.5]), None, "no-shares", None),
        (history(from_2=["2026-02-01", None, "2026-02-01"]), None, "no-period", None),
        (history(from_2=["2026-02-01", None, "next term"]), PERIOD, "bad-date", 3),
        (history(from_2=["2026-02-01", None, None]), PERIOD, "bad-date", 3),
        (
            history(from_1=["2026-03-01", None, None], from_2=["2026-02-01", None, "2026-02-01"]),
            PERIOD, "dates-out-of-order", 1,
        ),
        (history().drop("class_1"), None, "unknown-column", None),
        (history().with_columns(class_1=pl.lit(None), class_2=pl.lit(None)), None, "no-membership", None),
    ],
)  # fmt: skip
def test_a_history_that_cannot_be_read_is_refused(
    table: pl.DataFrame, design: MembershipDesign | None, code: str, row: int | None
) -> None:
    with pytest.raises(InputError) as caught:
        memberships(table, design)
    assert (caught.value.code, caught.value.row) == (code, row)


def moving(
    seed: int, classes: int = 30, size: int = 30, movers: float = 0.3
) -> tuple[pl.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    first = np.repeat(np.arange(classes), size)
    second = rng.integers(0, classes, len(first))
    share = np.where(rng.random(len(first)) < movers, rng.choice([0.25, 0.5, 0.75], len(first)), 1.0)
    share = np.where(first == second, 1.0, share)
    u, x = rng.normal(0, 0.4, classes), rng.normal(size=len(first))
    y = 3.0 + 0.7 * x + share * u[first] + (1 - share) * u[second] + rng.normal(0, 0.8, len(first))
    names = np.array([f"c{i:02}" for i in range(classes)])
    table = pl.DataFrame(
        {
            "pupil": [f"p{i:04}" for i in range(len(first))], "x": x, "y": y,
            "class_1": names[first], "share_1": share,
            "class_2": pl.Series(names[second]).set(pl.Series(share == 1.0), None), "share_2": 1 - share,
        }
    )  # fmt: skip
    return table, u


def test_without_movers_it_is_the_mixed_model() -> None:
    table = invented(3, slope_sd=0.0)
    fit = fit_mixed_model(table, "y ~ x + (1 | school)")
    found = evaluate_reassignment(table.rename({"school": "class_1"}), DESIGN)
    assert found.deviance == pytest.approx(fit.deviance, abs=1e-7)
    assert found.unit_variance == pytest.approx(fit.random.covariance[0, 0], rel=1e-5)
    effects = fit.effects[:, 0] - fit.effects[:, 0].mean()
    assert found.units["effect"].drop_nulls().to_numpy() == pytest.approx(
        effects[found.units["effect"].is_not_null().to_numpy()], abs=1e-6
    )
    assert found.agreement == pytest.approx(1.0)


def test_with_movers_it_is_the_textbook_by_full_matrices() -> None:
    rng = np.random.default_rng(4)
    X, Z = np.column_stack([np.ones(60), rng.normal(size=60)]), rng.dirichlet(np.ones(5) / 4, 60)
    y = X @ [1, 0.5] + Z @ rng.normal(0, 1.0, 5) + rng.normal(0, 0.5, 60)
    fit = fit_memberships(y, X, Z)

    def criterion(tau2: float, sigma2: float) -> float:
        V = sigma2 * np.eye(60) + tau2 * Z @ Z.T
        W = np.linalg.inv(V)
        information = X.T @ W @ X
        r = y - X @ np.linalg.solve(information, X.T @ W @ y)
        logs = np.linalg.slogdet(V)[1] + np.linalg.slogdet(information)[1]
        return float(logs + r @ W @ r + 58 * np.log(2 * np.pi))

    best = criterion(fit.unit_variance, fit.residual_variance)
    assert fit.deviance == pytest.approx(best, abs=1e-8)
    for a, b in ((1.02, 1), (0.98, 1), (1, 1.02), (1, 0.98)):
        assert criterion(a * fit.unit_variance, b * fit.residual_variance) > best
    V = fit.residual_variance * np.eye(60) + fit.unit_variance * Z @ Z.T
    assert fit.effect == pytest.approx(fit.unit_variance * Z.T @ np.linalg.solve(V, y - X @ fit.beta))


def test_shares_recover_the_classes_better_than_the_last_class_does() -> None:
    errors, inside = [], []
    for seed in range(10):
        table, u = moving(seed)
        found = evaluate_reassignment(table, DESIGN).units
        truth = u - u.mean()
        errors.append([np.mean((found[name].to_numpy() - truth) ** 2) for name in ("effect", "effect_last")])
        inside.append((found["low"].to_numpy() <= truth) & (truth <= found["high"].to_numpy()))
    shared, last = np.mean(errors, axis=0)
    assert shared < 0.9 * last
    assert 0.92 <= np.mean(inside) <= 0.98


def test_a_class_with_few_pupils_has_no_effect() -> None:
    table, _ = moving(5)
    tiny = table.head(2).with_columns(class_1=pl.lit("tiny"), share_1=pl.lit(1.0), class_2=pl.lit(None),
                                      pupil=pl.Series(["q1", "q2"]))  # fmt: skip
    found = evaluate_reassignment(pl.concat([table, tiny], how="vertical_relaxed"), DESIGN)
    assert found.units.filter(unit="tiny")["effect"].to_list() == [None]


def test_classes_that_do_not_differ_have_no_error_to_judge_them_by() -> None:
    table, _ = moving(5, movers=0.0)
    noise = pl.Series(np.random.default_rng(7).normal(size=table.height))
    level = table.with_columns(noise=noise).with_columns(
        y=pl.col("noise") - pl.col("noise").mean().over("class_1")
    )
    found = evaluate_reassignment(level, DESIGN)
    assert (found.unit_variance, found.units["se"].null_count()) == (0.0, 30)
    assert "no-detectable-difference" in {remark.code for remark in found.remarks}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"y": pl.lit(5.0)}, "constant"),
        ({"y": pl.lit("good")}, "not-numeric"),
        ({"y": pl.col("y") + 60 * (pl.col("class_1") == "c03")}, "mixed-scales"),
        ({"class_1": pl.lit("a"), "class_2": pl.lit(None)}, "bad-shares"),
        ({"pupil": pl.lit("p")}, "duplicate-pupil"),
        ({"y": pl.lit(None, pl.Float64)}, "too-few-pupils"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(change: dict[str, pl.Expr], code: str) -> None:
    with pytest.raises(InputError) as caught:
        evaluate_reassignment(moving(6)[0].with_columns(**change), DESIGN)
    assert caught.value.code == code


def test_the_order_of_the_rows_leaves_no_trace() -> None:
    table = moving(8)[0]
    shuffled = table.sample(fraction=1, shuffle=True, seed=1)
    fits = [evaluate_reassignment(t, replace(DESIGN, minimum_pupils=1)).units for t in (table, shuffled)]
    assert fits[0].equals(fits[1])
