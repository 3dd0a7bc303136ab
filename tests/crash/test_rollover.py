"""The move killed at random moments: each school is whole before or whole after, and running again finishes."""

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.crash import rollover_moments
from tests.crash.conftest import Instance

pytestmark = pytest.mark.crash

MOMENTS = 5


def test_a_move_that_is_killed_leaves_whole_schools(instance: Instance):
    rollover_moments.build(schools=4, pupils=3)
    instance.publish()
    said = subprocess.run(
        [sys.executable, "-m", "tests.crash.rollover_moments", str(MOMENTS), "11"],
        env=instance.environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    found = json.loads(said.stdout)
    assert found["moments"] == MOMENTS and found["cut"] > 0
    assert (found["half_done"], found["unfinished"]) == (0, 0)
