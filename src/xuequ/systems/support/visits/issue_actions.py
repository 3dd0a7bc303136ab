"""What may be done with the problems of visits: write one down, hand it over, report it as solved, look, close it."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.notices import actions as notices
from xuequ.record.models import Evidence
from xuequ.systems.support import access
from xuequ.systems.support.visits import queries
from xuequ.systems.support.visits.choices import OPEN_STATES, IssueState, Owner, VisitState
from xuequ.systems.support.visits.models import Issue, Visit

ISSUE, SOLVED = "support-issue", "support-solved"
"""Kinds of notices."""


def locked(visit: Visit, *states: VisitState) -> Visit:
    """Return the visit, locked; ``Refused`` where it is in none of these states by now."""
    found = Visit.objects.select_for_update(of=("self",)).select_related("school").get(pk=visit.pk)
    if found.state not in states:
        raise Refused(
            _("This visit is “%(state)s” by now; nothing was changed.") % {"state": found.get_state_display()}
        )
    return found


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
        found = locked(visit, *OPEN_STATES)
        issue = Issue.objects.create(
            visit=found, school=found.school, text=text.strip(), owner=owner, office=office.strip(),
            opened=actor.day, due=due, created_by_id=actor.account_id,
        )  # fmt: skip
        audit.record(actor, "support.issue.opened", issue)
    return issue


def drop(*, actor: Actor, issue: Issue) -> None:
    """Take a problem out of minutes that were not sent yet; nobody but those who visit has seen it."""
    access.require(access.visits(actor), _("Only those who visit schools may write problems down."))
    with transaction.atomic():
        locked(issue.visit, *OPEN_STATES)
        found = _locked_issue(issue, IssueState.OPEN)
        notices.resolve(about=found.uid)
        audit.record(actor, "support.issue.dropped", found)
        found.delete()


def hand_over(*, actor: Actor, issue: Issue, owner: Owner, due: dt.date, office: str, why: str) -> Issue:
    """Give an open problem to somebody else or another day, with the reason; its four weeks run on."""
    access.require(access.visits(actor), _("Only those who visit schools may hand a problem over."))
    if not why.strip():
        raise Refused(_("Write why it is handed over or gets another day."))
    if due < actor.day:
        raise Refused(_("The day must not be over already."))
    with transaction.atomic():
        found = _locked_issue(issue, IssueState.OPEN)
        before = {"owner": found.owner, "due": found.due.isoformat()}
        found.owner, found.office, found.due, found.remark = owner, office.strip(), due, why.strip()
        found.save(update_fields=["owner", "office", "due", "remark"])
        notices.resolve(about=found.uid, kind=ISSUE)
        if found.visit.state not in OPEN_STATES:
            remind_owner(found)
        audit.record(actor, "support.issue.handed-over", found, before)
    return found


def remind_owner(issue: Issue) -> None:
    """Tell those whose part a problem is, by its day."""
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
        _need_evidence(
            found, _("Add a photograph, a paper or a note that shows it; then report it as solved.")
        )
        found.state, found.answer = IssueState.HANDED_IN, answer.strip()
        found.submitted, found.submitted_by_id = clock.now(), actor.account_id
        found.save(update_fields=["state", "answer", "submitted", "submitted_by"])
        notices.resolve(about=found.uid, kind=ISSUE)
        _ask_to_look(actor, found)
        audit.record(actor, "support.issue.reported", found)
    return found


def _need_evidence(issue: Issue, sentence: str) -> None:
    if not issue.evidence.filter(withdrawn=None).exists():
        raise Refused(sentence)


def _ask_to_look(actor: Actor, issue: Issue) -> None:
    """Ask the visitor; where that is whoever reported, or nobody who visits schools any more, ask the officers."""
    found = issue.visit.visitor
    visitor = queries.visitors(actor.day).filter(pk=found.pk).first() if found is not None else None
    own = visitor is None or visitor.pk == actor.account_id
    notices.notify(
        kind=SOLVED,
        message=gettext_noop("A problem of a visit was reported as solved: please look whether it is."),
        about=issue.uid,
        accounts=() if own or visitor is None else (visitor,),
        roles=(Role.DISTRICT_OFFICER,) if own else (),
        url=reverse("support:issue", args=[issue.uid]),
    )


def verify(*, actor: Actor, issue: Issue) -> Issue:
    """Close a problem: somebody who visits schools has looked; never whoever reported it."""
    access.require(access.visits(actor), _("Only those who visit schools may close a problem."))
    with transaction.atomic():
        found = _locked_issue(issue, IssueState.HANDED_IN)
        if found.submitted_by_id is not None and found.submitted_by_id == actor.account_id:
            raise Refused(_("You reported this problem as solved yourself; a colleague has to look at it."))
        _need_evidence(
            found, _("Nothing shows yet that it is solved: give it back and ask for a photograph or paper.")
        )
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
        remind_owner(found)
        audit.record(actor, "support.issue.returned", found)
    return found
