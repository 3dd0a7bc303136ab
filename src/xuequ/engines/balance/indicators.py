"""Indicators with their thresholds, as an editable TOML document.

title = "…"
source = "…"
may_miss = 1      # indicators that a school may miss …
floor = 0.85      # … if it reaches this share of each of them
share = 1.0       # share of schools that must comply

[[indicators]]
code = "R1"
name = "每百名学生拥有高于规定学历教师数"
stage = "primary"            # primary, junior or all
direction = "at-least"       # or at-most
threshold = 4.2
columns = ["teachers_above"] # added up; "-name" is taken away
factor = 100                 # value = factor × columns / pupils
per_pupil = true             # false: value = factor × columns
share = 0.95                 # optional: share of schools that must meet this one
cv = 0.50                    # optional: limit of the official coefficient
status = "verified"          # or to-confirm
note = "…"

[[exceptions]]
school = "…"
code = "R5"
reason = "…"                 # never empty
add = 1200                   # optional amount to count as well; without it the indicator is waived
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from xuequ.engines.balance.sections import ALL, JUNIOR, PRIMARY
from xuequ.engines.errors import InputError

EXAMPLE = "indicators-2017.toml"
_DIRECTIONS = ("at-least", "at-most")
_STATES = ("verified", "to-confirm")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator of one stage; its fields are those of the document."""

    code: str
    name: str
    stage: str
    direction: str
    threshold: float
    columns: tuple[str, ...]
    factor: float = 1.0
    per_pupil: bool = True
    share: float | None = None
    cv: float | None = None
    status: str = "to-confirm"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Exemption:
    """A school that an indicator treats otherwise, with the reason; ``add`` counts as well, None waives."""

    school: str
    code: str
    reason: str
    add: float | None = None


@dataclass(frozen=True, slots=True)
class IndicatorSet:
    """The whole document."""

    title: str
    source: str
    indicators: tuple[Indicator, ...]
    may_miss: int = 0
    floor: float = 1.0
    share: float = 1.0
    exceptions: tuple[Exemption, ...] = ()

    def of(self, stage: str) -> tuple[Indicator, ...]:
        """The indicators of one stage; a table without stages is judged by those for all."""
        return tuple(one for one in self.indicators if one.stage in (stage, ALL))


def read_indicators(text: str) -> IndicatorSet:
    """Read a document.

    Raises
    ------
    InputError
        ``bad-toml``, ``no-indicators`` or ``bad-indicator``, which names entry and field.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError("bad-toml", f"the indicators are not TOML: {error}") from error
    entries = _list(document, "indicators")
    if not entries:
        raise InputError("no-indicators", "the document has no [[indicators]]")
    indicators = tuple(_indicator(entry, place) for place, entry in enumerate(entries, 1))
    _refuse_twice(indicators)
    return IndicatorSet(
        title=_text(document, "title", "document", ""),
        source=_text(document, "source", "document", ""),
        indicators=indicators,
        may_miss=int(_number(document, "may_miss", "document", 0)),
        floor=_part(document, "floor", "document", 1.0),
        share=_part(document, "share", "document", 1.0),
        exceptions=tuple(
            _exception(entry, place, indicators)
            for place, entry in enumerate(_list(document, "exceptions"), 1)
        ),
    )


def example() -> IndicatorSet:
    """The seven indicators of resources of 教督〔2017〕6号."""
    return read_indicators(example_text())


def example_text() -> str:
    """The example as the document to copy and edit."""
    return files("xuequ.engines.balance").joinpath(EXAMPLE).read_text(encoding="utf-8")


def _list(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = document.get(name, [])
    if not isinstance(found, list) or any(not isinstance(entry, dict) for entry in found):
        raise InputError("bad-indicator", f"{name} must be written as [[{name}]]")
    return found


def _indicator(entry: Mapping[str, Any], place: int) -> Indicator:
    where = f"indicator {entry.get('code', place)!r}"
    unknown = set(entry) - set(Indicator.__dataclass_fields__)
    if unknown:
        raise InputError("bad-indicator", f"{where}: there is no field {min(unknown)!r}")
    columns = entry.get("columns")
    if not isinstance(columns, list) or not columns or any(not isinstance(name, str) for name in columns):
        raise InputError("bad-indicator", f"{where}: columns must be a list of column names")
    return Indicator(
        code=_text(entry, "code", where),
        name=_text(entry, "name", where),
        stage=_choice(entry, "stage", where, (PRIMARY, JUNIOR, ALL)),
        direction=_choice(entry, "direction", where, _DIRECTIONS),
        threshold=_above_zero(entry, "threshold", where),
        columns=tuple(columns),
        factor=_above_zero(entry, "factor", where, 1.0),
        per_pupil=_flag(entry, "per_pupil", where),
        share=_part(entry, "share", where) if "share" in entry else None,
        cv=_number(entry, "cv", where) if "cv" in entry else None,
        status=_choice(entry, "status", where, _STATES),
        note=_text(entry, "note", where, ""),
    )


def _exception(entry: Mapping[str, Any], place: int, indicators: tuple[Indicator, ...]) -> Exemption:
    where = f"exception {place}"
    code = _text(entry, "code", where)
    if code not in {one.code for one in indicators}:
        raise InputError("bad-indicator", f"{where}: there is no indicator {code!r}")
    add = _number(entry, "add", where) if "add" in entry else None
    return Exemption(_text(entry, "school", where), code, _text(entry, "reason", where), add)


def _refuse_twice(indicators: tuple[Indicator, ...]) -> None:
    seen: set[tuple[str, str]] = set()
    for one in indicators:
        taken = {
            (one.code, stage) for stage in ((PRIMARY, JUNIOR, ALL) if one.stage == ALL else (one.stage,))
        }
        if taken & seen:
            raise InputError("bad-indicator", f"indicator {one.code!r} stands twice for one stage")
        seen |= taken


def _text(entry: Mapping[str, Any], name: str, where: str, default: str | None = None) -> str:
    found = entry.get(name, default)
    if not isinstance(found, str) or (default is None and not found.strip()):
        raise InputError("bad-indicator", f"{where}: {name} must be text")
    return found.strip()


def _choice(entry: Mapping[str, Any], name: str, where: str, allowed: tuple[str, ...]) -> str:
    found = entry.get(name)
    if found not in allowed:
        raise InputError("bad-indicator", f"{where}: {name} must be one of {', '.join(allowed)}")
    return str(found)


def _flag(entry: Mapping[str, Any], name: str, where: str) -> bool:
    found = entry.get(name, True)
    if not isinstance(found, bool):
        raise InputError("bad-indicator", f"{where}: {name} must be true or false")
    return found


def _number(entry: Mapping[str, Any], name: str, where: str, default: float | None = None) -> float:
    found = entry.get(name, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < float("inf"):
        raise InputError("bad-indicator", f"{where}: {name} must be a number of 0 or more")
    return float(found)


def _above_zero(entry: Mapping[str, Any], name: str, where: str, default: float | None = None) -> float:
    found = _number(entry, name, where, default)
    if found == 0:
        raise InputError("bad-indicator", f"{where}: {name} must be above 0")
    return found


def _part(entry: Mapping[str, Any], name: str, where: str, default: float | None = None) -> float:
    found = _number(entry, name, where, default)
    if found > 1:
        raise InputError("bad-indicator", f"{where}: {name} must lie between 0 and 1")
    return found
