"""A star scheme as a document (JSON or TOML): dimensions, items with points, evidence and levels, stars with cut-offs.

The document's keys are those of docs/reference/star-scheme.md. Points are whole multiples of ``step`` (0.5 gives half
points). Every value that is not taken from a published text stays ``verified = false``, and is shown so.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.circles import circle_in

KINDS = ("smart_campus",)
PASSES = ("self", "district", "city")
EVIDENCE = ("file", "picture", "link", "note")
PER = ("school", "class", "pupil", "teacher")

_WHOLE = frozenset({"kind", "name", "version", "official", "source", "step", "passes", "dimensions", "stars"})
_DIMENSION = frozenset({"code", "title", "text", "items"})
_ITEM = frozenset(
    {
        "code",
        "text",
        "points",
        "evidence",
        "levels",
        "veto",
        "veto_points",
        "improvements",
        "source",
        "verified",
    }
)
_LEVEL = frozenset({"points", "text"})
_IMPROVEMENT = frozenset({"code", "text", "points", "cost_yuan", "per", "days", "requires", "verified"})
_STAR = frozenset({"star", "title", "total", "minimums", "vetoes", "verified"})


@dataclass(frozen=True, slots=True)
class Level:
    """What is given how many points."""

    points: float
    text: str


@dataclass(frozen=True, slots=True)
class Improvement:
    """One way to better an item: the points reached, 元 for each ``per``, working days, what must be there first."""

    code: str
    text: str
    points: float
    cost_yuan: float
    per: str = "school"
    days: float = 0.0
    requires: tuple[str, ...] = ()
    verified: bool = False


@dataclass(frozen=True, slots=True)
class SchemeItem:
    """One item. ``given`` are the points that may be given, 0 first; ``veto_points`` the least that lift its veto."""

    code: str
    dimension: str
    text: str
    points: float
    given: tuple[float, ...]
    evidence: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    veto: bool = False
    veto_points: float = 0.0
    improvements: tuple[Improvement, ...] = ()
    source: str = ""
    verified: bool = False

    def level_of(self, points: float) -> str:
        """Return the words of the level that ``points`` reach, empty below the first."""
        reached = [level for level in self.levels if level.points <= points]
        return max(reached, key=lambda level: level.points).text if reached else ""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A part of the scheme."""

    code: str
    title: str
    items: tuple[SchemeItem, ...]
    text: str = ""

    @property
    def points(self) -> float:
        """Full points of the dimension."""
        return sum(item.points for item in self.items)


@dataclass(frozen=True, slots=True)
class StarRule:
    """What a star asks for: the total, least points of dimensions, and veto items (None for all of them)."""

    star: int
    title: str
    total: float
    minimums: Mapping[str, float] = field(default_factory=dict)
    vetoes: tuple[str, ...] | None = None
    verified: bool = False


@dataclass(frozen=True, slots=True)
class StarScheme:
    """A whole scheme; ``stars`` from the lowest to the highest."""

    kind: str
    name: str
    version: str
    official: bool
    source: str
    step: float
    passes: tuple[str, ...]
    dimensions: tuple[Dimension, ...]
    stars: tuple[StarRule, ...] = ()

    @property
    def items(self) -> tuple[SchemeItem, ...]:
        """All items in their order."""
        return tuple(item for dimension in self.dimensions for item in dimension.items)

    @property
    def points(self) -> float:
        """Full points."""
        return sum(dimension.points for dimension in self.dimensions)

    def item(self, code: str) -> SchemeItem:
        """Return the item called ``code``; KeyError when there is none."""
        for item in self.items:
            if item.code == code:
                return item
        raise KeyError(code)

    def star(self, star: int) -> StarRule:
        """Return the rule of a star; KeyError when the scheme has none."""
        for rule in self.stars:
            if rule.star == star:
                return rule
        raise KeyError(star)

    def unverified(self) -> int:
        """How many values (points, cut-offs, costs) nobody has compared with a published text."""
        items = sum(not item.verified for item in self.items)
        costs = sum(not way.verified for item in self.items for way in item.improvements)
        return items + costs + sum(not rule.verified for rule in self.stars)


def scheme_of(document: object) -> StarScheme:
    """Return what a document describes.

    Raises
    ------
    InputError
        ``bad-scheme``, ``unknown-key``, ``not-a-number``, ``not-a-text``, ``not-yes-or-no``, ``unknown-word``,
        ``bad-points``, ``duplicate-code``, ``unknown-item``, ``unknown-option``, ``same-item``, ``cycle``,
        ``unknown-dimension``, ``not-a-veto``, ``bad-order`` or ``too-high``; the place in the document is the column.
    """
    whole = _table(document, "scheme", _WHOLE)
    step = _number(whole, "step", "scheme", default=0.5)
    if step <= 0 or 1 % step:
        raise InputError(
            "bad-points",
            "the step must be 1, 0.5, 0.25 or 0.125 points, whose sums are exact",
            column="scheme",
        )
    found = StarScheme(
        kind=_word(whole, "kind", "scheme", KINDS),
        name=_text(whole, "name", "scheme"),
        version=_text(whole, "version", "scheme", needed=False),
        official=_flag(whole, "official", "scheme"),
        source=_text(whole, "source", "scheme", needed=False),
        step=step,
        passes=_words(whole, "passes", "scheme", PASSES) or ("self", "district", "city"),
        dimensions=tuple(_dimension(part, place, step) for part, place in _parts(whole, "dimensions", "scheme")),
        stars=tuple(_star(part, place, step) for part, place in _parts(whole, "stars", "scheme", needed=False)),
    )  # fmt: skip
    _check_codes(found)
    _check_improvements(found)
    _check_stars(found)
    return found


def _dimension(part: Mapping[str, Any], place: str, step: float) -> Dimension:
    part = _table(part, place, _DIMENSION)
    code = _text(part, "code", place)
    return Dimension(
        code=code,
        title=_text(part, "title", place),
        text=_text(part, "text", place, needed=False),
        items=tuple(_item(one, where, code, step) for one, where in _parts(part, "items", place)),
    )


def _item(part: Mapping[str, Any], place: str, dimension: str, step: float) -> SchemeItem:
    part = _table(part, place, _ITEM)
    full = _points(part, "points", place, step)
    if full <= 0:
        raise InputError("bad-points", "an item needs more than 0 points", column=place)
    levels = tuple(
        _level(one, where, step, full) for one, where in _parts(part, "levels", place, needed=False)
    )
    veto = _flag(part, "veto", place)
    return SchemeItem(
        code=_text(part, "code", place),
        dimension=dimension,
        text=_text(part, "text", place),
        points=full,
        given=_given(levels, full, step, place),
        evidence=_words(part, "evidence", place, EVIDENCE),
        levels=levels,
        veto=veto,
        veto_points=_points(part, "veto_points", place, step, full, default=full) if veto else 0.0,
        improvements=tuple(
            _improvement(one, where, step, full)
            for one, where in _parts(part, "improvements", place, needed=False)
        ),
        source=_text(part, "source", place, needed=False),
        verified=_flag(part, "verified", place),
    )


def _level(part: Mapping[str, Any], place: str, step: float, full: float) -> Level:
    part = _table(part, place, _LEVEL)
    return Level(_points(part, "points", place, step, full), _text(part, "text", place))


def _given(levels: tuple[Level, ...], full: float, step: float, place: str) -> tuple[float, ...]:
    """The points that may be given: those of the levels, or every step where there are none."""
    if not levels:
        return tuple(step * k for k in range(round(full / step) + 1))
    points = [level.points for level in levels]
    if len(set(points)) < len(points):
        raise InputError("duplicate-code", "two levels have the same points", column=place)
    if max(points) != full:
        raise InputError("bad-points", f"no level has the full {full:g} points", column=place)
    return tuple(sorted({0.0, *points}))


def _improvement(part: Mapping[str, Any], place: str, step: float, full: float) -> Improvement:
    part = _table(part, place, _IMPROVEMENT)
    cost, days = _number(part, "cost_yuan", place), _number(part, "days", place, default=0.0)
    if not 0 <= cost < 1e12 or days < 0:
        raise InputError("bad-cost", "cost_yuan and days must be 0 or more", column=place)
    return Improvement(
        code=_text(part, "code", place),
        text=_text(part, "text", place),
        points=_points(part, "points", place, step, full),
        cost_yuan=cost,
        per=_word(part, "per", place, PER) if "per" in part else "school",
        days=days,
        requires=_texts(part, "requires", place),
        verified=_flag(part, "verified", place),
    )


def _star(part: Mapping[str, Any], place: str, step: float) -> StarRule:
    part = _table(part, place, _STAR)
    number = _number(part, "star", place)
    if not number.is_integer() or not 1 <= number <= 9:
        raise InputError("bad-points", f"{number:g} is no star from 1 to 9", column=place)
    least = _table(part.get("minimums", {}), f"{place}.minimums", None)
    return StarRule(
        star=int(number),
        title=_text(part, "title", place),
        total=_points(part, "total", place, step),
        minimums={code: _points(least, code, f"{place}.minimums", step) for code in least},
        vetoes=_texts(part, "vetoes", place) if "vetoes" in part else None,
        verified=_flag(part, "verified", place),
    )


def _check_codes(scheme: StarScheme) -> None:
    for kind, codes in (
        ("dimension", [dimension.code for dimension in scheme.dimensions]),
        ("item", [item.code for item in scheme.items]),
        ("improvement", [way.code for item in scheme.items for way in item.improvements]),
        ("star", [str(rule.star) for rule in scheme.stars]),
    ):
        for row, code in enumerate(codes, 1):
            if code in codes[: row - 1]:
                raise InputError("duplicate-code", f"{kind} {code!r} stands twice", column=kind, value=code)


def _check_improvements(scheme: StarScheme) -> None:
    owner = {way.code: item.code for item in scheme.items for way in item.improvements}
    needs = {way.code: way.requires for item in scheme.items for way in item.improvements}
    for item in scheme.items:
        for way in item.improvements:
            place = f"improvement {way.code}"
            if way.points not in item.given or way.points == 0:
                message = f"{way.points:g} points cannot be given for item {item.code!r}"
                raise InputError("bad-points", message, column=place)
            for other in way.requires:
                if other not in owner:
                    message = f"there is no improvement {other!r}"
                    raise InputError("unknown-option", message, column=place, value=other)
                if owner[other] == item.code:
                    message = f"{other!r} betters the same item, of which only one is done"
                    raise InputError("same-item", message, column=place, value=other)
    if circle := circle_in(needs):
        message = f"improvements require each other: {' → '.join(circle)}"
        raise InputError("cycle", message, column=f"improvement {circle[0]}")


def _check_stars(scheme: StarScheme) -> None:
    full = {dimension.code: dimension.points for dimension in scheme.dimensions}
    vetoes = {item.code for item in scheme.items if item.veto}
    below: StarRule | None = None
    for rule in scheme.stars:
        place = f"star {rule.star}"
        if rule.total > scheme.points:
            message = f"the cut-off {rule.total:g} lies above the full {scheme.points:g} points"
            raise InputError("too-high", message, column=place)
        for code, least in rule.minimums.items():
            if code not in full:
                message = f"there is no dimension {code!r}"
                raise InputError("unknown-dimension", message, column=place, value=code)
            if least > full[code]:
                message = f"the minimum {least:g} of {code!r} lies above its full {full[code]:g} points"
                raise InputError("too-high", message, column=place, value=code)
        for code in rule.vetoes or ():
            if code not in vetoes:
                raise InputError("not-a-veto", f"there is no veto item {code!r}", column=place, value=code)
        if below is not None and (rule.star <= below.star or rule.total <= below.total):
            message = "stars stand from the lowest to the highest, and their cut-offs rise"
            raise InputError("bad-order", message, column=place)
        below = rule


def _table(document: object, place: str, known: frozenset[str] | None) -> Mapping[str, Any]:
    if not isinstance(document, dict):
        raise InputError("bad-scheme", "a table (an object) is needed here", column=place)
    for key in document:
        if known is not None and key not in known:
            message = f"{key!r} is not known here; known are {', '.join(sorted(known))}"
            raise InputError("unknown-key", message, column=place, value=str(key))
    return document


def _parts(
    node: Mapping[str, Any], key: str, place: str, *, needed: bool = True
) -> Iterator[tuple[Mapping[str, Any], str]]:
    found = node.get(key, [])
    if not isinstance(found, list) or (needed and not found):
        raise InputError("bad-scheme", f"{key!r} must be a list that is not empty", column=place)
    for row, part in enumerate(found, 1):
        code = part.get("code") if isinstance(part, dict) else None
        yield part, f"{place} / {key} {code or row}".removeprefix("scheme / ")


def _text(node: Mapping[str, Any], key: str, place: str, *, needed: bool = True) -> str:
    found = node.get(key, "")
    if not isinstance(found, str):
        raise InputError("not-a-text", f"{key!r} must be a text", column=place, value=str(found))
    if needed and not found.strip():
        raise InputError("bad-scheme", f"{key!r} is missing", column=place, value=key)
    return found.strip()


def _texts(node: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
    found = node.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise InputError("not-a-text", f"{key!r} must be a list of texts", column=place)
    return tuple(found)


def _word(node: Mapping[str, Any], key: str, place: str, words: tuple[str, ...]) -> str:
    found = _text(node, key, place)
    if found not in words:
        message = f"{found!r} in {key!r} is none of {', '.join(words)}"
        raise InputError("unknown-word", message, column=place, value=found)
    return found


def _words(node: Mapping[str, Any], key: str, place: str, words: tuple[str, ...]) -> tuple[str, ...]:
    found = _texts(node, key, place)
    for one in found:
        if one not in words:
            message = f"{one!r} in {key!r} is none of {', '.join(words)}"
            raise InputError("unknown-word", message, column=place, value=one)
    return found


def _flag(node: Mapping[str, Any], key: str, place: str) -> bool:
    found = node.get(key, False)
    if not isinstance(found, bool):
        raise InputError("not-yes-or-no", f"{key!r} must be true or false", column=place, value=str(found))
    return found


def _number(node: Mapping[str, Any], key: str, place: str, *, default: float | None = None) -> float:
    found = node.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise InputError("not-a-number", f"{key!r} must be a number", column=place, value=str(found))
    return float(found)


def _points(
    node: Mapping[str, Any], key: str, place: str, step: float, full: float = 9999.0,
    *, default: float | None = None,
) -> float:  # fmt: skip
    found = _number(node, key, place, default=default)
    if not 0 <= found <= full:
        message = f"{found:g} in {key!r} is not between 0 and {full:g}"
        raise InputError("bad-points", message, column=place, value=f"{found:g}")
    if found % step:
        message = f"{found:g} in {key!r} is no multiple of {step:g}"
        raise InputError("bad-points", message, column=place, value=f"{found:g}")
    return found
