"""Numbers with definition: counted from dated history, within the actor's scope, with small cells withheld."""

import datetime as dt
import io

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from tests.factories import (
    DAY,
    give_results,
    make_account,
    make_actor,
    make_area,
    make_assessment,
    make_class,
    make_guardian,
    make_pupil,
    make_pupils,
    make_school,
    make_teacher,
    make_year,
)
from xuequ.core import clock
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import EnrolmentEnd, Role, Sector, Stage
from xuequ.district.models import Employment, Enrolment, School, SchoolClass
from xuequ.kit.documents import actions
from xuequ.kit.documents.counting import Counted, Question, definition, definitions
from xuequ.kit.documents.models import Citation
from xuequ.record.models import Factor, FactorKind, Indicator, Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def school_class() -> SchoolClass:
    make_year()
    return make_class(make_school("云上中学", area=make_area("东片区")))


@pytest.fixture
def officer() -> Actor:
    return make_actor(Role.DISTRICT_OFFICER)


def count(actor: Actor, code: str, by: str = "", *, at: dt.date = DAY, **where: object) -> Counted:
    since = where.pop("since", None)
    question = Question(at, since, by, {name: str(value) for name, value in where.items()})  # type: ignore[arg-type]
    return definition(actor, code).count(actor, question)


def parts(counted: Counted) -> dict[str, float | None]:
    return {line.label: line.value for line in counted.lines}


def test_every_number_can_be_counted_in_every_split(school_class: SchoolClass, officer: Actor) -> None:
    make_pupils(school_class, 3)
    make_teacher(school_class)
    for found in definitions().values():
        for by in ("", *found.dimensions):
            since = DAY.replace(year=2025) if found.period else None
            found.count(officer, Question(DAY, since, by))
        if found.which is not None:
            found.which(officer, Question(DAY, DAY.replace(year=2025) if found.period else None))


def test_pupils_on_a_day_follow_dated_history(school_class: SchoolClass, officer: Actor) -> None:
    first, _second = make_pupils(school_class, 2)
    Enrolment.objects.filter(pupil=first).update(end=dt.date(2026, 1, 10), ended=EnrolmentEnd.LEFT)
    assert count(officer, "pupils", at=dt.date(2026, 1, 9)).value == 2
    assert count(officer, "pupils", at=dt.date(2026, 1, 10)).value == 1
    assert count(officer, "pupils", at=dt.date(2020, 1, 1)).value == 0


def test_the_grade_is_that_of_the_day(school_class: SchoolClass, officer: Actor) -> None:
    make_year(2024)
    make_pupils(school_class, 6)
    assert [line.key for line in count(officer, "pupils", "grade").lines] == ["8"]
    assert [line.key for line in count(officer, "pupils", "grade", at=dt.date(2024, 10, 1)).lines] == ["7"]
    assert count(officer, "pupils", grade=8).value == 6
    assert count(officer, "pupils", grade=7).value == 0


def test_schools_by_stage_sector_area_without_campuses_and_closed_ones(officer: Actor) -> None:
    area = make_area("西片区")
    main = make_school(stage=Stage.PRIMARY, area=area)
    make_school(sector=Sector.PRIVATE)
    closed = make_school(stage=Stage.PRIMARY, area=area)
    School.objects.filter(pk=closed.pk).update(closed_on=DAY)
    campus = make_school()
    School.objects.filter(pk=campus.pk).update(campus_of=main)
    assert count(officer, "schools").value == 2
    assert count(officer, "schools", at=DAY - dt.timedelta(days=1)).value == 3
    assert {line.key: line.value for line in count(officer, "schools", "stage").lines} == {
        "primary": 1,
        "junior": 1,
    }
    assert parts(count(officer, "schools", "area"))["西片区"] == 1
    assert count(officer, "schools", sector="private").value == 1


def test_large_classes_begin_with_fifty_six(officer: Actor) -> None:
    make_year()
    for size in (45, 46, 55, 56):
        make_pupils(make_class(number=size), size)
    assert {line.key: line.value for line in count(officer, "classes", "size").lines} == {
        "45": 1,
        "50": 1,
        "55": 1,
        "56": 1,
    }
    assert count(officer, "large-classes").value == 1
    assert count(officer, "class-size").value == (45 + 46 + 55 + 56) / 4


def test_entrants_transfers_and_departures(school_class: SchoolClass, officer: Actor) -> None:
    other = make_class(make_school("云下中学"))
    moved, gone, _stays = make_pupils(school_class, 3)
    day = dt.date(2026, 1, 5)
    Enrolment.objects.filter(pupil=moved).update(end=day, ended=EnrolmentEnd.TRANSFER)
    Enrolment.objects.create(pupil=moved, school=other.school, school_class=other, start=day)
    Enrolment.objects.filter(pupil=gone).update(end=day, ended=EnrolmentEnd.LEFT)
    since = dt.date(2025, 9, 1)
    assert count(officer, "entrants", since=dt.date(2024, 9, 1)).value == 3
    assert count(officer, "entrants", since=since).value == 0
    assert parts(count(officer, "transfers", "school", since=since)) == {"云下中学": 1}
    assert count(officer, "departures", since=since).value == 2
    assert count(officer, "departures", since=dt.date(2026, 1, 6)).value == 0


def test_teachers_by_dated_employment_and_subject(school_class: SchoolClass, officer: Actor) -> None:
    teacher, _undated = make_teacher(school_class), make_teacher(school_class)
    Employment.objects.create(
        teacher=teacher, school=school_class.school, start=dt.date(2020, 9, 1), end=dt.date(2026, 2, 1)
    )
    assert count(officer, "teachers", at=dt.date(2026, 1, 31)).value == 2
    assert count(officer, "teachers").value == 1
    assert sum(line.value or 0 for line in count(officer, "teachers", "subject").lines) == 1


def test_ratios_and_shares(school_class: SchoolClass, officer: Actor) -> None:
    pupils = make_pupils(school_class, 4)
    make_teacher(school_class)
    make_guardian(pupils[0])
    give_results(
        make_assessment(held_on=dt.date(2026, 2, 20)), {pupils[0]: 90.0, pupils[1]: 80.0, pupils[2]: None}
    )
    assert count(officer, "pupils-per-teacher").value == 4
    assert count(officer, "guardians-known").value == 0.25
    assert count(officer, "results-known", since=dt.date(2026, 2, 1)).value == 0.5
    assert count(officer, "results-known", since=dt.date(2026, 2, 21)).value == 0
    assert count(officer, "class-size", at=dt.date(2010, 1, 1)).value is None


def test_a_head_counts_the_own_school_only(school_class: SchoolClass) -> None:
    make_pupils(school_class, 2)
    make_pupils(make_class(), 5)
    head = make_actor(Role.HEAD, school=school_class.school)
    assert count(head, "pupils").value == 2
    assert count(head, "schools").value == 1
    other = School.objects.exclude(pk=school_class.school_id)[0]
    assert count(head, "pupils", school=other.uid).value == 0


def give_sex(pupils: list, sexes: str) -> None:
    kind = FactorKind.objects.get_or_create(code="sex", defaults={"name": "性别", "name_en": "Sex"})[0]
    Factor.objects.bulk_create(
        Factor(kind=kind, pupil=pupil, text=sex, start=dt.date(2020, 9, 1))
        for pupil, sex in zip(pupils, sexes, strict=True)
    )


def test_few_people_with_an_attribute_are_withheld_above_school_level(
    school_class: SchoolClass, officer: Actor
) -> None:
    give_sex(make_pupils(school_class, 13), "男" * 10 + "女" * 3)
    lines = count(officer, "pupils", "sex").lines
    assert all(line.withheld and line.value is None for line in lines)  # else a subtraction would tell
    assert count(officer, "pupils", "sex").value == 13
    head = make_actor(Role.HEAD, school=school_class.school)
    assert sorted(line.value or 0 for line in count(head, "pupils", "sex").lines) == [3, 10]
    with pytest.raises(Refused):
        actions.quote(actor=officer, code="pupils", question=Question(DAY, by="sex", line="女"))
    assert [line.value for line in count(officer, "pupils", "school").lines] == [
        13
    ]  # a head count, not an attribute


def test_which_ones_names_pupils_to_their_own_staff_only(school_class: SchoolClass, officer: Actor) -> None:
    make_pupils(school_class, names=["甲某", "乙某"])
    question = Question(DAY)
    own = definition(officer, "pupils").which(make_actor(Role.HEAD, school=school_class.school), question)  # type: ignore[misc]
    assert {row.cells[0] for row in own.rows} == {"甲某", "乙某"}
    district = definition(officer, "pupils").which(officer, question)  # type: ignore[misc]
    assert [row.cells for row in district.rows] == [("云上中学", str(school_class), 2)]


def test_an_indicator_is_told_as_it_was_in_force(school_class: SchoolClass, officer: Actor) -> None:
    code = next(code for code in definitions() if code.startswith("growth.coverage"))
    run = Run.objects.create(system="growth", kind="va", title="t", engine_version="1", created=clock.now())
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    row = Indicator(
        code=code, school=school_class.school, period="2025-2026", value=0.5, run=run, published=at
    )
    row.audience = "bureau"
    row.save()
    assert parts(count(officer, code, "school")) == {"云上中学": 0.5}
    assert count(officer, code, "school", at=dt.date(2025, 12, 1)).lines == ()
    assert count(make_actor(Role.HEAD, school=school_class.school), code, "school").lines == ()
    row.superseded = at + dt.timedelta(days=10)
    row.save()
    assert count(officer, code, "school").lines == ()
    assert count(officer, code, "school", at=dt.date(2026, 1, 5)).lines != ()


def client_of(role: Role | None, **place: object) -> Client:
    client = Client()
    client.force_login(make_account(role, **place))
    return client


def test_the_catalogue_says_what_each_number_means(school_class: SchoolClass) -> None:
    make_pupils(school_class, 2)
    page = client_of(Role.DISTRICT_OFFICER).get(reverse("office:numbers"), {"at": "2026-03-02"})
    assert page.status_code == 200
    for found in definitions().values():
        assert found.code in page.content.decode() or found.code.startswith("growth")
    one = client_of(Role.DISTRICT_OFFICER).get(reverse("office:numbers"), {"school": school_class.school.uid})
    assert one.context["chosen"] == school_class.school


@pytest.mark.parametrize(
    "role", [Role.TEACHER, Role.CLASS_TEACHER, Role.PUPIL, Role.GUARDIAN, Role.EXPERT, None]
)
def test_others_have_no_catalogue(role: Role | None, school_class: SchoolClass) -> None:
    place = {"school": school_class.school} if role in {Role.TEACHER, Role.CLASS_TEACHER} else {}
    client = client_of(role, **place)
    assert client.get(reverse("office:numbers")).status_code == 403
    assert client.get(reverse("office:number", args=["pupils"])).status_code == 403
    assert client.post(reverse("office:number-quote", args=["pupils"])).status_code == 403


def test_the_page_of_a_number_reproduces_it(school_class: SchoolClass) -> None:
    make_pupils(school_class, 6)
    client = client_of(Role.DISTRICT_OFFICER)
    said = {"at": "2026-03-02", "by": "school", "compare": "2024-09-02"}
    page = client.get(reverse("office:number", args=["pupils"]), said)
    assert page.status_code == 200
    assert page.context["value"] == "6"
    assert page.context["before"] == "6"
    again = client.get(page.context["address"])
    assert again.context["value"] == "6"


@pytest.mark.parametrize(
    "said",
    [
        {"at": "2026-13-40"},
        {"at": "1066-01-01"},
        {"at": "2999-01-01"},
        {"at": ""},
        {"by": "favourite colour"},
        {"school": "00000000-0000-4000-8000-000000000000"},
        {"grade": "eight"},
        {"compare": "gestern"},
    ],
)
def test_an_odd_question_is_refused_with_a_reason(said: dict[str, str], school_class: SchoolClass) -> None:
    make_school()
    page = client_of(Role.DISTRICT_OFFICER).get(reverse("office:number", args=["pupils"]), said)
    assert page.status_code == 400
    assert page.context["form"].errors


def test_a_number_that_does_not_exist_is_not_found(school_class: SchoolClass) -> None:
    assert client_of(Role.DISTRICT_OFFICER).get("/office/numbers/of/nonsense/").status_code == 404


def test_the_workbook_carries_the_definition(school_class: SchoolClass) -> None:
    make_pupils(school_class, 6)
    said = {"at": "2026-03-02", "by": "school", "export": "xlsx"}
    response = client_of(Role.DISTRICT_OFFICER).get(reverse("office:number", args=["pupils"]), said)
    book = load_workbook(io.BytesIO(response.getvalue()))
    texts = [
        str(cell.value)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    ]
    assert len(book.sheetnames) == 4
    assert any(str(definitions()["pupils"].definition) in text for text in texts)
    assert "云上中学" in texts


def test_a_quoted_number_is_kept_as_it_was(school_class: SchoolClass) -> None:
    make_pupils(school_class, 6)
    client = client_of(Role.DISTRICT_OFFICER)
    response = client.post(
        reverse("office:number-quote", args=["pupils"]) + "?at=2026-03-02", {"document": ""}
    )
    citation = Citation.objects.get()
    assert response["Location"] == reverse("office:numbers-citation", args=[citation.uid])
    assert (citation.value, citation.text, citation.parameters) == (6, "6", {"at": "2026-03-02"})
    make_pupil(school_class)
    page = client.get(response["Location"]).content.decode()
    assert citation.definition in page.replace("&#x27;", "'")
    assert client.get(reverse("office:numbers-quoted")).status_code == 200
    assert client_of(Role.DISTRICT_OFFICER).get(response["Location"]).status_code == 404
