"""Typing results in: what is to be filled in, one class's sheet, and the cells as they are typed."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.systems.office.entry import actions, queries
from xuequ.systems.office.entry.forms import PlanForm


def _enterer(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not queries.may_open(actor):
        raise PermissionDenied
    return actor


def _sheet(actor: Actor, assessment: UUID, school_class: UUID) -> queries.Sheet:
    found = queries.sheet(actor, assessment, school_class)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    actor = _enterer(request)
    term = queries.current_term(actor)
    sheets = queries.sheets(actor, term)
    context = {
        "term": term,
        "sheets": sheets,
        "missing": sum(1 for sheet in sheets if sheet.missing),
        "may_plan": bool(queries.own_schools(actor)),
    }
    return render(request, "office/entry/home.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    actor = _enterer(request)
    schools = queries.own_schools(actor)
    if not schools:
        raise PermissionDenied
    form = PlanForm(request.POST or None, schools=schools, term=queries.current_term(actor))
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.plan_exam(actor=actor, plan=form.plan())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%(count)s sheets are ready to be filled in.") % {"count": len(made)})
            return redirect("office:entry")
    return render(request, "office/entry/plan.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest, uid: UUID, class_uid: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = _sheet(actor, uid, class_uid)
    answers: dict[str, actions.Answer] = {}
    if request.method == "POST":
        typed = [
            actions.Typed(
                key.removeprefix("v-"), str(value), request.POST.get("w-" + key.removeprefix("v-"), "")
            )
            for key, value in request.POST.items()
            if key.startswith("v-")
        ]
        given = actions.enter_cells(actor=actor, sheet=found, typed=typed)
        answers = {answer.pupil: answer for answer in given}
        if all(answer.state == "saved" for answer in given):
            messages.success(request, _("Everything is saved."))
            return redirect("office:entry-sheet", uid, class_uid)
    audit.record(actor, "results.sheet_seen", found.assessment, {"class": str(found.school_class.uid)})
    lines = [_line(line, answers) for line in queries.lines(found, actor)]
    return render(request, "office/entry/sheet.html", {"sheet": found, "lines": lines})


def _line(line: queries.Line, answers: dict[str, actions.Answer]) -> dict[str, Any]:
    uid = str(line.listed.pupil.uid)
    answer = answers.get(uid)
    kept = answer is not None and answer.state != "saved"
    return {
        "uid": uid,
        "name": line.listed.name,
        "number": line.listed.number,
        "text": answer.text if answer is not None and kept else actions.shown(line.result),
        "token": actions.token(line.result),
        "message": answer.message if answer is not None else "",
    }


@login_required
@require_POST
def cells(request: HttpRequest, uid: UUID, class_uid: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = _sheet(actor, uid, class_uid)
    answers = actions.enter_cells(actor=actor, sheet=found, typed=_typed(request.body))
    keys = ("pupil", "state", "text", "token", "message")
    return JsonResponse({"cells": [{key: getattr(answer, key) for key in keys} for answer in answers]})


def _typed(body: bytes) -> list[actions.Typed]:
    try:
        rows = json.loads(body)["cells"]
        return [actions.Typed(str(row["pupil"]), str(row["text"]), str(row["was"])) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise BadRequest("cells: pupil, text, was") from error
