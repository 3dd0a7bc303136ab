"""What the ledgers offer to the menu and the home pages."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import NavItem
from xuequ.district.actors import Actor
from xuequ.systems.office.ledgers.cards import counts, home_cards
from xuequ.systems.office.parts import Part


def _navigation(actor: Actor) -> Iterator[NavItem]:
    from xuequ.systems.office.ledgers.queries import may_keep

    if may_keep(actor):
        yield NavItem(_("Attendance and reading"), reverse("office:ledgers"), "book", "/office/ledgers/")


PART = Part(navigation=_navigation, counts=counts, home_cards=home_cards)
