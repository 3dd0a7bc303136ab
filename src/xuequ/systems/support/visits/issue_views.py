"""The pages of problems: lists, one problem on its way to being solved, and what is stuck."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import clock
from xuequ.kit.evidence.forms import EvidenceForm
from xuequ.kit.evidence.responses import download as send_piece
from xuequ.systems.support import access
from xuequ.systems.support.answers import actor_of, done, take_piece
from xuequ.systems.support.visits import actions, forms, queries
from xuequ.systems.support.visits.choices import IssueState
from xuequ.systems.support.visits.models import Issue
from xuequ.systems.support.visits.views import may_enter


@login_required
@require_safe
def issues(request: HttpRequest) -> HttpResponse:
    """Problems, those that wait first."""
    actor = actor_of(request)
    if not may_enter(request):
        raise PermissionDenied
    which = request.GET.get("which", "open")
    rows = queries.issues(actor)
    shown = {
        "open": rows.exclude(state=IssueState.CLOSED),
        "late": queries.overdue(rows, actor.day),
        "closed": rows.filter(state=IssueState.CLOSED).order_by("-settled"),
    }
    which = which if which in shown else "open"
    page = Paginator(shown[which], 25).get_page(request.GET.get("page"))
    context = {"page": page, "which": which, "district": access.on_district_side(actor), "day": actor.day}
    return render(request, "support/visits/issues.html", context)


def _issue(request: HttpRequest, uid: UUID) -> Issue:
    found = queries.issue(actor_of(request), uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A problem: its owner says what was done, the visitor looks."""
    actor, found = actor_of(request), _issue(request, uid)
    solving = found.state == IssueState.OPEN and queries.solves(actor, found)
    looking = found.state == IssueState.HANDED_IN and access.visits(actor)
    if request.method == "POST" and not (solving or looking):
        raise PermissionDenied
    solved = forms.SolvedForm(request.POST or None, initial={"answer": found.answer}) if solving else None
    remark = forms.RemarkForm(request.POST or None) if looking else None
    if request.method == "POST" and _handled(request, found, solved, remark):
        return redirect("support:issue", found.uid)
    context = {
        "issue": found, "solved": solved, "remark": remark, "pieces": found.evidence.all(), "day": actor.day,
        "late": found.is_overdue(actor.day), "evidence_form": EvidenceForm(prefix="piece") if solving else None,
        "district": access.on_district_side(actor),
    }  # fmt: skip
    return render(request, "support/visits/issue.html", context)


def _handled(
    request: HttpRequest, found: Issue, solved: forms.SolvedForm | None, remark: forms.RemarkForm | None
) -> bool:
    actor = actor_of(request)
    if solved is not None:
        if not solved.is_valid():
            return False
        answer = solved.cleaned_data["answer"]
        text = _("Reported. Whoever visited looks whether it is solved.")
        return done(request, lambda: actions.report_solved(actor=actor, issue=found, answer=answer), text)
    if request.POST.get("do") == "close":
        done(request, lambda: actions.verify(actor=actor, issue=found), _("Closed."))
        return True
    if remark is None or not remark.is_valid():
        return False
    words = remark.cleaned_data["remark"]
    return done(request, lambda: actions.send_back(actor=actor, issue=found, remark=words), _("Given back."))


@login_required
@require_POST
def add_issue_evidence(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = actor_of(request), _issue(request, uid)
    access.require(queries.solves(actor, found), _("Whose part the problem is adds the evidence."))
    take_piece(
        request, found.school, lambda piece: actions.attach_to_issue(actor=actor, issue=found, piece=piece)
    )
    return redirect("support:issue", found.uid)


@login_required
@require_safe
def piece(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A piece of evidence of a visit or a problem."""
    found = queries.piece(actor_of(request), uid)
    if found is None:
        raise Http404
    return send_piece(found)


@login_required
@require_safe
def stuck(request: HttpRequest) -> HttpResponse:
    """What has not moved for too long."""
    actor = actor_of(request)
    if not access.on_district_side(actor):
        raise PermissionDenied
    found = queries.stuck(actor, actor.day, clock.now())
    share = queries.closed_in_time(actor)
    parts = (share.value, share.low, share.high) if share is not None else ()
    percent = [round(100 * (part or 0)) for part in parts]
    context = {"stuck": found, "day": actor.day, "share": share, "percent": percent}
    return render(request, "support/visits/stuck.html", context)
