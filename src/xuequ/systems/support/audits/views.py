"""The pages of sampling audits."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.errors import Refused
from xuequ.core.rendering.formats import FORMATS, download
from xuequ.district import queries as district
from xuequ.kit.evidence.responses import download as send_piece
from xuequ.systems.support import access
from xuequ.systems.support.answers import actor_of, done
from xuequ.systems.support.audits import actions, forms, queries, wording
from xuequ.systems.support.audits.choices import TOLD, Finding
from xuequ.systems.support.audits.claims import digest
from xuequ.systems.support.audits.models import Check
from xuequ.systems.support.audits.report import audit_report


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The draws, with a form for the next; for a school what was drawn of it."""
    actor = actor_of(request)
    if not queries.may_enter(actor):
        raise PermissionDenied
    if not queries.reads_all(actor):
        if request.method == "POST":
            raise PermissionDenied
        own = queries.checks(actor).order_by("-audit_id", "id")[:60]
        return render(request, "support/audits/own.html", {"checks": own})
    draws = access.prepares(actor)
    if request.method == "POST" and not draws:
        raise PermissionDenied
    form = forms.DrawForm(request.POST or None, rounds=queries.open_rounds(actor)) if draws else None
    if request.method == "POST" and form is not None and form.is_valid():
        data = form.cleaned_data
        try:
            row = actions.draw(
                actor=actor, of=data["round"], share=data["percent"] / 100, change=data["change"] / 100
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Drawn with the seed %(seed)s.") % {"seed": row.seed})
            return redirect("support:audit", row.uid)
    return render(
        request, "support/audits/index.html", {"audits": list(queries.audits(actor)[:20]), "form": form}
    )


@login_required
@require_safe
def audit(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A draw: what it says for the district, how it was drawn, and its fields."""
    actor = actor_of(request)
    found = queries.audit(actor, uid)
    if found is None:
        raise Http404
    checks = list(found.checks.select_related("school", "project"))
    context = {
        "audit": found, "checks": _by_finding(checks),
        "blocks": wording.blocks(found, checks), "repeats": actions.repeats(found, checks),
        "lot": sum(len(keys) for keys in found.lot.values()), "percent": 100 * found.share, "most": 100 * found.change,
    }  # fmt: skip
    return render(request, "support/audits/audit.html", context)


def _by_finding(checks: list[Check]) -> list[Check]:
    order = [Finding.WAITS, Finding.WRONG, Finding.OPEN, Finding.RIGHT]
    return sorted(checks, key=lambda row: order.index(Finding(row.finding)))


@login_required
@require_safe
def report(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    """The report on a draw as a file, for those who read all audits."""
    found = queries.audit(actor_of(request), uid)
    if found is None or form not in FORMATS:
        raise Http404
    checks = _by_finding(list(found.checks.select_related("school", "project")))
    made = audit_report(found, checks, district.district())
    return download(made, form, f"{made.title} {made.subtitle}")


def _check(request: HttpRequest, uid: UUID) -> Check:
    found = queries.check(actor_of(request), uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A field: what was stated, its evidence, what was found and what the school says."""
    actor, found = actor_of(request), _check(request, uid)
    looks = access.audits(actor) and found.finding == Finding.WAITS
    if request.method == "POST" and not looks:
        raise PermissionDenied
    form = forms.FindingForm(request.POST or None) if looks else None
    if request.method == "POST" and form is not None and form.is_valid():
        data = form.cleaned_data | {"finding": Finding(form.cleaned_data["finding"])}
        try:
            actions.record_finding(actor=actor, check=found, **data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Kept."))
            return redirect("support:audit", found.audit.uid)
    return render(request, "support/audits/check.html", _context(request, found, form))


def _context(request: HttpRequest, found: Check, form: forms.FindingForm | None) -> dict[str, object]:
    actor = actor_of(request)
    own = access.speaks_for(actor, found.school)
    pieces = list(found.project.evidence.all()) if found.project is not None else []
    actions.seen(actor=actor, check=found)
    objected = found.finding in TOLD and found.settled is None
    return {
        "check": found,
        "form": form,
        "pieces": pieces,
        "own": own,
        "district": queries.reads_all(actor),
        "altered": found.project is not None and digest(pieces) != found.evidence_sha256,
        "reply": forms.ReplyForm() if own and found.waits_for_school else None,
        "settle": forms.SettleForm(initial={"finding": found.finding})
        if objected and access.prepares(actor)
        else None,
        "sees_money": access.sees_money(actor),
    }


@login_required
@require_POST
def reply(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = actor_of(request), _check(request, uid)
    text = request.POST.get("text", "")[: forms.LONGEST]
    done(
        request,
        lambda: actions.reply(actor=actor, check=found, text=text),
        _("Sent. The bureau answers here."),
    )
    return redirect("support:check", found.uid)


@login_required
@require_POST
def settle(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = actor_of(request), _check(request, uid)
    access.require(access.prepares(actor), _("Only the district's officers settle objections."))
    form = forms.SettleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say whether the objection stands and why; the school reads it."))
        return redirect("support:check", found.uid)
    finding, text = Finding(form.cleaned_data["finding"]), form.cleaned_data["text"]
    done(
        request,
        lambda: actions.settle(actor=actor, check=found, finding=finding, text=text),
        pgettext("objection", "Settled."),
    )
    return redirect("support:check", found.uid)


@login_required
@require_safe
def piece(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A piece of evidence of a project whose field was drawn."""
    found = queries.piece(actor_of(request), uid)
    if found is None:
        raise Http404
    return send_piece(found)
