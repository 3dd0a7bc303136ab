"""Balance as a system of the district: what it offers to the menu, the home page, reports and other systems."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.actors import Actor
from xuequ.core.registry import Card, Counted, NavItem, PersonalData, System
from xuequ.core.reports import ReportSection
from xuequ.systems.balance.catalogue import definitions

if TYPE_CHECKING:
    from ninja import Router

    from xuequ.core.search.sources import SearchSource

_BASIS = _("supervising and evening out the resources of schools, a legal duty")


class BalanceConfig(System):
    name = "xuequ.systems.balance"
    label = "balance"
    verbose_name = _("Balance")
    title = _("Balance")
    icon = "scale"
    order = 50
    indicators = definitions()
    personal_data = (
        PersonalData(
            model="balance.Appeal",
            what=_("what a school's head objects to, and what the district answers, in words"),
            basis=_BASIS,
            retention=_("kept with the judgement; names in it are taken out when a person is erased"),
            seen_by=_("the school's leaders and the district's readers"),
            free_text=("text", "answer"),
        ),
        PersonalData(
            model="balance.Item",
            what=_("remarks on an item of the rules, in words"),
            basis=_BASIS,
            retention=_("kept with the year's judgement; names in it are taken out when a person is erased"),
            seen_by=_("the district's readers"),
            free_text=("remark",),
        ),
        PersonalData(
            model="balance.Value",
            what=_("the ground of a figure that was typed or sent back, in words"),
            basis=_BASIS,
            retention=_("kept with the figure; names in it are taken out when a person is erased"),
            seen_by=_("the school's leaders and the district's readers"),
            free_text=("note",),
        ),
        PersonalData(
            model="balance.Allowance",
            what=_("the reason of an exception for a school, in words"),
            basis=_BASIS,
            retention=_("kept with the year's judgement; names in it are taken out when a person is erased"),
            seen_by=_("the school's leaders and the district's readers"),
            free_text=("reason",),
        ),
    )

    def navigation(self, actor: Actor) -> Iterable[NavItem]:
        from xuequ.systems.balance.access import may_enter

        if may_enter(actor):  # type: ignore[arg-type]
            yield NavItem(_("Balance"), reverse("balance:index"), self.icon, "/balance/")

    def home_counts(self, actor: Actor) -> "Mapping[str, QuerySet[Any]]":
        from xuequ.systems.balance.cards import home_counts

        return home_counts(actor)  # type: ignore[arg-type]

    def home_cards(self, actor: Actor, counted: Counted) -> Iterable[Card]:
        from xuequ.systems.balance.cards import home_cards

        yield from home_cards(actor, counted)  # type: ignore[arg-type]

    def school_pages(self, actor: Actor, school: Any) -> Iterable[NavItem]:
        from xuequ.systems.balance.queries import latest, readable_school

        found = latest(actor)  # type: ignore[arg-type]
        if found is not None and readable_school(actor, school.uid) is not None:  # type: ignore[arg-type]
            yield NavItem(
                self.title, reverse("balance:school", args=[found.year.code, school.uid]), self.icon
            )

    def sections(self) -> Iterable[ReportSection]:
        from xuequ.systems.balance.reports import SECTIONS

        return SECTIONS

    def search_sources(self) -> "Iterable[SearchSource]":
        from xuequ.systems.balance.search import SOURCES

        return SOURCES

    def router(self) -> "Router":
        from xuequ.systems.balance.api import router

        return router

    def build_demo(self, demo: Any) -> None:
        from xuequ.systems.balance.demo import build

        build(demo)
