"""``xuequ rollover``: the move of schools into a school year, by the same steps as the pages."""

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.output import print_json, print_table
from xuequ.cli.server import prepare, refuse

if TYPE_CHECKING:
    from xuequ.district.actors import Actor
    from xuequ.kit.rollover.models import Rollover, SchoolRollover

COUNTS = ("pupils", "moved_up", "placed", "in_house", "graduated", "repeating", "left", "new_classes")


def rollover(
    year: Annotated[str, typer.Option(help="School year to move into, such as 2026-2027.")],
    school: Annotated[list[str] | None, typer.Option(help="Code of a school; repeat it for several.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan only; write nothing.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the move back.")] = False,
) -> None:
    """Move schools into a school year, each in a transaction of its own; running it again finishes what is left."""
    first_year = _first_year(year)
    if undo and dry_run:
        refuse("--undo cannot be tried with --dry-run")
    prepare()
    from xuequ.core.errors import Refused

    try:
        document = _work(first_year, school or [], dry_run=dry_run, undo=undo)
    except Refused as refusal:
        refuse(str(refusal))
    _print(document, json_)


def _first_year(year: str) -> int:
    """Return 2026 for ``2026-2027``; refuse anything else."""
    found = re.fullmatch(r"(\d{4})-(\d{4})", year)
    if found is None or int(found[2]) != int(found[1]) + 1:
        refuse(f"{year!r} is no school year; write it as 2026-2027")
    return int(found[1])


def _work(first_year: int, codes: list[str], *, dry_run: bool, undo: bool) -> dict[str, Any]:
    from django.db import transaction

    from xuequ.core import clock
    from xuequ.district.actors import Actor

    actor = Actor.system(clock.today())
    if not dry_run:
        return _move(actor, first_year, codes, undo=undo)
    with transaction.atomic():
        document = _plan(actor, first_year, codes)
        transaction.set_rollback(True)
    return document


def _items(found: "Rollover", codes: list[str]) -> "list[SchoolRollover]":
    from xuequ.core.errors import Refused

    rows = found.schools.select_related("school", "rollover__year").order_by("school__code")
    known = {row.school.code: row for row in rows}
    if unknown := [code for code in codes if code not in known]:
        raise Refused(f"no school has the code {unknown[0]} in this rollover")
    return [known[code] for code in codes] if codes else list(known.values())


def _plan(actor: "Actor", first_year: int, codes: list[str]) -> dict[str, Any]:
    from xuequ.kit.rollover import actions, running

    found = actions.prepare(actor=actor, first_year=first_year)
    items = _items(found, codes)
    running.preview_schools(actor=actor, items=items)
    return _document(found, items, {}, dry_run=True)


def _move(actor: "Actor", first_year: int, codes: list[str], *, undo: bool) -> dict[str, Any]:
    from django.db import transaction

    from xuequ.core.errors import Refused
    from xuequ.kit.rollover import actions, running
    from xuequ.kit.rollover.choices import SchoolState

    with transaction.atomic():
        found = actions.prepare(actor=actor, first_year=first_year)
        items = _items(found, codes)
    if undo:
        done = [item for item in items if item.state == SchoolState.DONE]
        ran = running.undo_schools(actor=actor, items=done)
    else:
        ran = running.run_schools(actor=actor, items=items)
    if codes and ran.refused and not ran.done:
        raise Refused("; ".join(f"{code}: {reason}" for code, reason in ran.refused.items()))
    return _document(found, items, ran.refused, dry_run=False)


def _document(
    found: "Rollover", items: "list[SchoolRollover]", refused: Any, *, dry_run: bool
) -> dict[str, Any]:
    from xuequ.kit.rollover.problems import Note

    schools = []
    for item in items:
        item.refresh_from_db()
        schools.append(
            {
                "code": item.school.code,
                "school": str(item.school),
                "state": item.state,
                "counts": {name: item.counts.get(name, 0) for name in COUNTS},
                "problems": [str(Note.from_json(note)) for note in item.problems],
                "open": [str(Note.from_json(note)) for note in item.remarks],
                "refused": refused.get(item.school.code, ""),
            }
        )
    totals = {name: sum(row["counts"][name] for row in schools) for name in COUNTS}
    return {"year": found.year.code, "dry_run": dry_run, "totals": totals, "schools": schools}


def _print(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    rows = [
        (row["code"], row["state"], *_shown(row["counts"]), row["refused"] or "; ".join(row["problems"]))
        for row in document["schools"]
    ]
    rows.append(("total", "", *_shown(document["totals"]), ""))
    title = f"{document['year']}, dry run" if document["dry_run"] else document["year"]
    print_table(
        title, ("school", "state", "move up", "graduate", "repeat", "leave", "classes", "stopped by"), rows
    )


def _shown(counts: dict[str, int]) -> tuple[int, ...]:
    """Return the columns of the table: whoever moves up in whatever way is one of them."""
    up = counts["moved_up"] + counts["placed"] + counts["in_house"]
    return (up, counts["graduated"], counts["repeating"], counts["left"], counts["new_classes"])
