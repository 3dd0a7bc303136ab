"""A rater's first page: which schools and votes wait, the one that is due first at the top."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row, Text
from xuequ.core.reports import Block, CellRef, FigureBlock, Lead, Sentence, Step, Steps
from xuequ.district.actors import Actor
from xuequ.systems.stars.ailevel import weights_queries
from xuequ.systems.stars.ailevel.queries import open_seats
from xuequ.systems.stars.choices import RoundState
from xuequ.systems.stars.schemes.queries import scheme_in
from xuequ.systems.stars.second.queries import assignments

_NOTHING = gettext_noop(
    "Nothing waits for you; when the district asks you to rate or to vote, it stands here."
)
_LEAD = gettext_noop(
    "%(waiting)s things wait for you: %(schools)s schools to rate and %(votes)s votes; the first is due on %(due)s."
)
_SCHOOL = gettext_noop("Rate %(what)s: %(done)s of %(all)s items are rated, until %(due)s.")
_SEAT = gettext_noop("%(what)s: %(done)s of %(all)s schools are rated, until %(due)s.")
_BALLOT = gettext_noop("Compare in pairs what matters more, until %(due)s: %(what)s.")


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that somebody is asked for."""

    key: str
    message: str
    kind: Text
    what: str
    done: int | None
    all: int | None
    due: dt.date
    url: str


def blocks(actor: Actor) -> tuple[Block, ...]:
    """Return the page; three queries, and one for each round in which the actor still votes."""
    asked = sorted([*_schools(actor), *_votes(actor)], key=lambda one: one.due)
    if not asked:
        return (Lead(Sentence(_NOTHING)),)
    names = ("waiting", "schools", "votes", "due")
    lead = Sentence(_LEAD, {name: CellRef("asked", "all", name) for name in names})
    return (
        Lead(lead),
        Steps(_("What to do first"), tuple(map(_step, asked[:3]))),
        FigureBlock(_figure(asked), folded=True, chart=False),
        FigureBlock(_sum(asked), folded=True, chart=False),
    )


def _schools(actor: Actor) -> Iterator[Asked]:
    rows = assignments(actor).filter(handed_in=None, application__round__state=RoundState.SECOND)
    for row in rows:
        round_ = row.application.round
        yield Asked(
            key=str(row.uid),
            message=_SCHOOL,
            kind=_("second rating of a school"),
            what=str(row.application.school),
            done=row.done,  # type: ignore[attr-defined]
            all=len(scheme_in(round_.version).items),
            due=round_.second_until,
            url=reverse("stars:second", args=[row.uid]),
        )


def _votes(actor: Actor) -> Iterator[Asked]:
    for seat, done, schools in open_seats(actor):
        url = reverse("stars:ai-seat", args=[seat.uid])
        kind = _("vote on the level of AI education")
        yield Asked(str(seat.uid), _SEAT, kind, seat.round.title, done, schools, seat.round.due, url)
    for ballot in weights_queries.waiting(actor):
        url = reverse("stars:ai-ballot", args=[ballot.uid])
        poll = ballot.poll
        yield Asked(str(ballot.uid), _BALLOT, _("vote on weights"), poll.title, None, None, poll.due, url)


def _step(one: Asked) -> Step:
    names = ("what", "due") if one.message == _BALLOT else ("what", "done", "all", "due")
    cells = {name: CellRef("waiting", one.key, name) for name in names}
    return Step(Sentence(one.message, cells), url=one.url)


def _figure(asked: Iterable[Asked]) -> Figure:
    columns = (
        Column("kind", _("kind")),
        Column("what", _("school or vote")),
        Column("done", _("done"), ColumnKind.INTEGER),
        Column("all", _("items or schools in all"), ColumnKind.INTEGER),
        Column("due", _("due day"), ColumnKind.DATE),
    )
    rows = tuple(Row(one.key, (one.kind, one.what, one.done, one.all, one.due), one.url) for one in asked)
    return Figure("waiting", FigureKind.TABLE, _("All that waits for you"), columns, rows)


def _sum(asked: list[Asked]) -> Figure:
    schools = sum(one.message == _SCHOOL for one in asked)
    columns = (
        Column("waiting", _("things that wait"), ColumnKind.INTEGER),
        Column("schools", _("schools to rate"), ColumnKind.INTEGER),
        Column("votes", _("votes to cast"), ColumnKind.INTEGER),
        Column("due", _("first due on"), ColumnKind.DATE),
    )
    cells = (len(asked), schools, len(asked) - schools, asked[0].due)
    return Figure("asked", FigureKind.TABLE, _("In numbers"), columns, (Row("all", cells),))
