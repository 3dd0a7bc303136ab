"""What accounts, roles and deputies offer to the menu and the home pages."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import NavItem
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.systems.office.access import demo
from xuequ.systems.office.parts import Part


def navigation(actor: Actor) -> Iterator[NavItem]:
    """Yield the entry of those who look after accounts."""
    if policy.keeps_accounts(actor):
        yield NavItem(_("Accounts and roles"), reverse("office:access-accounts"), "users", "/office/access/")


PART = Part(navigation=navigation, demo=demo.build)
