"""``xuequ growth``: value added and growth percentiles from score files."""

import typer

from xuequ.cli.growth_audit import audit
from xuequ.cli.growth_compare import compare
from xuequ.cli.growth_draw import draw
from xuequ.cli.growth_drift import drift
from xuequ.cli.growth_factors import factors
from xuequ.cli.growth_fit import fit
from xuequ.cli.growth_layered import layered
from xuequ.cli.growth_levels import levels
from xuequ.cli.growth_link import link
from xuequ.cli.growth_moves import moves
from xuequ.cli.growth_percentiles import percentiles
from xuequ.cli.growth_report import report
from xuequ.cli.growth_sample import sample

app = typer.Typer(no_args_is_help=True)
app.command()(audit)
app.command()(compare)
app.command()(draw)
app.command()(drift)
app.command()(factors)
app.command()(fit)
app.command()(layered)
app.command()(levels)
app.command()(link)
app.command()(moves)
app.command()(percentiles)
app.command()(report)
app.command()(sample)
