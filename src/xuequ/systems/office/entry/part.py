"""What typing results in offers to the menu and the home pages."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from xuequ.core.registry import Card, NavItem
from xuequ.district.actors import Actor
from xuequ.kit.demo import DemoContext
from xuequ.systems.office.entry import queries
from xuequ.systems.office.parts import Part


def _navigation(actor: Actor) -> Iterator[NavItem]:
    if queries.may_open(actor):
        yield NavItem(_("Enter results"), reverse("office:entry"), "pencil", "/office/entry/")


def _home_cards(actor: Actor) -> Iterator[Card]:
    if not queries.may_open(actor):
        return
    open_sheets = [
        sheet for sheet in queries.sheets(actor, queries.current_term(actor)) if _is_due(sheet, actor)
    ]
    if open_sheets:
        yield Card(
            ngettext(
                "%(count)s sheet of results is incomplete",
                "%(count)s sheets of results are incomplete",
                len(open_sheets),
            )
            % {"count": len(open_sheets)},
            _("Type in what is missing, or write 缺考 for pupils who were absent."),
            reverse("office:entry"),
            _("Enter results"),
            "pencil",
            30,
            "attention",
        )


def _is_due(sheet: queries.Sheet, actor: Actor) -> bool:
    """Whether the examination has been held and results are missing."""
    held = sheet.assessment.held_on
    return bool(sheet.missing) and held is not None and held <= actor.day


def _demo(demo: DemoContext) -> None:
    from xuequ.systems.office.entry.demo import build

    build(demo)


PART = Part(navigation=_navigation, home_cards=_home_cards, demo=_demo)
