"""Batch entries: plain parameters in, a table out, the same in another process."""

import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.engines.growth.test_reassignment import moving
from tests.engines.growth.test_sampling import district, drawn
from xuequ.engines.errors import InputError
from xuequ.engines.growth import cohorts
from xuequ.engines.growth.simulation import SUBJECTS


def pupils() -> pl.DataFrame:
    rng = np.random.default_rng(1)
    school = np.repeat(np.arange(8), 40)
    start = np.rint(rng.normal(70, 10, 320))
    end = np.rint(0.7 * start + rng.normal(20, 7, 320) + rng.normal(0, 2, 8)[school])
    level = np.array(["C", "B", "A"])[np.searchsorted([62, 75], end)]
    return pl.DataFrame(
        {"school": school, "start": start, "end": end, "level": level, "x": rng.normal(size=320)}
    )


def sampled() -> pl.DataFrame:
    rng = np.random.default_rng(2)
    return drawn(rng, district(rng, schools=8, size=100), 0.5)


CASES: list[tuple[Callable[..., pl.DataFrame], Callable[[], pl.DataFrame], dict[str, Any], int]] = [
    (cohorts.levels_cohort, pupils, {"outcome": "level", "levels": ["C", "B", "A"], "prior": "start"}, 8),
    (cohorts.methods_cohort, pupils, {"outcome": "end", "prior": "start"}, 56),
    (
        cohorts.sample_cohort, sampled,
        {"outcomes": [f"outcome_{s}" for s in SUBJECTS], "priors": [f"prior_{s}" for s in SUBJECTS]}, 8,
    ),
    (
        cohorts.moves_cohort, lambda: moving(3, classes=6)[0],
        {"outcome": "y", "predictors": ["x"], "membership": {"unit": "class"}}, 6,
    ),
    (
        cohorts.factors_cohort, pupils,
        {"outcome": "end", "factors": ["x"], "base": ["start"], "replicates": 5, "seed": 1}, 1,
    ),
    (cohorts.variance_cohort, pupils, {"outcome": "end", "replicates": 5, "seed": 1}, 2),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "table", "params", "rows"), CASES)
def test_an_entry_takes_plain_parameters_and_can_travel(
    entry: Callable[..., pl.DataFrame], table: Callable[[], pl.DataFrame], params: dict[str, Any], rows: int
) -> None:
    here = entry(table(), params)
    assert here.height == rows
    there = pickle.loads(pickle.dumps(entry))(table(), json.loads(json.dumps(params)))
    assert there.equals(here)


def test_random_numbers_need_a_seed() -> None:
    with pytest.raises(InputError) as caught:
        cohorts.variance_cohort(pupils(), {"outcome": "end"})
    assert caught.value.code == "no-generator"
