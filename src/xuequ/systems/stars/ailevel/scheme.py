"""A scheme of the level of AI education as its parts, read from the JSON of docs/methods/stars-ai-level.md.

``grades`` and their ``scores``, the best first; ``dimensions`` with weights, and in each ``indexes`` with weights that
are either measured by a question of the survey (``thresholds``: a point for each grade) or voted on by raters.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from xuequ.core.errors import Refused

HERE = Path(__file__).parent
SURVEY, RATERS = "survey", "raters"
SUM_TOLERANCE = 1e-3
TOP = 3
"""So many obstacles of a school are told."""
LONGEST_GRADE, LONGEST_CODE = 20, 32
MOST_COMPARED = 15
"""More indexes under one node cannot be compared in pairs: no random index is published beyond."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Where a weight comes from: a vote of so many experts, and what other experts like them would give."""

    low: float
    high: float
    ballots: int
    poll: str


@dataclass(frozen=True, slots=True)
class Index:
    """A leaf. ``weight`` counts within its dimension.

    A measured one is ``times`` · answer to ``question`` / answer to ``per`` in ``unit``, judged by ``thresholds``;
    ``known`` is the indicator that the answer can be checked against. A voted one asks raters ``ask``.
    """

    code: str
    title: str
    weight: float
    source: str
    unit: str = ""
    ask: str = ""
    question: str = ""
    per: str = ""
    times: float = 1.0
    known: str = ""
    thresholds: tuple[float, ...] = ()
    weighed: "Weighed | None" = None

    @property
    def is_voted(self) -> bool:
        """Whether raters vote on it."""
        return self.source == RATERS

    def value(self, answers: Mapping[str, Any]) -> float | None:
        """Return the measured value of a school's answers; None where it was not answered or nothing to divide by."""
        top = _number(answers.get(self.question))
        if top is None or not self.per:
            return None if top is None else self.times * top
        bottom = _number(answers.get(self.per))
        return self.times * top / bottom if bottom else None


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension with its weight in the whole."""

    code: str
    title: str
    weight: float
    indexes: tuple[Index, ...]
    weighed: "Weighed | None" = None


@dataclass(frozen=True)
class LevelScheme:
    """The whole scheme."""

    title: str
    note: str
    official: bool
    grades: tuple[str, ...]
    scores: tuple[float, ...]
    confidence: float
    dimensions: tuple[Dimension, ...]

    @cached_property
    def indexes(self) -> tuple[Index, ...]:
        """All leaves in their order."""
        return tuple(index for dimension in self.dimensions for index in dimension.indexes)

    @property
    def is_weighed(self) -> bool:
        """Whether some weights come from a vote."""
        told = [one.weighed for one in self.dimensions] + [one.weighed for one in self.indexes]
        return any(told)

    @cached_property
    def voted(self) -> tuple[Index, ...]:
        """The leaves that raters vote on."""
        return tuple(index for index in self.indexes if index.is_voted)

    @cached_property
    def titles(self) -> dict[str, str]:
        """Titles of dimensions and indexes by code."""
        return {one.code: one.title for one in self.dimensions} | {
            one.code: one.title for one in self.indexes
        }

    @cached_property
    def dimension_of(self) -> dict[str, Dimension]:
        """The dimension of each index, by the index's code."""
        return {index.code: one for one in self.dimensions for index in one.indexes}

    def index(self, code: str) -> Index | None:
        """Return the index called ``code``; None when the scheme has none."""
        return next((index for index in self.indexes if index.code == code), None)

    def node(self, code: str) -> tuple[Dimension, ...] | tuple[Index, ...]:
        """Return what is weighed under a node: the dimensions (""), or a dimension's indexes; KeyError when unknown."""
        if not code:
            return self.dimensions
        for one in self.dimensions:
            if one.code == code:
                return one.indexes
        raise KeyError(code)


def example() -> dict[str, Any]:
    """Return the document of the example scheme, which no authority has issued."""
    found: dict[str, Any] = json.loads((HERE / "example.json").read_text(encoding="utf-8"))
    return found


def survey_source() -> dict[str, Any]:
    """Return the questionnaire that asks for smart campus and AI education at once."""
    found: dict[str, Any] = json.loads((HERE / "survey.json").read_text(encoding="utf-8"))
    return found


def read_scheme(document: Mapping[str, Any]) -> LevelScheme:
    """Read a document; ``Refused`` says where it is wrong and why."""
    grades = tuple(map(str, _list(document, "grades", "")))
    scores = _numbers(document, "scores", "", len(grades))
    if len(set(grades)) < max(len(grades), 2):
        _refuse("grades", _("at least two grades with different names are needed"))
    if any(not 0 < len(grade) <= LONGEST_GRADE for grade in grades):
        _refuse("grades", _("a grade has a name of at most %(most)d characters") % {"most": LONGEST_GRADE})
    if any(b >= a for a, b in pairwise(scores)):
        _refuse("scores", _("the best grade stands first, so scores must fall from each grade to the next"))
    confidence = _number(document.get("confidence", 0.6))
    if confidence is None or not 0.5 <= confidence < 1:
        _refuse("confidence", _("the confidence is a number from 0.5 to below 1"))
    parts = _list(document, "dimensions", "")
    dimensions = tuple(_dimension(part, f"dimensions[{at}]", len(grades)) for at, part in enumerate(parts))
    _check_siblings(dimensions, "dimensions")
    codes = [code for one in dimensions for code in (one.code, *(index.code for index in one.indexes))]
    if twice := next((code for code in codes if codes.count(code) > 1), ""):
        _refuse("dimensions", _("the code “%(code)s” stands twice") % {"code": twice})
    return LevelScheme(
        title=str(document.get("title", "")),
        note=str(document.get("note", "")),
        official=bool(document.get("official", False)),
        grades=grades,
        scores=scores,
        confidence=confidence,
        dimensions=dimensions,
    )


def with_weights(
    document: Mapping[str, Any],
    node: str,
    weights: Mapping[str, float],
    weighed: Mapping[str, Weighed] | None = None,
) -> dict[str, Any]:
    """Return the document with other weights under one node, rounded to four decimals that still add up to 1.

    ``weighed`` says of each part where its weight comes from; it counts as long as the weight is not changed.
    """
    changed: dict[str, Any] = json.loads(json.dumps(document))
    parts = changed["dimensions"]
    if node:
        parts = next(part["indexes"] for part in parts if part["code"] == node)
    rounded = {code: round(weight, 4) for code, weight in weights.items()}
    largest = max(rounded, key=lambda code: rounded[code])
    rounded[largest] = round(rounded[largest] + 1 - sum(rounded.values()), 4)
    for part in parts:
        part["weight"] = rounded[part["code"]]
        part.pop("weighed", None)
        if weighed:
            part["weighed"] = {"weight": part["weight"]} | asdict(weighed[part["code"]])
    return changed


def _weighed(part: Mapping[str, Any]) -> Weighed | None:
    """Where a weight comes from; None where nothing is told, or the weight was changed by hand since."""
    told = part.get("weighed")
    if not isinstance(told, dict) or told.get("weight") != part.get("weight"):
        return None
    low, high, ballots = (_number(told.get(key)) for key in ("low", "high", "ballots"))
    if low is None or high is None or ballots is None or not 0 <= low <= high <= 1:
        return None
    return Weighed(low, high, int(ballots), str(told.get("poll", "")))


def _dimension(part: Any, place: str, grades: int) -> Dimension:
    part = _mapping(part, place)
    indexes = tuple(
        _index(one, f"{place}.indexes[{at}]", grades) for at, one in enumerate(_list(part, "indexes", place))
    )
    _check_siblings(indexes, f"{place}.indexes")
    return Dimension(*_named(part, place), _weight(part, place), indexes, _weighed(part))


def _index(part: Any, place: str, grades: int) -> Index:
    part = _mapping(part, place)
    source = str(part.get("source", ""))
    if source not in (SURVEY, RATERS):
        _refuse(place, _("the source must be “survey” or “raters”"))
    code, title = _named(part, place)
    if source == RATERS:
        asked = str(part.get("ask", title))
        return Index(code, title, _weight(part, place), source, ask=asked, weighed=_weighed(part))
    points = _numbers(part, "thresholds", place, grades)
    steps = [b - a for a, b in pairwise(points)]
    if not (all(step < 0 for step in steps) or all(step > 0 for step in steps)):
        _refuse(
            f"{place}.thresholds", _("thresholds must all fall (more is better) or all rise (less is better)")
        )
    times = _number(part.get("times", 1))
    if times is None or times <= 0:
        _refuse(f"{place}.times", _("what the answer is multiplied by is a number above 0"))
    if not part.get("question"):
        _refuse(place, _("a measured index names a question of the survey"))
    return Index(
        code,
        title,
        _weight(part, place),
        source,
        unit=str(part.get("unit", "")),
        question=str(part["question"]),
        per=str(part.get("per", "")),
        times=times,
        known=str(part.get("known", "")),
        thresholds=points,
        weighed=_weighed(part),
    )


def _check_siblings(parts: Sequence[Dimension] | Sequence[Index], place: str) -> None:
    total = sum(part.weight for part in parts)
    if abs(total - 1) > SUM_TOLERANCE:
        _refuse(place, _("the weights add up to %(total)s, not to 1") % {"total": f"{total:.4g}"})
    if len(parts) > MOST_COMPARED:
        _refuse(place, _("more than %(most)d parts under one node") % {"most": MOST_COMPARED})


def _refuse(place: str, why: str) -> NoReturn:
    raise Refused(_("The scheme cannot be used: %(place)s: %(why)s.") % {"place": place, "why": why})


def _mapping(part: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(part, dict):
        _refuse(place, _("an object is needed here"))
    return part


def _list(part: Mapping[str, Any], key: str, place: str) -> list[Any]:
    found = part.get(key)
    if not isinstance(found, list) or not found:
        _refuse(f"{place}.{key}".strip("."), _("a list that is not empty is needed here"))
    return found


def _numbers(part: Mapping[str, Any], key: str, place: str, count: int) -> tuple[float, ...]:
    found = [_number(value) for value in _list(part, key, place)]
    numbers = tuple(value for value in found if value is not None)
    if len(numbers) != count or len(found) != count:
        _refuse(
            f"{place}.{key}".strip("."),
            _("%(count)d numbers are needed, one for each grade") % {"count": count},
        )
    return numbers


def _named(part: Mapping[str, Any], place: str) -> tuple[str, str]:
    code, title = str(part.get("code", "")).strip(), str(part.get("title", "")).strip()
    # Codes stand in addresses and in columns of this length.
    if not (code.isascii() and code.isidentifier() and len(code) <= LONGEST_CODE) or not title:
        _refuse(
            place,
            _("a code of at most %(most)d English letters, digits and underlines and a title are needed")
            % {"most": LONGEST_CODE},
        )
    return code, title


def _weight(part: Mapping[str, Any], place: str) -> float:
    weight = _number(part.get("weight"))
    if weight is None or not 0 < weight <= 1:
        _refuse(f"{place}.weight", _("a weight is a number above 0 and at most 1"))
    return weight


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
