"""The pages of the decision and after: amounts, spending, requests to look again."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.errors import Refused
from xuequ.core.rendering.formats import FORMATS, download
from xuequ.district import queries as district
from xuequ.record import evidence
from xuequ.record.models import Evidence
from xuequ.systems.support import access
from xuequ.systems.support.answers import actor_of, done
from xuequ.systems.support.funding import deciding, forms, queries
from xuequ.systems.support.funding.choices import RoundState
from xuequ.systems.support.funding.document import decision_report
from xuequ.systems.support.funding.models import Allocation, Spending
from xuequ.systems.support.funding.wording import sentence


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The decision: every amount stands as proposed unless somebody writes why not."""
    actor = actor_of(request)
    if not access.decides(actor):
        raise PermissionDenied
    found = queries.round_(actor, uid)
    if found is None or found.state != RoundState.PROPOSED:
        raise Http404
    rows = queries.allocations(actor).filter(round=found).order_by("school__code")
    form = forms.DecisionForm(request.POST or None, rows=rows)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            deciding.decide(
                actor=actor,
                of=found,
                amounts=form.amounts(),
                document=data["document"],
                reason=data["reason"],
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Decided. Each school has been told its own amount."))
            return redirect("support:round", found.uid)
    context = {"round": found, "form": form, "money": queries.money(found)}
    context["proposed"] = sum(row.proposed_yuan for row in form.rows)
    context["open"] = actor.day <= found.closes
    return render(request, "support/funding/decide.html", context)


@login_required
@require_safe
def decision(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    """The decision as a file, for those who see all amounts."""
    actor = actor_of(request)
    found = queries.round_(actor, uid)
    if (
        found is None
        or form not in FORMATS
        or not access.sees_money(actor)
        or found.state != RoundState.DECIDED
    ):
        raise Http404
    rows = queries.allocations(actor).filter(round=found).order_by("school__code")
    report = decision_report(found, rows, found.sources.order_by("id"), district.district())
    return download(report, form, str(report.title) + f" {found.title}")


def _allocation(request: HttpRequest, uid: UUID) -> Allocation:
    found = queries.allocation(actor_of(request), uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def allocation(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A school's amount: why, what was spent, what it asks."""
    actor, found = actor_of(request), _allocation(request, uid)
    decided = found.round.state == RoundState.DECIDED
    spending = list(found.spending.select_related("evidence", "project"))
    spent = sum((row.amount_yuan for row in spending if row.cancelled is None), queries.ZERO)
    appeals = list(found.appeals.all())
    own = access.speaks_for(actor, found.school)
    waiting = any(row.answered is None for row in appeals)
    projects = found.projects.all()
    context = {
        "allocation": found, "why": sentence(found.reasons), "spending": spending, "spent": spent,
        "left": (found.amount_yuan or queries.ZERO) - spent, "appeals": appeals, "projects": list(projects),
        "decided": decided, "own": own, "keeps": access.keeps_books(actor) and decided,
        "spend": forms.SpendingForm(projects=projects, day=actor.day)
        if access.keeps_books(actor) and decided
        else None,
        "appeal": forms.AppealForm() if own and decided and not waiting else None,
        "answer": forms.AnswerForm() if access.decides(actor) and waiting else None,
        "waiting": next((row for row in appeals if row.answered is None), None),
    }  # fmt: skip
    deciding.opened(actor=actor, allocation=found)
    if appeals:
        deciding.answer_seen(actor=actor, allocation=found)
    return render(request, "support/funding/allocation.html", context)


@login_required
@require_POST
def spend(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = actor_of(request), _allocation(request, uid)
    access.require(access.keeps_books(actor), _("Only finance writes spending down."))
    form = forms.SpendingForm(request.POST, request.FILES, projects=found.projects.all(), day=actor.day)
    if not form.is_valid():
        messages.error(request, _("An entry needs a day, what it was for, and a sum in yuan."))
        return redirect("support:allocation", found.uid)
    data = form.cleaned_data

    def act() -> None:
        entry = Spending(**{name: data[name] for name in ("day", "what", "amount_yuan", "project")})
        entry.evidence = _proof(request, found, form)
        deciding.spend(actor=actor, allocation=found, entry=entry, sure=data["sure"])

    done(request, act, _("Entered."))
    return redirect("support:allocation", found.uid)


def _proof(request: HttpRequest, found: Allocation, form: forms.SpendingForm) -> Evidence | None:
    file = form.cleaned_data["file"]
    if not file:
        return None
    return evidence.attach_file(
        actor=actor_of(request),
        system="support",
        school=found.school,
        title=form.cleaned_data["what"],
        upload=file,
    )


@login_required
@require_POST
def cancel(request: HttpRequest, uid: UUID, entry_uid: UUID) -> HttpResponse:
    actor, found = actor_of(request), _allocation(request, uid)
    entry = found.spending.filter(uid=entry_uid).first()
    if entry is None:
        raise Http404
    done(request, lambda: deciding.cancel_spending(actor=actor, entry=entry), _("Cancelled."))
    return redirect("support:allocation", found.uid)


@login_required
@require_POST
def appeal(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = actor_of(request), _allocation(request, uid)
    text = request.POST.get("text", "")[: forms.LONGEST]
    said = _("Sent. The bureau answers here.")
    done(request, lambda: deciding.appeal(actor=actor, allocation=found, text=text), said)
    return redirect("support:allocation", found.uid)


@login_required
@require_POST
def answer(request: HttpRequest, uid: UUID, appeal_uid: UUID) -> HttpResponse:
    actor, found = actor_of(request), _allocation(request, uid)
    access.require(access.decides(actor), _("Only the bureau's leaders and officers answer."))
    row = found.appeals.filter(uid=appeal_uid).first()
    if row is None:
        raise Http404
    form = forms.AnswerForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write the answer; the school reads it."))
        return redirect("support:allocation", found.uid)
    data = form.cleaned_data
    done(request, lambda: deciding.answer_appeal(actor=actor, appeal=row, **data), _("Answered."))
    return redirect("support:allocation", found.uid)
