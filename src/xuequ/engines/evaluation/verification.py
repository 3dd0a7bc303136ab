"""Published results of the evaluation engine, recomputed.

The examples are built in; R's ``attitude`` is under the GPL and is read from a folder.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from xuequ.engines.consistency import alpha_of
from xuequ.engines.evaluation.agreement import concordance, intraclass, krippendorff
from xuequ.engines.evaluation.ahp import Priorities, prioritise
from xuequ.engines.evaluation.examples import (
    CRITIC,
    GRADES,
    KRIPPENDORFF,
    SCORES,
    SHROUT_FLEISS,
    cars,
    drinks,
    journey,
    leader,
    one_level,
    two_levels,
)
from xuequ.engines.evaluation.factorability import factorability
from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.fuzzy import OPERATORS, Factor, FuzzyDesign, compose, evaluate, read
from xuequ.engines.evaluation.objective import Indexes, objective_weights
from xuequ.engines.verification import Check, rounded

ATTITUDE = "attitude.csv"
SAATY_2008 = "Saaty 2008, through AHPy"


def checks(data: Path) -> tuple[list[Check], list[str]]:
    """Recompute all published results; also name the files that a check needs and ``data`` lacks."""
    found = [*_ahp(), *_leader(), *_objective(), *_one_level(), *_two_levels(), *_agreement()]
    if (data / ATTITUDE).is_file():
        return [*found, *_attitude(data / ATTITUDE)], []
    return found, [str(data / ATTITUDE)]


def _all(name: str, printed: str, obtained: Sequence[float] | Array, source: str) -> Iterator[Check]:
    """Several numbers, printed with spaces between."""
    for place, (text, value) in enumerate(zip(printed.split(), obtained, strict=True), start=1):
        yield rounded(f"{name} {place}", text, float(value), source)


def _weighed(name: str, found: Priorities, weights: str, numbers: str, source: str) -> Iterator[Check]:
    """Weights, then λ and CR."""
    yield from _all(f"{name}: weight", weights, found.weights, source)
    largest, ratio = numbers.split()
    yield rounded(f"{name}: λ", largest, found.lambda_max, source)
    yield rounded(f"{name}: CR ({found.ri_table})", ratio, found.cr, source)


def _ahp() -> Iterator[Check]:
    found = prioritise(drinks(), ri="saaty2005")
    yield from _weighed("drinks", found, "0.1775 0.0191 0.0418 0.1164 0.1896 0.1288 0.3268", "7.176629 0.022",
                        SAATY_2008)  # fmt: skip
    yield rounded("drinks: CR (saaty1980)", "0.0223", prioritise(drinks(), ri="saaty1980").cr, SAATY_2008)
    yield rounded("drinks: GCI", "0.0804", found.gci, SAATY_2008)
    yield rounded("drinks: Koczkodaj", "0.6667", found.koczkodaj, SAATY_2008)
    geometric = prioritise(drinks(), "geometric").weights
    yield from _all("drinks: geometric weight", "0.1787 0.0185 0.0422 0.1165 0.1911 0.1286 0.3243", geometric,
                    SAATY_2008)  # fmt: skip
    found = prioritise(cars(), ri="saaty2005")
    yield from _weighed("cars", found, "0.510 0.234 0.041 0.215", "4.199235 0.0746", "AHPy, examples")
    found = prioritise(journey(), ri="saaty1980")
    yield from _weighed("journey", found, "0.2636 0.4758 0.0538 0.0981 0.1087", "5.072084 0.016",
                        "Chinese textbook of mathematical models")  # fmt: skip
    yield rounded("journey: CI", "0.018", found.ci, "Chinese textbook of mathematical models")


def _leader() -> Iterator[Check]:
    source = "AHPy, examples"
    criteria, candidates = leader()
    found = prioritise(criteria, ri="saaty2005")
    yield from _weighed("leader", found, "0.548 0.127 0.270 0.056", "4.118418 0.044", source)
    printed = {"Exp": "0.217 0.717 0.066", "Edu": "0.188 0.081 0.731", "Cha": "0.743 0.194 0.063",
               "Age": "0.265 0.672 0.063"}  # fmt: skip
    below = {name: prioritise(matrix, ri="saaty2005") for name, matrix in candidates.items()}
    for name, weights in printed.items():
        yield from _all(f"leader, {name}: weight", weights, below[name].weights, source)
    yield rounded("leader, Exp: CR (saaty2005)", "0.035", below["Exp"].cr, source)
    for table, ratio in (("saaty2005", "0.0624"), ("saaty1980", "0.0559")):
        cr = prioritise(candidates["Edu"], ri=table).cr
        yield rounded(f"leader, Edu: CR ({table})", ratio, cr, source)
    result = found.weights @ np.array([below[name].weights for name in printed])
    yield from _all("leader: result", "0.358 0.493 0.149", result, source)


def _objective() -> Iterator[Check]:
    named = Indexes(("A", "B", "C"), CRITIC, (False, False, False))
    source = "Diakoulaki, Mavrotas & Papayannakis 1995"
    yield from _all("CRITIC: weight", "0.20222554 0.48090173 0.31687273",
                    objective_weights(named, "critic").weights, source)  # fmt: skip
    source = "scikit-criteria, tests"
    for table, printed in (
        ([[1, 2], [4, 16]], "0.358889 0.641111"),
        ([[10, 1], [10, 9], [10, 95], [0, 1]], "0.2250331 0.7749669"),
    ):
        named = Indexes(("A", "B"), np.array(table, dtype=np.float64), (False, False))
        weights = objective_weights(named, "entropy").weights
        yield from _all(f"entropy of {len(table)} rows: weight", printed, weights, source)


_ONE = {
    "weighted": "0.175 0.53 0.275 0.02 0", "min-max": "0.2 0.3 0.25 0.1 0", "prod-max": "0.06 0.18 0.10 0.02 0",
    "min-bsum": "0.7 1 0.9 0.1 0",
}  # fmt: skip
_TWO = {
    "weighted": "0.288 0.354 0.2355 0.0865 0.036", "min-max": "0.3 0.3 0.2 0.2 0.1",
    "prod-max": "0.064 0.072 0.040 0.012 0.006", "min-bsum": "1 1 1 0.75 0.65",
}  # fmt: skip
_GROUPS = ("0.39 0.39 0.17 0.04 0.01", "0.25 0.33 0.235 0.125 0.06", "0.15 0.32 0.355 0.115 0.06",
           "0.27 0.35 0.26 0.10 0.02")  # fmt: skip
_NOTES = "worked example in public course notes"
_ARITHMETIC = "the same example, by hand"


def _one_level() -> Iterator[Check]:
    weights, R = one_level()
    for operator in OPERATORS:
        yield from _all(
            f"fuzzy, one level, {operator}:", _ONE[operator], compose(weights, R, operator), _NOTES
        )
    reading = read(compose(weights, R), FuzzyDesign(GRADES, Factor(""), SCORES))
    yield rounded("fuzzy, one level: validity", "0.75", reading.alpha, _ARITHMETIC)
    yield rounded("fuzzy, one level: score", "78.6", reading.score, _ARITHMETIC)


def _two_levels() -> Iterator[Check]:
    for operator in OPERATORS:
        found = evaluate(two_levels(operator))
        source = _NOTES if operator == "weighted" else _ARITHMETIC
        yield from _all(f"fuzzy, two levels, {operator}:", _TWO[operator], found.root.memberships, source)
    found = evaluate(two_levels())
    groups = [node for node in found.nodes if len(node.path) == 1]
    for node, printed in zip(groups, _GROUPS, strict=True):
        yield from _all(f"fuzzy, two levels, {node.path[0]}:", printed, node.memberships, _NOTES)
    yield rounded("fuzzy, two levels: validity", "0.3342", found.root.reading.alpha, _ARITHMETIC)
    yield rounded("fuzzy, two levels: score", "77.715", found.root.reading.score, _ARITHMETIC)


def _agreement() -> Iterator[Check]:
    source = "Shrout & Fleiss 1979"
    icc = intraclass(SHROUT_FLEISS)
    if icc is not None:
        forms = (
            icc.one_way_1,
            icc.agreement_1,
            icc.consistency_1,
            icc.one_way_k,
            icc.agreement_k,
            icc.consistency_k,
        )
        yield from _all("ICC, six forms:", "0.17 0.29 0.71 0.44 0.62 0.91", forms, source)
    ranked = concordance(SHROUT_FLEISS)
    if ranked is not None:
        yield rounded("Kendall's W", "0.85536", ranked.uncorrected, source)
        yield rounded("Kendall's W, corrected for ties", "0.88704", ranked.w, source)
    for scale, printed in (("nominal", "0.743"), ("ordinal", "0.815"), ("interval", "0.849")):
        alpha = krippendorff(KRIPPENDORFF, scale)
        yield rounded(f"Krippendorff's alpha, {scale}", printed, alpha, "Krippendorff 2011")


def _attitude(file: Path) -> Iterator[Check]:
    values = pl.read_csv(file).drop("rownames").to_numpy().astype(np.float64)
    source = "R's attitude, reference values computed apart"
    yield rounded("attitude: alpha", "0.8431428", alpha_of(values), source)
    found = factorability(values)
    if found is not None:
        yield rounded("attitude: KMO", "0.7632754", found.kmo, source)
        yield from _all("attitude: KMO of index", "0.7317 0.7375 0.8442 0.8114 0.8144 0.6936 0.6511",
                        found.kmo_of, source)  # fmt: skip
        yield rounded("attitude: Bartlett's χ²", "98.7528", found.chi2, source)
        yield rounded("attitude: degrees of freedom", "21", found.df, source)
