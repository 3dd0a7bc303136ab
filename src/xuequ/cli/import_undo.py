"""``xuequ import undo``: the last stored import is taken back as a whole."""

from enum import StrEnum
from typing import Annotated

import typer

from xuequ.cli.output import print_json, print_table
from xuequ.cli.server import prepare, refuse


class ImportKind(StrEnum):
    """What an import brought in."""

    SCORES = "scores"
    ROSTER = "roster"
    LEDGERS = "ledgers"


def undo(
    kind: Annotated[ImportKind | None, typer.Option(help="Only the last import of this kind.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Undo the last stored import and say which it was; exit 2 when there is none or something rests on it."""
    prepare()
    from xuequ.core import clock
    from xuequ.core.errors import Refused
    from xuequ.district.actors import Actor
    from xuequ.kit.roster import actions as roster
    from xuequ.kit.scores import actions as scores
    from xuequ.record.queries import last_stored_import
    from xuequ.systems.office.ledgers import actions as ledgers

    batch = last_stored_import(kind.value if kind is not None else "")
    if batch is None:
        refuse("no stored import is left to undo")
    actor = Actor.system(clock.today())
    steps = {ImportKind.SCORES: scores.undo, ImportKind.ROSTER: roster.undo, ImportKind.LEDGERS: ledgers.undo}
    if batch.kind not in steps:
        refuse(
            f"the last stored import ({batch.file_name}) is of kind {batch.kind}: undo it on its page, or say --kind"
        )
    try:
        steps[ImportKind(batch.kind)](actor=actor, batch=batch)
    except Refused as refusal:
        refuse(str(refusal))
    stored = batch.stored.isoformat() if batch.stored else ""
    document = {
        "undone": {"kind": batch.kind, "file": batch.file_name, "uid": str(batch.uid), "stored": stored}
    }
    if json_:
        print_json(document)
    else:
        print_table("undone", ("kind", "file", "stored"), [(batch.kind, batch.file_name, stored)])
