"""``xuequ balance``: how even schools are, what the rules ask, the least that mends it, money and partners."""

import typer

from xuequ.cli.balance_comply import comply
from xuequ.cli.balance_cv import cv
from xuequ.cli.balance_effect import effect
from xuequ.cli.balance_fund import fund
from xuequ.cli.balance_pair import pair
from xuequ.cli.balance_topup import topup

app = typer.Typer(no_args_is_help=True)
app.command()(cv)
app.command()(comply)
app.command()(topup)
app.command()(fund)
app.command()(pair)
app.command()(effect)
