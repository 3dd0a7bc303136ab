"""Teacher-level values: locked off, unlocked with a ground, verified by teacher and school."""

import datetime as dt

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.standing import built, copied
from tests.systems.growth.conftest import signed_in
from tests.systems.growth.teachers import (
    BASIS,
    TEACHERS,
    TODAY,
    Staff,
    actor,
    agree_all,
    built_files,
    compute,
    confirm_all,
    english_and_own_files,
    page,
    staffed,
    unlock,
    value_of,
)
from xuequ.core import clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import TeachingAssignment
from xuequ.record.choices import RunState
from xuequ.systems.growth import teachers_actions as actions
from xuequ.systems.growth import teachers_queries as queries
from xuequ.systems.growth.models import Evaluation, TaughtClass, TeacherGrowth, TeacherUnlock

__all__ = ["built_files", "english_and_own_files"]
GET_PAGES = ("mine", "classes", "schools", "values")

built_staff = built(staffed, "built_files")
staff = copied("built_staff")


def test_locked_there_is_nothing_but_the_page_that_says_why(staff: Staff) -> None:
    assert not TaughtClass.objects.exists()
    for account in (staff.leader, staff.accounts[0], staff.head(), factories.make_account(Role.RESEARCHER)):
        for name in GET_PAGES:
            page(account, f"growth:teachers-{name}", status=404)
        for name in ("lock", "gather", "compute"):
            assert signed_in(account).post(reverse(f"growth:teachers-{name}")).status_code == 404
    assert "growth/teachers" not in page(staff.accounts[0], "home")
    assert "growth/teachers" not in page(staff.head(), "home")


def test_only_leader_and_analysts_know_that_it_exists(db: None) -> None:
    for role in Role:
        account = factories.make_account(role)
        knows = role in {Role.BUREAU_LEADER, Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.DATA_OFFICER}
        text = page(account, "growth:teachers", status=200 if knows else 404)
        assert ("id_basis" in text) == (role == Role.BUREAU_LEADER)
        if knows:
            listed = page(account, "growth:runs")
            assert (reverse("growth:teachers") in listed) == (role == Role.BUREAU_LEADER)


def test_nobody_but_the_leader_unlocks_locks_or_computes(staff: Staff) -> None:
    unlock(staff)
    ends = TODAY + dt.timedelta(days=5)
    for role in set(Role) - {Role.BUREAU_LEADER}:
        other = Actor.of(factories.make_account(role), TODAY)
        with pytest.raises(Forbidden):
            actions.unlock_teacher_values(actor=other, basis=BASIS, ends=ends, acknowledged=True)
        for action in (actions.lock_teacher_values, actions.compute_teacher_values, actions.gather_taught):
            with pytest.raises(Forbidden):
                action(actor=other)


def test_neither_a_lent_role_nor_an_area_nor_the_system_unlocks(staff: Staff) -> None:
    lent = factories.make_account()
    own = staff.leader.roles.get()
    factories.give_role(lent, Role.BUREAU_LEADER, lent_from=own)
    area = factories.make_account(Role.BUREAU_LEADER, area=factories.make_area())
    for who in (actor(lent), actor(area), Actor.system(TODAY)):
        with pytest.raises(Forbidden):
            actions.unlock_teacher_values(
                actor=who, basis=BASIS, ends=TODAY + dt.timedelta(days=5), acknowledged=True
            )
        page(lent, "growth:teachers", status=404)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"basis": "  很好  "}, "legal basis"),
        ({"acknowledged": False}, "pay, honours"),
        ({"ends": TODAY}, "one year"),
        ({"ends": TODAY + dt.timedelta(days=367)}, "one year"),
    ],
)
def test_unlocking_needs_ground_end_and_declaration(
    staff: Staff, change: dict[str, object], said: str
) -> None:
    good = {"basis": BASIS, "ends": TODAY + dt.timedelta(days=365), "acknowledged": True}
    with pytest.raises(Refused, match=said):
        actions.unlock_teacher_values(actor=actor(staff.leader), **{**good, **change})
    assert not TeacherUnlock.objects.exists()
    actions.unlock_teacher_values(actor=actor(staff.leader), **good)
    with pytest.raises(Refused, match="already"):
        actions.unlock_teacher_values(actor=actor(staff.leader), **good)
    row = AuditEvent.objects.get(verb="teachers.unlocked")
    assert row.account_id == staff.leader.pk and row.data["acknowledged"] is True


def test_the_form_unlocks_and_says_what_is_missing(staff: Staff) -> None:
    client, url = signed_in(staff.leader), reverse("growth:teachers-unlock")
    ends = str(TODAY + dt.timedelta(days=30))
    assert "alert-danger" in client.post(url, {"basis": BASIS, "ends": ends}).content.decode()
    assert not TeacherUnlock.objects.exists()
    assert client.post(url, {"basis": BASIS, "ends": ends, "acknowledged": "on"}).status_code == 302
    text = page(staff.leader, "growth:teachers")
    assert BASIS in text and ends in text
    assert BASIS not in page(factories.make_account(Role.RESEARCHER), "growth:teachers")


def test_the_timetable_proposes_and_a_change_during_the_year_is_a_share(staff: Staff) -> None:
    first = TeachingAssignment.objects.get(teacher=staff.teachers[0])
    first.end = dt.date(2024, 12, 1)
    first.save()
    unlock(staff)
    rows = {row.evaluation.period: row for row in TaughtClass.objects.filter(teacher=staff.teachers[0])}
    assert rows["2023-2024"].on_record == rows["2023-2024"].share == 1.0
    assert rows["2024-2025"].share == pytest.approx(183 / 365, abs=0.005)


def test_a_mean_over_subjects_is_nobodys_teaching(staff: Staff) -> None:
    for found in Evaluation.objects.all():
        found.outcomes.add(factories.make_assessment(subject=factories.make_subject("chinese")))
    unlock(staff)
    assert not TaughtClass.objects.exists()


def test_a_teacher_corrects_own_shares_and_nobody_elses(staff: Staff) -> None:
    unlock(staff)
    account = staff.accounts[0]
    client, url = signed_in(account), reverse("growth:teachers-classes")
    rows = [one.row for one in queries.own_rows(actor(account))]
    page(account, "growth:teachers-classes")
    assert "alert-danger" in client.post(url, {str(row.uid): "101" for row in rows}).content.decode()
    assert client.post(url, {str(rows[0].uid): "60", str(rows[1].uid): "0"}).status_code == 302
    kept = [TaughtClass.objects.get(pk=row.pk) for row in rows]
    assert [row.share for row in kept] == [0.6, 0.0] and all(row.confirmed for row in kept)
    assert [row.on_record for row in kept] == [1.0, 1.0]
    foreign = TaughtClass.objects.filter(teacher=staff.teachers[1]).first()
    with pytest.raises(Forbidden):
        actions.confirm_taught(actor=actor(account), shares={foreign.uid: 1.0})
    assert AuditEvent.objects.get(verb="teachers.confirmed").data == {"rows": 2, "changed": 2}


def test_the_school_agrees_to_confirmed_rows_of_its_own(staff: Staff) -> None:
    unlock(staff)
    own, foreign = actor(staff.head(0)), actor(staff.head(1))
    row = TaughtClass.objects.filter(teacher=staff.teachers[0]).first()
    with pytest.raises(Refused, match="not confirmed"):
        actions.agree_taught(actor=own, rows=[row.uid], agreed=True)
    confirm_all(staff)
    with pytest.raises(Forbidden):
        actions.agree_taught(actor=foreign, rows=[row.uid], agreed=True)
    client = signed_in(factories.make_account(Role.SCHOOL_ADMINISTRATOR, school=staff.schools[0]))
    url = reverse("growth:teachers-schools")
    assert client.post(url, {"rows": [str(row.uid)], "what": "agree"}).status_code == 302
    row.refresh_from_db()
    assert row.agreed is not None
    assert client.post(url, {"rows": [str(row.uid)], "what": "return"}).status_code == 302
    row.refresh_from_db()
    assert row.agreed is None and row.confirmed is None
    other = TaughtClass.objects.filter(teacher=staff.teachers[-1]).first()
    assert client.post(url, {"rows": [str(other.uid)], "what": "agree"}).status_code == 404


def test_nobody_agrees_to_own_rows_and_no_class_is_taught_more_than_once(staff: Staff) -> None:
    teaching_head = staff.accounts[0]
    factories.give_role(teaching_head, Role.HEAD, school=staff.schools[0])
    second = factories.make_teacher(staff.classes[0], factories.make_subject("mathematics"))
    unlock(staff)
    confirm_all(staff)
    own = TaughtClass.objects.filter(teacher=staff.teachers[0]).first()
    with pytest.raises(Forbidden):
        actions.agree_taught(actor=actor(teaching_head), rows=[own.uid], agreed=True)
    TaughtClass.objects.filter(teacher=second).update(confirmed=clock.now())
    both = TaughtClass.objects.filter(evaluation=own.evaluation, school_class=own.school_class)
    assert both.count() == 2
    with pytest.raises(Refused, match="100 percent"):
        actions.agree_taught(actor=actor(staff.head()), rows=[row.uid for row in both], agreed=True)


def test_others_see_no_list_of_who_taught_whom(staff: Staff) -> None:
    unlock(staff)
    for role in set(Role) - {Role.HEAD, Role.SCHOOL_ADMINISTRATOR}:
        account = factories.make_account(role, school=staff.schools[0])
        for name in GET_PAGES:
            page(account, f"growth:teachers-{name}", status=404)


def test_rows_that_one_side_has_not_confirmed_do_not_count(staff: Staff) -> None:
    unlock(staff)
    with pytest.raises(Refused, match="agreed to by its school"):
        compute(staff)
    confirm_all(staff)
    agree_all(staff)
    TaughtClass.objects.filter(teacher=staff.teachers[0]).update(agreed=None)
    TaughtClass.objects.filter(teacher=staff.teachers[1], evaluation__period="2023-2024").update(agreed=None)
    compute(staff)
    assert not TeacherGrowth.objects.filter(teacher=staff.teachers[0]).exists()
    assert (value_of(staff, 1).code, value_of(staff, 1).value) == ("one-year", None)
    assert "one year only" in page(staff.accounts[1], "growth:teachers-mine")


def test_who_is_alone_in_a_subject_has_nobody_to_compare_with(staff: Staff) -> None:
    unlock(staff)
    TaughtClass.objects.filter(teacher__in=staff.teachers[1:TEACHERS]).delete()
    confirm_all(staff)
    agree_all(staff)
    compute(staff)
    assert (value_of(staff).code, value_of(staff).value) == ("alone-in-school", None)
    assert "average to compare with" in page(staff.accounts[0], "growth:teachers-mine")


def test_too_few_teachers_are_refused_with_the_reason(staff: Staff) -> None:
    unlock(staff)
    confirm_all(staff)
    agree_all(staff)
    TaughtClass.objects.filter(teacher__in=staff.teachers[8:]).update(agreed=None)
    run = compute(staff)
    assert run.state == RunState.REFUSED and "ten teachers" in run.refusal
    assert default_storage.listdir(f"runs/{run.uid}")[1] == []
    assert run.refusal in page(staff.leader, "growth:teachers")


def test_a_computation_that_is_overtaken_by_locking_keeps_nothing(
    staff: Staff, django_capture_on_commit_callbacks
) -> None:
    unlock(staff)
    confirm_all(staff)
    agree_all(staff)
    from xuequ.engines.growth.teachers import teacher_values
    from xuequ.systems.growth import teachers_jobs as jobs

    run, _task = actions.compute_teacher_values(actor=actor(staff.leader))
    found = teacher_values(jobs.input_table())
    actions.lock_teacher_values(actor=actor(staff.leader))
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.keep(run, found) == RunState.REFUSED
    assert not TeacherGrowth.objects.exists()


def test_strangers_sign_in_first(db: None) -> None:
    for name in ("", *(f"-{name}" for name in GET_PAGES)):
        response = Client().get(reverse(f"growth:teachers{name}"))
        assert response.status_code == 302 and "login" in response.headers["Location"]
