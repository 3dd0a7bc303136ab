"""The pages on which a ledger is brought in."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.errors import Refused
from xuequ.core.files import attachment
from xuequ.core.tables import XLSX
from xuequ.district.actors import Actor
from xuequ.record.models import ImportBatch
from xuequ.systems.programmes import access
from xuequ.systems.programmes.ledger import forms, imports
from xuequ.systems.programmes.ledger.reading import LedgerProblem
from xuequ.systems.programmes.ledger.tables import ChangeTable, ProblemTable
from xuequ.systems.programmes.ledger.template import template_bytes
from xuequ.systems.programmes.ledger.views import keeper
from xuequ.systems.programmes.pages import there


def _batches(actor: Actor) -> "QuerySet[ImportBatch]":
    rows = ImportBatch.objects.filter(kind=imports.KIND)
    return rows if access.keeps_everything(actor) else rows.filter(created_by=actor.account_id)


def _batch(actor: Actor, uid: UUID) -> ImportBatch:
    return there(_batches(actor).filter(uid=uid).first())


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    actor = keeper(request)
    form = forms.UploadForm(request.POST or None, request.FILES or None, actor=actor)
    if request.method == "POST" and form.is_valid():
        try:
            batch = imports.upload(actor=actor, **form.cleaned_data)
            return redirect("programmes:import", batch.uid)
        except Refused as refusal:
            form.add_error("file", str(refusal))
    page = Paginator(_batches(actor), 10).get_page(request.GET.get("page"))
    return render(request, "programmes/ledger/import_new.html", {"form": form, "page": page})


@login_required
@require_safe
def import_template(request: HttpRequest) -> HttpResponse:
    keeper(request)
    return attachment(template_bytes(), "装备台账模板.xlsx", XLSX)


@login_required
@require_safe
def import_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    batch = _batch(keeper(request), uid)
    problems = [LedgerProblem.from_json(item) for item in batch.problems]
    context = {
        "batch": batch,
        "said": batch.summary,
        "value": None if batch.questions else batch.summary.get("yuan"),
        "problems": ProblemTable(problems) if problems else None,
        "more": batch.summary.get("problems", 0) - len(problems),
        "changes": ChangeTable(batch.summary["changes"]) if batch.summary.get("changes") else None,
        "more_changes": batch.summary.get("steps", 0) - len(batch.summary.get("changes", ())),
        "more_left": batch.summary.get("missing", 0) - len(batch.summary.get("left", ())),
        "may_store": imports.may_be_stored(batch),
    }
    return render(request, "programmes/ledger/import.html", context)


@login_required
@require_POST
def import_act(request: HttpRequest, uid: UUID, act: str) -> HttpResponse:
    actor = keeper(request)
    batch = _batch(actor, uid)
    try:
        if act == "answer":
            imports.answer(actor=actor, batch=batch, unit=request.POST.get("unit", ""))
        elif act == "store":
            imports.confirm(actor=actor, batch=batch)
            messages.success(request, _("Stored. The ledger now holds these entries."))
        elif act == "discard":
            imports.discard(actor=actor, batch=batch)
            return redirect("programmes:import-new")
        elif act == "undo":
            imports.undo(actor=actor, batch=batch)
            messages.success(request, _("Undone; the ledger is as it was before."))
        else:
            raise Http404
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("programmes:import", uid)
