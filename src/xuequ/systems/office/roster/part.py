"""What this part of the data office offers to the menu and the home pages."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import NavItem
from xuequ.district.actors import Actor
from xuequ.systems.office.parts import Part
from xuequ.systems.office.roster.cards import counts, home_cards
from xuequ.systems.office.roster.demo import build


def _navigation(actor: Actor) -> Iterable[NavItem]:
    from xuequ.systems.office.roster.queries import may_enter

    if may_enter(actor):
        yield NavItem(_("Roster"), reverse("office:roster"), "users", "/office/roster/")


PART = Part(navigation=_navigation, counts=counts, home_cards=home_cards, demo=build)
