"""The pages of background work: who sees which task, and what it says."""

import datetime as dt

import pytest
from django.test import Client

from tests.core import sample_jobs
from tests.factories import make_account
from xuequ.core import clock
from xuequ.core.jobs.duties import KEEP, purge_finished
from xuequ.core.jobs.enqueue import run_pending, start
from xuequ.core.jobs.leases import WorkerDiedError, claim
from xuequ.core.models import Account, AuditEvent, Task, TaskState
from xuequ.district.actors import Actor
from xuequ.district.choices import Role

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def owner() -> Account:
    return Account.objects.create_user("owner", "a long password")


@pytest.fixture
def page(owner: Account, client: Client) -> Client:
    client.force_login(owner)
    client.cookies["xuequ_language"] = "en"
    return client


def begin(account: Account, function=sample_jobs.urgent, **kwargs) -> Task:
    actor = Actor.of(account, clock.today())
    return start(function, actor=actor, title="Growth run", done_url="/done/", **kwargs)


def test_a_waiting_task_polls_for_its_progress(page, owner):
    task = begin(owner)
    html = page.get(f"/jobs/{task.uid}/").content.decode()
    assert "Growth run" in html
    assert 'hx-trigger="every 1s"' in html
    assert f'hx-get="/jobs/{task.uid}/?seen=' in html
    assert "style=" not in html.split("<main")[1].split("</main>")[0]


def test_htmx_gets_the_part_that_changes_and_nothing_when_nothing_changed(page, owner):
    task = begin(owner)
    part = page.get(f"/jobs/{task.uid}/", headers=HTMX)
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part.headers["Vary"]
    again = part.content.decode().split('hx-get="')[1].split('"')[0]
    assert page.get(again, headers=HTMX).status_code == 204
    Task.objects.filter(pk=task.pk).update(progress=0.5)
    changed = page.get(again, headers=HTMX)
    assert 'value="50"' in changed.content.decode()


def test_a_finished_task_leads_to_its_result_and_stops_polling(page, owner):
    task = begin(owner)
    run_pending()
    html = page.get(f"/jobs/{task.uid}/", headers=HTMX).content.decode()
    assert 'href="/done/"' in html
    assert "hx-get" not in html


def test_a_refusal_is_shown_and_the_owner_may_run_the_task_again(page, owner):
    task = begin(owner, sample_jobs.refuses)
    run_pending()
    html = page.get(f"/jobs/{task.uid}/").content.decode()
    assert "Only 3 pupils have both results" in html
    answer = page.post(f"/jobs/{task.uid}/retry/")
    assert answer.headers["Location"] == f"/jobs/{task.uid}/"
    task.refresh_from_db()
    assert (task.state, task.attempts, task.error) == (TaskState.READY, 0, "")
    assert AuditEvent.objects.get(verb="task.retried").object_uid == task.uid


def test_a_fault_shows_no_inner_detail_to_its_owner(page, owner):
    task = begin(owner, sample_jobs.leaks_a_name, name="无名氏")
    run_pending()
    html = page.get(f"/jobs/{task.uid}/").content.decode()
    assert str(task.uid) in html
    assert "KeyError" not in html


def test_a_task_whose_worker_went_silent_says_that_another_goes_on(page, owner):
    task = begin(owner)
    claim("a worker", "default", dt.timedelta(seconds=-1))
    assert "another one goes on" in page.get(f"/jobs/{task.uid}/").content.decode()


def test_a_task_whose_workers_died_says_so(page, owner):
    task = begin(owner)
    Task.objects.filter(pk=task.pk).update(max_attempts=1)
    claim("a worker", "default", dt.timedelta(seconds=-1))
    claim("another", "default", dt.timedelta(seconds=15))
    task.refresh_from_db()
    assert task.error_class == WorkerDiedError.path()
    assert "was ended 1 time before it was finished" in page.get(f"/jobs/{task.uid}/").content.decode()


def test_only_a_failed_task_can_be_run_again(page, owner):
    task = begin(owner)
    page.post(f"/jobs/{task.uid}/retry/")
    assert not AuditEvent.objects.filter(verb="task.retried").exists()
    assert page.get(f"/jobs/{task.uid}/retry/").status_code == 405


@pytest.mark.parametrize("role", [Role.TEACHER, Role.HEAD, Role.DISTRICT_OFFICER, Role.BUREAU_LEADER])
def test_others_do_not_learn_that_the_task_exists(client, owner, role):
    task = begin(owner)
    client.force_login(make_account(role))
    assert client.get(f"/jobs/{task.uid}/").status_code == 404
    assert client.post(f"/jobs/{task.uid}/retry/").status_code == 404
    assert "Growth run" not in client.get("/jobs/").content.decode()


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMINISTRATOR, Role.DATA_OFFICER])
def test_who_tends_the_instance_sees_every_task_and_where_it_broke(client, owner, role):
    task = begin(owner, sample_jobs.leaks_a_name, name="无名氏")
    run_pending()
    client.force_login(make_account(role))
    html = client.get(f"/jobs/{task.uid}/").content.decode()
    assert "KeyError" in html
    assert "无名氏" not in html
    assert "owner" in client.get("/jobs/").content.decode()


def test_a_stranger_is_sent_to_the_sign_in_page(client, owner):
    task = begin(owner)
    assert client.get(f"/jobs/{task.uid}/").status_code == 302
    assert client.get("/jobs/").status_code == 302


def test_the_list_names_the_owners_tasks(page, owner):
    assert "No background tasks yet" in page.get("/jobs/").content.decode()
    begin(owner)
    assert "Growth run" in page.get("/jobs/").content.decode()


def test_old_finished_tasks_are_cleared_away_and_no_others(owner):
    old, recent, waiting = (begin(owner) for _ in range(3))
    long_ago = clock.now() - KEEP - dt.timedelta(days=1)
    Task.objects.filter(pk=old.pk).update(state=TaskState.SUCCEEDED, finished_at=long_ago)
    Task.objects.filter(pk=recent.pk).update(state=TaskState.FAILED, finished_at=clock.now())
    assert purge_finished(clock.now() - KEEP) == 1
    assert set(Task.objects.values_list("pk", flat=True)) == {recent.pk, waiting.pk}
