"""The changes of a trial: as an address carries them, and laid over a book of figures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.systems.balance.book import Book, Place, SchoolPlace
from xuequ.systems.balance.catalogue import FACTS, PART_FACTS
from xuequ.systems.balance.choices import Part
from xuequ.systems.balance.pictures import STAGE_PARTS
from xuequ.systems.balance.values.actions import MOST, check_number

MOST_CHANGES = 40
_TRIED = frozenset(kind.code for kind in PART_FACTS)
_MARK = "~"
_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of one school: what it would be, or (``more``) by how much it would grow; below 0 it shrinks."""

    school: str  # uid
    part: str
    fact: str
    number: Decimal
    more: bool = False

    def written(self) -> str:
        """Return it as addresses and drafts carry it."""
        how = "add" if self.more else "set"
        return _MARK.join((self.school, self.part, self.fact, how, f"{self.number:f}"))


@dataclass(frozen=True, slots=True)
class Step:
    """A change as it was laid over the book: of which school and part, from what to what (None: not known)."""

    change: Change
    school: SchoolPlace
    part: str
    before: Decimal | None
    after: Decimal


def read(texts: Iterable[str]) -> tuple[Change, ...]:
    """Return the changes of an address or a draft; ``Refused`` where one cannot be read."""
    found = tuple(_read(text) for text in texts)
    if len(found) > MOST_CHANGES:
        raise Refused(_("A trial holds at most %(n)d changes.") % {"n": MOST_CHANGES})
    return found


def _read(text: str) -> Change:
    try:
        school, part, fact, how, number = text.split(_MARK)
        found = Change(school, part, fact, Decimal(number), how == "add")
    except (ValueError, InvalidOperation):
        raise Refused(
            _("A change in this address cannot be read: “%(text)s”.") % {"text": text[:80]}
        ) from None
    sound = fact in _TRIED and part in Part.values and how in ("add", "set") and found.number.is_finite()
    if not sound or abs(found.number) > MOST:
        raise Refused(_("A change in this address cannot be read: “%(text)s”.") % {"text": text[:80]})
    return found


def address(year: str, changes: Sequence[str], name: str = "") -> str:
    """The page that tries these changes, as they are written."""
    said = [("c", one) for one in changes] + ([("name", name)] if name else [])
    start = reverse("balance:what-if", args=[year])
    return f"{start}?{urlencode(said)}" if said else start


def laid_over(book: Book, changes: Sequence[Change]) -> tuple[Book, tuple[Step, ...]]:
    """Return the book with all changes, one after the other, and what each did; ``Refused`` says which cannot be."""
    schools = {school.uid: school for school in book.schools}
    steps: list[Step] = []
    for change in changes:
        step, place = _step(book, schools, change)
        book = book.changed({place: step.after})
        steps.append(step)
    return book, tuple(steps)


def _step(book: Book, schools: Mapping[str, SchoolPlace], change: Change) -> tuple[Step, Place]:
    school = schools.get(change.school)
    if school is None or not school.parts:
        raise Refused(
            _("A school of this trial is not judged in this year; begin the trial again without it.")
        )
    part = _part(school, change)
    before = _before(book, school, part, change.fact)
    after = _grown(school, change, before) if change.more else change.number
    # A part's share of whole teachers need not be whole; what is added must be.
    is_share = change.more and bool(part) and change.fact != "pupils"
    check_number(change.fact, abs(change.number) if is_share else after)
    return Step(change, school, part, before, after), (school.pk, part, change.fact)


def _part(school: SchoolPlace, change: Change) -> str:
    """A school of one stage keeps its pupils by part and everything else as a whole."""
    if change.part and change.part not in school.parts:
        raise Refused(
            _("“%(part)s” is no part of %(school)s.")
            % {"part": STAGE_PARTS[change.part], "school": school.name}
        )
    part = change.part if school.is_split else school.parts[0] if change.fact == "pupils" else ""
    if change.fact == "pupils" and not part:
        raise Refused(_("Say which part of %(school)s would have so many pupils.") % {"school": school.name})
    return part


def _before(book: Book, school: SchoolPlace, part: str, fact: str) -> Decimal | None:
    """What stands now; a part without a figure of its own has its share of the whole school's."""
    if fact == "pupils":
        return Decimal(book.pupils(school, part))
    if not part:
        return book.values.get((school.pk, "", fact))
    found = book.amount(school, part, fact)
    return None if found is None else (Decimal(found.numerator) / found.denominator).quantize(_PLACES)


def _grown(school: SchoolPlace, change: Change, before: Decimal | None) -> Decimal:
    said = {"school": school.name, "fact": FACTS[change.fact].label}
    if before is None:
        text = _("“%(fact)s” of %(school)s is not known yet: say what it would be, not by how much it grows.")
        raise Refused(text % said)
    if before + change.number < 0:
        raise Refused(_("%(school)s has fewer of “%(fact)s” than would be taken away.") % said)
    return before + change.number
