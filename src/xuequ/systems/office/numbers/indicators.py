"""Published indicators in the catalogue of numbers: what the systems computed, as it was in force on a day."""

import datetime as dt
from collections import defaultdict

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from xuequ.core.clock import SHANGHAI
from xuequ.core.figures import ColumnKind, Text
from xuequ.core.registry import IndicatorDefinition, indicator_definitions
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.kit.documents.counting import CountDefinition, Counted, Question
from xuequ.record.choices import IndicatorAudience
from xuequ.record.models import Indicator
from xuequ.systems.office.numbers.scope import lines, may_count, schools, titles

WHO: dict[str, Text] = {
    IndicatorAudience.BUREAU: _("all who read for the district"),
    IndicatorAudience.SCHOOL: _("all who read for the district, and leaders for their own school"),
    IndicatorAudience.PUBLIC: _("everybody"),
}


def in_force(actor: Actor, code: str, day: dt.date) -> "QuerySet[Indicator]":
    """Return the values of one indicator that were in force at the end of ``day`` and that the actor may read."""
    return _in_force(actor, day).filter(code=code)


def of_all_schools(day: dt.date) -> "QuerySet[Indicator]":
    """Return the values of all schools in force at the end of ``day``: a measure for one of them, never to be shown."""
    return _at(day).filter(school__in=School.objects.of_district().values("pk"))


def of_seen_schools(actor: Actor, day: dt.date) -> "QuerySet[Indicator]":
    """Return the values of schools in force at the end of ``day`` that the actor may read."""
    return _in_force(actor, day).exclude(school=None)


def _at(day: dt.date) -> "QuerySet[Indicator]":
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min, SHANGHAI)
    return Indicator.objects.filter(
        Q(superseded=None) | Q(superseded__gte=end), published__lt=end, school_class=None
    )


def _in_force(actor: Actor, day: dt.date) -> "QuerySet[Indicator]":
    rows = _at(day)
    if actor.is_system or actor.sees_district:
        return rows
    seen = School.objects.of_district().visible_to(actor)
    own = Q(audience=IndicatorAudience.SCHOOL, school__in=seen.values("pk"))
    return rows.filter(own | Q(audience=IndicatorAudience.PUBLIC))


def periods(actor: Actor, code: str, day: dt.date) -> list[str]:
    """Return the periods for which there are values, newest first."""
    found = in_force(actor, code, day).order_by("-period").values_list("period", flat=True)
    return list(dict.fromkeys(found))


def all_periods(actor: Actor, day: dt.date) -> dict[str, list[str]]:
    """Return the same for every indicator that has values: one query."""
    rows = _in_force(actor, day).order_by("code", "-period").values_list("code", "period").distinct()
    found: dict[str, list[str]] = defaultdict(list)
    for code, period in rows:
        found[code].append(period)
    return found


_TOLD = ("value", "low", "high")


def _count(code: str, actor: Actor, question: Question) -> Counted:
    rows = in_force(actor, code, question.at)
    period = question.where.get("period") or next(iter(periods(actor, code, question.at)), "")
    rows = rows.filter(period=period)
    seen = rows.filter(school__in=schools(actor, question).values("pk"))
    own = {pk: told for pk, *told in seen.values_list("school_id", *_TOLD)}
    if question.where.get("school"):
        total = next(iter(own.values()), None)
    else:
        total = rows.filter(school=None).values_list(*_TOLD).first()
    value, low, high = total or (None, None, None)
    values = {pk: value for pk, (value, _low, _high) in own.items()}
    ranges = {pk: (low, high) for pk, (_value, low, high) in own.items()}
    split = lines(actor, question, values, ranges) if question.by == "school" else ()
    return Counted(value, split, low, high)


def counted_as(item: IndicatorDefinition) -> CountDefinition:
    """Return an indicator as a number that can be asked for."""
    share = item.unit == _("share")
    return CountDefinition(
        code=item.code,
        title=item.title,
        definition=item.definition,
        unit=item.unit,
        source=item.source,
        who=WHO[item.audience],
        may_see=may_count,
        count=lambda actor, question: _count(item.code, actor, question),
        dimensions=titles("school"),
        filters=("school", "period"),
        kind=ColumnKind.PERCENT if share else ColumnKind.NUMBER,
        decimals=1 if share else 2,
    )


def definitions() -> list[CountDefinition]:
    """Return all indicators of the catalogue as numbers that can be asked for."""
    return [counted_as(item) for item in indicator_definitions().values()]
