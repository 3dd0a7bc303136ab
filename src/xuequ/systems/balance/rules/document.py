"""The rules' TOML document: read, changed in single fields, and written again in one order."""

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from xuequ.engines.balance.indicators import IndicatorSet, example_text, read_indicators
from xuequ.engines.errors import InputError
from xuequ.systems.balance.catalogue import COLUMNS, FACTS

Document = dict[str, Any]
_HEAD = "# 优质均衡规则（由系统写出，可下载、修改后再导入）· Rules of balance, written by the system\n\n"


def shipped() -> str:
    """The document that comes with xuequ, with its comments."""
    return example_text()


@lru_cache(maxsize=8)
def rules_of(text: str) -> IndicatorSet:
    """Return the rules of a document; ``InputError`` where it cannot be used here."""
    found = read_indicators(text)
    for name in (column.removeprefix("-") for one in found.indicators for column in one.columns):
        if name not in COLUMNS:
            known = ", ".join(COLUMNS)
            raise InputError("unknown-column", f"no school reports {name!r}; known are {known}", value=name)
    for fact in (name for one in found.requirements for c in one.conditions for name in c.facts):
        if fact not in FACTS:
            raise InputError("unknown-fact", f"nobody reports the fact {fact!r}", value=fact)
    return found


def parsed(text: str) -> Document:
    """The document as nested lists and objects."""
    return tomllib.loads(text)


def written(document: Mapping[str, Any]) -> str:
    """Return the document as TOML; the same document gives the same text.

    >>> written({"may_miss": 1, "indicators": [{"code": "R1", "columns": ["a"]}]}).splitlines()[-3:]
    ['[[indicators]]', 'code = "R1"', 'columns = ["a"]']
    """
    return _HEAD + "\n".join(_table(document, "")).strip() + "\n"


def _table(table: Mapping[str, Any], path: str) -> Iterator[str]:
    nested = {key: value for key, value in table.items() if _is_tables(value)}
    for key, value in table.items():
        if key not in nested:
            yield f"{key} = {_value(value)}"
    for key, rows in nested.items():
        name = f"{path}.{key}" if path else key
        for row in rows:
            yield from ("", f"[[{name}]]", *_table(row, name))


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, int | float | Decimal):
        return f"{value}"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


Edit = tuple[str, ...]
"""A path into the document, such as ("indicators", "0", "threshold")."""


def edited(document: Document, edits: Mapping[Edit, Any]) -> Document:
    """Return the document with other values at some paths; None removes the field."""
    copy = parsed(written(document))
    for path, value in edits.items():
        place: Any = copy
        for step in path[:-1]:
            place = place[int(step)] if isinstance(place, list) else place[step]
        if value is None:
            place.pop(path[-1], None)
        else:
            place[path[-1]] = value
    return copy


def differences(before: Document, after: Document) -> "list[tuple[str, str, str]]":
    """Return what differs as (where, before, after), for people who compare two versions."""
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    places = [*old, *(place for place in new if place not in old)]
    return [
        (place, old.get(place, ""), new.get(place, ""))
        for place in places
        if old.get(place) != new.get(place) and place != "version"
    ]


def _leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, f"{path} {key}".strip())
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for place, part in enumerate(value):
            label = " ".join(str(part[k]) for k in ("code", "stage") if k in part) or str(place + 1)
            yield from _leaves(
                part, f"{path} {label}".strip().removeprefix("indicators ").removeprefix("requirements ")
            )
    else:
        yield path, _value(value)
