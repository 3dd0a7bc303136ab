"""What the home pages say of the move in July, August and September, while something is open."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from xuequ.core.registry import Card
from xuequ.district.actors import Actor
from xuequ.kit.rollover import queries as kit
from xuequ.kit.rollover.choices import SchoolState
from xuequ.kit.rollover.models import Rollover, SchoolRollover
from xuequ.systems.office.parts import Counted
from xuequ.systems.office.rollover import queries


def home_cards(actor: Actor, counted: Counted) -> Iterator[Card]:
    """Yield what is open of the move into the coming year."""
    if not queries.in_season(actor.day):
        return
    if kit.may_prepare(actor):
        yield from _office(actor)
    elif queries.keeps_some_school(actor):
        yield from _school(actor)


def _office(actor: Actor) -> Iterator[Card]:
    found = queries.current()
    wanted = queries.offered_years(actor.day)[0]
    if found is None or found.year.first_year < wanted:
        text = _("Open it for the schools, so that each can check its classes and pupils.")
        yield Card(
            _("Prepare the new school year"),
            text,
            reverse("office:rollover"),
            _("Begin"),
            "calendar-event",
            15,
        )
        return
    waiting = found.schools.exclude(state=SchoolState.DONE).count()
    if waiting:
        yield Card(
            ngettext(
                "%(count)s school has not moved up yet", "%(count)s schools have not moved up yet", waiting
            )
            % {"count": waiting},
            str(found.year),
            reverse("office:rollover"),
            _("See who stands where"),
            "calendar-event",
            15,
            "attention",
        )


def _school(actor: Actor) -> Iterator[Card]:
    for item in _own_open(actor, queries.current()):
        ready = item.state == SchoolState.READY
        yield Card(
            _("School year %(year)s: %(school)s") % {"year": item.rollover.year, "school": item.school},
            _("Ready; the district's data office will carry it out.")
            if ready
            else _("Check classes, graduation, new classes and teachers, then say that the school is ready."),
            reverse("office:rollover-school", args=[item.uid]),
            _("Look at it") if ready else _("Go on"),
            "calendar-event",
            60 if ready else 25,
            "" if ready else "attention",
        )


def _own_open(actor: Actor, found: Rollover | None) -> list[SchoolRollover]:
    if found is None:
        return []
    return [item for item in queries.own_items(actor, found) if item.state != SchoolState.DONE]
