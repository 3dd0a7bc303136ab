"""What is remarkable about an item, an option or a paper, as codes; the limits are conventions with their source.

Too easy and too hard: above 0.90 and below 0.20 of the marks. Weak discrimination: below 0.20 (Ebel 1965). A
distractor works when at least 5 % choose it (Haladyna & Downing 1993); where nearly all are right none has to. Floor
and ceiling of a paper: more than 15 % of pupils at an end (McHorney & Tarlov 1995). A key is suspected when the better
pupils prefer another option.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from xuequ.engines.measurement.findings import ItemStatistics, OptionStatistics

TOO_EASY, TOO_HARD, WEAK, IDLE, AT_THE_END = 0.90, 0.20, 0.20, 0.05, 0.15
FEWEST = 30
"""Below as many pupils only what cannot be chance is flagged."""

UNSOUND = frozenset({"no-variance", "negative", "key-suspected"})
"""What an item must not have to be a ground for teaching."""


def flagged_options(options: Iterable[OptionStatistics]) -> list[OptionStatistics]:
    """Return the options with their flags: ``idle`` and ``attracts-strong`` for distractors, ``suspected-key``."""
    listed = list(options)
    keys = {row.number: row for row in listed if row.is_key}
    return [replace(row, flags=_option_flags(row, keys.get(row.number))) for row in listed]


def _option_flags(row: OptionStatistics, key: OptionStatistics | None) -> tuple[str, ...]:
    if row.is_key or not row.option or key is None:
        return ()
    flags = []
    if row.share < IDLE and key.share <= TOO_EASY:
        flags.append("idle")
    positive = row.point_biserial is not None and row.point_biserial > 0
    if positive and row.share >= IDLE:
        flags.append("attracts-strong")
        if row.upper > key.upper and (row.point_biserial or 0) > (key.point_biserial or 0):
            flags.append("suspected-key")
    return tuple(flags)


def flagged_items(
    items: Iterable[ItemStatistics], options: Sequence[OptionStatistics], alpha: float | None
) -> list[ItemStatistics]:
    """Return the items with their flags; ``options`` carry theirs already."""
    return [replace(row, flags=tuple(_item_flags(row, options, alpha))) for row in items]


def _item_flags(
    row: ItemStatistics, options: Sequence[OptionStatistics], alpha: float | None
) -> Iterable[str]:
    own = [option for option in options if option.number == row.number]
    if row.sd <= 0:
        yield "no-variance"
        return
    if row.difficulty > TOO_EASY:
        yield "too-easy"
    if row.difficulty < TOO_HARD:
        yield "too-hard"
    if row.n < FEWEST:
        return
    if row.discrimination is not None and row.discrimination < WEAK:
        yield "negative" if row.discrimination < 0 else "weak"
    if any("suspected-key" in option.flags for option in own):
        yield "key-suspected"
    if any("idle" in option.flags for option in own):
        yield "idle-distractor"
    if alpha is not None and row.alpha_without is not None and row.alpha_without > alpha + 0.005:
        yield "lowers-alpha"


def paper_flags(at_zero: float, at_full: float, n: int) -> tuple[str, ...]:
    """Return the flags of a whole paper from the shares of pupils with no mark and with all marks."""
    flags = ["few-pupils"] if n < FEWEST else []
    flags += ["floor"] if at_zero > AT_THE_END else []
    flags += ["ceiling"] if at_full > AT_THE_END else []
    return tuple(flags)
