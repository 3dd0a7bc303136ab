"""A school's first page: where its newest application stands, what to do first, what its other pages wait for."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row
from xuequ.core.reports import Block, CellRef, FigureBlock, Lead, Note, Sentence, Step, Steps
from xuequ.district.actors import Actor
from xuequ.engines.evaluation.standing import Standing, standing
from xuequ.systems.stars.access import heads
from xuequ.systems.stars.ailevel.queries import own_levels
from xuequ.systems.stars.choices import RoundState
from xuequ.systems.stars.entries import own_applications
from xuequ.systems.stars.models import Application
from xuequ.systems.stars.plans.queries import in_force
from xuequ.systems.stars.points import full_column, short_of
from xuequ.systems.stars.rounds.sections import EXAMPLE
from xuequ.systems.stars.schemes.queries import scheme_in
from xuequ.systems.stars.selfrating.queries import Sheet, sheet
from xuequ.systems.stars.templatetags.stars import star_name

_NOTHING = gettext_noop("No round has been opened for your school yet.")
_RATING = gettext_noop(
    "%(round)s: %(points)s of %(full)s points so far by your own rating; %(left)s of %(items)s items still wait for"
    " you, and the day is %(until)s."
)
_LATE = gettext_noop(
    "%(round)s: %(points)s of %(full)s points so far by your own rating; %(left)s of %(items)s items still wait for"
    " you. The day was %(until)s: who hands in late is rated a second time by the district."
)
_HANDED_IN = gettext_noop(
    "%(round)s: you gave yourself %(points)s of %(full)s points; the district has them now and has not settled the"
    " result yet."
)
_UNUSED = gettext_noop("%(round)s is closed, and your school did not hand in.")
_SETTLED = gettext_noop(
    "%(round)s: the district settled %(points)s of %(full)s points, %(star)s by these points; no second rating was"
    " made, so they rest on your own rating."
)
_RATED = gettext_noop(
    "%(round)s: the district settled %(points)s of %(full)s points (between %(low)s and %(high)s by how far the raters"
    " differ), %(star)s by these points."
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A school's newest application with its sheet and where it stands by the points that count."""

    row: Application
    sheet: Sheet
    now: Standing

    @property
    def is_open(self) -> bool:
        """Whether the school may still fill it in."""
        return self.row.handed_in is None and self.row.round.state != RoundState.CLOSED


def blocks(actor: Actor) -> tuple[Block, ...]:
    """Return the page of those who fill in a school's self-rating."""
    row = own_applications(actor).select_related("round__version__scheme").first()
    if row is None:
        steps = tuple(_others(actor))[:3]
        return (Lead(Sentence(_NOTHING)), *((Steps(_("What to do first"), steps),) if steps else ()))
    seen = _seen(row)
    page: list[Block] = [Lead(_lead(seen))]
    if steps := (*_steps(actor, seen), *_others(actor))[:3]:
        page.append(Steps(_("What to do first"), steps))
    if not row.round.version.is_official:
        page.append(Note((Sentence(EXAMPLE),)))
    return (*page, FigureBlock(_figure(seen), folded=True, chart=False))


def _seen(row: Application) -> Seen:
    scheme = scheme_in(row.round.version)
    found = sheet(row, scheme)
    if row.settled is None:
        return Seen(row, found, found.standing)
    points = {line.item.code: float(line.settled.points) for line in found.lines if line.settled is not None}
    return Seen(row, found, standing(scheme, points))


def _cells(*columns: str) -> dict[str, CellRef]:
    return {column: CellRef("own", "now", column) for column in columns}


def _lead(seen: Seen) -> Sentence:
    if seen.is_open:
        message = _LATE if seen.row.round.drawn is not None else _RATING
        return Sentence(message, _cells("round", "points", "full", "left", "items", "until"))
    if seen.row.handed_in is None:
        return Sentence(_UNUSED, _cells("round"))
    if seen.row.settled is None:
        return Sentence(_HANDED_IN, _cells("round", "points", "full"))
    if seen.row.district_low is None:
        return Sentence(_SETTLED, _cells("round", "points", "full", "star"))
    return Sentence(_RATED, _cells("round", "points", "full", "low", "high", "star"))


def _steps(actor: Actor, seen: Seen) -> Iterator[Step]:
    if seen.is_open:
        yield from _while_rating(actor, seen)
    elif seen.now.next is not None:
        message = gettext_noop(
            "%(lack)s points lack to %(next)s: look at the cheapest path, what it costs and who has done it."
        )
        if seen.now.next.vetoes:
            message = gettext_noop(
                "A veto item stands between your school and %(next)s: look at the path, what it costs and who has done"
                " it."
            )
        url = reverse("stars:next-star", args=[seen.row.uid])
        names = ("next",) if seen.now.next.vetoes else ("lack", "next")
        yield Step(Sentence(message, _cells(*names)), url=url)


def _while_rating(actor: Actor, seen: Seen) -> Iterator[Step]:
    url = reverse("stars:application", args=[seen.row.uid])
    if seen.sheet.left:
        first = seen.sheet.waiting[0].item.code
        message = gettext_noop("Rate the %(left)s items that wait.")
        yield Step(Sentence(message, _cells("left")), url=reverse("stars:item", args=[seen.row.uid, first]))
    elif heads(actor, seen.row.school_id):
        yield Step(Sentence(gettext_noop("Everything is rated: hand it in.")), url=url)
    else:
        yield Step(
            Sentence(gettext_noop("Everything is rated: the head of the school hands it in.")), url=url
        )
    if bare := seen.sheet.bare:
        message = gettext_noop("Hand in evidence: %(bare)s items with points lack a kind of it.")
        url = reverse("stars:item", args=[seen.row.uid, bare[0].item.code])
        yield Step(Sentence(message, _cells("bare")), url=f"{url}#evidence")


def _others(actor: Actor) -> Iterator[Step]:
    """What waits in the parts of stars beside the rating."""
    level = own_levels(actor).filter(answered=None).first()
    if level is not None:
        message = gettext_noop("Read your school's level of AI education, and answer the advice.")
        yield Step(Sentence(message), url=reverse("stars:ai-level", args=[level.uid]))
    if not in_force(actor).exists():
        yield Step(Sentence(gettext_noop("Write a development plan.")), url=reverse("stars:plans"))


def _figure(seen: Seen) -> Figure:
    row, needed = seen.row, seen.now.next
    columns = (
        Column("round", _("round")),
        Column("points", _("points now"), ColumnKind.NUMBER, 1),
        full_column(seen.now.full),
        Column("low", _("lower end"), ColumnKind.NUMBER, 1),
        Column("high", _("upper end"), ColumnKind.NUMBER, 1),
        Column("star", _("star by these points")),
        Column("next", _("next star")),
        Column("lack", _("points that lack"), ColumnKind.NUMBER, 1),
        Column("items", _("items"), ColumnKind.INTEGER),
        Column("left", _("items that wait"), ColumnKind.INTEGER),
        Column("bare", _("items with points that lack a kind of evidence"), ColumnKind.INTEGER),
        Column("until", _("hand in until"), ColumnKind.DATE),
    )
    cells = (
        row.round.title, seen.now.total, seen.now.full, row.district_low, row.district_high,
        star_name(seen.now.star), star_name(needed.star) if needed is not None else "—",
        None if needed is None else short_of(needed),
        len(seen.sheet.lines), seen.sheet.left, len(seen.sheet.bare), row.round.self_until,
    )  # fmt: skip
    return Figure("own", FigureKind.TABLE, _("The application in numbers"), columns, (Row("now", cells),))
