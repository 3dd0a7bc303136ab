"""Typst with our own fonts only: the same input gives the same bytes, and any warning is an error."""

import json
from collections.abc import Collection, Iterator, Mapping
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
def _compiler(template: Path, rare: tuple[Path, ...]) -> Any:
    # A kept compiler keeps the fonts loaded: 0.4 s the first time, hundredths after. Fonts for rare characters are
    # large, so only documents that need them load them, and all others come out the same on every machine.
    return typst.Compiler(
        input=str(template),
        root=str(template.parent),
        font_paths=[str(path) for path in (require_fonts(), *rare)],
        ignore_system_fonts=True,
    )


def typeset(
    template: str | Path, inputs: Mapping[str, str], *, rare: tuple[Path, ...] | None = None, **options: Any
) -> bytes:
    """Compile a template (a path, or a name in this folder) with these inputs; PrintError on an error or a warning.

    The template finds ``rare`` among its inputs and lets other fonts step in where it is not empty. ``rare`` are the
    further fonts' folders where the caller knows them; else they are found from the inputs.
    FontError names a character that no font has.
    """
    fonts = require_glyphs(inputs.values()) if rare is None else rare
    told = {**inputs, "rare": "yes" if fonts else ""}
    with _LOCK:
        try:
            made = _compiler(_FOLDER / template, fonts).compile_with_warnings(sys_inputs=told, **options)
        except typst.TypstError as error:
            raise PrintError(str(error)) from error
    output, warnings = made
    if warnings:
        raise PrintError("; ".join(str(warning) for warning in warnings))
    if not isinstance(output, bytes):
        raise PrintError(f"{template}: one page was expected, got {len(output)}")
    return output


def print_pdf(
    template: str | Path,
    content: Mapping[str, Any],
    *,
    name: str = "content",
    unprinted: Collection[str] = (),
    **options: Any,
) -> bytes:
    """Return ``content`` (JSON) as PDF; the template reads it from the input ``name``.

    What stands under the keys ``unprinted`` is no text. FontError names a character and the text in which it stands.
    """
    rare = require_glyphs(texts_in(content, unprinted))
    inputs = {name: json.dumps(content, ensure_ascii=False)}
    return typeset(template, inputs, rare=rare, format="pdf", **options)


def texts_in(content: Any, unprinted: Collection[str] = ()) -> Iterator[str]:
    """Yield every text in a content of JSON's kinds, but for what stands under the keys ``unprinted``."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        for key, value in content.items():
            if key not in unprinted:
                yield from texts_in(value, unprinted)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from texts_in(value, unprinted)


def picture(drawing: str, ppi: float = 200) -> bytes:
    """Return a drawn chart as PNG; FontError names a character that no font has."""
    return typeset("picture.typ", {"svg": drawing}, format="png", ppi=ppi)
