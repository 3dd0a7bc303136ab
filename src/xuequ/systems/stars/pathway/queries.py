"""How far a school is from its next star: the cheapest path, who has done each step, what it costs, what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from xuequ.core.counting import count_together
from xuequ.district.actors import Actor
from xuequ.district.models import Dated, Employment, Enrolment, School, SchoolClass
from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.diagnosis import Obstacle
from xuequ.engines.evaluation.pathway import Path
from xuequ.engines.evaluation.standing import Standing, cost_of, obstacles, path_to, standing
from xuequ.engines.evaluation.star_scheme import Improvement, SchemeItem, StarScheme
from xuequ.systems.stars.models import Application, Practice
from xuequ.systems.stars.rounds.queries import points_that_count
from xuequ.systems.stars.schemes.queries import scheme_in
from xuequ.systems.stars.schemes.wording import error_text
from xuequ.systems.stars.selfrating.queries import kinds_handed_in


@dataclass(frozen=True, slots=True)
class WayStep:
    """One thing to do: the improvement, what it gains and costs here, who has done it, which evidence is missing."""

    item: SchemeItem
    way: Improvement
    now: float
    gained: float
    cost_yuan: float
    days: float
    shared: tuple[Practice, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """The way to one star. ``path`` is None where the school stands at the top or nothing can be computed."""

    scheme: StarScheme
    standing: Standing
    star: int | None
    path: Path | None
    steps: tuple[WayStep, ...]
    obstacles: tuple[tuple[SchemeItem, float], ...]
    sizes: Mapping[str, int]
    trouble: str = ""

    @property
    def unverified(self) -> bool:
        """Whether a cost on the path is an estimate that nobody has checked."""
        return any(not step.way.verified for step in self.steps)


def sizes_of(actor: Actor, school: School) -> dict[str, int]:
    """Return how many classes, pupils and teachers the school has on the actor's day; one query."""
    here = Dated.at(actor.day) & Q(school=school)
    in_class = Enrolment.objects.filter(Dated.at(actor.day), school_class=OuterRef("pk"))
    counted = count_together(
        {
            "class": SchoolClass.objects.filter(Exists(in_class), school=school),
            "pupil": Enrolment.objects.filter(here),
            "teacher": Employment.objects.filter(here),
        }
    )
    return {name: count for name, count in counted.items() if count}


def way_of(actor: Actor, found: Application, star: int | None = None) -> Way:
    """Return the cheapest way from the points that count to ``star``, or to the next one."""
    scheme, points = scheme_in(found.round.version), points_that_count(found)
    now = standing(scheme, points)
    sizes = sizes_of(actor, found.school)
    goal = star or (now.next.star if now.next is not None else None)
    hardest = tuple((scheme.item(one.name), one.degree) for one in _obstacles(scheme, points))
    path, trouble = None, ""
    if goal is not None:
        try:
            path = path_to(scheme, points, goal, sizes)
        except InputError as error:
            trouble = error_text(error)
    steps = _steps(found, scheme, points, path, sizes) if path is not None else ()
    return Way(scheme, now, goal, path, steps, hardest, sizes, trouble)


def _obstacles(scheme: StarScheme, points: Mapping[str, float]) -> Sequence[Obstacle]:
    return obstacles(scheme, points) if any(points.get(i.code, 0) < i.points for i in scheme.items) else ()


def _steps(
    found: Application, scheme: StarScheme, points: Mapping[str, float], path: Path, sizes: Mapping[str, int]
) -> tuple[WayStep, ...]:  # fmt: skip
    shared = _practices(found, [step.item for step in path.steps])
    handed_in = kinds_handed_in(found)
    ways = {way.code: (item, way) for item in scheme.items for way in item.improvements}
    steps = []
    for step in path.steps:
        item, way = ways[step.option]
        missing = tuple(kind for kind in item.evidence if kind not in handed_in.get(item.code, set()))
        steps.append(
            WayStep(
                item=item,
                way=way,
                now=points.get(item.code, 0.0),
                gained=step.gained,
                cost_yuan=cost_of(way, sizes),
                days=way.days,
                shared=tuple(shared.get(item.code, ())),
                missing=missing,
            )
        )
    return tuple(steps)


def _practices(found: Application, items: Sequence[str]) -> dict[str, list[Practice]]:
    """Return what other schools that agreed to be named say about these items, two for each at most."""
    rows = Practice.objects.filter(scheme=found.round.version.scheme_id, item__in=items, ended=None)
    shared: dict[str, list[Practice]] = {}
    for row in rows.exclude(school=found.school_id).select_related("school").order_by("item", "-agreed"):
        if len(shared.setdefault(row.item, [])) < 2:
            shared[row.item].append(row)
    return shared
