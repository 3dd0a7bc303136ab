"""What is due to go because its time of keeping is over. Nothing goes by itself: the data office lets it go."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, QuerySet
from django.utils.translation import gettext as _

from xuequ.core import audit
from xuequ.core.clock import SHANGHAI
from xuequ.core.errors import Forbidden
from xuequ.core.registry import OnErasure, PersonalData, RuleStart, personal_data
from xuequ.district import erasure, policy, rules
from xuequ.district.actors import Actor
from xuequ.district.consent import ErasureGround
from xuequ.district.holdings import model_of
from xuequ.district.models import School
from xuequ.district.people import Identity, Person
from xuequ.district.presence import gone_before


@dataclass(frozen=True, slots=True)
class Due:
    """Rows of one class of data whose time is over, by school; None stands for rows of no school."""

    entry: PersonalData
    rule: rules.InForce
    limit: dt.date
    counts: dict[School | None, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.counts.values())


def due(actor: Actor) -> list[Due]:
    """Return what is due on the actor's day, by class of data; raises Forbidden for those who do not let go."""
    _check(actor)
    found = [_due(entry, rule) for entry, rule in _ruled(actor.day)]
    return [item for item in found if item.total]


def due_of(actor: Actor, slug: str) -> Due | None:
    """Return what is due of one class of data."""
    _check(actor)
    return next((_due(entry, rule) for entry, rule in _ruled(actor.day) if entry.slug == slug), None)


def _check(actor: Actor) -> None:
    if not policy.handles_rights(actor):
        raise Forbidden(_("Only the district's data office lets data go."))


def _ruled(day: dt.date) -> Iterator[tuple[PersonalData, tuple[rules.InForce, dt.date]]]:
    """Yield the classes of data that go some day, each with its rule and the day before which it counts as over."""
    known = rules.all_in_force(day)
    for entry in personal_data():
        rule = known.get(entry.rule)
        if rule is None or rule.rule.start is None or entry.on_erasure == OnErasure.KEEP:
            continue
        if rule.rule.start == RuleStart.LEFT and entry.model != "district.Identity":
            continue  # goes with the person's name
        yield entry, (rule, rules.earlier(day, rule.value, rule.rule.unit))


def _due(entry: PersonalData, ruled: tuple[rules.InForce, dt.date]) -> Due:
    rule, limit = ruled
    if rule.rule.start == RuleStart.LEFT:
        by_school = Counter(getattr(person, "school", None) for person in people_due(entry, limit))
    else:
        by_school = Counter({None: rows_due(entry, limit).count()})
    schools = School.objects.in_bulk([pk for pk in by_school if pk is not None])
    named = {schools.get(pk) if pk else None: count for pk, count in by_school.items() if count}
    return Due(entry, rule, limit, dict(sorted(named.items(), key=lambda item: getattr(item[0], "code", ""))))


def people_due(entry: PersonalData, limit: dt.date) -> "QuerySet[Person]":
    """Return the persons of the entry who left on or before ``limit`` and are held by no other rule."""
    about = Identity.objects.filter(**entry.where).values("person")
    return gone_before(limit).filter(pk__in=about)


def rows_due(entry: PersonalData, limit: dt.date) -> "QuerySet[Any]":
    """Return the rows of the entry that were written or closed before ``limit``."""
    moment = dt.datetime.combine(limit, dt.time.min, SHANGHAI)
    is_moment = isinstance(model_of(entry)._meta.get_field(entry.dated), DateTimeField)
    before = {f"{entry.dated}__lt": moment if is_moment else limit}
    rows = model_of(entry)._default_manager.filter(**entry.where, **before)
    if entry.on_erasure == OnErasure.CLEAR:
        emptied = {name: erasure.empty_value(entry, name) for name in entry.clear}
        return rows.exclude(**emptied)
    return rows


def let_go(*, actor: Actor, slug: str, most: int = 200) -> int:
    """Let a piece of what is due go, in one transaction; return how many persons or rows went, 0 when none is left."""
    found = due_of(actor, slug)
    if found is None or not found.total:
        return 0
    with transaction.atomic():
        if found.rule.rule.start == RuleStart.LEFT:
            return _let_people_go(actor, found, most)
        rows = rows_due(found.entry, found.limit)
        gone = erasure.empty_rows(found.entry, rows)
        audit.record(actor, "data.let_go", None, {"what": slug, "rows": gone})
        return gone


def _let_people_go(actor: Actor, found: Due, most: int) -> int:
    people = people_due(found.entry, found.limit).order_by("pk").values_list("pk", flat=True)
    gone = 0
    for person in Person.objects.filter(pk__in=list(people[:most])).select_related("account"):
        # Somebody may be held by another rule: a teacher whose child is at school here.
        if not any(True for _hold in erasure.holds(person, actor.day)):
            erasure.erase(actor=actor, person=person, ground=ErasureGround.RETENTION)
            gone += 1
    return gone
