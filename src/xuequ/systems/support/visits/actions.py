"""What may be done with visits: plan one, write minutes as one goes, send them, follow the problems to their end."""

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
from xuequ.record.models import Evidence
from xuequ.systems.support import access
from xuequ.systems.support.visits import queries
from xuequ.systems.support.visits.choices import OPEN_STATES, IssueState, Owner, VisitState
from xuequ.systems.support.visits.models import Issue, Visit, VisitRequest

COMES, MINUTES, ISSUE, SOLVED = "support-visit", "support-minutes", "support-issue", "support-solved"
"""Kinds of notices."""
ANSWER_WITHIN = dt.timedelta(days=7)


def plan(*, actor: Actor, school: School, day: dt.date, visitor: Account | None) -> Visit:
    """Plan a visit: the reasons and the agenda of this day are kept with it, and the school is told the day."""
    access.require(access.visits(actor), _("Only those who visit schools may plan a visit."))
    if day < actor.day:
        raise Refused(_("A visit is planned for today or later."))
    due = queries.due_school(actor, school, actor.day)
    with transaction.atomic():
        School.objects.select_for_update().get(pk=school.pk)
        if Visit.objects.filter(school=school, state__in=OPEN_STATES).exists():
            raise Refused(_("%(school)s has a visit already that is not finished.") % {"school": school})
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
        _tell_school(visit)
        audit.record(actor, "support.visit.planned", visit)
    return visit


def _tell_school(visit: Visit) -> None:
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


def plan_week(*, actor: Actor, monday: dt.date, how_many: int, visitor: Account | None) -> list[Visit]:
    """Plan visits of the schools most due on the days of a week, one after the other."""
    access.require(access.visits(actor), _("Only those who visit schools may plan a visit."))
    days = [monday + dt.timedelta(days=i) for i in range(5)]
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


def move(*, actor: Actor, visit: Visit, day: dt.date) -> Visit:
    """Move a planned visit to another day, and tell the school."""
    access.require(access.visits(actor), _("Only those who visit schools may move a visit."))
    if day < actor.day:
        raise Refused(_("A visit is planned for today or later."))
    with transaction.atomic():
        found = _locked(visit, VisitState.PLANNED)
        found.day = day
        found.save(update_fields=["day"])
        _tell_school(found)
        audit.record(actor, "support.visit.moved", found)
    return found


def cancel(*, actor: Actor, visit: Visit) -> Visit:
    """Cancel a visit of which nothing was written; what the school asked for waits again."""
    access.require(access.visits(actor), _("Only those who visit schools may cancel a visit."))
    with transaction.atomic():
        found = _locked(visit, VisitState.PLANNED)
        found.state = VisitState.CANCELLED
        found.save(update_fields=["state"])
        found.requests.update(visit=None)
        notices.resolve(about=found.uid)
        audit.record(actor, "support.visit.cancelled", found)
    return found


def _locked(visit: Visit, *states: VisitState) -> Visit:
    found = Visit.objects.select_for_update(of=("self",)).select_related("school").get(pk=visit.pk)
    if found.state not in states:
        raise Refused(
            _("This visit is “%(state)s” by now; nothing was changed.") % {"state": found.get_state_display()}
        )
    return found


def save_minutes(*, actor: Actor, visit: Visit, met: str, seen: str, agreed: str) -> Visit:
    """Keep the minutes as they stand; called while one writes, so the same words twice change nothing."""
    access.require(access.visits(actor), _("Only those who visit schools may write minutes."))
    if visit.day > actor.day:
        raise Refused(
            _("Minutes are written on the day of the visit or later; move the visit if it is today.")
        )
    with transaction.atomic():
        found = _locked(visit, *OPEN_STATES)
        found.met, found.seen, found.agreed = met.strip(), seen.strip(), agreed.strip()
        found.saved = clock.now()
        if found.state == VisitState.PLANNED:
            found.state = VisitState.WRITING
            notices.resolve(about=found.uid, kind=COMES)
            audit.record(actor, "support.minutes.begun", found)
        found.save(update_fields=["met", "seen", "agreed", "saved", "state"])
    return found


def attach(*, actor: Actor, visit: Visit, piece: Evidence) -> None:
    """Put a photograph or paper beside the minutes."""
    access.require(access.visits(actor), _("Only those who visit schools may add to minutes."))
    with transaction.atomic():
        _locked(visit, *OPEN_STATES).evidence.add(piece)
        audit.record(actor, "support.minutes.evidence", visit)


def send_minutes(*, actor: Actor, visit: Visit) -> Visit:
    """Send the minutes to the school, which confirms or comments; whose part a problem is learns of it now."""
    access.require(access.visits(actor), _("Only those who visit schools may send minutes."))
    with transaction.atomic():
        found = _locked(visit, VisitState.WRITING)
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
            _remind_owner(issue)
        audit.record(actor, "support.minutes.sent", found)
    return found


def confirm(*, actor: Actor, visit: Visit, comment: str = "") -> Visit:
    """The school confirms the minutes, with a comment where it sees something otherwise."""
    access.require(access.speaks_for(actor, visit.school), _("Only those who lead the school may confirm."))
    with transaction.atomic():
        found = _locked(visit, VisitState.SENT)
        found.state, found.confirmed, found.confirmed_by_id = (
            VisitState.CONFIRMED,
            clock.now(),
            actor.account_id,
        )
        found.comment = comment.strip()
        found.save(update_fields=["state", "confirmed", "confirmed_by", "comment"])
        notices.resolve(about=found.uid, kind=MINUTES)
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
        audit.record(actor, "support.visit.asked", row)
    return row


def withdraw(*, actor: Actor, request: VisitRequest) -> None:
    """Take a request back."""
    access.require(access.speaks_for(actor, request.school), _("This is not your school's request."))
    with transaction.atomic():
        found = VisitRequest.objects.select_for_update().get(pk=request.pk)
        if found.visit_id is None and found.withdrawn is None:
            found.withdrawn = clock.now()
            found.save(update_fields=["withdrawn"])
            audit.record(actor, "support.visit.request-withdrawn", found)


# Problems.


def open_issue(
    *, actor: Actor, visit: Visit, text: str, owner: Owner, due: dt.date, office: str = ""
) -> Issue:
    """Write a problem down with whose part it is and by when."""
    access.require(access.visits(actor), _("Only those who visit schools may write problems down."))
    if not text.strip():
        raise Refused(_("Write what the problem is."))
    if due < actor.day:
        raise Refused(_("The day must not be over already."))
    with transaction.atomic():
        found = _locked(visit, *OPEN_STATES)
        issue = Issue.objects.create(
            visit=found, school=found.school, text=text.strip(), owner=owner, office=office.strip(),
            opened=actor.day, due=due, created_by_id=actor.account_id,
        )  # fmt: skip
        audit.record(actor, "support.issue.opened", issue)
    return issue


def _remind_owner(issue: Issue) -> None:
    at_school = issue.owner == Owner.SCHOOL
    notices.notify(
        kind=ISSUE,
        message=gettext_noop("A problem of the last visit waits to be solved until %(day)s."),
        params={"day": f"{issue.due:%Y-%m-%d}"},
        about=issue.uid,
        roles=_owners(Owner(issue.owner)),
        school=issue.school if at_school else None,
        url=reverse("support:issue", args=[issue.uid]),
        due=issue.due,
    )


def _owners(owner: Owner) -> Iterable[Role]:
    return {
        Owner.SCHOOL: (Role.HEAD, Role.SCHOOL_ADMINISTRATOR),
        Owner.BUREAU: (Role.DISTRICT_OFFICER,),
        Owner.COLLEGE: (Role.RESEARCHER,),
    }[owner]


def _locked_issue(issue: Issue, *states: IssueState) -> Issue:
    rows = Issue.objects.select_for_update(of=("self",)).select_related("school", "visit__visitor")
    found = rows.get(pk=issue.pk)
    if found.state not in states:
        raise Refused(
            _("This problem is “%(state)s” by now; nothing was changed.")
            % {"state": found.get_state_display()}
        )
    return found


def attach_to_issue(*, actor: Actor, issue: Issue, piece: Evidence) -> None:
    """Put evidence beside a problem that is open."""
    access.require(queries.solves(actor, issue), _("Whose part the problem is adds the evidence."))
    with transaction.atomic():
        _locked_issue(issue, IssueState.OPEN).evidence.add(piece)
        audit.record(actor, "support.issue.evidence", issue)


def report_solved(*, actor: Actor, issue: Issue, answer: str) -> Issue:
    """Say what was done; the visitor then looks whether it is solved."""
    access.require(queries.solves(actor, issue), _("Whose part the problem is says what was done."))
    if not answer.strip():
        raise Refused(_("Write what was done; a sentence is enough."))
    with transaction.atomic():
        found = _locked_issue(issue, IssueState.OPEN)
        found.state, found.answer = IssueState.HANDED_IN, answer.strip()
        found.submitted, found.submitted_by_id = clock.now(), actor.account_id
        found.save(update_fields=["state", "answer", "submitted", "submitted_by"])
        notices.resolve(about=found.uid, kind=ISSUE)
        if found.visit.visitor is not None:
            notices.notify(
                kind=SOLVED,
                message=gettext_noop(
                    "A problem you found was reported as solved: please look whether it is."
                ),
                about=found.uid,
                accounts=[found.visit.visitor],
                url=reverse("support:issue", args=[found.uid]),
            )
        audit.record(actor, "support.issue.reported", found)
    return found


def verify(*, actor: Actor, issue: Issue) -> Issue:
    """Close a problem: somebody who visits schools has looked; never whoever reported it."""
    access.require(access.visits(actor), _("Only those who visit schools may close a problem."))
    with transaction.atomic():
        found = _locked_issue(issue, IssueState.HANDED_IN)
        if found.submitted_by_id is not None and found.submitted_by_id == actor.account_id:
            raise Refused(_("You reported this problem as solved yourself; a colleague has to look at it."))
        found.state, found.settled, found.settled_by_id = IssueState.CLOSED, actor.day, actor.account_id
        found.remark = ""
        found.save(update_fields=["state", "settled", "settled_by", "remark"])
        notices.resolve(about=found.uid)
        audit.record(actor, "support.issue.closed", found)
    return found


def send_back(*, actor: Actor, issue: Issue, remark: str) -> Issue:
    """Give a problem back with what is still missing."""
    access.require(access.visits(actor), _("Only those who visit schools may give a problem back."))
    if not remark.strip():
        raise Refused(_("Write what is still missing."))
    with transaction.atomic():
        found = _locked_issue(issue, IssueState.HANDED_IN)
        found.state, found.remark = IssueState.OPEN, remark.strip()
        found.save(update_fields=["state", "remark"])
        notices.resolve(about=found.uid, kind=SOLVED)
        _remind_owner(found)
        audit.record(actor, "support.issue.returned", found)
    return found
