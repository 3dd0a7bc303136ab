"""Minutes that two people write at once: nobody's words are overwritten unseen."""

from collections.abc import Mapping

FIELDS = ("met", "seen", "agreed")


def missing(stored: str, typed: str) -> list[str]:
    """Return the lines that are stored and do not stand in what was typed."""
    return [line for line in (raw.strip() for raw in stored.splitlines()) if line and line not in typed]


def would_lose(stored: Mapping[str, str], typed: Mapping[str, str]) -> bool:
    """Whether saving what was typed would throw stored words away."""
    return any(missing(stored[name], typed[name]) for name in FIELDS)


def both(stored: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed, followed by the stored lines that are not in it; a field of one line stays one."""
    return {
        name: ("；" if name == "met" else "\n").join(
            [text for text in (typed[name].strip(), *missing(stored[name], typed[name])) if text]
        )
        for name in FIELDS
    }
