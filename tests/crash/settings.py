"""Settings for workers in the crash tests: the site's own, with a short lease so that nobody need wait."""

import os

from tests.settings import *  # noqa: F403

TASKS = {
    "default": {
        "BACKEND": "xuequ.core.jobs.backend.LeaseBackend",
        "OPTIONS": {"lease_seconds": os.environ.get("CRASH_LEASE", "1.5"), "grace_seconds": 0.5},
    }
}
