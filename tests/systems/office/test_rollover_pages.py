"""The pages of the move into a school year: each step, each role, nothing written before it is carried out."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from tests import factories as make
from xuequ.core import clock
from xuequ.core.home import home_cards
from xuequ.core.jobs.enqueue import run_pending
from xuequ.district.actors import Actor
from xuequ.district.choices import Role, Stage
from xuequ.district.models import ClassTeaching, Enrolment, Pupil, School, SchoolClass
from xuequ.kit.rollover import actions
from xuequ.kit.rollover.choices import SchoolState, Step
from xuequ.kit.rollover.models import ListedPupil, PlacingWish, Rollover, SchoolRollover

pytestmark = pytest.mark.django_db

AUGUST = dt.date(2026, 8, 25)


@pytest.fixture(autouse=True)
def august(monkeypatch):
    monkeypatch.setattr(clock, "today", lambda: AUGUST)


def client_of(role: Role, **place: object) -> Client:
    client = Client()
    client.force_login(make.make_account(role, **place))
    return client


@pytest.fixture
def school() -> School:
    make.make_year(2025)
    found = make.make_school("云上中学")
    for entry_year in (2023, 2024, 2025):
        for number in (1, 2):
            make.make_pupils(make.make_class(found, entry_year=entry_year, number=number), 3)
    return found


@pytest.fixture
def item(school: School) -> SchoolRollover:
    rollover = actions.prepare(actor=Actor.system(AUGUST), first_year=2026)
    return rollover.schools.get(school=school)


@pytest.fixture
def office() -> Client:
    return client_of(Role.DATA_OFFICER)


@pytest.fixture
def keeper(school: School) -> Client:
    return client_of(Role.SCHOOL_ADMINISTRATOR, school=school)


def at(name: str, item: SchoolRollover, *more: object) -> str:
    return reverse(f"office:rollover-{name}", args=[item.uid, *more])


def test_the_office_prepares_checks_and_moves_all_schools(office: Client, school: School):
    page = office.get(reverse("office:rollover")).content.decode()
    assert reverse("office:rollover-prepare") in page
    answer = office.post(reverse("office:rollover-prepare"), {"year": "2026"})
    assert answer["Location"].startswith("/jobs/")
    run_pending()
    rollover = Rollover.objects.get()
    item = rollover.schools.get()
    assert item.counts["graduated"] == 6
    table = load_workbook(io.BytesIO(office.get(reverse("office:rollover"), {"export": "xlsx"}).content))
    assert table.worksheets[0]["D2"].value == 6
    assert office.get(reverse("office:rollover-run-all", args=[rollover.uid])).status_code == 200
    office.post(reverse("office:rollover-run-all", args=[rollover.uid]), {"which": "ready"})
    run_pending()
    assert not Enrolment.objects.filter(ended="graduated").exists(), "nobody is ready yet"
    office.post(reverse("office:rollover-run-all", args=[rollover.uid]), {"which": "all"})
    run_pending()
    assert Enrolment.objects.filter(ended="graduated").count() == 6
    assert office.get(reverse("office:rollover-undo-all", args=[rollover.uid])).status_code == 200
    office.post(reverse("office:rollover-undo-all", args=[rollover.uid]))
    run_pending()
    assert not Enrolment.objects.filter(ended="graduated").exists()


def test_a_school_goes_through_its_steps(keeper: Client, item: SchoolRollover):
    assert keeper.get(reverse("office:rollover"))["Location"] == at("school", item)
    for name in ("school", "classes", "pupils", "new-classes", "placing", "staff", "preview", "run"):
        assert keeper.get(at(name, item)).status_code == 200, name
    keeper.post(at("classes", item))
    keeper.post(at("pupils", item), {"go": "on"})
    keeper.post(at("new-classes", item), {"classes_7": "3"})
    keeper.post(at("placing", item), {"go": "on", "classes_8": "2", "classes_9": "2"})
    keeper.post(at("staff-confirm", item))
    keeper.post(at("preview", item), {"ready": "yes"})
    item.refresh_from_db()
    assert item.state == SchoolState.READY and item.steps == [s.value for s in Step if s != Step.RUN]
    assert not Enrolment.objects.filter(ended="graduated").exists()
    answer = keeper.post(at("run", item))
    assert answer["Location"] == at("school", item)
    assert SchoolClass.objects.filter(entry_year=2026).count() == 3
    assert at("undo", item) in keeper.get(at("school", item)).content.decode()
    for name in ("classes", "pupils", "new-classes", "placing", "staff", "preview", "run", "undo"):
        assert keeper.get(at(name, item)).status_code == 200, name
    keeper.post(at("undo", item))
    item.refresh_from_db()
    assert item.state == SchoolState.OPEN and not SchoolClass.objects.filter(entry_year=2026).exists()


def test_pupils_who_repeat_or_leave_are_named_by_class(keeper: Client, item: SchoolRollover):
    school_class = SchoolClass.objects.get(entry_year=2025, number=1)
    first, second, _third = Pupil.objects.filter(enrolments__school_class=school_class).order_by("pk")
    url = at("class-pupils", item, school_class.uid)
    assert first.person.name in keeper.get(url).content.decode()
    keeper.post(url, {f"kind_{first.pk}": "repeat", f"kind_{second.pk}": "leave"})
    assert set(ListedPupil.objects.values_list("kind", flat=True)) == {"repeat", "leave"}
    keeper.post(url, {f"kind_{first.pk}": ""})
    assert not ListedPupil.objects.exists()
    foreign = make.make_class()
    assert keeper.get(at("class-pupils", item, foreign.uid)).status_code == 404


def place_eighth(client: Client, item: SchoolRollover) -> None:
    client.post(at("placing", item), {"placed_8": "on", "classes_8": "2", "classes_9": "2"})


def test_a_grade_is_placed_by_lot_and_confirmed(keeper: Client, item: SchoolRollover):
    place_eighth(keeper, item)
    url = at("placing-grade", item, 8)
    assert keeper.get(url).status_code == 200
    keeper.post(at("placing-rule", item, 8), {"lot": "7", "by_band": "on"})
    assert [row["pupils"] for row in keeper.get(url).context["rows"]] == [3, 3]
    keeper.post(at("placing-confirm", item, 8))
    assert item.placings.get().confirmed
    keeper.post(at("placing-drop", item, 8))
    assert not item.placings.exists()
    assert keeper.post(at("placing-rule", item, 8), {"lot": "x"}).status_code == 200
    assert keeper.get(at("placing-grade", item, 3)).status_code == 404


def filled(client: Client, item: SchoolRollover, **cells: str) -> SimpleUploadedFile:
    """Return the downloaded list with cells filled in, as a file to be uploaded."""
    book = load_workbook(io.BytesIO(client.get(at("placing-list", item, 8)).content))
    for name, value in cells.items():
        book.worksheets[0][name] = value
    stream = io.BytesIO()
    book.save(stream)
    return SimpleUploadedFile("list.xlsx", stream.getvalue())


def test_a_grade_is_placed_by_the_filled_list(keeper: Client, item: SchoolRollover):
    place_eighth(keeper, item)
    cells = {f"D{row}": ("1班", "八年级2班")[row % 2] for row in range(2, 8)}
    answer = keeper.post(at("placing-file", item, 8), {"file": filled(keeper, item, **cells)})
    assert answer.status_code == 302
    assert sorted(item.placings.get().pupils.values_list("number", flat=True)) == [1, 1, 1, 2, 2, 2]


def test_marks_alone_are_kept_as_wishes(keeper: Client, item: SchoolRollover):
    place_eighth(keeper, item)
    keeper.post(
        at("placing-file", item, 8), {"file": filled(keeper, item, E2="甲", E5="甲", F3="乙", F4="乙")}
    )
    assert PlacingWish.objects.count() == 4 and not item.placings.exists()
    keeper.post(at("placing-rule", item, 8), {"lot": "7"})
    assert keeper.get(at("placing-grade", item, 8)).context["unmet"] == 0


@pytest.mark.parametrize(
    ("cells", "cell"),
    [
        ({"A2": "G999"}, "A2"),
        ({"B3": "别人"}, "B3"),
        ({"D4": "9班"}, "D4"),
        ({"D4": "随便"}, "D4"),
        ({"A3": None, "B3": "没有的人"}, "B3"),
    ],
)
def test_wrong_cells_are_named_and_nothing_is_kept(keeper: Client, item: SchoolRollover, cells, cell: str):
    place_eighth(keeper, item)
    whole = {f"D{row}": "1班" for row in range(2, 8)} | cells
    page = keeper.post(at("placing-file", item, 8), {"file": filled(keeper, item, **whole)})
    assert cell in [wrong.cell for wrong in page.context["wrong"]]
    assert not item.placings.exists() and not PlacingWish.objects.exists()


def test_a_list_that_leaves_pupils_out_or_names_one_twice_is_refused(keeper: Client, item: SchoolRollover):
    place_eighth(keeper, item)
    page = keeper.post(at("placing-file", item, 8), {"file": filled(keeper, item, D2="1班")})
    assert len(page.context["wrong"]) == 1
    number = (
        load_workbook(io.BytesIO(keeper.get(at("placing-list", item, 8)).content)).worksheets[0]["A2"].value
    )
    whole = {f"D{row}": "1班" for row in range(2, 8)} | {"A3": number, "B3": None}
    page = keeper.post(at("placing-file", item, 8), {"file": filled(keeper, item, **whole)})
    assert page.context["wrong"][0].cell == "A3"
    rubbish = SimpleUploadedFile("list.xlsx", b"not a workbook")
    assert keeper.post(at("placing-file", item, 8), {"file": rubbish}).context["file_form"].errors
    assert not item.placings.exists()


def test_teachers_are_proposed_and_changed(keeper: Client, item: SchoolRollover):
    ninth = SchoolClass.objects.get(entry_year=2023, number=1)
    seventh = SchoolClass.objects.get(entry_year=2025, number=1)
    old, other = make.make_teacher(ninth), make.make_teacher(seventh)
    ClassTeaching.objects.create(teacher=old, school_class=ninth, start=dt.date(2023, 9, 1))
    url = at("class-staff", item, "2026-7-1")
    form = keeper.get(url).context["class_form"]
    assert form["charge"].value() == str(old.pk)
    keeper.post(url, {"charge": str(other.pk)})
    assert keeper.get(url).context["class_form"]["charge"].value() == str(other.pk)
    assert keeper.get(at("class-staff", item, "1999-7-1")).status_code == 404
    assert keeper.get(at("class-staff", item, "x")).status_code == 404


def test_a_school_with_two_stages_says_what_its_sixth_grade_does(office: Client, school: School):
    nine = make.make_school(stage=Stage.NINE_YEAR)
    make.make_pupils(make.make_class(nine, entry_year=2020, entry_grade=1), 2)
    rollover = actions.prepare(actor=Actor.system(AUGUST), first_year=2026)
    item = rollover.schools.get(school=nine)
    office.post(at("pupils", item), {"boundary_7": "leave"})
    assert office.get(at("preview", item)).context["counts"]["graduated"] == 2
    office.post(at("pupils", item), {"boundary_7": "together"})
    assert office.get(at("preview", item)).context["counts"]["in_house"] == 2


def test_accounts_left_over_are_closed_on_their_own_page(office: Client, item: SchoolRollover):
    url = reverse("office:rollover-accounts", args=[item.rollover.uid])
    assert office.get(url).status_code == 200
    assert office.post(url)["Location"] == reverse("office:rollover")


PAGES = ("school", "classes", "pupils", "new-classes", "placing", "staff", "preview", "run", "undo")


@pytest.mark.parametrize(
    "role",
    [r for r in Role if r not in {Role.DATA_OFFICER, Role.SCHOOL_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR}],
)
def test_others_are_kept_out(role: Role, school: School, item: SchoolRollover):
    client = client_of(role, school=school)
    for name in PAGES:
        assert client.get(at(name, item)).status_code == 403, name
        assert client.post(at(name, item)).status_code in {403, 405}, name
    for name in ("run-all", "undo-all", "accounts"):
        assert client.get(reverse(f"office:rollover-{name}", args=[item.rollover.uid])).status_code == 403


def test_a_foreign_schools_move_is_hidden_and_the_districts_is_not_a_schools(item: SchoolRollover):
    foreign = client_of(Role.SCHOOL_ADMINISTRATOR, school=make.make_school())
    for name in PAGES:
        assert foreign.get(at(name, item)).status_code == 404
        assert foreign.post(at(name, item)).status_code in {404, 405}
    for name in ("run-all", "undo-all", "accounts", "check"):
        assert foreign.post(reverse(f"office:rollover-{name}", args=[item.rollover.uid])).status_code == 403
    assert foreign.post(reverse("office:rollover-prepare"), {"year": "2027"}).status_code == 403


def test_the_bureau_sees_where_schools_stand_and_no_names(item: SchoolRollover):
    page = client_of(Role.BUREAU_LEADER).get(reverse("office:rollover"))
    assert page.status_code == 200 and "云上中学" in page.content.decode()
    assert at("school", item) not in page.content.decode()


def cards(role: Role, day: dt.date, **place: object) -> list[str]:
    actor = make.make_actor(role, day=day, **place)
    return [card.url for card in home_cards(actor, "office") if "rollover" in card.url]


def test_home_pages_speak_of_it_in_summer_only(school: School):
    assert cards(Role.DATA_OFFICER, AUGUST) == [reverse("office:rollover")]
    item = actions.prepare(actor=Actor.system(AUGUST), first_year=2026).schools.get()
    assert cards(Role.SCHOOL_ADMINISTRATOR, AUGUST, school=school) == [at("school", item)]
    assert cards(Role.SCHOOL_ADMINISTRATOR, dt.date(2026, 11, 2), school=school) == []
    SchoolRollover.objects.update(state=SchoolState.DONE)
    assert cards(Role.DATA_OFFICER, AUGUST) == []


def test_pages_need_few_queries(
    keeper: Client, office: Client, item: SchoolRollover, django_assert_max_num_queries
):
    with django_assert_max_num_queries(40):
        keeper.get(at("school", item))
    with django_assert_max_num_queries(25):
        office.get(reverse("office:rollover"))
