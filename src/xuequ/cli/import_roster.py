"""``xuequ import roster``: who is who, by the same steps as the pages."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.output import print_json, print_table
from xuequ.cli.server import prepare, refuse

if TYPE_CHECKING:
    from xuequ.kit.roster.options import Options
    from xuequ.record.models import ImportBatch

ACTIONS = ("added", "changed", "removed")


def roster(
    file: Annotated[Path, typer.Argument(help="Workbook (.xlsx, .xls, .et, .ods) or .csv.", exists=True)],
    mapping: Annotated[
        str, typer.Option(help="Name of the mapping of headings; found out when left out.")
    ] = "",
    school_year: Annotated[str, typer.Option(help="Such as 2025-2026; today's when left out.")] = "",
    since: Annotated[
        str, typer.Option("--from", help="Day from which changes hold, such as 2025-09-01.")
    ] = "",
    complete: Annotated[
        bool, typer.Option("--complete", help="Whole lists: whoever is missing has left the schools listed.")
    ] = False,
    accept_removals: Annotated[
        bool, typer.Option("--accept-removals", help="Also when more than a tenth of a list is taken out.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only; store nothing.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Check a roster and store it when nothing is wrong; exit 2 and store nothing otherwise."""
    prepare()
    from xuequ.core.errors import Refused

    try:
        options = _options(mapping, school_year, since, complete)
        document = bring_in(file, options, dry_run=dry_run, agreed=accept_removals)
    except Refused as refusal:
        refuse(str(refusal))
    _print(document, json_)
    if document["errors"]:
        raise typer.Exit(2)


def _options(mapping: str, school_year: str, since: str, complete: bool) -> "Options":
    from xuequ.core import clock
    from xuequ.core.errors import Refused
    from xuequ.kit.roster.mappings import mapping_called
    from xuequ.kit.roster.options import options_for

    chosen = mapping_called(mapping) if mapping else None
    if mapping and chosen is None:
        raise Refused(f"there is no mapping called {mapping!r}")
    return options_for(
        clock.today(), school_year, since, mapping=str(chosen.uid) if chosen else "", complete=complete
    )


def bring_in(path: Path, options: "Options", *, dry_run: bool, agreed: bool) -> dict[str, Any]:
    """Upload, check and (unless ``dry_run``) confirm; return what happened, errors by cell."""
    from django.core.files.base import ContentFile

    from xuequ.core import clock
    from xuequ.core.errors import Refused
    from xuequ.district.actors import Actor
    from xuequ.kit.roster import actions

    actor = Actor.system(clock.today())
    file = ContentFile(path.read_bytes(), name=path.name)
    batch = actions.check(actor=actor, batch=actions.upload(actor=actor, file=file, options=options))
    document = _document(batch)
    if dry_run or not actions.may_be_confirmed(batch):
        actions.discard(actor=actor, batch=batch)
        return document
    try:
        actions.confirm(actor=actor, batch=batch, agreed=agreed)
        actions.index_stored(batch)
    except Refused:
        actions.discard(actor=actor, batch=batch)
        raise
    return {**document, "stored": True}


def _document(batch: "ImportBatch") -> dict[str, Any]:
    from xuequ.kit.roster.problems import Problem
    from xuequ.kit.roster.wording import REASONS

    problems = [Problem.from_json(item) for item in batch.problems]
    errors = [
        _error(
            batch, problem.sheet, problem.cell, problem.code, f"{problem.message} {problem.remedy}".strip()
        )
        for problem in problems
    ]
    errors += [
        _error(batch, q["key"].split("!")[0], q["cell"], q["reason"], str(REASONS[q["reason"]]))
        for q in batch.questions
    ]
    counts = {action: batch.summary[action] for action in ACTIONS}
    return {"file": batch.file_name, **counts, "stored": False, "errors": errors}


def _error(batch: "ImportBatch", sheet: str, cell: str, code: str, message: str) -> dict[str, str]:
    return {"file": batch.file_name, "sheet": sheet, "cell": cell, "code": code, "message": message}


def _print(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    tables = sorted({kind for action in ACTIONS for kind in document[action]})
    rows = [(kind, *(document[action].get(kind, 0) for action in ACTIONS)) for kind in tables]
    stored = "stored" if document["stored"] else "not stored"
    print_table(f"{document['file']} ({stored})", ("table", *ACTIONS), rows)
    if document["errors"]:
        errors = [(e["sheet"], e["cell"], e["code"], e["message"]) for e in document["errors"]]
        print_table("errors", ("sheet", "cell", "code", "message"), errors)
