"""The demo's schools with the parts that they play in its story."""

from dataclasses import dataclass
from typing import Any

from xuequ.district.models import School


@dataclass(frozen=True, slots=True)
class Planned:
    """A school and its plan (``kit.demo.SchoolPlan``)."""

    plan: Any
    school: School

    @property
    def part(self) -> str:
        """The part that it plays, or nothing."""
        return str(self.plan.part)


def planned_schools(demo: Any) -> list[Planned]:
    """Return the demo's schools in the order of its plan: one query."""
    rows = {row.short_name: row for row in School.objects.of_district()}
    return [Planned(plan, rows[plan.short_name]) for plan in demo.schools if plan.short_name in rows]
