"""``xuequ import``: files into the district's record, by the same steps as the pages."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.import_errors import errors_of, print_errors
from xuequ.cli.import_ledgers import ledgers
from xuequ.cli.import_roster import roster
from xuequ.cli.import_undo import undo
from xuequ.cli.output import print_json, print_table
from xuequ.cli.server import prepare, refuse

if TYPE_CHECKING:
    from xuequ.kit.scores.options import Options
    from xuequ.record.models import ImportBatch

app = typer.Typer(no_args_is_help=True)
app.command()(roster)
app.command()(ledgers)
app.command()(undo)


@app.callback()
def _group() -> None:
    """Bring files in; a file with errors stores nothing."""


@app.command()
def scores(
    file: Annotated[Path, typer.Argument(help="Score sheet: .xlsx, .xls, .et, .ods or .csv.", exists=True)],
    assessment: Annotated[str, typer.Option(help="UID of the assessment that the results are of.")] = "",
    study: Annotated[str, typer.Option(help="Name of the external study to create from the file.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only; store nothing.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Check a score sheet and store it when nothing is wrong; exit 2 and store nothing otherwise."""
    if bool(assessment) == bool(study):
        refuse("say either --assessment UID or --study NAME")
    prepare()
    from xuequ.core.errors import Refused

    try:
        document = bring_in(file, _options(assessment, study), dry_run=dry_run)
    except Refused as refusal:
        refuse(str(refusal))
    _print(document, json_)
    if document["errors"]:
        raise typer.Exit(2)


def _options(assessment: str, study: str) -> "Options":
    from uuid import UUID

    from xuequ.core.errors import Refused
    from xuequ.kit.scores.options import Mode, Options
    from xuequ.record.models import Assessment

    if study:
        return Options(mode=Mode.STUDY, study=study)
    try:
        uid = UUID(assessment)
    except ValueError as error:
        raise Refused(f"{assessment!r} is not the UID of an assessment") from error
    if not Assessment.objects.filter(uid=uid, study=None).exists():
        raise Refused(f"there is no assessment {uid}")
    return Options(assessment=str(uid))


def bring_in(path: Path, options: "Options", *, dry_run: bool) -> dict[str, Any]:
    """Upload, check and (unless ``dry_run``) confirm; return what happened, errors by cell."""
    from django.core.files.base import ContentFile

    from xuequ.core import clock
    from xuequ.district.actors import Actor
    from xuequ.kit.scores import actions

    actor = Actor.system(clock.today())
    file = ContentFile(path.read_bytes(), name=path.name)
    batch = actions.check(actor=actor, batch=actions.upload(actor=actor, file=file, options=options))
    document = _document(batch)
    if actions.may_be_confirmed(batch) and not dry_run:
        actions.confirm(actor=actor, batch=batch)
        return {**document, "stored": True}
    actions.discard(actor=actor, batch=batch)
    return document


def _document(batch: "ImportBatch") -> dict[str, Any]:
    from xuequ.kit.scores.problems import Problem
    from xuequ.systems.office.wording import REASONS

    said = batch.summary
    problems = [Problem.from_json(item) for item in batch.problems]
    errors = errors_of(batch.file_name, problems)
    errors += [
        {
            "file": batch.file_name,
            "sheet": question["key"].split("!")[0],
            "cell": question["cell"],
            "code": question["reason"],
            "message": str(REASONS[question["reason"]]),
        }
        for question in batch.questions
    ]
    counts = {name: said.get(name, 0) for name in ("rows", "added", "corrected", "unchanged")}
    if "results" in said:
        counts["added"] = said["results"]
    return {"file": batch.file_name, **counts, "stored": False, "errors": errors}


def _print(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    names = ("rows", "added", "corrected", "unchanged", "stored")
    print_table(document["file"], names, [[document[name] for name in names]])
    print_errors(document["errors"])
