"""A collection from the upload to the archive: who may do what, and what is kept."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.core.files.base import ContentFile
from django.utils import translation

from tests.factories import DAY, make_actor, make_class, make_pupils, make_school, make_study
from tests.kit import collection_books as books
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.kit.collection import actions, answering, queries, review
from xuequ.kit.collection.choices import CollectionState, SheetState, Use
from xuequ.kit.collection.content import Line
from xuequ.kit.collection.layout import read_rules
from xuequ.kit.collection.models import Collection, SchoolSheet
from xuequ.kit.collection.report import report_book
from xuequ.kit.notices.queries import waiting
from xuequ.record.choices import FactorAudience
from xuequ.record.models import Factor, FactorKind

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Read refusals as they are written in the source."""
    with translation.override("en"):
        yield


@pytest.fixture
def officer() -> Actor:
    return make_actor(Role.DISTRICT_OFFICER)


@pytest.fixture
def school() -> School:
    school = make_school("虚构第一中学", code="9000000001")
    pupils = make_pupils(make_class(school, number=1), 7) + make_pupils(make_class(school, number=2), 5)
    sex = FactorKind.objects.create(code="sex", name="性别", name_en="Sex", audience=FactorAudience.SCHOOL)
    Factor.objects.bulk_create(
        Factor(kind=sex, pupil=pupil, text="女" if place < 4 else "男", start=dt.date(2024, 9, 1))
        for place, pupil in enumerate(pupils)
    )
    return school


@pytest.fixture
def clerk(school: School) -> Actor:
    return make_actor(Role.SCHOOL_ADMINISTRATOR, school=school)


def upload(officer: Actor, book: object = None) -> Collection:
    return actions.upload(actor=officer, file=books.file_of(book or books.funding()))  # type: ignore[arg-type]


def described(officer: Actor, collection: Collection, **said: object) -> Collection:
    facts = {"asked_by": "市局", "basis": "文〔2026〕1号", "deadline": DAY + dt.timedelta(days=10)}
    actions.describe(actor=officer, collection=collection, said={**facts, **said})
    return collection


def sent(officer: Actor, *schools: School, book: object = None, **said: object) -> Collection:
    collection = described(officer, upload(officer, book), **said)
    actions.send(actor=officer, collection=collection, schools=schools)
    return collection


def fresh(sheet: SchoolSheet) -> SchoolSheet:
    return SchoolSheet.objects.select_related("collection", "school").get(pk=sheet.pk)


def sheet_of(collection: Collection, school: School | None = None) -> SchoolSheet:
    rows = collection.sheets.select_related("collection", "school")
    return rows.get(school=school) if school is not None else rows.get()


def key_of(collection: Collection, place: str) -> str:
    return next(item.key for item in collection.layout.fields if item.place == place)


def fill(actor: Actor, sheet: SchoolSheet, **cells: object) -> SchoolSheet:
    sheet = fresh(sheet)
    values = {key_of(sheet.collection, place): value for place, value in cells.items()}
    return answering.save(actor=actor, sheet=sheet, lines=[Line("1", values)], revision=sheet.revision)  # type: ignore[arg-type]


def submitted(actor: Actor, sheet: SchoolSheet) -> SchoolSheet:
    fill(actor, sheet, G="12.5", H="否")
    return answering.submit(actor=actor, sheet=sheet, note="")


def test_what_is_known_is_filled_in_with_its_source_and_day(officer: Actor, school: School) -> None:
    collection = sent(officer, school)
    known = sheet_of(collection).content.known
    assert {key: (item.value, item.source, item.day) for key, item in known.items()} == {
        key_of(collection, "D"): (8, "boys", "2026-03-02"),
        key_of(collection, "E"): (4, "girls", "2026-03-02"),
        key_of(collection, "F"): (2, "classes", "2026-03-02"),
    }


def test_a_count_that_is_not_whole_is_not_filled_in(officer: Actor, school: School) -> None:
    Factor.objects.filter(text="女").first().delete()  # type: ignore[union-attr]
    collection = sent(officer, school)
    assert key_of(collection, "D") not in sheet_of(collection).content.known
    assert key_of(collection, "F") in sheet_of(collection).content.known


def test_the_whole_way(officer: Actor, school: School, clerk: Actor) -> None:
    collection = sent(officer, school)
    assert [notice.kind for notice in waiting(clerk)] == ["collection-asked"]
    sheet = submitted(clerk, sheet_of(collection))
    assert waiting(clerk) == []
    assert queries.waiting_for_us(officer) == 1
    review.give_back(actor=officer, sheet=sheet, reason="核对经费", cells={})
    assert fresh(sheet).state == SheetState.RETURNED
    assert [notice.kind for notice in waiting(clerk)] == ["collection-returned"]
    answering.submit(actor=clerk, sheet=sheet, note="")
    review.accept(actor=officer, sheet=sheet)
    actions.finish(actor=officer, collection=collection)
    assert fresh(sheet).state == SheetState.ACCEPTED
    verbs = AuditEvent.objects.filter(verb__startswith="collection.").values_list("verb", flat=True)
    assert set(verbs) >= {
        "collection.uploaded",
        "collection.sent",
        "collection.submitted",
        "collection.accepted",
    }
    with pytest.raises(Refused, match="finished"):
        fill(clerk, sheet, G=1)


def test_only_the_district_leads_and_only_the_school_answers(
    officer: Actor, school: School, clerk: Actor
) -> None:
    collection = sent(officer, school)
    sheet, stranger = sheet_of(collection), make_actor(Role.SCHOOL_ADMINISTRATOR, school=make_school())
    teacher = make_actor(Role.TEACHER, school=school)
    for actor in (stranger, teacher, officer):
        with pytest.raises(Forbidden):
            fill(actor, sheet, G=1)
        assert queries.own_sheet(actor, sheet.uid) is None
    for actor in (clerk, teacher, make_actor(Role.BUREAU_LEADER)):
        with pytest.raises(Forbidden):
            upload(actor)
        with pytest.raises(Forbidden):
            review.accept(actor=actor, sheet=sheet)
        assert queries.collection(actor, collection.uid) is None


def test_answers_lie_sealed(officer: Actor, school: School, clerk: Actor) -> None:
    collection = sent(officer, school)
    fill(clerk, sheet_of(collection), I="某某同学")
    assert "某某同学".encode() not in bytes(fresh(sheet_of(collection)).sealed)


def test_submitting_names_the_first_cell_that_is_not_in_order(
    officer: Actor, school: School, clerk: Actor
) -> None:
    sheet = sheet_of(sent(officer, school))
    fill(clerk, sheet, G="很多", H="也许")
    with pytest.raises(Refused, match="公用经费支出"):
        answering.submit(actor=clerk, sheet=sheet, note="")
    assert (
        fresh(sheet).content.single.cells[key_of(sheet.collection, "G")] == "很多"
    )  # nothing is thrown away


def test_what_breaks_a_rule_needs_an_explanation(officer: Actor, school: School, clerk: Actor) -> None:
    collection = upload(officer)
    layout = collection.layout
    layout = replace(layout, checks=read_rules("G <= F", layout.fields))
    actions.set_layout(actor=officer, collection=collection, layout=layout)
    described(officer, collection)
    actions.send(actor=officer, collection=collection, schools=[school])
    sheet = sheet_of(collection)
    fill(clerk, sheet, G=99, H="否")
    with pytest.raises(Refused, match="explain"):
        answering.submit(actor=clerk, sheet=sheet, note=" ")
    answering.submit(actor=clerk, sheet=sheet, note="新建校舍")
    assert fresh(sheet).content.note == "新建校舍"


def test_the_head_confirms_where_that_is_wanted(officer: Actor, school: School, clerk: Actor) -> None:
    head = make_actor(Role.HEAD, school=school)
    sheet = submitted(clerk, sheet_of(sent(officer, school, head_confirms=True)))
    assert [notice.kind for notice in waiting(head)] == ["collection-confirm"]
    assert waiting(clerk) == []
    assert queries.waiting_for_us(officer) == 0
    with pytest.raises(Refused, match="confirmed"):
        review.accept(actor=officer, sheet=sheet)
    with pytest.raises(Forbidden):
        answering.confirm(actor=clerk, sheet=sheet)
    answering.confirm(actor=head, sheet=sheet)
    assert waiting(head) == []
    review.accept(actor=officer, sheet=sheet)


def test_an_objection_is_decided_before_the_answer_is_accepted(
    officer: Actor, school: School, clerk: Actor
) -> None:
    sheet = sheet_of(sent(officer, school))
    key = key_of(sheet.collection, "F")
    with pytest.raises(Refused, match="why"):
        answering.contest(actor=clerk, sheet=sheet, key=key, claimed="3", remark=" ")
    answering.contest(actor=clerk, sheet=sheet, key=key, claimed="3", remark="新增一班")
    submitted(clerk, sheet)
    assert fresh(sheet).content.known[key].standing == 2
    with pytest.raises(Refused, match="objects"):
        review.accept(actor=officer, sheet=sheet)
    review.settle(actor=officer, sheet=sheet, key=key, adopt=True)
    assert fresh(sheet).content.known[key].standing == 3
    review.accept(actor=officer, sheet=sheet)


def test_a_known_value_cannot_be_overwritten(officer: Actor, school: School, clerk: Actor) -> None:
    sheet = sheet_of(sent(officer, school))
    fill(clerk, sheet, F=77, G=1)
    content = fresh(sheet).content
    assert content.value(content.single, key_of(sheet.collection, "F")) == 2


def test_two_people_saving_at_once(officer: Actor, school: School, clerk: Actor) -> None:
    sheet = sheet_of(sent(officer, school))
    fill(clerk, sheet, G=1)
    with pytest.raises(answering.Stale):
        answering.save(actor=clerk, sheet=sheet, lines=[Line("1", {})], revision=1)


def test_a_form_changed_while_schools_fill_it_in_loses_nothing(
    officer: Actor, school: School, clerk: Actor
) -> None:
    done, begun = school, make_school()
    other = make_actor(Role.HEAD, school=begun)
    collection = sent(officer, done, begun)
    submitted(clerk, sheet_of(collection, done))
    fill(other, sheet_of(collection, begun), G="3.5", H="是")
    layout = collection.layout
    boarding = key_of(collection, "H")
    fields = tuple(replace(f, use=Use.IGNORE) if f.key == boarding else f for f in layout.fields)
    actions.set_layout(actor=officer, collection=collection, layout=replace(layout, fields=fields))
    sheet = sheet_of(collection, begun)
    assert sheet.content.single.cells[boarding] == "是"
    assert sheet_of(collection, done).state == SheetState.SUBMITTED  # nothing new is asked of it
    assert queries.changes_since(sheet) == [{"added": [], "removed": ["是否寄宿制"], "changed": []}]
    fill(other, sheet, G="4")
    assert queries.changes_since(fresh(sheet)) == []
    actions.set_layout(actor=officer, collection=collection, layout=layout)
    returned = sheet_of(collection, done)
    assert (returned.state, bool(returned.reason)) == (SheetState.RETURNED, True)
    assert sheet_of(collection, begun).content.single.cells[boarding] == "是"
    assert collection.versions.count() == 3


def test_filling_in_as_excel(officer: Actor, school: School, clerk: Actor) -> None:
    sheet = sheet_of(sent(officer, school))
    book = books.opened(answering.excel(actor=clerk, sheet=sheet))
    page = book["表1"]
    assert (page["D5"].value, page["E5"].value, page["F5"].value) == (8, 4, 2)
    page["G5"], page["H5"] = 12.5, "否"
    back = answering.fill_from_file(actor=clerk, sheet=sheet, file=books.file_of(book))
    assert back.disputed == ()
    answering.submit(actor=clerk, sheet=sheet, note="")
    assert fresh(sheet).content.single.cells[key_of(sheet.collection, "G")] == 12.5


def test_files_of_others_are_refused_with_the_reason(officer: Actor, school: School, clerk: Actor) -> None:
    neighbour = make_school()
    last_year = sent(officer, school)
    now = sent(officer, school, neighbour)
    mine = sheet_of(now, school)

    def bring(sheet: SchoolSheet) -> None:
        content = answering.excel(actor=officer, sheet=sheet)
        answering.fill_from_file(actor=clerk, sheet=mine, file=ContentFile(content, name="a.xlsx"))

    with pytest.raises(Refused, match="another school"):
        bring(sheet_of(now, neighbour))
    with pytest.raises(Refused, match=r"another collection.*统计表"):
        bring(sheet_of(last_year))
    with pytest.raises(Refused, match="not downloaded"):
        answering.fill_from_file(actor=clerk, sheet=mine, file=books.file_of(books.funding()))
    assert fresh(mine).begun is False


def test_an_excel_of_an_earlier_form_is_still_taken(officer: Actor, school: School, clerk: Actor) -> None:
    collection = sent(officer, school)
    sheet = sheet_of(collection)
    book = books.opened(answering.excel(actor=clerk, sheet=sheet))
    book["表1"]["G5"], book["表1"]["H5"] = 7, "是"
    layout = collection.layout
    remark = key_of(collection, "I")
    fields = tuple(replace(f, use=Use.IGNORE) if f.key == remark else f for f in layout.fields)
    actions.set_layout(actor=officer, collection=collection, layout=replace(layout, fields=fields))
    answering.fill_from_file(actor=clerk, sheet=fresh(sheet), file=books.file_of(book))
    assert fresh(sheet).content.single.cells[key_of(collection, "G")] == 7


def test_next_time_the_last_answer_is_suggested_and_not_filled_in(
    officer: Actor, school: School, clerk: Actor
) -> None:
    first = sent(officer, school)
    submitted(clerk, sheet_of(first))
    actions.finish(actor=officer, collection=first)
    sheet = sheet_of(sent(officer, school))
    key = key_of(sheet.collection, "G")
    assert sheet.content.suggested[key].value == 12.5
    assert sheet.content.suggested[key].collection == first.title
    assert key not in sheet.content.single.cells


def test_nothing_is_sent_without_basis_and_deadline(officer: Actor, school: School) -> None:
    collection = upload(officer)
    with pytest.raises(Refused, match="basis"):
        actions.send(actor=officer, collection=collection, schools=[school])
    described(officer, collection, deadline=DAY - dt.timedelta(days=1))
    with pytest.raises(Refused, match="over"):
        actions.send(actor=officer, collection=collection, schools=[school])
    described(officer, collection)
    with pytest.raises(Refused, match="at least one"):
        actions.send(actor=officer, collection=collection, schools=[])
    assert collection.sheets.count() == 0


def test_schools_can_be_added_later(officer: Actor, school: School) -> None:
    collection = sent(officer, school)
    assert actions.send(actor=officer, collection=collection, schools=[school, make_school()]) == 1
    assert collection.sheets.count() == 2


def test_a_list_grows_and_shrinks(officer: Actor, school: School, clerk: Actor) -> None:
    collection = sent(officer, school, book=books.projects())
    sheet = sheet_of(collection)
    name = key_of(collection, "C")
    lines = [Line("n0", {name: "甲"}), Line("n1", {name: ""}), Line("n2", {name: "乙"})]
    answering.save(actor=clerk, sheet=sheet, lines=lines, revision=1)
    assert [(line.row, line.cells[name]) for line in fresh(sheet).content.lines] == [("1", "甲"), ("2", "乙")]
    answering.save(actor=clerk, sheet=fresh(sheet), lines=[Line("2", {name: "乙"})], revision=2)
    assert [line.cells for line in fresh(sheet).content.lines] == [{name: "乙"}]
    with pytest.raises(Refused, match="rows"):
        many = [Line(str(n), {name: "x"}) for n in range(2001)]
        answering.save(actor=clerk, sheet=fresh(sheet), lines=many, revision=3)


def test_taking_back_and_discarding(officer: Actor, school: School, clerk: Actor) -> None:
    collection = sent(officer, school)
    sheet = submitted(clerk, sheet_of(collection))
    answering.take_back(actor=clerk, sheet=sheet)
    assert len(waiting(clerk)) == 1
    with pytest.raises(Refused, match="not submitted"):
        review.accept(actor=officer, sheet=sheet)
    with pytest.raises(Refused, match="asked already"):
        actions.discard(actor=officer, collection=collection)
    draft = upload(officer)
    actions.discard(actor=officer, collection=draft)
    assert not Collection.objects.filter(pk=draft.pk).exists()


def test_answers_are_destroyed_when_their_time_is_over(officer: Actor, school: School, clerk: Actor) -> None:
    collection = sent(officer, school, keep_until=DAY + dt.timedelta(days=30))
    submitted(clerk, sheet_of(collection))
    actions.finish(actor=officer, collection=collection)
    assert actions.destroy_expired(day=DAY + dt.timedelta(days=30)) == 0
    assert actions.destroy_expired(day=DAY + dt.timedelta(days=31)) == 1
    sheet = fresh(sheet_of(collection))
    assert (bytes(sheet.sealed), sheet.content.lines) == (b"", [])
    assert sheet.state == SheetState.SUBMITTED
    assert actions.destroy_expired(day=DAY + dt.timedelta(days=32)) == 0


def test_the_check_report_says_who_is_missing_and_what_is_contested(
    officer: Actor, school: School, clerk: Actor
) -> None:
    collection = sent(officer, school, make_school("虚构第二中学"))
    sheet = sheet_of(collection, school)
    answering.contest(actor=clerk, sheet=sheet, key=key_of(collection, "F"), claimed="3", remark="新增一班")
    submitted(clerk, sheet)
    answers = queries.examined(collection, queries.board(collection))
    book = books.opened(report_book(collection, answers, {sheet.pk: ""}))
    schools, breaches, objections, about = book.worksheets
    assert [row[1] for row in schools.values] == [schools["B1"].value, "虚构第一中学", "虚构第二中学"]
    assert breaches.max_row == 1
    assert [cell.value for cell in objections[2]][3:8:2] == [2, "2026-03-02", "新增一班"]
    assert about.max_row > 10


def test_external_schools_and_bad_files_are_left_out(officer: Actor) -> None:
    make_school(study=make_study())
    with pytest.raises(Refused):
        actions.upload(actor=officer, file=ContentFile(b"x", name="a.pdf"))
    from openpyxl import Workbook

    with pytest.raises(Refused, match="No table"):
        upload(officer, Workbook())
    assert not Collection.objects.exists()
    assert CollectionState.DRAFT == "draft"
