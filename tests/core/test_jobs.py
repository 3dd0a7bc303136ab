"""core/jobs in one process: what is written when, and who may write it."""

import datetime as dt
import uuid
from dataclasses import dataclass

import pytest
from django.db import transaction
from django.utils import translation
from django_tasks import TaskResultStatus
from django_tasks.exceptions import TaskResultDoesNotExist

from tests.core import sample_jobs
from xuequ.core import clock
from xuequ.core.jobs import context
from xuequ.core.jobs.enqueue import run_here, run_pending, start
from xuequ.core.jobs.execution import backend, execute
from xuequ.core.jobs.leases import LeaseLost, WorkerDiedError, claim
from xuequ.core.jobs.progress import Heartbeat, InlineProgress
from xuequ.core.models import Account, AuditEvent, Task, TaskState

pytestmark = pytest.mark.django_db
LEASE = dt.timedelta(seconds=15)


@dataclass(frozen=True)
class Somebody:
    account_id: int | None = None
    role_codes: frozenset[str] = frozenset()
    tends_instance: bool = False


def begin(function, key=None, **kwargs) -> Task:
    return start(function, actor=Somebody(), title="A task", done_url="/", idempotency_key=key, **kwargs)


def expire(row: Task) -> None:
    Task.objects.filter(pk=row.pk).update(lease_until=clock.now() - dt.timedelta(seconds=1))


def test_a_task_runs_and_its_result_is_read_through_the_task_api():
    result = sample_jobs.add.enqueue(2, b=3)
    assert result.status == TaskResultStatus.READY
    run_pending()
    result.refresh()
    assert (result.status, result.return_value, result.attempts) == (TaskResultStatus.SUCCESSFUL, 5, 1)
    row = Task.objects.get(uid=result.id)
    assert (row.progress, row.message) == (1.0, "half way")
    assert sample_jobs.add.get_result(result.id).return_value == 5


def test_an_unknown_result_does_not_exist():
    for unknown in (str(uuid.uuid4()), "nonsense"):
        with pytest.raises(TaskResultDoesNotExist):
            backend().get_result(unknown)


def test_a_task_exists_only_if_its_transaction_commits():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        begin(sample_jobs.urgent)
        raise ZeroDivisionError
    assert not Task.objects.exists()


def test_the_same_key_gives_the_same_task():
    first = begin(sample_jobs.add, key="run-1", a=1, b=1)
    assert begin(sample_jobs.add, key="run-1", a=9, b=9).pk == first.pk
    assert begin(sample_jobs.add, key="run-2", a=1, b=1).pk != first.pk
    run_pending()
    assert begin(sample_jobs.add, key="run-1", a=1, b=1).state == TaskState.SUCCEEDED


@pytest.mark.parametrize("argument", [uuid.uuid4(), dt.date(2026, 1, 1), float("nan")])
def test_arguments_are_json_or_nothing_is_stored(argument):
    with pytest.raises((TypeError, ValueError)):
        begin(sample_jobs.add, a=argument, b=1)
    assert not Task.objects.exists()


def test_urgent_tasks_go_first_and_deferred_ones_wait():
    later = sample_jobs.add.using(run_after=clock.now() + dt.timedelta(hours=1)).enqueue(1, 1)
    sample_jobs.add.enqueue(1, 1)
    sample_jobs.urgent.enqueue()
    assert [row.path.rpartition(".")[2] for row in run_pending()] == ["urgent", "add"]
    assert backend().get_result(later.id).status == TaskResultStatus.READY


def test_a_task_may_take_its_context():
    result = sample_jobs.which_attempt.enqueue()
    run_pending()
    result.refresh()
    assert result.return_value == 1


def test_a_failure_keeps_where_it_arose_but_no_value():
    row = begin(sample_jobs.leaks_a_name, name="无名氏")
    run_pending()
    row.refresh_from_db()
    assert (row.state, row.error_class) == (TaskState.FAILED, "builtins.KeyError")
    assert "sample_jobs.py" in row.error
    assert "leaks_a_name" in row.error
    assert "无名氏" not in row.error


def test_a_refusal_is_kept_word_for_word():
    row = begin(sample_jobs.refuses)
    run_pending()
    row.refresh_from_db()
    assert (row.state, row.error) == (
        TaskState.FAILED,
        "Only 3 pupils have both results; at least 10 are needed.",
    )


def test_a_result_that_is_not_json_is_a_failure():
    row = begin(sample_jobs.returns_a_date)
    run_pending()
    row.refresh_from_db()
    assert (row.state, row.error_class) == (TaskState.FAILED, "builtins.TypeError")


def test_a_task_whose_function_is_gone_fails():
    row = begin(sample_jobs.urgent)
    Task.objects.filter(pk=row.pk).update(path="xuequ.gone.function")
    run_pending()
    row.refresh_from_db()
    assert (row.state, row.error_class) == (TaskState.FAILED, "builtins.ModuleNotFoundError")


def test_a_database_that_is_away_is_tried_again_a_limited_number_of_times():
    row = begin(sample_jobs.database_away)
    for _attempt in range(row.max_attempts):
        Task.objects.filter(pk=row.pk).update(run_after=clock.now())
        run_pending()
    row.refresh_from_db()
    assert (row.state, row.attempts) == (TaskState.FAILED, 3)


def test_a_task_speaks_the_language_of_the_one_who_started_it():
    with translation.override("en"):
        assert begin(sample_jobs.urgent).language == "en"


def test_a_held_task_is_not_taken_and_an_abandoned_one_is():
    row = begin(sample_jobs.urgent)
    assert claim("first", "default", LEASE) is not None
    assert claim("second", "default", LEASE) is None
    expire(row)
    taken = claim("second", "default", LEASE)
    assert taken is not None
    assert (taken[0].worker, taken[0].attempts) == ("second", 2)


def test_a_lease_that_ran_out_while_waiting_for_the_write_lock_proves_nothing(monkeypatch):
    row = begin(sample_jobs.urgent)
    claim("first", "default", LEASE)
    expire(row)
    moments = iter([clock.now(), clock.now() + dt.timedelta(seconds=20)])
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: next(moments))
        assert claim("second", "default", LEASE) is None
    assert claim("second", "default", LEASE) is not None


def test_a_task_that_kills_its_workers_fails_visibly():
    row = begin(sample_jobs.urgent)
    for attempt in range(row.max_attempts):
        assert claim(f"worker-{attempt}", "default", LEASE) is not None
        expire(row)
    assert claim("one more", "default", LEASE) is None
    row.refresh_from_db()
    assert (row.state, row.error_class) == (TaskState.FAILED, WorkerDiedError.path())


def test_who_lost_the_lease_writes_nothing():
    row = begin(sample_jobs.urgent)
    taken = claim("first", "default", LEASE)
    assert taken is not None
    old_row, old = taken
    expire(row)
    assert claim("second", "default", LEASE) is not None
    for write in (old.renew, old.give_back, lambda: old.succeed("late"), lambda: old.fail("late", "late")):
        with pytest.raises(LeaseLost):
            write()
    execute(old_row, old, InlineProgress(old).report)
    row.refresh_from_db()
    assert (row.worker, row.state, row.result) == ("second", TaskState.RUNNING, None)


def test_the_same_worker_in_a_later_attempt_is_another():
    row = begin(sample_jobs.urgent)
    first = claim("same", "default", LEASE)
    expire(row)
    second = claim("same", "default", LEASE)
    assert first is not None
    assert second is not None
    with pytest.raises(LeaseLost):
        first[1].renew()
    second[1].renew()


def test_steps_after_a_lost_lease_leave_no_effect_and_the_successor_goes_on():
    row = begin(sample_jobs.steps, name="t", count=3)
    taken = claim("first", "default", LEASE)
    assert taken is not None
    with context.running_task(context.Running(taken[0], taken[1], lambda _f, _m: None)), transaction.atomic():
        AuditEvent.objects.create(at=clock.now(), verb="effect", data={"task": "t", "step": 0})
        context.save_checkpoint({"next": 1})
    expire(row)
    second = claim("second", "default", LEASE)
    assert second is not None
    execute(*taken, InlineProgress(taken[1]).report)
    run_here(*second)
    row.refresh_from_db()
    assert (row.state, row.checkpoint) == (TaskState.SUCCEEDED, {"next": 3})
    assert [event.data["step"] for event in AuditEvent.objects.filter(verb="effect")] == [0, 1, 2]


def test_a_task_given_back_on_purpose_costs_no_attempt():
    begin(sample_jobs.urgent)
    taken = claim("first", "default", LEASE)
    assert taken is not None
    taken[1].give_back(counted=False)
    again = claim("second", "default", LEASE)
    assert again is not None
    assert again[0].attempts == 1


def test_outside_a_task_the_context_is_silent():
    context.report_progress(0.5, "nobody listens")
    context.save_checkpoint({"x": 1})
    assert (context.checkpoint(), context.current()) == ({}, None)


def test_progress_is_written_at_most_twice_a_second(django_assert_num_queries):
    begin(sample_jobs.urgent)
    taken = claim("first", "default", LEASE)
    assert taken is not None
    progress = InlineProgress(taken[1])
    with django_assert_num_queries(1):
        for i in range(1000):
            progress.report(i / 1000, "many")


def test_a_heartbeat_that_lost_its_lease_stops_the_task():
    row = begin(sample_jobs.urgent)
    taken = claim("first", "default", LEASE)
    assert taken is not None
    heart = Heartbeat(taken[1])
    heart.report(0.1, "")
    expire(row)
    claim("second", "default", LEASE)
    heart.write()
    with pytest.raises(LeaseLost):
        heart.report(0.2, "")


def test_an_account_with_tasks_keeps_them():
    account = Account.objects.create_user("somebody")
    row = start(sample_jobs.urgent, actor=Somebody(account.pk), title="T", done_url="/x/")
    assert (row.account_id, row.title, row.done_url) == (account.pk, "T", "/x/")
