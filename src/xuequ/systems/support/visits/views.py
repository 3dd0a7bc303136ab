"""The pages of visits: ask, render."""

import datetime as dt
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.errors import Refused
from xuequ.core.rendering.formats import FORMATS, download
from xuequ.district import queries as district
from xuequ.district.actors import Actor
from xuequ.district.rules import in_force
from xuequ.kit.evidence.forms import EvidenceForm
from xuequ.systems.support import access
from xuequ.systems.support.answers import account_of, actor_of, done, take_piece
from xuequ.systems.support.visits import actions, forms, issue_actions, merging, queries
from xuequ.systems.support.visits.choices import IssueState, VisitState
from xuequ.systems.support.visits.models import Visit
from xuequ.systems.support.visits.record import visit_report
from xuequ.systems.support.visits.wording import listed, sentence, stored


def may_enter(request: HttpRequest) -> bool:
    """Whether visits have anything for whoever asks."""
    actor = actor_of(request)
    return access.on_district_side(actor) or access.speaks_for_a_school(actor)


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Visits of the district, or a school's own."""
    actor = actor_of(request)
    if not may_enter(request):
        raise PermissionDenied
    if not access.on_district_side(actor):
        return _own(request)
    rows = queries.visits(actor)
    day = actor.day
    context = {
        "coming": rows.filter(state=VisitState.PLANNED).order_by("day", "school__code")[:20],
        "writing": rows.filter(state=VisitState.WRITING).order_by("day")[:20],
        "verify": queries.issues(actor).filter(state=IssueState.HANDED_IN)[:20],
        "page": Paginator(rows.filter(state__in=queries.TOLD_STATES), 15).get_page(request.GET.get("page")),
        "late": queries.overdue(queries.issues(actor), day).count(),
        "visits": access.visits(actor),
    }
    return render(request, "support/visits/index.html", context)


def _own(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "page": Paginator(queries.visits(actor), 15).get_page(request.GET.get("page")),
        "requests": queries.waiting_requests(actor),
        "open": queries.issues(actor).exclude(state=IssueState.CLOSED)[:20],
        "day": actor.day,
    }
    return render(request, "support/visits/own.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def week(request: HttpRequest) -> HttpResponse:
    """Who is due and why; a week is planned in one go."""
    actor = actor_of(request)
    if not access.on_district_side(actor):
        raise PermissionDenied
    monday = actor.day + dt.timedelta(days=(7 - actor.day.weekday()) % 7)
    form = forms.WeekForm(request.POST or None, initial={"monday": monday})
    if request.method == "POST":
        access.require(access.visits(actor), _("Only those who visit schools may plan a visit."))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            planned = actions.plan_week(
                actor=actor, monday=data["monday"], how_many=data["how_many"], visitor=account_of(request),
                weekdays=data["weekdays"],
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            names = "、".join(f"{visit.school} {visit.day:%m-%d}" for visit in planned)
            messages.success(
                request, _("Planned: %(visits)s. The schools have been told the day.") % {"visits": names}
            )
            return redirect("support:visits")
    lines = queries.due_schools(actor, actor.day)
    due = [line for line in lines if line.is_due]
    context = {"lines": lines, "due": due, "first": due[:3], "form": form, "visits": access.visits(actor)}
    return render(request, "support/visits/week.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Plan a visit of one school, with the reasons and the agenda in sight."""
    actor = actor_of(request)
    if not access.visits(actor):
        raise PermissionDenied
    school = access.school(actor, uid)
    if school is None:
        raise Http404
    initial = {"day": actor.day + dt.timedelta(days=7), "visitor": actor.account_id}
    form = forms.PlanForm(request.POST or None, day=actor.day, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            found = actions.plan(actor=actor, school=school, day=data["day"], visitor=data["visitor"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Planned. The school has been told the day."))
            return redirect("support:visit", found.uid)
    known = queries.due_school(actor, school, actor.day)
    context = {"school": school, "line": known, "form": form}
    context["agenda"] = listed(queries.agenda(school, known, actor.day))
    return render(request, "support/visits/plan.html", context)


def _visit(request: HttpRequest, uid: UUID) -> Visit:
    found = queries.visit(actor_of(request), uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def visit(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A visit as the reader may see it: the school sees minutes once they were sent, and never why it was due."""
    actor = actor_of(request)
    found = _visit(request, uid)
    at_district = access.on_district_side(actor)
    reads = queries.reads_minutes(actor, found)
    agenda = [item for item in stored(found.agenda) if at_district or item.for_school]
    writes = access.visits(actor) and found.is_open
    context = {
        "visit": found,
        "district": at_district,
        "reads": reads,
        "writes": writes,
        "agenda": listed(agenda),
        "why": sentence(stored(found.reasons)) if at_district else "",
        "issues": list(found.issues.order_by("due", "id")) if reads else [],
        "pieces": list(found.evidence.all()) if reads else [],
        "day": actor.day,
        "today": found.day <= actor.day,
        "move": _move_form(actor, found) if writes else None,
        "cancels": writes and not found.has_content,
        "confirm": forms.CommentForm()
        if found.state == VisitState.SENT and access.speaks_for(actor, found.school)
        else None,
    }
    return render(request, "support/visits/visit.html", context)


def _move_form(actor: Actor, found: Visit) -> forms.PlanForm:
    return forms.PlanForm(day=actor.day, initial={"day": found.day, "visitor": found.visitor_id})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def minutes(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The minutes on a phone: what is written is saved as one goes, problems and photographs are added below."""
    actor = actor_of(request)
    if not access.visits(actor):
        raise PermissionDenied
    found = _visit(request, uid)
    if request.method == "POST":
        return _saved(request, found, forms.MinutesForm(request.POST))
    if not found.is_open:
        return redirect("support:visit", found.uid)
    return _written(request, found, forms.MinutesForm(initial={**found.words, "base": found.version}))


def _written(
    request: HttpRequest,
    found: Visit,
    form: forms.MinutesForm,
    *,
    both: bool = False,
    problem: forms.IssueForm | None = None,
) -> HttpResponse:
    """The page on which minutes are written; ``both``: what two people wrote stands in the form."""
    actor = actor_of(request)
    due = actor.day + dt.timedelta(days=in_force(queries.CLOSE_RULE, actor.day).value)
    context = {
        "visit": found, "form": form, "both": both, "sent": not found.is_open, "day": actor.day,
        "agenda": listed(stored(found.agenda)), "issues": found.issues.order_by("due", "id"),
        "issue_form": problem or forms.IssueForm(initial={"due": due}), "problem": problem is not None,
        "pieces": found.evidence.all(), "evidence_form": EvidenceForm(prefix="piece"),
        "early": found.day > actor.day,
    }  # fmt: skip
    return render(request, "support/visits/minutes.html", context)


def _saved(request: HttpRequest, found: Visit, form: forms.MinutesForm) -> HttpResponse:
    """Keep what was written; a page that saves by itself gets one line back, and what is refused stays on the page."""
    quiet = "HX-Request" in request.headers
    if not form.is_valid():
        text = _("Not saved: the text is too long.")
        return (
            render(request, "support/visits/_saved.html", {"refusal": text})
            if quiet
            else _written(request, found, form)
        )
    try:
        kept = actions.save_minutes(actor=actor_of(request), visit=found, **form.cleaned_data)
    except Refused as refusal:
        if quiet:
            return render(request, "support/visits/_saved.html", {"refusal": str(refusal)})
        return _not_saved(request, found, form, refusal)
    if quiet:
        return render(request, "support/visits/_saved.html", {"saved": kept.saved, "base": kept.version})
    messages.success(request, _("Saved."))
    return redirect("support:visit-minutes", found.uid)


def _not_saved(request: HttpRequest, found: Visit, form: forms.MinutesForm, refusal: Refused) -> HttpResponse:
    """Show what was typed again, with a colleague's words behind it where both have written."""
    if isinstance(refusal, actions.Conflict):
        words = merging.both(refusal.stored.words, form.cleaned_data)
        merged = forms.MinutesForm(initial={**words, "base": refusal.stored.version})
        return _written(request, refusal.stored, merged, both=True)
    messages.error(request, str(refusal))
    found.refresh_from_db()
    return _written(request, found, form)


@login_required
@require_POST
def add_issue(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _visit(request, uid)
    access.require(
        access.visits(actor_of(request)), _("Only those who visit schools may write problems down.")
    )
    if request.POST.get("drop"):
        return _drop_issue(request, found)
    form = forms.IssueForm(request.POST)
    if form.is_valid():
        try:
            issue_actions.open_issue(actor=actor_of(request), visit=found, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Problem added."))
            return redirect("support:visit-minutes", found.uid)
    text = forms.MinutesForm(initial={**found.words, "base": found.version})
    return _written(request, found, text, problem=form)


def _drop_issue(request: HttpRequest, found: Visit) -> HttpResponse:
    issue = found.issues.filter(uid=_uid(request)).select_related("visit").first()
    if issue is None:
        raise Http404
    done(request, lambda: issue_actions.drop(actor=actor_of(request), issue=issue), _("Taken out."))
    return redirect("support:visit-minutes", found.uid)


def _uid(request: HttpRequest) -> UUID:
    """What is to be taken out."""
    try:
        return UUID(request.POST.get("drop", ""))
    except ValueError as error:
        raise Http404 from error


@login_required
@require_POST
def add_evidence(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = actor_of(request), _visit(request, uid)
    access.require(access.visits(actor), _("Only those who visit schools may add to minutes."))
    if request.POST.get("drop"):
        piece = found.evidence.filter(uid=_uid(request)).first()
        if piece is None:
            raise Http404
        done(request, lambda: actions.detach(actor=actor, visit=found, piece=piece), _("Taken out."))
        return redirect("support:visit-minutes", found.uid)
    take_piece(request, found.school, lambda piece: actions.attach(actor=actor, visit=found, piece=piece))
    return redirect("support:visit-minutes", found.uid)


@login_required
@require_POST
def send(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _visit(request, uid)
    if "seen" in request.POST and found.is_open:
        # What stands on the screen is what is sent, saved by itself or not.
        access.require(access.visits(actor_of(request)), _("Only those who visit schools may send minutes."))
        form = forms.MinutesForm(request.POST)
        if not form.is_valid():
            return _written(request, found, form)
        try:
            actions.save_minutes(actor=actor_of(request), visit=found, **form.cleaned_data)
        except Refused as refusal:
            return _not_saved(request, found, form, refusal)
    text = _("Sent. The school confirms the minutes or comments on them.")
    sent = done(request, lambda: actions.send_minutes(actor=actor_of(request), visit=found), text)
    return redirect("support:visit" if sent else "support:visit-minutes", found.uid)


@login_required
@require_POST
def confirm(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _visit(request, uid)
    comment = request.POST.get("comment", "")[: forms.LONGEST]
    text = _("Thank you. The minutes are confirmed.")
    done(request, lambda: actions.confirm(actor=actor_of(request), visit=found, comment=comment), text)
    return redirect("support:visit", found.uid)


@login_required
@require_POST
def move(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _visit(request, uid)
    access.require(access.visits(actor_of(request)), _("Only those who visit schools may move a visit."))
    form = forms.PlanForm(request.POST, day=actor_of(request).day)
    if form.is_valid():
        data = form.cleaned_data
        text = _("Changed. Those concerned have been told.")
        done(request, lambda: actions.move(actor=actor_of(request), visit=found, **data), text)
    else:
        messages.error(request, _("Choose a day and who visits; nothing was changed."))
    return redirect("support:visit", found.uid)


@login_required
@require_POST
def cancel(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _visit(request, uid)
    done(request, lambda: actions.cancel(actor=actor_of(request), visit=found), _("Cancelled."))
    return redirect("support:visits")


@login_required
@require_safe
def record(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    """The record of a visit as a file."""
    found = _visit(request, uid)
    if form not in FORMATS or not queries.reads_minutes(actor_of(request), found):
        raise Http404
    moment = (found.confirmed or found.sent or found.saved or found.created).isoformat()
    report = visit_report(found, found.issues.order_by("due", "id"), district.district(), moment)
    return download(report, form, f"{_('Record of a visit')} {found}")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """A school asks for a visit."""
    actor = actor_of(request)
    schools = access.own_schools(actor)
    if not schools:
        raise PermissionDenied
    form = forms.AskForm(request.POST or None, schools=schools)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            asked = actions.ask(actor=actor, school=data["school"], topic=data["topic"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            text = _("Asked. You are told the day as soon as it is planned.")
            if asked.visit is not None:
                text = _("Asked. It stands first on the agenda of %(day)s.") % {
                    "day": f"{asked.visit.day:%Y-%m-%d}"
                }
            messages.success(request, text)
            return redirect("support:visits")
    return render(request, "support/visits/ask.html", {"form": form})


@login_required
@require_POST
def withdraw(request: HttpRequest, uid: UUID) -> HttpResponse:
    own = access.of_own_schools(actor_of(request))
    found = queries.requests(actor_of(request)).filter(own, uid=uid).first()
    if found is None:
        raise Http404
    done(request, lambda: actions.withdraw(actor=actor_of(request), request=found), _("Withdrawn."))
    return redirect("support:visits")
