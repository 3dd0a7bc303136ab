"""Signs of careless answering, told as shares of all answers and never about a person.

Three signs with fixed definitions: much faster than the rest, the same column in every row of a matrix, and a
contradiction that the author of the round named beforehand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from xuequ.kit.questionnaires import expressions
from xuequ.kit.questionnaires.expressions import Node
from xuequ.kit.questionnaires.schema import Form, QuestionType

FAST = 0.3
"""An answer is fast below this part of the median time; times are judged from this many answers on:"""
FEWEST_TIMES = 20
ROWS = 4
"""Matrices with fewer rows say nothing about straight lines."""


@dataclass(frozen=True, slots=True)
class Care:
    """How many of ``total`` answers show which sign; ``median_seconds`` is None where times were too few."""

    total: int
    fast: int
    straight: int
    contradicting: int
    any: int
    median_seconds: float | None


def signs(
    form: Form,
    answers: Sequence[dict[str, Any]],
    seconds: Sequence[int | None],
    contradiction: Node | None = None,
) -> tuple[Care, list[bool]]:
    """Return the shares, and for each answer whether it shows a sign (to count without those)."""
    times = [one for one in seconds if one is not None]
    middle = float(median(times)) if len(times) >= FEWEST_TIMES else None
    fast = [middle is not None and one is not None and one < FAST * middle for one in seconds]
    straight = [is_straight(form, data) for data in answers]
    against = [contradiction is not None and _holds(contradiction, data) for data in answers]
    flagged = [any(one) for one in zip(fast, straight, against, strict=True)]
    return Care(len(answers), sum(fast), sum(straight), sum(against), sum(flagged), middle), flagged


def is_straight(form: Form, data: dict[str, Any]) -> bool:
    """Whether every long matrix that was answered has one and the same column in all its rows."""
    long = [q for q in form.questions.values() if q.type == QuestionType.MATRIX and len(q.rows) >= ROWS]
    answered = [data[q.name] for q in long if len(data.get(q.name) or ()) >= ROWS]
    return bool(answered) and all(len({str(one) for one in rows.values()}) == 1 for rows in answered)


def _holds(node: Node, data: dict[str, Any]) -> bool:
    lowered = {
        name.lower(): {row.lower(): one for row, one in value.items()} if isinstance(value, dict) else value
        for name, value in data.items()
    }
    return expressions.holds(node, lowered)
