"""Growth as a system of the district: what it offers to the menu, the home page, reports and other systems."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.actors import Actor
from xuequ.core.registry import Card, NavItem, System
from xuequ.core.reports import ReportSection
from xuequ.systems.growth.catalogue import definitions

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

    def navigation(self, actor: Actor) -> Iterable[NavItem]:
        from xuequ.systems.growth.entries import may_enter

        if not may_enter(actor):  # type: ignore[arg-type]
            return
        yield NavItem(_("Growth"), reverse("growth:index"), self.icon, "/growth/")

    def home_cards(self, actor: Actor) -> Iterable[Card]:
        from xuequ.systems.growth.entries import home_cards

        return home_cards(actor)  # type: ignore[arg-type]

    def sections(self) -> Iterable[ReportSection]:
        from xuequ.systems.growth.reports import SECTIONS

        return SECTIONS

    def search_sources(self) -> "Iterable[SearchSource]":
        from xuequ.systems.growth.search import SOURCES

        return SOURCES

    def build_demo(self, demo: Any) -> None:
        from xuequ.systems.growth.demo import build

        build(demo)

    def router(self) -> "Router":
        from xuequ.systems.growth.api import router

        return router
