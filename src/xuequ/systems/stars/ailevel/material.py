"""What pages and reports about levels are written from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.urls import reverse

from xuequ.core.clock import SHANGHAI
from xuequ.district import queries as district
from xuequ.record.models import Run
from xuequ.systems.stars.ailevel.advice import Rule, rules_in_force
from xuequ.systems.stars.ailevel.models import LevelEvaluation, SchoolLevel
from xuequ.systems.stars.ailevel.scheme import LevelScheme, read_scheme

TOP = 3
GOOD = 2
"""An index is reached where one of so many best grades leads."""


@dataclass(frozen=True, slots=True)
class Line:
    """One school as pages show it; ``url`` is empty where it has no page for the reader."""

    key: str
    name: str
    area: str
    stage: str
    result: Mapping[str, Any]
    url: str = ""

    @property
    def obstacles(self) -> Sequence[Mapping[str, Any]]:
        """The largest parts of what is missing, at most three."""
        return list(self.result["obstacles"])[:TOP]

    def index(self, code: str) -> Mapping[str, Any]:
        """What is known of one index."""
        return next(one for one in self.result["indexes"] if one["code"] == code)


@dataclass(frozen=True)
class Material:
    """An evaluation with its schools (all of them, in the order of their codes), its scheme and the rules of advice."""

    title: str
    issuer: str
    period: str
    stamp: str
    run: UUID
    scheme: LevelScheme
    findings: Mapping[str, Any]
    lines: tuple[Line, ...]
    rules: Mapping[str, Rule]

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of schools by their keys."""
        return {line.key: line.name for line in self.lines}

    def line(self, key: str) -> Line:
        """Return one school; KeyError when it was not evaluated."""
        for line in self.lines:
            if line.key == key:
                return line
        raise KeyError(key)

    def peers(self, own: Line) -> list[Line]:
        """Return the other schools of the same stage."""
        return [line for line in self.lines if line.stage == own.stage and line.key != own.key]

    def reached(self, lines: Sequence[Line], code: str) -> int:
        """How many of the schools lead in one of the two best grades of an index."""
        best = self.scheme.grades[:GOOD]
        return sum(line.index(code)["leading"] in best for line in lines)

    def rule(self, code: str) -> Rule | None:
        """Return what is advised about an index."""
        return self.rules.get(code)

    def cost(self, line: Line) -> Decimal:
        """What the advice about a school's largest obstacles costs together."""
        found = [self.rule(one["code"]) for one in line.obstacles]
        return sum((rule.cost_yuan for rule in found if rule is not None), Decimal(0))


def material(evaluation: LevelEvaluation, rows: Sequence[SchoolLevel]) -> Material:
    """Return what pages are written from; ``rows`` with their schools."""
    office = district.district()
    return Material(
        title=evaluation.round.title,
        issuer=(office.bureau or office.name) if office is not None else "",
        period=evaluation.round.year.code,
        stamp=stamp_of(evaluation.run),
        run=evaluation.run.uid,
        scheme=read_scheme(evaluation.run.parameters["scheme"]),
        findings=evaluation.findings,
        lines=tuple(_line(row) for row in rows),
        rules=rules_in_force(),
    )


def stamp_of(run: Run) -> str:
    """Return when a run was finished, on the clocks of the district."""
    return (run.finished or run.created).astimezone(SHANGHAI).isoformat(timespec="seconds")


def _line(row: SchoolLevel) -> Line:
    return Line(
        key=str(row.school.uid),
        name=str(row.school),
        area=row.school.area.name if row.school.area else "",
        stage=row.school.stage,
        result=row.result,
        url=reverse("stars:ai-level", args=[row.uid]),
    )
