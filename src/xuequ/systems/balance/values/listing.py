"""Figures as pages list them: each with its source, day and state; questions in one sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from xuequ.core.figures import Text
from xuequ.core.money import WAN
from xuequ.district.models import Area, School, SchoolYear
from xuequ.record.models import Indicator
from xuequ.systems.balance import queries
from xuequ.systems.balance.book import Book, SchoolPlace
from xuequ.systems.balance.catalogue import FACTS, PART_FACTS, SCHOOL_FACTS, Form
from xuequ.systems.balance.choices import OPEN, Source, ValueState
from xuequ.systems.balance.models import Value
from xuequ.systems.balance.pictures import STAGE_PARTS
from xuequ.systems.balance.units import LAST_YEAR
from xuequ.systems.balance.values.knowing import LEDGER

DIFFERENCE = Decimal("0.02")
"""The ledger is told beside a figure that differs from it by more than this share."""
OLD = 30


@dataclass(frozen=True, slots=True)
class Line:
    """A figure in words."""

    label: Text
    part: Text
    number: str
    source: Text
    value: Value


def written(fact: str, number: Decimal) -> str:
    """Return a number with its unit as people write it; money above 万元 in 万元 as well."""
    kind = FACTS[fact]
    if kind.form == Form.YES_NO:
        return str(_("yes") if number else _("no"))
    if kind.form == Form.MONEY:
        wan = f"（{(number / WAN).quantize(Decimal('0.01')):,} 万元）" if number >= WAN else ""
        return f"{number.quantize(Decimal('0.01')):,} {kind.unit}{wan}"
    text = f"{number.normalize():f}"
    return f"{text} {kind.unit}".strip()


def line_of(value: Value) -> Line:
    """Return a figure in words."""
    return Line(
        FACTS[value.fact].label, STAGE_PARTS[value.part], written(value.fact, value.number),
        Source(value.source).label, value,
    )  # fmt: skip


def school_listing(year: SchoolYear, school: School, book: Book) -> dict[str, Any]:
    """Return what the page of a school's figures shows: in force, waiting, questions, sent back, older ones, gaps."""
    rows = list(Value.objects.filter(year=year, school=school).order_by("-pk")[:400])
    order = {kind.code: place for place, kind in enumerate((*PART_FACTS, *SCHOOL_FACTS))}
    force = [row for row in rows if row.state == ValueState.IN_FORCE]
    force.sort(key=lambda row: (order.get(row.fact, 99), row.part))
    back = [r for r in rows if r.state == ValueState.DECLINED and not _answered(r, rows)]
    return {
        "year": year,
        "school": school,
        "lines": [line_of(row) for row in force],
        "waiting": [line_of(row) for row in rows if row.state == ValueState.WAITING],
        "questions": [(line_of(row), question(row)) for row in rows if row.state == ValueState.ASKED],
        "sent_back": [line_of(row) for row in back],
        "older": [line_of(row) for row in rows if row.state in (ValueState.REPLACED, ValueState.UNDONE)][
            :OLD
        ],
        "missing": [FACTS[fact].label for fact in book.missing(book.schools[0])],
        "ledger": list(_ledger(year, school, force)),
    }


def _answered(row: Value, rows: Iterable[Value]) -> bool:
    """Whether a figure that was sent back was handed in again."""
    return any(other.pk > row.pk and (other.part, other.fact) == (row.part, row.fact) for other in rows)


def _ledger(year: SchoolYear, school: School, force: Iterable[Value]) -> Iterable[str]:
    """What the equipment ledger says otherwise: told, never taken over a figure that somebody gave."""
    own = {row.fact: row for row in force if not row.part}
    found = Indicator.objects.filter(superseded=None, code__in=LEDGER, period=year.code, school=school)
    for row in found.order_by("code"):
        fact = LEDGER[row.code]
        held = own.get(fact)
        number = Decimal(str(round(row.value or 0.0, 2)))
        if (
            held is not None
            and held.source != Source.LEDGER
            and abs(held.number - number) > DIFFERENCE * held.number
        ):
            yield _("%(fact)s: the equipment ledger says %(number)s.") % {
                "fact": FACTS[fact].label, "number": written(fact, number),
            }  # fmt: skip


def question(value: Value) -> str:
    """Ask about the unit in one sentence."""
    against = (
        _("last year's figure") if value.compared_with == LAST_YEAR else _("what comparable schools report")
    )
    places = {
        "fact": FACTS[value.fact].label, "number": written(value.fact, value.number), "against": against,
        "suggested": written(value.fact, value.suggested or Decimal(0)),
    }  # fmt: skip
    return (
        _(
            "“%(fact)s” stands as %(number)s, about ten thousand times away from %(against)s: is %(suggested)s meant?"
        )
        % places
    )


def waiting_lines(rows: "Iterable[Value]") -> "list[tuple[Line, str]]":
    """Return what waits in the whole district, each with its question or nothing."""
    return [(line_of(row), question(row) if row.state == ValueState.ASKED else "") for row in rows]


@dataclass(frozen=True, slots=True)
class Complete:
    """How complete a school's figures are."""

    place: SchoolPlace
    missing: int
    waiting: int
    asked: int
    words: str

    @property
    def is_done(self) -> bool:
        """Whether nothing is missing and nothing waits."""
        return not (self.missing or self.waiting or self.asked)


def completeness(year: SchoolYear, area: Area | None = None) -> "list[Complete]":
    """Return every school (of an area) with what is missing and what waits, those with most to do first."""
    schools = queries.judged_schools()
    book = queries.book_of(year, schools if area is None else schools.filter(area=area), with_evidence=False)
    rows = Value.objects.filter(year=year, state__in=OPEN).values_list("school_id", "state")
    open_by: dict[tuple[int | None, str], int] = {}
    for school, state in rows:
        open_by[(school, state)] = open_by.get((school, state), 0) + 1
    found = [_complete(book, place, open_by) for place in book.schools]
    return sorted(
        found, key=lambda one: (one.is_done, -(one.missing + one.waiting + one.asked), one.place.name)
    )


def _complete(book: Book, place: SchoolPlace, open_by: "dict[tuple[int | None, str], int]") -> Complete:
    missing = book.missing(place)
    words = "、".join(str(FACTS[fact].label) for fact in missing[:3])
    return Complete(
        place, len(missing), open_by.get((place.pk, ValueState.WAITING), 0),
        open_by.get((place.pk, ValueState.ASKED), 0), words,
    )  # fmt: skip
