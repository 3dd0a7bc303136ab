"""Marks by item through the import pages: proposed columns, the check, the template with both sheets."""

import io

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from tests.factories import make_assessment, make_class, make_pupils, make_school, make_subject, make_term
from tests.kit.item_sheets import PLAN, rows_of
from tests.kit.score_sheets import workbook
from tests.systems.office.test_import_pages import checked, client_of, columns_said, step, upload
from xuequ.district.choices import Role
from xuequ.district.models import Pupil
from xuequ.record.models import Paper, Result

pytestmark = pytest.mark.django_db

MARKS = [[14, 3, 3, 4, 4, 0], [7, 0, 3, 4, 0, 0], [20, 3, 3, 4, 5, 5]]


@pytest.fixture
def pupils() -> list[Pupil]:
    make_term()
    make_subject("mathematics")
    return make_pupils(make_class(make_school("云上中学"), number=3), 3)


@pytest.fixture
def officer() -> Client:
    return client_of(Role.DISTRICT_OFFICER)


def book(pupils: list[Pupil], marks: list[list[object]] = MARKS):
    return workbook(rows_of(pupils, marks), PLAN, names=["数学小题分", "双向细目表"])


def test_a_sheet_of_items_goes_through_all_steps(officer: Client, pupils: list[Pupil]) -> None:
    batch = checked(officer, book(pupils))
    page = officer.get(reverse("office:import", args=[batch.uid])).content.decode()
    assert "表中有 5 道题，涉及 2 个知识点" in page
    assert step(officer, "confirm", batch).status_code == 200
    assert Result.objects.filter(paper__isnull=False).count() == 3
    step(officer, "undo", batch)
    assert not Paper.objects.filter(is_current=True).exists()


def test_columns_of_items_are_proposed_and_can_be_left_out(officer: Client, pupils: list[Pupil]) -> None:
    batch = upload(officer, book(pupils))
    said = columns_said(officer, batch)
    assert [said[f"use_{column}"] for column in range(4, 9)] == ["item"] * 5
    assert said["subject_3"] == "mathematics"
    said["use_8"] = "ignore"
    officer.post(reverse("office:import-columns", args=[batch.uid]), said)
    batch.refresh_from_db()
    assert {problem["code"] for problem in batch.problems} >= {"item-absent"}


def test_a_wrong_sum_is_shown_with_its_cell(officer: Client, pupils: list[Pupil]) -> None:
    batch = checked(officer, book(pupils, [[15, *MARKS[0][1:]], *MARKS[1:]]))
    page = officer.get(reverse("office:import", args=[batch.uid])).content.decode()
    assert "各题相加得 14，总分写的是 15。" in page
    assert reverse("office:import-confirm", args=[batch.uid]) not in page


def test_the_template_has_both_sheets(officer: Client, pupils: list[Pupil]) -> None:
    step(officer, "confirm", checked(officer, book(pupils)))
    assessment = Result.objects.first().assessment  # type: ignore[union-attr]
    response = officer.get(reverse("office:item-template", args=[assessment.uid]))
    sheets = load_workbook(io.BytesIO(response.content))
    assert sheets.sheetnames == ["数学小题分", "双向细目表"]
    assert sheets.worksheets[0].max_row == 4
    assert [cell.value for cell in sheets.worksheets[1][2]] == ["1", 3, "一次函数", "理解", "B", 8]


def test_only_importers_have_the_template(pupils: list[Pupil]) -> None:
    assessment = make_assessment("八年级数学抽样监测")
    assert client_of(Role.HEAD, school=make_school()).get(
        reverse("office:item-template", args=[assessment.uid])
    ).status_code in {403, 404}
