"""The steps of an import as pages: file, columns, check, answers, result."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.errors import Refused
from xuequ.core.models import Task
from xuequ.core.tables import export_of, paged
from xuequ.district.actors import Actor
from xuequ.kit.approvals import imports as approvals
from xuequ.kit.scores import actions as scores
from xuequ.kit.scores.problems import Problem, Remark
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch
from xuequ.systems.office import actions, forms, queries
from xuequ.systems.office.tables import ProblemTable
from xuequ.systems.office.views import office_actor
from xuequ.systems.office.wording import question_texts


def _importer(request: HttpRequest) -> Actor:
    actor = office_actor(request)
    if not queries.may_import(actor):
        raise PermissionDenied
    return actor


def _batch(actor: Actor, uid: UUID) -> ImportBatch:
    found = queries.import_batch(actor, uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_sheet(request: HttpRequest) -> HttpResponse:
    actor = _importer(request)
    own = queries.own_import_schools(actor)
    form = forms.SheetForm(request.POST or None, request.FILES or None, actor=actor, own_schools=own)
    return _upload(request, actor, form, {"may_study": not own})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_study(request: HttpRequest) -> HttpResponse:
    actor = _importer(request)
    if queries.own_import_schools(actor):
        raise PermissionDenied
    return _upload(
        request, actor, forms.StudyForm(request.POST or None, request.FILES or None), {"is_study": True}
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_for_assessment(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _importer(request)
    found = queries.assessment(actor, uid)
    if found is None:
        raise Http404
    if not queries.may_import_into(actor, found):
        raise PermissionDenied
    form = forms.AssessmentFileForm(request.POST or None, request.FILES or None, assessment=found)
    return _upload(request, actor, form, {"assessment": found})


def _rows(actor: Actor, uid: UUID) -> ImportBatch:
    """Return an import of whose file the actor may see the rows."""
    batch = _batch(actor, uid)
    if not queries.sees_rows(actor, batch):
        raise Http404
    return batch


def _upload(
    request: HttpRequest, actor: Actor, form: forms.UploadForm, context: dict[str, Any]
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            batch = scores.upload(actor=actor, file=form.cleaned_data["file"], options=form.options())
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("office:import-columns", batch.uid)
    return render(request, "office/import_new.html", {"form": form, **context})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _importer(request)
    batch = _rows(actor, uid)
    if batch.state not in {BatchState.UPLOADED, BatchState.CHECKED}:
        return redirect("office:import", batch.uid)
    view = scores.columns_of(batch)
    form = forms.ColumnsForm(
        request.POST or None, options=view.options, tables=view.sheets, samples=view.samples
    )
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data.get("sheets") or view.options.sheets
        scores.set_columns(
            actor=actor,
            batch=batch,
            columns=form.chosen_columns(),
            chosen_sheets=chosen,
            study=form.cleaned_data.get("study", ""),
        )
        return _go_on(actions.check(actor=actor, batch=batch), batch)
    return render(request, "office/import_columns.html", {"batch": batch, "form": form, "view": view})


def _go_on(job: Task | None, batch: ImportBatch) -> HttpResponse:
    return redirect("job", job.uid) if job is not None else redirect("office:import", batch.uid)


@login_required
@require_safe
def show(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _importer(request)
    batch = _batch(actor, uid)
    sees_rows = queries.sees_rows(actor, batch)
    if batch.state == BatchState.UPLOADED and sees_rows:
        return redirect("office:import-columns", batch.uid)
    table = ProblemTable([Problem.from_json(item) for item in batch.problems])
    if (export := export_of(request, table, "problems")) is not None:
        return export
    context = {
        "batch": batch,
        "summary": batch.summary,
        "table": paged(request, table) if batch.problems else None,
        "more": batch.summary.get("problems", 0) - len(batch.problems),
        "remarks": [Remark.from_json(item) for item in batch.summary.get("remarks", [])],
        "answers": _answers(batch, actor) if batch.questions and sees_rows else None,
        "sees_rows": sees_rows,
        "open": batch.state == BatchState.CHECKED,
        "may_confirm": scores.may_be_confirmed(batch),
        **approvals.standing(actor, batch),
    }
    return render(request, "office/import.html", context)


def _answers(batch: ImportBatch, actor: Actor, data: Any = None) -> forms.AnswersForm:
    shown = batch.questions[:50]
    return forms.AnswersForm(data, questions=question_texts(shown, queries.candidates(shown, actor)))


@login_required
@require_POST
def answers(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _importer(request)
    batch = _rows(actor, uid)
    form = _answers(batch, actor, request.POST)
    if not form.is_valid():
        return redirect("office:import", batch.uid)
    try:
        scores.answer(actor=actor, batch=batch, choices=form.choices())
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:import", batch.uid)
    return _go_on(actions.check(actor=actor, batch=batch), batch)


@login_required
@require_POST
def confirm(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _importer(request)
    batch = _batch(actor, uid)
    try:
        return _go_on(actions.confirm(actor=actor, batch=batch), batch)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:import", batch.uid)


@login_required
@require_POST
def discard(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _importer(request)
    try:
        scores.discard(actor=actor, batch=_batch(actor, uid))
        messages.success(request, _("The import was discarded; nothing had been stored."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:home")


@login_required
@require_POST
def undo(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _importer(request)
    batch = _batch(actor, uid)
    try:
        scores.undo(actor=actor, batch=batch)
        messages.success(request, _("The import was undone."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:import", batch.uid)
