"""What this part of the data office offers to the menu and the home pages."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from xuequ.core import clock
from xuequ.core.registry import Card, NavItem
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.approvals.queries import decides_regularly
from xuequ.kit.demo import DemoContext
from xuequ.systems.office.approvals import queries
from xuequ.systems.office.parts import Counted, Part


def navigation(actor: Actor) -> Iterable[NavItem]:
    """Return the entry of those to whom requests come by their role; it asks the database nothing."""
    if decides_regularly(actor):
        yield NavItem(_("Approvals"), reverse("office:approvals-inbox"), "checklist", "/office/approvals/")


def _counts(actor: Actor) -> "Mapping[str, QuerySet[Any]]":
    if actor.account_id is None:
        return {}
    doors = {"knocks": queries.knocks(actor, clock.now())} if _keeps_a_door(actor) else {}
    return {**queries.requests_of(actor), **doors}


def _keeps_a_door(actor: Actor) -> bool:
    return actor.has(Role.CLASS_TEACHER, Role.TEACHER)


def home_cards(actor: Actor, counted: Counted) -> Iterator[Card]:
    """Yield who stands at the class's door, what waits for a decision, what came back, and the ways in."""
    if actor.account_id is None:
        return
    yield from _door(actor, counted)
    yield from _waiting(actor, counted)
    yield from _ways_in(actor)


def _door(actor: Actor, counted: Counted) -> Iterator[Card]:
    if not counted.get("knocks", 0):
        return
    found = queries.first_door(actor, clock.now())
    if found is not None:
        school_class, count = found
        yield Card(
            ngettext("%(count)s pupil wants in", "%(count)s pupils want in", count) % {"count": count},
            _("They have shown their cards and wait for your word, for two minutes."),
            reverse("office:approvals-door", args=[school_class.uid]),
            _("See who"),
            "user-check",
            5,
            "attention",
        )


def _waiting(actor: Actor, counted: Counted) -> Iterator[Card]:
    count = counted.get("requests", 0)
    if count and (oldest := queries.oldest(actor)) is not None:
        yield Card(
            ngettext("%(count)s request waits for you", "%(count)s requests wait for you", count)
            % {"count": count},
            _("The oldest: %(title)s, since %(day)s.") % {"title": oldest.title, "day": oldest.since},
            reverse("office:approvals-inbox"),
            _("Decide"),
            "checklist",
            15,
            "attention",
        )
    if count := counted.get("returned", 0):
        yield Card(
            ngettext("%(count)s of your requests came back", "%(count)s of your requests came back", count)
            % {"count": count},
            _("Read why, revise it and hand it in again."),
            reverse("office:approvals-mine"),
            _("See what to do"),
            "arrow-back-up",
            16,
            "attention",
        )


def _ways_in(actor: Actor) -> Iterator[Card]:
    if actor.has(Role.CLASS_TEACHER):
        yield Card(
            _("Cards and letters for the class"),
            _("Pupils come in with a card, guardians with the code of a letter."),
            reverse("office:approvals-classes"),
            _("Print, or let pupils in"),
            "id",
            75,
        )
    if actor.has(Role.GUARDIAN):
        yield Card(
            _("My children"),
            _("With a letter from the school you add another child."),
            reverse("bind"),
            _("Add a child"),
            "users",
            90,
        )


def _demo(demo: DemoContext) -> None:
    from xuequ.systems.office.approvals.demo import build

    build(demo)


PART = Part(navigation=navigation, counts=_counts, home_cards=home_cards, demo=_demo)
