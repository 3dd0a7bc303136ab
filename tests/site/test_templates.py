"""Templates keep to the content security policy, to the icons of the sprite, and to the styles that are bundled."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "src" / "xuequ"
TEMPLATES = sorted(
    path for path in SOURCE.rglob("templates/**/*.html") if "report" not in path.relative_to(SOURCE).parts
)
ICONS = frozenset(json.loads((ROOT / "frontend" / "icons.json").read_text("utf-8")))
UNUSED = json.loads((ROOT / "frontend" / "unused.json").read_text("utf-8"))


def found(pattern: str, text: str) -> list[str]:
    return [match.group(0) for match in re.finditer(pattern, text, re.IGNORECASE)]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_template(template: Path) -> None:
    text = template.read_text("utf-8")
    assert not found(r"\sstyle\s*=", text), "no inline style"
    assert not found(r"<style\b", text), "no inline style sheet"
    assert not found(r"\son[a-z]+\s*=", text), "no inline handler"
    assert not found(r"\bhx-on\b|\bjs:", text), "htmx may not evaluate"
    assert not [tag for tag in found(r"<script\b[^>]*>", text) if "src=" not in tag], (
        "no inline script (use json_script)"
    )
    icons = set(re.findall(r'{% icon "([^"]+)"', text)) | set(re.findall(r'\bicon="([^"]+)"', text))
    assert icons <= ICONS, "add the icon to frontend/icons.json"
    classes = {
        name for value in re.findall(r'class="([^"]*)"', text) for name in re.split(r"[\s{%}]+", value)
    }
    dropped = re.compile(rf"^({'|'.join(UNUSED)})(-|$)")
    assert not {name for name in classes if dropped.match(name)}, (
        "this style is not bundled (frontend/unused.json)"
    )


def test_icons_named_in_code_are_in_the_sprite() -> None:
    named = {
        (path.relative_to(SOURCE), name)
        for path in SOURCE.rglob("*.py")
        for name in re.findall(r'\bicon(?:: str)?\s*=\s*"([^"]+)"', path.read_text("utf-8"))
    }
    assert named, "the pattern finds nothing any more"
    assert not [(str(path), name) for path, name in named if name not in ICONS]
