"""The import pages: each step, each role, nothing stored before it is confirmed."""

import io

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from tests.factories import (
    give_results,
    make_account,
    make_assessment,
    make_class,
    make_pupil,
    make_pupils,
    make_school,
    make_subject,
    make_term,
)
from tests.kit.score_sheets import text_file, workbook
from xuequ.core.jobs.enqueue import run_pending
from xuequ.district.choices import Role
from xuequ.district.models import SchoolClass
from xuequ.record.choices import Basis, BatchState
from xuequ.record.models import HeadingAlias, ImportBatch, Result
from xuequ.systems.office import actions

pytestmark = pytest.mark.django_db


@pytest.fixture
def school_class() -> SchoolClass:
    make_term()
    make_subject("mathematics")
    return make_class(make_school("云上中学"), number=3)


def client_of(role: Role, **place: object) -> Client:
    client = Client()
    client.force_login(make_account(role, **place))
    return client


@pytest.fixture
def officer() -> Client:
    return client_of(Role.DISTRICT_OFFICER)


def upload(client: Client, file: ContentFile, basis: Basis = Basis.SAMPLED_MONITORING) -> ImportBatch:
    said = {"basis": basis, "term": "2025-2026-2", "grade": "8", "held_on": "2026-03-02", "file": file}
    response = client.post(reverse("office:import-new"), said)
    assert response.status_code == 302, response.context["form"].errors
    return ImportBatch.objects.latest("id")


def columns_said(client: Client, batch: ImportBatch, **changed: str) -> dict[str, str]:
    """Return what the page about the columns proposes, as a browser would send it."""
    form = client.get(reverse("office:import-columns", args=[batch.uid])).context["form"]
    said = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in (said | changed).items() if value is not None}


def checked(client: Client, file: ContentFile, **kwargs) -> ImportBatch:
    batch = upload(client, file, **kwargs)
    client.post(reverse("office:import-columns", args=[batch.uid]), columns_said(client, batch))
    batch.refresh_from_db()
    return batch


def step(client: Client, name: str, batch: ImportBatch):
    return client.post(reverse(f"office:import-{name}", args=[batch.uid]), follow=True)


def sheet(school_class: SchoolClass, how_many: int = 2) -> ContentFile:
    pupils = make_pupils(school_class, how_many)
    rows = [[p.person.identity.fields["number"], p.person.name, 60 + i % 40] for i, p in enumerate(pupils)]
    return workbook([["学籍号", "姓名", "数学"], *rows])


def test_a_file_goes_through_all_steps(officer: Client, school_class: SchoolClass) -> None:
    batch = checked(officer, sheet(school_class))
    assert batch.state == BatchState.CHECKED and not Result.objects.exists()
    page = officer.get(reverse("office:import", args=[batch.uid])).content.decode()
    assert reverse("office:import-confirm", args=[batch.uid]) in page
    assert step(officer, "confirm", batch).status_code == 200
    assert step(officer, "confirm", batch).status_code == 200
    assert Result.objects.count() == 2
    step(officer, "undo", batch)
    assert not Result.objects.filter(is_current=True).exists()


def test_a_large_file_is_worked_on_by_a_job(officer: Client, school_class: SchoolClass, monkeypatch) -> None:
    monkeypatch.setattr(actions, "ROWS_AT_ONCE", 1)
    batch = upload(officer, sheet(school_class))
    answer = officer.post(reverse("office:import-columns", args=[batch.uid]), columns_said(officer, batch))
    assert answer["Location"].startswith("/jobs/")
    run_pending()
    for _twice in range(2):
        assert officer.post(reverse("office:import-confirm", args=[batch.uid]))["Location"].startswith(
            "/jobs/"
        )
    run_pending()
    assert Result.objects.count() == 2
    batch.refresh_from_db()
    assert batch.state == BatchState.STORED


def test_problems_are_listed_by_cell_and_can_be_taken_home(
    officer: Client, school_class: SchoolClass
) -> None:
    number = make_pupil(school_class).person.identity.fields["number"]
    batch = checked(officer, workbook([["学籍号", "数学"], [number, "六十"]]))
    url = reverse("office:import", args=[batch.uid])
    assert "B2" in officer.get(url).content.decode()
    book = load_workbook(io.BytesIO(officer.get(url, {"export": "xlsx"}).content))
    assert book.worksheets[0]["B2"].value == "B2"
    assert step(officer, "confirm", batch).status_code == 200
    assert not Result.objects.exists()


def test_uncertain_rows_are_asked_about_on_the_page(officer: Client, school_class: SchoolClass) -> None:
    twins = make_pupils(school_class, names=["丙丁", "丙丁"])
    batch = checked(officer, workbook([["学校", "班级", "姓名", "数学"], ["云上中学", "803", "丙丁", 60]]))
    page = officer.get(reverse("office:import", args=[batch.uid])).content.decode()
    assert f'value="{twins[1].pk}"' in page
    officer.post(reverse("office:import-answers", args=[batch.uid]), {"row_0": str(twins[1].pk)})
    step(officer, "confirm", batch)
    assert Result.objects.get().pupil == twins[1]


@pytest.mark.parametrize(
    "file",
    [
        ContentFile(b"PK\x03\x04 broken", name="a.xlsx"),
        ContentFile(b"<html></html>", name="a.csv"),
        ContentFile(b"", name="a.csv"),
        ContentFile(b"%PDF-1.7", name="a.pdf"),
        workbook([]),
    ],
    ids=["broken", "web page", "empty", "another kind", "empty sheet"],
)
def test_a_file_that_cannot_be_taken_is_a_form_error_and_nothing_is_kept(
    officer: Client, school_class: SchoolClass, file: ContentFile
) -> None:
    file.seek(0)
    said = {"basis": "sampled_monitoring", "term": "2025-2026-2", "grade": "8", "file": file}
    response = officer.post(reverse("office:import-new"), said)
    assert response.status_code == 200
    assert response.context["form"].errors["file"]
    assert not ImportBatch.objects.exists()


def test_a_file_over_the_size_limit_is_a_form_error(
    officer: Client, school_class: SchoolClass, settings
) -> None:
    settings.XUEQU_UPLOAD_LIMIT = 1000
    file = text_file([["学籍号", "数学"], ["1" * 2000, 1]])
    said = {"basis": "sampled_monitoring", "term": "2025-2026-2", "grade": "8", "file": file}
    assert officer.post(reverse("office:import-new"), said).context["form"].errors["file"]


def test_a_study_is_brought_in_through_the_pages(officer: Client) -> None:
    rows = [["school", "exam", "sex"], *[[i % 3, i / 7, "FM"[i % 2]] for i in range(60)]]
    file = text_file(rows, name="study.csv")
    officer.post(reverse("office:import-new-study"), {"study": "研究", "source": "虚构", "file": file})
    batch = ImportBatch.objects.get()
    officer.post(
        reverse("office:import-columns", args=[batch.uid]), columns_said(officer, batch, study="研究二")
    )
    assert step(officer, "confirm", batch).status_code == 200
    batch.refresh_from_db()
    assert batch.study is not None and batch.study.name == "研究二"
    assert Result.objects.count() == 60


def test_discarding_removes_file_and_row(
    officer: Client, school_class: SchoolClass, django_capture_on_commit_callbacks
) -> None:
    from django.core.files.storage import default_storage

    batch = upload(officer, sheet(school_class))
    with django_capture_on_commit_callbacks(execute=True):
        step(officer, "discard", batch)
    assert not ImportBatch.objects.exists()
    assert not default_storage.exists(batch.stored_file)


def test_the_template_lists_the_classes_and_is_read_back(officer: Client, school_class: SchoolClass) -> None:
    make_pupils(school_class, 3)
    make_pupil(make_class(school_class.school, entry_year=2023, number=1))
    assessment = make_assessment(subject=make_subject("mathematics"))
    content = officer.get(reverse("office:template", args=[assessment.uid])).content
    book = load_workbook(io.BytesIO(content))
    page = book.worksheets[0]
    assert page.max_row == 4
    for row in range(2, 5):
        page.cell(row, 5).value = 50 + row
    stream = io.BytesIO()
    book.save(stream)
    file = ContentFile(stream.getvalue(), name="filled.xlsx")
    officer.post(reverse("office:import-into", args=[assessment.uid]), {"file": file})
    batch = ImportBatch.objects.get()
    officer.post(reverse("office:import-columns", args=[batch.uid]), columns_said(officer, batch))
    step(officer, "confirm", batch)
    assert sorted(Result.objects.filter(assessment=assessment).values_list("score", flat=True)) == [
        52,
        53,
        54,
    ]


def test_explained_headings_are_listed_and_forgotten(officer: Client) -> None:
    alias = HeadingAlias.objects.create(heading="卷一合成", use="score", subject="mathematics")
    assert "卷一合成" in officer.get(reverse("office:headings")).content.decode()
    officer.post(reverse("office:forget-heading", args=[alias.pk]))
    assert not HeadingAlias.objects.exists()


def test_the_assessment_page_shows_coverage_and_bands_but_no_pupil(
    officer: Client, school_class: SchoolClass, django_assert_max_num_queries
) -> None:
    pupils = make_pupils(school_class, 8)
    assessment = make_assessment()
    give_results(assessment, {pupil: 50.0 + i for i, pupil in enumerate(pupils[:6])} | {pupils[6]: None})
    url = reverse("office:assessment", args=[assessment.uid])
    officer.get(url)  # the first page of a session also writes the session
    with django_assert_max_num_queries(12):
        page = officer.get(url)
    coverage = page.context["table"].data.data[0]
    assert (coverage.enrolled, coverage.scored, coverage.absent, coverage.without) == (8, 6, 1, 1)
    assert page.context["figure"] is not None
    assert not any(pupil.person.name in page.content.decode() for pupil in pupils)


def test_the_home_page_of_the_office_stays_within_its_queries(
    officer: Client, school_class: SchoolClass, django_assert_max_num_queries
) -> None:
    give_results(make_assessment(), {make_pupil(school_class): 60.0})
    officer.get(reverse("office:home"))  # the first page of a session also writes the session
    with django_assert_max_num_queries(12):
        assert officer.get(reverse("office:home")).status_code == 200


PAGES = ["home", "imports", "import-new", "import-new-study", "headings", "blank-template"]
ALLOWED = {
    Role.DISTRICT_OFFICER: set(PAGES),
    Role.RESEARCHER: set(PAGES),
    Role.DATA_OFFICER: set(PAGES),
    Role.BUREAU_LEADER: {"home", "blank-template"},
    Role.SUPERVISOR: {"home", "blank-template"},
}


@pytest.mark.parametrize("role", list(Role))
def test_each_page_is_open_to_the_right_roles(role: Role) -> None:
    client = client_of(role)
    opened = {page for page in PAGES if client.get(reverse(f"office:{page}")).status_code == 200}
    assert opened == ALLOWED.get(role, set())


@pytest.mark.parametrize("role", [Role.SCHOOL_ADMINISTRATOR, Role.DATA_OFFICER])
def test_a_schools_importers_see_their_own_imports_only(
    role: Role, school_class: SchoolClass, officer: Client
) -> None:
    foreign = upload(officer, sheet(school_class))
    client = client_of(role, school=school_class.school)
    assert client.get(reverse("office:import-new")).status_code == 200
    assert client.get(reverse("office:import-new-study")).status_code == 403
    assert client.get(reverse("office:import", args=[foreign.uid])).status_code == 404
    for name in ("columns", "answers", "confirm", "discard", "undo"):
        assert client.post(reverse(f"office:import-{name}", args=[foreign.uid])).status_code == 404
    own = checked(client, sheet(school_class), basis=Basis.SCHOOL_FINAL)
    step(client, "confirm", own)
    assert Result.objects.count() == 2


def test_a_schools_importer_sees_other_schools_assessments_nowhere(school_class: SchoolClass) -> None:
    other = make_school()
    assessment = make_assessment(basis=Basis.SCHOOL_FINAL, school=other)
    client = client_of(Role.SCHOOL_ADMINISTRATOR, school=school_class.school)
    for name in ("assessment", "template", "import-into"):
        assert client.get(reverse(f"office:{name}", args=[assessment.uid])).status_code == 404
    shared = make_assessment()
    assert client.get(reverse("office:assessment", args=[shared.uid])).status_code == 200
    assert client.get(reverse("office:template", args=[shared.uid])).status_code == 403


@pytest.mark.parametrize("role", [Role.DISTRICT_OFFICER, Role.RESEARCHER])
def test_the_rows_of_a_colleagues_file_stay_with_the_colleague(
    officer: Client, school_class: SchoolClass, role: Role
) -> None:
    make_pupils(school_class, names=["欧阳寻", "欧阳寻"])
    batch = upload(officer, workbook([["姓名", "数学"], ["欧阳寻", 80]]))
    colleague, office = client_of(role), client_of(Role.DATA_OFFICER)
    shown, columns = (reverse(f"office:{name}", args=[batch.uid]) for name in ("import", "import-columns"))
    assert colleague.get(shown).status_code == 200, "not looked at by its author yet"
    officer.post(columns, columns_said(officer, batch))
    page = colleague.get(shown).content.decode()
    assert columns not in page and "欧阳寻" not in page
    assert colleague.get(columns).status_code == 404
    assert colleague.post(reverse("office:import-answers", args=[batch.uid])).status_code == 404
    for client in (officer, office):
        assert columns in client.get(shown).content.decode()
        assert "欧阳寻" in client.get(columns).content.decode()
