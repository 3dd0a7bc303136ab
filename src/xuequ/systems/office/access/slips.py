"""Printed slips with login names and first passwords: one per person, with lines to cut along."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any

import typst
from django.utils.translation import gettext as _

from xuequ.core.rendering.fonts import require_fonts, require_glyphs
from xuequ.core.rendering.printing import PrintError

_FOLDER = Path(__file__).resolve().parent
_LOCK = Lock()


@dataclass(frozen=True, slots=True)
class Slip:
    """What stands on one slip."""

    name: str
    place: str
    username: str
    password: str


@lru_cache(maxsize=4)
def _compiler(rare: tuple[Path, ...]) -> Any:
    return typst.Compiler(
        input=str(_FOLDER / "slips.typ"),
        root=str(_FOLDER),
        font_paths=[str(path) for path in (require_fonts(), *rare)],
        ignore_system_fonts=True,
    )


def slips_pdf(slips: Sequence[Slip], address: str) -> bytes:
    """Return A4 pages of slips; FontError names a character of a name that cannot be printed."""
    words = {
        "name": _("Login name"),
        "password": _("First password"),
        "help": _("Sign in at %(address)s and choose a password of your own. Then throw this slip away.")
        % {"address": address},
    }
    rows = [[slip.name, slip.place, slip.username, slip.password] for slip in slips]
    rare = require_glyphs([*words.values(), *chain.from_iterable(rows)])
    inputs = {
        "content": json.dumps({"words": words, "slips": rows}, ensure_ascii=False),
        "rare": "yes" if rare else "",
    }
    with _LOCK:
        try:
            output, warnings = _compiler(rare).compile_with_warnings(sys_inputs=inputs, format="pdf")
        except typst.TypstError as error:
            raise PrintError(str(error)) from error
    if warnings:
        raise PrintError("; ".join(str(warning) for warning in warnings))
    return bytes(output)
