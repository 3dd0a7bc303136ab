"""Files and cells as schools have them: workbooks old and new, encodings, headings, odd cells."""

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit.score_sheets import text_file, workbook
from xuequ.core.errors import Refused
from xuequ.core.files import check_upload
from xuequ.kit.scores.aliases import Use, recognise
from xuequ.kit.scores.cells import levels_in, read_level, read_score
from xuequ.kit.scores.problems import WRONG, Problem
from xuequ.kit.scores.proposal import propose_district
from xuequ.kit.scores.tables import find_table
from xuequ.kit.scores.templates import HEADINGS, workbook_bytes
from xuequ.kit.sheets.class_names import ClassName, parse_class, parse_grade
from xuequ.kit.sheets.headings import subject_of
from xuequ.kit.sheets.problems import SheetRefused
from xuequ.kit.sheets.reading import cell_name, decode, read_book
from xuequ.kit.sheets.tables import text_of
from xuequ.record.choices import ResultStatus

FILES = Path(__file__).parent / "files"


@pytest.mark.parametrize("name", ["scores.xls", "scores.ods", "scores.et"])
def test_old_excel_wps_and_opendocument(name: str) -> None:
    content = (
        FILES / name.replace(".et", ".xls")
    ).read_bytes()  # WPS writes the same format under its own name
    check_upload(ContentFile(content, name=name))
    table = find_table(read_book(content, name).sheets[0])
    assert [(h.meaning().use, h.meaning().subject) for h in table.headings] == [
        (Use.NUMBER, ""), (Use.NAME, ""), (Use.SCORE, "mathematics"), (Use.LEVEL, "mathematics"),
    ]  # fmt: skip
    assert [row.at(2) for row in table.rows] == [88.5, "缺考"]


def test_merged_headings_over_two_rows() -> None:
    rows = [
        ["成绩册", "", "", "", "", ""],
        ["班级", "姓名", "语文", "", "数学", ""],
        ["", "", "分数", "等级", "分数", "班排名"],
        ["七1", "甲", 80, "A", 90, 1],
    ]
    file = workbook(rows, merged=["A1:F1", "A2:A3", "B2:B3", "C2:D2", "E2:F2"])
    columns = propose_district(find_table(read_book(file.read(), "x.xlsx").sheets[0]))
    assert [(c.label, c.use, c.subject) for c in columns] == [
        ("班级", Use.CLASS, ""),
        ("姓名", Use.NAME, ""),
        ("语文 分数", Use.SCORE, "chinese"),
        ("语文 等级", Use.LEVEL, "chinese"),
        ("数学 分数", Use.SCORE, "mathematics"),
        ("数学 班排名", Use.RANK, "mathematics"),
    ]


def test_merged_data_cells_count_for_all_their_rows() -> None:
    rows = [["班级", "姓名", "数学"], ["七1", "甲", 80], ["", "乙", 90], ["七2", "丙", 70]]
    file = workbook(rows, merged=["A2:A3"])
    table = find_table(read_book(file.read(), "x.xlsx").sheets[0])
    assert [row.at(0) for row in table.rows] == ["七1", "七1", "七2"]


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.csv", "empty"),
        (b"\xef\xbb\xbf \r\n", "a.csv", "empty"),
        (b"<html><table>", "a.xls", "web-page"),
        (b"PK\x03\x04nonsense", "a.xlsx", "unreadable"),
        (b"\xff\xfe\x00\xd8", "a.csv", "encoding"),
        (b"\x81\x20\xff", "a.csv", "encoding"),
    ],
)
def test_unreadable_files_are_refused(content: bytes, name: str, code: str) -> None:
    with pytest.raises(SheetRefused) as refusal:
        find_table(read_book(content, name).sheets[0])
    assert refusal.value.problem.code == code
    assert str(refusal.value)


def test_a_sheet_that_is_too_wide_is_refused() -> None:
    with pytest.raises(SheetRefused) as refusal:
        read_book(text_file([["学籍号", *["数学"] * 300]]).read(), "a.csv")
    assert refusal.value.problem.code == "too-wide"


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b"0" * 400_000_000)
    with pytest.raises(Refused):
        check_upload(ContentFile(stream.getvalue(), name="bomb.xlsx"))


@given(st.text(st.characters(codec="gb18030", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_gb18030_text_is_read_whatever_it_says(text: str) -> None:
    content = ("学籍号，" + text).encode("gb18030")
    assert decode(content) in {"学籍号，" + text, content.decode("utf-8", "ignore")}


@given(st.integers(0, 400), st.integers(0, 2000))
def test_cell_names_are_those_of_spreadsheets(row: int, column: int) -> None:
    from openpyxl.utils.cell import coordinate_to_tuple

    assert coordinate_to_tuple(cell_name(row, column)) == (row + 1, column + 1)


NAMES = st.text(st.characters(categories=["Lo"], codec="gb18030"), min_size=1, max_size=4)
SCORES = st.integers(0, 15_000).map(lambda hundredths: hundredths / 100)
ROWS = st.lists(st.tuples(NAMES, st.integers(0, 10**10 - 1), SCORES), min_size=1, max_size=20)


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_a_filled_template_is_read_back_as_it_was_written(rows) -> None:
    book = workbook_bytes(
        (*HEADINGS, "数学"), [("云上中学", "2024级3班", name, f"G{n:010d}") for name, n, _s in rows]
    )
    from openpyxl import load_workbook

    opened = load_workbook(io.BytesIO(book))
    for place, (_name, _number, score) in enumerate(rows, start=2):
        opened.worksheets[0].cell(place, 5).value = score
    stream = io.BytesIO()
    opened.save(stream)
    table = find_table(read_book(stream.getvalue(), "x.xlsx").sheets[0])
    assert [c.use for c in propose_district(table)] == [
        Use.SCHOOL,
        Use.CLASS,
        Use.NAME,
        Use.NUMBER,
        Use.SCORE,
    ]
    # NFKC on both sides: compatibility forms of a character count as the same name.
    assert [(text_of(r.at(2)), text_of(r.at(3))) for r in table.rows] == [
        (text_of(name), f"G{n:010d}") for name, n, _s in rows
    ]
    assert [read_score(r.at(4), 150).score for r in table.rows] == [score for _name, _n, score in rows]


@pytest.mark.parametrize(
    ("cell", "score", "status", "error"),
    [
        (85, 85.0, ResultStatus.SCORED, ""),
        ("８５．５", 85.5, ResultStatus.SCORED, ""),
        (" 90 分 ", 90.0, ResultStatus.SCORED, ""),
        ("缺考", None, ResultStatus.ABSENT, ""),
        ("免 考", None, ResultStatus.EXEMPT, ""),
        ("作弊", None, ResultStatus.CANCELLED, ""),
        ("八十五", None, ResultStatus.SCORED, "text-in-score"),
        (dt.date(2026, 3, 4), None, ResultStatus.SCORED, "date-in-score"),
        (True, None, ResultStatus.SCORED, "text-in-score"),
        (-0.5, None, ResultStatus.SCORED, "negative"),
        (100.5, None, ResultStatus.SCORED, "over-full-mark"),
        ("#N/A", None, ResultStatus.SCORED, "text-in-score"),
        (float("nan"), None, ResultStatus.SCORED, "text-in-score"),
    ],
)
def test_score_cells(cell, score: float | None, status: ResultStatus, error: str) -> None:
    value = read_score(cell, 100)
    assert (value.score, value.status, value.error) == (score, status, error)


@pytest.mark.parametrize("cell", ["", " ", "-", "—", "/", "无"])
def test_blank_cells(cell: str) -> None:
    assert read_score(cell, 100).blank


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_on_an_open_scale_is_kept_exactly(number: float) -> None:
    assert read_score(number).score == number
    assert read_score(repr(number)).score == number


def test_levels() -> None:
    assert levels_in(["优", "良", "中", "优"]) == ("优", "良", "中", "差")
    assert levels_in(["12", "x"]) == ()
    assert read_level("ａ", ("A", "B")).level == "A"
    assert read_level("Z", ("A", "B")).error == "unknown-level"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("七年级3班", ClassName(3, 7)),
        ("七年级（12）班", ClassName(12, 7)),
        ("初一(3)班", ClassName(3, 7)),
        ("高二十一班", ClassName(11, 11)),
        ("六（2）", ClassName(2, 6)),
        ("2024级3班", ClassName(3, None, 2024)),
        ("24级十班", ClassName(10, None, 2024)),
        ("703", ClassName(3, 7)),
        ("1203", ClassName(3, 12)),
        ("3班", ClassName(3)),
        ("第三班", ClassName(3)),
        ("12", ClassName(12)),
        ("Grade 7 Class 3", ClassName(3, 7)),
        ("火箭班", None),
        ("", None),
    ],
)
def test_class_names(text: str, expected: ClassName | None) -> None:
    assert parse_class(text) == expected


def test_grades() -> None:
    assert [parse_grade(t) for t in ("七年级", "初三", "9", "Grade 4", "十三", "")] == [
        7,
        9,
        9,
        4,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("heading", "use", "subject"),
    [
        ("学 校", Use.SCHOOL, ""),
        ("School Name", Use.SCHOOL, ""),
        ("全国学籍号", Use.NUMBER, ""),
        ("道法成绩", Use.SCORE, "civics"),
        ("英语（满分100分）", Use.SCORE, "english"),
        ("数学等级", Use.LEVEL, "mathematics"),
        ("年级排名", Use.RANK, ""),
        ("Mathematics", Use.SCORE, "mathematics"),
        ("总分", Use.SCORE, "total"),
    ],
)
def test_headings(heading: str, use: Use, subject: str) -> None:
    meaning = recognise(heading)
    assert meaning is not None and (meaning.use, meaning.subject) == (use, subject)


def test_unknown_headings_and_subjects() -> None:
    assert recognise("家庭住址") is None
    assert subject_of("数 学") == "mathematics" and subject_of("魔法") == ""


@pytest.mark.parametrize("code", sorted(WRONG))
def test_every_problem_says_what_and_where(code: str) -> None:
    names = (
        "columns",
        "limit",
        "rows",
        "heading",
        "use",
        "sheet",
        "text",
        "found",
        "wanted",
        "item",
        "sum",
        "items",
        "points",
        "row",
        "full",
        "levels",
    )
    problem = Problem(code, "成绩", "C17", dict.fromkeys(names, "1"))
    assert str(problem).startswith("成绩!C17: ")
    assert Problem.from_json(problem.as_json()) == problem
