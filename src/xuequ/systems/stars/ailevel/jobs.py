"""Long work: evaluate a round, audit the system of indexes by it."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django_tasks import task

from xuequ.core import clock
from xuequ.core.jobs.context import report_progress
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.engines.errors import InputError
from xuequ.record.actions import canonical_json, finish_run, save_run_file, start_run
from xuequ.record.choices import RunState
from xuequ.record.models import Run
from xuequ.systems.stars.ailevel.inputs import Answered, answers_of, differing, facts_table, rater_names
from xuequ.systems.stars.ailevel.models import LevelEvaluation, LevelRound, SchoolLevel, SystemAudit
from xuequ.systems.stars.ailevel.scheme import LevelScheme, read_scheme
from xuequ.systems.stars.ailevel.wording import refusal_text

RESULT = "findings.json"


@task()
def evaluate_round(run_uid: str) -> str:
    """Evaluate all schools of a run's round; a call after it was done changes nothing."""
    # SciPy is for the worker, not for every page.
    from xuequ.systems.stars.ailevel.evaluating import LevelFindings, evaluate_levels

    run, round_, scheme = _opened(run_uid)
    if run.state == RunState.DONE:
        # Schools may have answered it already; what they wrote must not be swept away.
        return RunState.DONE
    answers = answers_of(round_)
    table = facts_table(round_, scheme, answers)
    start_run(run, table)
    report_progress(0.3, "")
    try:
        found: LevelFindings = evaluate_levels(table, scheme, run.seed)
    except InputError as error:
        return _refused(run, error)
    report_progress(0.9, "")
    whole = found.as_dict()
    content = canonical_json(whole).encode()
    save_run_file(run, RESULT, content)
    with transaction.atomic():
        evaluation = _keep(run, round_, scheme, answers, whole, hashlib.sha256(content).hexdigest())
        _keep_schools(evaluation, list(whole["schools"]))
        finish_run(run, actor=Actor.system(clock.today()))
    return RunState.DONE


@task()
def audit_round(run_uid: str) -> str:
    """Audit the system of indexes by the facts of a run's round."""
    from xuequ.systems.stars.ailevel.auditing import audit_system

    run, round_, scheme = _opened(run_uid)
    table = facts_table(round_, scheme)
    start_run(run, table)
    report_progress(0.3, "")
    try:
        found = audit_system(table, scheme, run.seed)
    except InputError as error:
        return _refused(run, error)
    save_run_file(run, RESULT, canonical_json(found).encode())
    with transaction.atomic():
        SystemAudit.objects.update_or_create(run=run, defaults={"round": round_, "findings": found})
        finish_run(run, actor=Actor.system(clock.today()))
    return RunState.DONE


def _opened(run_uid: str) -> tuple[Run, LevelRound, LevelScheme]:
    run = Run.objects.get(uid=UUID(run_uid))
    round_ = LevelRound.objects.select_related("survey__version").get(uid=UUID(run.parameters["round"]))
    report_progress(0.1, "")
    return run, round_, read_scheme(run.parameters["scheme"])


def _refused(run: Run, error: InputError) -> str:
    finish_run(run, actor=Actor.system(clock.today()), state=RunState.REFUSED, refusal=refusal_text(error))
    return RunState.REFUSED


def _keep(run: Run, round_: LevelRound, scheme: LevelScheme, answers: Sequence[Answered], found: dict[str, Any],
          sha256: str) -> LevelEvaluation:  # fmt: skip
    apart = [
        {"school": str(one.school.uid), "index": one.index, "answered": one.answered, "known": one.known}
        for one in differing(answers, scheme)
    ]
    findings = {name: value for name, value in found.items() if name != "schools"}
    findings |= {
        "raters": list(rater_names(round_).values()),
        "answers": len(answers),
        "careless": [str(one.school.uid) for one in answers if one.careless],
        "differing": apart,
    }
    defaults = {"round": round_, "findings": findings, "sha256": sha256}
    return LevelEvaluation.objects.update_or_create(run=run, defaults=defaults)[0]


def _keep_schools(evaluation: LevelEvaluation, found: list[dict[str, Any]]) -> None:
    evaluation.schools.all().delete()
    schools = {
        str(row.uid): row.pk for row in School.objects.filter(uid__in=[one["school"] for one in found])
    }
    SchoolLevel.objects.bulk_create(
        SchoolLevel(
            evaluation=evaluation,
            school_id=schools[one["school"]],
            score=one["score"],
            low=one["low"],
            high=one["high"],
            leading=one["leading"],
            verdict=one["verdict"] or "",
            result=one,
        )
        for one in found
    )
