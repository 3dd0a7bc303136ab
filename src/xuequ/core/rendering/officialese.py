"""Paper, fonts and paragraphs of official documents (GB/T 9704-2012) for python-docx."""

import io
from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from xuequ.core.rendering import printing
from xuequ.core.rendering.content import Content
from xuequ.core.rendering.svg.canvas import text_width

# Names of fonts as Word lists them; FONT_TABLE names the nearest ones for machines that lack the first.
SONG, FANGSONG, KAITI, HEITI, LATIN = "方正小标宋简体", "仿宋", "楷体", "黑体", "Times New Roman"
_SIZE = Pt(16)  # 三号
_LINE = Pt(28)
_CELL, _SMALL_CELL = "Table Text", "Small Table Text"
_WHOLE = 14  # tables of so many rows stay on one page
_WIDTH, _TALLEST = Mm(156), Mm(185)

_ALTERNATIVES = {
    SONG: "华文中宋,STZhongsong,宋体",
    FANGSONG: "FangSong,仿宋_GB2312,华文仿宋",
    KAITI: "KaiTi,楷体_GB2312,华文楷体",
    HEITI: "SimHei,微软雅黑",
    "宋体": "SimSun",
}
FONT_TABLE = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<w:fonts xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    + "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/></w:font>'
        for name, others in _ALTERNATIVES.items()
    )
    + f'<w:font w:name="{LATIN}"><w:charset w:val="00"/><w:family w:val="roman"/></w:font></w:fonts>'
).encode()


def characters(count: float) -> Length:
    """Return the width of so many characters of the body."""
    return Length(round(_SIZE * count))


def width_of(text: str) -> float:
    """Return about how many characters of the body a text is wide."""
    return text_width(text, 1)


def lay_out(document: Any) -> None:
    """Set paper, margins, fonts, headings and page numbers."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(26)
    styles = document.styles
    _style(styles["Normal"], FANGSONG, _SIZE)
    _style(styles["Title"], SONG, Pt(22), line=Pt(35), centred=True)
    for level, font in ((1, HEITI), (2, KAITI), (3, FANGSONG)):
        _style(styles[f"Heading {level}"], font, _SIZE, bold=level == 3)
        styles[f"Heading {level}"].paragraph_format.first_line_indent = characters(2)
    for name, size in ((_CELL, Pt(10.5)), (_SMALL_CELL, Pt(9))):
        cell = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        _style(cell, FANGSONG, size)
        _loose(cell, centred=False)
    _footers(document, section)


def _style(
    style: Any, font: str, size: Length, *, line: Length = _LINE, bold: bool = False, centred: bool = False
) -> None:
    style.font.size, style.font.bold, style.font.italic = size, bold, False
    style.font.color.rgb = RGBColor(0, 0, 0)
    _fonts(style.element.get_or_add_rPr(), font)
    if style.type != WD_STYLE_TYPE.PARAGRAPH:
        return
    layout = style.paragraph_format
    layout.space_before = layout.space_after = Pt(0)
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, line
    layout.widow_control = True
    if centred:
        layout.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for border in style.element.get_or_add_pPr().findall(qn("w:pBdr")):
        style.element.pPr.remove(border)


def _fonts(properties: Any, font: str) -> None:
    fonts = properties.get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for script, name in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", font)):
        fonts.set(qn(f"w:{script}"), name)


def _footers(document: Any, section: Any) -> None:
    """Write the page number as — 1 —, on the right of odd pages and the left of even ones."""
    document.settings.odd_and_even_pages_header_footer = True
    sides = ((section.footer, WD_ALIGN_PARAGRAPH.RIGHT), (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT))
    for footer, side in sides:
        footer.is_linked_to_previous = False
        line = footer.paragraphs[0]
        line.alignment = side
        line.paragraph_format.left_indent = line.paragraph_format.right_indent = characters(1)
        for part in ("— ", "PAGE", " —"):
            run = line.add_run("" if part == "PAGE" else part)
            run.font.size = Pt(14)
            _fonts(run._r.get_or_add_rPr(), "宋体")
            if part == "PAGE":
                _field(run, part)


def _field(run: Any, instruction: str) -> None:
    for kind in ("begin", instruction, "end"):
        if kind == instruction:
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = instruction
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)


def paragraph(
    document: Any,
    text: str,
    *,
    style: str = "Normal",
    font: str = "",
    bold: bool = False,
    indent: bool = True,
) -> Any:
    """Add a paragraph; text of the body starts two characters in."""
    line = document.add_paragraph(style=style)
    if style == "Normal" and indent:
        line.paragraph_format.first_line_indent = characters(2)
    run = line.add_run(text)
    if bold:
        run.font.bold = True
    if font:
        _fonts(run._r.get_or_add_rPr(), font)
    return line


def _loose(line: Any, *, centred: bool) -> None:
    """Undo a paragraph's or a style's fixed line height, which would cut pictures and waste room in tables."""
    layout = line.paragraph_format
    layout.line_spacing_rule = WD_LINE_SPACING.SINGLE
    layout.first_line_indent = Pt(0)
    if centred:
        layout.alignment = WD_ALIGN_PARAGRAPH.CENTER


def caption(document: Any, text: str, *, above: bool = False) -> None:
    """Add the caption of a picture (below it) or a table (above it)."""
    line = document.add_paragraph()
    _loose(line, centred=True)
    line.paragraph_format.space_before, line.paragraph_format.space_after = Pt(6), Pt(6)
    line.paragraph_format.keep_with_next = above
    run = line.add_run(text)
    run.font.size = Pt(12)
    _fonts(run._r.get_or_add_rPr(), HEITI)


def small(document: Any, text: str) -> None:
    """Add a line of explanation in small type."""
    line = document.add_paragraph()
    _loose(line, centred=False)
    line.paragraph_format.space_before, line.paragraph_format.space_after = Pt(4), Pt(8)
    line.add_run(text).font.size = Pt(10.5)


def picture(document: Any, figure: Content) -> None:
    """Add a chart across the page, or as tall as the page allows, with its alternative text."""
    width = min(_WIDTH, round(_TALLEST / figure["aspect"]))
    line = document.add_paragraph()
    _loose(line, centred=True)
    line.paragraph_format.keep_with_next = True
    line.paragraph_format.space_before = Pt(8)
    shape = line.add_run().add_picture(io.BytesIO(printing.picture(figure["picture"])), width=Length(width))
    properties = shape._inline.docPr
    properties.set("descr", figure["alt"])
    properties.set("title", figure["title"])


def table(document: Any, content: Content) -> None:
    """Add a real table: heading repeated on every page, rows kept whole, numbers to the right."""
    columns = content["columns"]
    grid = document.add_table(rows=1 + len(content["rows"]), cols=len(columns), style="Table Grid")
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    alternative = OxmlElement("w:tblCaption")
    alternative.set(qn("w:val"), content["title"])
    grid._tbl.tblPr.append(alternative)
    style = document.styles[_CELL if len(columns) <= 6 else _SMALL_CELL].style_id
    lines = [[column["heading"] for column in columns]]
    lines += [[cell["text"] for cell in row["cells"]] for row in content["rows"]]
    marked = [True, *(row["marked"] for row in content["rows"])]
    _widths(grid, content)
    whole = len(content["rows"]) <= _WHOLE
    # grid.rows[i].cells walks the whole table each time; the XML rows do not.
    for place, (row, texts) in enumerate(zip(grid._tbl.tr_lst, lines, strict=True)):
        _row_rule(row, "w:cantSplit")
        if place == 0:
            _row_rule(row, "w:tblHeader")
        for cell, text, column in zip(row.tc_lst, texts, columns, strict=True):
            line = Paragraph(cell.p_lst[0], grid._parent)
            line._p.style = style  # by its id: by its name python-docx looks through all styles for each cell
            if whole and place < len(content["rows"]):
                line.paragraph_format.keep_with_next = True
            if column["number"]:
                line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            run = line.add_run(text)
            if marked[place]:
                run.font.bold = True


def _widths(grid: Any, content: Content) -> None:
    """Share the page's width by what the columns want."""
    needs = content["shares"]
    widths = [Length(round(_WIDTH * need / sum(needs))) for need in needs]
    for column, share in zip(grid._tbl.tblGrid.gridCol_lst, widths, strict=True):
        column.w = share
    for row in grid._tbl.tr_lst:
        for cell, share in zip(row.tc_lst, widths, strict=True):
            cell.width = share


def _row_rule(row: Any, name: str) -> None:
    row.get_or_add_trPr().append(OxmlElement(name))
