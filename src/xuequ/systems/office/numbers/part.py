"""What the numbers offer: the catalogue in the menu, and the replies that lie unfinished on the home page."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import Card, NavItem
from xuequ.district.actors import Actor
from xuequ.kit.documents import queries as documents
from xuequ.systems.office.numbers.demo import build
from xuequ.systems.office.numbers.scope import may_count
from xuequ.systems.office.parts import Counted, Part


def navigation(actor: Actor) -> Iterator[NavItem]:
    """Offer the catalogue to those who answer for a school or the district."""
    if may_count(actor):
        yield NavItem(_("Numbers and replies"), reverse("office:numbers"), "calculator", "/office/numbers/")


def home_cards(actor: Actor, counted: Counted) -> Iterator[Card]:
    """Offer the catalogue to those who write replies."""
    if actor.account_id is not None and actor.sees_district and may_count(actor):
        yield Card(
            _("Which schools need support"),
            _("Growth, stars, balance, equipment and what was given, school by school."),
            reverse("office:numbers-schools"),
            _("Look"),
            "map-pin",
            60,
        )
    if actor.account_id is not None and may_count(actor) and documents.may_write(actor):
        yield Card(
            _("Answer “how many”"),
            _("Each number comes with its definition and date, and can be put into a reply."),
            reverse("office:numbers"),
            _("Open the catalogue"),
            "calculator",
            90,
        )


PART = Part(navigation=navigation, home_cards=home_cards, demo=build)
