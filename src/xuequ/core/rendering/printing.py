"""Typst with our own fonts only: the same input gives the same bytes, and any warning is an error."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import typst

from xuequ.core.rendering.fonts import require_fonts, require_glyphs

_FOLDER = Path(__file__).resolve().parent
_LOCK = Lock()


class PrintError(Exception):
    """Typst refused or warned; ``str()`` is its message."""


@lru_cache(maxsize=16)
def _compiler(template: str, rare: tuple[Path, ...]) -> Any:
    # A kept compiler keeps the fonts loaded: 0.4 s the first time, hundredths after. Fonts for rare characters are
    # large, so only documents that need them load them, and all others come out the same on every machine.
    return typst.Compiler(
        input=str(_FOLDER / template),
        root=str(_FOLDER),
        font_paths=[str(path) for path in (require_fonts(), *rare)],
        ignore_system_fonts=True,
    )


def typeset(template: str, inputs: Mapping[str, str], **options: Any) -> bytes:
    """Compile a template of this folder with these inputs; PrintError on an error or a warning.

    The template finds ``rare`` among its inputs and lets other fonts step in where it is not empty.
    FontError names a character that no font has.
    """
    rare = require_glyphs(inputs.values())
    told = {**inputs, "rare": "yes" if rare else ""}
    with _LOCK:
        try:
            output, warnings = _compiler(template, rare).compile_with_warnings(sys_inputs=told, **options)
        except typst.TypstError as error:
            raise PrintError(str(error)) from error
    if warnings:
        raise PrintError("; ".join(str(warning) for warning in warnings))
    if not isinstance(output, bytes):
        raise PrintError(f"{template}: one page was expected, got {len(output)}")
    return output


def picture(drawing: str, ppi: float = 200) -> bytes:
    """Return a drawn chart as PNG; FontError names a character that no font has."""
    return typeset("picture.typ", {"svg": drawing}, format="png", ppi=ppi)
