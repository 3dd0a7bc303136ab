"""Pages of item results by role: who sees which school, class and child, and in how many queries."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.systems.growth.conftest import client_as, signed_in
from tests.systems.growth.items.conftest import POINTS, Sitting, analyse, teacher_of
from xuequ.core.models import AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Relation, Role
from xuequ.district.models import Guardianship
from xuequ.record.actions import IndicatorValue
from xuequ.record.models import Result, Run, TaughtPoints
from xuequ.systems.office.process import publish_ledgers

MOST_QUERIES = 20
OFFICE = Actor.system(dt.date(2026, 6, 1))
DISTRICT = [Role.BUREAU_LEADER, Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.SUPERVISOR, Role.DATA_OFFICER]


def text(client: Client, url: str) -> str:
    """Open a page that must work, in few queries."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    assert response.status_code == 200, (url, response.status_code)
    reads = [q for q in queries.captured_queries if q["sql"].startswith("SELECT")]
    assert len(reads) <= MOST_QUERIES, "\n".join(q["sql"][:200] for q in reads)
    return response.content.decode()


def page(run: Run, name: str, *args: object) -> str:
    return reverse(f"growth:items-{name}", args=[run.uid, *[getattr(item, "uid", item) for item in args]])


@pytest.mark.parametrize("role", DISTRICT)
def test_the_district_sees_points_by_school_and_no_cell_of_few(
    sitting: Sitting, run: Run, role: Role
) -> None:
    client = client_as(role)
    shown = text(client, page(run, "points"))
    assert all(school.name in shown for school in sitting.schools)
    assert POINTS[2] in shown
    for school in sitting.schools[:3]:
        text(client, page(run, "school", school))
    names = [pupil.person.name for group in sitting.classes for pupil in sitting.pupils[group.pk]]
    shown = text(client, page(run, "class", sitting.classes[0]))
    assert not any(f">{name}<" in shown for name in names)
    assert client.get(page(run, "pupil", sitting.pupil())).status_code == 404


@pytest.mark.parametrize(
    "role",
    [Role.HEAD, Role.SUBJECT_HEAD, Role.CLASS_TEACHER, Role.TEACHER, Role.GUARDIAN, Role.PUPIL, Role.FINANCE],
)
def test_nobody_else_sees_all_schools(sitting: Sitting, run: Run, role: Role) -> None:
    client = client_as(role, school=sitting.schools[0])
    assert client.get(page(run, "points")).status_code == 404
    assert client.get(page(run, "points-report", "xlsx")).status_code == 404


def test_a_head_sees_the_own_school_its_classes_and_no_other(sitting: Sitting, run: Run) -> None:
    own, other = sitting.schools[:2]
    client = client_as(Role.HEAD, school=own)
    shown = text(client, page(run, "school", own))
    assert str(sitting.classes[0]) in shown
    assert other.name not in shown
    text(client, page(run, "paper"))
    text(client, page(run, "class", sitting.classes[1]))
    assert client.get(page(run, "school", other)).status_code == 404
    assert client.get(page(run, "school-report", other, "docx")).status_code == 404
    assert client.get(page(run, "class", sitting.classes[2])).status_code == 404
    assert client.get(page(run, "class-report", sitting.classes[2], "xlsx")).status_code == 404


def test_a_subject_head_reads_the_own_subject_only(sitting: Sitting, run: Run) -> None:
    own = sitting.schools[0]
    chinese = factories.make_subject("chinese")
    text(client_as(Role.SUBJECT_HEAD, school=own, subject=sitting.subject), page(run, "school", own))
    text(client_as(Role.SUBJECT_HEAD, school=own, subject=sitting.subject), page(run, "paper"))
    other = client_as(Role.SUBJECT_HEAD, school=own, subject=chinese)
    assert other.get(page(run, "school", own)).status_code == 404
    assert other.get(page(run, "paper")).status_code == 404


def test_the_subject_teacher_is_told_what_to_teach_again_and_to_whom(sitting: Sitting, run: Run) -> None:
    group = sitting.classes[0]
    client = signed_in(teacher_of(group, sitting.subject))
    shown = text(client, page(run, "class", group))
    lead = re.search(r'class="[^"]*lead[^"]*"[^>]*>([^<]+)<', shown)
    assert lead is not None and POINTS[1] in lead.group(1)
    names = [pupil.person.name for pupil in sitting.pupils[group.pk]]
    assert all(name in shown for name in names)
    text(client, page(run, "pupil", sitting.pupil()))
    assert client.get(page(run, "class", sitting.classes[1])).status_code == 404
    assert client.get(page(run, "pupil", sitting.pupil(1))).status_code == 404
    assert client.get(page(run, "school", sitting.schools[0])).status_code == 404
    assert AuditEvent.objects.filter(verb="items.class.viewed").exists()


def test_a_teacher_of_another_subject_does_not_see_the_class_in_this_one(sitting: Sitting, run: Run) -> None:
    group = sitting.classes[0]
    client = signed_in(teacher_of(group, factories.make_subject("chinese")))
    assert client.get(page(run, "class", group)).status_code == 404
    assert client.get(page(run, "pupil", sitting.pupil())).status_code == 404
    assert client.get(page(run, "paper")).status_code == 404


def test_the_class_teacher_sees_the_own_class(sitting: Sitting, run: Run) -> None:
    group = sitting.classes[0]
    client = client_as(Role.CLASS_TEACHER, school=group.school, school_class=group)
    text(client, page(run, "class", group))
    assert client.get(page(run, "class", sitting.classes[1])).status_code == 404


def test_families_read_words_and_no_number_about_others(sitting: Sitting, run: Run) -> None:
    pupil = sitting.pupil()
    guardian, own = factories.make_account(), factories.make_account()
    factories.make_guardian(pupil, account=guardian)
    factories.bind(pupil.person, own)
    factories.give_role(own, Role.PUPIL)
    for account in (guardian, own):
        client = signed_in(account)
        shown = text(client, page(run, "pupil", pupil))
        body = shown[shown.index("<main") : shown.index("</main")]
        assert "%" not in body
        assert "名次" not in body.replace("不给学生排名", "")
        assert client.get(page(run, "pupil", sitting.pupil(1))).status_code == 404
        assert client.get(page(run, "class", sitting.classes[0])).status_code == 404
        assert client.get(page(run, "paper")).status_code == 404
        assert page(run, "pupil", pupil) in text(client, reverse("home"))


def test_an_item_in_question_is_told_to_nobody_as_a_mistake(sitting: Sitting, run: Run) -> None:
    client = signed_in(teacher_of(sitting.classes[0], sitting.subject))
    for pupil in sitting.pupils[sitting.classes[0].pk][:5]:
        shown = text(client, page(run, "pupil", pupil))
        listed = re.findall(r"第 ?(\d+) ?题", shown)
        assert "4" not in listed


def test_the_list_leads_on_and_says_when_results_have_changed(sitting: Sitting, run: Run) -> None:
    client = client_as(Role.RESEARCHER)
    index = reverse("growth:items")
    shown = text(client, index)
    assert page(run, "points") in shown
    assert reverse("growth:items-analyse", args=[sitting.assessment.uid]) not in shown
    Result.objects.filter(pupil=sitting.pupil()).update(is_current=False)
    assert reverse("growth:items-analyse", args=[sitting.assessment.uid]) in text(client, index)
    assert client_as(Role.FINANCE).get(index).status_code == 403


def test_one_click_analyses_and_only_readers_have_it(sitting: Sitting) -> None:
    url = reverse("growth:items-analyse", args=[sitting.assessment.uid])
    assert client_as(Role.GUARDIAN).post(url).status_code == 404
    assert client_as(Role.HEAD, school=factories.make_school()).post(url).status_code == 404
    assert not Run.objects.exists()
    response = client_as(Role.RESEARCHER).post(url)
    assert response.status_code == 302
    pending = Run.objects.get()
    assert text(client_as(Role.RESEARCHER), page(pending, "paper"))


def test_what_a_class_was_taught_is_kept_and_shown(sitting: Sitting, run: Run) -> None:
    group = sitting.classes[0]
    client = signed_in(teacher_of(group, sitting.subject))
    url = page(run, "taught", group)
    assert client.post(url, {"points": [POINTS[0], POINTS[1]]}).status_code == 302
    assert client.post(url, {"points": [POINTS[1], POINTS[0]]}).status_code == 302
    row = TaughtPoints.objects.get()
    assert row.points == [POINTS[0], POINTS[1]]
    shown = text(client, page(run, "class", group))
    assert "教了，还没有学会" in shown
    assert "考了，还没有教" in shown
    client.post(url, {"points": list(POINTS)})
    assert TaughtPoints.objects.filter(is_current=True).get().points == list(POINTS)
    assert TaughtPoints.objects.count() == 2


@pytest.mark.parametrize("role", [Role.RESEARCHER, Role.CLASS_TEACHER])
def test_only_who_teaches_or_leads_says_what_was_taught(sitting: Sitting, run: Run, role: Role) -> None:
    group = sitting.classes[0]
    place = {"school": group.school, "school_class": group} if role == Role.CLASS_TEACHER else {}
    client = client_as(role, **place)
    assert "taught/" not in text(client, page(run, "class", group))
    assert client.post(page(run, "taught", group), {"points": [POINTS[0]]}).status_code == 403
    assert not TaughtPoints.objects.exists()


@pytest.mark.parametrize("form", ["pdf", "docx", "xlsx", "html"])
def test_every_report_leaves_as_a_file(sitting: Sitting, run: Run, form: str) -> None:
    client = client_as(Role.RESEARCHER)
    for url in (
        page(run, "paper-report", form),
        page(run, "points-report", form),
        page(run, "school-report", sitting.schools[0], form),
        page(run, "class-report", sitting.classes[0], form),
    ):
        response = client.get(url)
        assert response.status_code == 200
        assert response.headers["Content-Disposition"].startswith("attachment")
    assert client.get(page(run, "paper-report", "exe")).status_code == 404


def test_a_schools_own_test_stays_in_the_school(sitting: Sitting) -> None:
    own = sitting.schools[0]
    sitting.assessment.school = own
    sitting.assessment.basis = "school_final"
    sitting.assessment.save()
    Result.objects.exclude(school=own).update(is_current=False)
    run = analyse(sitting)
    assert client_as(Role.RESEARCHER).get(page(run, "points")).status_code == 404
    text(client_as(Role.HEAD, school=own), page(run, "school", own))
    assert client_as(Role.HEAD, school=sitting.schools[1]).get(page(run, "paper")).status_code == 404


def test_a_class_page_shows_what_is_published_about_the_class_up_to_the_year(
    sitting: Sitting, run: Run
) -> None:
    group = sitting.classes[0]
    for period, of_class, of_school in (
        ("2024-2025", 0.91, 0.92),
        ("2025-2026", 0.93, 0.94),
        ("2026-2027", 0.95, 0.96),
    ):
        publish_ledgers(
            actor=OFFICE,
            period=period,
            values=[
                IndicatorValue(
                    "office.attendance-share", of_class, school_id=group.school_id, school_class_id=group.pk
                ),
                IndicatorValue("office.attendance-share", of_school, school_id=group.school_id),
            ],
        )
    teacher = client_as(Role.CLASS_TEACHER, school=group.school, school_class=group)
    shown = text(teacher, page(run, "class", group))
    assert "0.930" in shown
    assert "0.940" in shown
    assert not {"0.910", "0.950", "0.960"} & set(re.findall(r"0\.\d{3}", shown))
    stranger = next(item for item in sitting.classes if item.school_id != group.school_id)
    other = text(client_as(Role.RESEARCHER), page(run, "class", stranger))
    assert "0.930" not in other


def test_the_home_of_a_family_asks_for_all_children_at_once(sitting: Sitting, run: Run) -> None:
    guardian = factories.make_account()
    group = sitting.classes[0]
    first, second = sitting.pupils[group.pk][:2]
    person = factories.make_guardian(first, account=guardian)
    client = signed_in(guardian)
    client.get("/")
    counts = []
    for _child in range(2):
        with CaptureQueriesContext(connection) as queries:
            shown = client.get("/").content.decode()
        counts.append(sum("record_" in q["sql"] or "growth_" in q["sql"] for q in queries.captured_queries))
        Guardianship.objects.get_or_create(
            guardian=person, pupil=second, defaults={"relation": Relation.OTHER, "start": dt.date(2020, 9, 1)}
        )
    assert first.person.name in shown
    assert second.person.name in shown
    assert counts == [3, 3]
