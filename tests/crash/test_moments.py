"""Imports, typing and rollover killed at random moments; bench/crash_moments.py does it hundreds of times."""

import json
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection

from tests.conftest import ROOT
from tests.crash.conftest import Instance, moments

pytestmark = [pytest.mark.crash, pytest.mark.skipif(sys.platform != "linux", reason="forks what it kills")]


def tried(instance: Instance, case: str, count: int) -> dict[str, Any]:
    """Kill a case so many times, on copies of the instance's database."""
    instance.publish()
    connection.close()
    module = ("-m", "tests.crash.moments.running", "--case", case, "--moments", str(count), "--seed", "11")
    done = subprocess.run(
        [sys.executable, *module], env=instance.environment, cwd=ROOT, stdout=subprocess.PIPE, check=False
    )
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == bool(found["faults"] or not found["killed"])
    return found


@pytest.mark.parametrize("case", ["roster", "scores", "entry", "rollover"])
def test_nothing_is_lost_doubled_or_half_done(instance: Instance, case: str):
    count = moments(4)
    found = tried(instance, case, count)
    assert found["faults"] == []
    assert found["killed"] == count


def test_work_without_a_transaction_is_found_half_done(instance: Instance):
    found = tried(instance, "careless", 4)
    assert found["half_done"] > 0
