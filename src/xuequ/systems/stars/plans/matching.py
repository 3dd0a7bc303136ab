"""A plan beside the data: does it work on what stands in the way, how far did goals come, is the speciality backed.

A speciality is backed when at least half of its signs that are known are good: an index in one of the two best grades,
growth whose whole range lies above zero. With fewer than two known signs nothing is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xuequ.record.models import Indicator
from xuequ.systems.stars.ailevel.advice import Rule, rules_in_force
from xuequ.systems.stars.ailevel.material import GOOD
from xuequ.systems.stars.ailevel.models import SchoolLevel
from xuequ.systems.stars.ailevel.queries import LEVEL_IN_FORCE
from xuequ.systems.stars.ailevel.scheme import TOP, LevelScheme, example, read_scheme
from xuequ.systems.stars.plans.choices import GoalState, SpecialityKind
from xuequ.systems.stars.plans.models import DevelopmentPlan, PlanGoal

GROWTH = "growth.effect."
FEWEST_SIGNS = 2
SIGNS: Mapping[str, tuple[str, ...]] = {
    SpecialityKind.PROGRAMMING: ("lessons", "class_share", "club_share", "contests", "showcase"),
    SpecialityKind.ROBOTICS: ("kits", "room_hours", "club_share", "contests", "showcase"),
    SpecialityKind.AIGC: ("trained", "teaching", "integration", "safety"),
    SpecialityKind.SUBJECTS: ("integration", "resources", "teaching", GROWTH),
    SpecialityKind.READING: ("resources", "teaching", GROWTH),
    SpecialityKind.SPORT: ("resources", "showcase"),
    SpecialityKind.ASSESSMENT: ("teaching", "trained", GROWTH),
    SpecialityKind.HOME: ("showcase", "resources"),
    SpecialityKind.OTHER: ("showcase", GROWTH),
}
"""By which indexes a speciality can be seen; ``growth.effect.`` is the school's own growth."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: good, not good, or (None) not known. ``words`` is what is known of it."""

    code: str
    good: bool | None
    words: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One of the largest obstacles, and whether a goal works on it."""

    code: str
    degree: float
    goal: PlanGoal | None


@dataclass(frozen=True, slots=True)
class GoalLine:
    """A goal, the value now (None where nothing is measured), and the part of the way, 1 = reached."""

    goal: PlanGoal
    now: float | None
    way: float | None


@dataclass(frozen=True)
class Match:
    """A plan beside the data; ``level`` is None before an evaluation was published."""

    plan: DevelopmentPlan
    scheme: LevelScheme
    level: SchoolLevel | None
    obstacles: tuple[Obstacle, ...]
    goals: tuple[GoalLine, ...]
    signs: tuple[Sign, ...]
    rules: Mapping[str, Rule]

    @property
    def addressed(self) -> int:
        """How many of the largest obstacles a goal works on."""
        return sum(one.goal is not None for one in self.obstacles)

    @property
    def known(self) -> int:
        """How many signs of the speciality are known."""
        return sum(sign.good is not None for sign in self.signs)

    @property
    def good(self) -> int:
        """How many of them are good."""
        return sum(bool(sign.good) for sign in self.signs)

    @property
    def backed(self) -> bool | None:
        """Whether the data back the speciality; None where too little is known or none is chosen."""
        if not self.plan.speciality_kind or self.known < FEWEST_SIGNS:
            return None
        return 2 * self.good >= self.known


def levels_in_force(schools: Sequence[int]) -> dict[int, SchoolLevel]:
    """Return the newest published level of each school: one query."""
    rows = SchoolLevel.objects.filter(LEVEL_IN_FORCE, school__in=schools)
    ordered = rows.select_related("evaluation__run").order_by(
        "evaluation__round__year__code", "evaluation_id"
    )
    return {row.school_id: row for row in ordered}


def growth_of(schools: Sequence[int]) -> dict[int, Indicator]:
    """Return the newest published growth of each school, of the highest grade: one query."""
    rows = Indicator.objects.filter(
        code__startswith=GROWTH, school__in=schools, school_class=None, superseded=None, value__isnull=False
    )
    return {row.school_id: row for row in rows.order_by("period", "code", "pk") if row.school_id is not None}


def matches(plans: Sequence[DevelopmentPlan], goals: Mapping[int, Sequence[PlanGoal]]) -> list[Match]:
    """Lay plans beside the data of their schools: three queries for all."""
    schools = [plan.school_id for plan in plans]
    levels, growth, rules = levels_in_force(schools), growth_of(schools), rules_in_force()
    return [
        _match(plan, goals.get(plan.pk, ()), levels.get(plan.school_id), growth.get(plan.school_id), rules)
        for plan in plans
    ]


def _match(
    plan: DevelopmentPlan,
    goals: Sequence[PlanGoal],
    level: SchoolLevel | None,
    growth: Indicator | None,
    rules: Mapping[str, Rule],
) -> Match:
    result: Mapping[str, Any] = level.result if level is not None else {"obstacles": [], "indexes": []}
    document = example() if level is None else level.evaluation.run.parameters["scheme"]
    scheme = read_scheme(document)
    indexes = {one["code"]: one for one in result["indexes"]}
    by_item = {goal.item: goal for goal in goals if goal.item and goal.state != GoalState.DROPPED}
    top = list(result["obstacles"])[:TOP]
    return Match(
        plan=plan,
        scheme=scheme,
        level=level,
        obstacles=tuple(Obstacle(one["code"], one["degree"], by_item.get(one["code"])) for one in top),
        goals=tuple(_line(goal, indexes) for goal in goals),
        signs=tuple(_sign(code, scheme, indexes, growth) for code in SIGNS.get(plan.speciality_kind, ())),
        rules=rules,
    )


def _line(goal: PlanGoal, indexes: Mapping[str, Any]) -> GoalLine:
    now = indexes.get(goal.item, {}).get("value")
    if now is None or goal.target is None or goal.begins_at is None or goal.target == goal.begins_at:
        return GoalLine(goal, now, None)
    return GoalLine(goal, now, (now - goal.begins_at) / (goal.target - goal.begins_at))


def _sign(code: str, scheme: LevelScheme, indexes: Mapping[str, Any], growth: Indicator | None) -> Sign:
    if code == GROWTH:
        if growth is None or growth.low is None:
            return Sign(code, None, "")
        return Sign(code, growth.low > 0, f"{growth.value:+.2f}")
    found = indexes.get(code)
    if found is None or found["leading"] is None:
        return Sign(code, None, "")
    return Sign(code, found["leading"] in scheme.grades[:GOOD], found["leading"])
