"""School stars as a system of the district."""

import datetime as dt
from collections.abc import Iterable, Mapping, Set
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.actors import Actor
from xuequ.core.home import standing
from xuequ.core.registry import Card, Counted, NavItem, System
from xuequ.core.reports import ReportSection
from xuequ.systems.stars.ailevel.catalogue import definitions as ai_level
from xuequ.systems.stars.ailevel.register import PERSONAL_DATA as AI_LEVEL
from xuequ.systems.stars.catalogue import definitions
from xuequ.systems.stars.plans.register import PERSONAL_DATA as PLANS
from xuequ.systems.stars.register import PERSONAL_DATA

if TYPE_CHECKING:
    from xuequ.core.search.sources import SearchSource


class StarsConfig(System):
    name = "xuequ.systems.stars"
    label = "stars"
    verbose_name = _("School stars")
    title = _("School stars")
    icon = "star"
    order = 40
    indicators = (*definitions(), *ai_level())
    personal_data = (*PERSONAL_DATA, *AI_LEVEL, *PLANS)

    def navigation(self, actor: Actor) -> Iterable[NavItem]:
        from xuequ.systems.stars.access import may_enter

        if may_enter(actor):  # type: ignore[arg-type]
            yield NavItem(_("School stars"), reverse("stars:index"), self.icon, "/stars/")
        from xuequ.systems.stars.parts import navigation

        yield from navigation(actor)  # type: ignore[arg-type]

    def home_counts(self, actor: Actor) -> "Mapping[str, QuerySet[Any]]":
        from xuequ.systems.stars.entries import home_counts
        from xuequ.systems.stars.parts import parts

        wanted = home_counts(actor)  # type: ignore[arg-type]
        for part in parts():
            wanted |= part.home_counts(actor)  # type: ignore[arg-type]
        return wanted

    def home_cards(self, actor: Actor, counted: Counted) -> Iterable[Card]:
        from xuequ.systems.stars.entries import home_cards
        from xuequ.systems.stars.parts import parts

        yield from standing(self.title, partial(home_cards, counted))
        for part in parts():
            yield from standing(self.title, partial(part.home_cards, actor, counted))  # type: ignore[arg-type]

    def school_pages(self, actor: Actor, school: Any) -> Iterable[NavItem]:
        from xuequ.systems.stars.access import leads, may_read_district

        if may_read_district(actor) or leads(actor, school.pk):  # type: ignore[arg-type]
            yield NavItem(self.title, reverse("stars:school-years", args=[school.uid]), self.icon)

    def sections(self) -> Iterable[ReportSection]:
        from xuequ.systems.stars.parts import parts
        from xuequ.systems.stars.rounds.reports import SECTIONS

        return (*SECTIONS, *(section for part in parts() for section in part.SECTIONS))

    def known_answers(self, names: Set[str], school: Any, day: dt.date) -> dict[str, Any]:
        """Return what the survey of smart campus and AI education need not ask anew."""
        from xuequ.systems.stars.ailevel.known import known_answers

        return known_answers(names, school, day)

    def search_sources(self) -> "Iterable[SearchSource]":
        from xuequ.systems.stars.search import SOURCES

        return SOURCES

    def build_demo(self, demo: Any) -> None:
        from xuequ.systems.stars.demo import build
        from xuequ.systems.stars.parts import parts

        build(demo)
        for part in parts():
            part.build_demo(demo)
