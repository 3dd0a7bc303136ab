"""Numbers with definition: what a count means, how it is asked for, and what it answers."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from django.apps import apps
from django.utils.translation import gettext as _

from xuequ.core.errors import Forbidden, Refused
from xuequ.core.figures import ColumnKind, Figure, Text
from xuequ.core.rendering.cells import format_number
from xuequ.district.actors import Actor


@dataclass(frozen=True, slots=True)
class Question:
    """What is counted: on which day, for a period since when, split by what, narrowed to what.

    ``where`` holds texts by the name of a filter (``school`` and ``area``: uids); ``line`` picks one line of the split.
    """

    at: dt.date
    since: dt.date | None = None
    by: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    line: str = ""

    def parameters(self) -> dict[str, str]:
        """Return the question as texts, as it stands in an address and in a citation."""
        said = {
            "at": self.at.isoformat(),
            "since": self.since.isoformat() if self.since else "",
            "by": self.by,
            "line": self.line,
            **self.where,
        }
        return {name: value for name, value in said.items() if value}

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Self:
        """Read a question back from its parameters; ValueError for a day that is none."""
        rest = dict(parameters)
        at, since = rest.pop("at"), rest.pop("since", "")
        by, line = rest.pop("by", ""), rest.pop("line", "")
        day = dt.date.fromisoformat
        return cls(day(at), day(since) if since else None, by, rest, line)

    def on(self, day: dt.date) -> Self:
        """Return the same question for another day; a period keeps its length."""
        since = self.since - (self.at - day) if self.since else None
        return replace(self, at=day, since=since)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a split; ``value`` is None where nothing can be counted, ``withheld`` where too few people stand.

    ``low`` and ``high`` are the ends of the range of what was estimated, None for what was counted.
    """

    key: str
    label: str
    value: float | None
    url: str = ""
    withheld: bool = False
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """The answer: the number, and the lines of the split that was asked for (they need not add up: see the 口径)."""

    value: float | None
    lines: tuple[Line, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def as_line(self) -> Line:
        """The number itself, as a line without a part."""
        return Line("", "", self.value, low=self.low, high=self.high)


@dataclass(frozen=True, slots=True)
class CountDefinition:
    """A number that can be counted at any time.

    ``dimensions`` are the splits and ``filters`` the narrowings on offer, both by code. ``which`` lists what stands
    behind the number, as far as the actor may see it. ``count`` and ``which`` keep to the actor's scope themselves.
    """

    code: str
    title: Text
    definition: Text
    unit: Text
    source: Text
    who: Text
    may_see: Callable[[Actor], bool]
    count: Callable[[Actor, Question], Counted]
    which: Callable[[Actor, Question], Figure] | None = None
    dimensions: Mapping[str, Text] = field(default_factory=dict)
    filters: tuple[str, ...] = ()
    period: bool = False
    kind: ColumnKind = ColumnKind.INTEGER
    decimals: int = 0

    def write(self, value: float | None) -> str:
        """Write the number as a text says it, without the unit; a whole one needs no decimals."""
        if value is None:
            return "—"
        if self.kind == ColumnKind.PERCENT:
            return format_number(value * 100, self.decimals) + "%"
        return format_number(value, 0 if float(value).is_integer() else self.decimals)

    def range_of(self, line: Line) -> str:
        """Write the range of an estimate, ends with the same decimals; "" for what was counted, whose range is none."""
        if line.low is None or line.high is None or line.low == line.high or line.withheld:
            return ""
        if self.kind == ColumnKind.PERCENT:
            return f"{self.write(line.low)}–{self.write(line.high)}"
        return f"{format_number(line.low, self.decimals)}–{format_number(line.high, self.decimals)}"


def definitions() -> dict[str, CountDefinition]:
    """Return all counts that the installed systems declare in their app config as ``counts()``, by code."""
    hooks: Iterable[Any] = (getattr(config, "counts", None) for config in apps.get_app_configs())
    return {item.code: item for hook in hooks if hook is not None for item in hook()}


def definition(actor: Actor, code: str) -> CountDefinition:
    """Return one count that the actor may ask for; raises Refused when there is none, Forbidden when not for them."""
    found = definitions().get(code)
    if found is None:
        raise Refused(_("There is no number called “%(code)s” in the catalogue.") % {"code": code})
    if not found.may_see(actor):
        raise Forbidden
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """The one number that a question picks, how it is written, its range ("" for none), and the split it stands in."""

    value: float
    text: str
    range: str
    label: str
    lines: tuple[Line, ...]


def told(actor: Actor, found: CountDefinition, question: Question) -> Told:
    """Return the one number that the question picks; raises Refused when it may not or cannot be told."""
    counted = found.count(actor, question)
    line = counted.as_line
    if question.line:
        picked = (line for line in counted.lines if line.key == question.line)
        line = next(picked, Line(question.line, "", None))
    if line.withheld:
        raise Refused(
            _("Fewer than five people stand behind this number, so it is not shown and cannot be quoted.")
        )
    if line.value is None:
        raise Refused(_("There is nothing to count here: choose another day or another line."))
    return Told(line.value, found.write(line.value), found.range_of(line), line.label, counted.lines)
