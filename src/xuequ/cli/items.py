"""``xuequ items``: what the items of a paper measure, and how well."""

import typer

from xuequ.cli.items_analyse import analyse

app = typer.Typer(no_args_is_help=True)
app.command()(analyse)


@app.callback()
def _group() -> None:
    """Keep ``analyse`` a command of its own while it is the only one."""
