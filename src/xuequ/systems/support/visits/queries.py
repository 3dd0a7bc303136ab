"""What may be read of visits: the district those of its schools, a school its own and nothing of the order."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet

from xuequ.core import clock
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.models import Dated, School
from xuequ.district.rules import in_force
from xuequ.record import queries as record
from xuequ.record.models import Evidence, Indicator
from xuequ.systems.support import access
from xuequ.systems.support.visits.choices import OPEN_STATES, TOLD_STATES, IssueState, Owner, VisitState
from xuequ.systems.support.visits.due import Due, Known, due, in_order
from xuequ.systems.support.visits.models import Issue, Visit, VisitRequest
from xuequ.systems.support.visits.signals import RULES, signals
from xuequ.systems.support.visits.wording import Said

VISIT_RULE, CLOSE_RULE = "visit-every", "visit-close"
LATE_MINUTES, LATE_ANSWER, LATE_REQUEST = dt.timedelta(3), dt.timedelta(7), dt.timedelta(21)
"""After so long something is stuck: minutes not sent; minutes not answered or a solved problem not looked at; a request
without a visit."""


def visitors(day: dt.date) -> "QuerySet[Account]":
    """Return the accounts of those who visit schools of the whole district on ``day``."""
    roles = [str(role) for role in access.VISITORS]
    everywhere = {"roles__school": None, "roles__area": None, "roles__school_class": None}
    rows = Account.objects.filter(
        Dated.at(day, "roles__"), roles__role__in=roles, is_active=True, **everywhere
    )
    return rows.select_related("person__identity").distinct().order_by("pk")


def visits(actor: Actor) -> "QuerySet[Visit]":
    """Return the visits that the actor may open, newest first."""
    return Visit.objects.filter(access.seen(actor)).select_related("school", "visitor__person__identity")


def visit(actor: Actor, uid: UUID) -> Visit | None:
    """Return one visit, if the actor may open it."""
    return visits(actor).filter(uid=uid).first()


def requests(actor: Actor) -> "QuerySet[VisitRequest]":
    """Return the requests for a visit that the actor may read, oldest first."""
    return VisitRequest.objects.filter(access.seen(actor)).select_related("school", "visit")


def waiting_requests(actor: Actor) -> "QuerySet[VisitRequest]":
    """Return the requests that no visit answers yet."""
    return requests(actor).filter(visit=None, withdrawn=None)


def issues(actor: Actor) -> "QuerySet[Issue]":
    """Return the problems that the actor may read: a school those of visits whose minutes it has."""
    told = access.of_own_schools(actor) & Q(visit__state__in=TOLD_STATES)
    rows = Issue.objects.filter(told | access.of_the_district(actor))
    return rows.select_related("school", "visit").order_by("due", "id")


def issue(actor: Actor, uid: UUID) -> Issue | None:
    """Return one problem, if the actor may read it."""
    return issues(actor).filter(uid=uid).first()


def overdue(rows: "QuerySet[Issue]", day: dt.date) -> "QuerySet[Issue]":
    """Keep the problems whose day is over and that nobody reported as solved."""
    return rows.filter(state=IssueState.OPEN, due__lt=day)


def piece(actor: Actor, uid: UUID) -> Evidence | None:
    """Return a piece of evidence of a visit or a problem that the actor may open."""
    seen = Q(support_visits__in=_readable(actor).values("pk")) | Q(
        support_issues__in=issues(actor).values("pk")
    )
    return Evidence.objects.filter(seen, uid=uid).distinct().first()


def _readable(actor: Actor) -> "QuerySet[Visit]":
    """Visits whose minutes the actor reads."""
    told = access.of_own_schools(actor) & Q(state__in=TOLD_STATES)
    return Visit.objects.filter(told | access.of_the_district(actor))


def reads_minutes(actor: Actor, found: Visit) -> bool:
    """Whether the minutes are shown: to the district always, to the school once they were sent."""
    return access.on_district_side(actor) or found.state in TOLD_STATES


# Who is due.


def due_schools(actor: Actor, day: dt.date) -> list[Due]:
    """Return every school that the actor reads about for the district, the most due first: six queries."""
    every = in_force(VISIT_RULE, day).value
    schools = School.objects.of_district().visible_to(actor).filter(closed_on=None, campus_of=None)
    return in_order([due(known, day, every) for known in _known(actor, schools, day)])


def due_school(actor: Actor, school: School, day: dt.date) -> Due:
    """Return what stands for a visit of one school."""
    every = in_force(VISIT_RULE, day).value
    return due(next(iter(_known(actor, [school], day))), day, every)


def _known(actor: Actor, schools: Iterable[School], day: dt.date) -> Iterable[Known]:
    schools = list(schools)
    here = Q(school__in=[school.pk for school in schools])
    held = Q(state__in=(*TOLD_STATES, VisitState.WRITING), day__lte=day)
    days = Visit.objects.filter(here).order_by().values("school")
    days = days.annotate(last=Max("day", filter=held), planned=Max("day", filter=Q(state__in=OPEN_STATES)))
    visited = {row["school"]: (row["last"], row["planned"]) for row in days}
    asked: dict[int, list[VisitRequest]] = defaultdict(list)
    for row in VisitRequest.objects.filter(here, visit=None, withdrawn=None).order_by("asked", "id"):
        asked[row.school_id].append(row)
    late = dict(
        overdue(Issue.objects.filter(here), day).order_by().values_list("school").annotate(Count("pk"))
    )
    # Numbers of this school year and the last; by the calendar, which costs no query.
    last_year = day.year - (day.month < 8) - 1
    signs = signals(record.indicators(actor, *RULES).filter(here), f"{last_year}-{last_year + 1}")
    for school in schools:
        last, planned = visited.get(school.pk, (None, None))
        own = asked[school.pk]
        yield Known(
            school, last, planned, _day(own[0].asked) if own else None, late.get(school.pk, 0),
            tuple(signs.get(school.pk, ())), tuple(row.topic for row in own),
        )  # fmt: skip


def _day(moment: dt.datetime) -> dt.date:
    """The day as people in the district see it."""
    return moment.astimezone(clock.SHANGHAI).date()


def topic(text: str) -> Said:
    """What a school asked, as an item of an agenda."""
    return Said("topic", {"topic": text})


def agenda(school: School, known: Due, day: dt.date) -> list[Said]:
    """Return what to talk about: what the school asked, what is late, open or to be looked at, what was agreed, what
    the data say.
    """
    items = [topic(text) for text in known.known.topics]
    for row in Issue.objects.filter(school=school).exclude(state=IssueState.CLOSED).order_by("due", "id")[:8]:
        code = "look" if row.state == IssueState.HANDED_IN else "past" if row.due < day else "open"
        items.append(Said(code, {"day": f"{row.due:%Y-%m-%d}", "text": row.text}))
    last = Visit.objects.filter(school=school, state__in=TOLD_STATES).order_by("-day", "-id").first()
    if last is not None and last.agreed:
        items.append(Said("agreed", {"day": f"{last.day:%Y-%m-%d}", "text": last.agreed}))
    items += known.known.signs
    return items if items or last is not None else [Said("start")]


# What is stuck.


@dataclass(frozen=True, slots=True)
class Stuck:
    """What has not moved for too long, for those who lead."""

    issues: list[Issue]
    looks: list[Issue]
    minutes: list[Visit]
    answers: list[Visit]
    requests: list[VisitRequest]

    @property
    def count(self) -> int:
        """How many things in all."""
        return sum(len(rows) for rows in (self.issues, self.looks, self.minutes, self.answers, self.requests))


def stuck(actor: Actor, day: dt.date, moment: dt.datetime) -> Stuck:
    """Return what is late, the longest first: five queries."""
    own = visits(actor)
    return Stuck(
        list(overdue(issues(actor), day)[:60]),
        list(
            issues(actor)
            .filter(state=IssueState.HANDED_IN, submitted__lt=moment - LATE_ANSWER)
            .order_by("submitted")[:30]
        ),
        list(own.filter(state__in=OPEN_STATES, day__lt=day - LATE_MINUTES).order_by("day")[:30]),
        list(own.filter(state=VisitState.SENT, sent__lt=moment - LATE_ANSWER).order_by("sent")[:30]),
        list(waiting_requests(actor).filter(asked__lt=moment - LATE_REQUEST)[:30]),
    )


# Closed in time.


def closed_in_time(actor: Actor) -> Indicator | None:
    """Return the newest published share of problems closed in four weeks, of the whole district."""
    rows = record.indicators(actor, "support.closed_in_4_weeks").filter(school=None)
    return rows.order_by("-period", "-id").first()


@dataclass(frozen=True, slots=True)
class Closing:
    """How many problems old enough to be judged were closed in time; ``n`` of them in all."""

    n: int
    in_time: int
    open: int


def closing(rows: "QuerySet[Issue]", since: dt.date, day: dt.date, days: int) -> dict[int, Closing]:
    """Return, by school, how many of the problems opened since a day were closed within so many days.

    Problems younger than that on ``day`` are not judged yet; a problem whose part is the bureau's counts like others.
    """
    old = Q(opened__gte=since, opened__lte=day - dt.timedelta(days))
    in_time = old & Q(state=IssueState.CLOSED, settled__lte=F("opened") + dt.timedelta(days))
    still = ~Q(state=IssueState.CLOSED)
    counted = (
        rows.order_by()
        .values("school")
        .annotate(
            judged=Count("pk", filter=old),
            timely=Count("pk", filter=in_time),
            still=Count("pk", filter=still),
        )
    )
    return {row["school"]: Closing(row["judged"], row["timely"], row["still"]) for row in counted}


def to_do(actor: Actor) -> "dict[str, QuerySet[Issue] | QuerySet[Visit] | QuerySet[VisitRequest]]":
    """Return what waits for those who visit, to be counted together."""
    return {
        "visits": Visit.objects.filter(
            access.of_the_district(actor), state__in=OPEN_STATES, visitor=actor.account_id, day__lte=actor.day
        ),
        "verify": Issue.objects.filter(access.of_the_district(actor), state=IssueState.HANDED_IN),
        "asked": waiting_requests(actor),
        "late": overdue(Issue.objects.filter(access.of_the_district(actor)), actor.day),
    }


def solves(actor: Actor, found: Issue) -> bool:
    """Whether it is the actor's part to say that a problem is solved."""
    if found.owner == Owner.SCHOOL:
        return access.speaks_for(actor, found.school)
    return access.visits(actor)
