"""``xuequ growth``: value added and growth percentiles from score files."""

import typer

from xuequ.cli.growth_audit import audit
from xuequ.cli.growth_drift import drift
from xuequ.cli.growth_fit import fit
from xuequ.cli.growth_layered import layered
from xuequ.cli.growth_percentiles import percentiles
from xuequ.cli.growth_report import report

app = typer.Typer(no_args_is_help=True)
app.command()(audit)
app.command()(drift)
app.command()(fit)
app.command()(layered)
app.command()(percentiles)
app.command()(report)
