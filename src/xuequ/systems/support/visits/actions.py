"""What may be done with visits: plan one, write minutes as one goes, send them, confirm them, ask for one."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.kit.notices import actions as notices
from xuequ.record import evidence
from xuequ.record.models import Evidence
from xuequ.systems.support import access
from xuequ.systems.support.visits import merging, queries
from xuequ.systems.support.visits.choices import OPEN_STATES, IssueState, VisitState
from xuequ.systems.support.visits.issue_actions import locked, remind_owner
from xuequ.systems.support.visits.models import Visit, VisitRequest

COMES, GOES, CANCELLED = "support-visit", "support-visit-goes", "support-visit-cancelled"
MINUTES, COMMENT = "support-minutes", "support-comment"
"""Kinds of notices."""
ANSWER_WITHIN = dt.timedelta(days=7)
WORKDAYS = (0, 1, 2, 3, 4)


class Conflict(Refused):
    """Somebody else has saved the same minutes meanwhile; ``stored`` is what stands there now."""

    def __init__(self, stored: Visit) -> None:
        super().__init__(
            _("A colleague has saved these minutes meanwhile. Press “Save” to put both together.")
        )
        self.stored = stored


def plan(*, actor: Actor, school: School, day: dt.date, visitor: Account | None) -> Visit:
    """Plan a visit: the reasons and the agenda of this day are kept with it, and the school is told the day."""
    access.require(access.visits(actor), _("Only those who visit schools may plan a visit."))
    if day < actor.day:
        raise Refused(_("A visit is planned for today or later."))
    with transaction.atomic():
        school = School.objects.select_for_update().get(pk=school.pk)
        if school.closed_on is not None and school.closed_on <= day:
            raise Refused(_("%(school)s is closed on that day.") % {"school": school})
        if Visit.objects.filter(school=school, state__in=OPEN_STATES).exists():
            raise Refused(_("%(school)s has a visit already that is not finished.") % {"school": school})
        due = queries.due_school(actor, school, actor.day)
        visit = Visit.objects.create(
            school=school,
            day=day,
            visitor=visitor,
            reasons=[said.as_dict() for said in due.reasons],
            agenda=[said.as_dict() for said in queries.agenda(school, due, actor.day)],
            created_by_id=actor.account_id,
            created=clock.now(),
        )
        VisitRequest.objects.filter(school=school, visit=None, withdrawn=None).update(visit=visit)
        _tell(actor, visit)
        audit.record(actor, "support.visit.planned", visit)
    return visit


def _tell(actor: Actor, visit: Visit) -> None:
    """Tell the school the day, and whoever goes where somebody else has planned it."""
    if visit.visitor is not None and visit.visitor_id != actor.account_id:
        notices.notify(
            kind=GOES,
            message=gettext_noop("A visit was planned for you on %(day)s: %(school)s."),
            params={"day": f"{visit.day:%Y-%m-%d}", "school": str(visit.school)},
            about=visit.uid,
            accounts=(visit.visitor,),
            url=reverse("support:visit", args=[visit.uid]),
            due=visit.day,
        )
    notices.notify(
        kind=COMES,
        message=gettext_noop(
            "The district visits your school on %(day)s: look at what will be talked about."
        ),
        params={"day": f"{visit.day:%Y-%m-%d}"},
        about=visit.uid,
        roles=(Role.HEAD, Role.SCHOOL_ADMINISTRATOR),
        school=visit.school,
        url=reverse("support:visit", args=[visit.uid]),
        due=visit.day,
    )


def plan_week(
    *,
    actor: Actor,
    monday: dt.date,
    how_many: int,
    visitor: Account | None,
    weekdays: Iterable[int] = WORKDAYS,
) -> list[Visit]:
    """Plan visits of the schools most due on the chosen days of a week (0 is Monday), one after the other.

    Which days are worked is for people to say: holidays and the weekends that make up for them are announced each year.
    """
    access.require(access.visits(actor), _("Only those who visit schools may plan a visit."))
    days = [monday + dt.timedelta(days=i) for i in sorted(weekdays)]
    days = [day for day in days if day >= actor.day]
    if not days:
        raise Refused(_("This week is over; choose a later one."))
    chosen = [line.known.school for line in queries.due_schools(actor, actor.day) if line.is_due][:how_many]
    if not chosen:
        raise Refused(_("No school is due now; plan a visit of a school of your choice below."))
    with transaction.atomic():
        return [
            plan(actor=actor, school=school, day=days[place * len(days) // len(chosen)], visitor=visitor)
            for place, school in enumerate(chosen)
        ]


def move(*, actor: Actor, visit: Visit, day: dt.date, visitor: Account | None) -> Visit:
    """Change the day of a planned visit or who goes; who goes can also change while minutes are being written."""
    access.require(access.visits(actor), _("Only those who visit schools may move a visit."))
    with transaction.atomic():
        found = locked(visit, *OPEN_STATES)
        if found.state == VisitState.WRITING and day != found.day:
            raise Refused(_("Minutes are being written; the day can no longer be moved."))
        if day < actor.day and day != found.day:
            raise Refused(_("A visit is planned for today or later."))
        if visitor != found.visitor:
            notices.resolve(about=found.uid, kind=GOES)
        moved, found.day, found.visitor = day != found.day, day, visitor
        found.save(update_fields=["day", "visitor"])
        if found.state == VisitState.PLANNED or moved:
            _tell(actor, found)
        audit.record(actor, "support.visit.moved", found)
    return found


def cancel(*, actor: Actor, visit: Visit) -> Visit:
    """Cancel a visit of which nothing was written, and tell the school; what it asked for waits again."""
    access.require(access.visits(actor), _("Only those who visit schools may cancel a visit."))
    with transaction.atomic():
        found = locked(visit, *OPEN_STATES)
        if found.has_content:
            raise Refused(_("Something is written of this visit already; send the minutes instead."))
        found.state = VisitState.CANCELLED
        found.save(update_fields=["state"])
        found.requests.update(visit=None)
        notices.resolve(about=found.uid)
        notices.notify(
            kind=CANCELLED,
            message=gettext_noop("The visit of %(day)s was cancelled."),
            params={"day": f"{found.day:%Y-%m-%d}"},
            about=found.uid,
            roles=(Role.HEAD, Role.SCHOOL_ADMINISTRATOR),
            school=found.school,
            url=reverse("support:visit", args=[found.uid]),
        )
        audit.record(actor, "support.visit.cancelled", found)
    return found


def forget_told(*, day: dt.date) -> None:
    """Let notices that only tell something vanish: cancelled visits after their day, comments after a week."""
    over = Visit.objects.filter(state=VisitState.CANCELLED, day__lt=day, day__gte=day - dt.timedelta(60))
    notices.resolve(about=list(over.values_list("uid", flat=True)), kind=CANCELLED)
    since = clock.now() - ANSWER_WITHIN
    read = Visit.objects.filter(confirmed__lt=since, confirmed__gte=since - dt.timedelta(60)).exclude(
        comment=""
    )
    notices.resolve(about=list(read.values_list("uid", flat=True)), kind=COMMENT)


def save_minutes(
    *, actor: Actor, visit: Visit, met: str, seen: str, agreed: str, base: str | None = None
) -> Visit:
    """Keep the minutes as they stand; called while one writes, so the same words twice change nothing.

    ``base``: the version (``Visit.version``) that was on the writer's screen. Where another was saved since,
    ``Conflict`` unless all its words stand in the new ones; None asks nothing.
    """
    access.require(access.visits(actor), _("Only those who visit schools may write minutes."))
    if visit.day > actor.day:
        raise Refused(
            _("Minutes are written on the day of the visit or later; move the visit if it is today.")
        )
    typed = {"met": met.strip(), "seen": seen.strip(), "agreed": agreed.strip()}
    with transaction.atomic():
        found = locked(visit, *OPEN_STATES)
        if base is not None and base != found.version and merging.would_lose(found.words, typed):
            raise Conflict(found)
        if found.state == VisitState.WRITING and found.words == typed:
            return found
        found.met, found.seen, found.agreed = typed["met"], typed["seen"], typed["agreed"]
        found.saved = clock.now()
        if found.state == VisitState.PLANNED:
            found.state = VisitState.WRITING
            notices.resolve(about=found.uid, kind=COMES)
            notices.resolve(about=found.uid, kind=GOES)
            audit.record(actor, "support.minutes.begun", found)
        found.save(update_fields=["met", "seen", "agreed", "saved", "state"])
    return found


def attach(*, actor: Actor, visit: Visit, piece: Evidence) -> None:
    """Put a photograph or paper beside the minutes."""
    access.require(access.visits(actor), _("Only those who visit schools may add to minutes."))
    with transaction.atomic():
        locked(visit, *OPEN_STATES).evidence.add(piece)
        audit.record(actor, "support.minutes.evidence", visit)


def detach(*, actor: Actor, visit: Visit, piece: Evidence) -> None:
    """Take a photograph or paper out again, for instance one on which a child is to be known."""
    access.require(access.visits(actor), _("Only those who visit schools may add to minutes."))
    with transaction.atomic():
        found = locked(visit, *OPEN_STATES)
        if found.evidence.filter(pk=piece.pk).exists():
            found.evidence.remove(piece)
            evidence.withdraw(actor=actor, evidence=piece)
            audit.record(actor, "support.minutes.evidence-out", found)


def send_minutes(*, actor: Actor, visit: Visit) -> Visit:
    """Send the minutes to the school, which confirms or comments; whose part a problem is learns of it now."""
    access.require(access.visits(actor), _("Only those who visit schools may send minutes."))
    with transaction.atomic():
        found = locked(visit, VisitState.WRITING)
        if not found.seen:
            raise Refused(_("Write what was seen before you send the minutes."))
        found.state, found.sent = VisitState.SENT, clock.now()
        found.save(update_fields=["state", "sent"])
        notices.notify(
            kind=MINUTES,
            message=gettext_noop("Minutes of the visit of %(day)s: please confirm or comment."),
            params={"day": f"{found.day:%Y-%m-%d}"},
            about=found.uid,
            roles=(Role.HEAD, Role.SCHOOL_ADMINISTRATOR),
            school=found.school,
            url=reverse("support:visit", args=[found.uid]),
            due=(actor.day + ANSWER_WITHIN),
        )
        for issue in found.issues.filter(state=IssueState.OPEN).select_related("school"):
            remind_owner(issue)
        audit.record(actor, "support.minutes.sent", found)
    return found


def confirm(*, actor: Actor, visit: Visit, comment: str = "") -> Visit:
    """The school confirms the minutes, with a comment where it sees something otherwise."""
    access.require(access.speaks_for(actor, visit.school), _("Only those who lead the school may confirm."))
    with transaction.atomic():
        found = locked(visit, VisitState.SENT)
        found.state, found.confirmed, found.confirmed_by_id = (
            VisitState.CONFIRMED,
            clock.now(),
            actor.account_id,
        )
        found.comment = comment.strip()
        found.save(update_fields=["state", "confirmed", "confirmed_by", "comment"])
        notices.resolve(about=found.uid, kind=MINUTES)
        if found.comment and found.visitor is not None:
            notices.notify(
                kind=COMMENT,
                message=gettext_noop("The school sees the minutes of %(day)s otherwise: read its comment."),
                params={"day": f"{found.day:%Y-%m-%d}"},
                about=found.uid,
                accounts=(found.visitor,),
                url=reverse("support:visit", args=[found.uid]),
            )
        audit.record(actor, "support.minutes.confirmed", found)
    return found


# What a school asks for.


def ask(*, actor: Actor, school: School, topic: str) -> VisitRequest:
    """A school asks for a visit; one request waits at a time."""
    access.require(access.speaks_for(actor, school), _("Only those who lead a school may ask for a visit."))
    if not topic.strip():
        raise Refused(_("Write what you would like to talk about; a sentence is enough."))
    with transaction.atomic():
        School.objects.select_for_update().get(pk=school.pk)
        if VisitRequest.objects.filter(school=school, visit=None, withdrawn=None).exists():
            raise Refused(_("A request of your school is waiting already."))
        row = VisitRequest.objects.create(
            school=school, topic=topic.strip(), asked=clock.now(), asked_by_id=actor.account_id
        )
        _take_along(row)
        audit.record(actor, "support.visit.asked", row)
    return row


def _take_along(row: VisitRequest) -> None:
    """Where a visit is planned already, what was asked stands first on its agenda."""
    coming = Visit.objects.select_for_update().filter(school=row.school, state=VisitState.PLANNED).first()
    if coming is not None:
        row.visit = coming
        row.save(update_fields=["visit"])
        coming.agenda = [queries.topic(row.topic).as_dict(), *coming.agenda]
        coming.save(update_fields=["agenda"])


def withdraw(*, actor: Actor, request: VisitRequest) -> None:
    """Take a request back."""
    access.require(access.speaks_for(actor, request.school), _("This is not your school's request."))
    with transaction.atomic():
        found = (
            VisitRequest.objects.select_for_update(of=("self",)).select_related("visit").get(pk=request.pk)
        )
        if found.visit is not None:
            raise Refused(
                _("A visit on %(day)s is planned for this already; say it to whoever comes.")
                % {"day": f"{found.visit.day:%Y-%m-%d}"}
            )
        if found.withdrawn is None:
            found.withdrawn = clock.now()
            found.save(update_fields=["withdrawn"])
            audit.record(actor, "support.visit.request-withdrawn", found)
