"""Typst with our own fonts only: the same input gives the same bytes, and any warning is an error."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import typst

from xuequ.core.rendering.fonts import require_fonts, require_glyphs

_FOLDER = Path(__file__).resolve().parent
_LOCK = Lock()


class PrintError(Exception):
    """Typst refused or warned; ``str()`` is its message."""


@cache
def _compiler(template: str) -> Any:
    # A kept compiler keeps the fonts loaded: 0.4 s the first time, hundredths after.
    return typst.Compiler(
        input=str(_FOLDER / template),
        root=str(_FOLDER),
        font_paths=[str(require_fonts())],
        ignore_system_fonts=True,
    )


def typeset(template: str, inputs: Mapping[str, str], **options: Any) -> bytes:
    """Compile a template of this folder with these inputs; PrintError on an error or a warning."""
    with _LOCK:
        try:
            output, warnings = _compiler(template).compile_with_warnings(sys_inputs=dict(inputs), **options)
        except typst.TypstError as error:
            raise PrintError(str(error)) from error
    if warnings:
        raise PrintError("; ".join(str(warning) for warning in warnings))
    if not isinstance(output, bytes):
        raise PrintError(f"{template}: one page was expected, got {len(output)}")
    return output


def picture(drawing: str, ppi: float = 200) -> bytes:
    """Return a drawn chart as PNG; FontError names a character that the font does not have."""
    require_glyphs([drawing])
    return typeset("picture.typ", {"svg": drawing}, format="png", ppi=ppi)
