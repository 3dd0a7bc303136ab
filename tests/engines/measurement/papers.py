"""Invented papers whose truth is known."""

from dataclasses import dataclass

import numpy as np

from xuequ.engines.measurement.responses import Floats, Item, Responses

LETTERS = np.array(list("ABCD"))


@dataclass(frozen=True)
class Sat:
    """A paper sat by pupils whose true marks in each item, (pupils, items), are known."""

    responses: Responses
    true: Floats


def sat(seed: int, *, pupils: int = 2000, points: int = 3, each: int = 5, overlap: float = 0.7) -> Sat:
    """Pupils sit ``each`` four-mark items on each of ``points`` whose abilities correlate by ``overlap``."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(pupils, 1)) * overlap**0.5
    ability = np.repeat(common + rng.normal(size=(pupils, points)) * (1 - overlap) ** 0.5, each, axis=1)
    chance = 1 / (1 + np.exp(-(ability - rng.normal(0, 0.7, points * each))))
    scores = rng.binomial(4, chance).astype(float)
    items = [Item(str(i + 1), 4.0, points=(f"p{i // each + 1}",)) for i in range(points * each)]
    return Sat(Responses(tuple(items), scores, (None,) * len(items)), 4 * chance)


def choices(seed: int, *, pupils: int = 600, items: int = 12) -> Responses:
    """Multiple-choice items with the key A; a wrong answer is B, C or D alike."""
    rng = np.random.default_rng(seed)
    ability = rng.normal(size=(pupils, 1))
    right = rng.random((pupils, items)) < 1 / (1 + np.exp(-1.5 * (ability - rng.normal(0, 0.8, items))))
    chosen = np.where(right, "A", LETTERS[rng.integers(1, 4, (pupils, items))])
    paper = tuple(Item(str(i + 1), 1.0, "A") for i in range(items))
    return Responses(paper, right.astype(float), tuple(chosen[:, i] for i in range(items)))
