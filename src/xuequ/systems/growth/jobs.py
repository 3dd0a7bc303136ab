"""Long work: evaluate one run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import polars as pl
from django.db import transaction
from django_tasks import task

from xuequ.core import clock
from xuequ.core.jobs.context import report_progress
from xuequ.district.actors import Actor
from xuequ.engines.errors import InputError
from xuequ.engines.growth.audits.inputs import AuditOptions
from xuequ.engines.growth.growth_design import GrowthDesign
from xuequ.record.actions import finish_run, parquet_bytes, start_run
from xuequ.record.choices import RunState
from xuequ.record.models import Assessment, Run
from xuequ.systems.growth import storing
from xuequ.systems.growth.audit_table import audit_input
from xuequ.systems.growth.cohorts import assessments_of, cohort_table
from xuequ.systems.growth.models import Evaluation
from xuequ.systems.growth.wording import error_text

if TYPE_CHECKING:
    from xuequ.systems.growth.analysing import Complete


@task()
def evaluate_run(run_uid: str) -> str:
    """Compute the findings of a run; a second call computes and stores the same again."""
    run = Run.objects.select_related("study").get(uid=UUID(run_uid))
    design = GrowthDesign.from_dict(run.parameters["design"])
    report_progress(0.1, "")
    table, options = audit_input(cohort_table(design, run.study), design, run.study)
    start_run(run, table)
    report_progress(0.3, "")
    try:
        computed = _compute(run, design, table, options)
    except InputError as error:
        finish_run(run, actor=Actor.system(clock.today()), state=RunState.REFUSED, refusal=error_text(error))
        return RunState.REFUSED
    report_progress(0.9, "")
    keep(run, design, computed)
    return RunState.DONE


def _compute(run: Run, design: GrowthDesign, table: pl.DataFrame, options: AuditOptions) -> "Complete":
    # SciPy is for the worker, not for every page.
    from xuequ.engines.growth.evaluation import evaluate
    from xuequ.systems.growth.analysing import complete

    findings = evaluate(table, design)
    report_progress(0.6, "")
    grade = _grade(assessments_of(design)[0])
    return complete(table, findings, options, storing.earlier_effects(run, grade, design.period), run.seed)


def _grade(outcomes: Sequence[Assessment]) -> int | None:
    grades = {assessment.grade for assessment in outcomes}
    return grades.pop() if len(grades) == 1 else None


def keep(run: Run, design: GrowthDesign, computed: "Complete") -> Evaluation:
    """Write files and rows and close the run."""
    findings = computed.findings
    tables = {name: parquet_bytes(table) for name, table in storing.analysis_tables(computed).items()}
    files = {**storing.result_files(findings), **tables}
    storing.save_files(run, files)
    outcomes, priors = assessments_of(design)
    with transaction.atomic():
        evaluation, _made = Evaluation.objects.update_or_create(
            run=run,
            defaults={
                "grade": _grade(outcomes),
                "period": design.period,
                "outcome_label": _label(outcomes),
                "prior_label": _label(priors),
                "findings": storing.summary_of(findings),
                "pupils": findings.main.n,
                "audits": storing.audit_summaries(computed.audits),
                "analysis": computed.analysis.as_dict(),
                "results_sha256": storing.digest(files),
            },
        )
        evaluation.outcomes.set(outcomes)
        evaluation.priors.set(priors)
        storing.store(evaluation, findings)
        finish_run(run, actor=Actor.system(clock.today()))
    return evaluation


def _label(assessments: Sequence[Assessment]) -> str:
    """Name assessments together; what their names have in common at both ends stands once."""
    names = [assessment.name for assessment in assessments]
    start = _common_start(names)
    if len(names) < 2 or len(start) < 4:
        return "、".join(names)[:200]
    rest = [name.removeprefix(start) for name in names]
    end = _common_start([text[::-1] for text in rest])[::-1]
    own = "、".join(text.removesuffix(end).strip() for text in rest)
    return f"{start.strip()}{end.strip()}（{own}）"[:200]


def _common_start(names: Sequence[str]) -> str:
    first, last = min(names, default=""), max(names, default="")
    same = next(
        (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last))
    )
    return first[:same]
