"""The parts of stars in folders of their own: what they bring to the menu, home pages, reports and the demo."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from django.db.models import QuerySet

from xuequ.core.figures import Text
from xuequ.core.registry import Card, NavItem
from xuequ.core.reports import ReportSection
from xuequ.district.actors import Actor


class Part(Protocol):
    """What a part's ``part`` module offers."""

    @property
    def SECTIONS(self) -> tuple[ReportSection, ...]:  # noqa: N802 - modules offer it under this name
        """The parts of reports that it can write."""

    @property
    def ABOUT(self) -> Text:  # noqa: N802
        """What it is for, for the first page of stars."""

    def navigation(self, actor: Actor) -> Iterator[NavItem]:
        """Yield the entries that the actor may open."""

    def home_counts(self, actor: Actor) -> "dict[str, QuerySet[Any]]":
        """Return what its cards want counted."""

    def home_cards(self, actor: Actor, counted: Mapping[str, int]) -> Iterator[Card]:
        """Yield its cards from what was counted."""

    def build_demo(self, demo: Any) -> None:
        """Add its part of the demo."""


def parts() -> tuple[Part, ...]:
    """Return the parts in the order of the menu."""
    from xuequ.systems.stars.ailevel import part as ailevel
    from xuequ.systems.stars.plans import part as plans

    return (ailevel, plans)


def navigation(actor: Actor) -> Iterator[NavItem]:
    """Yield the entries of all parts."""
    for part in parts():
        yield from part.navigation(actor)
