"""What a sharing out is computed from: schools with their pupils, stars and scores, and the accepted applications."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import polars as pl
from django.db.models import Count

from xuequ.district.actors import Actor
from xuequ.district.choices import Sector
from xuequ.district.models import Dated, School
from xuequ.record import queries as record
from xuequ.systems.support.funding.choices import ProjectState
from xuequ.systems.support.funding.models import Project, Round
from xuequ.systems.support.funding.standard import Facts

AWARD, IMPROVED, WEAK = "stars.award", "stars.improved", "balance.weak"
SCORES = ("stars.ai_level", "stars.district_score", "balance.shortfall")
EQUIPMENT = "programmes.equipment_value_yuan"
CODES = (AWARD, IMPROVED, WEAK, EQUIPMENT, *SCORES)


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """A school as the sharing out sees it; ``score_from``: the indicator that its score is read from, or "none"."""

    key: str
    name: str
    stage: str
    facts: Facts
    weak: bool
    score: float
    score_from: str
    equipment: float | None

    def as_dict(self) -> dict[str, object]:
        """Return what is kept among the run's parameters."""
        return {
            "school": self.key, "pupils": self.facts.pupils, "award": self.facts.award,
            "improved": self.facts.improved, "weak": self.weak, "score": self.score, "score_from": self.score_from,
            "equipment": self.equipment,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Material:
    """All that goes in; ``weak_known``: somebody has published which schools are weak."""

    schools: tuple[SchoolFacts, ...]
    projects: tuple[Project, ...]
    weak_known: bool

    def table(self) -> pl.DataFrame:
        """Return the applications as ``engines.balance.funding`` wants them, in the order of school and project."""
        of = {one.key: one for one in self.schools}
        rows = [_row(project, of[str(project.school.uid)]) for project in self.projects]
        return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


_SCHEMA = {
    "school": pl.String, "project": pl.String, "cost": pl.Float64, "gain": pl.Float64, "base": pl.Float64,
    "weak": pl.String, "must": pl.String, "requires": pl.String, "kind": pl.String,
}  # fmt: skip


def _row(project: Project, school: SchoolFacts) -> tuple[object, ...]:
    gain = project.checked_gain if project.checked_gain is not None else project.expected
    needed = project.requires
    return (
        school.key, str(project.uid), float(project.cost_yuan), float(gain), school.score,
        "1" if school.weak else "0", "1" if project.must else "0",
        str(needed.uid) if needed is not None and needed.state == ProjectState.ACCEPTED else "",
        project.main_dimension,
    )  # fmt: skip


def material(of: Round, day: dt.date) -> Material:
    """Return what is known on ``day``: four queries."""
    schools = list(
        School.objects.of_district()
        .filter(closed_on=None, campus_of=None, sector=Sector.PUBLIC)
        .annotate(pupil_count=Count("enrolments", filter=Dated.at(day, "enrolments__"), distinct=True))
        .order_by("code")
    )
    numbers = _newest(of.year.code, day)
    known = _scores(schools, numbers)
    accepted = Project.objects.filter(round=of, state=ProjectState.ACCEPTED, school__in=schools)
    rows = accepted.select_related("school", "requires").order_by("school__code", "id")
    weak = _weak(schools, numbers, known)
    found = tuple(_facts(school, numbers, known, weak) for school in schools)
    return Material(found, tuple(rows), any(code == WEAK for _school, code in numbers))


def _weak(
    schools: Sequence[School],
    numbers: Mapping[tuple[int, str], float],
    scores: Mapping[int, tuple[float, str]],
) -> set[int]:
    """The schools that count as weak; while nobody has published that, the third with the lowest scores."""
    if any(code == WEAK for _school, code in numbers):
        return {school.pk for school in schools if numbers.get((school.pk, WEAK))}
    ordered = sorted(scores[school.pk][0] for school in schools)
    limit = ordered[max(len(ordered) // 3, 1) - 1] if ordered else 0.0
    return {school.pk for school in schools if scores[school.pk][0] <= limit}


def _newest(period: str, day: dt.date) -> dict[tuple[int, str], float]:
    """The newest number of each school up to the round's school year; later years are not known to it."""
    rows = record.indicators(Actor.system(day), *CODES).filter(period__lte=period, value__isnull=False)
    found: dict[tuple[int, str], float] = {}
    for row in rows.order_by("period", "id"):
        if row.school_id is not None and row.value is not None:
            found[row.school_id, row.code] = row.value
    return found


def _scores(
    schools: Sequence[School], numbers: Mapping[tuple[int, str], float]
) -> dict[int, tuple[float, str]]:
    """Each school's score out of 100: the first that is published; without one the median of the others, or 50."""
    found: dict[int, tuple[float, str]] = {}
    for code in reversed(SCORES):
        for school in schools:
            value = numbers.get((school.pk, code))
            if value is not None:
                found[school.pk] = (100 * (1 - value) if code == "balance.shortfall" else value, code)
    middle = median(score for score, _code in found.values()) if found else 50.0
    return {school.pk: found.get(school.pk, (middle, "none")) for school in schools}


def _facts(
    school: School,
    numbers: Mapping[tuple[int, str], float],
    scores: Mapping[int, tuple[float, str]],
    weak: set[int],
) -> SchoolFacts:
    award, improved = numbers.get((school.pk, AWARD)), numbers.get((school.pk, IMPROVED))
    score, source = scores[school.pk]
    return SchoolFacts(
        key=str(school.uid),
        name=str(school),
        stage=school.stage,
        facts=Facts(
            school.pupil_count,  # type: ignore[attr-defined]
            None if award is None else int(award),
            None if improved is None else int(improved),
        ),
        weak=school.pk in weak,
        score=round(score, 4),
        score_from=source,
        equipment=numbers.get((school.pk, EQUIPMENT)),
    )
