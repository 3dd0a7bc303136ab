"""From answers of the survey and votes of raters to the one table that is evaluated."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db.models import Max

from xuequ.district.models import School
from xuequ.kit.questionnaires import expressions
from xuequ.kit.questionnaires.carefulness import signs
from xuequ.kit.questionnaires.models import Answer
from xuequ.kit.questionnaires.results import known_to
from xuequ.record.models import Indicator
from xuequ.systems.stars.ailevel.evaluating import INPUTS
from xuequ.systems.stars.ailevel.models import LevelRound, LevelVote
from xuequ.systems.stars.ailevel.scheme import Index, LevelScheme

APART, APART_AT_LEAST = 0.2, 1.0
"""An answer is asked about when it differs from what is known by a fifth and by at least one."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One school's answer: its data, and whether it shows a sign of carelessness."""

    school: School
    data: Mapping[str, Any]
    careless: bool


@dataclass(frozen=True, slots=True)
class Differing:
    """An answer that is not what another system counted."""

    school: School
    index: str
    answered: float
    known: float


def answers_of(round_: LevelRound) -> list[Answered]:
    """Return the newest answer of each school to the round's survey, in the order of the schools' codes."""
    if round_.survey is None:
        return []
    rows = Answer.objects.filter(round=round_.survey, school__isnull=False).select_related("school")
    newest = {row.school: row for row in rows.order_by("sent", "uid") if row.school is not None}
    form = round_.survey.version.form
    schools = sorted(newest, key=lambda school: school.code)
    listed = [newest[school] for school in schools]
    rule = round_.survey.contradiction
    node = expressions.parse(rule, known_to(form)) if rule else None
    _care, flagged = signs(form, [row.data for row in listed], [row.seconds for row in listed], node)
    return [
        Answered(school, row.data, flag) for school, row, flag in zip(schools, listed, flagged, strict=True)
    ]


def facts_table(
    round_: LevelRound, scheme: LevelScheme, answers: Sequence[Answered] | None = None
) -> pl.DataFrame:
    """Return the table of ``evaluating``; raters are numbered, so that nobody is named in it.

    ``answers`` are those of `answers_of` when they were read already: others may be sent in between.
    """
    answered = answers_of(round_) if answers is None else answers
    rows = [*_measured(answered, scheme.indexes), *_voted(round_)]
    return pl.DataFrame(sorted(rows), schema=INPUTS, orient="row")


def _measured(answers: Iterable[Answered], indexes: Sequence[Index]) -> Iterator[tuple[str, str, str, float]]:
    for one in answers:
        for index in indexes:
            if not index.is_voted and (value := index.value(one.data)) is not None:
                yield str(one.school.uid), index.code, "", value


def _voted(round_: LevelRound) -> Iterator[tuple[str, str, str, float]]:
    names = rater_names(round_)
    rows = LevelVote.objects.filter(seat__round=round_).select_related("school")
    for row in rows:
        for code, grade in row.grades.items():
            yield str(row.school.uid), code, names[row.seat_id], float(grade)


def rater_names(round_: LevelRound) -> dict[int, str]:
    """Return what raters are called in tables, by the key of their seat: r1, r2 … in the order of their seats."""
    keys = round_.raters.order_by("pk").values_list("pk", flat=True)
    return {pk: f"r{at}" for at, pk in enumerate(keys, 1)}


def differing(answers: Sequence[Answered], scheme: LevelScheme) -> list[Differing]:
    """Return the answers that another system's published number does not bear out."""
    checked = [index for index in scheme.indexes if index.known]
    rows = Indicator.objects.filter(
        code__in={index.known for index in checked}, superseded=None, school_class=None, value__isnull=False
    )
    newest = rows.values("code").annotate(period=Max("period")).values_list("code", "period")
    periods = dict(newest.order_by())
    known = {(row.code, row.school_id): row.value for row in rows if row.period == periods[row.code]}
    found = []
    for one in answers:
        for index in checked:
            said, counted = one.data.get(index.question), known.get((index.known, one.school.pk))
            if counted is not None and isinstance(said, int | float) and _apart(float(said), counted):
                found.append(Differing(one.school, index.code, float(said), counted))
    return found


def newer_than(round_: LevelRound, moment: dt.datetime) -> tuple[int, int]:
    """Return how many answers and votes of a round were sent after ``moment``."""
    votes = LevelVote.objects.filter(seat__round=round_, entered_at__gt=moment).count()
    if round_.survey_id is None:
        return 0, votes
    answers = Answer.objects.filter(round=round_.survey_id, school__isnull=False, sent__gt=moment)
    return answers.count(), votes


def _apart(said: float, known: float) -> bool:
    return abs(said - known) >= max(APART_AT_LEAST, APART * abs(known))
