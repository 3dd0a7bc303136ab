"""``xuequ export``: the district's roster for other systems."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from xuequ.cli.server import prepare, refuse, say

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Write the district's data for other systems."""


@app.command()
def oneroster(
    out: Annotated[Path, typer.Argument(help="Zip file to write.")],
    day: Annotated[
        str, typer.Option(help="The day whose roster is written, as 2026-09-01; default today.")
    ] = "",
) -> None:
    """Write the roster of a day as OneRoster 1.2 CSV; names stand in it in clear."""
    prepare()
    import datetime as dt

    from xuequ.core import clock
    from xuequ.core.errors import Refused
    from xuequ.district.actors import Actor
    from xuequ.kit.roster.oneroster import export

    try:
        at = dt.date.fromisoformat(day) if day else clock.today()
    except ValueError:
        refuse(f"{day!r} is not a date; write it as 2026-09-01")
    try:
        write_whole(out, export(Actor.system(at)))
    except (Refused, OSError) as error:
        refuse(str(error))
    say(f"{out}: {out.stat().st_size} bytes; the file holds names, keep it safe")


def write_whole(out: Path, content: bytes) -> None:
    """Write a file readable by its owner only, all of it or nothing."""
    descriptor, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        Path(name).replace(out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
