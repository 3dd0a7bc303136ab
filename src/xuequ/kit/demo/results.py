"""Writes the demo's assessments and results, each on a ground that the rules on examinations allow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xuequ.district.models import Subject, Term
from xuequ.engines.growth.simulation import SUBJECTS, Floats, Ints, assign_subjects, sit
from xuequ.kit.demo.context import AssessedCohort, DemoContext
from xuequ.kit.demo.names import DISTRICT_SHORT
from xuequ.kit.demo.population import YearOfGrade
from xuequ.kit.demo.roster import Roster, Values, insert, insert_values
from xuequ.kit.demo.timeline import graduation_day, monitoring_day, spring_start, term_exam, year_code
from xuequ.record.choices import Basis, Form, ResultStatus
from xuequ.record.models import Assessment, Result

Texts = npt.NDArray[np.str_]

MONITORED = (4, 5, 7, 8)
LEVELS = ("A", "B", "C", "D")
CHINESE_DIGITS = "零一二三四五六七八九"
# Full marks of the graduation examination, and whose standing each subject follows.
GRADUATION = {
    "chinese": (150, 0),
    "mathematics": (150, 1),
    "english": (150, 2),
    "physics": (100, 1),
    "chemistry": (100, 1),
    "history": (60, 0),
    "morality_law": (60, 0),
}


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Results of one assessment before they are written; only those with the status "scored" keep a value."""

    assessment: Assessment
    pupils: Ints
    classes: Ints
    status: Texts
    scores: Floats | None = None
    levels: Texts | None = None


def write_results(demo: DemoContext, roster: Roster) -> None:
    """Write monitoring, graduation and term levels; leave the cohorts fit for growth in ``demo.cohorts``."""
    found = {(y.year, y.grade): y for y in demo.population.years}
    monitoring: dict[tuple[int, int], tuple[int, ...]] = {}
    totals: dict[int, int] = {}
    for year in demo.timeline.years_with_results:
        for grade in MONITORED:
            sheets = _monitoring(demo, roster, found[year, grade])
            monitoring[year, grade] = _write(roster, sheets)
        if (year, 9) in found:
            totals[year] = _write(roster, _graduation(demo, roster, found[year, 9]))[-1]
    demo.progress(0.75, "term levels")
    for year, term in demo.timeline.terms_with_levels():
        for grade in range(3, 10):
            if (year, grade) in found:
                _write(roster, _levels(demo, roster, found[year, grade], term))
    demo.cohorts = _cohorts(monitoring, totals)


def _cohorts(
    monitoring: dict[tuple[int, int], tuple[int, ...]], totals: dict[int, int]
) -> list[AssessedCohort]:
    cohorts = [
        AssessedCohort(grade, year, monitoring[year - 1, grade - 1], outcomes)
        for (year, grade), outcomes in monitoring.items()
        if grade in (5, 8) and (year - 1, grade - 1) in monitoring
    ]
    cohorts += [
        AssessedCohort(9, year, monitoring[year - 2, 7], (total,), is_total=True)
        for year, total in totals.items()
        if (year - 2, 7) in monitoring
    ]
    return sorted(cohorts, key=lambda cohort: (-cohort.year, -cohort.grade))


def _term(roster: Roster, year: int, number: int) -> Term:
    return roster.terms[f"{year_code(year)}-{number}"]


def _title(year: int, grade: int, rest: str) -> str:
    return f"{year}—{year + 1}学年{CHINESE_DIGITS[grade]}年级{rest}"


def _monitoring(demo: DemoContext, roster: Roster, part: YearOfGrade) -> list[_Sheet]:
    """Each pupil of the sampled grade sits one subject, drawn at random within the class."""
    rng = demo.rng(f"monitoring {part.year} {part.grade}")
    subject = assign_subjects(rng, part.classes)
    observed = sit(rng, part.after, demo.population.pupils.own[part.pupils], subject)
    scores = np.round(500 + 85 * observed + 30 * (part.grade - 4), 1)
    status = _statuses(rng, part.after, absent=0.03)
    return [
        _Sheet(
            _monitoring_assessment(roster, part, roster.subjects[code]),
            part.pupils[subject == index],
            part.classes[subject == index],
            status[subject == index],
            scores[subject == index],
        )
        for index, code in enumerate(SUBJECTS)
    ]


def _monitoring_assessment(roster: Roster, part: YearOfGrade, subject: Subject) -> Assessment:
    return Assessment(
        name=DISTRICT_SHORT + _title(part.year, part.grade, f"{subject.name}抽样监测"),
        basis=Basis.SAMPLED_MONITORING,
        subject=subject,
        term=_term(roster, part.year, 2),
        grade=part.grade,
        held_on=monitoring_day(part.year),
        scale=f"monitoring-{subject.code}",
    )


def _statuses(rng: np.random.Generator, ability: Floats, *, absent: float) -> Texts:
    """Draw what became of each result; weak pupils are absent more often, as in life."""
    chance = absent * np.exp(-0.5 * ability)
    draw = rng.random((3, len(ability)))
    status = np.full(len(ability), str(ResultStatus.SCORED), dtype="U12")
    status[draw[0] < chance] = str(ResultStatus.ABSENT)
    status[draw[1] < 0.004] = str(ResultStatus.EXEMPT)
    status[draw[2] < 0.0005] = str(ResultStatus.CANCELLED)
    return status


def _graduation(demo: DemoContext, roster: Roster, part: YearOfGrade) -> list[_Sheet]:
    """All subjects and their total; who misses the examination misses all of it."""
    rng = demo.rng(f"graduation {part.year}")
    own = demo.population.pupils.own[part.pupils]
    status = _statuses(rng, part.after, absent=0.012)
    marks: dict[str, Floats] = {}
    for code, (full, follows) in GRADUATION.items():
        observed = sit(rng, part.after, own, np.full(len(part.pupils), follows))
        marks[code] = np.clip(np.round(full * (0.66 + 0.12 * observed) * 2) / 2, 0, full)
    total = np.sum(list(marks.values()), axis=0)
    sheets = [(roster.subjects[code], full, marks[code]) for code, (full, _follows) in GRADUATION.items()]
    whole = (None, sum(full for full, _follows in GRADUATION.values()), total)
    return [
        _Sheet(
            _graduation_assessment(roster, part.year, subject, full),
            part.pupils,
            part.classes,
            status,
            scores,
        )
        for subject, full, scores in [*sheets, whole]
    ]


def _graduation_assessment(roster: Roster, year: int, subject: Subject | None, full: int) -> Assessment:
    return Assessment(
        name=f"{year + 1}年初中学业水平考试{subject.name if subject else '总分'}",
        basis=Basis.GRADUATION,
        subject=subject,
        term=_term(roster, year, 2),
        grade=9,
        held_on=graduation_day(year),
        full_mark=full,
    )


def _levels(demo: DemoContext, roster: Roster, part: YearOfGrade, term: int) -> Iterator[_Sheet]:
    """Each school grades its own pupils by its own standard: levels mean something within the school only."""
    rng = demo.rng(f"levels {part.year} {part.grade} {term}")
    ability = part.before if term == 1 else part.after
    own = demo.population.pupils.own[part.pupils]
    here = (
        ~np.isin(part.pupils, _came_in_spring(demo, part.year))
        if term == 1
        else np.full(len(part.pupils), True)
    )
    for school in np.unique(part.schools).tolist():
        mine = np.flatnonzero((part.schools == school) & here)
        if not len(mine):
            continue
        shares = np.cumsum(rng.dirichlet(np.array([32.0, 38.0, 24.0, 6.0])))[:-1]
        for index, code in enumerate(SUBJECTS):
            observed = sit(rng, ability[mine], own[mine], np.full(len(mine), index))
            standing = (np.argsort(np.argsort(-observed)) + 0.5) / len(mine)
            levels = np.array(LEVELS)[np.searchsorted(shares, standing)]
            assessment = _levels_assessment(roster, part, term, school, roster.subjects[code])
            status = _statuses(rng, ability[mine], absent=0.012)
            yield _Sheet(assessment, part.pupils[mine], part.classes[mine], status, levels=levels)


def _came_in_spring(demo: DemoContext, year: int) -> list[int]:
    """Return the pupils who joined their class after the first term's grading."""
    day = spring_start(year)
    return [stay.pupil for stay in demo.population.stays if stay.start == day]


def _levels_assessment(
    roster: Roster, part: YearOfGrade, term: int, school: int, subject: Subject
) -> Assessment:
    half = "上" if term == 1 else "下"
    return Assessment(
        name=_title(part.year, part.grade, f"{half}学期期末{subject.name}等级"),
        basis=Basis.SCHOOL_FINAL,
        form=Form.LEVEL,
        subject=subject,
        term=_term(roster, part.year, term),
        grade=part.grade,
        held_on=term_exam(part.year, term),
        levels=list(LEVELS),
        school=roster.schools[school],
    )


def _write(roster: Roster, sheets: Iterable[_Sheet]) -> tuple[int, ...]:
    """Write assessments with their results; returns the assessments' keys."""
    held = list(sheets)
    assessments = insert(Assessment, [sheet.assessment for sheet in held])
    insert_values(Result, COLUMNS, (row for sheet in held for row in _rows(roster, sheet)))
    return tuple(assessment.pk for assessment in assessments)


COLUMNS = (
    "assessment_id", "pupil_id", "school_id", "school_class_id", "status", "score", "level", "raw_text",
    "is_current",
)  # fmt: skip


def _rows(roster: Roster, sheet: _Sheet) -> Iterator[Values]:
    none: list[None] = [None] * len(sheet.pupils)
    scores = none if sheet.scores is None else sheet.scores.tolist()
    levels = none if sheet.levels is None else sheet.levels.tolist()
    columns = (sheet.pupils.tolist(), sheet.classes.tolist(), sheet.status.tolist(), scores, levels)
    for pupil, school_class, status, score, level in zip(*columns, strict=True):
        row = roster.classes[school_class]
        key = (sheet.assessment.pk, roster.pupils[pupil].pk, row.school_id, row.pk, status)
        if status != ResultStatus.SCORED:
            yield (*key, None, "", "", True)
        else:
            yield (*key, score, level or "", level or f"{score:g}", True)
