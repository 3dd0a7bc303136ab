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
