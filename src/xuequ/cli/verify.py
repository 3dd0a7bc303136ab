"""``xuequ verify``: published results recomputed, expected beside obtained."""

import importlib
from pathlib import Path
from typing import Annotated

import typer

from xuequ.cli.output import print_json, print_table

ENGINES = ("growth", "measurement", "balance", "evaluation")
DEFAULT_DATA = Path("../shared/data")


def verify(
    engines: Annotated[
        list[str] | None, typer.Argument(help="Engines to verify; all when none is named.")
    ] = None,
    data: Annotated[
        Path, typer.Option(help="Folder with the sets that come under other licences.")
    ] = DEFAULT_DATA,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Recompute published results and print expected against obtained; exit 1 when one differs."""
    from xuequ.engines.errors import InputError

    names = engines or list(ENGINES)
    for name in names:
        if name not in ENGINES:
            raise InputError("unknown-engine", f"no engine {name!r}; there are: {', '.join(ENGINES)}")
    passed = True
    document = {}
    for name in names:
        # Each engine keeps its checks in xuequ.engines.<name>.verification: checks(data) -> (checks, missing files).
        checks, missing = importlib.import_module(f"xuequ.engines.{name}.verification").checks(data / name)
        passed = passed and all(check.passed for check in checks)
        if json_:
            document[name] = {
                "checks": [
                    {
                        "name": c.name,
                        "expected": c.expected,
                        "obtained": c.obtained,
                        "passed": c.passed,
                        "source": c.source,
                    }
                    for c in checks
                ],
                "missing": missing,
            }
            continue
        rows = [(c.name, c.expected, c.obtained, "✓" if c.passed else "✗", c.source) for c in checks]
        print_table(name, ["check", "expected", "obtained", "", "source"], rows)
        for file in missing:
            print(f"not checked, file missing: {file}")
    if json_:
        print_json(document)
    if not passed:
        raise typer.Exit(1)
