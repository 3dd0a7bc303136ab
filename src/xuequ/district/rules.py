"""Times of retention, deadlines and ages: declared with a default, in force as their newest version says."""

import calendar
import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.registry import Rule, RuleUnit, rules
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.consent import RuleVersion

MOST = {
    RuleUnit.DAYS: 3660,
    RuleUnit.WORKING_DAYS: 60,
    RuleUnit.MONTHS: 1200,
    RuleUnit.YEARS: 100,
    RuleUnit.AGE: 18,
}


@dataclass(frozen=True, slots=True)
class InForce:
    """A rule with the value that holds on a day."""

    rule: Rule
    value: int
    verified: bool
    source: str
    since: dt.date | None = None

    @property
    def words(self) -> str:
        """The value with its unit."""
        return in_words(self.value, self.rule.unit)


def in_words(value: int, unit: RuleUnit) -> str:
    """Return "3 years" and the like in the current language."""
    texts = {
        RuleUnit.DAYS: ngettext("%(count)s day", "%(count)s days", value),
        RuleUnit.WORKING_DAYS: ngettext("%(count)s working day", "%(count)s working days", value),
        RuleUnit.MONTHS: ngettext("%(count)s month", "%(count)s months", value),
        RuleUnit.YEARS: ngettext("%(count)s year", "%(count)s years", value),
        RuleUnit.AGE: ngettext("%(count)s year of age", "%(count)s years of age", value),
    }
    return texts[unit] % {"count": value}


def all_in_force(day: dt.date) -> dict[str, InForce]:
    """Return every declared rule with its value on ``day``: one query."""
    newest: dict[str, RuleVersion] = {}
    for row in RuleVersion.objects.filter(since__lte=day).order_by("since", "id"):
        newest[row.code] = row
    return {code: _in_force(rule, newest.get(code)) for code, rule in rules().items()}


def in_force(code: str, day: dt.date) -> InForce:
    """Return one rule with its value on ``day``; KeyError for a rule that nobody declares."""
    row = RuleVersion.objects.filter(code=code, since__lte=day).order_by("-since", "-id").first()
    return _in_force(rules()[code], row)


def _in_force(rule: Rule, row: RuleVersion | None) -> InForce:
    if row is None:
        return InForce(rule, rule.value, rule.verified, str(rule.source))
    return InForce(rule, row.value, row.verified, row.source or str(rule.source), row.since)


def history(code: str) -> list[RuleVersion]:
    """Return the versions of a rule, newest first."""
    return list(RuleVersion.objects.filter(code=code).select_related("account").order_by("-since", "-id"))


def change(
    *, actor: Actor, code: str, value: int, since: dt.date, verified: bool, source: str, reason: str
) -> RuleVersion:
    """Write a new version of a rule; raises Refused when the value cannot be or would reach back."""
    if not policy.handles_rights(actor):
        raise Forbidden(_("Only the district's data office changes these rules."))
    rule = rules().get(code)
    if rule is None:
        raise Refused(_("There is no such rule."))
    if value > MOST[rule.unit] or value < 0:
        raise Refused(_("The value must lie between 0 and %(most)d.") % {"most": MOST[rule.unit]})
    if since < actor.day:
        raise Refused(_("A rule is changed from today on, not for days that are over."))
    with transaction.atomic():
        row = RuleVersion.objects.create(
            code=code,
            value=value,
            verified=verified,
            source=source,
            reason=reason,
            since=since,
            at=clock.now(),
            account_id=actor.account_id,
        )
        audit.record(actor, "rule.changed", None, {"rule": code, "value": value, "since": since.isoformat()})
    return row


def earlier(day: dt.date, value: int, unit: RuleUnit) -> dt.date:
    """Return the day that lies ``value`` units before ``day``; 29 February becomes 28 February."""
    return _shifted(day, -value, unit)


def later(day: dt.date, value: int, unit: RuleUnit) -> dt.date:
    """Return the day that lies ``value`` units after ``day``. Working days are Monday to Friday."""
    return _shifted(day, value, unit)


def _shifted(day: dt.date, value: int, unit: RuleUnit) -> dt.date:
    if unit == RuleUnit.DAYS:
        return day + dt.timedelta(days=value)
    if unit == RuleUnit.WORKING_DAYS:
        return _working_days(day, value)
    months = day.year * 12 + day.month - 1 + value * (1 if unit == RuleUnit.MONTHS else 12)
    year, month = divmod(months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _working_days(day: dt.date, value: int) -> dt.date:
    step = 1 if value >= 0 else -1
    for _count in range(abs(value)):
        day += dt.timedelta(days=step)
        while day.weekday() >= 5:
            day += dt.timedelta(days=step)
    return day
