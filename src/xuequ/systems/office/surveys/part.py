"""What the questionnaires offer to the menu and the home pages."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from xuequ.core import clock
from xuequ.core.registry import Card, NavItem
from xuequ.district.actors import Actor
from xuequ.kit.questionnaires import queries
from xuequ.systems.office.parts import Counted, Part
from xuequ.systems.office.surveys.demo import build


def navigation(actor: Actor) -> Iterator[NavItem]:
    """Yield the entry for those who send questionnaires."""
    if queries.may_ask(actor):
        yield NavItem(_("Questionnaires"), reverse("office:surveys"), "forms", "/office/surveys/")


def home_cards(actor: Actor, counted: Counted) -> Iterator[Card]:
    """Yield the questionnaires that wait for the actor's answer."""
    waiting = queries.open_rounds(actor, clock.now())
    if not waiting:
        return
    first = waiting[0].wave
    yield Card(
        ngettext("%(count)s questionnaire for you", "%(count)s questionnaires for you", len(waiting))
        % {"count": len(waiting)},
        _("“%(title)s” is open until %(day)s.")
        % {"title": first.title, "day": first.closes.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")},
        reverse("office:surveys-mine"),
        _("Fill it in"),
        "forms",
        30,
        "attention",
    )


PART = Part(navigation=navigation, home_cards=home_cards, demo=build)
