"""``xuequ import ledgers``: attendance and books borrowed by month, by the same steps as the pages."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.import_errors import errors_of, print_errors
from xuequ.cli.output import print_json, print_table
from xuequ.cli.server import prepare, refuse

if TYPE_CHECKING:
    from xuequ.district.models import SchoolYear
    from xuequ.record.models import ImportBatch

COUNTS = ("rows", "months", "added", "changed")


def ledgers(
    file: Annotated[Path, typer.Argument(help="Ledger: .xlsx, .xls, .et, .ods or .csv.", exists=True)],
    school_year: Annotated[str, typer.Option(help="Such as 2025-2026; today's when left out.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only; store nothing.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Check a ledger, store its months and publish the school year; exit 2 and store nothing if something is wrong."""
    prepare()
    from xuequ.core.errors import Refused

    try:
        document = bring_in(file, _year(school_year), dry_run=dry_run)
    except Refused as refusal:
        refuse(str(refusal))
    _print(document, json_)
    if document["errors"]:
        raise typer.Exit(2)


def _year(code: str) -> "SchoolYear":
    from xuequ.core import clock
    from xuequ.core.errors import Refused
    from xuequ.district.models import SchoolYear
    from xuequ.district.queries import year_on

    found = SchoolYear.objects.filter(code=code).first() if code else year_on(clock.today())
    if found is None:
        raise Refused(f"there is no school year {code or 'today'}")
    return found


def bring_in(path: Path, year: "SchoolYear", *, dry_run: bool) -> dict[str, Any]:
    """Upload, check and (unless ``dry_run``) store; return what happened, errors by cell."""
    from django.core.files.base import ContentFile

    from xuequ.core import clock
    from xuequ.core.errors import Refused
    from xuequ.district.actors import Actor
    from xuequ.systems.office.ledgers import actions

    actor = Actor.system(clock.today())
    batch = actions.upload(actor=actor, file=ContentFile(path.read_bytes(), name=path.name), year=year)
    if dry_run or not actions.may_be_stored(batch):
        document = _document(batch)
        actions.discard(actor=actor, batch=batch)
        return document
    try:
        stored = actions.confirm(actor=actor, batch=batch)
    except Refused:
        actions.discard(actor=actor, batch=batch)
        raise
    return {**_document(stored), "stored": True}


def _document(batch: "ImportBatch") -> dict[str, Any]:
    from xuequ.systems.office.ledgers.problems import Problem, Remark

    problems = [Problem.from_json(item) for item in batch.problems]
    errors = errors_of(batch.file_name, problems)
    counts = {name: batch.summary.get(name, 0) for name in COUNTS}
    remarks = [str(Remark.from_json(item)) for item in batch.summary["remarks"]]
    return {"file": batch.file_name, **counts, "stored": False, "remarks": remarks, "errors": errors}


def _print(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    names = (*COUNTS, "stored")
    print_table(document["file"], names, [[document[name] for name in names]])
    if document["remarks"]:
        print_table("remarks", ("remark",), [(remark,) for remark in document["remarks"]])
    print_errors(document["errors"])
