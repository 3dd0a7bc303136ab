"""Files: what is refused before any parser sees it, and how files leave."""

import doctest
import io
import struct
import zipfile
import zlib

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from docx import Document
from openpyxl import Workbook

from xuequ.core import files, unpacking
from xuequ.core.errors import Refused
from xuequ.core.files import FileKind, attachment, check_upload, keep, safe_name
from xuequ.core.formulas import guard_formula

CONTENT_TYPES = "[Content_Types].xml"


def workbook() -> bytes:
    stream = io.BytesIO()
    book = Workbook()
    book.worksheets[0].append(["学校", "成绩"])
    book.save(stream)
    return stream.getvalue()


def document() -> bytes:
    stream = io.BytesIO()
    Document().save(stream)
    return stream.getvalue()


def zipped(*parts: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return stream.getvalue()


def ods() -> bytes:
    kind = zipfile.ZipInfo("mimetype")
    return zipped((kind, b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", b"<x/>"))


def upload(name: str, content: bytes, accepted=files.SPREADSHEETS) -> FileKind:
    return check_upload(ContentFile(content, name), accepted)


def refusal(name: str, content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        upload(name, content)
    return str(refused.value)


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("成绩.xlsx", workbook(), FileKind.XLSX),
        ("SCORES.XLSX", workbook(), FileKind.XLSX),
        ("scores.ods", ods(), FileKind.ODS),
        ("scores.xls", files.OLE2 + bytes(512), FileKind.XLS),
        ("scores.et", files.OLE2 + bytes(512), FileKind.XLS),
        ("scores.et", workbook(), FileKind.XLSX),
        ("scores.csv", "学校,成绩\n".encode("gbk"), FileKind.TEXT),
        ("scores.txt", "学校\t成绩\n".encode("utf-16"), FileKind.TEXT),
    ],
)
def test_files_that_schools_hold_are_taken(name, content, kind):
    assert upload(name, content) == kind


def test_a_word_document_is_taken_only_where_one_is_wanted():
    assert upload("letter.docx", document(), {FileKind.DOCX}) == FileKind.DOCX
    assert ".docx" in refusal("letter.docx", document())


def test_the_file_can_be_read_from_its_beginning_after_the_check():
    content = workbook()
    file = ContentFile(content, "a.xlsx")
    check_upload(file)
    assert file.read() == content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("scores.xlsx", document()),
        ("scores.xlsx", b"school,score\n"),
        ("scores.xlsx", files.OLE2 + bytes(512)),  # also a workbook under a password
        ("scores.xls", workbook()),
        ("scores.csv", workbook()),
        ("scores.csv", b"\x7fELF\x00\x00"),
        ("scores.ods", zipped(("content.xml", b"<x/>"))),
    ],
)
def test_a_name_that_does_not_agree_with_the_content_is_refused(name, content):
    assert "holds something else" in refusal(name, content)


@pytest.mark.parametrize("name", ["scores.exe", "scores", "scores.xlsm", ""])
def test_other_kinds_are_refused_and_the_right_ones_named(name):
    assert ".xlsx, .xls, .et, .ods, .csv" in refusal(name, workbook())


def test_a_file_over_the_limit_is_refused_with_both_sizes(settings):
    settings.XUEQU_UPLOAD_LIMIT = 2 * 1024**2
    said = refusal("scores.csv", bytes(3 * 1024**2))
    assert "3.0 MB" in said
    assert "2 MB" in said


def test_an_empty_file_is_refused():
    assert "is empty" in refusal("scores.csv", b"")


def test_a_bomb_is_refused():
    bomb = zipped((CONTENT_TYPES, b"<x/>"), ("xl/sheet1.xml", bytes(64 * 1024**2)))
    assert len(bomb) < 100_000
    assert "far larger" in refusal("scores.xlsx", bomb)


def test_a_bomb_that_lies_about_its_size_is_refused():
    bomb = bytearray(zipped((CONTENT_TYPES, b"<x/>"), ("xl/sheet1.xml", bytes(64 * 1024**2))))
    directory = bomb.index(b"PK\x01\x02", bomb.index(b"PK\x01\x02") + 1)
    struct.pack_into("<I", bomb, directory + 24, 1000)
    struct.pack_into("<I", bomb, bomb.index(b"PK\x03\x04", 4) + 22, 1000)
    assert "far larger" in refusal("scores.xlsx", bytes(bomb))


def test_entries_that_share_their_bytes_are_refused():
    honest = zipped((CONTENT_TYPES, zlib.compress(bytes(range(256)) * 40)), method=zipfile.ZIP_STORED)
    start, end = honest.index(b"PK\x01\x02"), honest.index(b"PK\x05\x06")
    entry, tail = honest[start:end], bytearray(honest[end:])
    struct.pack_into("<HHI", tail, 8, 9, 9, 9 * len(entry))
    assert "damaged" in refusal("scores.xlsx", honest[:start] + entry * 9 + bytes(tail))


def test_too_many_parts_are_refused(monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_ENTRIES", 3)
    assert "5 parts" in refusal("a.xlsx", zipped(*[(f"xl/{i}", b"") for i in range(5)]))


def symlink() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("xl/link")
    info.external_attr = 0o120777 << 16
    return info


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "xl\\..\\..\\x", "C:/x", symlink()])
def test_parts_that_point_outside_are_refused(name):
    assert "points outside" in refusal("a.xlsx", zipped((CONTENT_TYPES, b""), (name, b"x")))


def test_a_part_under_a_password_is_refused():
    locked = bytearray(zipped((CONTENT_TYPES, b"<x/>")))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert "password" in refusal("a.xlsx", bytes(locked))


def test_an_unknown_packing_is_refused():
    assert "damaged" in refusal("a.xlsx", zipped((CONTENT_TYPES, b"x" * 99), method=zipfile.ZIP_BZIP2))


@pytest.mark.parametrize("cut", [30, 200, 2000, -1])
def test_a_cut_file_is_refused(cut):
    assert "damaged" in refusal("a.xlsx", workbook()[:cut])


def test_files_are_kept_under_our_own_names():
    name = keep("imports", ".xlsx", b"content")
    try:
        assert name.startswith("imports/20")
        assert name.endswith(".xlsx")
        assert keep("imports", ".xlsx", b"content") != name
        with default_storage.open(name) as stored:
            assert stored.read() == b"content"
    finally:
        default_storage.delete(name)


def test_a_download_is_an_attachment_with_its_chinese_name():
    answer = attachment(b"x", "增值报告.pdf", "application/pdf")
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename*=utf-8''%E5%A2%9E%E5%80%BC%E6%8A%A5%E5%91%8A.pdf"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ['a"b.pdf', "a\r\nSet-Cookie: x.pdf", "../../a.pdf", "", "\u202egpj.exe"])
def test_names_of_downloads_cannot_break_the_header(name):
    safe = safe_name(name)
    assert not set(safe) & set('"\r\n/\\\u202e')
    assert safe
    attachment(b"", name, "application/pdf")


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "－1＋2"]
)
def test_text_that_looks_like_a_formula_is_guarded(text):
    assert guard_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["李", "", "-3.5", "+7", "3=3", "a@b"])
def test_other_text_is_left_alone(text):
    assert guard_formula(text) == text


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(files).failed == 0
