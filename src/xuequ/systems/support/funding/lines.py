"""The schools of a simulation as a page lists them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from xuequ.district.models import School
from xuequ.systems.support.funding.wording import sentence


@dataclass(frozen=True, slots=True)
class Line:
    """A school with its amount and why."""

    school: School
    amount: Decimal
    weak: bool
    before: float
    after: float
    score_known: bool
    why: str


def lines_of(result: Mapping[str, Any]) -> list[Line]:
    """Return the schools of a result in the order of their codes: one query."""
    rows = {row["school"]: row for row in result["schools"]}
    schools = School.objects.filter(uid__in=list(rows)).order_by("code")
    return [_line(school, rows[str(school.uid)]) for school in schools]


def _line(school: School, row: Mapping[str, Any]) -> Line:
    known = row["score_from"] != "none"
    return Line(
        school,
        Decimal(row["amount"]),
        row["weak"],
        row["before"],
        row["after"],
        known,
        sentence(row["reasons"]),
    )
