"""The school's pages: fill in, hand in, object; and everybody's page of notices."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.errors import Refused
from xuequ.core.files import attachment
from xuequ.core.tables import XLSX
from xuequ.district.actors import Actor
from xuequ.kit.collection import answering, asking, queries
from xuequ.kit.collection.choices import CollectionState, Shape, SheetState
from xuequ.kit.collection.layout import Field
from xuequ.kit.collection.models import SchoolSheet
from xuequ.kit.collection.values import breaches
from xuequ.kit.notices.queries import waiting
from xuequ.systems.office.collection import forms, grid


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def _sheet(actor: Actor, uid: UUID) -> SchoolSheet:
    found = queries.own_sheet(actor, uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    found = _sheet(actor, uid)
    if request.method == "POST":
        return _sent(request, actor, found)
    return _page(request, actor, found)


def _sent(request: HttpRequest, actor: Actor, found: SchoolSheet) -> HttpResponse:
    """Save what was sent and, when asked, hand it in. What cannot be saved stays on the page."""
    layout = found.collection.layout
    step = request.POST.get("do", "save")
    try:
        lines = grid.read_post(layout, request.POST)
        revision = request.POST.get("revision", "")
        found = answering.save(
            actor=actor, sheet=found, lines=lines, revision=int(revision) if revision.isdecimal() else 0
        )
        if step == "submit":
            answering.submit(actor=actor, sheet=found, note=request.POST.get("note", ""))
    except answering.Stale as refusal:
        messages.warning(request, str(refusal))
        found.content.lines = lines
        return _page(request, actor, found)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _page(request, actor, _sheet(actor, found.uid), checked=True)
    if step == "submit":
        messages.success(request, _("Submitted. Thank you; nothing more is to be done for now."))
    elif step == "save":
        messages.success(request, _("Saved. You can go on at any time."))
    response = redirect("office:collection-sheet", found.uid)
    if step == "more":
        response["Location"] += f"?more={grid.MORE_LINES}"
    return response


def _page(request: HttpRequest, actor: Actor, found: SchoolSheet, *, checked: bool = False) -> HttpResponse:
    collection, layout = found.collection, found.collection.layout
    is_open = found.state in asking.OPEN and collection.state == CollectionState.RUNNING
    troubles = breaches(layout, found.content) if checked or found.begun else []
    blank = 0
    if is_open and layout.shape == Shape.ITEMS:
        blank = grid.MORE_LINES if "more" in request.GET else grid.BLANK_LINES
    context = {
        "sheet": found,
        "collection": collection,
        "grid": grid.build(layout, found.content, troubles, blank=blank),
        "open": is_open,
        "may_confirm": found.state == SheetState.SUBMITTED
        and asking.needs_head(collection)
        and found.confirmed is None
        and queries.heads(actor, found),
        "waits_for_head": asking.needs_head(collection) and found.confirmed is None,
        "soft": any(breach.is_soft for breach in troubles),
        "hard": sum(not breach.is_soft for breach in troubles),
        "note": request.POST.get("note", found.content.note),
        "changes": queries.changes_since(found) if is_open else [],
        "file": forms.FilledForm(),
    }
    return render(request, "office/collection/sheet.html", context)


@login_required
@require_safe
def excel(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    found = _sheet(actor, uid)
    name = f"{found.collection.title}-{found.school}.xlsx"
    return attachment(answering.excel(actor=actor, sheet=found), name, XLSX)


@login_required
@require_POST
def upload(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    found = _sheet(actor, uid)
    form = forms.FilledForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _("Choose the Excel file first."))
        return redirect("office:collection-sheet", uid)
    try:
        back = answering.fill_from_file(actor=actor, sheet=found, file=form.cleaned_data["file"])
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The file was taken over. Look through it, then submit."))
        if back.disputed:
            words = {"cells": "、".join(back.disputed[:5])}
            text = _(
                "Values that we filled in were not changed (%(cells)s); object to them below if they are wrong."
            )
            messages.warning(request, text % words)
    return redirect("office:collection-sheet", uid)


def _field(found: SchoolSheet, place: int) -> Field:
    fields = found.collection.layout.answers
    if place >= len(fields) or fields[place].key not in found.content.known:
        raise Http404
    return fields[place]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def contest(request: HttpRequest, uid: UUID, place: int) -> HttpResponse:
    actor = _actor(request)
    found = _sheet(actor, uid)
    item = _field(found, place)
    form = forms.ContestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            answering.contest(actor=actor, sheet=found, key=item.key, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, _("Your objection is noted; the district decides and you see the answer here.")
            )
            return redirect("office:collection-sheet", uid)
    cell = grid.GridCell(item, "1", place, None, found.content.known[item.key])
    context = {"sheet": found, "collection": found.collection, "cell": cell, "form": form}
    return render(request, "office/collection/contest.html", context)


def _do(request: HttpRequest, uid: UUID, done: str, step: object, **more: object) -> HttpResponse:
    actor = _actor(request)
    try:
        step(actor=actor, sheet=_sheet(actor, uid), **more)  # type: ignore[operator]
        messages.success(request, done)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:collection-sheet", uid)


@login_required
@require_POST
def withdraw(request: HttpRequest, uid: UUID, place: int) -> HttpResponse:
    item = _field(_sheet(_actor(request), uid), place)
    return _do(request, uid, _("The objection was taken back."), answering.withdraw_contest, key=item.key)


@login_required
@require_POST
def confirm(request: HttpRequest, uid: UUID) -> HttpResponse:
    return _do(request, uid, _("Confirmed. The answer is with the district now."), answering.confirm)


@login_required
@require_POST
def take_back(request: HttpRequest, uid: UUID) -> HttpResponse:
    return _do(request, uid, _("Taken back. Change it and submit it again."), answering.take_back)


@login_required
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    return render(request, "office/collection/notices.html", {"notices": waiting(actor), "day": actor.day})
