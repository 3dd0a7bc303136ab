"""Support as a system of the district."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.actors import Actor
from xuequ.core.registry import Card, Counted, NavItem, Rule, RuleUnit, System
from xuequ.systems.support.catalogue import definitions
from xuequ.systems.support.register import PERSONAL_DATA

if TYPE_CHECKING:
    from xuequ.core.search.sources import SearchSource


class SupportConfig(System):
    name = "xuequ.systems.support"
    label = "support"
    verbose_name = _("Support")
    title = pgettext_lazy("help given to schools", "Support")
    icon = "heart-handshake"
    order = 60
    indicators = definitions()
    personal_data = PERSONAL_DATA
    rules = (
        Rule(
            "visit-every", _("Time after which every school is due for a visit"), 112, RuleUnit.DAYS,
            _("one to three schools a week, by the bureau's own plan of visits"),
        ),
        Rule(
            "visit-close", _("Time in which a problem of a visit should be closed"), 28, RuleUnit.DAYS,
            _("four weeks, by the bureau's own plan of visits"),
        ),
    )  # fmt: skip

    def navigation(self, actor: Actor) -> Iterable[NavItem]:
        from xuequ.systems.support.views import entries

        if entries(actor):  # type: ignore[arg-type]
            yield NavItem(self.title, reverse("support:index"), self.icon, "/support/")

    def home_counts(self, actor: Actor) -> "Mapping[str, QuerySet[Any]]":
        from xuequ.systems.support.cards import home_counts

        return home_counts(actor)  # type: ignore[arg-type]

    def home_cards(self, actor: Actor, counted: Counted) -> Iterable[Card]:
        from xuequ.systems.support.cards import home_cards

        yield from home_cards(actor, counted)  # type: ignore[arg-type]

    def school_pages(self, actor: Actor, school: Any) -> Iterable[NavItem]:
        from xuequ.systems.support.access import visits

        if visits(actor):  # type: ignore[arg-type]
            yield NavItem(_("Plan a visit"), reverse("support:visit-plan", args=[school.uid]), "map-pin")

    def search_sources(self) -> "Iterable[SearchSource]":
        from xuequ.systems.support.search import SOURCES

        return SOURCES

    def build_demo(self, demo: Any) -> None:
        from xuequ.systems.support.demo import build

        build(demo)

    def daily(self, day: dt.date) -> None:
        """Publish the numbers of visits and of digital assistance once a week, and let old news vanish."""
        from xuequ.systems.support.pairing.publishing import publish_weekly as publish_hours
        from xuequ.systems.support.visits.actions import forget_told
        from xuequ.systems.support.visits.publishing import publish_weekly as publish_problems

        forget_told(day=day)
        publish_problems(day=day)
        publish_hours(day=day)
