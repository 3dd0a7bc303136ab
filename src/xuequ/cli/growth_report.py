"""``xuequ growth report``: from a score file and a design to finished reports, without a database."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.design_file import DesignFile, read_design, read_table
from xuequ.cli.output import print_json
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.core.reports import Report
    from xuequ.engines.growth.findings import GrowthFindings
    from xuequ.systems.growth.analysing import Complete
    from xuequ.systems.growth.material import Material

FORMATS = ("html", "pdf", "xlsx", "docx")
REPORTS = ("report", "comprehensive")
RESULTS = ("results.csv", "results.json")
FILES = (*(f"{name}.{form}" for name in REPORTS for form in FORMATS), *RESULTS)


class Language(StrEnum):
    """In which language the report is written."""

    ZH = "zh"
    EN = "en"

    @property
    def code(self) -> str:
        return "zh-hans" if self is Language.ZH else "en"


def report(
    scores: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GBK) or Parquet, one row for each pupil.")],
    design: Annotated[
        Path,
        typer.Option("--design", help="TOML: outcomes, priors, factors and the columns of school and class."),
    ],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for the report; an earlier report in it is replaced.")
    ],
    lang: Annotated[Language, typer.Option("--lang", help="Language of the reports.")] = Language.ZH,
    formats: Annotated[
        str, typer.Option("--formats", help="Which of html,pdf,xlsx,docx are written.")
    ] = ",".join(FORMATS),
    past: Annotated[
        list[Path] | None,
        typer.Option(
            "--past", help="results.json of an earlier year's report, for the trend; may be repeated."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the intervals of shares.")] = 0,
    json_: Annotated[
        bool, typer.Option("--json", help="One JSON document about what was written and found.")
    ] = False,
) -> None:
    """Evaluate a score file: report and comprehensive report in each format, and the results as CSV and JSON."""
    # Sums taken by several threads may differ in their last digit: equal input gives equal bytes.
    for name in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    from xuequ.engines.growth.evaluation import evaluate

    chosen = _formats(formats)
    _check_folder(out)
    wanted = read_design(design)
    earlier = read_past(past or [], wanted.design.period)
    table = read_table(scores, wanted)
    print("xuequ: evaluating", file=sys.stderr)
    findings = evaluate(table, wanted.design)
    with _site(lang), _folder(out) as folder:
        from xuequ.systems.growth.analysing import complete

        print("xuequ: looking for trend, differences and factors", file=sys.stderr)
        whole = complete(table, findings, wanted.audit, earlier, seed)
        print("xuequ: writing the reports", file=sys.stderr)
        made = reports_of(whole, _material(findings, wanted, scores), lang)
        files = [*_write_reports(folder, made, chosen), *RESULTS]
        found = results_of(whole)
        _write_results(folder, findings, found)
    if json_:
        del found["schools"], found["classes"]
        print_json({"out": str(out), "files": files, "summary": findings.summary()} | found)
    else:
        print(f"{out}: {', '.join(files)}")


def _formats(text: str) -> list[str]:
    found = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if unknown := [form for form in found if form not in FORMATS]:
        raise InputError("unknown-format", f"no format {unknown[0]!r}; there are: {', '.join(FORMATS)}")
    if not found:
        raise InputError("unknown-format", f"name at least one format of: {', '.join(FORMATS)}")
    return found


def read_past(files: list[Path], period: str) -> pl.DataFrame | None:
    """Read earlier years' ``results.json`` as the table that a trend is made of; None without any.

    Raises
    ------
    InputError
        ``no-such-file``, ``past-file``, ``past-period`` when years cannot be put in a row.
    """
    import polars as pl

    if not files:
        return None
    if not period[:4].isdecimal():
        raise InputError("past-period", 'a trend needs the design\'s period, such as period = "2025-2026"')
    rows = [row for file in files for row in _past_rows(file, period)]
    kinds = {name: pl.String if name in ("school", "period") else pl.Float64 for name in _PAST}
    table = pl.DataFrame(rows, schema=kinds, orient="row")
    if table.select(pl.struct("school", "period").is_duplicated().any()).item():
        raise InputError("past-period", "two of the earlier results are of the same period")
    return table


_PAST = ("school", "period", "effect", "conditional_se", "reliability")


def _past_rows(file: Path, period: str) -> list[tuple[object, ...]]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        year, schools = str(data["design"]["period"]), data["schools"]
        rows = [(str(s["school"]), year, *(s[name] for name in _PAST[2:])) for s in schools]
    except OSError as error:
        raise InputError("no-such-file", f"{file} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("past-file", f"{file.name} is no results.json of an earlier report") from error
    if not year[:4].isdecimal() or year >= period:
        raise InputError(
            "past-period", f"{file.name} is of {year or 'no period'}, which is not before {period}"
        )
    return rows


def reports_of(whole: Complete, material: Material, lang: Language) -> dict[str, Report]:
    """The report and the comprehensive report; every number in their sentences is proven to stand in a table."""
    from xuequ.core.rendering.checker import check_report
    from xuequ.systems.growth.analysis_pictures import trend_lines
    from xuequ.systems.growth.analysis_sections import comprehensive, district_analysis
    from xuequ.systems.growth.process_facts import titles
    from xuequ.systems.growth.sections import district_blocks, report_of
    from xuequ.systems.growth.suggestions import Case

    case = Case(
        material=material,
        analysis=whole.analysis,
        trends=tuple(trend_lines(whole.trend, {line.key: line.name for line in material.schools})),
        verdicts=tuple(one.verdict for one in whole.audits),
    )
    blocks = district_analysis(case, titles(whole.findings.design.process))
    made = {
        "report": report_of(material, district_blocks(material), material.title),
        "comprehensive": comprehensive(case, blocks, material.title),
    }
    for name, report in made.items():
        if problems := check_report(report, [lang.code]):
            message = (
                f"a sentence of {name} states what no table holds: {problems[0].where} ({problems[0].what})"
            )
            raise RuntimeError(message)
    return made


def _called(school: str) -> str:
    """A file may know its schools by a number only, which would read like a count in a sentence."""
    from django.utils.translation import gettext as _

    return _("school %(number)s") % {"number": school} if school.isdecimal() else school


def _material(findings: GrowthFindings, wanted: DesignFile, scores: Path) -> Material:
    from django.utils.translation import gettext as _

    from xuequ.core.clock import SHANGHAI
    from xuequ.systems.growth.material import Material, SchoolLine, in_order

    fields = set(SchoolLine.__dataclass_fields__)
    lines = [
        SchoolLine(
            key=row["school"],
            name=_called(row["school"]),
            bands={band: row[band] for band in _bands() if row[band] is not None},
            alternatives=_alternatives(findings, row["school"]),
            **{name: row[name] for name in fields & set(row)},
        )
        for row in findings.schools.iter_rows(named=True)
    ]
    if wanted.date is not None:
        moment = dt.datetime.combine(wanted.date, dt.time(), SHANGHAI)
    else:
        moment = dt.datetime.fromtimestamp(int(scores.stat().st_mtime), SHANGHAI)
    return Material(
        title=wanted.texts.get("title", scores.stem),
        issuer=wanted.texts.get("issuer", _("external study")),
        period=wanted.design.period,
        outcome="、".join(measure.column for measure in wanted.design.outcomes),
        prior="、".join(measure.column for measure in wanted.design.priors),
        stamp=moment.isoformat(timespec="seconds"),
        run=None,
        design=findings.design,
        models=findings.models,
        distinguishability=findings.distinguishability,
        needs=findings.needs,
        remarks=findings.remarks,
        schools=in_order(lines, findings.needs),
        outcome_sd=findings.outcome_sd,
        is_study=True,
    )


def _bands() -> tuple[str, ...]:
    from xuequ.engines.growth.findings import BANDS

    return BANDS


def _alternatives(findings: GrowthFindings, school: str) -> dict[str, float]:
    import polars as pl

    rows = findings.alternatives.filter((pl.col("school") == school) & (pl.col("model") != "main"))
    return dict(rows.select("model", "effect").iter_rows())


def _write_reports(folder: Path, made: dict[str, Report], formats: list[str]) -> list[str]:
    from xuequ.core.rendering.formats import FORMATS as RENDERED

    names = []
    for name, report in made.items():
        for form in formats:
            (folder / f"{name}.{form}").write_bytes(RENDERED[form].render(report))
            names.append(f"{name}.{form}")
    return names


def results_of(whole: Complete) -> dict[str, Any]:
    """Every number behind the reports as plain JSON values."""
    from xuequ.cli.growth_tables import rows

    findings = whole.findings
    return {
        "schools": findings.schools.to_dicts(),
        "classes": findings.classes.to_dicts(),
        "analysis": whole.analysis.as_dict(),
        "trend": rows(whole.trend),
        "process": rows(whole.places),
        "audits": [
            {"audit": one.code.value, "verdict": one.verdict.value, "statistic": one.statistic, "p": one.p}
            for one in whole.audits
        ],
    }


def _write_results(folder: Path, findings: GrowthFindings, found: dict[str, Any]) -> None:
    # A mark at the start makes spreadsheet programs read UTF-8.
    findings.schools.write_csv(folder / "results.csv", include_bom=True)
    results = findings.summary() | found
    text = json.dumps(results, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")


@contextmanager
def _site(language: Language) -> Iterator[None]:
    """Django for its templates and translations only, on a data folder that is thrown away."""
    from xuequ.cli.server import prepare

    with tempfile.TemporaryDirectory(prefix="xuequ-report-") as home:
        before = os.environ.get("XUEQU_HOME")
        os.environ["XUEQU_HOME"] = home
        try:
            prepare()
            from django.utils import translation

            with translation.override(language.code):
                yield
        finally:
            os.environ.pop("XUEQU_HOME", None)
            if before is not None:
                os.environ["XUEQU_HOME"] = before


def _check_folder(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise InputError("out-exists", f"{out} is not a folder; name another for the report")
    if out.is_dir() and {item.name for item in out.iterdir()} - set(FILES):
        raise InputError(
            "out-not-empty", f"{out} holds other files than a report; name an empty or a new folder"
        )
    if not out.absolute().parent.is_dir():
        raise InputError("out-parent", f"there is no folder {out.absolute().parent} to put the report in")


@contextmanager
def _folder(out: Path) -> Iterator[Path]:
    """A new folder beside ``out`` that takes its place when everything has been written."""
    parent = out.absolute().parent
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=parent) as work:
        fresh, old = Path(work) / "new", Path(work) / "old"
        fresh.mkdir()
        yield fresh
        if out.exists():
            shutil.move(out, old)
        shutil.move(fresh, out)
