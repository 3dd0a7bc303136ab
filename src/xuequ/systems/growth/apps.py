"""Growth as a system of the district: what it offers to the menu, the home page, reports and other systems."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.actors import Actor
from xuequ.core.registry import Card, Counted, NavItem, System
from xuequ.core.reports import ReportSection
from xuequ.systems.growth.alerts.register import PERSONAL_DATA as ALERTS
from xuequ.systems.growth.catalogue import definitions
from xuequ.systems.growth.teachers_register import PERSONAL_DATA as TEACHERS

if TYPE_CHECKING:
    from ninja import Router

    from xuequ.core.search.sources import SearchSource


class GrowthConfig(System):
    name = "xuequ.systems.growth"
    label = "growth"
    verbose_name = _("Growth")
    title = _("Growth")
    icon = "trending-up"
    order = 20
    indicators = definitions()
    personal_data = (*TEACHERS, *ALERTS)

    def navigation(self, actor: Actor) -> Iterable[NavItem]:
        from xuequ.systems.growth.entries import may_enter

        if not may_enter(actor):  # type: ignore[arg-type]
            return
        yield NavItem(_("Growth"), reverse("growth:index"), self.icon, "/growth/")
        from xuequ.systems.growth.items.cards import navigation

        yield from navigation(actor)  # type: ignore[arg-type]

    def home_counts(self, actor: Actor) -> "Mapping[str, QuerySet[Any]]":
        from xuequ.systems.growth.entries import home_counts

        return home_counts(actor)  # type: ignore[arg-type]

    def home_cards(self, actor: Actor, counted: Counted) -> Iterable[Card]:
        from xuequ.systems.growth.alerts.cards import home_cards as alerts
        from xuequ.systems.growth.entries import home_cards
        from xuequ.systems.growth.items import cards

        yield from home_cards(actor, counted)  # type: ignore[arg-type]
        yield from alerts(actor)  # type: ignore[arg-type]
        yield from cards.staff_cards(actor)  # type: ignore[arg-type]

    def school_pages(self, actor: Actor, school: Any) -> Iterable[NavItem]:
        from xuequ.systems.growth.queries import newest_of

        row = newest_of(actor, school)  # type: ignore[arg-type]
        if row is not None:
            url = reverse("growth:school", args=[row.evaluation.run.uid, school.uid])
            yield NavItem(self.title, url, self.icon)

    def sections(self) -> Iterable[ReportSection]:
        from xuequ.systems.growth.items.reports import SECTIONS as ITEMS
        from xuequ.systems.growth.reports import SECTIONS

        return (*SECTIONS, *ITEMS)

    def search_sources(self) -> "Iterable[SearchSource]":
        from xuequ.systems.growth.search import SOURCES

        return SOURCES

    def build_demo(self, demo: Any) -> None:
        from xuequ.systems.growth.demo import build
        from xuequ.systems.growth.items import demo as items

        build(demo)
        items.build(demo)

    def daily(self, day: dt.date) -> None:
        """Lock teacher-level values on the day on which their unlocking ends, and begin teachers' own days."""
        from xuequ.systems.growth.teachers_actions import begin_own_days, end_what_is_over

        end_what_is_over(day=day)
        begin_own_days(day=day)

    def router(self) -> "Router":
        from xuequ.systems.growth.api import router

        return router
