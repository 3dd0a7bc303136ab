"""The form in which every engine reports a published number beside its own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One published number and what we obtain; ``passed`` follows the tolerance of the check."""

    name: str
    expected: str
    obtained: str
    passed: bool
    source: str


def rounded(name: str, printed: str, obtained: float | None, source: str) -> Check:
    """A number as its source prints it, compared to the last printed digit."""
    decimals = len(printed.partition(".")[2])
    text = "" if obtained is None else f"{obtained:.{decimals}f}"
    return Check(name, printed, text, text == printed, source)
