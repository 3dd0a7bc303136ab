"""The fonts of printed reports, and which characters they hold: print never drops a character in silence."""

import struct
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext

from xuequ.core.errors import Refused

FOLDER = Path(__file__).resolve().parent.parent / "fonts"
FAMILY = "Noto Sans SC"
FILES = ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf")

Ranges = tuple[tuple[int, int], ...]


class FontError(Refused):
    """A font file or a character is missing; ``str()`` says which and what to do."""


def require_fonts() -> Path:
    """Return the folder of the fonts; FontError when a file is missing."""
    for name in FILES:
        if not (FOLDER / name).is_file():
            raise FontError(
                gettext("The font %(name)s is missing in %(folder)s: run “make setup”.")
                % {"name": name, "folder": FOLDER}
            )
    return FOLDER


def require_glyphs(texts: Iterable[str]) -> tuple[Path, ...]:
    """Return the folders of the further fonts that these texts need; FontError names a character that no font has."""
    ranges = _ranges(require_fonts() / FILES[0])
    needed: dict[Path, None] = {}
    for text in texts:
        for character in text:
            if not character.isspace() and not _covered(ord(character), ranges):
                needed[_rare_font(character, text).parent] = None
    return tuple(sorted(needed))


def _rare_font(character: str, text: str) -> Path:
    for path in _rare_fonts():
        if _covered(ord(character), _ranges(path)):
            return path
    raise FontError(_missing(character, text))


def _rare_fonts() -> list[Path]:
    """Return the fonts in the operator's folder, then those of Debian's package, by name."""
    folders = [Path(folder) for folder in settings.XUEQU_FONTS if folder]
    return [path for folder in folders for path in sorted(folder.glob("*.[ot]tf"))]


def _missing(character: str, text: str) -> str:
    return gettext(
        "The printing fonts have no sign for “%(character)s” (U+%(code)s), found in “%(text)s”. A font for rare "
        "characters helps: Debian's package fonts-hanazono, or any font file in the folder that XUEQU_FONTS names."
    ) % {"character": character, "code": f"{ord(character):04X}", "text": text[:60]}


def _covered(code: int, ranges: Ranges) -> bool:
    low, high = 0, len(ranges)
    while low < high:
        middle = (low + high) // 2
        if ranges[middle][1] < code:
            low = middle + 1
        else:
            high = middle
    return low < len(ranges) and ranges[low][0] <= code


@cache
def _ranges(path: Path) -> Ranges:
    """Read the ranges of characters from a TrueType font's ``cmap`` table (OpenType 1.9, format 12)."""
    with path.open("rb") as stream:
        head = stream.read(12)
        count = struct.unpack(">H", head[4:6])[0]
        tables = {
            tag: (offset, length)
            for tag, _, offset, length in struct.iter_unpack(">4sLLL", stream.read(16 * count))
        }
        offset, length = tables[b"cmap"]
        stream.seek(offset)
        cmap = stream.read(length)
    for place in range(struct.unpack(">H", cmap[2:4])[0]):
        start = struct.unpack(">L", cmap[8 + 8 * place : 12 + 8 * place])[0]
        if struct.unpack(">H", cmap[start : start + 2])[0] == 12:
            groups = struct.unpack(">L", cmap[start + 12 : start + 16])[0]
            body = cmap[start + 16 : start + 16 + 12 * groups]
            return tuple((first, last) for first, last, _ in struct.iter_unpack(">LLL", body))
    raise FontError(gettext("The font %(name)s cannot be read.") % {"name": path.name})
