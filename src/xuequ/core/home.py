"""The cards of a home page: what all systems have for this person, whatever one of them may do."""

import logging
from collections.abc import Callable, Iterable, Iterator

from django.conf import settings
from django.utils.translation import gettext as _

from xuequ.core.actors import Actor
from xuequ.core.counting import count_together
from xuequ.core.figures import Text
from xuequ.core.registry import Card, Counted, System, systems

log = logging.getLogger(__name__)
LAST = 1_000
"""The weight of what stands beneath everything that was found."""


def home_cards(actor: Actor, *labels: str) -> list[Card]:
    """Return the cards of all systems, or of those named, most pressing first; one question counts for all of them.

    A system that fails is logged and takes nothing else with it: a plain card says that it could not be shown.
    """
    chosen = [system for system in systems() if not labels or system.label in labels]
    counts = _counts(actor, chosen)
    cards = (card for system in chosen for card in standing(system.title, _asked(system, actor, counts)))
    return sorted(cards, key=lambda card: card.weight)


def standing(title: Text, ask: Callable[[], Iterable[Card]]) -> Iterator[Card]:
    """Yield the cards of one part; where it fails, those it had by then and a card that says so. Tests see it fail."""
    try:
        yield from ask()
    except Exception:
        if settings.CARDS_RAISE:
            raise
        log.exception("the home cards of %s failed", title)
        text = _("This part cannot be shown at the moment. The failure has been recorded.")
        yield Card(title, text, icon="alert-triangle", weight=LAST)


def _asked(system: System, actor: Actor, counts: dict[str, Counted]) -> Callable[[], Iterable[Card]]:
    def ask() -> Iterable[Card]:
        own = counts.get(system.label)
        return system.home_cards(actor, count_together(system.home_counts(actor)) if own is None else own)

    return ask


def _counts(actor: Actor, chosen: list[System]) -> dict[str, Counted]:
    """Count for all in one question; where that fails, each counts for itself, and the one to blame fails alone."""
    try:
        wanted = {system.label: system.home_counts(actor) for system in chosen}
        found = count_together(
            {f"{s}.{name}": rows for s, own in wanted.items() for name, rows in own.items()}
        )
    except Exception:
        if settings.CARDS_RAISE:
            raise
        log.exception("what the home cards want counted could not be counted together")
        return {}
    return {label: {name: found[f"{label}.{name}"] for name in own} for label, own in wanted.items()}
