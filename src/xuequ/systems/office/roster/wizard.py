"""The steps of a roster import as pages: file, sheets and columns, check, answers, result."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.errors import Refused
from xuequ.core.models import Task
from xuequ.core.tables import export_of, paged
from xuequ.district.actors import Actor
from xuequ.kit.approvals import imports as approvals
from xuequ.kit.roster import actions as roster
from xuequ.kit.roster.content import Kind
from xuequ.kit.roster.fields import KIND_LABELS
from xuequ.kit.roster.plan import ADDED, CHANGED, REMOVED, UNCHANGED
from xuequ.kit.roster.problems import Problem, Remark
from xuequ.kit.roster.wording import REASONS
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch
from xuequ.systems.office.roster import actions, queries
from xuequ.systems.office.roster.forms import ConfirmForm, QuestionsForm, RosterFileForm, SheetsForm
from xuequ.systems.office.roster.tables import ExampleTable, ProblemTable
from xuequ.systems.office.roster.views import keeper

OPEN = {BatchState.UPLOADED, BatchState.CHECKED}
SHOWN_QUESTIONS = 50


def _batch(actor: Actor, uid: UUID) -> ImportBatch:
    found = queries.imports(actor).filter(uid=uid).first()
    if found is None:
        raise Http404
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    actor = keeper(request)
    form = RosterFileForm(
        request.POST or None,
        request.FILES or None,
        today=actor.day,
        schools=roster.own_schools(actor),
    )
    if request.method == "POST" and form.is_valid():
        try:
            batch = roster.upload(actor=actor, file=form.cleaned_data["file"], options=form.options())
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            if roster.is_archive(batch.file_name):
                return _go_on(actions.check(actor=actor, batch=batch), batch)
            return redirect("office:roster-sheets", batch.uid)
    return render(request, "office/roster/new.html", {"form": form})


def _go_on(job: Task | None, batch: ImportBatch) -> HttpResponse:
    return redirect("job", job.uid) if job is not None else redirect("office:roster-import", batch.uid)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sheets(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = keeper(request)
    batch = _batch(actor, uid)
    if batch.state not in OPEN or roster.is_archive(batch.file_name):
        return redirect("office:roster-import", batch.uid)
    options = roster.options_of(batch)
    form = SheetsForm(request.POST or None, sheets=options.sheets)
    if request.method == "POST" and form.is_valid():
        chosen = form.chosen()
        changed = form.changed_uses()
        for place, use in changed.items():
            chosen[place] = replace(
                roster.use_as(batch, chosen[place].name, use, ""), complete=chosen[place].complete
            )
        roster.set_sheets(actor=actor, batch=batch, sheets=chosen)
        if not changed:
            batch.refresh_from_db()
            return _go_on(actions.check(actor=actor, batch=batch), batch)
        messages.info(request, _("The columns were understood anew; look at them once more."))
        return redirect("office:roster-sheets", batch.uid)
    return render(request, "office/roster/sheets.html", {"batch": batch, "form": form})


@login_required
@require_safe
def show(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = keeper(request)
    batch = _batch(actor, uid)
    if batch.state == BatchState.UPLOADED and not roster.is_archive(batch.file_name):
        return redirect("office:roster-sheets", batch.uid)
    problems = ProblemTable([Problem.from_json(item) for item in batch.problems])
    if (export := export_of(request, problems, "problems")) is not None:
        return export
    context = {
        "batch": batch,
        "summary": batch.summary,
        "options": roster.options_of(batch),
        "tabs": _tabs(request, batch),
        "problems": paged(request, problems) if batch.problems else None,
        "more": batch.summary.get("problems", 0) - len(batch.problems),
        "remarks": [Remark.from_json(item) for item in batch.summary.get("remarks", [])],
        "questions": _questions(batch, actor) if batch.questions else None,
        "open": batch.state == BatchState.CHECKED,
        "may_confirm": roster.may_be_confirmed(batch),
        "removes": sum(batch.summary.get(REMOVED, {}).values()),
        "archive": roster.is_archive(batch.file_name),
        **approvals.standing(actor, batch),
    }
    return render(request, "office/roster/import.html", context)


def _tabs(request: HttpRequest, batch: ImportBatch) -> list[dict[str, Any]]:
    """Return a tab for each table of the file, the chosen one with its examples."""
    said = batch.summary
    concerned = [
        k for k in Kind if any(said.get(action, {}).get(k) for action in (ADDED, CHANGED, REMOVED, UNCHANGED))
    ]
    chosen = request.GET.get("table", "")
    current = chosen if chosen in concerned else next(iter(concerned), "")
    return [
        {
            "kind": kind,
            "label": KIND_LABELS[kind],
            "current": kind == current,
            **{a: said.get(a, {}).get(kind, 0) for a in (ADDED, CHANGED, REMOVED, UNCHANGED)},
            "groups": _groups(batch, kind) if kind == current else [],
        }
        for kind in concerned
    ]


def _groups(batch: ImportBatch, kind: Kind) -> list[dict[str, Any]]:
    found = batch.examples.get(kind, {})
    return [
        {
            "action": action,
            "table": ExampleTable(found[action]),
            "more": batch.summary[action].get(kind, 0) - len(found[action]),
        }
        for action in (REMOVED, CHANGED, ADDED)
        if found.get(action)
    ]


def _questions(batch: ImportBatch, actor: Actor, data: Any = None) -> QuestionsForm:
    shown = batch.questions[:SHOWN_QUESTIONS]
    known = queries.candidates(shown, actor)
    return QuestionsForm(data, questions=[_question(q, known) for q in shown])


def _question(question: dict[str, Any], known: dict[tuple[str, int], queries.Candidate]) -> dict[str, Any]:
    kind = question["kind"]
    people = [(pk, known[kind, pk]) for pk in question["candidates"] if (kind, pk) in known]
    options = [(str(pk), f"{person.name} · {person.place}") for pk, person in people]
    if kind != Kind.TEACHING:
        options.append(("new", _("Somebody new")))
    sheet = question["key"].split("!")[0]
    return {
        "key": question["key"],
        "label": f"{sheet}!{question['cell']} {question['text']}",
        "reason": REASONS[question["reason"]],
        "options": [*options, ("skip", _("Leave the row out"))],
    }


@login_required
@require_POST
def answers(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = keeper(request)
    batch = _batch(actor, uid)
    form = _questions(batch, actor, request.POST)
    if not form.is_valid():
        return redirect("office:roster-import", batch.uid)
    try:
        roster.answer(actor=actor, batch=batch, choices=form.choices())
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:roster-import", batch.uid)
    return _go_on(actions.check(actor=actor, batch=batch), batch)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Store at once what takes nobody out; show first who would be taken out otherwise."""
    actor = keeper(request)
    batch = _batch(actor, uid)
    removed = batch.summary.get(REMOVED, {})
    much = bool(batch.summary.get("much_removed"))
    form = ConfirmForm(request.POST if "seen" in request.POST else None) if much else None
    if (
        request.method == "POST"
        and (not removed or "seen" in request.POST)
        and (form is None or form.is_valid())
    ):
        try:
            return _go_on(actions.confirm(actor=actor, batch=batch, agreed=much), batch)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("office:roster-import", batch.uid)
    if not removed:
        return redirect("office:roster-import", batch.uid)
    of = batch.summary.get("of", {})
    rows = [(KIND_LABELS[Kind(kind)], count, of.get(kind, 0)) for kind, count in removed.items()]
    context = {"batch": batch, "rows": rows, "form": form, "options": roster.options_of(batch)}
    return render(request, "office/roster/confirm.html", context)


@login_required
@require_POST
def discard(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = keeper(request)
    try:
        roster.discard(actor=actor, batch=_batch(actor, uid))
        messages.success(request, _("The import was discarded; nothing had been stored."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:roster")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = keeper(request)
    batch = _batch(actor, uid)
    if request.method == "POST":
        try:
            job = actions.undo(actor=actor, batch=batch)
            if job is None:
                messages.success(request, _("The import was undone."))
            return _go_on(job, batch)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("office:roster-import", batch.uid)
    return render(request, "office/roster/undo.html", {"batch": batch})
