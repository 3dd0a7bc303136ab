"""The copy of one person's data as a zip: a page to read, an Excel workbook, and JSON for other programs."""

import datetime as dt
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils.encoding import force_str
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from xuequ.core.formulas import guard_formula
from xuequ.district.portability import Section
from xuequ.systems.office.rights.wording import ground_words

SHEET_NAME = 28


def as_zip(sections: Sequence[Section], *, name: str, at: dt.datetime) -> bytes:
    """Return the zip; ``name`` is whose data they are."""
    parts = {
        _("data") + ".html": _page(sections, name, at).encode(),
        _("data") + ".xlsx": _workbook(sections),
        "data.json": _document(sections, at).encode(),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, content in parts.items():
            archive.writestr(zipfile.ZipInfo(file, at.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def as_json(sections: Sequence[Section], at: dt.datetime) -> dict[str, Any]:
    """Return everything as one JSON document."""
    return {"made": at.isoformat(), "classes": [_section_json(section) for section in sections]}


def _document(sections: Sequence[Section], at: dt.datetime) -> str:
    return json.dumps(as_json(sections, at), ensure_ascii=False, indent=1)


def _section_json(section: Section) -> dict[str, Any]:
    said = {
        name: force_str(getattr(section.entry, name))
        for name in ("what", "basis", "retention", "uses", "seen_by")
    }
    rows = [dict(zip(section.headings, row, strict=True)) for row in section.rows]
    return {"code": section.entry.slug, "ground": str(section.entry.ground), **said, "rows": rows}


def _page(sections: Sequence[Section], name: str, at: dt.datetime) -> str:
    shown = [{"section": section, "ground": ground_words(section.entry.ground)} for section in sections]
    context = {"sections": shown, "name": name, "at": at, "language": get_language()}
    return render_to_string("office/rights/report/copy.html", context)


def _workbook(sections: Sequence[Section]) -> bytes:
    from openpyxl import Workbook  # loaded for a download alone, not by every start

    book = Workbook(write_only=True)
    heads = (_("Class of data"), _("Ground"), _("What for"), _("Who sees it"), _("How long"), _("Rows"))
    entries = [
        (s.entry.what, s.entry.basis, s.entry.uses, s.entry.seen_by, s.entry.retention, len(s.rows))
        for s in sections
    ]
    _sheet(book, _("Register"), heads, entries)
    for number, section in enumerate(sections, 1):
        _sheet(book, f"{number} {force_str(section.entry.what)}", section.headings, section.rows)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _sheet(book: Any, title: str, heads: Iterable[str], rows: Iterable[Sequence[Any]]) -> None:
    # Excel takes at most 31 characters and none of these signs in the name of a sheet.
    plain = "".join(char for char in title if char not in "[]:*?/\\")[:SHEET_NAME]
    sheet = book.create_sheet(plain)
    sheet.append([_cell(head) for head in heads])
    for row in rows:
        sheet.append([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    return guard_formula(force_str(value))
