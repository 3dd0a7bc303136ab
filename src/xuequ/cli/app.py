"""The command's groups, and what an unusable input looks like to the person who typed it."""

import sys

import typer

from xuequ import __version__
from xuequ.cli import (
    balance,
    demo,
    evaluate,
    exports,
    growth,
    imports,
    items,
    manage,
    person,
    rollover,
    serve,
    verify,
)

app = typer.Typer(
    name="xuequ",
    help="Run a school district's digital education, or one of its engines, from the command line.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(growth.app, name="growth", help="Growth 增值评价: value added and growth percentiles.")
app.add_typer(
    balance.app, name="balance", help="Balance 均衡: how evenly schools are equipped, and what mends it."
)
app.add_typer(items.app, name="items", help="Item analysis 题目分析: what the items of a paper measure.")
app.add_typer(
    evaluate.app,
    name="evaluate",
    help="Evaluation 综合评价: weights, fuzzy evaluation, the quality of indexes.",
)
app.add_typer(imports.app, name="import", help="Bring files into the district's record.")
app.add_typer(exports.app, name="export", help="Write the district's data for other systems.")
app.add_typer(person.app, name="person", help="Tell or erase what is held about one person.")
app.command(name="rollover")(rollover.rollover)
app.command(name="verify")(verify.verify)
app.command(name="demo")(demo.demo)
app.command(name="serve")(serve.serve)
app.command(name="work")(manage.work)
app.command(
    name="manage",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(manage.manage)


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    if version:
        print(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command; exit 2 with one sentence on stderr when the input is unusable."""
    from xuequ.engines.errors import InputError

    try:
        app()
    except InputError as error:
        print(f"xuequ: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(141)
