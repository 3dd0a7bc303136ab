import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tests.core.rendering import samples
from xuequ.core.figures import Figure, FigureKind, Reference, Row
from xuequ.core.rendering import svg
from xuequ.core.rendering.svg.canvas import fitted, text_width, ticks, wrapped
from xuequ.core.rendering.svg.parts import tone_words

PICTURES = [figure for figure in samples.all_kinds() if figure.kind != FigureKind.TABLE]
SIZES = [svg.FULL, svg.PHONE]


def texts(drawing: str) -> list[str]:
    root = ElementTree.fromstring(drawing)
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("size", SIZES, ids=["full", "phone"])
@pytest.mark.parametrize("figure", PICTURES, ids=lambda figure: figure.kind.value)
def test_a_picture_is_whole_and_says_what_it_shows(figure: Figure, size: svg.Size) -> None:
    drawing = svg.draw(figure, size)
    root = ElementTree.fromstring(drawing)
    assert drawing == svg.draw(figure, size)
    assert root.attrib["width"] == str(size.width)
    assert root.find("{http://www.w3.org/2000/svg}title").text == figure.title  # type: ignore[union-attr]
    assert root.find("{http://www.w3.org/2000/svg}desc").text == figure.alt  # type: ignore[union-attr]
    assert "style=" not in drawing and "<script" not in drawing and " id=" not in drawing
    assert not re.search(r'"[^"]*(nan|inf)\b', drawing)


@pytest.mark.parametrize("size", SIZES, ids=["full", "phone"])
@pytest.mark.parametrize("figure", PICTURES, ids=lambda figure: figure.kind.value)
def test_all_words_stay_on_the_paper(figure: Figure, size: svg.Size) -> None:
    root = ElementTree.fromstring(svg.draw(figure, size))
    for element in root.iter("{http://www.w3.org/2000/svg}text"):
        font = float(element.attrib.get("font-size", size.font))
        width, x = text_width(element.text or "", font), float(element.attrib["x"])
        start = x - width * {"middle": 0.5, "end": 1.0}.get(element.attrib.get("text-anchor", ""), 0.0)
        assert start >= -6 and start + width <= size.width + 6, element.text
        assert 0 < float(element.attrib["y"]) <= float(root.attrib["height"])


def test_every_school_of_sixty_has_its_line() -> None:
    figure = samples.interval(60)
    found = texts(svg.draw(figure))
    assert {str(row.cells[0]) for row in figure.rows} <= set(found)


def test_names_in_a_quadrant_never_cover_one_another() -> None:
    figure = samples.quadrant(60)
    root = ElementTree.fromstring(svg.draw(figure))
    names = {str(row.cells[0]) for row in figure.rows}
    boxes = []
    for element in root.iter("{http://www.w3.org/2000/svg}text"):
        if element.text not in names:
            continue
        font = float(element.attrib["font-size"])
        width, x, y = text_width(element.text, font), float(element.attrib["x"]), float(element.attrib["y"])
        start = x - width * {"middle": 0.5, "end": 1.0}.get(element.attrib["text-anchor"], 0.0)
        boxes.append((start, y - font * 0.9, start + width, y + font * 0.2))
    assert len(boxes) >= 50
    for place, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[place + 1 :]:
            across = min(right, other[2]) - max(left, other[0])
            down = min(bottom, other[3]) - max(top, other[1])
            assert across < 0.01 or down < 0.01


@pytest.mark.parametrize("figure", PICTURES, ids=lambda figure: figure.kind.value)
def test_missing_values_and_single_rows_are_drawn(figure: Figure) -> None:
    names = {
        figure.roles.get("label"),
        figure.roles.get("column"),
        figure.roles.get("group"),
        figure.roles.get("x"),
    }
    kept = [column.key in names and figure.kind != FigureKind.QUADRANT for column in figure.columns]
    empty = Row(
        "e", tuple(cell if keep else None for cell, keep in zip(figure.rows[0].cells, kept, strict=True))
    )
    for rows in ((empty,), (figure.rows[0],), (figure.rows[0], empty)):
        ElementTree.fromstring(svg.draw(replace(figure, rows=rows)))
    assert svg.draw(replace(figure, rows=())) == ""


def test_markup_in_a_name_stays_text() -> None:
    figure = samples.bars()
    name = '<script>alert("1")</script>'
    hostile = replace(figure, title=name, rows=(Row("h", (name, *figure.rows[0].cells[1:])),))
    drawing = svg.draw(hostile)
    assert "<script" not in drawing
    assert fitted(name, 12, svg.FULL.width * 0.36 - 12) in texts(drawing)


def test_ticks_are_round_and_cover() -> None:
    assert ticks(-0.61, 0.72, 8) == [-0.8, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.8]
    assert ticks(-0.61, 0.72, 5) == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert ticks(0, 97, 5) == [0, 20, 40, 60, 80, 100]
    assert ticks(3, 3, 2) == [2, 3, 4]


def test_long_words_are_wrapped_or_cut() -> None:
    assert wrapped("道德与法治", 10, 30) == ["道德与", "法治"]
    assert wrapped("信息科技与综合实践", 10, 30, most=2) == ["信息科", "技与…"]


def test_a_legend_claims_nothing_beside_several_lines_or_none() -> None:
    figure = samples.interval(8)
    words = set(tone_words().values())
    two = (*figure.references, Reference("x", 3.0, "优秀"))
    bare = tuple(replace(row, cells=(*row.cells[:2], None, None, *row.cells[4:])) for row in figure.rows)
    assert words & set(texts(svg.draw(figure)))
    for other in ({"references": two}, {"references": ()}, {"rows": bare}):
        assert not words & set(texts(svg.draw(replace(figure, **other))))  # type: ignore[arg-type]


def test_labels_of_close_reference_lines_never_cover_one_another() -> None:
    lines = tuple(
        Reference("x", value, f"{stars}星级学校") for stars, value in ((3, 0.6), (4, 0.62), (5, 0.64))
    )
    root = ElementTree.fromstring(svg.draw(replace(samples.bars(), references=lines), svg.PHONE))
    heights = [
        element.attrib["y"]
        for element in root.iter("{http://www.w3.org/2000/svg}text")
        if "星级" in (element.text or "")
    ]
    assert len(set(heights)) == 3


def test_a_long_name_beside_a_row_breaks_on_two_lines() -> None:
    figure = samples.bars()
    name = "人工智能教育课程开设与实施情况及其保障条件"
    found = texts(
        svg.draw(replace(figure, rows=(replace(figure.rows[0], cells=(name, *figure.rows[0].cells[1:])),)))
    )
    assert "".join(text for text in found if text in name) == name


def test_a_course_writes_its_unit_once_and_long_names_stay_on_the_paper() -> None:
    figure = samples.trajectory()
    column = replace(figure.columns[1], label="points of the school", unit="standard deviations")
    expected = replace(figure.columns[4], label="expected from the past of the school itself")
    figure = replace(figure, columns=(figure.columns[0], column, *figure.columns[2:4], expected))
    assert sum("standard deviations" in text for text in texts(svg.draw(figure))) == 1
    test_all_words_stay_on_the_paper(figure, svg.PHONE)


def test_narrow_bands_write_their_names_by_turns_on_two_lines() -> None:
    figure = samples.distribution()
    rows = tuple(Row(f"b{place}", (f"{place * 5}—{place * 5 + 5}分", "", 0.05)) for place in range(20))
    found = texts(svg.draw(replace(figure, rows=rows)))
    assert {"0—5分", "5—10分", "90—95分"} <= set(found)
