"""What the API of balance returns; each number names the judgement that it comes from by year and run."""

import datetime as dt
from uuid import UUID

from ninja import Schema


class JudgementOut(Schema):
    """The newest judgement of a year; ``verdict`` is ``met``, ``not-met`` or ``unknown`` (figures are missing).

    ``published`` is null while only the district sees it.
    """

    year: str
    run: UUID
    rules: str
    verdict: str
    schools: int
    complying: int
    engine_version: str
    inputs_sha256: str
    judged: dt.datetime | None
    published: dt.datetime | None


class CoefficientOut(Schema):
    """The coefficient of difference of one item and stage, weighted by pupils; all schools are counted, so it has no
    interval. ``without_lowest`` and ``without_highest`` say between what it would lie if any one school were left out.
    """

    run: UUID
    stage: str
    code: str
    name: str
    coefficient: float | None
    limit: float | None
    met: bool | None
    unweighted: float | None
    gini: float | None
    without_lowest: float | None
    without_highest: float | None


class SchoolOut(Schema):
    """One school, of a nine-year school its worse part; ``shortfall_high`` is the mean gap if all that is missing were
    nothing. ``complies`` is null while figures are missing and the rest does not decide.
    """

    run: UUID
    school: UUID
    name: str
    area: str
    pupils: int
    met: int
    unmet: int
    missing: int
    shortfall: float
    shortfall_high: float
    complies: bool | None
    weak: bool


class ItemOut(Schema):
    """One item of one part of a school; ``amount`` is what is missing in the item's own unit, ``state`` is ``met``,
    ``missed``, ``waived`` or ``missing``.
    """

    run: UUID
    school: UUID
    part: str
    code: str
    value: float | None
    threshold: float
    state: str
    amount: float | None
