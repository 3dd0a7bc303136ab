"""The pages of the ledgers: from the menu to a published school year, and back."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from tests import factories as make
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.record.models import ImportBatch, Indicator
from xuequ.systems.office.cards import home_cards as import_cards
from xuequ.systems.office.ledgers.cards import home_cards as ledger_cards
from xuequ.systems.office.models import LedgerMonth
from xuequ.systems.office.roster.cards import home_cards as roster_cards

pytestmark = pytest.mark.django_db
SHEET = "学校,班级,月份,出勤率,借书册数\n云汀中学,八年级1班,2025-10,{rate},20\n"


@pytest.fixture
def account() -> Account:
    make.make_year(2025)
    make.make_pupils(make.make_class(make.make_school("云汀中学")), 10)
    return make.make_account(Role.DATA_OFFICER)


@pytest.fixture
def office(client: Client, account: Account) -> Client:
    client.force_login(account)
    return client


def sent(office: Client, rate: object) -> str:
    file = SimpleUploadedFile("台账.csv", SHEET.format(rate=rate).encode("gbk"))
    answer = office.post(reverse("office:ledger-new"), {"file": file, "year": "2025-2026"})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.url)  # type: ignore[attr-defined]


def test_the_menu_and_the_home_page_lead_to_ledgers(office: Client) -> None:
    assert reverse("office:ledgers") in office.get(reverse("home")).content.decode()
    page = sent(office, 97)
    assert page in office.get(reverse("home")).content.decode()


def test_a_ledger_from_file_to_publication_and_back(office: Client) -> None:
    page = sent(office, "97%")
    assert (
        reverse("office:ledger-confirm", args=[ImportBatch.objects.get().uid])
        in office.get(page).content.decode()
    )
    office.post(page + "confirm/")
    assert LedgerMonth.objects.count() == 1
    home = office.get(reverse("office:ledgers")).content.decode()
    assert "97.0%" in home and "云汀中学" in home
    office.post(page + "undo/")
    assert not LedgerMonth.objects.exists()
    assert not Indicator.objects.filter(superseded=None).exists()
    assert "97.0%" not in office.get(reverse("office:ledgers")).content.decode()


def test_the_page_opens_on_the_latest_year_that_a_ledger_was_brought_in_for(office: Client) -> None:
    office.post(sent(office, 97) + "confirm/")
    LedgerMonth.objects.update(month=dt.date(2024, 10, 1))
    last, running = make.make_year(2024), "2025-2026"
    assert office.get(reverse("office:ledgers")).context["year"] == last
    assert office.get(reverse("office:ledgers"), {"year": running}).context["year"].code == running
    LedgerMonth.objects.all().delete()
    assert office.get(reverse("office:ledgers")).context["year"].code == running


def test_errors_stand_on_the_page_with_their_cells(office: Client) -> None:
    page = sent(office, "103")
    shown = office.get(page).content.decode()
    assert "D2" in shown and "103" in shown
    assert page + "confirm/" not in shown
    office.post(page + "confirm/")
    assert not LedgerMonth.objects.exists()
    office.post(page + "discard/")
    assert not ImportBatch.objects.exists()
    assert office.get(page).status_code == 404


def test_a_file_that_is_no_ledger_is_refused_in_the_form(office: Client) -> None:
    file = SimpleUploadedFile("x.csv", "甲,乙\n1,2\n".encode())
    answer = office.post(reverse("office:ledger-new"), {"file": file, "year": "2025-2026"})
    assert answer.status_code == 200 and "invalid" in answer.content.decode()
    assert not ImportBatch.objects.exists()


def test_the_template_names_the_classes_and_reads_back(office: Client) -> None:
    answer = office.get(reverse("office:ledger-template"))
    book = load_workbook(io.BytesIO(answer.content))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert [row[:2] for row in rows[1:]] == [("云汀中学", "八年级1班")]
    book.worksheets[0]["E2"] = 97
    book.worksheets[0]["C2"] = "2025-10"
    stream = io.BytesIO()
    book.save(stream)
    file = SimpleUploadedFile("模板.xlsx", stream.getvalue())
    page = office.post(reverse("office:ledger-new"), {"file": file, "year": "2025-2026"}).url  # type: ignore[attr-defined]
    office.post(page + "confirm/")
    assert LedgerMonth.objects.get().attendance == 0.97


def test_the_template_of_a_past_year_names_its_last_month(office: Client) -> None:
    make.make_year(2024)
    answer = office.get(reverse("office:ledger-template"), {"year": "2024-2025"})
    rows = list(load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True))
    assert [row[:3] for row in rows[1:]] == [("云汀中学", "七年级1班", "2025-08")]


@pytest.mark.parametrize("name", ["ledgers", "ledger-new", "ledger-template"])
def test_a_schools_own_data_officer_has_no_page(client: Client, account: Account, name: str) -> None:
    school = School.objects.get()
    client.force_login(make.make_account(Role.DATA_OFFICER, school=school))
    assert client.get(reverse(f"office:{name}")).status_code == 403


def test_pages_ask_few_questions(office: Client, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    page = sent(office, 97)
    office.post(page + "confirm/")
    for url in (
        page,
        reverse("office:ledgers"),
        reverse("office:ledger-new"),
        reverse("office:ledger-template"),
    ):
        with django_assert_max_num_queries(12):
            office.get(url)


def test_the_home_page_outlives_what_is_decided_between_its_questions(account: Account) -> None:
    actor = Actor.of(account, make.DAY)
    counted = {"ledgers": 1, "imports": 1, "roster-imports": 1}
    for cards in (ledger_cards, import_cards, roster_cards):
        assert not [card for card in cards(actor, counted) if card.tone == "attention"]
