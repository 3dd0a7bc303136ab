"""The parts of the data office: folders with the same few files as a system; ``part.py`` says what each offers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module

from xuequ.core.registry import Card, NavItem, PersonalData
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
    "search",
    "rights",
    "access",
)
"""The folders in the order of the menu."""


def _nothing(actor: Actor) -> Iterable[NavItem]:
    return ()


def _no_cards(actor: Actor) -> Iterable[Card]:
    return ()


def _no_demo(demo: DemoContext) -> None:
    """Add nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one part offers; ``demo`` runs after the roster, the results and the accounts of the demo are there."""

    navigation: Callable[[Actor], Iterable[NavItem]] = _nothing
    home_cards: Callable[[Actor], Iterable[Card]] = _no_cards
    demo: Callable[[DemoContext], None] = _no_demo
    personal_data: tuple[PersonalData, ...] = ()


def parts() -> list[Part]:
    """Return all parts in the order of the menu."""
    return [import_module(f"xuequ.systems.office.{name}.part").PART for name in NAMES]
