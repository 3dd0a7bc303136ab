"""Requests about personal data as the office answers them."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.core.files import attachment
from xuequ.core.tables import export_of, paged
from xuequ.district import erasure, policy, portability, rights
from xuequ.district.actors import Actor
from xuequ.district.consent import RequestKind, RightsRequest
from xuequ.systems.office.rights import dossier, forms, letters, queries
from xuequ.systems.office.rights.families import ZIP
from xuequ.systems.office.rights.tables import RequestTable
from xuequ.systems.office.rights.views import actor_of
from xuequ.systems.office.rights.wording import EFFECTS

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ANSWERS: dict[str, Callable[..., None]] = {
    "answer": rights.answer,
    "refuse": rights.refuse,
    "postpone": rights.postpone,
}


def _handler(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not rights.handles(actor):
        raise PermissionDenied
    return actor


def _request(actor: Actor, uid: UUID) -> RightsRequest:
    row = rights.requests(actor).filter(uid=uid).first()
    if row is None:
        raise Http404
    return row


@login_required
@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    actor = _handler(request)
    table = RequestTable(rights.requests(actor))
    if (export := export_of(request, table, "requests")) is not None:
        return export
    return render(request, "office/rights/requests.html", {"table": paged(request, table)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    actor = _handler(request)
    form = forms.WriteDownForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        person = queries.person_by_number(actor, said["number"])
        if person is None:
            form.add_error("number", _("Nobody whom you may find has this number."))
        else:
            try:
                row = rights.write_down(
                    actor=actor, person=person, kind=RequestKind(said["kind"]), text=said["text"]
                )
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                return redirect("office:rights-request", row.uid)
    return render(request, "office/rights/write_down.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _handler(request)
    row = _request(actor, uid)
    form = forms.AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        act = ANSWERS.get(request.POST.get("do", ""))
        if act is None:
            raise Http404
        try:
            act(actor=actor, request=row, text=form.cleaned_data["text"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The request has been answered."))
            return redirect("office:rights-request", uid)
    audit.record(actor, "rights.seen", row)
    is_erasure = row.kind == RequestKind.ERASURE and row.is_open
    plan = erasure.plan(row.person, actor.day) if is_erasure else None
    context = {
        "row": row,
        "form": form,
        "plan": plan,
        "is_district": policy.handles_rights(actor),
        "steps": row.steps.select_related("account"),
        "overdue": row.is_open and row.due < actor.day,
    }
    return render(request, "office/rights/request.html", context)


@login_required
@require_safe
def copy(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _handler(request)
    row = _request(actor, uid)
    if row.kind != RequestKind.ACCESS:
        raise Http404
    try:
        sections = portability.collect(actor=actor, person=row.person)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:rights-request", uid)
    content = dossier.as_zip(sections, name=row.person.name, at=clock.now())
    return attachment(content, _("personal data") + ".zip", ZIP)


@login_required
@require_safe
def letter(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _handler(request)
    row = _request(actor, uid)
    audit.record(actor, "rights.letter", row)
    return attachment(letters.answer_letter(row), _("answer") + ".docx", WORD)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _handler(request)
    row = _request(actor, uid)
    if not policy.handles_rights(actor):
        raise PermissionDenied
    if row.kind != RequestKind.ERASURE or not row.is_open:
        raise Http404
    plan = erasure.plan(row.person, actor.day)
    if request.method == "POST":
        try:
            rights.grant_erasure(actor=actor, request=row)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, _("The person has been erased. The ledger remembers the key, nobody the name.")
            )
        return redirect("office:rights-request", uid)
    steps = [{"step": step, "effect": EFFECTS[step.effect]} for step in plan.steps]
    return render(request, "office/rights/erase.html", {"row": row, "plan": plan, "steps": steps})
