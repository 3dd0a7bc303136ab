"""Findings into rows and files, and back. Equal findings give equal bytes, whatever the run's uid."""

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import polars as pl

from xuequ.district.models import School, SchoolClass
from xuequ.engines.growth.audits.verdicts import AuditCode, AuditFinding, AuditVerdict
from xuequ.engines.growth.findings import BANDS, GrowthFindings
from xuequ.record.actions import parquet_bytes, read_run_file, save_run_file
from xuequ.record.models import Run
from xuequ.systems.growth.analysis import EARLIER
from xuequ.systems.growth.audit_pictures import AuditLine
from xuequ.systems.growth.models import ClassGrowth, Evaluation, SchoolGrowth

if TYPE_CHECKING:
    from xuequ.systems.growth.analysing import Complete

SCHOOL_FIELDS = (
    "enrolled", "with_prior", "with_outcome", "n", "coverage", "prior_gap", "prior_mean", "level", "level_low",
    "level_high", "effect", "se", "low", "high", "conditional_se", "reliability", "verdict", "distinct_from",
    "share_above", "share_above_low", "share_above_high", "share_low",
)  # fmt: skip
CLASS_FIELDS = ("n", "growth", "within", "within_low", "within_high")
PUPILS = "pupils.parquet"
TREND = "trend.parquet"
GROUPS = "groups.parquet"
PROCESS = "process.parquet"


def result_files(findings: GrowthFindings) -> dict[str, bytes]:
    """Return every result as a file: what "the same run gives the same bytes" is said of."""
    return {
        "findings.json": findings.summary_json().encode(),
        PUPILS: parquet_bytes(findings.pupils),
        "schools.parquet": parquet_bytes(findings.schools),
        "classes.parquet": parquet_bytes(findings.classes),
        "alternatives.parquet": parquet_bytes(findings.alternatives),
    }


def analysis_tables(complete: "Complete") -> dict[str, pl.DataFrame]:
    """Return the tables behind the comprehensive report by the names of their files."""
    tables = {GROUPS: complete.groups, PROCESS: complete.places, TREND: complete.trend}
    return {**tables, **audit_tables(complete.audits)}


def audit_tables(audits: Iterable[AuditFinding]) -> dict[str, pl.DataFrame]:
    """Return the table behind each audit by the name of its file."""
    return {_evidence(one.code): one.evidence for one in audits if not one.evidence.is_empty()}


def _evidence(code: str) -> str:
    return f"audit-{code}.parquet"


def audit_summaries(audits: Iterable[AuditFinding]) -> list[dict[str, Any]]:
    """Return the audits without their tables as the JSON that the evaluation keeps."""
    return [
        {
            "code": one.code.value,
            "verdict": one.verdict.value,
            "statistic": one.statistic,
            "p": one.p,
            "numbers": dict(one.numbers),
            "schools": list(one.schools),
            "missing": one.missing,
            "evidence": not one.evidence.is_empty(),
        }
        for one in audits
    ]


def stored_audits(evaluation: Evaluation) -> list[AuditLine]:
    """Return the audits of an evaluation with their tables."""
    return [
        AuditLine(
            code=AuditCode(item["code"]),
            verdict=AuditVerdict(item["verdict"]),
            statistic=item["statistic"],
            p=item["p"],
            numbers=item["numbers"],
            schools=tuple(item["schools"]),
            missing=item["missing"],
            evidence=stored_table(evaluation.run, _evidence(item["code"]))
            if item["evidence"]
            else pl.DataFrame(),
        )
        for item in evaluation.audits
    ]


def stored_table(run: Run, name: str) -> pl.DataFrame:
    """Return a table that was kept with the run."""
    return pl.read_parquet(io.BytesIO(read_run_file(run, name)))


def digest(files: dict[str, bytes]) -> str:
    """Return the SHA-256 over names and contents in the order of the names."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return total.hexdigest()


def save_files(run: Run, files: dict[str, bytes]) -> None:
    """Write the files beside the run's snapshot."""
    for name, content in files.items():
        save_run_file(run, name, content)


def store(evaluation: Evaluation, findings: GrowthFindings) -> None:
    """Write the rows of an evaluation in the caller's transaction, in the place of an earlier attempt's."""
    evaluation.schools.all().delete()
    evaluation.classes.all().delete()
    schools = {str(uid): pk for pk, uid in School.objects.values_list("pk", "uid")}
    classes = {str(uid): pk for pk, uid in SchoolClass.objects.values_list("pk", "uid")}
    SchoolGrowth.objects.bulk_create(_school_rows(evaluation, findings, schools), batch_size=500)
    rows = findings.classes.filter(pl.col("class").is_not_null())
    ClassGrowth.objects.bulk_create(
        (
            ClassGrowth(
                evaluation=evaluation,
                school_id=schools[row["school"]],
                school_class_id=classes[row["class"]],
                **{name: row[name] for name in CLASS_FIELDS},
            )
            for row in rows.iter_rows(named=True)
        ),
        batch_size=500,
    )


def _school_rows(
    evaluation: Evaluation, findings: GrowthFindings, schools: dict[str, int]
) -> Iterator[SchoolGrowth]:
    others = _alternatives(findings.alternatives)
    for row in findings.schools.iter_rows(named=True):
        yield SchoolGrowth(
            evaluation=evaluation,
            school_id=schools[row["school"]],
            quadrant=row["quadrant"] or "",
            bands={band: row[band] for band in BANDS if row[band] is not None},
            alternatives=others.get(row["school"], {}),
            **{name: row[name] for name in SCHOOL_FIELDS},
        )


def _alternatives(table: pl.DataFrame) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for row in table.filter(pl.col("model") != "main").iter_rows(named=True):
        found.setdefault(row["school"], {})[row["model"]] = row["effect"]
    return found


def earlier_effects(run: Run, grade: int | None, period: str) -> pl.DataFrame | None:
    """Return the schools' effects in the published evaluations of earlier years of a grade (``EARLIER``).

    None where an evaluation has no past: of a study, or of several grades at once.
    """
    if run.study_id is not None or grade is None:
        return None
    rows = SchoolGrowth.objects.filter(
        evaluation__grade=grade,
        evaluation__period__lt=period,
        evaluation__published__isnull=False,
        evaluation__superseded=None,
        evaluation__run__study=None,
    )
    fields = ("school__uid", "evaluation__period", "effect", "conditional_se", "reliability")
    found = [(str(uid), *rest) for uid, *rest in rows.values_list(*fields)]
    return pl.DataFrame(found, schema=EARLIER, orient="row")


def summary_of(findings: GrowthFindings) -> dict[str, Any]:
    """Return the findings without tables as the JSON that the evaluation keeps."""
    return dict(json.loads(findings.summary_json()))


def pupil_rows(run: Run, where: pl.Expr) -> list[dict[str, Any]]:
    """Return the pupils of a run that ``where`` picks (columns of ``GrowthFindings.pupils``), by random key."""
    return stored_table(run, PUPILS).filter(where).to_dicts()
