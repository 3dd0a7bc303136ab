"""What typing results in offers to the menu and the home pages."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from xuequ.core.registry import Card, NavItem
from xuequ.district.actors import Actor
from xuequ.kit.demo import DemoContext
from xuequ.systems.office.entry import queries
from xuequ.systems.office.parts import Counted, Part


def _navigation(actor: Actor) -> Iterator[NavItem]:
    if queries.may_open(actor):
        yield NavItem(_("Enter results"), reverse("office:entry"), "pencil", "/office/entry/")


def _counts(actor: Actor) -> "Mapping[str, QuerySet[Any]]":
    return {"open-sheets": queries.open_sheets(actor)} if queries.may_open(actor) else {}


def _home_cards(actor: Actor, counted: Counted) -> Iterator[Card]:
    count = counted.get("open-sheets", 0)
    if count:
        yield Card(
            ngettext(
                "%(count)s sheet of results is incomplete",
                "%(count)s sheets of results are incomplete",
                count,
            )
            % {"count": count},
            _("Type in what is missing, or write 缺考 for pupils who were absent."),
            reverse("office:entry"),
            _("Enter results"),
            "pencil",
            30,
            "attention",
        )


def _demo(demo: DemoContext) -> None:
    from xuequ.systems.office.entry.demo import build

    build(demo)


PART = Part(navigation=_navigation, counts=_counts, home_cards=_home_cards, demo=_demo)
