"""Published figures of the balance engine, recomputed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from xuequ.engines.balance.dispersion import LIMITS, indices
from xuequ.engines.balance.exact import within
from xuequ.engines.balance.indicators import example
from xuequ.engines.balance.sections import JUNIOR, PRIMARY
from xuequ.engines.verification import Check

TRAINING = "training material on balanced compulsory education 2012–13, five primary schools"
RECOMPUTED = "the same five schools, to four decimals"
RULES = "教督〔2017〕6号, 资源配置"
PUPILS = (45, 37, 89, 76, 55)
BOOKS = (279, 137, 935, 160, 402)
# Thresholds of the seven indicators: primary, junior.
THRESHOLDS = (
    ("4.2", "5.3"), ("1", "1"), ("0.9", "0.9"), ("4.5", "5.8"), ("7.5", "10.2"), ("2000", "2500"), ("2.3", "2.4"),
)  # fmt: skip
# Figures whose tables were never published, so that nobody can recompute them.
WITHOUT_DATA = (
    "the table of 45 schools × 12 projects (weakest school 60.30 by gain per cost, 77.55 by the programme)",
    "the table of 15 givers × 30 receivers (optimum 28.3228)",
)


def checks(data: Path) -> tuple[list[Check], list[str]]:
    """Recompute all published results, which need no file; also name those whose data nobody has."""
    del data
    return [*_worked_example(), *_unweighted(), *_rules()], list(WITHOUT_DATA)


def _rounded(name: str, printed: str, obtained: float, source: str) -> Check:
    """A number as its source prints it, compared to the last printed digit."""
    text = f"{obtained:.{len(printed.partition('.')[2])}f}"
    return Check(name, printed, text, text == printed, source)


def _worked_example() -> Iterator[Check]:
    P, x = np.array(PUPILS, dtype=float), np.array(BOOKS, dtype=float)
    found = indices(x / P, P)
    yield _rounded("five schools: pupils", "302", P.sum(), TRAINING)
    yield _rounded("five schools: books", "1913", x.sum(), TRAINING)
    parts = P / P.sum() * (x / P - found.mean) ** 2
    # The source rounds the first part to three decimals, the others to two.
    for place, (printed, part) in enumerate(
        zip(("0.003", "0.85", "5.13", "4.50", "0.17"), parts, strict=True), 1
    ):
        yield _rounded(f"five schools: squared part {place}", printed, float(part), TRAINING)
    yield _rounded("five schools: sum of the parts", "10.65", float(parts.sum()), TRAINING)
    yield _rounded("five schools: mean", "6.33", found.mean, TRAINING)
    yield _rounded("five schools: S", "3.26", found.sd, TRAINING)
    yield _rounded("five schools: coefficient", "0.52", found.cv, TRAINING)
    yield _rounded("five schools: mean", "6.3344", found.mean, RECOMPUTED)
    yield _rounded("five schools: S", "3.2639", found.sd, RECOMPUTED)
    yield _rounded("five schools: coefficient", "0.5153", found.cv, RECOMPUTED)


def _unweighted() -> Iterator[Check]:
    P, x = np.array(PUPILS, dtype=float), np.array(BOOKS, dtype=float)
    found = indices(x / P, P)
    yield _rounded("five schools: unweighted mean", "5.9645", found.mean_plain, RECOMPUTED)
    yield _rounded("five schools: unweighted coefficient, n", "0.4888", found.cv_plain, RECOMPUTED)
    yield _rounded(
        "five schools: unweighted coefficient, n − 1", "0.5465", found.cv_sample or 0.0, RECOMPUTED
    )
    verdicts = f"weighted {_kept(within(BOOKS, PUPILS, 0.5))}, unweighted {_kept(found.cv_plain <= 0.5)}"
    expected = "weighted exceeded, unweighted kept"
    yield Check("five schools: limit 0.50", expected, verdicts, verdicts == expected, RECOMPUTED)


def _kept(kept: bool) -> str:
    return "kept" if kept else "exceeded"


def _rules() -> Iterator[Check]:
    rules = example()
    for stage, place in ((PRIMARY, 0), (JUNIOR, 1)):
        yield _rounded(f"{stage}: limit of the coefficient", ("0.50", "0.45")[place], LIMITS[stage], RULES)
        for one, printed in zip(rules.of(stage), THRESHOLDS, strict=True):
            text = f"{one.threshold:g}"
            yield Check(f"{one.code} {stage}: threshold", printed[place], text, text == printed[place], RULES)
    yield _rounded("indicators a school may miss", "1", rules.may_miss, RULES)
    yield _rounded("share of the threshold that it must reach", "0.85", rules.floor, RULES)
