"""What the ledgers have to say on the home page of the data office."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import Card
from xuequ.district.actors import Actor
from xuequ.systems.office.ledgers.queries import may_keep, waiting
from xuequ.systems.office.parts import Counted


def counts(actor: Actor) -> "Mapping[str, QuerySet[Any]]":
    """Return what the card wants counted."""
    return {"ledgers": waiting(actor)} if may_keep(actor) else {}


def home_cards(actor: Actor, counted: Counted) -> Iterator[Card]:
    """Yield the ledger that was checked and waits to be stored."""
    # Somebody may have decided between the count and this question.
    first = waiting(actor).first() if counted.get("ledgers") else None
    if first is None:
        return
    yield Card(
        _("A ledger waits for you"),
        _("The file was read, but nothing has been stored yet."),
        reverse("office:ledger-import", args=[first.uid]),
        _("Go on"),
        "clipboard-check",
        22,
        "attention",
    )
