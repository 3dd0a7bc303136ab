"""Whether a zip file may be given to a parser: looked at and measured before anything is read into memory."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import IO

from django.utils.translation import gettext as _

from xuequ.core.errors import Refused

MOST_ENTRIES = 2_000
MOST_BYTES = 600 * 1024 * 1024
# Real workbooks pack 5 to 40 times; beyond this, and beyond a size that could hurt, it is a bomb.
MOST_RATIO = 200
HARMLESS_BYTES = 20 * 1024 * 1024
CHUNK = 1024 * 1024
LOCAL_HEADER = struct.Struct("<4s5H3I2H")
ENCRYPTED = 0x1


def check_zip(stream: IO[bytes], size: int) -> frozenset[str]:
    """Return the names of the entries; ``Refused`` says why the file must not be unpacked."""
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise _damaged() from error
    if len(entries) > MOST_ENTRIES:
        raise Refused(
            _("The file has %(count)d parts, more than the %(limit)d allowed; save it again in Excel or WPS.")
            % {"count": len(entries), "limit": MOST_ENTRIES}
        )
    for entry in entries:
        _check_entry(entry)
    # Entries that share bytes are a bomb's way to be small.
    if sum(entry.compress_size for entry in entries) > size:
        raise _damaged()
    _measure(stream, entries, limit_of(size))
    return frozenset(entry.filename for entry in entries)


def limit_of(size: int) -> int:
    """Return how many bytes a zip file of ``size`` bytes may become."""
    return min(MOST_BYTES, max(HARMLESS_BYTES, MOST_RATIO * size))


def _check_entry(entry: zipfile.ZipInfo) -> None:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    outside = path.is_absolute() or ".." in path.parts or ":" in entry.filename
    if outside or stat.S_ISLNK(entry.external_attr >> 16):
        raise Refused(
            _("A part of the file points outside of it; make the file anew in Excel or WPS and upload that.")
        )
    if entry.flag_bits & ENCRYPTED:
        raise Refused(_("The file is protected by a password; save it without one and upload it again."))
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise _damaged()


def _measure(stream: IO[bytes], entries: Iterable[zipfile.ZipInfo], limit: int) -> None:
    """Unpack to nowhere, counting: the sizes written in a file may lie."""
    left = limit
    for entry in entries:
        stream.seek(entry.header_offset)
        header = stream.read(LOCAL_HEADER.size)
        if len(header) < LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
            raise _damaged()
        *_rest, name_length, extra_length = LOCAL_HEADER.unpack(header)
        stream.seek(name_length + extra_length, 1)
        left -= _unpacked(stream, entry, left)


def _unpacked(stream: IO[bytes], entry: zipfile.ZipInfo, left: int) -> int:
    if entry.compress_type == zipfile.ZIP_STORED:
        return _within(entry.compress_size, left)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    total, remaining, pending = 0, entry.compress_size, b""
    while not inflater.eof and (pending or remaining):
        if not pending:
            pending = stream.read(min(CHUNK, remaining))
            remaining -= len(pending)
            if not pending:
                raise _damaged()
        try:
            total += len(inflater.decompress(pending, CHUNK))
        except zlib.error as error:
            raise _damaged() from error
        pending = inflater.unconsumed_tail
        _within(total, left)
    if not inflater.eof:
        raise _damaged()
    return total


def _within(total: int, left: int) -> int:
    if total > left:
        raise Refused(
            _("Unpacked, the file is far larger than a real one; copy its cells into a new workbook.")
        )
    return total


def _damaged() -> Refused:
    return Refused(_("The file is damaged and cannot be opened; save it again in Excel or WPS."))
