"""Files that come in and go out: checked before any parser, kept under our own names, sent as attachments."""

import unicodedata
import uuid
from collections.abc import Collection
from enum import StrEnum
from pathlib import PurePath
from typing import IO, cast

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from xuequ.core import clock
from xuequ.core.errors import Refused
from xuequ.core.unpacking import check_zip

ZIP = b"PK\x03\x04"
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
UTF16 = (b"\xff\xfe", b"\xfe\xff")
HEIF = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"})
HEAD = 64 * 1024
FORBIDDEN = frozenset('/\\:*?"<>|')


class FileKind(StrEnum):
    """What a file is by its content."""

    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"
    DOCX = "docx"
    TEXT = "csv"
    PDF = "pdf"
    JPEG = "jpg"
    PNG = "png"


PICTURES = frozenset({FileKind.JPEG, FileKind.PNG})
PAPERS = frozenset({FileKind.PDF, FileKind.DOCX, FileKind.XLSX, *PICTURES})
"""What evidence may be handed in as."""
SPREADSHEETS = frozenset({FileKind.XLSX, FileKind.XLS, FileKind.ODS, FileKind.TEXT})
EXTENSIONS = {
    ".xlsx": {FileKind.XLSX},
    ".xls": {FileKind.XLS},
    ".et": {FileKind.XLS, FileKind.XLSX},  # WPS writes both under this name
    ".ods": {FileKind.ODS},
    ".docx": {FileKind.DOCX},
    ".csv": {FileKind.TEXT},
    ".txt": {FileKind.TEXT},
    ".tsv": {FileKind.TEXT},
    ".pdf": {FileKind.PDF},
    ".jpg": {FileKind.JPEG},
    ".jpeg": {FileKind.JPEG},
    ".png": {FileKind.PNG},
}
HEADS = ((b"%PDF-", FileKind.PDF), (b"\xff\xd8\xff", FileKind.JPEG), (b"\x89PNG\r\n\x1a\n", FileKind.PNG))


def check_upload(file: File[bytes], accepted: Collection[FileKind] = SPREADSHEETS) -> FileKind:
    """Return what ``file`` is; ``Refused`` says in one sentence why it is not taken."""
    extension = PurePath(file.name or "").suffix.lower()
    if PICTURES & set(accepted):
        _refuse_phone_form(file, extension)
    if not EXTENSIONS.get(extension, set()) & set(accepted):
        raise Refused(_wrong_extension(extension, accepted))
    _check_size(file)
    kind = _kind(file)
    if kind not in EXTENSIONS[extension]:
        raise Refused(_wrong_content(extension, accepted))
    return kind


def _refuse_phone_form(file: File[bytes], extension: str) -> None:
    """Tell apart the form in which newer phones keep photographs, also under the name of another."""
    file.seek(0)
    head = file.read(12)
    file.seek(0)
    if extension in {".heic", ".heif"} or (head[4:8] == b"ftyp" and head[8:12] in HEIF):
        raise Refused(
            _(
                "The photograph is in the HEIC form of newer phones; set the camera to “most compatible”, or send it to"
                " yourself as a JPEG, and upload that."
            )
        )


def _wrong_content(extension: str, accepted: Collection[FileKind]) -> str:
    if set(accepted) <= SPREADSHEETS:
        text = _(
            "The file is called “%(extension)s” but holds something else; "
            "open it in Excel or WPS, save it as .xlsx and upload that."
        )
    else:
        text = _(
            "The file is called “%(extension)s” but holds something else; save it again as what it is, such as a PDF."
        )
    return text % {"extension": extension}


def _wrong_extension(extension: str, accepted: Collection[FileKind]) -> str:
    allowed = [name for name, kinds in EXTENSIONS.items() if kinds & set(accepted)]
    return _("Files of the kind “%(extension)s” are not taken; upload one of these: %(allowed)s.") % {
        "extension": extension or "?",
        "allowed": ", ".join(allowed),
    }


def _check_size(file: File[bytes]) -> None:
    limit = settings.XUEQU_UPLOAD_LIMIT
    if file.size > limit:
        raise Refused(
            _("The file has %(size).1f MB, more than the %(limit)d MB allowed; split it, such as by grade.")
            % {"size": file.size / 1024**2, "limit": limit // 1024**2}
        )
    if file.size == 0:
        raise Refused(_("The file is empty; save it again and upload that."))


def _kind(file: File[bytes]) -> FileKind | None:
    stream = cast(IO[bytes], file)
    try:
        stream.seek(0)
        head = stream.read(HEAD)
        if head.startswith(ZIP):
            return _zip_kind(check_zip(stream, file.size), stream)
        if head.startswith(OLE2):
            return FileKind.XLS
        for start, kind in HEADS:
            if head.startswith(start):
                return kind
        binary = b"\x00" in head and not head.startswith(UTF16)
        return None if binary else FileKind.TEXT
    finally:
        stream.seek(0)


def _zip_kind(names: frozenset[str], stream: IO[bytes]) -> FileKind | None:
    if "[Content_Types].xml" in names:
        if "word/document.xml" in names:
            return FileKind.DOCX
        return FileKind.XLSX if any(name.startswith("xl/") for name in names) else None
    stream.seek(0)
    # OpenDocument stores its type unpacked as the first entry.
    return FileKind.ODS if b"opendocument.spreadsheet" in stream.read(128) else None


def keep(folder: str, extension: str, content: File[bytes] | bytes) -> str:
    """Store ``content`` under a name of our own and return it; the uploader's never reaches the disk."""
    name = f"{folder}/{clock.today():%Y/%m}/{uuid.uuid4()}{extension}"
    return default_storage.save(name, ContentFile(content) if isinstance(content, bytes) else content)


def attachment(content: bytes, name: str, content_type: str) -> HttpResponse:
    """Return ``content`` as a download called ``name`` (RFC 6266), which no browser opens as a page."""
    headers = {
        "Content-Disposition": content_disposition_header(True, safe_name(name)) or "attachment",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(content, content_type=content_type, headers=headers)


def safe_name(name: str) -> str:
    """Return ``name`` without what file systems and headers misread.

    >>> safe_name('../成绩:2026.xlsx')
    '成绩 2026.xlsx'
    """
    swapped = (" " if c in FORBIDDEN or unicodedata.category(c)[0] == "C" else c for c in name)
    return " ".join("".join(swapped).split()).lstrip(". ")[:150] or "file"
