"""What this part of the data office offers to the menu and the home pages."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import NavItem
from xuequ.district.actors import Actor
from xuequ.systems.office.parts import Part
from xuequ.systems.office.rollover.cards import home_cards
from xuequ.systems.office.rollover.demo import build


def _navigation(actor: Actor) -> Iterable[NavItem]:
    from xuequ.kit.rollover.queries import may_prepare
    from xuequ.systems.office.rollover.queries import may_enter

    if may_enter(actor):
        title = _("Schools and school year") if may_prepare(actor) else _("School year")
        yield NavItem(title, reverse("office:rollover"), "calendar-event", "/office/rollover/")


PART = Part(navigation=_navigation, home_cards=home_cards, demo=build)
