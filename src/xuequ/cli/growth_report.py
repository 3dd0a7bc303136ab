"""``xuequ growth report``: from a score file and a design to a finished report, without a database."""

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
from typing import TYPE_CHECKING, Annotated

import typer

from xuequ.cli.design_file import DesignFile, read_design, read_table
from xuequ.cli.output import print_json
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    from xuequ.engines.growth.findings import GrowthFindings
    from xuequ.systems.growth.material import Material

FILES = ("report.html", "report.pdf", "report.xlsx", "report.docx", "results.csv", "results.json")


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
    lang: Annotated[Language, typer.Option("--lang", help="Language of the report.")] = Language.ZH,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document about what was written.")] = False,
) -> None:
    """Evaluate a score file and write report.html, .pdf, .xlsx, .docx and the results as CSV and JSON."""
    from xuequ.engines.growth.evaluation import evaluate

    _check_folder(out)
    wanted = read_design(design)
    table = read_table(scores, wanted)
    print("xuequ: evaluating", file=sys.stderr)
    findings = evaluate(table, wanted.design)
    with _site(lang), _folder(out) as folder:
        print("xuequ: writing the report", file=sys.stderr)
        _write(folder, findings, _material(findings, wanted, scores), scores)
    if json_:
        print_json({"out": str(out), "files": list(FILES), "summary": findings.summary()})
    else:
        print(f"{out}: {', '.join(FILES)}")


def _material(findings: GrowthFindings, wanted: DesignFile, scores: Path) -> Material:
    from django.utils.translation import gettext as _

    from xuequ.core.clock import SHANGHAI
    from xuequ.systems.growth.material import Material, SchoolLine, in_order

    fields = set(SchoolLine.__dataclass_fields__)
    lines = [
        SchoolLine(
            key=row["school"],
            name=row["school"],
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


def _write(folder: Path, findings: GrowthFindings, material: Material, scores: Path) -> None:
    from xuequ.core.rendering.html import render_html
    from xuequ.core.rendering.pdf import render_pdf
    from xuequ.core.rendering.spreadsheet import render_xlsx
    from xuequ.core.rendering.word import render_docx
    from xuequ.systems.growth.sections import district_blocks, report_of

    made = report_of(material, district_blocks(material), material.title)
    (folder / "report.html").write_text(render_html(made), encoding="utf-8")
    (folder / "report.pdf").write_bytes(render_pdf(made))
    (folder / "report.xlsx").write_bytes(render_xlsx(made))
    (folder / "report.docx").write_bytes(render_docx(made))
    # A mark at the start makes spreadsheet programs read UTF-8.
    findings.schools.write_csv(folder / "results.csv", include_bom=True)
    results = findings.summary() | {
        "schools": findings.schools.to_dicts(),
        "classes": findings.classes.to_dicts(),
    }
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
