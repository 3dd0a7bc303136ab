"""The parts of the data office: folders with the same few files as a system; ``part.py`` says what each offers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.db.models import QuerySet

from xuequ.core.registry import Card, Counted, NavItem, PersonalData
from xuequ.district.actors import Actor
from xuequ.kit.demo import DemoContext

NAMES = (
    "start",
    "roster",
    "rollover",
    "entry",
    "approvals",
    "collection",
    "surveys",
    "numbers",
    "ledgers",
    "search",
    "rights",
    "access",
)
"""The folders in the order of the menu."""


def _nothing(actor: Actor) -> Iterable[NavItem]:
    return ()


def _no_counts(actor: Actor) -> "Mapping[str, QuerySet[Any]]":
    return {}


def _no_cards(actor: Actor, counted: Counted) -> Iterable[Card]:
    return ()


def _no_demo(demo: DemoContext) -> None:
    """Add nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one part offers; ``demo`` runs after the roster, the results and the accounts of the demo are there.

    ``counts`` names what the part's cards want counted: the home page counts for all parts in one question, and a
    card asks for more only where something waits.
    """

    navigation: Callable[[Actor], Iterable[NavItem]] = _nothing
    counts: "Callable[[Actor], Mapping[str, QuerySet[Any]]]" = _no_counts
    home_cards: Callable[[Actor, Counted], Iterable[Card]] = _no_cards
    demo: Callable[[DemoContext], None] = _no_demo
    personal_data: tuple[PersonalData, ...] = ()


def parts() -> list[Part]:
    """Return all parts in the order of the menu."""
    return [import_module(f"xuequ.systems.office.{name}.part").PART for name in NAMES]
