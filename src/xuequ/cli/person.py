"""``xuequ person``: everything that is held about one person, and its erasure, as the pages do it."""

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.output import print_json, print_table
from xuequ.cli.server import prepare, refuse

if TYPE_CHECKING:
    from xuequ.district.erasure import ErasurePlan
    from xuequ.district.models import Person

app = typer.Typer(no_args_is_help=True)
Uid = Annotated[str, typer.Argument(help="Key of the person, or UID of the pupil, teacher or account.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]
REASONS = ("request", "retention", "mistake")


@app.callback()
def _group() -> None:
    """Tell or erase what is held about one person."""


@app.command()
def export(
    uid: Uid,
    out: Annotated[Path, typer.Option(help="Zip file to write: a page, an Excel workbook, JSON.")],
    json_: Json = False,
) -> None:
    """Write everything that is held about a person into a zip file; names stand in it in clear."""
    prepare()
    from xuequ.core import clock
    from xuequ.core.errors import Refused
    from xuequ.district import portability
    from xuequ.district.actors import Actor
    from xuequ.systems.office.rights import dossier

    person, at = _person(uid), clock.now()
    try:
        sections = portability.collect(actor=Actor.system(clock.today()), person=person)
        out.write_bytes(dossier.as_zip(sections, name=person.name, at=at))
    except (Refused, OSError) as error:
        refuse(str(error))
    counts = {section.entry.slug: len(section.rows) for section in sections}
    _print({"person": str(person.key), "file": str(out), "rows": counts}, "rows", json_)


@app.command()
def erase(
    uid: Uid,
    reason: Annotated[str, typer.Option(help=f"One of: {', '.join(REASONS)}.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; erase nothing.")
    ] = False,
    json_: Json = False,
) -> None:
    """Erase a person for good; exit 2, with reason and date, while the law says to keep the data."""
    if reason not in REASONS:
        refuse(f"the reason is one of: {', '.join(REASONS)}")
    prepare()
    from xuequ.core import clock
    from xuequ.core.errors import Refused
    from xuequ.district import erasure
    from xuequ.district.actors import Actor
    from xuequ.district.consent import ErasureGround

    person, day = _person(uid), clock.today()
    found = erasure.plan(person, day)
    if dry_run or found.holds:
        _show(found, day, json_)
    if found.holds:
        sys.exit(2)
    if dry_run:
        return
    try:
        done = erasure.erase(actor=Actor.system(day), person=person, ground=ErasureGround(reason))
    except Refused as error:
        refuse(str(error))
    document = {"person": str(person.key), "erased": True, "ledger": str(done.uid), "rows": done.counts}
    _print(document, "rows", json_)


def _person(text: str) -> "Person":
    from uuid import UUID

    from xuequ.district.holdings import find_person

    try:
        uid = UUID(text)
    except ValueError:
        refuse(f"{text!r} is not a UID")
    person = find_person(uid)
    if person is None:
        refuse(f"nobody has the UID {uid}")
    return person


def _show(found: "ErasurePlan", day: dt.date, as_json: bool) -> None:
    """Print what an erasure would do, and what stands in its way."""
    until = found.postponed_until
    document: dict[str, Any] = {
        "person": str(found.person.key),
        "erased": False,
        "holds": [
            {
                "code": hold.entry.slug,
                "reason": hold.reason,
                "until": hold.until.isoformat() if hold.until else None,
            }
            for hold in found.holds
        ],
        "postponed_until": until.isoformat() if until else None,
        "rows": {step.entry.slug: {"rows": step.rows, "effect": str(step.effect)} for step in found.steps},
        "unclear_texts": found.unclear,
    }
    if as_json:
        print_json(document)
        return
    rows = [(step.entry.slug, step.rows, str(step.effect)) for step in found.steps]
    print_table(str(found.person.key), ("class of data", "rows", "effect"), rows)
    for hold in found.holds:
        print(hold.reason, file=sys.stderr)


def _print(document: dict[str, Any], table: str, as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    print_table(document["person"], ("class of data", "rows"), sorted(document[table].items()))
