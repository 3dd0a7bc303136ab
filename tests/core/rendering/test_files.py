"""The files are read back by other programs and hold what the figures hold, in the same bytes every time."""

import datetime as dt
import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.conf import settings
from django.utils import translation
from docx import Document
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from tests.core.rendering import samples
from tests.core.rendering.small_font import write_font
from xuequ.core.figures import Figure, Row, Withheld
from xuequ.core.rendering import fonts, printing
from xuequ.core.rendering.cells import format_cell
from xuequ.core.rendering.content import table_content
from xuequ.core.rendering.fonts import FontError
from xuequ.core.rendering.html import render_html
from xuequ.core.rendering.pdf import render_pdf
from xuequ.core.rendering.spreadsheet import render_csv, render_xlsx
from xuequ.core.rendering.word import render_docx
from xuequ.core.reports import FigureBlock, Heading, Note, Report, Sentence

needs_fonts = pytest.mark.skipif(
    not (fonts.FOLDER / fonts.FILES[0]).is_file(), reason="the fonts are not there: run “make setup”"
)
REPORT = samples.report()
HOSTILE = [
    "=cmd()|'/c calc'!A1",
    "@SUM(1)",
    '#import "x"',
    "<b>&amp;]]></b>",
    "$x$ *a* _b_ \\ `c`",
    "+1",
    "-1",
]


def hostile(*names: str) -> Report:
    """Return a report whose title, heading and rows are named by people who mean harm."""
    figure = samples.interval()
    rows = tuple(Row(f"h{place}", (name, *figure.rows[place].cells[1:])) for place, name in enumerate(names))
    figure = replace(figure, title=names[0], alt=names[0], caption=names[0], rows=rows)
    return replace(REPORT, title=names[0], blocks=(Heading(names[0]), FigureBlock(figure)))


def expected(figure: Figure, language: str) -> list[list[str]]:
    with translation.override(language):
        content = table_content(figure, links=False)
    heads = [column["heading"] for column in content["columns"]]
    return [heads, *([cell["text"] for cell in row["cells"]] for row in content["rows"])]


def solid(text: str) -> str:
    return re.sub(r"\s", "", text)


def pdf_text(data: bytes) -> str:
    return solid("".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages))


def test_excel_holds_typed_cells() -> None:
    data = render_xlsx(REPORT, "zh-hans")
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    figures = list(REPORT.figures().values())
    assert len(book.sheet_names) == 1 + len(figures)
    for place, figure in enumerate(figures, 1):
        lines = book.get_sheet_by_index(place).to_python(skip_empty_area=False)
        assert lines[0][0] == figure.title
        for row, line in zip(figure.rows, lines[4:], strict=False):
            for cell, value in zip(row.cells, line, strict=True):
                # openpyxl writes 16 digits
                assert value == (pytest.approx(cell, rel=1e-14) if isinstance(cell, float) else cell or "")


def test_excel_shows_cells_as_the_page_does() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(render_xlsx(REPORT))).worksheets[1]
    assert sheet.freeze_panes == "B5"
    assert sheet["B5"].number_format == "+0.00;−0.00;0.00"
    assert openpyxl.load_workbook(io.BytesIO(render_xlsx(REPORT))).worksheets[0]["A1"].value == REPORT.title


def test_excel_starts_no_formula_and_withholds() -> None:
    figure = samples.table()
    rows = tuple(Row(name, (name, None, Withheld(5), float("nan"))) for name in HOSTILE)
    data = render_xlsx(replace(hostile(*HOSTILE), blocks=(FigureBlock(replace(figure, rows=rows)),)))
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[1]
    for line, name in enumerate(HOSTILE, 5):
        assert (sheet.cell(line, 1).value, sheet.cell(line, 1).data_type) == (name, "s")
        assert (sheet.cell(line, 3).value, sheet.cell(line, 4).value) == ("*", None)
    assert not any("<f>" in text for text in _parts(data).values())


def test_csv_opens_in_excel_without_formulas() -> None:
    figure = samples.table()
    data = render_csv(replace(figure, rows=(Row("a", ("=1+1", dt.date(2026, 1, 2), 3, 0.25)),)), "zh-hans")
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig").splitlines()[1] == "'=1+1,2026-01-02,3,0.25"


def _parts(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


@needs_fonts
def test_word_holds_real_tables_in_the_official_layout() -> None:
    document = Document(io.BytesIO(render_docx(REPORT, "en")))
    tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]
    shown = [block for block in REPORT.blocks if isinstance(block, FigureBlock)]
    shown.sort(key=lambda block: block.folded)
    assert tables == [expected(block.figure, "en") for block in shown if block.table]
    section = document.sections[0]
    sides = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(side.mm) for side in sides if side is not None] == [37, 35, 28, 26]
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[0] == REPORT.title and document.paragraphs[0].style.font.size.pt == 22
    assert "1. 总体情况" in texts and "1.1. 学科与学段" in texts and "Attachment 3" in texts
    assert texts.index("示范区教育局 (seal)") < texts.index("20 May 2026") < texts.index("Attachment 1")
    assert len(document.inline_shapes) == 7
    assert document.inline_shapes[0]._inline.docPr.get("descr") == samples.interval().alt


@needs_fonts
def test_headings_are_numbered_in_chinese_and_not_left_without_content() -> None:
    note = Note((Sentence("Growth shows an association, not a cause."),))
    folded = FigureBlock(samples.table(), folded=True)
    heads = (Heading("总体"), Heading("学科", 3), note, Heading("质量"), note, Heading("依据"), folded)
    data = render_docx(replace(REPORT, blocks=heads), "zh-hans")
    texts = [line.text for line in Document(io.BytesIO(data)).paragraphs]
    assert {"一、总体", "（一）学科", "二、质量", "2026年5月20日"} <= set(texts)
    assert not any("依据" in text for text in texts)


@needs_fonts
def test_pdf_holds_every_word_and_number() -> None:
    data = render_pdf(REPORT, "zh-hans")
    text = pdf_text(data)
    for figure in REPORT.figures().values():
        assert solid(str(figure.caption)) in text
        if figure.kind != "timeline":
            for row in expected(figure, "zh-hans"):
                assert solid("".join(row)) in text
    reader = PdfReader(io.BytesIO(data))
    assert reader.metadata and reader.metadata.title == REPORT.title
    assert reader.metadata.creation_date == dt.datetime.fromisoformat(REPORT.stamp)
    assert reader.trailer["/Root"]["/Lang"] == "zh-CN"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" in data and reader.trailer["/Root"]["/StructTreeRoot"]


@needs_fonts
def test_names_are_never_read_as_markup() -> None:
    for name in HOSTILE[2:5]:
        report = hostile(name, *HOSTILE)
        text = pdf_text(render_pdf(report))
        assert text.count(solid(name)) >= 5 and all(solid(other) in text for other in HOSTILE)
        assert "<b>" not in render_html(report)
    document = Document(io.BytesIO(render_docx(report)))
    assert document.paragraphs[0].text == name
    assert [row.cells[0].text for row in document.tables[0].rows][2:] == HOSTILE


@needs_fonts
def test_direction_marks_are_left_out() -> None:
    assert "甲\u202e乙" not in render_html(hostile("甲\u202e乙"))
    assert "甲乙" in pdf_text(render_pdf(hostile("甲\u202e乙")))


@needs_fonts
@pytest.mark.parametrize("render", [render_pdf, render_docx])
def test_a_character_that_cannot_be_printed_is_named(
    render: Callable[[Report], bytes], settings: Any
) -> None:
    settings.XUEQU_FONTS = []
    with pytest.raises(FontError, match=r"𠮷.*U\+20BB7.*fonts-hanazono"):
        render(hostile("𠮷田中学"))


@needs_fonts
def test_rare_characters_of_names_are_printed(settings: Any, tmp_path: Path) -> None:
    write_font(tmp_path / "rare.ttf", "𠮷")
    settings.XUEQU_FONTS = [str(tmp_path)]
    name = "𠮷田中学"
    assert pdf_text(render_pdf(hostile(name, name))).count(name) >= 2
    assert render_pdf(hostile(name)) == render_pdf(hostile(name))
    with pytest.raises(FontError, match=r"U\+2A6D6"):
        render_pdf(hostile("𪛖"))


def test_a_missing_font_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fonts, "FOLDER", tmp_path)
    with pytest.raises(FontError, match=r"NotoSansSC-Regular\.ttf"):
        render_pdf(REPORT)


@needs_fonts
def test_a_warning_of_the_typesetter_is_an_error() -> None:
    with pytest.raises(printing.PrintError, match="SVG"):
        printing.picture("<svg")


@needs_fonts
def test_a_long_figure_is_printed_whole() -> None:
    long = replace(REPORT, blocks=(FigureBlock(samples.interval(65)), FigureBlock(samples.quadrant(60))))
    text = pdf_text(render_pdf(long, "zh-hans"))
    for figure in long.figures().values():
        for row in figure.rows:
            assert (
                solid("".join(format_cell(c, v) for c, v in zip(figure.columns, row.cells, strict=True)))
                in text
            )


# Neither database nor applications: reports are also written by the command line.
BARE = """
import sys
import django
from django.conf import settings

settings.configure(
    LANGUAGES=[("zh-hans", ""), ("en", "")],
    LOCALE_PATHS=[sys.argv[1]],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [sys.argv[2]]}],
)
django.setup()
from tests.core.rendering.test_files import digests

print(digests())
"""


def digests() -> list[str]:
    short = replace(
        REPORT, blocks=(Heading("一"), FigureBlock(samples.bars()), FigureBlock(samples.timeline(), True))
    )
    files = [render_html(REPORT, "zh-hans").encode(), render_xlsx(REPORT, "zh-hans")]
    files += [render_pdf(REPORT, "zh-hans"), render_docx(short, "zh-hans")]
    return [hashlib.sha256(data).hexdigest() for data in files]


@needs_fonts
def test_the_same_report_gives_the_same_bytes_in_every_process() -> None:
    here = digests()
    assert here == digests()
    folders = [str(settings.LOCALE_PATHS[0]), str(settings.PACKAGE / "core" / "templates")]
    done = subprocess.run(
        [sys.executable, "-c", BARE, *folders],
        cwd=settings.PACKAGE.parents[1],
        env={**os.environ, "PYTHONHASHSEED": "1", "TZ": "America/New_York"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(here)
