"""The seventeen steps of a comparison in words, as buttons."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text

DEGREES: dict[int, Text] = {
    2: _("hardly more"),
    3: _("somewhat more"),
    4: _("rather more"),
    5: _("clearly more"),
    6: _("much more"),
    7: _("very much more"),
    8: _("nearly absolutely more"),
    9: _("absolutely more"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One button: what is sent, its words, and how strong it is (``9`` or ``1/9``)."""

    value: str
    word: Text
    ratio: str


def steps_for(first: bool) -> list[Choice]:
    """Return the eight steps for one side, the strongest first."""
    return [
        Choice(
            str(degree) if first else f"1/{degree}",
            DEGREES[degree],
            f"{degree} : 1" if first else f"1 : {degree}",
        )
        for degree in sorted(DEGREES, reverse=True)
    ]


def value_of(text: str) -> float | None:
    """Return the number that a button sends; None when it is none."""
    above, stroke, below = text.partition("/")
    try:
        return float(above) / float(below) if stroke else float(above)
    except (ValueError, ZeroDivisionError):
        return None


def ratio_text(value: float) -> str:
    """Return a judgement as people say it: 3 : 1."""
    return f"{value:.0f} : 1" if value >= 1 else f"1 : {1 / value:.0f}"


def degree_word(value: float) -> Text:
    """Return in words how much more the one that matters more does."""
    strength = round(value if value >= 1 else 1 / value)
    return _("equally") if strength == 1 else DEGREES[min(max(strength, 2), 9)]
