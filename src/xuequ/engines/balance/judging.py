"""Requirements judged by facts: met, not met, or unknown, with a reason and the number that was compared.

Nothing is rounded before it is compared, and a share is compared as part ≥ threshold × whole. What is not known does
not count as met: an item is met when all of its conditions are, not met when one is not, and unknown otherwise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from xuequ.engines.balance.facts import Fact, Facts
from xuequ.engines.balance.indicators import Exemption
from xuequ.engines.balance.requirements import READINGS, RETENTION_FACTS, Condition, Requirement
from xuequ.engines.errors import InputError

MET, NOT_MET, UNKNOWN = "met", "not-met", "unknown"
REASONS = (
    "reached",
    "missed",
    "below-floor",
    "exempt",
    "none-concerned",
    "no-fact",
    "no-evidence",
    "no-schools",
    "no-stage",
    "nothing-to-count",
)


@dataclass(frozen=True, slots=True)
class Judged:
    """One condition at the county or at one school.

    Attributes
    ----------
    name : the fact, or part/whole
    scope, school : ``county``, or ``school`` with its name
    verdict, reason : one of ``met``, ``not-met``, ``unknown``; one of ``REASONS``
    value, threshold, direction : what was compared, never rounded; None for yes and no
    answer : of a yes-no condition; None where it is not known
    note : reason of an exception, or the evidence
    missing : facts that are not known
    status : ``verified`` or ``to-confirm``
    """

    name: str
    scope: str
    school: str
    verdict: str
    reason: str
    value: Decimal | None = None
    threshold: Decimal | None = None
    direction: str = ""
    answer: bool | None = None
    note: str = ""
    missing: tuple[str, ...] = ()
    status: str = "verified"


@dataclass(frozen=True, slots=True)
class Found:
    """One item: its verdict, the reason of the condition that decides, and all conditions."""

    code: str
    group: str
    name: str
    verdict: str
    reason: str
    judged: tuple[Judged, ...]
    to_confirm: bool
    note: str = ""

    @property
    def deciding(self) -> tuple[Judged, ...]:
        """The conditions that make the verdict what it is; none where all are met."""
        return tuple(one for one in self.judged if one.verdict == self.verdict != MET)


def judge(
    requirements: Sequence[Requirement],
    facts: Facts,
    *,
    exceptions: Sequence[Exemption] = (),
    reading: str = READINGS[0],
) -> tuple[Found, ...]:
    """Judge every item.

    Raises
    ------
    InputError
        ``not-a-number`` or ``not-yes-no`` (a fact of the wrong kind), ``part-above-whole``, ``bad-retention``; with
        the fact as the column and the school as the value.
    """
    return tuple(_found(one, facts, exceptions, reading) for one in requirements)


def _found(one: Requirement, facts: Facts, exceptions: Sequence[Exemption], reading: str) -> Found:
    judged = tuple(
        part
        for condition in one.conditions
        for part in _judged(condition, one.code, facts, exceptions, reading)
    )
    verdict, reason = summary(judged)
    return Found(one.code, one.group, one.name, verdict, reason, judged, one.to_confirm, one.note)


def summary(judged: Sequence[Judged]) -> tuple[str, str]:
    """Verdict and reason of all conditions together."""
    for verdict in (NOT_MET, UNKNOWN):
        for one in judged:
            if one.verdict == verdict:
                return verdict, one.reason
    return MET, "reached" if any(one.reason == "reached" for one in judged) else "none-concerned"


def _judged(
    condition: Condition, code: str, facts: Facts, exceptions: Sequence[Exemption], reading: str
) -> Iterator[Judged]:
    if condition.scope == "county":
        yield _at(condition, facts.county, "", reading)
        return
    if not facts.schools:
        yield _unknown(condition, "", "no-schools")
    for school in facts.schools:
        if condition.kinds and school.kind == "all":
            yield _unknown(condition, school.school, "no-stage")
        elif not condition.kinds or school.kind in condition.kinds:
            found = _at(condition, school.facts, school.school, reading)
            entry = next((e for e in exceptions if (e.school, e.code) == (school.school, code)), None)
            if entry is not None and found.verdict != MET:
                found = replace(found, verdict=MET, reason="exempt", note=entry.reason)
            yield found


def _at(condition: Condition, facts: Mapping[str, Fact], school: str, reading: str) -> Judged:
    missing = tuple(name for name in condition.facts if name not in facts or facts[name].value is None)
    missing = tuple(name for name in missing if name != condition.eased_by)
    if missing:
        return _unknown(condition, school, "no-fact", missing)
    if condition.kind == "yes-no":
        return _yes_no(condition, facts[condition.fact], school)
    if condition.kind == "number":
        value = _number(facts, condition.fact, school)
        return _compared(condition, school, value, Decimal(1), _threshold(condition, facts, school))
    if condition.kind == "retention":
        above, below = _retention(facts, reading)
    else:
        above = _number(facts, condition.part, school) * condition.per
        below = _number(facts, condition.whole, school)
        if condition.kind == "share" and above > below:
            message = f"{above:f} is more than all {below:f} of {condition.whole!r}"
            raise InputError("part-above-whole", message, column=condition.part, value=school or None)
    if not below:
        if condition.may_be_none:
            return replace(_unknown(condition, school, "none-concerned"), verdict=MET)
        return _unknown(condition, school, "nothing-to-count")
    return _compared(condition, school, above, below, _threshold(condition, facts, school))


def _unknown(condition: Condition, school: str, reason: str, missing: tuple[str, ...] = ()) -> Judged:
    return Judged(
        name=condition.name,
        scope=condition.scope,
        school=school,
        verdict=UNKNOWN,
        reason=reason,
        threshold=condition.threshold,
        direction=condition.direction if condition.threshold is not None else "",
        missing=missing,
        status=condition.status,
    )


def _yes_no(condition: Condition, fact: Fact, school: str) -> Judged:
    answer = _answer(fact, condition.fact, school)
    found = replace(_unknown(condition, school, "missed"), answer=answer, note=fact.evidence)
    if answer != condition.want:
        return replace(found, verdict=NOT_MET)
    if condition.evidence and not fact.evidence:
        return replace(found, reason="no-evidence")
    return replace(found, verdict=MET, reason="reached")


def _answer(fact: Fact, name: str, school: str) -> bool:
    if isinstance(fact.value, bool):
        return fact.value
    if fact.value not in (Decimal(0), Decimal(1)):
        message = f"{fact.value} is neither yes nor no"
        raise InputError("not-yes-no", message, column=name, value=school or None)
    return bool(fact.value)


def _number(facts: Mapping[str, Fact], name: str, school: str) -> Decimal:
    value = facts[name].value
    if not isinstance(value, Decimal):
        raise InputError(
            "not-a-number", "a number is needed, not yes or no", column=name, value=school or None
        )
    return value


def _threshold(condition: Condition, facts: Mapping[str, Fact], school: str) -> Decimal:
    if condition.eased is not None and condition.eased_by in facts:
        fact = facts[condition.eased_by]
        if fact.value is not None and _answer(fact, condition.eased_by, school):
            return condition.eased
    return condition.threshold or Decimal(0)


def _compared(
    condition: Condition, school: str, above: Decimal, below: Decimal, threshold: Decimal
) -> Judged:
    limit = threshold * below
    holds = {
        "at-least": above >= limit, "at-most": above <= limit, "above": above > limit, "below": above < limit,
    }[condition.direction]  # fmt: skip
    return replace(
        _unknown(condition, school, "reached" if holds else "missed"),
        verdict=MET if holds else NOT_MET,
        value=above / below,
        threshold=threshold,
    )


def _retention(facts: Mapping[str, Fact], reading: str) -> tuple[Decimal, Decimal]:
    out, in_, gone, came, died = (_number(facts, name, "") for name in RETENTION_FACTS)
    if reading == "transfers-at-exit":
        above, below = out - in_ + gone, came - died
    else:
        above, below = out, came + in_ - died - gone
    if above < 0 or below < 0:
        message = "transfers and deaths are more than the pupils that they are taken from"
        raise InputError("bad-retention", message, column="transferred_out")
    return above, below


def by_readings(requirements: Sequence[Requirement], facts: Facts) -> tuple[tuple[str, Judged], ...]:
    """The three-year retention judged by each reading; empty where no item asks for it.

    >>> numbers = dict(graduates=950, transferred_in=30, transferred_out=40, entrants=1000, died=1)
    >>> given = Facts({name: Fact(Decimal(value)) for name, value in numbers.items()})
    >>> condition = Condition("retention", "verified", threshold=Decimal("0.95"))
    >>> asked = Requirement("Q01", "quality", "巩固率", "verified", (condition,))
    >>> [(reading, round(one.value, 4)) for reading, one in by_readings([asked], given)]
    [('transfers-at-entry', Decimal('0.9606')), ('transfers-at-exit', Decimal('0.9610'))]
    """
    asked = [c for one in requirements for c in one.conditions if c.kind == "retention"]
    return tuple((reading, _at(asked[0], facts.county, "", reading)) for reading in READINGS if asked)
