"""``xuequ evaluate``: weights, fuzzy evaluation, the quality of an index system, and the way to the next star."""

import typer

from xuequ.cli.evaluate_fuzzy import fuzzy
from xuequ.cli.evaluate_path import path
from xuequ.cli.evaluate_quality import quality
from xuequ.cli.evaluate_scheme import scheme
from xuequ.cli.evaluate_weights import objective, weights

app = typer.Typer(no_args_is_help=True)
app.command()(weights)
app.command()(objective)
app.command()(fuzzy)
app.command()(quality)
app.command()(path)
app.command()(scheme)
