"""The pages of an import."""

from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.answers import attempt
from xuequ.core.errors import Refused
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch
from xuequ.systems.balance import forms
from xuequ.systems.balance.catalogue import FACTS
from xuequ.systems.balance.imports import actions
from xuequ.systems.balance.imports.problems import Problem, Remark
from xuequ.systems.balance.official import LAYOUT
from xuequ.systems.balance.pages import keeper, year_or_404
from xuequ.systems.balance.values.listing import written


def _batches() -> "list[ImportBatch]":
    return list(ImportBatch.objects.filter(kind=actions.KIND).order_by("-pk")[:50])


def _batch(uid: UUID) -> ImportBatch:
    found = ImportBatch.objects.filter(kind=actions.KIND, uid=uid).first()
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    keeper(request)
    return render(request, "balance/imports.html", {"batches": _batches()})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, year: str) -> HttpResponse:
    actor, own = keeper(request), year_or_404(year)
    form = forms.UploadForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            batch = actions.upload(actor=actor, file=data["file"], year=own, named=data["layout"])
            return redirect("balance:import", batch.uid)
        except Refused as refusal:
            form.add_error("file", str(refusal))
    return render(request, "balance/import_new.html", {"form": form, "year": own, "layout": LAYOUT})


@login_required
@require_safe
def one(request: HttpRequest, uid: UUID) -> HttpResponse:
    keeper(request)
    batch = _batch(uid)
    year = actions.year_of(batch)
    is_open = batch.state in (BatchState.UPLOADED, BatchState.CHECKED)
    questions = [
        question | {
            "label": FACTS[question["fact"]].label,
            "as_is": written(question["fact"], Decimal(question["number"])),
            "other": written(question["fact"], Decimal(question["suggested"])),
        }
        for question in batch.questions
    ]  # fmt: skip
    context = {
        "batch": batch, "year": year, "open": is_open, "questions": questions,
        "problems": [Problem.from_json(row) for row in batch.problems],
        "more": batch.summary.get("problems", 0) - len(batch.problems),
        "remarks": [Remark.from_json(row) for row in batch.summary.get("remarks", [])],
        "may_store": actions.may_be_stored(batch),
    }  # fmt: skip
    return render(request, "balance/import.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = keeper(request)
    batch = _batch(uid)
    if batch.state not in (BatchState.UPLOADED, BatchState.CHECKED):
        return redirect("balance:import", batch.uid)
    form = forms.ColumnsForm(request.POST or None, layout=actions.layout_of(batch))
    if form.is_valid():
        said, name = form.columns(), form.cleaned_data["remember_as"]
        done = _("Checked again with these columns.")

        def keep() -> None:
            actions.set_columns(actor=actor, batch=batch, columns=said, remember_as=name)

        attempt(request, done, keep)
        return redirect("balance:import", batch.uid)
    return render(request, "balance/import_columns.html", {"form": form, "batch": batch})


@login_required
@require_POST
def answers(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, batch = keeper(request), _batch(uid)
    given = {question["key"]: request.POST.get(f"q{n}", "") for n, question in enumerate(batch.questions, 1)}
    done = _("Answers kept.")
    attempt(request, done, lambda: actions.answer(actor=actor, batch=batch, answers=given))
    return redirect("balance:import", batch.uid)


@login_required
@require_POST
def confirm(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, batch = keeper(request), _batch(uid)
    attempt(
        request,
        _("Stored. Judge the year again to see what changed."),
        lambda: actions.confirm(actor=actor, batch=batch),
    )
    return redirect("balance:import", batch.uid)


@login_required
@require_POST
def discard(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, batch = keeper(request), _batch(uid)
    try:
        actions.discard(actor=actor, batch=batch)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("balance:import", batch.uid)
    messages.success(request, _("Discarded; nothing was stored."))
    return redirect("balance:imports")


@login_required
@require_POST
def undo(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, batch = keeper(request), _batch(uid)
    done = _("Taken back; what stood before counts again.")
    attempt(request, done, lambda: actions.undo(actor=actor, batch=batch))
    return redirect("balance:import", batch.uid)
