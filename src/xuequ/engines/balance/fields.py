"""Fields of the rules' TOML document, each read with a refusal that names entry and field (``bad-indicator``)."""

from collections.abc import Mapping
from typing import Any

from xuequ.engines.errors import InputError


def entries(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The tables written as [[name]]; none where there are none."""
    found = document.get(name, [])
    if not isinstance(found, list) or any(not isinstance(entry, dict) for entry in found):
        raise InputError("bad-indicator", f"{name} must be written as [[{name}]]")
    return found


def text(entry: Mapping[str, Any], name: str, where: str, default: str | None = None) -> str:
    """Trimmed text; without a default it must not be empty."""
    found = entry.get(name, default)
    if not isinstance(found, str) or (default is None and not found.strip()):
        raise InputError("bad-indicator", f"{where}: {name} must be text")
    return found.strip()


def choice(entry: Mapping[str, Any], name: str, where: str, allowed: tuple[str, ...]) -> str:
    """One of the allowed words."""
    found = entry.get(name)
    if found not in allowed:
        raise InputError("bad-indicator", f"{where}: {name} must be one of {', '.join(allowed)}")
    return str(found)


def flag(entry: Mapping[str, Any], name: str, where: str, default: bool = True) -> bool:
    """true or false."""
    found = entry.get(name, default)
    if not isinstance(found, bool):
        raise InputError("bad-indicator", f"{where}: {name} must be true or false")
    return found


def number(entry: Mapping[str, Any], name: str, where: str, default: float | None = None) -> float:
    """A number of 0 or more."""
    found = entry.get(name, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < float("inf"):
        raise InputError("bad-indicator", f"{where}: {name} must be a number of 0 or more")
    return float(found)


def above_zero(entry: Mapping[str, Any], name: str, where: str, default: float | None = None) -> float:
    """A number above 0."""
    found = number(entry, name, where, default)
    if found == 0:
        raise InputError("bad-indicator", f"{where}: {name} must be above 0")
    return found


def part(entry: Mapping[str, Any], name: str, where: str, default: float | None = None) -> float:
    """A number from 0 to 1."""
    found = number(entry, name, where, default)
    if found > 1:
        raise InputError("bad-indicator", f"{where}: {name} must lie between 0 and 1")
    return found
