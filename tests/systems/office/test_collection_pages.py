"""The pages of collecting figures: each step, each role, nothing seen that is not one's own."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_account, make_actor, make_class, make_pupils, make_school
from tests.kit import collection_books as books
from xuequ.core import clock
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.kit.collection import actions
from xuequ.kit.collection.choices import CollectionState, SheetState
from xuequ.kit.collection.models import Collection, SchoolSheet

pytestmark = pytest.mark.django_db


def client_of(role: Role, **place: object) -> Client:
    client = Client()
    client.force_login(make_account(role, **place))
    return client


@pytest.fixture
def officer() -> Client:
    return client_of(Role.DISTRICT_OFFICER)


@pytest.fixture
def school() -> School:
    school = make_school("虚构第一中学")
    make_pupils(make_class(school, number=1), 6)
    return school


@pytest.fixture
def clerk(school: School) -> Client:
    return client_of(Role.SCHOOL_ADMINISTRATOR, school=school)


def page(name: str, *arguments: object) -> str:
    return reverse(f"office:collection-{name}", args=arguments)


def running(school: School, book: object = None, **said: object) -> Collection:
    actor = make_actor(Role.DISTRICT_OFFICER, day=clock.today())
    collection = actions.upload(actor=actor, file=books.file_of(book or books.funding()))  # type: ignore[arg-type]
    facts = {"basis": "文〔2026〕1号", "deadline": clock.today() + dt.timedelta(days=5), **said}
    actions.describe(actor=actor, collection=collection, said=facts)
    actions.send(actor=actor, collection=collection, schools=[school])
    return collection


def sheet_of(collection: Collection) -> SchoolSheet:
    return collection.sheets.select_related("collection", "school").get()


def form_data(form: object) -> dict[str, object]:
    """Return what a browser would send of a form as it stands."""
    bound = {field.html_name: field.value() for field in form}  # type: ignore[attr-defined]
    return {name: value for name, value in bound.items() if value not in (None, False)}


def test_from_the_upload_to_the_schools(officer: Client, school: School) -> None:
    assert officer.get(page("home")).status_code == 200
    response = officer.post(page("new"), {"file": books.file_of(books.funding())})
    collection = Collection.objects.get()
    assert response.url == page("layout", collection.uid)
    shown = officer.get(response.url)
    assert b"xq-asked" in shown.content
    data = form_data(shown.context["form"]) | {"rules": "E <= C"}
    assert officer.post(response.url, data).url == page("send", collection.uid)
    assert len(Collection.objects.get().layout.checks) == 1
    form = officer.get(page("send", collection.uid)).context["form"]
    said = form_data(form) | {
        "asked_by": "市局",
        "basis": "文〔2026〕1号",
        "contact": "8001",
        "deadline": str(clock.today() + dt.timedelta(days=5)),
        "schools": [str(school.uid)],
    }
    assert officer.post(page("send", collection.uid), said).url == page("show", collection.uid)
    assert Collection.objects.get().state == CollectionState.RUNNING
    assert "虚构第一中学" in officer.get(page("show", collection.uid)).content.decode()


def test_a_mistake_in_the_layout_is_shown_beside_its_line(officer: Client) -> None:
    officer.post(page("new"), {"file": books.file_of(books.funding())})
    address = page("layout", Collection.objects.get().uid)
    data = form_data(officer.get(address).context["form"])
    place = next(name for name, value in data.items() if value == "choice")
    response = officer.post(address, data | {place.replace("kind", "detail"): "", "rules": "X = Y"})
    assert list(response.context["form"].errors) == [place.replace("kind", "detail")]
    response = officer.post(address, data | {"rules": "X = Y"})
    assert list(response.context["form"].errors) == ["rules"]


def test_the_table_is_read_again_elsewhere(officer: Client) -> None:
    officer.post(page("new"), {"file": books.file_of(books.funding())})
    collection = Collection.objects.get()
    where = {
        "sheet": "表1",
        "shape": "items",
        "header_first": 3,
        "header_last": 4,
        "first_row": 5,
        "last_row": 6,
    }
    officer.post(page("layout-again", collection.uid), where)
    assert Collection.objects.get().layout.last_row == 6
    response = officer.post(page("layout-again", collection.uid), {**where, "last_row": 2})
    assert response.context["where"].non_field_errors()


def test_a_file_that_cannot_be_taken(officer: Client) -> None:
    response = officer.post(page("new"), {"file": books.file_of(books.funding(), "a.pdf")})
    assert response.context["form"].errors["file"]


@pytest.mark.parametrize("by_script", [True, False])
def test_a_school_fills_in_and_submits(school: School, clerk: Client, by_script: bool) -> None:
    collection = running(school)
    sheet = sheet_of(collection)
    assert collection.title in clerk.get(reverse("home")).content.decode()
    assert collection.title in clerk.get(page("home")).content.decode()
    assert collection.title in clerk.get(page("notices")).content.decode()
    address = page("sheet", sheet.uid)
    response = clerk.get(address)
    cells = {cell.field.place: cell for cell in response.context["grid"].cells}
    assert cells["F"].known.value == 1
    wanted = {"D": "4", "E": "2", "G": "12.5", "H": "否", "I": ""}
    named = {cells[place].name: value for place, value in wanted.items()}
    packed = {"grid": f'[["1",{[[cells[p].place, v] for p, v in wanted.items()]}]]'.replace("'", '"')}
    said = {"revision": sheet.revision, "do": "submit", **(packed if by_script else named)}
    assert clerk.post(address, said).url == address
    assert sheet_of(collection).state == SheetState.SUBMITTED
    assert b"<input" not in clerk.get(address).content.split(b"xq-asks")[1].split(b"</div></div>")[0]


def test_what_is_not_in_order_stays_on_the_page(school: School, clerk: Client) -> None:
    sheet = sheet_of(running(school))
    cells = {cell.field.place: cell for cell in clerk.get(page("sheet", sheet.uid)).context["grid"].cells}
    said = {"revision": 1, "do": "submit", cells["G"].name: "很多"}
    response = clerk.post(page("sheet", sheet.uid), said)
    assert response.status_code == 200
    assert "很多" in response.content.decode()
    assert response.context["hard"] >= 2
    stale = clerk.post(page("sheet", sheet.uid), {"revision": 1, cells["G"].name: "7"})
    assert 'value="7"' in stale.content.decode()  # not saved, and not lost


def test_a_list_of_things_with_more_rows(school: School, clerk: Client) -> None:
    sheet = sheet_of(running(school, books.projects()))
    response = clerk.get(page("sheet", sheet.uid))
    assert len(response.context["grid"].rows) == 3
    more = clerk.post(page("sheet", sheet.uid), {"revision": 1, "do": "more", "c-n0-0": "甲"})
    assert len(clerk.get(more.url).context["grid"].rows) == 11
    assert clerk.post(page("sheet", sheet.uid), {"revision": 2, "grid": "{broken"}).status_code == 200


def test_a_total_table_is_a_table_on_the_page(school: School, clerk: Client) -> None:
    grid = clerk.get(page("sheet", sheet_of(running(school, books.eyesight())).uid)).context["grid"]
    assert [row.label for row in grid.rows] == ["七年级", "八年级", "九年级"]
    assert [field.label for field in grid.heads] == ["检测人数", "近视人数"]


def test_objecting_and_deciding(school: School, clerk: Client, officer: Client) -> None:
    collection = running(school)
    sheet = sheet_of(collection)
    cells = {cell.field.place: cell for cell in clerk.get(page("sheet", sheet.uid)).context["grid"].cells}
    address = page("contest", sheet.uid, cells["F"].place)
    assert clerk.post(address, {"claimed": "2"}).context["form"].errors
    assert clerk.post(address, {"claimed": "2", "remark": "新增一班"}).url == page("sheet", sheet.uid)
    clerk.post(page("withdraw", sheet.uid, cells["F"].place))
    assert sheet_of(collection).contested == 0
    clerk.post(address, {"claimed": "2", "remark": "新增一班"})
    said = {cells["D"].name: 3, cells["E"].name: 3, cells["G"].name: 1, cells["H"].name: "否"}
    clerk.post(page("sheet", sheet.uid), {"revision": sheet_of(collection).revision, "do": "submit", **said})
    shown = officer.get(page("answer", sheet.uid))
    assert "新增一班" in shown.content.decode()
    officer.post(page("settle", sheet.uid, cells["F"].place), {"do": "adopt"})
    officer.post(page("accept", sheet.uid))
    assert sheet_of(collection).state == SheetState.ACCEPTED
    merged = officer.get(page("merged", collection.uid))
    assert books.opened(merged.content)["表1"]["F5"].value == 2
    assert officer.get(page("report", collection.uid)).status_code == 200
    assert officer.get(page("results", collection.uid)).context["figure"].rows
    assert officer.get(page("burden")).status_code == 200
    assert officer.get(page("show", collection.uid) + "?export=csv").status_code == 200


def test_returning_with_reasons_by_cell(school: School, clerk: Client, officer: Client) -> None:
    collection = running(school)
    sheet = sheet_of(collection)
    cells = {cell.field.place: cell for cell in clerk.get(page("sheet", sheet.uid)).context["grid"].cells}
    said = {cells["D"].name: 3, cells["E"].name: 3, cells["G"].name: 1, cells["H"].name: "否"}
    clerk.post(page("sheet", sheet.uid), {"revision": 1, "do": "submit", **said})
    assert officer.post(page("return", sheet.uid), {}).context["form"].errors
    officer.post(page("return", sheet.uid), {f"r-1-{cells['G'].place}": "单位是万元"})
    assert sheet_of(collection).state == SheetState.RETURNED
    assert "单位是万元" in clerk.get(page("sheet", sheet.uid)).content.decode()


def test_excel_down_and_up(school: School, clerk: Client) -> None:
    sheet = sheet_of(running(school))
    book = books.opened(clerk.get(page("sheet-excel", sheet.uid)).content)
    book["表1"]["G5"] = 3
    clerk.post(page("sheet-file", sheet.uid), {"file": books.file_of(book)})
    assert 3 in sheet_of(sheet.collection).content.single.cells.values()
    response = clerk.post(
        page("sheet-file", sheet.uid), {"file": books.file_of(books.funding())}, follow=True
    )
    assert "alert-danger" in response.content.decode()
    assert clerk.post(page("sheet-file", sheet.uid)).status_code == 302


def test_the_head_confirms_on_the_page(school: School, clerk: Client) -> None:
    collection = running(school, books.projects(), head_confirms=True)
    sheet = sheet_of(collection)
    said = {"c-n0-0": "甲", "c-n0-1": "乙", "c-n0-2": "2026-03-02", "c-n0-3": "重点", "c-n0-4": "5"}
    clerk.post(page("sheet", sheet.uid), {"revision": 1, "do": "submit", **said})
    assert clerk.post(page("confirm", sheet.uid)).status_code == 403
    head = client_of(Role.HEAD, school=school)
    assert head.get(page("sheet", sheet.uid)).context["may_confirm"]
    head.post(page("confirm", sheet.uid))
    assert sheet_of(collection).confirmed is not None
    clerk.post(page("take-back", sheet.uid))
    assert sheet_of(collection).state == SheetState.TO_DO


def test_finish_and_discard_ask_first(school: School, officer: Client) -> None:
    collection = running(school)
    assert "虚构第一中学" in officer.get(page("finish", collection.uid)).content.decode()
    officer.post(page("finish", collection.uid))
    assert Collection.objects.get().state == CollectionState.FINISHED
    assert officer.get(page("layout", collection.uid)).status_code == 302
    officer.post(page("new"), {"file": books.file_of(books.checklist())})
    draft = Collection.objects.latest("id")
    assert officer.get(page("discard", draft.uid)).status_code == 200
    officer.post(page("discard", draft.uid))
    assert not Collection.objects.filter(pk=draft.pk).exists()


LEADING = ("show", "layout", "send", "original", "merged", "report", "results", "finish", "discard")


def test_nobody_sees_what_is_not_theirs(school: School, officer: Client, clerk: Client) -> None:
    collection = running(school)
    sheet = sheet_of(collection)
    foreign = client_of(Role.SCHOOL_ADMINISTRATOR, school=make_school())
    teacher, leader = client_of(Role.TEACHER, school=school), client_of(Role.BUREAU_LEADER)
    for client in (clerk, foreign, teacher, leader, client_of(Role.GUARDIAN)):
        assert {client.get(page(name, collection.uid)).status_code for name in LEADING} == {403}
        assert client.get(page("answer", sheet.uid)).status_code == 403
        assert client.post(page("accept", sheet.uid)).status_code == 403
    for client in (foreign, teacher, leader, officer):
        for name in ("sheet", "sheet-excel"):
            assert client.get(page(name, sheet.uid)).status_code == 404
        assert client.post(page("take-back", sheet.uid)).status_code == 404
    for client in (teacher, leader):
        assert client.get(page("home")).status_code == 403
    assert Client().get(page("home")).status_code == 302
