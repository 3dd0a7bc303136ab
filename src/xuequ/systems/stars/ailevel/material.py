"""What pages and reports about levels are written from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.urls import reverse

from xuequ.core.clock import SHANGHAI
from xuequ.district import queries as district
from xuequ.district.models import School
from xuequ.record.models import Run
from xuequ.systems.stars.ailevel.advice import Rule, rules_in_force
from xuequ.systems.stars.ailevel.models import LevelEvaluation, SchoolLevel
from xuequ.systems.stars.ailevel.scheme import TOP, LevelScheme, read_scheme

GOOD = 2
"""An index is reached where one of so many best grades leads."""


@dataclass(frozen=True, slots=True)
class Line:
    """One school as pages show it; ``url`` is empty where it has no page for the reader."""

    key: str
    name: str
    stage: str
    result: Mapping[str, Any]
    url: str = ""

    @property
    def obstacles(self) -> Sequence[Mapping[str, Any]]:
        """The largest parts of what is missing, at most three."""
        return list(self.result["obstacles"])[:TOP]

    @property
    def has_ranges(self) -> bool:
        """Whether dimensions and obstacles were computed with ranges; evaluations of earlier versions were not."""
        return all("drawn" in one for one in self.result["dimensions"])

    def index(self, code: str) -> Mapping[str, Any]:
        """What is known of one index."""
        return next(one for one in self.result["indexes"] if one["code"] == code)


@dataclass(frozen=True)
class Material:
    """An evaluation with its schools (all of them, in the order of their codes), its scheme and the rules of advice."""

    title: str
    issuer: str
    stamp: str
    run: UUID
    published: bool
    superseded: bool
    scheme: LevelScheme
    findings: Mapping[str, Any]
    lines: tuple[Line, ...]
    rules: Mapping[str, Rule]

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of schools by their keys: those evaluated, and those that the findings name besides."""
        known, found = {line.key: line.name for line in self.lines}, self.findings
        named = {*found["careless"], *(one["school"] for one in (*found["differing"], *found["too_little"]))}
        other = named - set(known)
        rows = School.objects.filter(uid__in=other) if other else ()
        return known | {str(row.uid): str(row) for row in rows}

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


def material(evaluation: LevelEvaluation, rows: Sequence[SchoolLevel]) -> Material:
    """Return what pages are written from; ``rows`` with their schools."""
    office = district.district()
    return Material(
        title=evaluation.round.title,
        issuer=(office.bureau or office.name) if office is not None else "",
        stamp=stamp_of(evaluation.run),
        run=evaluation.run.uid,
        published=evaluation.published is not None,
        superseded=evaluation.superseded is not None,
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
        stage=row.school.stage,
        result=row.result,
        url=reverse("stars:ai-level", args=[row.uid]),
    )
