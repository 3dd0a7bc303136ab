"""The catalogue of numbers, and one number with everything that belongs to it."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from xuequ.core.registry import indicator_definitions
from xuequ.core.search.sources import Hit
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.kit.documents.counting import CountDefinition, Counted, Question, definition, definitions
from xuequ.systems.office.numbers.indicators import all_periods, periods
from xuequ.systems.office.numbers.scope import may_count


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the catalogue; ``text`` is the value of the day, empty for published indicators."""

    definition: CountDefinition
    question: Question
    text: str
    periods: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return address(self.definition, self.question)


def address(found: CountDefinition, question: Question) -> str:
    """Return the address that reproduces a number."""
    return f"{reverse('office:number', args=[found.code])}?{urlencode(question.parameters())}"


def counted_items(actor: Actor, day: dt.date, school: School | None) -> list[Item]:
    """Return what can be counted at any time, with the value of ``day`` for all that the actor sees or one school."""
    where = {"school": str(school.uid)} if school is not None else {}
    published = indicator_definitions()
    items = []
    for found in definitions().values():
        if found.code in published or not found.may_see(actor):
            continue
        question = Question(day, since=_start(day) if found.period else None, where=where)
        items.append(Item(found, question, found.write(found.count(actor, question).value)))
    return items


def _start(day: dt.date) -> dt.date:
    """Return the first of September of the school year of ``day``."""
    return dt.date(day.year - (day.month < 9), 9, 1)


def published_items(actor: Actor, day: dt.date) -> list[Item]:
    """Return the published indicators with the periods for which there are values."""
    known = all_periods(actor, day)
    items = []
    for code in indicator_definitions():
        found = definitions().get(code)
        if found is None or not found.may_see(actor):
            continue
        items.append(Item(found, Question(day, by="school"), "", tuple(known.get(code, ()))))
    return sorted(items, key=lambda item: not item.periods)


@dataclass(frozen=True, slots=True)
class Answer:
    """A number, the same on another day, and what it means."""

    definition: CountDefinition
    question: Question
    counted: Counted
    before: Counted | None = None
    compared: Question | None = None


def answered(actor: Actor, code: str, question: Question, compare: dt.date | None) -> Answer:
    """Count; raises Refused or Forbidden as ``counting.definition`` does."""
    found = definition(actor, code)
    other = question.on(compare) if compare is not None else None
    before = found.count(actor, other) if other is not None else None
    return Answer(found, question, found.count(actor, question), before, other)


def catalogue_hits(actor: Actor) -> Iterator[Hit]:
    """Yield what the search finds of the catalogue."""
    if not may_count(actor):
        return
    for found in definitions().values():
        url = reverse("office:number", args=[found.code])
        texts = (str(found.title), str(found.definition), found.code)
        yield Hit(str(found.title), str(found.definition), url, texts)


def seen_schools(actor: Actor) -> list[School]:
    """Return the schools that the actor may narrow a number to."""
    return list(School.objects.of_district().visible_to(actor).order_by("code"))


def available_periods(actor: Actor, code: str, day: dt.date) -> list[str]:
    """Return the periods of a published indicator; none for a count."""
    return periods(actor, code, day) if code in indicator_definitions() else []
