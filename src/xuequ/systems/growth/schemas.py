"""What the API of growth returns."""

import datetime as dt
from uuid import UUID

from ninja import Schema


class RunOut(Schema):
    """One run."""

    uid: UUID
    title: str
    state: str
    period: str
    outcome: str
    prior: str
    finished: dt.datetime | None
    published: dt.datetime | None
    engine_version: str
    inputs_sha256: str
    results_sha256: str


class EffectOut(Schema):
    """One school in a run; growth in standard deviations of the outcome against the average school of the
    run.

    ``effect`` is null where too few pupils stand behind it, ``low`` and ``high`` also where no difference
    between schools shows.
    """

    school: UUID
    name: str
    n: int
    enrolled: int
    effect: float | None
    low: float | None
    high: float | None
    reliability: float | None
    verdict: str
