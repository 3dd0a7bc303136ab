"""Batch entries ``fn(table, params) -> table``: one cohort per call, pure and picklable, for a province's cluster.

``params`` are the fields of the method's design as plain values; ``seed`` where the method draws random numbers.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.decomposition import DecompositionDesign, decompose
from xuequ.engines.growth.dominance import FactorDesign, factor_shares
from xuequ.engines.growth.growth_design import Measure
from xuequ.engines.growth.memberships import MembershipDesign
from xuequ.engines.growth.ordinal import OrdinalDesign, fit_ordinal
from xuequ.engines.growth.reassignment import ReassignmentDesign, evaluate_reassignment
from xuequ.engines.growth.sampling import SamplingDesign, evaluate_sample
from xuequ.engines.growth.simple import CompareDesign, compare_methods


def levels_cohort(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """School effects of ``fit_ordinal``."""
    return fit_ordinal(table, OrdinalDesign(**_tuples(params))).schools


def methods_cohort(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Values by method and school of ``compare_methods``."""
    return compare_methods(table, CompareDesign(**_tuples(params))).schools


def sample_cohort(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """School effects of ``evaluate_sample``; ``outcomes`` and ``priors`` are column names."""
    given = dict(_tuples(params))
    outcomes, priors = (tuple(Measure(name) for name in given.pop(side)) for side in ("outcomes", "priors"))
    return evaluate_sample(table, SamplingDesign(outcomes, priors, **given)).schools


def moves_cohort(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Class effects of ``evaluate_reassignment``; ``membership`` holds the fields of its design."""
    given = dict(_tuples(params))
    membership = MembershipDesign(**given.pop("membership", {}))
    return evaluate_reassignment(table, ReassignmentDesign(membership=membership, **given)).units


def factors_cohort(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Shares of ``factor_shares``."""
    given, rng = _seeded(params)
    return factor_shares(table, FactorDesign(**given), rng).shares


def variance_cohort(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Parts of ``decompose``."""
    given, rng = _seeded(params)
    return decompose(table, DecompositionDesign(**given), rng).parts


def _seeded(params: Mapping[str, Any]) -> tuple[dict[str, Any], np.random.Generator]:
    given = dict(_tuples(params))
    if "seed" not in given:
        raise InputError("no-generator", "this method draws random numbers; give a seed")
    return given, np.random.default_rng(given.pop("seed"))


def _tuples(params: Mapping[str, Any]) -> dict[str, Any]:
    """Lists, as JSON has them, become the tuples of a design."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in params.items()}
