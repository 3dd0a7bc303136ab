"""Published results of the growth engine, recomputed.

Three textbook examples are built in; the reference models of ``lme4_reference.json`` and their data come under
other licences and are read from a folder.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from xuequ.engines.growth import verification_linking, verification_percentiles
from xuequ.engines.growth.examples import dyestuff, dyestuff2, pastes
from xuequ.engines.growth.mixed import MixedModelFit, fit_mixed_model
from xuequ.engines.growth.nested import fit_nested
from xuequ.engines.verification import Check, rounded

_REFERENCE = "lme4_reference.json"
_DEVIANCE = 1e-8
_ESTIMATES = 1e-5


def checks(data: Path) -> tuple[list[Check], list[str]]:
    """Recompute all published results; also name the files that a check needs and ``data`` lacks."""
    found, missing = [*_built_in(), *verification_linking.built_in()], []
    if (data / _REFERENCE).is_file():
        for model in json.loads((data / _REFERENCE).read_text(encoding="utf-8")):
            if (data / model["data"]).is_file():
                found += _reference_checks(data, model)
            else:
                missing.append(str(data / model["data"]))
    else:
        missing.append(str(data / _REFERENCE))
    percentiles, missing_percentiles = verification_percentiles.checks(data)
    return found + percentiles, list(dict.fromkeys(missing + missing_percentiles))


def _built_in() -> Iterator[Check]:
    fit = fit_mixed_model(dyestuff(), "yield ~ 1 + (1 | batch)")
    source = "Davies and Goldsmith 1972, table 6.4"
    yield rounded("dyestuff: variance between batches", "1764.05", _variance(fit), source)
    yield rounded("dyestuff: variance within batches", "2451.25", fit.residual_variance, source)
    fit = fit_mixed_model(dyestuff2(), "yield ~ 1 + (1 | batch)")
    source = "Box and Tiao 1973, table 5.1.4"
    yield rounded("dyestuff 2: variance between batches, at its bound", "0.00", _variance(fit), source)
    yield rounded("dyestuff 2: grand mean", "5.6656", fit.fixed["(Intercept)"].estimate, source)
    nested = fit_nested(pastes(), "strength ~ 1 + (1 | batch)", "cask")
    source = "Davies and Goldsmith 1972, table 6.5, as lme4 prints it"
    yield rounded("pastes: variance between casks", "8.434", nested.class_variance, source)
    yield rounded("pastes: variance between batches", "1.657", _variance(nested.school), source)
    yield rounded("pastes: variance between tests", "0.678", nested.school.residual_variance, source)
    yield rounded("pastes: SE of the grand mean", "0.6769", nested.school.fixed["(Intercept)"].se, source)


def _variance(fit: MixedModelFit) -> float:
    return float(fit.random.covariance[0, 0])


def _reference_checks(data: Path, model: dict[str, Any]) -> Iterator[Check]:
    table = pl.read_csv(data / model["data"])
    fit = fit_mixed_model(table, model["formula"], method=model["method"])
    name, source = model["name"], f"lme4, {_REFERENCE}"
    error = abs(fit.deviance / model["deviance"] - 1.0)
    yield Check(
        f"{name}: deviance", f"{model['deviance']:.10g}", f"{fit.deviance:.10g}", error <= _DEVIANCE, source
    )
    for what, expected, obtained in _numbers(fit, model):
        worst = float(np.max(np.abs(np.subtract(obtained, expected)) / _scales(what, expected)))
        yield Check(
            f"{name}: {what}, largest relative difference",
            f"≤ {_ESTIMATES:.0e}",
            f"{worst:.1e}",
            worst <= _ESTIMATES,
            source,
        )


def _numbers(fit: MixedModelFit, model: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    at = [fit.groups.index(effect["group"]) for effect in model["effects"]]
    fixed = list(model["fixed"])
    yield "estimates", *_pair(model["fixed"], fixed, "estimate", lambda t: fit.fixed[t].estimate)
    yield "standard errors", *_pair(model["fixed"], fixed, "se", lambda t: fit.fixed[t].se)
    variances = [*np.ravel(model["covariance"]), model["residual_variance"]]
    yield "variances", variances, [*fit.random.covariance.ravel(), fit.residual_variance]
    yield "effects", [effect["effect"] for effect in model["effects"]], fit.effects[at]
    yield "standard errors of effects", [effect["se"] for effect in model["effects"]], fit.se[at]


def _pair(
    expected: dict[str, Any], terms: Iterable[str], key: str, obtained: Callable[[str], float]
) -> tuple[list[float], list[float]]:
    return [expected[term][key] for term in terms], [obtained(term) for term in terms]


def _scales(what: str, expected: Any) -> Any:
    """What a difference is relative to: the number itself, or the spread of effects, which may be zero."""
    return np.std(expected, axis=0) if what == "effects" else np.abs(expected)
