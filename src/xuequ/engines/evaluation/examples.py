"""Small published examples, built in so that ``verify`` and the tests need no files."""

from collections.abc import Sequence

import numpy as np

from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.fuzzy import Factor, FuzzyDesign
from xuequ.engines.evaluation.judgements import Judgements, judgements

GRADES = ("优", "良", "中", "较差", "差")
SCORES = (90.0, 80.0, 70.0, 60.0, 50.0)

CRITIC = np.array([
    [61, 1.08, 4.33], [20.7, 0.26, 4.34], [16.3, 1.98, 2.53], [9, 3.29, 1.65],
    [5.4, 2.77, 2.33], [4, 4.12, 1.21], [-6.1, 3.52, 2.10], [-34.6, 3.31, 0.98],
])  # fmt: skip
"""Diakoulaki, Mavrotas & Papayannakis 1995: eight firms, three ratios."""

SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=np.float64
)
"""Shrout & Fleiss 1979: six subjects, four raters."""

_ = np.nan
KRIPPENDORFF = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
    [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
]).T  # fmt: skip
"""Krippendorff 2011: twelve units, four observers, some missing."""


def upper(names: str, triangle: Sequence[float]) -> Judgements:
    """A matrix from its upper triangle, row by row; names are parted by spaces."""
    labels = names.split()
    values = np.full((len(labels), len(labels)), np.nan)
    values[np.triu_indices(len(labels), 1)] = triangle
    return judgements(labels, values)


def drinks() -> Judgements:
    """Saaty 2008: how much more of one drink than of another is consumed."""
    return upper(
        "coffee wine tea beer soda milk water",
        [9, 5, 2, 1, 1, 1 / 2, 1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9, 1 / 3, 1 / 4, 1 / 3, 1 / 9, 1 / 2, 1, 1 / 3,
         2, 1 / 2, 1 / 3],
    )  # fmt: skip


def leader() -> tuple[Judgements, dict[str, Judgements]]:
    """The choice of a leader: criteria, and three candidates under each."""
    triangles: dict[str, list[float]] = {
        "Exp": [1 / 4, 4, 9],
        "Edu": [3, 1 / 5, 1 / 7],
        "Cha": [5, 9, 4],
        "Age": [1 / 3, 5, 9],
    }
    candidates = {name: upper("Moll Nell Sue", triangle) for name, triangle in triangles.items()}
    return upper("Exp Edu Cha Age", [4, 3, 7, 1 / 3, 3, 5]), candidates


def cars() -> Judgements:
    """The choice of a car: its four criteria."""
    return upper("cost safety style capacity", [3, 7, 3, 9, 1, 1 / 7])


def journey() -> Judgements:
    """The Chinese textbook example of choosing a journey: five criteria."""
    return upper("景色 费用 居住 饮食 旅途", [1 / 2, 4, 3, 3, 7, 5, 5, 1 / 2, 1 / 3, 1])


def one_level() -> tuple[Array, Array]:
    """Weights and memberships of one level."""
    r = [[0.1, 0.5, 0.4, 0, 0], [0.2, 0.5, 0.2, 0.1, 0], [0.2, 0.5, 0.3, 0, 0], [0.2, 0.6, 0.2, 0, 0]]
    return np.array([0.25, 0.2, 0.25, 0.3]), np.array(r)


_TWO_LEVELS = (
    (0.4, (0.2, 0.3, 0.3, 0.2), ".8 .15 .05 0 0/.2 .6 .1 .1 0/.5 .4 .1 0 0/.1 .3 .5 .05 .05"),
    (0.3, (0.3, 0.2, 0.1, 0.2, 0.2),
     ".3 .5 .15 .05 0/.2 .2 .4 .1 .1/.4 .4 .1 .1 0/.1 .3 .3 .2 .1/.3 .2 .2 .2 .1"),
    (0.2, (0.1, 0.2, 0.3, 0.2, 0.2),
     ".1 .3 .5 .1 0/.2 .3 .3 .1 .1/.2 .3 .35 .15 0/.1 .3 .4 .1 .1/.1 .4 .3 .1 .1"),
    (0.1, (0.3, 0.2, 0.2, 0.3), ".3 .4 .2 .1 0/.1 .4 .3 .1 .1/.2 .3 .4 .1 0/.4 .3 .2 .1 0"),
)  # fmt: skip


def two_levels(operator: str = "weighted") -> FuzzyDesign:
    """Four groups of factors, eighteen leaves."""
    groups = tuple(
        Factor(f"U{g}", weight, tuple(
            Factor(f"u{g}{i}", a, membership=tuple(map(float, row.split())))
            for i, (a, row) in enumerate(zip(below, rows.split("/"), strict=True), start=1)
        ))
        for g, (weight, below, rows) in enumerate(_TWO_LEVELS, start=1)
    )  # fmt: skip
    return FuzzyDesign(GRADES, Factor("", factors=groups), SCORES, operator)
