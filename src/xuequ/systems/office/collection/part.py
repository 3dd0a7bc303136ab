"""What collecting figures offers to the menu and the home pages."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from xuequ.core.registry import Card, NavItem
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.kit.collection import queries
from xuequ.kit.demo import DemoContext
from xuequ.kit.notices.queries import reminders_today, waiting
from xuequ.systems.office.parts import Counted, Part


def navigation(actor: Actor) -> Iterable[NavItem]:
    """Offer the menu entry to those who collect and to those who answer."""
    if policy.collects(actor) or policy.holds_at_a_school(actor, policy.ANSWERERS):
        url = reverse("office:collection-home")
        yield NavItem(_("Collect figures"), url, "table-import", url)


def _counts(actor: Actor) -> "Mapping[str, QuerySet[Any]]":
    answers = {"answers": queries.sheets_waiting_for_us()} if policy.collects(actor) else {}
    return {"reminders": reminders_today(actor), **answers}


def home_cards(actor: Actor, counted: Counted) -> Iterable[Card]:
    """Say what waits: one card for all notices of a person, one for the answers that the district should look at."""
    notices = waiting(actor)
    if notices:
        # Urgent on the days of a reminder only: what is due in two weeks needs nobody today.
        tone = "attention" if any(n.due is None for n in notices) or counted["reminders"] else ""
        single = len(notices) == 1
        yield Card(
            notices[0].text
            if single
            else ngettext("%(count)s thing waits for you", "%(count)s things wait for you", len(notices))
            % {"count": len(notices)},
            _due_words(notices[0].due) if single else notices[0].text,
            notices[0].url if single else reverse("office:collection-notices"),
            "" if single else _("See them"),
            "bell",
            15,
            tone,
        )
    if count := counted.get("answers", 0):
        yield Card(
            ngettext(
                "%(count)s answer of a school waits for you",
                "%(count)s answers of schools wait for you",
                count,
            )
            % {"count": count},
            _("Accept it, or return it with the reason."),
            reverse("office:collection-home"),
            _("To the collections"),
            "table-import",
            30,
            "attention",
        )


def _due_words(due: object) -> str:
    return _("Due on %(day)s.") % {"day": due} if due is not None else str(_("No day is set."))


def demo(context: DemoContext) -> None:
    """Add collections at several stages."""
    from xuequ.systems.office.collection.demo import build

    build(context)


PART = Part(navigation=navigation, counts=_counts, home_cards=home_cards, demo=demo)
