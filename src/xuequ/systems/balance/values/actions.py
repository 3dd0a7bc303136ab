"""What may be done with values: take what is known, type, answer about a unit, confirm, send back."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.models import School, SchoolYear
from xuequ.record.models import ImportBatch
from xuequ.systems.balance import queries, units
from xuequ.systems.balance.access import fills, keeps
from xuequ.systems.balance.book import Book, SchoolPlace
from xuequ.systems.balance.catalogue import FACTS, Form
from xuequ.systems.balance.choices import OPEN, Source, ValueState
from xuequ.systems.balance.models import Value
from xuequ.systems.balance.values.knowing import known_values

MOST = Decimal(10) ** 13


@dataclass(frozen=True, slots=True)
class Given:
    """A value as it is handed in; ``school`` None is the county. ``doubt`` asks about its unit."""

    school_id: int | None
    part: str
    fact: str
    number: Decimal
    note: str = ""
    doubt: units.Doubt | None = None


def check_number(fact: str, number: Decimal) -> None:
    """Refuse a number that no school can have; zero pupils are refused as well."""
    kind = FACTS[fact]
    if number < 0 or number > MOST:
        raise Refused(_("%(fact)s: the number cannot be right.") % {"fact": kind.label})
    if kind.form == Form.COUNT and number != number.to_integral_value():
        raise Refused(_("%(fact)s: a whole number is needed.") % {"fact": kind.label})
    if kind.form == Form.SHARE and number > 1:
        raise Refused(_("%(fact)s: write a share between 0 and 1.") % {"fact": kind.label})
    if kind.code == "pupils" and number == 0:
        raise Refused(
            _("A school without pupils cannot be judged: leave it out, or close it on the page of schools.")
        )


def doubt_of(book: Book, last: Book, place: SchoolPlace, given: Given) -> units.Doubt | None:
    """Return why an amount of money may be in the wrong unit."""
    if FACTS[given.fact].form != Form.MONEY or given.school_id is None:
        return None
    parts = (given.part,) if given.part else place.parts
    pupils = sum(book.pupils(place, part) for part in parts)
    before = last.values.get((place.pk, given.part, given.fact))
    pupils_before = sum(last.pupils(place, part) for part in parts)
    per_last = float(before) / pupils_before if before and pupils_before else None
    others = [
        float(number) / count
        for other in book.schools
        if other.pk != place.pk and other.stage == place.stage
        and (number := book.values.get((other.pk, given.part, given.fact)))
        and (count := sum(book.pupils(other, part) for part in other.parts))
    ]  # fmt: skip
    return units.doubt(given.number, pupils, last_year=per_last, others=others)


def year_before(year: SchoolYear) -> SchoolYear | None:
    """The school year before."""
    return SchoolYear.objects.filter(start__lt=year.start).order_by("-start").first()


def last_book(year: SchoolYear, book: Book) -> Book:
    """The values of the year before; an empty book where there is none."""
    before = year_before(year)
    if before is None:
        return Book("", book.schools, {})
    rows = Value.objects.filter(year=before, state=ValueState.IN_FORCE)
    values = {(r[0] or 0, r[1], r[2]): r[3] for r in rows.values_list("school_id", "part", "fact", "number")}
    return Book(before.code, book.schools, values)


def store(
    *,
    actor: Actor,
    year: SchoolYear,
    given: Iterable[Given],
    source: Source,
    day: dt.date,
    state: ValueState = ValueState.IN_FORCE,
    batch: ImportBatch | None = None,
) -> int:
    """Write values that differ from those in force, and return how many; the caller has checked who may.

    A value in force replaces the older one; one that waits takes the place of what waited before. One with a doubt
    about its unit is asked about, whatever ``state`` says.
    """
    listed = [one for one in given if _checked(one)]
    keys = {(one.school_id, one.part, one.fact) for one in listed}
    rows = Value.objects.select_for_update().filter(year=year, state__in=[ValueState.IN_FORCE, *OPEN])
    known: dict[tuple[int | None, str, str], dict[bool, Value]] = {}
    for row in rows.filter(fact__in={fact for _s, _p, fact in keys}).order_by("pk"):
        known.setdefault((row.school_id, row.part, row.fact), {})[row.state in OPEN] = row
    moment, made = clock.now(), []
    replaced: list[int] = []
    for one in listed:
        own = known.get((one.school_id, one.part, one.fact), {})
        target = ValueState.ASKED if one.doubt is not None else state
        if (same := own.get(target in OPEN)) is not None and same.number == one.number:
            continue
        if target in OPEN and (now := own.get(False)) is not None and now.number == one.number:
            continue
        if (old := own.get(target in OPEN)) is not None:
            replaced.append(old.pk)
        made.append(_row(one, year, own.get(False), target, source, day, batch, actor, moment))
    Value.objects.filter(pk__in=replaced).update(state=ValueState.REPLACED)
    Value.objects.bulk_create(made)
    return len(made)


def _checked(one: Given) -> bool:
    check_number(one.fact, one.number)
    return True


def _row(
    one: Given, year: SchoolYear, old: Value | None, state: ValueState, source: Source, day: dt.date,
    batch: ImportBatch | None, actor: Actor, moment: dt.datetime,
) -> Value:  # fmt: skip
    return Value(
        year=year, school_id=one.school_id, part=one.part, fact=one.fact, number=one.number, source=source, day=day,
        state=state, note=one.note[:300], batch=batch, corrects=old, entered_by_id=actor.account_id, entered=moment,
        suggested=one.doubt.suggested if one.doubt else None,
        compared_with=one.doubt.compared_with if one.doubt else "",
    )  # fmt: skip


def take_known(*, actor: Actor, year: SchoolYear) -> int:
    """Fill in what roster and ledger know, and return how many values changed.

    The roster always counts for pupils and classes; the ledger only fills what nobody has given, or what it gave.
    """
    if not (keeps(actor) or actor.is_system):
        raise Forbidden(_("You may not change the district's figures."))
    found = known_values(year, actor.day, queries.judged_schools())
    with transaction.atomic():
        others = set(
            Value.objects.filter(year=year, state=ValueState.IN_FORCE, school__isnull=False)
            .exclude(source=Source.LEDGER)
            .values_list("school_id", "fact")
        )
        count = 0
        for source in (Source.ROSTER, Source.LEDGER):
            for day in sorted({one.day for one in found if one.source == source}):
                given = [
                    Given(one.school_id, one.part, one.fact, one.number)
                    for one in found
                    if one.source == source and one.day == day
                    and (source == Source.ROSTER or (one.school_id, one.fact) not in others)
                ]  # fmt: skip
                count += store(actor=actor, year=year, given=given, source=source, day=day)
        if count:
            audit.record(actor, "balance.values.known", None, {"year": year.code, "values": count})
    return count


def type_in(
    *,
    actor: Actor,
    year: SchoolYear,
    school: School,
    numbers: Mapping[tuple[str, str], Decimal],
    note: str = "",
) -> int:
    """Keep what was typed for a school, by part and fact, and return how many values changed.

    What the district types counts at once; what the school types waits for the district. A number that looks like
    the wrong unit of money waits for an answer, whoever typed it.
    """
    if not fills(actor, school):
        raise Forbidden(_("You may not type this school's figures."))
    if any(FACTS[fact].known for _part, fact in numbers):
        raise Refused(_("Pupils and classes are counted from the roster; correct them there."))
    book = queries.book_of(year)
    last = last_book(year, book)
    place = next((one for one in book.schools if one.pk == school.pk), None)
    if place is None:
        raise Refused(_("The rules do not judge this school."))
    given = [Given(school.pk, part, fact, number, note) for (part, fact), number in numbers.items()]
    asked = [_with_doubt(book, last, place, one) for one in given]
    own = keeps(actor)
    with transaction.atomic():
        count = store(
            actor=actor, year=year, given=asked, source=Source.DISTRICT if own else Source.SCHOOL, day=actor.day,
            state=ValueState.IN_FORCE if own else ValueState.WAITING,
        )  # fmt: skip
        if count:
            audit.record(actor, "balance.values.typed", school, {"year": year.code, "values": count})
    return count


def _with_doubt(book: Book, last: Book, place: SchoolPlace, one: Given) -> Given:
    return replace(one, doubt=doubt_of(book, last, place, one))


def type_county(*, actor: Actor, year: SchoolYear, numbers: Mapping[str, Decimal], note: str = "") -> int:
    """Keep facts of the county; they count at once."""
    if not keeps(actor):
        raise Forbidden(_("You may not change the district's figures."))
    with transaction.atomic():
        given = [Given(None, "", fact, number, note) for fact, number in numbers.items()]
        count = store(actor=actor, year=year, given=given, source=Source.DISTRICT, day=actor.day)
        if count:
            audit.record(actor, "balance.values.typed", None, {"year": year.code, "values": count})
    return count


def _open(value: Value, *states: ValueState) -> Value:
    locked = Value.objects.select_for_update(of=("self",)).select_related("school", "year").get(pk=value.pk)
    if locked.state not in states:
        raise Refused(_("This value was dealt with meanwhile; load the page again."))
    return locked


def answer_unit(*, actor: Actor, value: Value, other_unit: bool) -> Value:
    """Answer whether a number was in the other unit; then it waits for the district, or counts if it answered."""
    if value.school is None or not fills(actor, value.school):
        raise Forbidden(_("You may not answer for this school."))
    with transaction.atomic():
        locked = _open(value, ValueState.ASKED)
        if other_unit and locked.suggested is not None:
            locked.number = locked.suggested
        locked.note = _("The unit was confirmed.") if not other_unit else _("The unit was corrected.")
        locked.state = ValueState.WAITING
        locked.save(update_fields=["number", "note", "state"])
        audit.record(actor, "balance.unit.answered", locked, {"other_unit": other_unit})
        if keeps(actor):
            _bring_into_force(actor, [locked])
    return locked


def confirm(*, actor: Actor, values: Sequence[Value]) -> int:
    """Let values that wait count, and return how many."""
    if not keeps(actor):
        raise Forbidden(_("Values are confirmed by the district."))
    with transaction.atomic():
        locked = [_open(value, ValueState.WAITING) for value in values]
        _bring_into_force(actor, locked)
        for row in locked:
            audit.record(actor, "balance.value.confirmed", row, {"fact": row.fact})
    return len(locked)


def _bring_into_force(actor: Actor, rows: Sequence[Value]) -> None:
    moment = clock.now()
    for row in rows:
        same = Value.objects.filter(
            year=row.year_id, school=row.school_id, part=row.part, fact=row.fact, state=ValueState.IN_FORCE
        )
        same.update(state=ValueState.REPLACED)
        row.state, row.confirmed, row.confirmed_by_id = ValueState.IN_FORCE, moment, actor.account_id
        row.save(update_fields=["state", "confirmed", "confirmed_by"])


def send_back(*, actor: Actor, value: Value, reason: str) -> Value:
    """Send a value back to the school with the reason."""
    if not keeps(actor):
        raise Forbidden(_("Values are confirmed by the district."))
    if not reason.strip():
        raise Refused(_("Say what is wrong with it."))
    with transaction.atomic():
        locked = _open(value, *OPEN)
        locked.state, locked.note = ValueState.DECLINED, reason.strip()[:300]
        locked.save(update_fields=["state", "note"])
        audit.record(actor, "balance.value.sent-back", locked, {"fact": locked.fact})
    return locked
