"""A design proposed from the assessments that a district holds, each choice with its reason as a code."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from xuequ.engines.growth.findings import Reason
from xuequ.engines.growth.growth_design import GrowthDesign, Measure

MONITORING, GRADUATION, SCHOOL_MADE, STUDY = "monitoring", "graduation", "school-made", "study"


@dataclass(frozen=True, slots=True)
class AvailableAssessment:
    """One assessment as far as a proposal needs to know it.

    ``ground`` is ``monitoring``, ``graduation``, ``school-made`` or ``study``; ``year`` the first calendar
    year of the school year; ``pupils`` the number with a numeric result; ``is_total`` marks a sum of the
    subjects of the same sitting.
    """

    column: str
    subject: str
    ground: str
    grade: int | None
    year: int | None
    pupils: int
    held_on: dt.date | None = None
    order: int = 0
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Sitting:
    """The assessments of one grade held on one ground in one school year."""

    ground: str
    grade: int | None
    year: int | None
    assessments: tuple[AvailableAssessment, ...]

    @property
    def pupils(self) -> int:
        """Results in all, an upper bound of the pupils."""
        return sum(assessment.pupils for assessment in self.assessments)

    @property
    def cohort(self) -> int | None:
        """The school year in which these pupils were in grade 1: equal for two sittings of the same pupils."""
        return None if self.year is None or self.grade is None else self.year - self.grade + 1

    @property
    def stage(self) -> int:
        """1 for grades 1 to 6, 2 for 7 to 9, 3 above: growth across two of them is not one school's."""
        return 1 + ((self.grade or 0) > 6) + ((self.grade or 0) > 9)

    def measures(self) -> tuple[Measure, ...]:
        """A total alone where there is one, else every subject."""
        totals = [a for a in self.assessments if a.is_total]
        return tuple(Measure(a.column, a.subject) for a in (totals[:1] or self.assessments))


@dataclass(frozen=True, slots=True)
class Proposal:
    """A design and why each part was chosen."""

    design: GrowthDesign
    outcome: Sitting
    prior: Sitting
    reasons: tuple[Reason, ...] = field(default_factory=tuple)


def propose_designs(
    available: Iterable[AvailableAssessment], factors: Sequence[str] = ()
) -> tuple[Proposal, ...]:
    """Propose one design for each outcome that has an admissible starting point, the newest outcome first.

    Only results that are common to all schools are used: a school's own tests never are. The starting point
    is the first sitting of the same pupils in the same stage of school. An external study without dates takes
    its first column of results as the outcome and the next as the starting point, and says that this is a
    guess.
    """
    usable = [a for a in available if a.ground != SCHOOL_MADE and a.pupils > 0]
    study = sorted((a for a in usable if a.ground == STUDY), key=lambda a: a.order)
    if study:
        return _study(study, factors)
    sittings = _sittings(usable)
    found = [_pair(outcome, sittings, factors) for outcome in sittings]
    return tuple(sorted((p for p in found if p is not None), key=_newest_first))


def propose_design(available: Iterable[AvailableAssessment], factors: Sequence[str] = ()) -> Proposal | None:
    """Return the first of ``propose_designs``, or None when no two sittings of the same pupils exist."""
    return next(iter(propose_designs(available, factors)), None)


def _newest_first(proposal: Proposal) -> tuple[int, int]:
    return -(proposal.outcome.year or 0), -(proposal.outcome.grade or 0)


def _sittings(available: Sequence[AvailableAssessment]) -> list[Sitting]:
    def key(a: AvailableAssessment) -> tuple[int, int, str]:
        return a.year or 0, a.grade or 0, a.ground

    dated = sorted((a for a in available if a.year is not None and a.grade is not None), key=key)
    found = [
        (rows[0], tuple(sorted(rows, key=lambda a: (a.subject, a.column)))) for rows in _grouped(dated, key)
    ]
    return [Sitting(first.ground, first.grade, first.year, rows) for first, rows in found]


def _grouped(
    rows: list[AvailableAssessment], key: Callable[[AvailableAssessment], tuple[int, int, str]]
) -> list[list[AvailableAssessment]]:
    return [list(group) for _key, group in groupby(rows, key=key)]


def _pair(outcome: Sitting, sittings: Sequence[Sitting], factors: Sequence[str]) -> Proposal | None:
    earlier = [
        s
        for s in sittings
        if s.cohort == outcome.cohort and s.stage == outcome.stage and (s.year or 0) < (outcome.year or 0)
    ]
    if not earlier:
        return None
    prior = min(earlier, key=lambda s: (s.year or 0, -s.pupils))
    years = (outcome.year or 0) - (prior.year or 0)
    reasons = [
        Reason("outcome-latest", {"grade": outcome.grade or 0}),
        Reason("prior-same-pupils", {"grade": prior.grade or 0, "years": years}),
    ]
    if len(outcome.measures()) > 1 or len(prior.measures()) > 1:
        reasons.append(
            Reason("pooled-within-subject", {"subjects": max(len(outcome.measures()), len(prior.measures()))})
        )
    reasons += _model_reasons(factors)
    period = f"{outcome.year}-{(outcome.year or 0) + 1}"
    design = GrowthDesign(outcome.measures(), prior.measures(), tuple(factors), period=period)
    return Proposal(design, outcome, prior, tuple(reasons))


def _study(rows: list[AvailableAssessment], factors: Sequence[str]) -> tuple[Proposal, ...]:
    if len(rows) < 2:
        return ()
    dated = all(row.held_on is not None for row in rows) and len({row.held_on for row in rows}) > 1
    if dated:
        rows = sorted(rows, key=lambda a: (a.held_on or dt.date.min, -a.order), reverse=True)
    first = Sitting(STUDY, None, None, (rows[0],))
    second = Sitting(STUDY, None, None, (rows[1],))
    why = Reason("study-dates" if dated else "study-guess")
    design = GrowthDesign(first.measures(), second.measures(), tuple(factors))
    return (Proposal(design, first, second, (why, *_model_reasons(factors))),)


def _model_reasons(factors: Sequence[str]) -> list[Reason]:
    counted: Mapping[str, float] = {"factors": len(factors)}
    found = [Reason("school-mean"), Reason("shrinkage"), Reason("minimum-pupils", {"pupils": 10})]
    return [*found, Reason("factors-beside", counted)] if factors else found
