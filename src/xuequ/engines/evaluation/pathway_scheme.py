"""A school's items, options and target as a JSON document, for `pathway`.

``{"items": [{"code", "dimension", "points", "full", "veto", "met"}], "options": [{"item", "code", "points", "cost",
"effort", "requires", "meets"}], "target": {"total", "minimums", "vetoes", "step"}}``; what has a default in `Item`,
`Option` and `Target` may be left out.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.pathway import Item, Option, Target

_ITEM = {
    "code": "text",
    "dimension": "text",
    "points": "number",
    "full": "number",
    "veto": "flag",
    "met": "flag",
}
_OPTION = {
    "item": "text", "code": "text", "points": "number", "cost": "number", "effort": "number", "requires": "texts",
    "meets": "flag",
}  # fmt: skip
_TARGET = {"total": "number", "minimums": "numbers", "vetoes": "texts", "step": "number"}
_WHOLE = {"items": "list", "options": "list", "target": "object"}
_OPTIONAL = frozenset({"veto", "met", "effort", "requires", "meets", "minimums", "vetoes", "step", "options"})


@dataclass(frozen=True, slots=True)
class PathScheme:
    """What `pathway.path` takes."""

    items: tuple[Item, ...]
    options: tuple[Option, ...]
    target: Target


def scheme_of(document: object) -> PathScheme:
    """Return what a document describes.

    Raises
    ------
    InputError
        ``bad-scheme`` with the place as the column; whether the parts fit together is for `pathway.check`.
    """
    whole = _read(document, "the scheme", _WHOLE)
    target = _read(whole["target"], "target", _TARGET)
    if target.get("step", 1) is not None and not target.get("step", 1) > 0:
        raise InputError("bad-scheme", "step must be above 0, or null for anything", column="target")
    return PathScheme(
        items=tuple(Item(**_read(one, f"item {at}", _ITEM)) for at, one in enumerate(whole["items"], 1)),
        options=tuple(
            Option(**_read(one, f"option {at}", _OPTION))
            for at, one in enumerate(whole.get("options", ()), 1)
        ),
        target=Target(**target),
    )


def _read(document: object, place: str, fields: Mapping[str, str]) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise InputError("bad-scheme", "a JSON object is needed here", column=place)
    for name in document:
        if name not in fields:
            message = f"{name!r} is not known here; known are {', '.join(fields)}"
            raise InputError("bad-scheme", message, column=place)
    for name in fields:
        if name not in document and name not in _OPTIONAL:
            raise InputError("bad-scheme", f"{name!r} is missing", column=place)
    return {name: _value(value, name, fields[name], place) for name, value in document.items()}


def _value(value: object, name: str, kind: str, place: str) -> Any:
    # Only where every step of points is allowed may the step be absent.
    if (value is None and name == "step") or _fits(value, kind):
        return tuple(value) if kind == "texts" and isinstance(value, list) else value
    raise InputError("bad-scheme", f"{name!r} must be {_WORDS[kind]}", column=place)


_WORDS = {
    "text": "text that is not empty", "number": "a number", "flag": "true or false", "texts": "a list of texts",
    "numbers": "an object of numbers", "list": "a list", "object": "an object",
}  # fmt: skip


def _fits(value: object, kind: str) -> bool:
    if kind == "text":
        return isinstance(value, str) and bool(value.strip())
    if kind == "flag":
        return isinstance(value, bool)
    if kind == "texts":
        return isinstance(value, list) and all(_fits(one, "text") for one in value)
    if kind == "numbers":
        return isinstance(value, dict) and all(_fits(one, "number") for one in value.values())
    if kind in ("list", "object"):
        return isinstance(value, list if kind == "list" else dict)
    return not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value)
