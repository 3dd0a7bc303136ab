"""What is written killed at random moments; bench/crash_moments.py does it hundreds of times."""

import json
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection

from tests.conftest import ROOT
from tests.crash.conftest import Instance, moments

pytestmark = [pytest.mark.crash, pytest.mark.skipif(sys.platform != "linux", reason="forks what it kills")]


def tried(instance: Instance, count: int, *cases: str) -> list[dict[str, Any]]:
    """Kill each case so many times, on copies of the instance's database."""
    instance.publish()
    connection.close()
    module = ("-m", "tests.crash.moments.running", "--case", *cases, "--moments", str(count), "--seed", "11")
    done = subprocess.run(
        [sys.executable, *module], env=instance.environment, cwd=ROOT, stdout=subprocess.PIPE, check=False
    )
    found: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["case"] for one in found] == list(cases)
    assert done.returncode == any(one["faults"] or not one["killed"] for one in found)
    return found


@pytest.mark.parametrize("case", ["roster", "scores", "entry", "rollover"])
def test_nothing_is_lost_doubled_or_half_done(instance: Instance, case: str):
    count = moments(4)
    [found] = tried(instance, count, case)
    assert found["faults"] == []
    assert found["killed"] == count


def test_what_the_systems_for_schools_write_is_whole_or_not_there(instance: Instance):
    """One process for all: each is killed once here, and hundreds of times by the bench."""
    count = moments(1)
    for found in tried(instance, count, "stars", "balance", "support", "programmes"):
        assert found["faults"] == []
        assert found["killed"] == count


def test_work_without_a_transaction_is_found_half_done(instance: Instance):
    [found] = tried(instance, 4, "careless")
    assert found["half_done"] > 0
