"""Real workers, killed, stopped and stalled in the middle of their work: every effect happens once."""

import json
import random
import signal
import time
from collections import Counter

import pytest

from tests.core import sample_jobs
from tests.crash.conftest import Instance, wait_for
from xuequ.core.sealing import verify_chain

pytestmark = pytest.mark.crash


def test_effects_happen_once_although_workers_are_killed(instance: Instance):
    moment = random.Random(7)
    names = ["a", "b"]
    for name in names:
        sample_jobs.steps.enqueue(name, count=20, pause=0.03, hold=0.02)
    instance.publish()
    survivor, victim = instance.worker(), instance.worker()
    for _kill in range(2):
        seen = len(instance.effects())
        wait_for(lambda seen=seen: len(instance.effects()) > seen or instance.finished())
        time.sleep(moment.uniform(0, 0.4))
        victim.kill()
        victim, survivor = survivor, instance.worker()
    wait_for(instance.finished)
    assert [state for state, _attempts in instance.states()] == ["succeeded", "succeeded"]
    assert sum(attempts for _state, attempts in instance.states()) > len(names)
    assert Counter(instance.effects()) == Counter((name, step) for name in names for step in range(20))


def test_many_workers_take_each_task_once(instance: Instance):
    instance.lease = 15  # nobody dies here, however busy the machine
    for number in range(50):
        sample_jobs.steps.enqueue(f"t{number}", count=1, pause=0.02)
    instance.publish()
    for _worker in range(3):
        instance.worker()
    wait_for(instance.finished)
    assert set(instance.states()) == {("succeeded", 1)}
    assert Counter(instance.effects()) == Counter((f"t{number}", 0) for number in range(50))
    assert len(instance.rows("SELECT DISTINCT worker FROM core_task")) > 1
    wait_for(lambda: not instance.rows("SELECT id FROM core_auditevent WHERE seal_id IS NULL"))
    instance.fetch()
    assert verify_chain() == [], "several sealers at once keep one chain"


def test_a_worker_that_stalls_and_wakes_writes_nothing_more(instance: Instance):
    sample_jobs.steps.enqueue("t", count=20, pause=0.1)
    instance.publish()
    sleeper = instance.worker()
    wait_for(lambda: len(instance.effects()) >= 2)
    sleeper.send_signal(signal.SIGSTOP)
    instance.worker()
    wait_for(lambda: instance.states() == [("running", 2)])
    sleeper.send_signal(signal.SIGCONT)
    wait_for(instance.finished)
    assert instance.states() == [("succeeded", 2)]
    assert instance.effects() == [("t", step) for step in range(20)]
    assert sleeper.poll() is None


def test_a_worker_told_to_stop_gives_its_task_back(instance: Instance):
    sample_jobs.steps.enqueue("t", count=200, pause=0.05, hold=0.05)
    instance.publish()
    worker = instance.worker()
    wait_for(lambda: instance.rows("SELECT count(*) FROM core_auditseal")[0][0] >= 1)
    assert instance.states() == [("running", 1)], "audit rows are sealed while a task runs"
    worker.terminate()
    assert worker.wait(timeout=20) == 0
    assert instance.states() == [("ready", 0)]
    ((kept,),) = instance.rows("SELECT checkpoint FROM core_task")
    done = (kept if isinstance(kept, dict) else json.loads(kept))["next"]
    assert instance.effects() == [("t", step) for step in range(done)]


def test_a_worker_told_to_stop_finishes_a_task_that_is_nearly_done(instance: Instance):
    sample_jobs.steps.enqueue("t", count=2, pause=0.1)
    instance.publish()
    worker = instance.worker()
    wait_for(lambda: len(instance.effects()) >= 1)
    worker.terminate()
    assert worker.wait(timeout=20) == 0
    assert instance.states() == [("succeeded", 1)]
