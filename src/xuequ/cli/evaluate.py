"""``xuequ evaluate``: weights, fuzzy comprehensive evaluation, and the quality of an index system."""

import typer

from xuequ.cli.evaluate_fuzzy import fuzzy
from xuequ.cli.evaluate_quality import quality
from xuequ.cli.evaluate_weights import objective, weights

app = typer.Typer(no_args_is_help=True)
app.command()(weights)
app.command()(objective)
app.command()(fuzzy)
app.command()(quality)
