"""Ledgers: what schools hold is read, every error by its cell, stored and published whole, and undone."""

import datetime as dt
import io
from collections.abc import Sequence

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from openpyxl import Workbook

from tests import factories as make
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.changes import Change
from xuequ.district.choices import Role
from xuequ.district.models import School, SchoolClass, SchoolYear
from xuequ.kit.sheets.problems import SheetRefused
from xuequ.kit.sheets.reading import read_book
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch, Indicator
from xuequ.systems.office.catalogue import ATTENDANCE, BORROWED
from xuequ.systems.office.ledgers import actions, queries
from xuequ.systems.office.ledgers.layout import template_bytes
from xuequ.systems.office.ledgers.problems import Problem, Remark
from xuequ.systems.office.ledgers.reading import month_of, rate_of, span
from xuequ.systems.office.ledgers.years import books_of, withheld, year_values
from xuequ.systems.office.models import LedgerMonth

DAY = dt.date(2026, 3, 2)
OFFICE = Actor.system(DAY)
HEADINGS = ("学校", "班级", "月份", "出勤率", "借书册数")

pytestmark = pytest.mark.django_db


@pytest.fixture
def year() -> SchoolYear:
    return make.make_year(2025)


@pytest.fixture
def school(year: SchoolYear) -> School:
    return make.make_school("云汀中学")


@pytest.fixture
def group(school: School) -> SchoolClass:
    found = make.make_class(school, number=1)
    make.make_pupils(found, 10)
    return found


@pytest.fixture
def other(school: School) -> SchoolClass:
    found = make.make_class(school, number=2)
    make.make_pupils(found, 30)
    return found


def csv_file(*rows: Sequence[object], encoding: str = "utf-8", name: str = "台账.csv") -> ContentFile:
    lines = [",".join(str(cell) for cell in row) for row in (HEADINGS, *rows)]
    return ContentFile("\n".join(lines).encode(encoding), name=name)


def brought(year: SchoolYear, *rows: Sequence[object]) -> ImportBatch:
    return actions.upload(actor=OFFICE, file=csv_file(*rows), year=year)


def stored(year: SchoolYear, *rows: Sequence[object]) -> ImportBatch:
    batch = brought(year, *rows)
    assert batch.problems == []
    return actions.confirm(actor=OFFICE, batch=batch)


def found(batch: ImportBatch) -> list[tuple[str, str]]:
    return [(row["code"], row["cell"]) for row in batch.problems]


def remarks(batch: ImportBatch) -> dict[str, str]:
    return {row["code"]: str(Remark.from_json(row)) for row in batch.summary["remarks"]}


def in_force(code: str) -> dict[tuple[int | None, int | None], tuple[float | None, int | None]]:
    rows = Indicator.objects.filter(code=code, superseded=None)
    return {(row.school_id, row.school_class_id): (row.value, row.n) for row in rows}


def test_rates_as_schools_write_them() -> None:
    assert [rate_of(text) for text in ("97", "97.5%", "0.97", "1", "100", "0", "97 %")] == [
        0.97, 0.975, 0.97, 1.0, 1.0, 0.0, 0.97,
    ]  # fmt: skip
    assert [rate_of(text) for text in ("101", "1.02", "-3", "高", "", "nan", "1e2")] == [None] * 7


def test_months_as_schools_write_them(year: SchoolYear) -> None:
    october = dt.date(2025, 10, 1)
    written = (
        "2025-10",
        "2025年10月",
        "202510",
        "10月",
        "2025/10/31",
        "2025.10",
        " 10 ",
        dt.date(2025, 10, 9),
    )
    assert [month_of(cell, year) for cell in written] == [october] * len(written)
    assert month_of("3月", year) == dt.date(2026, 3, 1)
    assert [month_of(cell, year) for cell in ("13月", "秋", "", "2025", "2025-00")] == [None] * 5


def test_a_ledger_is_checked_stored_published_and_undone(
    year: SchoolYear, school: School, group: SchoolClass, other: SchoolClass
) -> None:
    batch = brought(
        year,
        ("云汀中学", "八年级1班", "2025-10", "97%", 20),
        ("云汀中学", "八年级2班", "2025-10", "0.99", 30),
        ("云汀中学", "八年级1班", "2025-11", "95", 10),
        ("云汀中学", "八年级2班", "2025-11", "95", 0),
    )
    assert (batch.state, batch.problems) == (BatchState.CHECKED, [])
    assert not LedgerMonth.objects.exists() and not Indicator.objects.exists()
    done = actions.confirm(actor=OFFICE, batch=batch)
    assert (done.summary["added"], done.stored_file) == (4, "")
    assert actions.confirm(actor=OFFICE, batch=batch).stored == done.stored
    assert in_force(ATTENDANCE) == {
        (school.pk, group.pk): (0.96, 10),
        (school.pk, other.pk): (0.97, 30),
        (school.pk, None): (0.9675, 40),
        (None, None): (0.9675, 40),
    }
    # 20/10 + 10/10; 30/30 + 0/30; 50/40 + 10/40
    assert {place: value for place, (value, _n) in in_force(BORROWED).items()} == {
        (school.pk, group.pk): 3.0, (school.pk, other.pk): 1.0, (school.pk, None): 1.5, (None, None): 1.5,
    }  # fmt: skip
    undone = actions.undo(actor=OFFICE, batch=batch)
    assert undone.state == BatchState.UNDONE
    assert not LedgerMonth.objects.exists() and not Change.objects.exists()
    assert in_force(ATTENDANCE) == {} and in_force(BORROWED) == {}
    assert actions.undo(actor=OFFICE, batch=batch).undone == undone.undone


def test_undoing_a_correction_brings_back_what_stood_before(year: SchoolYear, group: SchoolClass) -> None:
    first = stored(year, ("云汀中学", "八年级1班", "2025-10", "97", 20))
    second = stored(year, ("云汀中学", "八年级1班", "2025-10", "98", ""))
    row = LedgerMonth.objects.get()
    assert (row.attendance, row.books) == (0.98, 20)
    with pytest.raises(Refused, match="1"):
        actions.undo(actor=OFFICE, batch=first)
    actions.undo(actor=OFFICE, batch=second)
    row.refresh_from_db()
    assert (row.attendance, row.batch_id) == (0.97, first.pk)
    assert {value for value, _n in in_force(ATTENDANCE).values()} == {0.97}
    actions.undo(actor=OFFICE, batch=first)
    assert not LedgerMonth.objects.exists()


def test_every_error_is_named_with_its_cell(year: SchoolYear, group: SchoolClass, school: School) -> None:
    make.make_class(school, number=7)
    batch = brought(
        year,
        ("无名中学", "八年级1班", "2025-10", "97", 1),
        ("", "八年级1班", "2025-10", "97", 1),
        ("云汀中学", "八年级9班", "2025-10", "97", 1),
        ("云汀中学", "八年级7班", "2025-10", "97", 1),
        ("云汀中学", "八年级1班", "秋天", "97", 1),
        ("云汀中学", "八年级1班", "2024-10", "97", 1),
        ("云汀中学", "八年级1班", "2026-05", "97", 1),
        ("云汀中学", "八年级1班", "2025-09", "103", 1),
        ("云汀中学", "八年级1班", "2025-10", "97", "三本"),
        ("云汀中学", "八年级1班", "2025-10", "97", 2.5),
        ("云汀中学", "八年级1班", "2025-10", "97", 99999),
        ("云汀中学", "八年级1班", "2025-11", "97", 1),
        ("云汀中学", "2024级1班", "2025年11月", "98", 1),
    )
    assert found(batch) == [
        ("unknown-school", "A2"), ("no-school", "A3"), ("unknown-class", "B4"), ("no-pupils", "B5"),
        ("no-month", "C6"), ("other-year", "C7"), ("future", "C8"), ("not-a-rate", "D9"), ("not-a-number", "E10"),
        ("not-whole", "E11"), ("too-many-books", "E12"), ("same-row", "C14"),
    ]  # fmt: skip
    for row in batch.problems:
        problem = Problem.from_json(row)
        assert problem.message and problem.remedy and "%(" not in problem.message
    assert not actions.may_be_stored(batch)
    with pytest.raises(Refused):
        actions.confirm(actor=OFFICE, batch=batch)
    assert not LedgerMonth.objects.exists()


def test_a_class_of_either_stage_of_a_nine_year_school_is_asked_for_its_grade(
    year: SchoolYear, school: School, group: SchoolClass
) -> None:
    make.make_pupils(make.make_class(school, entry_grade=1), 10)
    batch = brought(
        year, ("云汀中学", "2024级1班", "2025-10", "97", 1), ("云汀中学", "八年级1班", "2025-10", "97", 1)
    )
    assert found(batch) == [("several-classes", "B2")]
    book = read_book(template_bytes(queries.template_places(year, DAY), "2025-10"), "模板.xlsx")
    written = [row[1] for row in book.sheets[0].rows[1:]]
    assert sorted(map(str, written)) == ["二年级1班", "八年级1班"]
    rows = [("云汀中学", name, "2025-10", "97", 1) for name in written]
    assert brought(year, *rows).problems == []


def test_a_class_that_has_left_is_not_taken_for_one_of_its_grade(
    year: SchoolYear, school: School, group: SchoolClass
) -> None:
    make.make_class(school, entry_year=2018, entry_grade=1)
    assert stored(year, ("云汀中学", "八年级1班", "2025-10", "97", 1)).summary["added"] == 1
    assert LedgerMonth.objects.get().school_class == group


def test_no_month_belongs_to_two_school_years(year: SchoolYear) -> None:
    assert span(year) == (dt.date(2025, 9, 1), dt.date(2026, 9, 1))
    late = SchoolYear(code="2026-2027", start=dt.date(2026, 8, 25), end=dt.date(2027, 8, 25))
    assert span(late) == (dt.date(2026, 8, 1), dt.date(2027, 8, 1))
    assert month_of("8月", late) == dt.date(2026, 8, 1)


def test_a_school_is_not_counted_twice(year: SchoolYear, group: SchoolClass) -> None:
    batch = brought(year, ("云汀中学", "", "2025-10", "97", 1), ("云汀中学", "八年级1班", "2025-10", "97", 1))
    assert found(batch) == [("both", "C2")]
    stored(year, ("云汀中学", "八年级1班", "2025-10", "97", 1))
    assert found(brought(year, ("云汀中学", "全校", "2025-10", "97", 1))) == [("both", "C2")]


def test_a_missing_month_is_no_zero(
    year: SchoolYear, school: School, group: SchoolClass, other: SchoolClass
) -> None:
    batch = stored(
        year,
        ("云汀中学", "八年级1班", "2025-10", "97", 20),
        ("云汀中学", "八年级2班", "2025-10", "97", 30),
        ("云汀中学", "八年级2班", "2025-11", "97", 30),
    )
    assert "2025-11" in remarks(batch)["missing"]
    assert set(in_force(BORROWED)) == {(school.pk, other.pk), (school.pk, None), (None, None)}
    assert (school.pk, group.pk) in in_force(ATTENDANCE)


def test_what_else_is_remarked(year: SchoolYear, group: SchoolClass) -> None:
    stored(year, ("云汀中学", "八年级1班", "2025-10", "97", 1))
    batch = brought(year, ("云汀中学", "八年级1班", "2025-10", "30", 1))
    assert set(remarks(batch)) == {"changed", "low"} and "D2" in remarks(batch)["low"]
    again = brought(year, ("云汀中学", "八年级1班", "2025-10", "97", 1))
    assert "same-file" in remarks(again)


def test_few_pupils_have_no_number_and_are_not_given_away_by_subtraction(
    year: SchoolYear, school: School
) -> None:
    groups = [make.make_class(school, number=number) for number in (1, 2, 3)]
    for group, count in zip(groups, (3, 12, 20), strict=True):
        make.make_pupils(group, count)
    batch = stored(
        year, *(("云汀中学", f"八年级{number}班", "2025-10", "97", number) for number in (1, 2, 3))
    )
    assert "small" in remarks(batch)
    assert set(in_force(ATTENDANCE)) == {(school.pk, groups[2].pk), (school.pk, None), (None, None)}
    assert in_force(ATTENDANCE)[school.pk, None][1] == 35


def test_whom_subtraction_would_give_away() -> None:
    assert withheld({1: 40, 2: 30}) == set()
    assert withheld({1: 4, 2: 30, 3: 12}) == {1, 3}
    assert withheld({1: 4, 2: 4, 3: 12}) == {1, 2}
    assert withheld({1: 2}) == {1}


def test_attendance_weighs_by_school_days_only_where_all_months_name_them(school: School) -> None:
    def month(number: int, share: float, days: int | None) -> LedgerMonth:
        return LedgerMonth(
            school=school, month=dt.date(2025, number, 1), pupils=10, days=days, attendance=share
        )

    timed = year_values([month(10, 0.9, 10), month(11, 1.0, 30)])
    assert {value.value for value in timed} == {0.975}
    assert {value.value for value in year_values([month(10, 0.9, 10), month(11, 1.0, None)])} == {0.95}


def test_books_of_months_without_pupils_are_no_number(school: School) -> None:
    row = LedgerMonth(school=school, month=dt.date(2025, 10, 1), pupils=0, books=5)
    assert books_of([row], {row.month}) is None and books_of([], set()) is None


def test_gbk_merged_cells_totals_and_notes_are_read(
    year: SchoolYear, group: SchoolClass, other: SchoolClass
) -> None:
    file = csv_file(("云汀中学", "八(1)班", "10月", "97", 5), encoding="gbk")
    assert actions.upload(actor=OFFICE, file=file, year=year).problems == []
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["2025—2026学年学生出勤与借阅台账"])
    sheet.append(["学校名称", "班级", "月份", "学生数", "出勤率（%）", "借书册数（册）"])
    sheet.append(["云汀中学", "八年级1班", dt.date(2025, 10, 1), 10, 0.97, 12])
    sheet.append([None, "八年级2班", dt.date(2025, 10, 1), 30, 98.5, "1,020册"])
    sheet.append(["合计", None, None, 40, 98, 1032])
    sheet.merge_cells("A3:A4")
    stream = io.BytesIO()
    book.save(stream)
    batch = actions.upload(actor=OFFICE, file=ContentFile(stream.getvalue(), name="台账.xlsx"), year=year)
    assert (batch.problems, batch.summary["months"]) == ([], 2)
    assert "学生数" in remarks(batch)["left-out"]
    actions.confirm(actor=OFFICE, batch=batch)
    assert set(LedgerMonth.objects.values_list("attendance", "books")) == {(0.97, 12), (0.985, 1020)}


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        ("姓名,数学\n甲,90\n", "成绩.csv", "no-columns"),
        ("学校,月份,出勤率,到校率\n云汀中学,10月,97,97\n", "台账.csv", "same-heading"),
        ("<html><table></table></html>", "台账.csv", "web-page"),
    ],
)
def test_what_is_no_ledger_is_refused_and_nothing_kept(
    year: SchoolYear, content: str, name: str, code: str
) -> None:
    with pytest.raises(SheetRefused) as refusal:
        actions.upload(actor=OFFICE, file=ContentFile(content.encode(), name=name), year=year)
    assert refusal.value.problem.code == code
    assert not ImportBatch.objects.exists()


def test_two_sheets_with_a_ledger_are_not_guessed_at(year: SchoolYear) -> None:
    book = Workbook()
    for sheet in (book.worksheets[0], book.create_sheet("二")):
        sheet.append(list(HEADINGS))
    stream = io.BytesIO()
    book.save(stream)
    with pytest.raises(SheetRefused) as refusal:
        actions.upload(actor=OFFICE, file=ContentFile(stream.getvalue(), name="台账.xlsx"), year=year)
    assert refusal.value.problem.code == "several-sheets"


def test_only_the_data_office_of_the_district_brings_ledgers_in(year: SchoolYear, group: SchoolClass) -> None:
    batch = brought(year, ("云汀中学", "八年级1班", "2025-10", "97", 1))
    school_office = Actor.of(make.make_account(Role.DATA_OFFICER, school=group.school), DAY)
    for act in (actions.confirm, actions.discard, actions.undo):
        with pytest.raises(Forbidden):
            act(actor=school_office, batch=batch)
    with pytest.raises(Forbidden):
        actions.upload(actor=school_office, file=csv_file(), year=year)


def test_discarding_removes_the_file(year: SchoolYear, group: SchoolClass) -> None:
    batch = brought(year, ("云汀中学", "八年级1班", "2025-10", "97", 1))
    kept = batch.stored_file
    assert default_storage.exists(kept)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.transaction.on_commit", lambda act, **_more: act())
        actions.discard(actor=OFFICE, batch=batch)
    assert not default_storage.exists(kept)
    assert not ImportBatch.objects.exists()
