"""Pages by role: who sees which school, class and child, and in how many queries."""

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.standing import built, copied
from tests.systems.growth.conftest import World, build_world, client_as, evaluate, signed_in
from xuequ.core.models import AuditEvent
from xuequ.district.choices import Role
from xuequ.systems.growth.models import Evaluation

MOST_QUERIES = 12
DISTRICT = [Role.BUREAU_LEADER, Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.SUPERVISOR, Role.DATA_OFFICER]


built_world = built(build_world)
built_evaluation = built(evaluate, "built_world")
world = copied("built_world")
evaluation = copied("built_evaluation")


def text(client: Client, url: str, **kwargs: object) -> str:
    """Open a page that must work, in few queries."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(url, **kwargs)
    assert response.status_code == 200, (url, response.status_code)
    # Session, account, roles and person are read for every page; the audit row is a write.
    reads = [q for q in queries.captured_queries if q["sql"].startswith("SELECT")]
    assert len(reads) <= MOST_QUERIES, "\n".join(q["sql"][:200] for q in reads)
    return response.content.decode()


def run_url(evaluation: Evaluation) -> str:
    return reverse("growth:run", args=[evaluation.run.uid])


def school_url(evaluation: Evaluation, school: object) -> str:
    return reverse("growth:school", args=[evaluation.run.uid, school.uid])


def class_url(evaluation: Evaluation, group: object) -> str:
    return reverse("growth:class", args=[evaluation.run.uid, group.uid])


@pytest.mark.parametrize("role", DISTRICT)
def test_the_district_sees_every_school_in_the_order_of_need(
    evaluation: Evaluation, world: World, role: Role
) -> None:
    page = text(client_as(role), run_url(evaluation))
    assert all(school.name in page for school in world.schools)
    table = page[page.index('id="effects') :] if 'id="effects' in page else page
    need = [world.schools[0].name, world.schools[2].name]
    assert max(table.index(name) for name in need) < table.index(world.schools[3].name)


@pytest.mark.parametrize(
    "role",
    [Role.HEAD, Role.CLASS_TEACHER, Role.TEACHER, Role.GUARDIAN, Role.PUPIL, Role.FINANCE, Role.EXPERT],
)
def test_nobody_else_sees_the_district(evaluation: Evaluation, world: World, role: Role) -> None:
    client = client_as(role, school=world.schools[0])
    assert client.get(run_url(evaluation)).status_code == 404
    assert client.get(reverse("growth:runs")).status_code == 403
    assert client.get(reverse("growth:district-report", args=[evaluation.run.uid, "xlsx"])).status_code == 404


def test_a_head_sees_the_own_school_and_no_other_name(evaluation: Evaluation, world: World) -> None:
    own, *others = world.schools
    client = client_as(Role.HEAD, school=own)
    page = text(client, school_url(evaluation, own))
    assert own.name in page
    for other in (*others, world.small):
        assert other.name not in page
        assert str(other.uid) not in page
        assert client.get(school_url(evaluation, other)).status_code == 404
        report = reverse("growth:school-report", args=[evaluation.run.uid, other.uid, "html"])
        assert client.get(report).status_code == 404


def test_a_schools_report_names_no_other_school(evaluation: Evaluation, world: World) -> None:
    own, *others = world.schools
    url = reverse("growth:school-report", args=[evaluation.run.uid, own.uid, "html"])
    response = client_as(Role.HEAD, school=own).get(url)
    assert response.headers["Content-Disposition"].startswith("attachment")
    page = response.content.decode()
    assert own.name in page
    assert not any(other.name in page for other in others)


@pytest.mark.parametrize("role", [Role.CLASS_TEACHER, Role.TEACHER, Role.GUARDIAN, Role.PUPIL])
def test_a_schools_figures_are_not_for_its_teachers_and_families(
    evaluation: Evaluation, world: World, role: Role
) -> None:
    client = client_as(role, school=world.schools[0], school_class=world.classes[0])
    assert client.get(school_url(evaluation, world.schools[0])).status_code == 404


def test_a_class_teacher_sees_own_pupils_by_number(evaluation: Evaluation, world: World) -> None:
    group = world.classes[0]
    client = client_as(Role.CLASS_TEACHER, school=world.schools[0], school_class=group)
    page = text(client, class_url(evaluation, group))
    numbers = re.findall(r"G0\d{8}", page)
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == 24
    assert client.get(class_url(evaluation, world.classes[1])).status_code == 404
    assert AuditEvent.objects.get(verb="growth.class.viewed").data == {"pupils": 24}


def test_a_subject_teacher_sees_the_classes_taught(evaluation: Evaluation, world: World) -> None:
    account = factories.make_account()
    factories.make_teacher(world.classes[2], account=account)
    client = signed_in(account)
    assert "G0" in text(client, class_url(evaluation, world.classes[2]))
    assert client.get(class_url(evaluation, world.classes[1])).status_code == 404


def test_district_readers_see_no_child(evaluation: Evaluation, world: World) -> None:
    client = client_as(Role.DISTRICT_OFFICER)
    assert "G0" not in text(client, class_url(evaluation, world.classes[0]))
    assert client.get(reverse("growth:pupil", args=[world.pupil().uid])).status_code == 404


def test_a_teacher_sees_the_pupils_course(evaluation: Evaluation, world: World) -> None:
    client = client_as(Role.CLASS_TEACHER, school=world.schools[0], school_class=world.classes[0])
    page = text(client, reverse("growth:pupil", args=[world.pupil().uid]))
    assert "data-chart" in page
    assert client.get(reverse("growth:pupil", args=[world.pupil(1).uid])).status_code == 404


@pytest.mark.parametrize("role", [Role.GUARDIAN, Role.PUPIL])
def test_a_family_reads_words_about_its_own_child(evaluation: Evaluation, world: World, role: Role) -> None:
    child, other = world.pupils[world.classes[0].pk][:2]
    account = factories.make_account()
    if role == Role.GUARDIAN:
        factories.make_guardian(child, account=account)
    else:
        factories.bind(child.person, account)
        factories.give_role(account, Role.PUPIL)
    client = signed_in(account)
    page = text(client, reverse("growth:pupil", args=[child.uid]), headers={"accept-language": "zh"})
    body = re.sub(
        r"<script.*?</script>|<[^>]+>", " ", page[page.index("<main") : page.index("</main")], flags=re.S
    )
    results = {f"{r.score:g}" for r in child.results.filter(score__isnull=False)}
    # The child's own scores, full marks and dates are all the numbers there are: no z, no percentile, no rank.
    numbers = set(re.findall(r"\d+(?:\.\d+)?", re.sub(r"\d{4}-\d\d-\d\d|\d年级|学生\d+", "", body)))
    assert numbers <= results | {"100"}, numbers
    assert "data-chart" not in page
    assert client.get(reverse("growth:pupil", args=[other.uid])).status_code == 404
    assert client.get(reverse("growth:index")).url == reverse("growth:pupil", args=[child.uid])


def test_an_unpublished_run_is_for_analysts_only(world: World) -> None:
    found = evaluate(world, published=False)
    school, group = world.schools[0], world.classes[0]
    assert client_as(Role.HEAD, school=school).get(school_url(found, school)).status_code == 404
    assert client_as(Role.BUREAU_LEADER).get(run_url(found)).status_code == 404
    teacher = client_as(Role.CLASS_TEACHER, school=school, school_class=group)
    assert teacher.get(class_url(found, group)).status_code == 404
    analyst = client_as(Role.RESEARCHER)
    text(analyst, run_url(found))
    response = analyst.post(reverse("growth:publish", args=[found.run.uid]), follow=True)
    assert response.status_code == 200
    assert client_as(Role.HEAD, school=school).get(school_url(found, school)).status_code == 200


@pytest.mark.parametrize("form", ["pdf", "docx", "xlsx", "html"])
def test_the_report_is_a_file_and_repeats_to_the_byte(evaluation: Evaluation, form: str) -> None:
    client = client_as(Role.BUREAU_LEADER)
    url = reverse("growth:district-report", args=[evaluation.run.uid, form])
    first, second = client.get(url), client.get(url)
    assert first.status_code == 200
    assert first.content == second.content
    assert len(first.content) > 5000
    assert first.headers["X-Content-Type-Options"] == "nosniff"


def test_unknown_things_are_not_found(evaluation: Evaluation, world: World) -> None:
    client = client_as(Role.DATA_OFFICER)
    assert client.get(reverse("growth:run", args=[uuid4()])).status_code == 404
    assert client.get(school_url(evaluation, type("Nobody", (), {"uid": uuid4()}))).status_code == 404
    assert client.get(reverse("growth:district-report", args=[evaluation.run.uid, "exe"])).status_code == 404


@pytest.mark.parametrize("role", [*DISTRICT, Role.HEAD, Role.CLASS_TEACHER])
def test_the_first_page_leads_on(evaluation: Evaluation, world: World, role: Role) -> None:
    place = {} if role in DISTRICT else {"school": world.schools[0]}
    if role == Role.CLASS_TEACHER:
        place["school_class"] = world.classes[0]
    response = client_as(role, **place).get(reverse("growth:index"), follow=True)
    assert response.status_code == 200


def test_the_api_gives_effects_to_those_who_may_read_them(evaluation: Evaluation, world: World) -> None:
    url = f"/api/v1/growth/runs/{evaluation.run.uid}/effects"
    everything = client_as(Role.RESEARCHER).get(url).json()
    assert len(everything) == 13
    own = client_as(Role.HEAD, school=world.schools[0]).get(url).json()
    assert [row["name"] for row in own] == [world.schools[0].name]
    assert client_as(Role.GUARDIAN).get(url).status_code == 404
    assert client_as(Role.HEAD, school=world.schools[0]).get("/api/v1/growth/runs").json() == []
    runs = client_as(Role.BUREAU_LEADER).get("/api/v1/growth/runs").json()
    assert [row["results_sha256"] for row in runs] == [evaluation.results_sha256]


def test_how_to_read_it_is_a_page(db: None) -> None:
    assert "SD" in text(client_as(Role.HEAD), reverse("growth:reading"))
