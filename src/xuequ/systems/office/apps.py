"""The data office as a system of the district."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.actors import Actor
from xuequ.core.home import standing
from xuequ.core.registry import Card, ConsentUse, Counted, NavItem, System
from xuequ.systems.office.catalogue import DEFINITIONS

if TYPE_CHECKING:
    from xuequ.core.search.sources import SearchPages, SearchSource
    from xuequ.kit.documents.counting import CountDefinition


class OfficeConfig(System):
    name = "xuequ.systems.office"
    label = "office"
    verbose_name = _("Data office")
    title = _("Data office")
    icon = "database-import"
    order = 10
    indicators = DEFINITIONS
    consent_uses = (
        ConsentUse(
            code="family-questionnaire",
            title=_("Family questionnaires with the child's name"),
            what=_("your answers to questionnaires of the school or the district, linked to your child"),
            who_sees=_(
                "whoever evaluates the questionnaire; published are numbers only, none from fewer than five families"
            ),
            how_long=_("until the questionnaire has been evaluated, at most one year"),
            refusal=_(
                "Nothing changes for your child. You can still answer questionnaires that ask for no name."
            ),
        ),
    )

    def navigation(self, actor: Actor) -> Iterable[NavItem]:
        from xuequ.systems.office.parts import parts
        from xuequ.systems.office.queries import may_enter

        if may_enter(actor):  # type: ignore[arg-type]
            yield NavItem(_("Data office"), reverse("office:home"), self.icon, "/office/")
        for part in parts():
            yield from part.navigation(actor)  # type: ignore[arg-type]

    def home_counts(self, actor: Actor) -> "Mapping[str, QuerySet[Any]]":
        from xuequ.systems.office.cards import counts
        from xuequ.systems.office.parts import parts

        wanted = dict(counts(actor))  # type: ignore[arg-type]
        for part in parts():
            wanted |= part.counts(actor)  # type: ignore[arg-type]
        return wanted

    def home_cards(self, actor: Actor, counted: Counted) -> Iterable[Card]:
        from xuequ.systems.office.cards import home_cards
        from xuequ.systems.office.parts import parts

        yield from standing(self.title, partial(home_cards, actor, counted))  # type: ignore[arg-type]
        for part in parts():
            yield from standing(self.title, partial(part.home_cards, actor, counted))  # type: ignore[arg-type]

    def search_sources(self) -> "Iterable[SearchSource | SearchPages]":
        from xuequ.systems.office.search.sources import SOURCES

        return SOURCES

    def counts(self) -> "Iterable[CountDefinition]":
        """Return the numbers of the catalogue: what the office counts, and what the systems have published."""
        from xuequ.systems.office.numbers.counts import COUNTS
        from xuequ.systems.office.numbers.indicators import definitions

        return (*COUNTS, *definitions())

    def build_demo(self, demo: Any) -> None:
        from xuequ.systems.office.demo import build
        from xuequ.systems.office.parts import parts

        build(demo)
        for part in parts():
            part.demo(demo)
