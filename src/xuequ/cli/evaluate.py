"""``xuequ evaluate``: weights, fuzzy evaluation, the quality of an index system, and the way to the next star."""

import typer

from xuequ.cli.evaluate_change import change
from xuequ.cli.evaluate_diagnosis import ipa, obstacles
from xuequ.cli.evaluate_experts import content, group
from xuequ.cli.evaluate_fuzzy import fuzzy
from xuequ.cli.evaluate_path import path
from xuequ.cli.evaluate_quality import quality
from xuequ.cli.evaluate_scheme import scheme
from xuequ.cli.evaluate_uncertainty import uncertainty
from xuequ.cli.evaluate_weights import objective, weights

app = typer.Typer(no_args_is_help=True)
app.command()(weights)
app.command()(objective)
app.command()(fuzzy)
app.command()(quality)
app.command()(path)
app.command()(scheme)
app.command()(content)
app.command()(group)
app.command()(uncertainty)
app.command()(change)
app.command()(obstacles)
app.command()(ipa)
