"""What the import commands say of what is wrong in a file, cell by cell."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from xuequ.cli.output import print_table

if TYPE_CHECKING:
    from xuequ.kit.sheets.problems import Problem


def errors_of(file_name: str, problems: "Iterable[Problem]") -> list[dict[str, Any]]:
    """Problems as JSON documents."""
    return [
        {
            "file": file_name,
            "sheet": problem.sheet,
            "cell": problem.cell,
            "code": problem.code,
            "message": f"{problem.message} {problem.remedy}".strip(),
        }
        for problem in problems
    ]


def print_errors(errors: list[dict[str, Any]]) -> None:
    """Print a table of them, if there are any."""
    if errors:
        rows = [(e["sheet"], e["cell"], e["code"], e["message"]) for e in errors]
        print_table("errors", ("sheet", "cell", "code", "message"), rows)
