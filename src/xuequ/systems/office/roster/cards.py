"""What the roster has to say on the home page of those who keep one."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from xuequ.core.registry import Card
from xuequ.district.actors import Actor
from xuequ.systems.office.parts import Counted
from xuequ.systems.office.roster import queries


def counts(actor: Actor) -> "Mapping[str, QuerySet[Any]]":
    """Return what the cards want counted."""
    if not queries.keeps_roster(actor):
        return {}
    school = queries.own_school(actor)
    unplaced = {"unplaced": queries.unplaced(actor, school)} if school is not None else {}
    return {"roster-imports": queries.begun_imports(actor), **unplaced}


def home_cards(actor: Actor, counted: Counted) -> Iterator[Card]:
    """Yield the roster import that waits for the actor, and the pupils whom a school has to place in a class."""
    if not queries.keeps_roster(actor):
        return
    # Somebody may have decided between the count and this question.
    if counted["roster-imports"] and (waiting := queries.waiting_imports(actor)):
        yield Card(
            _("A roster import waits for you"),
            _("The file was read, but nothing has been stored yet."),
            reverse("office:roster-import", args=[waiting[0].uid]),
            _("Go on"),
            "clipboard-check",
            21,
            "attention",
        )
    if (count := counted.get("unplaced", 0)) and (school := queries.own_school(actor)) is not None:
        yield Card(
            ngettext("%(count)s pupil has no class", "%(count)s pupils have no class", count)
            % {"count": count},
            _("They came from another school or a list without classes; place them."),
            reverse("office:roster-school", args=[school.uid]),
            _("To the classes"),
            "user-question",
            40,
            "attention",
        )
