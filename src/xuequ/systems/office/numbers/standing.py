"""Schools side by side: what is published of each, where it clearly stands behind others, and what it was given.

Nothing is computed here that is not published: a number stands with its range, its day and its definition. A school is
"clearly behind" in a number when the whole range lies on the worse side of the middle of the other schools of its
stage; a number without a range (a full count) when three quarters of them stand strictly better and it is a tenth or
more off their middle. It is a place to look, no verdict and no rank: the numbers measure different things, and of many
some are behind by chance.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import ColumnKind, Text
from xuequ.core.registry import Good, IndicatorDefinition, System, indicator_definitions, systems
from xuequ.core.rendering.cells import format_number
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.kit.documents.counting import CountDefinition
from xuequ.record.models import Indicator
from xuequ.systems.office.numbers.indicators import counted_as, of_all_schools, of_seen_schools

FEW = 5
"""With fewer other schools of the stage than this, all other schools are the measure; with fewer of those, none is."""
MOST_BETTER = 0.75
"""A full count is clearly behind when this share of the other schools stands strictly better."""
SMALLEST = 0.1
"""And when it is this share of their middle away from it: everybody's 97 % are no help to tell schools apart."""
MANY = 3
"""Behind in as many numbers, a school is among those to look at first."""
FIRST = 3


class Side(StrEnum):
    """On which side of the other schools a number lies."""

    BEHIND = "behind"
    AHEAD = "ahead"
    LIKE = "like"
    NONE = ""  # neither way is good, or there are too few schools to say


WORDS: Mapping[Side, Text] = {
    Side.BEHIND: _("clearly behind"),
    Side.AHEAD: _("clearly ahead"),
    Side.LIKE: _("not clearly different"),
}


@dataclass(frozen=True, slots=True)
class Published:
    """One published number of a school."""

    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None

    @property
    def ranged(self) -> bool:
        """Whether the number carries a range; one without width is a full count."""
        return self.low is not None and self.high is not None and self.low < self.high


def side_of(own: Published, others: Sequence[float], good: Good | None) -> Side:
    """Return on which side of the other schools a number lies; ``others`` are their values."""
    if good is None or len(others) < FEW:
        return Side.NONE
    sign, middle = (1 if good is Good.MORE else -1), median(others)
    if own.ranged:
        ends = [sign * (end - middle) for end in (own.low, own.high) if end is not None]
        if max(ends) < 0:
            return Side.BEHIND
        return Side.AHEAD if min(ends) > 0 else Side.LIKE
    if abs(own.value - middle) < SMALLEST * abs(middle):
        return Side.LIKE
    better = sum(sign * (value - own.value) > 0 for value in others) / len(others)
    worse = sum(sign * (value - own.value) < 0 for value in others) / len(others)
    if better >= MOST_BETTER:
        return Side.BEHIND
    return Side.AHEAD if worse >= MOST_BETTER else Side.LIKE


@dataclass(frozen=True, slots=True)
class Standing:
    """A number of a school beside that of others; ``stage`` says whether they are those of its stage.

    ``whole``: all schools have whole numbers, which need no decimals.
    """

    item: IndicatorDefinition
    words: CountDefinition
    period: str
    own: Published
    middle: float | None
    stage: bool
    side: Side
    whole: bool = False
    before: float | None = None
    before_period: str = ""

    @property
    def text(self) -> str:
        """The value as written."""
        return self.write(self.own.value)

    @property
    def unit(self) -> str:
        """The unit that stands behind the value; a percentage carries its own."""
        return "" if self.words.kind == ColumnKind.PERCENT else str(self.item.unit)

    @property
    def range(self) -> str:
        """The range as written, or nothing."""
        low, high = self.own.low, self.own.high
        if low is None or high is None or not self.own.ranged:
            return ""
        return f"{self.write(low)} – {self.write(high)}"

    @property
    def words_of_side(self) -> Text:
        """On which side of the others the number lies, in words."""
        return WORDS.get(self.side, "")

    @property
    def middle_text(self) -> str:
        """The middle of the others as written."""
        return "—" if self.middle is None else self.write(self.middle)

    @property
    def change(self) -> str:
        """The difference from the period before, as written."""
        if self.before is None:
            return ""
        difference = self.own.value - self.before
        return ("+" if difference > 0 else "") + self.write(difference)

    def write(self, value: float) -> str:
        """Write a value like this one."""
        whole = self.whole and value.is_integer() and self.words.kind == ColumnKind.NUMBER
        return format_number(value, 0) if whole else self.words.write(value)


@dataclass(frozen=True, slots=True)
class Line:
    """A school with all that is published of it."""

    school: School
    standings: Mapping[str, Standing]

    @property
    def judged(self) -> list[Standing]:
        """The numbers that have a good side."""
        return [one for one in self.standings.values() if one.side]

    @property
    def behind(self) -> list[Standing]:
        """The numbers in which the school is clearly behind."""
        return [one for one in self.standings.values() if one.side == Side.BEHIND]

    @property
    def given(self) -> list[Standing]:
        """What the school was given, without zeros."""
        return [one for one in self.standings.values() if one.item.given and one.own.value]


_Values = Mapping[str, Mapping[str, Mapping[int, Published]]]
"""Published values: by code, period and school."""


def _read(rows: "QuerySet[Indicator]") -> _Values:
    found: dict[str, dict[str, dict[int, Published]]] = defaultdict(lambda: defaultdict(dict))
    names = ("code", "period", "school_id", "value", "low", "high", "n")
    for code, period, school, value, low, high, n in rows.exclude(value=None).values_list(*names):
        found[code][period][school] = Published(value, low, high, n)
    return found


def lines(actor: Actor, schools: Iterable[School], day: dt.date) -> list[Line]:
    """Return the schools with their numbers of the newest period of each, those behind in most first.

    The numbers of the other schools serve as the measure only, and are not shown: whoever leads one school reads a
    middle of at least five.
    """
    own, every = _read(of_seen_schools(actor, day)), _read(of_all_schools(day))
    stages = dict(School.objects.of_district().values_list("pk", "stage"))
    items = indicator_definitions()
    known = {code: periods for code, periods in own.items() if code in items}
    found = [
        Line(school, {code: one for code in items if code in known
                      if (one := _standing(items[code], school, known[code], every[code], stages))})
        for school in schools
    ]  # fmt: skip
    return sorted(found, key=lambda line: (-len(line.behind), line.school.code))


def _standing(
    item: IndicatorDefinition,
    school: School,
    own: Mapping[str, Mapping[int, Published]],
    every: Mapping[str, Mapping[int, Published]],
    stages: Mapping[int, str],
) -> Standing | None:
    """Return a school's number of the newest period that any school has; None when this school has none there."""
    newest = max(every)
    value = own.get(newest, {}).get(school.pk)
    if value is None:
        return None
    others = {pk: one.value for pk, one in every[newest].items() if pk != school.pk}
    alike = [one for pk, one in others.items() if stages.get(pk) == school.stage]
    stage = len(alike) >= FEW
    measure = alike if stage else list(others.values())
    earlier = sorted(period for period in own if period < newest and school.pk in own[period])
    before = own[earlier[-1]][school.pk].value if earlier else None
    return Standing(
        item=item,
        words=counted_as(item),
        period=newest,
        own=value,
        middle=median(measure) if len(measure) >= FEW else None,
        stage=stage,
        side=side_of(value, measure, item.good),
        whole=all(one.value.is_integer() for one in every[newest].values()),
        before=before,
        before_period=earlier[-1] if earlier else "",
    )


@dataclass(frozen=True, slots=True)
class Group:
    """The numbers of one system."""

    title: Text
    icon: str
    standings: tuple[Standing, ...]


def groups(line: Line) -> list[Group]:
    """Return a school's numbers by the system that published them."""
    return [Group(system.title, system.icon, own) for system in systems() if (own := _of(system, line))]


def _of(system: System, line: Line) -> tuple[Standing, ...]:
    return tuple(line.standings[item.code] for item in system.indicators if item.code in line.standings)


def first(found: Sequence[Line]) -> list[Line]:
    """Return the schools to look at first: those behind in most numbers, given least among equals."""
    pressing = [line for line in found if len(line.behind) >= MANY]
    return sorted(pressing, key=lambda line: (-len(line.behind), len(line.given)))[:FIRST]
