"""Where a school stands in a star scheme: points, dimensions, vetoes, the star reached, and the way to the next one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.diagnosis import Obstacle
from xuequ.engines.evaluation.pathway import Item, Option, Path, Target, obstacles_of, path
from xuequ.engines.evaluation.star_scheme import Improvement, SchemeItem, StarRule, StarScheme


@dataclass(frozen=True, slots=True)
class DimensionStanding:
    """Points of a dimension out of its full points, and how many of its items have been rated."""

    code: str
    title: str
    points: float
    full: float
    rated: int
    items: int


@dataclass(frozen=True, slots=True)
class Missing:
    """What a star still asks for: points in all, points of dimensions, veto items; nothing where it is reached."""

    star: int
    total: float
    dimensions: Mapping[str, float] = field(default_factory=dict)
    vetoes: tuple[str, ...] = ()

    @property
    def reached(self) -> bool:
        """Whether nothing is missing."""
        return not (self.total or self.dimensions or self.vetoes)


@dataclass(frozen=True, slots=True)
class Standing:
    """Points by what has been rated so far; what nobody rated counts 0 and stands in ``unrated``.

    ``star`` is the highest star whose every demand, and that of each lower star, is met; 0 for none.
    """

    total: float
    full: float
    dimensions: tuple[DimensionStanding, ...]
    star: int
    missing: tuple[Missing, ...]
    unrated: tuple[str, ...]

    @property
    def next(self) -> Missing | None:
        """What the next star asks for; None at the top."""
        return next((one for one in self.missing if one.star > self.star), None)


def standing(scheme: StarScheme, points: Mapping[str, float]) -> Standing:
    """Return where a school with these points stands; codes that the scheme does not know are refused.

    Raises
    ------
    InputError
        ``unknown-item`` or ``bad-points`` (below 0 or above the item's points) with the item as column.
    """
    _check(scheme, points)
    dimensions = tuple(
        DimensionStanding(
            code=d.code,
            title=d.title,
            points=float(sum(points.get(item.code, 0.0) for item in d.items)),
            full=d.points,
            rated=sum(item.code in points for item in d.items),
            items=len(d.items),
        )
        for d in scheme.dimensions
    )
    missing = tuple(_missing(scheme, points, rule) for rule in scheme.stars)
    star = 0
    for one in missing:
        if not one.reached:
            break
        star = one.star
    return Standing(
        total=float(sum(d.points for d in dimensions)),
        full=scheme.points,
        dimensions=dimensions,
        star=star,
        missing=missing,
        unrated=tuple(item.code for item in scheme.items if item.code not in points),
    )


def _check(scheme: StarScheme, points: Mapping[str, float]) -> None:
    known = {item.code: item for item in scheme.items}
    for code, value in points.items():
        if code not in known:
            raise InputError("unknown-item", f"the scheme has no item {code!r}", column=code)
        if not 0 <= value <= known[code].points:
            message = f"{value:g} points are not between 0 and {known[code].points:g}"
            raise InputError("bad-points", message, column=code, value=f"{value:g}")


def _missing(scheme: StarScheme, points: Mapping[str, float], rule: StarRule) -> Missing:
    total = sum(points.get(item.code, 0.0) for item in scheme.items)
    by_dimension = {d.code: sum(points.get(item.code, 0.0) for item in d.items) for d in scheme.dimensions}
    return Missing(
        star=rule.star,
        total=max(0.0, rule.total - total),
        dimensions={c: least - by_dimension[c] for c, least in rule.minimums.items() if by_dimension[c] < least},
        vetoes=tuple(
            item.code
            for item in asked_vetoes(scheme, rule)
            if points.get(item.code, 0.0) < item.veto_points
        ),
    )  # fmt: skip


def asked_vetoes(scheme: StarScheme, rule: StarRule) -> tuple[SchemeItem, ...]:
    """Return the veto items that a star asks for."""
    wanted = None if rule.vetoes is None else set(rule.vetoes)
    return tuple(item for item in scheme.items if item.veto and (wanted is None or item.code in wanted))


def cost_of(way: Improvement, sizes: Mapping[str, int]) -> float:
    """Return what an improvement costs a school with so many classes, pupils and teachers, in 元."""
    return way.cost_yuan * sizes.get(way.per, 1)


def path_to(
    scheme: StarScheme,
    points: Mapping[str, float],
    star: int,
    sizes: Mapping[str, int],
    without: Collection[str] = (),
    *,
    seconds: float = 10.0,
) -> Path:
    """Return the cheapest path to a star, with what the school has rated so far; see `pathway.path`.

    ``sizes`` counts the school's classes, pupils and teachers for costs that depend on them; a count that is missing
    stands for 1. ``without`` are codes of improvements that the school leaves out.
    """
    _check(scheme, points)
    rule = scheme.star(star)
    items = pathway_items(scheme, points)
    return path(items, _options(scheme, points, sizes, without), _target(scheme, rule), seconds=seconds)


def pathway_items(scheme: StarScheme, points: Mapping[str, float]) -> tuple[Item, ...]:
    """Return the scheme's items at a school, as `pathway` wants them."""
    return tuple(
        Item(
            code=item.code,
            dimension=item.dimension,
            points=points.get(item.code, 0.0),
            full=item.points,
            veto=item.veto,
            met=not item.veto or points.get(item.code, 0.0) >= item.veto_points,
        )
        for item in scheme.items
    )


def _target(scheme: StarScheme, rule: StarRule) -> Target:
    vetoes = tuple(item.code for item in asked_vetoes(scheme, rule))
    return Target(total=rule.total, minimums=rule.minimums, vetoes=vetoes, step=None)


def _options(
    scheme: StarScheme, points: Mapping[str, float], sizes: Mapping[str, int], without: Collection[str]
) -> tuple[Option, ...]:
    """The improvements that would add points; one that is there already is no longer required by others."""
    ways = [(item, way) for item in scheme.items for way in item.improvements]
    done = {way.code for item, way in ways if points.get(item.code, 0.0) >= way.points}
    open_ = {way.code: (item, way) for item, way in ways if way.code not in done | set(without)}
    return tuple(
        Option(
            item=item.code,
            code=way.code,
            points=way.points,
            cost=cost_of(way, sizes),
            effort=way.days,
            requires=tuple(other for other in way.requires if other not in done),
            meets=not item.veto or way.points >= item.veto_points,
        )
        for item, way in _possible(open_, done).values()
    )


def _possible(ways: Mapping[str, tuple[SchemeItem, Improvement]], done: Collection[str]
              ) -> Mapping[str, tuple[SchemeItem, Improvement]]:  # fmt: skip
    """The improvements of which all that they require is done or possible; what the school leaves out is neither."""
    left = {
        code: (item, way)
        for code, (item, way) in ways.items()
        if all(other in done or other in ways for other in way.requires)
    }
    return left if len(left) == len(ways) else _possible(left, done)


def obstacles(scheme: StarScheme, points: Mapping[str, float], most: int = 3) -> tuple[Obstacle, ...]:
    """Return the items that take the largest parts of what the school lacks (障碍度)."""
    return obstacles_of(pathway_items(scheme, points), most)
