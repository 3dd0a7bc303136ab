"""A scheme of fuzzy evaluation as a JSON document.

``{"grades": [...], "scores": [...], "operator": ..., "confidence": ..., "factors": [...]}``; each factor has ``name``
and ``weight`` and exactly one of ``factors``, ``membership`` (adding up to 1), ``votes`` (a count for each grade), or
``value`` with ``thresholds`` (a point for each grade) and perhaps ``curve``.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.fuzzy import Factor, FuzzyDesign
from xuequ.engines.evaluation.membership import memberships_of_values, memberships_of_votes

_WHOLE = frozenset({"grades", "scores", "operator", "confidence", "factors"})
_KINDS = ("factors", "membership", "votes", "value")
_PART = frozenset({"name", "weight", "thresholds", "curve", *_KINDS})


def design_of(document: object, operator: str | None = None) -> FuzzyDesign:
    """Return what a document describes; ``operator`` goes before the document's own.

    Raises
    ------
    InputError
        ``bad-scheme``, ``unknown-key``, ``not-a-number``, ``wrong-length``, or what votes, thresholds and
        `FuzzyDesign` raise; the factor's path is the column.
    """
    whole = _mapping(document, "the scheme", _WHOLE)
    grades = tuple(map(str, _list(whole, "grades", "the scheme")))
    confidence = whole.get("confidence", 0.6)
    return FuzzyDesign(
        grades=grades,
        root=Factor("", factors=_factors(whole, grades, "")),
        scores=_numbers(whole, "scores", "the scheme") if "scores" in whole else (),
        operator=operator or str(whole.get("operator", "weighted")),
        confidence=_number(confidence, "the scheme", "confidence"),
    )


def _factors(node: Mapping[str, Any], grades: tuple[str, ...], place: str) -> tuple[Factor, ...]:
    below = _list(node, "factors", place or "the scheme")
    return tuple(_factor(part, grades, place, row) for row, part in enumerate(below, start=1))


def _factor(document: object, grades: tuple[str, ...], above: str, row: int) -> Factor:
    part = _mapping(document, f"{above} / factor {row}" if above else f"factor {row}", _PART)
    name = str(part.get("name", "")).strip()
    if not name:
        raise InputError("bad-scheme", "a factor needs a name", column=above or None, row=row)
    place = f"{above} / {name}" if above else name
    given = [kind for kind in _KINDS if kind in part]
    if len(given) != 1:
        message = "a factor needs exactly one of factors, membership, votes and value"
        raise InputError("bad-scheme", message, column=place, row=row)
    weight = _number(part.get("weight", 1.0), place, "weight")
    if given == ["factors"]:
        return Factor(name, weight, _factors(part, grades, place))
    return Factor(name, weight, membership=_membership(part, given[0], grades, place))


def _membership(part: Mapping[str, Any], kind: str, grades: tuple[str, ...], place: str) -> tuple[float, ...]:
    if kind == "value":
        value = np.array([_number(part["value"], place, "value")])
        points = _numbers(part, "thresholds", place, len(grades))
        try:
            rows = memberships_of_values(value, points, str(part.get("curve", "triangle")))
        except InputError as error:
            raise InputError(error.code, error.message, column=place) from None
        return tuple(map(float, rows[0]))
    numbers = _numbers(part, kind, place, len(grades))
    if kind == "votes":
        return tuple(map(float, memberships_of_votes(np.array([numbers]), [place])[0]))
    return numbers


def _mapping(document: object, place: str, known: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(document, dict):
        raise InputError("bad-scheme", "a JSON object is needed here", column=place)
    for key in document:
        if key not in known:
            message = f"{key!r} is not known here; known are {', '.join(sorted(known))}"
            raise InputError("unknown-key", message, column=place)
    return document


def _list(node: Mapping[str, Any], key: str, place: str) -> list[Any]:
    found = node.get(key)
    if not isinstance(found, list) or not found:
        raise InputError("bad-scheme", f"{key!r} must be a list that is not empty", column=place)
    return found


def _numbers(node: Mapping[str, Any], key: str, place: str, count: int | None = None) -> tuple[float, ...]:
    found = tuple(_number(value, place, key) for value in _list(node, key, place))
    if count is not None and len(found) != count:
        raise InputError("wrong-length", f"{len(found)} {key} for {count} grades", column=place)
    return found


def _number(value: object, place: str, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(
            "not-a-number", f"{value!r} in {key!r} is not a number", column=place, value=str(value)
        )
    return float(value)
