"""Indicators with their thresholds, as an editable TOML document.

title = "…"
source = "…"
version = "…"
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
grounds = ["rural-small"]    # exceptions that the rules themselves know

[[exceptions]]
school = "…"
code = "R5"
reason = "…"                 # never empty
add = 1200                   # optional amount to count as well; without it the indicator is waived
ground = "city-centre"       # optional: the exception of the rules that it rests on

Items that are not counted per pupil stand in [[requirements]], see ``requirements``.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from xuequ.engines.balance import fields
from xuequ.engines.balance.requirements import READINGS, Requirement, read_requirements
from xuequ.engines.balance.sections import ALL, JUNIOR, PRIMARY
from xuequ.engines.errors import InputError

EXAMPLE = "indicators-2017.toml"
_DIRECTIONS = ("at-least", "at-most")
_STATES = ("verified", "to-confirm")
GROUNDS = ("rural-small", "city-centre")


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
    grounds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exemption:
    """A school that an item treats otherwise, with the reason; ``add`` counts as well, None waives.

    ``ground`` names an exception of the rules themselves: ``rural-small`` (a rural school of 50 to 99 pupils counts
    teachers who come by turns or in part) or ``city-centre`` (a crowded school counts other grounds of its own and
    halls nearby); "" is an exception of the district's own.
    """

    school: str
    code: str
    reason: str
    add: float | None = None
    ground: str = ""


@dataclass(frozen=True, slots=True)
class IndicatorSet:
    """The whole document; ``retention_reading`` is one of ``READINGS``."""

    title: str
    source: str
    indicators: tuple[Indicator, ...]
    may_miss: int = 0
    floor: float = 1.0
    share: float = 1.0
    exceptions: tuple[Exemption, ...] = ()
    version: str = ""
    requirements: tuple[Requirement, ...] = ()
    retention_reading: str = READINGS[0]

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
    entries = fields.entries(document, "indicators")
    if not entries:
        raise InputError("no-indicators", "the document has no [[indicators]]")
    indicators = tuple(_indicator(entry, place) for place, entry in enumerate(entries, 1))
    _refuse_twice(indicators)
    requirements = read_requirements(fields.entries(document, "requirements"))
    return IndicatorSet(
        title=fields.text(document, "title", "document", ""),
        source=fields.text(document, "source", "document", ""),
        indicators=indicators,
        may_miss=int(fields.number(document, "may_miss", "document", 0)),
        floor=fields.part(document, "floor", "document", 1.0),
        share=fields.part(document, "share", "document", 1.0),
        exceptions=tuple(
            _exception(entry, place, indicators, requirements)
            for place, entry in enumerate(fields.entries(document, "exceptions"), 1)
        ),
        version=fields.text(document, "version", "document", ""),
        requirements=requirements,
        retention_reading=_reading(document),
    )


def _reading(document: Mapping[str, Any]) -> str:
    if "retention_reading" not in document:
        return READINGS[0]
    return fields.choice(document, "retention_reading", "document", READINGS)


def example() -> IndicatorSet:
    """The rules of 教督〔2017〕6号."""
    return read_indicators(example_text())


def example_text() -> str:
    """The example as the document to copy and edit."""
    return files("xuequ.engines.balance").joinpath(EXAMPLE).read_text(encoding="utf-8")


def _indicator(entry: Mapping[str, Any], place: int) -> Indicator:
    where = f"indicator {entry.get('code', place)!r}"
    unknown = set(entry) - set(Indicator.__dataclass_fields__)
    if unknown:
        raise InputError("bad-indicator", f"{where}: there is no field {min(unknown)!r}")
    columns = entry.get("columns")
    if not isinstance(columns, list) or not columns or any(not isinstance(name, str) for name in columns):
        raise InputError("bad-indicator", f"{where}: columns must be a list of column names")
    return Indicator(
        code=fields.text(entry, "code", where),
        name=fields.text(entry, "name", where),
        stage=fields.choice(entry, "stage", where, (PRIMARY, JUNIOR, ALL)),
        direction=fields.choice(entry, "direction", where, _DIRECTIONS),
        threshold=fields.above_zero(entry, "threshold", where),
        columns=tuple(columns),
        factor=fields.above_zero(entry, "factor", where, 1.0),
        per_pupil=fields.flag(entry, "per_pupil", where),
        share=fields.part(entry, "share", where) if "share" in entry else None,
        cv=fields.number(entry, "cv", where) if "cv" in entry else None,
        status=fields.choice(entry, "status", where, _STATES),
        note=fields.text(entry, "note", where, ""),
        grounds=_grounds(entry, where),
    )


def _grounds(entry: Mapping[str, Any], where: str) -> tuple[str, ...]:
    found = entry.get("grounds", [])
    if not isinstance(found, list) or any(ground not in GROUNDS for ground in found):
        raise InputError("bad-indicator", f"{where}: grounds must be a list of {', '.join(GROUNDS)}")
    return tuple(found)


def _exception(
    entry: Mapping[str, Any],
    place: int,
    indicators: tuple[Indicator, ...],
    requirements: tuple[Requirement, ...],
) -> Exemption:
    where = f"exception {place}"
    code = fields.text(entry, "code", where)
    same = [one for one in indicators if one.code == code]
    if not same and code not in {one.code for one in requirements}:
        raise InputError("bad-indicator", f"{where}: there is no indicator {code!r}")
    add = fields.number(entry, "add", where) if "add" in entry else None
    if add is not None and not same:
        raise InputError("bad-indicator", f"{where}: nothing can be added to {code!r}, only waived")
    ground = fields.text(entry, "ground", where, "")
    if ground and (add is None or not all(ground in one.grounds for one in same)):
        message = f"{where}: ground {ground!r} adds an amount, and only to an indicator that names it"
        raise InputError("bad-indicator", message)
    return Exemption(
        fields.text(entry, "school", where), code, fields.text(entry, "reason", where), add, ground
    )


def _refuse_twice(indicators: tuple[Indicator, ...]) -> None:
    seen: set[tuple[str, str]] = set()
    for one in indicators:
        taken = {
            (one.code, stage) for stage in ((PRIMARY, JUNIOR, ALL) if one.stage == ALL else (one.stage,))
        }
        if taken & seen:
            raise InputError("bad-indicator", f"indicator {one.code!r} stands twice for one stage")
        seen |= taken
