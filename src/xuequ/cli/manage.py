"""``xuequ work`` and ``xuequ manage``: one more worker, and Django's own commands."""

from typing import Annotated

import typer

from xuequ.cli.server import migrate_if_needed, prepare


def work(queue: Annotated[str, typer.Option(help="Queue to take tasks from.")] = "default") -> None:
    """Work on tasks until Ctrl-C or SIGTERM; run as many of these as you like, on as many machines."""
    prepare()
    migrate_if_needed()
    from xuequ.core.jobs.worker import Worker

    Worker(queue).run()


def manage(context: typer.Context) -> None:
    """Run one of Django's management commands, such as `check`, `dbshell` or `changepassword NAME`."""
    prepare()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["xuequ manage", *context.args])
