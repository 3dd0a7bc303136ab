"""What every sub-command prints with: a table for people, one JSON document for programs."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

PIPE_WIDTH = 200


def print_json(document: Any) -> None:
    """Print one JSON document on stdout; NaN is refused because JSON has none."""
    print(json.dumps(document, ensure_ascii=False, allow_nan=False))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for people; numbers are right-aligned."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    data = [list(row) for row in rows]
    for index, column in enumerate(columns):
        numeric = all(isinstance(row[index], int | float) for row in data)
        # A number that is cut off would be another number: it is folded where the window is narrow.
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in data:
        table.add_row(*(format_cell(value) for value in row))
    console = Console()
    # A file or a pipe has no width; a table that is cut for eighty columns would be of no use there.
    if not console.is_terminal:
        console.width = max(console.width, PIPE_WIDTH)
    console.print(table)


def format_cell(value: object) -> str:
    """Six significant digits for a float; anything else as it is; nothing for None."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
