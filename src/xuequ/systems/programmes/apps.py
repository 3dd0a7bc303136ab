"""Projects and equipment as a system of the district."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.actors import Actor
from xuequ.core.registry import Card, Counted, NavItem, Rule, RuleUnit, System
from xuequ.core.reports import ReportSection
from xuequ.systems.programmes.catalogue import INDICATORS
from xuequ.systems.programmes.register import PERSONAL_DATA

if TYPE_CHECKING:
    from ninja import Router

    from xuequ.core.search.sources import SearchSource


class ProgrammesConfig(System):
    name = "xuequ.systems.programmes"
    label = "programmes"
    verbose_name = _("Projects and equipment")
    title = _("Projects and equipment")
    icon = "package"
    order = 30
    indicators = INDICATORS
    personal_data = PERSONAL_DATA
    rules = (
        Rule(
            "equipment-warranty", _("Time before the end of a warranty in which the school is reminded"), 30,
            RuleUnit.DAYS, _("the bureau's own choice: time enough to have faults repaired"),
        ),
        Rule(
            "programme-lead", _("Time after which a project's lead is told what its owner left undone"), 7,
            RuleUnit.DAYS, _("the bureau's own choice: one week"),
        ),
    )  # fmt: skip

    def ready(self) -> None:
        from xuequ.kit.approvals.procedures import register
        from xuequ.systems.programmes.projects.appraisal import PROCEDURE

        register(PROCEDURE)

    def navigation(self, actor: Actor) -> Iterable[NavItem]:
        from xuequ.systems.programmes.access import may_enter

        if may_enter(actor):  # type: ignore[arg-type]
            yield NavItem(_("Projects and equipment"), reverse("programmes:index"), self.icon, "/programmes/")

    def home_counts(self, actor: Actor) -> "Mapping[str, QuerySet[Any]]":
        from xuequ.systems.programmes.cards import home_counts

        return home_counts(actor)  # type: ignore[arg-type]

    def home_cards(self, actor: Actor, counted: Counted) -> Iterable[Card]:
        from xuequ.systems.programmes.cards import home_cards

        yield from home_cards(actor, counted)  # type: ignore[arg-type]

    def school_pages(self, actor: Actor, school: Any) -> Iterable[NavItem]:
        from xuequ.systems.programmes.access import reads_everything

        if reads_everything(actor):  # type: ignore[arg-type]
            url = f"{reverse('programmes:ledger')}?school={school.pk}"
            yield NavItem(_("Equipment ledger"), url, self.icon)

    def sections(self) -> Iterable[ReportSection]:
        from xuequ.systems.programmes.projects.reports import SECTIONS

        return SECTIONS

    def search_sources(self) -> "Iterable[SearchSource]":
        from xuequ.systems.programmes.search import SOURCES

        return SOURCES

    def build_demo(self, demo: Any) -> None:
        from xuequ.systems.programmes.demo import build

        build(demo)

    def daily(self, day: dt.date) -> None:
        """Count the ledger once a month, and remind of what is late."""
        from xuequ.systems.programmes.publishing import count_when_due
        from xuequ.systems.programmes.reminding import remind

        count_when_due(day)
        remind(day)

    def router(self) -> "Router":
        from xuequ.systems.programmes.api import router

        return router
