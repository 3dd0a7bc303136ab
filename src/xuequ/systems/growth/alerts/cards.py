"""Alerts on the home page of the district."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xuequ.core.registry import Card
from xuequ.district.actors import Actor
from xuequ.systems.growth.alerts import queries


def home_cards(actor: Actor) -> Iterator[Card]:
    """Return the district's card of the alerts that wait, if any; a school has a notice of its own."""
    if not actor.sees_district:
        return
    found = list(queries.waiting(actor)[:20])
    if not found:
        return
    text = ngettext(
        "%(n)d school left the range of its own past.",
        "%(n)d schools left the range of their own past.",
        len(found),
    ) % {"n": len(found)}
    url = reverse("growth:alert", args=[found[0].uid]) if len(found) == 1 else reverse("growth:alerts")
    yield Card(_("A change worth a call"), text, url, _("Look at it"), "activity", 35, "attention")
