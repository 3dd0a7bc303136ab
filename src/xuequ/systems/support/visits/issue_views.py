"""The pages of problems: lists, one problem on its way to being solved, and what is stuck."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import clock
from xuequ.core.errors import Refused
from xuequ.core.rendering.formats import FORMATS, download
from xuequ.district import queries as district
from xuequ.kit.evidence.forms import EvidenceForm
from xuequ.kit.evidence.responses import download as send_piece
from xuequ.systems.support import access
from xuequ.systems.support.answers import actor_of, done, take_piece
from xuequ.systems.support.visits import forms, issue_actions, queries
from xuequ.systems.support.visits.choices import IssueState, Owner
from xuequ.systems.support.visits.models import Issue
from xuequ.systems.support.visits.record import issue_list
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
    names = {
        "open": pgettext("problems", "Open"), "late": _("Past their day"), "closed": pgettext("problems", "Closed"),
    }  # fmt: skip
    owner = request.GET.get("owner", "")
    owner = owner if owner in Owner.values else ""
    found = shown[which].filter(owner=owner) if owner else shown[which]
    if request.GET.get("file") in FORMATS:
        made = issue_list(found, names[which], actor.day, district.district())
        return download(made, request.GET["file"], f"{made.title} {actor.day}")
    page = Paginator(found, 25).get_page(request.GET.get("page"))
    context = {
        "page": page, "which": which, "owner": owner, "owners": Owner.choices, "day": actor.day,
        "district": access.on_district_side(actor), "query": urlencode({"which": which, "owner": owner}),
    }  # fmt: skip
    return render(request, "support/visits/issues.html", context)


def _issue(request: HttpRequest, uid: UUID) -> Issue:
    found = queries.issue(actor_of(request), uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A problem: its owner says what was done and shows it, the visitor looks."""
    actor, found = actor_of(request), _issue(request, uid)
    is_open = found.state == IssueState.OPEN
    solving = is_open and queries.solves(actor, found)
    looking = found.state == IssueState.HANDED_IN and access.visits(actor)
    handing = is_open and access.visits(actor)
    if request.method == "POST" and not (solving or looking or handing):
        raise PermissionDenied
    page = _Forms(request, found, solving=solving, looking=looking, handing=handing)
    if request.method == "POST" and page.handled():
        return redirect("support:issue", found.uid)
    context = {
        "issue": found, "solved": page.solved, "proof": page.proof, "remark": page.remark, "hand": page.hand,
        "pieces": found.evidence.all(), "day": actor.day, "late": found.is_overdue(actor.day),
        "evidence_form": EvidenceForm(prefix="piece") if solving else None,
        "district": access.on_district_side(actor),
    }  # fmt: skip
    return render(request, "support/visits/issue.html", context)


class _Forms:
    """What may be said of a problem; the button that was pressed (``do``) says which is meant."""

    def __init__(
        self, request: HttpRequest, found: Issue, *, solving: bool, looking: bool, handing: bool
    ) -> None:
        self.request, self.found = request, found
        self.do = request.POST.get("do", "") if request.method == "POST" else None
        told = request.POST if self.do in {"", "solved"} else None
        files = request.FILES if told is not None else None
        self.solved = forms.SolvedForm(told, initial={"answer": found.answer}) if solving else None
        # A title is proposed, so an untouched form holds one and nothing else.
        self.shows = "proof-file" in request.FILES or any(
            request.POST.get(f"proof-{name}") for name in ("url", "note")
        )
        start_with = {"title": _("How it is now")}
        self.proof = (
            EvidenceForm(
                told if self.shows else None,
                files if self.shows else None,
                prefix="proof",
                initial=start_with,
                use_required_attribute=False,
            )
            if solving
            else None
        )
        looked = request.POST if self.do in {"close", "back"} else None
        self.remark = forms.RemarkForm(looked) if looking else None
        given = request.POST if self.do == "hand" else None
        start = {"owner": found.owner, "office": found.office, "due": found.due}
        self.hand = forms.HandOverForm(given, initial=start) if handing else None

    def handled(self) -> bool:
        """Do what was asked; False where the page is to say what is missing."""
        if self.do == "hand":
            return self._handed()
        if self.do in {"close", "back"}:
            return self._looked()
        return self._solved()

    def _solved(self) -> bool:
        if self.solved is None or self.proof is None:
            raise PermissionDenied
        if not self.solved.is_valid() or (self.shows and not self.proof.is_valid()):
            return False
        try:
            with transaction.atomic():
                self._report(self.solved.cleaned_data["answer"], self.proof)
        except Refused as refusal:
            self.solved.add_error(None, str(refusal))
            return False
        messages.success(self.request, _("Reported. Whoever visited looks whether it is solved."))
        return True

    def _report(self, answer: str, proof: EvidenceForm) -> None:
        actor = actor_of(self.request)
        if self.shows:
            piece = proof.save(actor=actor, system="support", school=self.found.school)
            issue_actions.attach_to_issue(actor=actor, issue=self.found, piece=piece)
        issue_actions.report_solved(actor=actor, issue=self.found, answer=answer)

    def _looked(self) -> bool:
        actor = actor_of(self.request)
        if self.remark is None:
            raise PermissionDenied
        if self.do == "close":
            done(self.request, lambda: issue_actions.verify(actor=actor, issue=self.found), _("Closed."))
            return True
        if not self.remark.is_valid():
            return False
        words = self.remark.cleaned_data["remark"]
        return done(
            self.request,
            lambda: issue_actions.send_back(actor=actor, issue=self.found, remark=words),
            _("Given back."),
        )

    def _handed(self) -> bool:
        if self.hand is None:
            raise PermissionDenied
        if not self.hand.is_valid():
            return False
        data = self.hand.cleaned_data | {"owner": Owner(self.hand.cleaned_data["owner"])}
        text = _("Changed. Those concerned have been told.")
        actor = actor_of(self.request)
        return done(
            self.request, lambda: issue_actions.hand_over(actor=actor, issue=self.found, **data), text
        )


@login_required
@require_POST
def add_issue_evidence(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = actor_of(request), _issue(request, uid)
    access.require(queries.solves(actor, found), _("Whose part the problem is adds the evidence."))
    take_piece(
        request,
        found.school,
        lambda piece: issue_actions.attach_to_issue(actor=actor, issue=found, piece=piece),
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
