"""Changes of a scheme's document, part by part; the caller stores the result through the actions."""

import copy
from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]


def dimension_in(document: Document, code: str) -> dict[str, Any] | None:
    """Return a dimension of the document."""
    return next((part for part in document.get("dimensions", []) if part.get("code") == code), None)


def item_in(document: Document, code: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return an item of the document with its dimension."""
    for part in document.get("dimensions", []):
        for item in part.get("items", []):
            if item.get("code") == code:
                return part, item
    return None


def with_dimension(document: Document, code: str, words: Document) -> dict[str, Any]:
    """Return the document with a dimension's words changed, or with a new dimension where ``code`` is empty."""
    changed = copy.deepcopy(dict(document))
    found = dimension_in(changed, code) if code else None
    if found is None:
        first = {"code": f"{words['code']}1", "text": words["title"], "points": 1}
        changed.setdefault("dimensions", []).append({**words, "items": [first]})
    else:
        found.update(words)
        _rename_minimums(changed, code, str(words["code"]))
    return changed


def _rename_minimums(document: dict[str, Any], old: str, new: str) -> None:
    for star in document.get("stars", []):
        least = star.get("minimums", {})
        if old != new and old in least:
            least[new] = least.pop(old)


def with_item(document: Document, dimension: str, code: str, item: Document) -> dict[str, Any]:
    """Return the document with an item changed, or added to a dimension where ``code`` is empty."""
    changed = copy.deepcopy(dict(document))
    if code:
        for part in changed["dimensions"]:
            part["items"] = [dict(item) if one["code"] == code else one for one in part["items"]]
        return changed
    found = dimension_in(changed, dimension)
    if found is not None:
        found["items"].append(dict(item))
    return changed


def without_item(document: Document, code: str) -> dict[str, Any]:
    """Return the document without an item; a dimension that would be empty goes with it."""
    changed = copy.deepcopy(dict(document))
    for part in changed["dimensions"]:
        part["items"] = [one for one in part["items"] if one["code"] != code]
    changed["dimensions"] = [part for part in changed["dimensions"] if part["items"]]
    return changed
