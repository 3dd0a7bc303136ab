"""Marks by item: from schools' sheets and their 双向细目表 to the record and back out of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from tests.factories import (
    DAY,
    make_actor,
    make_assessment,
    make_class,
    make_pupils,
    make_school,
    make_subject,
    make_term,
)
from tests.kit.item_sheets import HEAD, PLAN, rows_of
from tests.kit.score_sheets import MONITORING, text_file, workbook
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Pupil, SchoolClass
from xuequ.kit.scores import actions
from xuequ.kit.scores.aliases import Use
from xuequ.kit.scores.options import Options
from xuequ.kit.scores.templates import TemplateRow, item_template_bytes
from xuequ.record.models import Assessment, ImportBatch, Paper, Result
from xuequ.record.papers import PaperContent, PaperItem, current_paper, item_frame

pytestmark = pytest.mark.django_db

MARKS = [[14, 3, 3, 4, 4, 0], [7, 0, 3, 4, 0, 0], [20, 3, 3, 4, 5, 5]]


@pytest.fixture
def school_class() -> SchoolClass:
    make_term()
    make_subject("mathematics"), make_subject("chinese")
    return make_class(make_school("云上中学"), number=3)


@pytest.fixture
def pupils(school_class: SchoolClass) -> list[Pupil]:
    return make_pupils(school_class, 3)


@pytest.fixture
def officer() -> Actor:
    return make_actor(Role.DISTRICT_OFFICER)


def bring(
    actor: Actor, *sheets: Sequence[Sequence[Any]], options: Options = MONITORING, **kwargs: Any
) -> ImportBatch:
    file = workbook(*sheets, names=["数学小题分", "双向细目表"], **kwargs)
    return actions.check(actor=actor, batch=actions.upload(actor=actor, file=file, options=options))


def problems(batch: ImportBatch) -> list[tuple[str, str, str]]:
    return [(item["code"], item["sheet"], item["cell"]) for item in batch.problems]


def frame() -> pl.DataFrame:
    assessment = Assessment.objects.get()
    paper = current_paper(assessment)
    assert paper is not None
    return item_frame(assessment, PaperContent.of(paper))


def test_a_sheet_with_its_table_of_specifications_is_stored_and_undone(
    officer: Actor, pupils: list[Pupil]
) -> None:
    batch = bring(officer, rows_of(pupils, MARKS), PLAN)
    assert problems(batch) == []
    assert batch.summary["added"] == 3
    assert {"code": "items", "params": {"items": "5", "points": "2"}} in batch.summary["remarks"]
    stored = actions.confirm(actor=officer, batch=batch)

    assessment = Assessment.objects.get()
    assert (assessment.subject.code, assessment.full_mark) == ("mathematics", 20)
    content = PaperContent.of(Paper.objects.get())
    assert content.items[1] == PaperItem("2", 3, "D", ("一次函数", "坐标系"), "应用")
    assert content.items[2].key == ""  # the worked answer of an open item is no option
    assert content.lessons == {"一次函数": 8, "勾股定理": 6}
    assert content.points == ("一次函数", "勾股定理")
    assert Result.objects.get(pupil=pupils[0]).item_scores == "3;3;4;4;0"
    table = frame()
    assert table.columns == ["pupil", "school", "school_class", "1", "2", "3", "4(1)", "4(2)"]
    assert table.filter(pupil=pupils[1].pk)["4(1)"].to_list() == [0.0]

    actions.undo(actor=officer, batch=stored)
    assert not Result.objects.filter(is_current=True).exists()
    assert not Paper.objects.filter(is_current=True).exists()


def test_options_are_marked_by_the_key(officer: Actor, pupils: list[Pupil]) -> None:
    head = ["班级", "姓名", "学籍号", "第1题", "第2题", "3得分", "4.1", "4-2"]
    cells = [["B", "d", 4, 4, 0], ["A", "", 4, 0, 0], ["Ｂ", "C", 0, 0, 0]]
    batch = actions.confirm(actor=officer, batch=bring(officer, rows_of(pupils, cells, head), PLAN))
    assert batch.summary["added"] == 3
    found = Result.objects.order_by("pupil_id").values_list("score", "item_scores", "item_options")
    assert list(found) == [
        (14.0, "3;3;4;4;0", "B;D;;;"),
        (4.0, "0;0;4;0;0", "A;;;;"),
        (3.0, "3;0;0;0;0", "B;C;;;"),
    ]
    assert frame()["1 option"].to_list() == ["B", "A", "B"]


def test_marks_and_options_of_one_item_may_stand_side_by_side(officer: Actor, pupils: list[Pupil]) -> None:
    head = ["班级", "姓名", "学籍号", "总分", "客观题", "", "客观题得分", "", "主观题得分", "", ""]
    below = ["", "", "", "", "1选项", "2选项", "1", "2", "3", "4(1)", "4(2)"]
    cells = [[14, "B", "D", 3, 3, 4, 4, 0], [7, "A", "D", 0, 3, 4, 0, 0], [0, "C", "C", 0, 0, 0, 0, 0]]
    rows = rows_of(pupils, cells, head)
    batch = bring(officer, [rows[0], below, *rows[1:]], PLAN)
    assert problems(batch) == []
    actions.confirm(actor=officer, batch=batch)
    first = Result.objects.get(pupil=pupils[1])
    assert (first.item_scores, first.item_options) == ("0;3;4;0;0", "A;D;;;")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([14, 3, 3, 9, 4, 0], ("over-full-mark", "数学小题分", "G2")),
        ([15, 3, 3, 4, 4, 0], ("item-sum", "数学小题分", "D2")),
        ([14, 3, 3, "x", 4, 0], ("text-in-score", "数学小题分", "G2")),
        ([20, 3, 3, "", 4, 0], ("item-blank", "数学小题分", "G2")),
        ([14, -1, 3, 4, 4, 4], ("negative", "数学小题分", "E2")),
    ],
)
def test_every_wrong_cell_is_named(
    officer: Actor, pupils: list[Pupil], cells: list[Any], expected: tuple[str, str, str]
) -> None:
    batch = bring(officer, rows_of(pupils[:1], [cells]), PLAN)
    assert problems(batch) == [expected]
    with pytest.raises(Refused):
        actions.confirm(actor=officer, batch=batch)
    assert not Result.objects.exists()


def test_empty_cells_are_no_marks_only_where_the_total_proves_it(officer: Actor, pupils: list[Pupil]) -> None:
    marks = [[10, 3, 3, 4, "", ""], [7, "", 3, 4, "", 0], ["缺考", "", "", "", "", ""]]
    batch = bring(officer, rows_of(pupils, marks), PLAN)
    assert problems(batch) == []
    actions.confirm(actor=officer, batch=batch)
    found = Result.objects.order_by("pupil_id").values_list("status", "item_scores")
    assert list(found) == [("scored", "3;3;4;0;0"), ("scored", "0;3;4;0;0"), ("absent", "")]


def test_without_totals_an_empty_cell_is_asked_about(officer: Actor, pupils: list[Pupil]) -> None:
    head = HEAD[:3] + HEAD[4:]
    batch = bring(officer, rows_of(pupils[:1], [[3, 3, 4, "", 0]], head), PLAN)
    assert problems(batch) == [("item-blank", "数学小题分", "G2")]


def test_what_is_wrong_with_the_table_of_specifications_is_told_by_cell(
    officer: Actor, pupils: list[Pupil]
) -> None:
    plan = [row[:] for row in PLAN]
    plan[2][2], plan[3][0], plan[4][2] = "三", "1", 4
    plan.append(["5", "解答题", 6, "圆", "", "", ""])
    plan.append(["附加", "", 5, "", "", "", ""])
    plan[6][6] = 9
    batch = bring(officer, rows_of(pupils, MARKS), plan)
    assert set(problems(batch)) >= {
        ("item-full", "双向细目表", "C3"),
        ("item-twice", "双向细目表", "A4"),
        ("item-absent", "双向细目表", "A9"),
        ("item-number", "双向细目表", "A10"),
    }
    assert "lessons-differ" in {code for code, _sheet, _cell in problems(batch)}


def test_a_missing_key_and_a_missing_full_mark_are_named(officer: Actor, pupils: list[Pupil]) -> None:
    plan = [row[:] for row in PLAN]
    plan[2][5], plan[4][2] = "", ""
    head = ["班级", "姓名", "学籍号", "总分", "1选项", "2", "3", "4(1)", "4(2)"]
    batch = bring(officer, rows_of(pupils[:1], [[11, "B", 3, 4, 4, 0]], head), plan)
    assert {("item-key", "数学小题分", "E1"), ("item-full-missing", "数学小题分", "G1")} <= set(
        problems(batch)
    )


def test_full_marks_in_headings_or_in_a_row_below_do_without_a_table(
    officer: Actor, pupils: list[Pupil]
) -> None:
    rows = rows_of(pupils, MARKS, ["班级", "姓名", "学籍号", "总分", "1（3分）", "2", "3", "4(1)", "4(2)"])
    rows.insert(1, ["", "满分", "", 20, "", 3, 4, 5, 5])
    batch = bring(officer, rows)
    assert problems(batch) == []
    assert {item["code"] for item in batch.summary["remarks"]} >= {"items", "no-points"}
    actions.confirm(actor=officer, batch=batch)
    assert [item.full_mark for item in PaperContent.of(Paper.objects.get()).items] == [3, 3, 4, 5, 5]


def test_a_heading_and_the_table_must_agree_on_the_full_mark(officer: Actor, pupils: list[Pupil]) -> None:
    head = [*HEAD[:4], "1（2分）", *HEAD[5:]]
    batch = bring(officer, rows_of(pupils[:1], [[13, 2, 3, 4, 4, 0]], head), PLAN)
    assert problems(batch) == [("item-full-differs", "双向细目表", "A3")]


def test_several_right_options_need_the_sheets_own_marks(officer: Actor, pupils: list[Pupil]) -> None:
    plan = [row[:] for row in PLAN]
    plan[2][5] = "BD"
    head = [*HEAD[:3], "1选项", *HEAD[5:]]
    cells = [["DB", 3, 4, 4, 0], ["B", 3, 4, 4, 0], ["AB", 3, 4, 4, 0]]
    batch = bring(officer, rows_of(pupils, cells, head), plan)
    assert problems(batch) == [("part-marks", "数学小题分", "D3")]


def test_the_same_file_again_changes_nothing_and_a_corrected_mark_corrects_one(
    officer: Actor, pupils: list[Pupil]
) -> None:
    actions.confirm(actor=officer, batch=bring(officer, rows_of(pupils, MARKS), PLAN))
    again = bring(officer, rows_of(pupils, MARKS), PLAN)
    assert (again.summary["unchanged"], again.summary["papers"]) == (3, 0)
    changed = [[14, 3, 3, 3, 5, 0], *MARKS[1:]]
    batch = bring(officer, rows_of(pupils, changed), PLAN)
    assert (batch.summary["corrected"], batch.summary["unchanged"]) == (1, 2)
    actions.undo(actor=officer, batch=actions.confirm(actor=officer, batch=batch))
    assert Result.objects.get(pupil=pupils[0], is_current=True).item_scores == "3;3;4;4;0"


def test_items_are_added_to_totals_that_are_there(officer: Actor, pupils: list[Pupil]) -> None:
    totals = [["班级", "姓名", "学籍号", "数学"]] + [row[:4] for row in rows_of(pupils, MARKS)[1:]]
    actions.confirm(actor=officer, batch=bring(officer, totals))
    batch = bring(officer, rows_of(pupils, MARKS), PLAN)
    assert batch.summary["corrected"] == 3
    actions.confirm(actor=officer, batch=batch)
    assert frame().height == 3
    # Totals alone, brought in again, leave the items where they are.
    assert bring(officer, totals).summary["unchanged"] == 3


def test_a_corrected_knowledge_point_is_a_new_paper_with_the_same_results(
    officer: Actor, pupils: list[Pupil]
) -> None:
    first = actions.confirm(actor=officer, batch=bring(officer, rows_of(pupils, MARKS), PLAN))
    plan = [row[:] for row in PLAN]
    plan[3][3] = "方程"
    batch = bring(officer, rows_of(pupils, MARKS), plan)
    assert (batch.summary["unchanged"], batch.summary["papers"], batch.summary["problems"]) == (3, 1, 0)
    assert actions.may_be_confirmed(batch)
    second = actions.confirm(actor=officer, batch=batch)
    assert "方程" in PaperContent.of(Paper.objects.get(is_current=True)).points
    assert Paper.objects.count() == 2
    assert frame().height == 3
    with pytest.raises(Refused, match="Undo that one first"):
        actions.undo(actor=officer, batch=first)
    actions.undo(actor=officer, batch=second)
    assert "方程" not in PaperContent.of(Paper.objects.get(is_current=True)).points


def test_results_that_rest_on_a_paper_keep_it(officer: Actor, pupils: list[Pupil]) -> None:
    first = actions.confirm(actor=officer, batch=bring(officer, rows_of(pupils[:2], MARKS[:2]), PLAN))
    bare = bring(officer, rows_of(pupils[2:], MARKS[2:]))
    assert problems(bare) == []  # the stored paper says what the items are worth
    actions.confirm(actor=officer, batch=bare)
    assert Paper.objects.count() == 1
    with pytest.raises(Refused, match="rest on this paper"):
        actions.undo(actor=officer, batch=first)


def test_an_assessment_on_a_common_scale_keeps_its_scores(officer: Actor, pupils: list[Pupil]) -> None:
    assessment = make_assessment("数学抽样监测", subject=make_subject(), scale="monitoring", held_on=DAY)
    for pupil, score in zip(pupils[:2], (512.5, 430.0), strict=True):
        enrolled = pupil.enrolments.get()
        Result.objects.create(
            assessment=assessment,
            pupil=pupil,
            school=enrolled.school,
            school_class=enrolled.school_class,
            score=score,
        )
    head = HEAD[:3] + HEAD[4:]
    into = Options(assessment=str(assessment.uid))
    marks = [cells[1:] for cells in MARKS]
    batch = bring(officer, rows_of(pupils, marks, head), PLAN, options=into)
    assert problems(batch) == [("item-scale", "数学小题分", "A4")]
    actions.confirm(
        actor=officer, batch=bring(officer, rows_of(pupils[:2], marks[:2], head), PLAN, options=into)
    )
    found = Result.objects.filter(is_current=True).order_by("pupil_id").values_list("score", "item_scores")
    assert list(found) == [(512.5, "3;3;4;4;0"), (430.0, "0;3;4;0;0")]


def test_the_rules_on_examinations_stand_for_items_too(officer: Actor, pupils: list[Pupil]) -> None:
    other = make_pupils(make_class(make_school("另一中学"), number=3), 1)
    sheet = rows_of([*pupils, *other], [*MARKS, MARKS[0]])
    final = replace(MONITORING, basis="school_final")
    assert "rule" in {code for code, _sheet, _cell in problems(bring(officer, sheet, PLAN, options=final))}


def test_a_text_file_of_items_is_read_too(officer: Actor, pupils: list[Pupil]) -> None:
    rows = rows_of(pupils, MARKS)
    rows[0] = [*rows[0][:4], "1(3分)", "2(3分)", "3(4分)", "第4(1)题(5分)", "第4(2)题(5分)"]
    file = text_file(rows, encoding="gb18030", name="数学小题分.csv")
    batch = actions.check(actor=officer, batch=actions.upload(actor=officer, file=file, options=MONITORING))
    assert problems(batch) == []
    assert batch.summary["added"] == 3


def test_a_book_with_totals_first_is_read_by_its_items(officer: Actor, pupils: list[Pupil]) -> None:
    totals = [["班级", "姓名", "学籍号", "语文"], *[row[:4] for row in rows_of(pupils, MARKS)[1:]]]
    file = workbook(totals, rows_of(pupils, MARKS), PLAN, names=["总表", "数学小题", "细目表"])
    batch = actions.upload(actor=officer, file=file, options=MONITORING)
    assert actions.options_of(batch).sheets == ("数学小题",)
    assert len(actions.options_of(batch).using(Use.ITEM)) == 5


def test_the_template_is_read_back(officer: Actor, pupils: list[Pupil]) -> None:
    from django.core.files.base import ContentFile
    from openpyxl import load_workbook

    actions.confirm(actor=officer, batch=bring(officer, rows_of(pupils, MARKS), PLAN))
    assessment = Assessment.objects.get()
    paper = current_paper(assessment)
    assert paper is not None
    rows = [
        TemplateRow("云上中学", "八年级3班", pupil.person.name, pupil.person.identity.fields["number"])
        for pupil in pupils
    ]
    content = item_template_bytes(assessment, rows, PaperContent.of(paper))
    import io

    book = load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    for index, marks in enumerate(MARKS, start=2):
        for column, mark in enumerate(marks, start=5):
            sheet.cell(index, column, mark)
    stream = io.BytesIO()
    book.save(stream)
    file = ContentFile(stream.getvalue(), name="template.xlsx")
    options = Options(assessment=str(assessment.uid))
    batch = actions.check(actor=officer, batch=actions.upload(actor=officer, file=file, options=options))
    assert problems(batch) == []
    assert (batch.summary["unchanged"], batch.summary["papers"]) == (3, 0)


def test_an_empty_template_has_both_sheets() -> None:
    import io

    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(item_template_bytes(make_assessment("测"), [], None)))
    assert book.sheetnames[1] == "双向细目表"
    assert [cell.value for cell in book.worksheets[0][1]][5:7] == ["1", "2"]


def test_a_corrected_key_corrects_the_marks_given_by_options(officer: Actor, pupils: list[Pupil]) -> None:
    head = ["班级", "姓名", "学籍号", "1", "2", "3", "4(1)", "4(2)"]
    cells = [["B", "D", 4, 4, 0], ["A", "D", 4, 0, 0], ["A", "C", 0, 0, 0]]
    actions.confirm(actor=officer, batch=bring(officer, rows_of(pupils, cells, head), PLAN))
    plan = [row[:] for row in PLAN]
    plan[2][5] = "A"
    batch = bring(officer, rows_of(pupils, cells, head), plan)
    assert (batch.summary["corrected"], batch.summary["papers"]) == (3, 1)
    actions.undo(actor=officer, batch=actions.confirm(actor=officer, batch=batch))
    found = Result.objects.filter(is_current=True).order_by("pupil_id").values_list("score", flat=True)
    assert list(found) == [14.0, 7.0, 0.0]
    assert PaperContent.of(Paper.objects.get(is_current=True)).items[0].key == "B"
