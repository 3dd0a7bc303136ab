"""What the data office has to say on the home page of those who bring in results."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from xuequ.core.registry import Card
from xuequ.district.actors import Actor
from xuequ.systems.office import queries
from xuequ.systems.office.parts import Counted


def counts(actor: Actor) -> "Mapping[str, QuerySet[Any]]":
    """Return what the cards want counted."""
    return {"imports": queries.begun_imports(actor)} if queries.may_import(actor) else {}


def home_cards(actor: Actor, counted: Counted) -> Iterator[Card]:
    """Yield the imports that wait for the actor, and the way to bring in results."""
    if not queries.may_import(actor):
        return
    # Somebody may have decided between the count and this question.
    if counted["imports"] and (waiting := queries.waiting_imports(actor)):
        yield Card(
            ngettext("%(count)s import waits for you", "%(count)s imports wait for you", len(waiting))
            % {"count": len(waiting)},
            _("The files were read, but nothing has been stored yet."),
            reverse("office:import", args=[waiting[0].uid]),
            _("Go on"),
            "clipboard-check",
            20,
            "attention",
        )
        return
    yield Card(
        _("Bring in results"),
        _("Score sheets are checked cell by cell before anything is stored."),
        reverse("office:import-new"),
        _("New import"),
        "file-import",
        80,
    )
