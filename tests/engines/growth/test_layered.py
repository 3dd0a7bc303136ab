"""The layered model: matrices written out, planted effects, movers, missing scores, and what it refuses."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.growth import layered_data
from xuequ.engines.growth.layered import (
    LayeredDesign,
    LayeredFit,
    fit_layered,
    fit_layered_cohort,
    growth_level,
)
from xuequ.engines.growth.mixed import fit_mixed_model
from xuequ.engines.growth.simulation_layered import LayeredTruth, LayeredWorld, simulate_layered
from xuequ.engines.growth.uncertainty import variance_from_estimating

Array = NDArray[np.float64]
RAW = LayeredDesign(scale="raw", minimum_pupils=0)
TINY = LayeredWorld(pupils=90, schools=5, subjects=2, years=3, start_sd=0.8, effect_sd=0.6, moving=0.3)
SMALL = LayeredWorld(pupils=2400, schools=40, years=3, subjects=2)


@cache
def simulated(world: LayeredWorld, seed: int = 1) -> LayeredTruth:
    return simulate_layered(np.random.default_rng(seed), world)


def with_truth(effects: pl.DataFrame, truth: LayeredTruth) -> pl.DataFrame:
    """The growth rows of single subjects with the planted effects beside them."""
    schools, subjects, years = np.indices(truth.effects.shape)
    planted = pl.DataFrame(
        {
            "unit": (schools.ravel() + 1).astype(str),
            "subject": [chr(ord("a") + s) for s in subjects.ravel()],
            "year": (years.ravel() + 1).astype(str),
            "truth": truth.effects.ravel(),
        }
    )
    return effects.filter(pl.col("is_start").not_()).join(planted, on=["unit", "subject", "year"])


@dataclass(frozen=True)
class Dense:
    """y, X, Z and the variance parameters' matrices of a table, built row by row without the engine."""

    y: Array
    X: Array
    Z: Array
    labels: list[tuple[str, str, str, str]]
    cell: NDArray[np.int64]
    pupil: NDArray[np.int64]

    @staticmethod
    def of(table: pl.DataFrame, alpha: float) -> "Dense":
        rows = table.with_columns(pl.col("year", "school").cast(pl.String))
        scored = rows.filter(pl.col("score").is_not_null()).unique(
            ["pupil", "subject", "year"], keep="first", maintain_order=True
        )
        cells = sorted({(r["subject"], r["year"]) for r in scored.iter_rows(named=True)})
        shares = {(r["pupil"], r["year"], r["school"]): r["share"] for r in rows.iter_rows(named=True)}
        units = {("school", s, subject, y) for (_, y, s) in shares for subject, year in cells if year == y}
        taught: dict[tuple[int, str, str], set[str]] = {}
        for r in rows.iter_rows(named=True):
            if r.get("teacher") is not None:
                taught.setdefault((r["pupil"], r["subject"], r["year"]), set()).add(r["teacher"])
                units.add(("teacher", r["teacher"], r["subject"], r["year"]))
        labels = sorted(units, key=lambda u: (u[0], u[2], u[3], u[1]))
        Z = np.zeros((scored.height, len(labels)))
        for i, r in enumerate(scored.iter_rows(named=True)):
            for j, (kind, unit, subject, year) in enumerate(labels):
                if subject != r["subject"] or year > r["year"]:
                    continue
                carried = alpha ** (int(r["year"]) - int(year))
                if kind == "school":
                    Z[i, j] = carried * shares.get((r["pupil"], year, unit), 0.0)
                else:
                    teachers = taught.get((r["pupil"], subject, year), set())
                    Z[i, j] = carried * (unit in teachers) / max(len(teachers), 1)
        cell = np.array([cells.index((r["subject"], r["year"])) for r in scored.iter_rows(named=True)])
        return Dense(
            scored["score"].to_numpy(),
            np.eye(len(cells))[cell],
            Z,
            labels,
            cell,
            scored["pupil"].to_numpy(),
        )

    @property
    def residual_parts(self) -> list[Array]:
        """Derivatives of V by the entries of R on and above the diagonal."""
        same = self.pupil[:, None] == self.pupil
        parts = []
        for a in range(self.X.shape[1]):
            for b in range(a, self.X.shape[1]):
                one, two = self.cell == a, self.cell == b
                parts.append(same * np.maximum(np.outer(one, two), np.outer(two, one)).astype(float))
        return parts

    @property
    def effect_parts(self) -> list[Array]:
        """Derivatives of V by the variances of the effects."""
        classes = list(dict.fromkeys((k, s, y) for k, _, s, y in self.labels))
        of = np.array([classes.index((k, s, y)) for k, _, s, y in self.labels])
        return [self.Z[:, of == c] @ self.Z[:, of == c].T for c in range(len(classes))]


def estimates(fit: LayeredFit) -> Array:
    rows, columns = np.triu_indices(len(fit.cells))
    order = fit.variances.sort("kind", "subject", "year")["variance"]
    return np.concatenate([fit.residual_covariance[rows, columns], order.to_numpy()])


def tiny(**changes: float) -> pl.DataFrame:
    return simulated(replace(TINY, **changes)).table  # type: ignore[arg-type]


def with_teachers(table: pl.DataFrame) -> pl.DataFrame:
    """Three teachers in each school, who teach a pupil all years or, in one subject of the last, none."""
    teacher = pl.concat_str(pl.lit("t"), "school", pl.lit("-"), (pl.col("pupil") * 7 + pl.col("year")) % 3)
    none = (pl.col("subject") == "b") & (pl.col("year") == 3) & (pl.col("pupil") % 4 == 0)
    gives = 1.5 * (teacher.hash(1) % 7).cast(pl.Float64) / 6
    whole = table.filter(share=1.0)
    return whole.with_columns(teacher=pl.when(none.not_()).then(teacher), score=pl.col("score") + gives)


@pytest.mark.parametrize(
    ("table", "alpha"),
    [(tiny(), 1.0), (tiny(), 0.6), (with_teachers(tiny()), 1.0)],
    ids=["movers and part time", "persistence 0.6", "teachers"],
)
def test_against_the_matrices_written_out(table: pl.DataFrame, alpha: float) -> None:
    """Criterion, μ, u and their errors by V in full; and the dense Fisher step at the estimates is nil."""
    fit = fit_layered(table, replace(RAW, persistence=alpha))
    full = Dense.of(table, alpha)
    values = estimates(fit)
    parts = full.residual_parts + full.effect_parts
    V = sum((v * part for v, part in zip(values, parts, strict=True)), np.zeros_like(parts[0]))
    W = np.linalg.inv(V)
    information = full.X.T @ W @ full.X
    P = W - W @ full.X @ np.linalg.solve(information, full.X.T @ W)
    n, p = full.X.shape
    criterion = np.linalg.slogdet(V)[1] + np.linalg.slogdet(information)[1]
    criterion += full.y @ P @ full.y + (n - p) * np.log(2 * np.pi)
    assert fit.criterion == pytest.approx(criterion, abs=1e-8)
    mean = np.linalg.solve(information, full.X.T @ W @ full.y)
    np.testing.assert_allclose(fit.mean, mean, atol=1e-8)
    np.testing.assert_allclose(fit.mean_se, np.sqrt(np.diag(np.linalg.inv(information))), atol=1e-8)

    g = {(r["kind"], r["subject"], r["year"]): r["variance"] for r in fit.variances.iter_rows(named=True)}
    G = np.array([g[k, s, y] for k, _, s, y in full.labels])
    effects = dict(zip(full.labels, G * (full.Z.T @ P @ full.y), strict=True))
    errors = dict(zip(full.labels, G - G**2 * np.diag(full.Z.T @ P @ full.Z), strict=True))
    own = fit.effects.filter(pl.col("effect").is_not_null())
    assert own.height == (G > 0.0).sum() >= 0.5 * len(G)
    added = {
        c: variance_from_estimating(
            v, np.array([1 - errors[u] / v for u in full.labels if (u[0], *u[2:]) == c]), 1
        )
        for c, v in g.items()
        if v > 0.0
    }
    estimating = {
        u: added[c][[w for w in full.labels if (w[0], *w[2:]) == c].index(u)]
        for u in full.labels
        if (c := (u[0], *u[2:])) in added
    }
    for row in own.iter_rows(named=True):
        label = (row["kind"], row["unit"], row["subject"], row["year"])
        assert row["effect"] == pytest.approx(effects[label], abs=1e-8)
        assert row["se"] ** 2 == pytest.approx(errors[label] + estimating[label], abs=1e-8)

    products = [P @ part for part in parts]
    score = np.array([0.5 * (full.y @ product @ P @ full.y - product.trace()) for product in products])
    fisher = np.array([[0.5 * np.sum(a * b.T) for b in products] for a in products])
    free = np.concatenate([np.ones(len(full.residual_parts)), estimates(fit)[len(full.residual_parts) :]]) > 0
    step = np.linalg.solve(fisher[np.ix_(free, free)], score[free])
    np.testing.assert_allclose(step, 0.0, atol=1e-8)
    assert (score[~free] <= 1e-9).all()


def test_intervals_use_the_degrees_of_freedom_between_schools() -> None:
    many = fit_layered(simulated(SMALL).table, RAW).effects
    assert many["reliability"].is_between(0.0, 1.0).all()
    half = (many["high"] - many["low"]) / many["se"] / 2
    # Student's t with 39 degrees of freedom.
    np.testing.assert_allclose(half.to_numpy(), 2.0227, atol=1e-4)


@dataclass(frozen=True)
class Recovery:
    """Over several simulations: share covered, and RMSE of three ways to estimate a year's effects."""

    covered: float
    layered: float
    mean_gain: float
    one_year: float


@cache
def recovery(seeds: int) -> Recovery:
    inside, squares = [], np.zeros(3)
    for seed in range(seeds):
        truth = simulated(SMALL, seed)
        found = with_truth(fit_layered(truth.table, RAW).effects, truth)
        inside.append(found.select(pl.col("truth").is_between("low", "high").mean()).item())
        found = found.join(_simple(truth.table), on=["unit", "subject", "year"])
        error = found.select(
            (pl.col(c) - pl.col("truth")) ** 2 for c in ("effect", "gain", "residual")
        ).mean()
        squares += np.array(error.row(0))
    return Recovery(float(np.mean(inside)), *np.sqrt(squares / seeds))


def _simple(table: pl.DataFrame) -> pl.DataFrame:
    """Mean gain, and the school effect of a one-year residual model, where pupils with both scores are used."""
    rows = table.filter(pl.col("share") >= 0.5).unique(["pupil", "subject", "year"], keep="first")
    before = rows.select("pupil", "subject", pl.col("year") + 1, prior="score")
    pairs = rows.join(before, on=["pupil", "subject", "year"]).drop_nulls()
    parts = []
    for (subject, year), group in pairs.group_by("subject", "year"):
        fit = fit_mixed_model(group, "score ~ prior + (1 | school)")
        residual = pl.DataFrame({"unit": fit.groups, "residual": fit.effects[:, 0]})
        gain = group.group_by(unit=pl.col("school").cast(pl.String)).agg(
            gain=(pl.col("score") - pl.col("prior")).mean()
        )
        gain = gain.with_columns(pl.col("gain") - pl.col("gain").mean())
        both = gain.join(residual, on="unit")
        parts.append(both.with_columns(subject=pl.lit(subject), year=pl.lit(str(year))))
    return pl.concat(parts)


def test_prediction_intervals_cover_the_planted_effects() -> None:
    """95 % of 8 × 160 effects; a binomial share of 1280 stays within ± 3 × 0.006 of it."""
    assert 0.93 <= recovery(8).covered <= 0.97


def test_effects_are_closer_to_the_truth_than_mean_gains_and_one_year_residuals() -> None:
    found = recovery(8)
    assert found.layered < 0.8 * found.one_year
    assert found.layered < 0.8 * found.mean_gain


def test_pupils_who_move_keep_the_effect_of_the_school_they_came_from() -> None:
    """School A gives 10 in year 2; its pupils then all go to C, which gives nothing: C is not credited."""
    rng = np.random.default_rng(3)
    pupils = 400
    start = np.repeat(["A", "B"], pupils // 2)
    last = np.where(np.arange(pupils) % 2 == 0, "D", np.where(start == "A", "C", "B"))
    ability = rng.normal(50, 8, pupils)
    gains = np.where(start == "A", 10.0, 0.0)
    scores = [ability, ability + gains, ability + gains]
    table = pl.concat(
        pl.DataFrame({"pupil": np.arange(pupils), "subject": "m", "year": t, "school": school,
                      "score": score + rng.normal(0, 3, pupils)})
        for t, (school, score) in enumerate(zip([start, start, last], scores, strict=True))
    )  # fmt: skip
    fit = fit_layered(table, RAW)
    found = {(r["unit"], r["year"]): r["effect"] for r in fit.effects.iter_rows(named=True)}
    assert fit.n_movers == (last != start).sum()
    assert found["A", "1"] - found["B", "1"] == pytest.approx(10, abs=1.5)
    third = [found[unit, "2"] for unit in ("B", "C", "D")]
    assert all(effect is None or abs(effect) < 0.8 for effect in third)


def test_a_missing_score_is_judged_by_the_ones_that_are_there() -> None:
    """Those who fall ill are the weak ones: the mean of all is recovered, that of the present is too high."""
    rng = np.random.default_rng(4)
    n = 3000
    ability = rng.normal(size=n)
    scores = [ability + rng.normal(0, 0.5, n) for _ in range(2)]
    present = scores[0] + rng.normal(0, 0.3, n) > -0.5
    second = pl.Series(np.where(present, scores[1], np.nan)).fill_nan(None)
    school = np.arange(n) % 10
    table = pl.concat(
        pl.DataFrame({"pupil": np.arange(n), "subject": "m", "year": t, "school": school, "score": score})
        for t, score in enumerate([pl.Series(scores[0]), second])
    )
    fit = fit_layered(table, RAW)
    assert float(second.mean()) > 0.25  # type: ignore[arg-type]
    assert fit.mean[1] == pytest.approx(0.0, abs=0.06)
    assert fit.patterns.rows() == [("11", int(present.sum())), ("10", int(n - present.sum()))]


def test_persistence_is_estimated_when_asked_for() -> None:
    world = replace(SMALL, subjects=1, years=4, effect_sd=0.4, moving=0.3, persistence=0.6)
    fit = fit_layered(simulated(world).table, replace(RAW, persistence=None))
    assert fit.persistence_se is not None
    assert 0.0 < fit.persistence_se < 0.1
    assert abs(fit.persistence - 0.6) < 2.5 * fit.persistence_se
    given = fit_layered(simulated(world).table, RAW)
    assert given.persistence == 1.0 and given.persistence_se is None
    assert fit.criterion < given.criterion - 10


def test_where_schools_do_not_differ_the_variance_is_zero_and_nothing_is_shown() -> None:
    fits = [
        fit_layered(simulated(replace(SMALL, pupils=600, effect_sd=0.001), s).table, RAW) for s in range(3)
    ]
    for fit in fits:
        growth = fit.variances.filter(pl.col("year") != "1")
        zero = growth.filter(variance=0.0)
        assert zero.height >= 1
        rows = fit.effects.join(zero, on=["subject", "year"], how="semi")
        assert rows.height and rows["effect"].null_count() == rows.height


def test_a_school_with_three_pupils_has_no_effect_shown_but_counts() -> None:
    table = simulated(SMALL).table
    few = table.with_columns(school=pl.when(pl.col("pupil") < 3).then(99).otherwise("school"))
    fit = fit_layered(few, replace(RAW, minimum_pupils=10))
    small = fit.effects.filter(unit="99")
    assert small["effect"].null_count() == small.height > 0
    assert small["n"].max() <= 3  # type: ignore[operator]
    assert fit.n == fit_layered(table, RAW).n


def test_order_of_rows_and_names_leave_no_trace() -> None:
    table = tiny()
    fit = fit_layered(table, RAW)
    shuffled = fit_layered(table.sample(fraction=1.0, shuffle=True, seed=2), RAW)
    assert fit.effects.equals(shuffled.effects)
    named = fit_layered(table.with_columns("第" + pl.col("school").cast(pl.String) + "中学"), RAW)
    np.testing.assert_allclose(
        fit.effects["effect"].fill_null(0.0).sort(), named.effects["effect"].fill_null(0.0).sort(), atol=1e-9
    )


def test_moved_and_stretched_scores_move_and_stretch_the_answer() -> None:
    table = tiny()
    fit = fit_layered(table, RAW)
    other = fit_layered(table.with_columns(pl.col("score") * 40 + 600), RAW)
    np.testing.assert_allclose(other.mean, fit.mean * 40 + 600, rtol=1e-9)
    np.testing.assert_allclose(other.residual_covariance, fit.residual_covariance * 1600, rtol=1e-6)
    for a, b in zip(other.effects["effect"], fit.effects["effect"], strict=True):
        assert a == (None if b is None else pytest.approx(b * 40, abs=1e-5))
    assert other.effects["level"].equals(fit.effects["level"])


def test_cumulative_gains_add_up_and_subjects_average() -> None:
    fit = fit_layered(simulated(SMALL).table, LayeredDesign(minimum_pupils=0))
    yearly = fit.effects.filter(pl.col("is_start").not_()).sort("unit", "subject", "year")
    last = fit.cumulative.filter(year="3").sort("unit", "subject")
    sums = (
        yearly.group_by("unit", "subject")
        .agg(pl.col("effect").sum(), pl.len().alias("years"))
        .sort("unit", "subject")
    )
    assert (sums["years"] == 2).all()
    np.testing.assert_allclose(last["effect"], sums["effect"], atol=1e-9)
    of_subjects = (
        last.filter(pl.col("subject").is_not_null())
        .group_by("unit")
        .agg(pl.col("effect").mean())
        .sort("unit")
    )
    overall = last.filter(pl.col("subject").is_null()).sort("unit")
    np.testing.assert_allclose(overall["effect"], of_subjects["effect"], atol=1e-9)
    assert (overall["se"] < last.filter(subject="a").sort("unit")["se"]).mean() > 0.9


def test_normal_curve_equivalents_have_mean_50_and_the_percentiles_1_and_99_at_1_and_99() -> None:
    fit = fit_layered(simulated(SMALL).table, LayeredDesign())
    spread = np.sqrt(np.diag(fit.residual_covariance))
    np.testing.assert_allclose(fit.mean, 50.0, atol=1.5)
    assert ((spread > 17) & (spread < 21.1)).all()


def test_levels_go_by_the_unrounded_index_and_a_bound_has_the_higher() -> None:
    index = np.array([2.0, 1.99999, 1.0, 0.999, -1.0, -1.0001, -2.0, -2.0001, np.nan])
    np.testing.assert_array_equal(growth_level(index), [5, 4, 4, 3, 3, 2, 2, 1, np.nan])
    effects = fit_layered(simulated(SMALL).table, RAW).effects.drop_nulls("index")
    exact = effects["effect"] / effects["se"]
    np.testing.assert_array_equal(growth_level(exact.to_numpy()), effects["level"])
    assert (effects["index"] - exact).abs().max() <= 0.005 + 1e-12  # type: ignore[operator]


def test_the_batch_entry_returns_one_table() -> None:
    table = fit_layered_cohort(simulated(SMALL).table, {"scale": "z", "minimum_pupils": 5})
    assert set(table["part"]) == {"effect", "cumulative"}
    assert {"kind", "unit", "subject", "year", "effect", "se", "index", "level"} < set(table.columns)


GOOD = simulated(replace(SMALL, pupils=300, schools=4, part_time=0.0)).table
SCORE, YEAR, SCHOOL, ROW = pl.col("score"), pl.col("year"), pl.col("school"), pl.int_range(pl.len())


def changed(**columns: pl.Expr) -> pl.DataFrame:
    return GOOD.with_columns(**columns)


COMPLETE = changed(score=SCORE.fill_null(pl.lit(0.01) * pl.col("pupil") + SCORE.mean()))
WORD = changed(score=pl.when(ROW == 4).then(pl.lit("优")).otherwise(SCORE.cast(pl.String)))
CONSTANT = changed(score=pl.when(YEAR == 2).then(60.0).otherwise(SCORE))
MIXED = changed(score=pl.when(SCHOOL == 2).then(500 + 80 * SCORE).otherwise(60 + 12 * SCORE))
BAD: dict[str, tuple[pl.DataFrame, str]] = {
    "a column is missing": (GOOD.drop("school"), "unknown-column"),
    "a pupil without a school": (changed(school=pl.when(ROW != 4).then("school")), "missing-key"),
    "words for a score": (WORD, "not-numeric"),
    "an infinite score": (changed(score=pl.when(SCORE > 2).then(np.inf).otherwise(SCORE)), "not-finite"),
    "no scores": (changed(score=pl.lit(None, dtype=pl.Float64)), "no-scores"),
    "two scores for one": (pl.concat([GOOD, changed(score=SCORE + 1)]), "duplicate-score"),
    "the same row twice": (pl.concat([GOOD, GOOD.tail(3)]), "duplicate-score"),
    "a share over 1": (changed(share=pl.lit(1.2)), "bad-share"),
    "shares over 1 together": (pl.concat([GOOD, changed(school=SCHOOL + 1)]), "shares-over-one"),
    "two shares": (pl.concat([GOOD, changed(share=pl.lit(0.3))]), "conflicting-share"),
    "one year": (GOOD.filter(YEAR == 1), "one-year"),
    "one school": (changed(school=pl.lit("a")), "one-school"),
    "all scores equal": (CONSTANT, "constant"),
    "nobody has two years": (GOOD.filter((pl.col("pupil") % 3 + 1) == YEAR), "no-overlap"),
    "too few scores": (GOOD.filter((YEAR != 2) | (pl.col("pupil") < 8)), "too-few-pupils"),
    "one teacher for each school": (changed(teacher="t" + SCHOOL.cast(pl.String)), "teacher-is-school"),
    "one school out of 750, the others of 100": (MIXED, "mixed-scales"),
    "a total beside its parts": (
        pl.concat(
            [
                COMPLETE,
                COMPLETE.group_by("pupil", "year", "school", "share").agg(SCORE.sum(), subject=pl.lit("t")),
            ],
            how="diagonal",
        ),
        "determined-score",
    ),
    "a school for each pupil": (changed(school=pl.col("pupil"), share=pl.lit(1.0)), "school-is-pupil"),
    "too many subjects and years": (
        pl.concat(GOOD.with_columns(pl.col("subject") + str(k)) for k in range(8)),
        "too-many-cells",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_used_is_refused(case: str) -> None:
    table, code = BAD[case]
    with pytest.raises(InputError) as caught:
        fit_layered(table, RAW)
    assert caught.value.code == code


def test_more_effects_than_a_machine_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layered_data, "MOST_EFFECTS", 20)
    with pytest.raises(InputError, match="24 effects of units in subjects and years; at most 20"):
        fit_layered(GOOD, RAW)


def test_a_refusal_names_row_subject_and_year() -> None:
    with pytest.raises(InputError) as caught:
        fit_layered(WORD, RAW)
    assert (caught.value.column, caught.value.row, caught.value.value) == ("score", 5, "优")
    with pytest.raises(InputError, match="a, 2: all scores are equal"):
        fit_layered(CONSTANT, RAW)
    with pytest.raises(InputError, match=r"school .* of .*; bring them to one scale"):
        fit_layered(MIXED, RAW)


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"persistence": 2.0}, "bad-persistence"), ({"confidence": 1.0}, "bad-confidence")],
)
def test_designs_that_make_no_sense(settings: dict[str, float], code: str) -> None:
    with pytest.raises(InputError) as caught:
        LayeredDesign(**settings)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_an_unknown_scale() -> None:
    with pytest.raises(InputError, match="no scale 'ranks'"):
        fit_layered(GOOD, LayeredDesign(scale="ranks"))  # type: ignore[arg-type]
