import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tests.core.rendering import samples
from xuequ.core.figures import Figure, FigureKind, Row
from xuequ.core.rendering import svg
from xuequ.core.rendering.svg.canvas import fitted, text_width, ticks, wrapped

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
