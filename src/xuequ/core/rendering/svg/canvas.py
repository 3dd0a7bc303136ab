"""The paper that charts are drawn on: shapes in, one SVG text out, the same for the same shapes."""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

FONTS = "Noto Sans SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, sans-serif"
INK = "#1d2939"
MUTED = "#475467"
GRID = "#e4e7ec"
PAPER = "#ffffff"
_NARROW = {
    " ": 0.23,
    ".": 0.28,
    ",": 0.28,
    ":": 0.28,
    "i": 0.28,
    "l": 0.28,
    "I": 0.3,
    "(": 0.34,
    ")": 0.34,
    "-": 0.35,
}


@dataclass(frozen=True, slots=True)
class Size:
    """A width of paper: ``full`` for a page's column, ``phone`` for 360 px screens."""

    width: int
    font: float
    narrow: bool


FULL = Size(680, 12, narrow=False)
PHONE = Size(344, 13, narrow=True)


def text_width(text: str, font: float) -> float:
    """Return about how wide a text is; widths are those of Noto Sans SC to a few percent."""
    return font * sum(_advance(character) for character in text)


def _advance(character: str) -> float:
    if character in _NARROW:
        return _NARROW[character]
    if character.isascii() or character == "\N{MINUS SIGN}":
        return 0.66 if character.isupper() else 0.56
    return 1.0 if unicodedata.east_asian_width(character) in "WFA" else 0.6


def fitted(text: str, font: float, width: float) -> str:
    """Return the text, cut with an ellipsis when it is wider than ``width``."""
    if text_width(text, font) <= width:
        return text
    while text and text_width(text + "…", font) > width:
        text = text[:-1]
    return text + "…"


def wrapped(text: str, font: float, width: float, most: int = 3) -> list[str]:
    """Return the text broken anywhere into at most ``most`` lines; the last is cut with an ellipsis."""
    lines: list[str] = []
    while text and len(lines) < most - 1 and text_width(text, font) > width:
        end = len(text)
        while end > 1 and text_width(text[:end], font) > width:
            end -= 1
        lines, text = [*lines, text[:end]], text[end:]
    return [*lines, fitted(text, font, width)] if text else lines


def short(value: float) -> str:
    """Write a coordinate with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0", value == 0)


class Canvas:
    """Collects shapes with presentation attributes only: a strict content policy forbids ``style``."""

    def __init__(self, width: float, height: float, *, title: str, desc: str, font: float) -> None:
        self.width, self.height, self.font = width, height, font
        label = escape(title, quote=True)
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {short(width)} {short(height)}" '
            f'width="{short(width)}" height="{short(height)}" role="img" aria-label="{label}" '
            f'font-family="{FONTS}" font-size="{short(font)}" fill="{INK}">',
            f"<title>{label}</title>",
            f"<desc>{escape(desc)}</desc>" if desc else "",
            f'<rect width="{short(width)}" height="{short(height)}" fill="{PAPER}"/>',
        ]

    def add(self, tag: str, content: str = "", /, **attributes: float | str) -> None:
        """Add one element; underscores in attribute names stand for hyphens."""
        written = "".join(
            f' {name.replace("_", "-")}="{escape(value if isinstance(value, str) else short(value))}"'
            for name, value in attributes.items()
        )
        self._parts.append(f"<{tag}{written}>{content}</{tag}>" if content else f"<{tag}{written}/>")

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, stroke: str = GRID, **more: float | str
    ) -> None:
        """Add a straight line."""
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, **more)

    def text(self, x: float, y: float, text: str, **more: float | str) -> None:
        """Add a text whose baseline starts at (x, y); ``text_anchor`` says otherwise."""
        if text:
            self.add("text", escape(text, quote=False), x=x, y=y, **more)

    def halo(self, x: float, y: float, text: str, **more: float | str) -> None:
        """Add a text with a white edge, so that it can be read over lines."""
        self.text(
            x, y, text, stroke=PAPER, stroke_width=3, stroke_linejoin="round", paint_order="stroke", **more
        )

    def path(
        self, points: Sequence[tuple[float, float]], *, closed: bool = False, **more: float | str
    ) -> None:
        """Add a line through points."""
        if points:
            d = "M" + "L".join(f"{short(x)} {short(y)}" for x, y in points) + ("Z" if closed else "")
            self.add("path", d=d, **more)

    def render(self) -> str:
        """Return the SVG."""
        return "".join([*self._parts, "</svg>"])


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values from ``low..high`` to pixels ``start..end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def ticks(low: float, high: float, about: int) -> list[float]:
    """Return round values covering ``low..high`` in about so many steps of 1, 2 or 5 times a power of ten."""
    if not high > low:
        low, high = low - 1, high + 1
    raw = (high - low) / max(about, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    # Products with a decimal step keep 0.30000000000000004 out of the labels.
    exact = Decimal(repr(step)) if step < 1 else Decimal(round(step))
    return [float(exact * count) for count in range(first, last + 1)]


def tick_decimals(values: Sequence[float]) -> int:
    """Return how many decimals the labels of these ticks need."""
    exponents = [Decimal(repr(value)).normalize().as_tuple().exponent for value in values if value]
    return (
        max((-exponent for exponent in exponents if isinstance(exponent, int)), default=0) if exponents else 0
    )
