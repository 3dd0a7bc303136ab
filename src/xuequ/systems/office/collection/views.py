"""The district's pages: prepare, send, look at what comes, merge."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.core.files import attachment
from xuequ.core.tables import XLSX, export_of, paged
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.kit.collection import actions, asking, queries, review
from xuequ.kit.collection.choices import CollectionState, SheetState, Use
from xuequ.kit.collection.merging import merged_book
from xuequ.kit.collection.models import Collection, SchoolSheet
from xuequ.kit.collection.report import report_book
from xuequ.kit.collection.values import breaches
from xuequ.systems.office.collection import forms, grid, pictures
from xuequ.systems.office.collection.preview import preview, sheet_names
from xuequ.systems.office.collection.tables import BoardTable, BurdenTable, CollectionTable, share_words
from xuequ.systems.office.collection.wording import remarks_of


def _collector(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not policy.collects(actor):
        raise PermissionDenied
    return actor


def _collection(actor: Actor, uid: UUID) -> Collection:
    found = queries.collection(actor, uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if policy.collects(actor):
        table = CollectionTable(queries.collections(actor))
        if (export := export_of(request, table, "collections")) is not None:
            return export
        return render(request, "office/collection/home.html", {"table": paged(request, table)})
    if not policy.holds_at_a_school(actor, policy.ANSWERERS):
        raise PermissionDenied
    return render(request, "office/collection/own.html", {"sheets": queries.own_sheets(actor)[:50]})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    actor = _collector(request)
    form = forms.UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            collection = actions.upload(actor=actor, file=form.cleaned_data["file"])
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("office:collection-layout", collection.uid)
    return render(request, "office/collection/new.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def layout(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _collector(request)
    found = _collection(actor, uid)
    if found.state == CollectionState.FINISHED:
        return redirect("office:collection-show", uid)
    number = request.GET.get("page", "1")
    page = int(number) if number.isdecimal() else 1
    form = forms.LayoutForm(request.POST or None, layout=found.layout, page=page)
    if request.method == "POST" and form.is_valid():
        actions.set_layout(actor=actor, collection=found, layout=form.cleaned_data["layout"])
        messages.success(request, _("The layout is stored."))
        if form.page < form.pages:
            return redirect(f"{request.path}?page={form.page + 1}")
        step = "office:collection-send" if found.state == CollectionState.DRAFT else "office:collection-show"
        return redirect(step, uid)
    return _layout_page(request, found, form, None)


def _layout_page(
    request: HttpRequest, found: Collection, form: forms.LayoutForm, where: forms.WhereForm | None
) -> HttpResponse:
    workbook = queries.stored(found.workbook)
    context = {
        "collection": found,
        "form": form,
        "where": where or forms.WhereForm(layout=found.layout, sheets=sheet_names(workbook)),
        "preview": preview(workbook, found.layout),
        "layout": found.layout,
        "remarks": remarks_of(found),
        "draft": found.state == CollectionState.DRAFT,
        "known": len(found.layout.of_use(Use.KNOWN)),
        "asked": len(found.layout.of_use(Use.ASKED)),
    }
    return render(request, "office/collection/layout.html", context)


@login_required
@require_POST
def layout_again(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _collector(request)
    found = _collection(actor, uid)
    sheets = sheet_names(queries.stored(found.workbook))
    where = forms.WhereForm(request.POST, layout=found.layout, sheets=sheets)
    if where.is_valid():
        try:
            actions.read_again(actor=actor, collection=found, where=where.where(found.layout))
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect("office:collection-layout", uid)
    return _layout_page(request, found, forms.LayoutForm(layout=found.layout), where)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _collector(request)
    found = _collection(actor, uid)
    if found.state == CollectionState.FINISHED:
        return redirect("office:collection-show", uid)
    form = forms.SendForm(request.POST or None, collection=found, day=actor.day)
    if request.method == "POST" and form.is_valid():
        schools = list(form.cleaned_data["schools"])
        try:
            actions.describe(actor=actor, collection=found, said=form.said())
            if schools or found.state == CollectionState.DRAFT:
                count = actions.send(actor=actor, collection=found, schools=schools)
                messages.success(
                    request,
                    _("Sent to %(count)s schools; each finds it on its home page.") % {"count": count},
                )
        except Refused as refusal:
            form.add_error("schools", str(refusal))
        else:
            return redirect("office:collection-show", uid)
    layout = found.layout
    context = {
        "collection": found,
        "form": form,
        "asked": len(layout.of_use(Use.ASKED)),
        "known": len(layout.of_use(Use.KNOWN)),
        "draft": found.state == CollectionState.DRAFT,
    }
    return render(request, "office/collection/send.html", context)


@login_required
@require_safe
def show(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _collector(request)
    found = _collection(actor, uid)
    if found.state == CollectionState.DRAFT:
        return redirect("office:collection-layout", uid)
    sheets = queries.board(found)
    table = BoardTable(sheets, head_confirms=found.head_confirms)
    if (export := export_of(request, table, "schools")) is not None:
        return export
    states = [sheet.state for sheet in sheets]
    context = {
        "collection": found,
        "table": paged(request, table),
        "handed_in": sum(state in queries.HANDED_IN for state in states),
        "accepted": states.count(SheetState.ACCEPTED),
        "returned": states.count(SheetState.RETURNED),
        "all": len(states),
        "open": found.state == CollectionState.RUNNING,
        "share": share_words(found.known or 0, found.asked or 0),  # type: ignore[attr-defined]
    }
    return render(request, "office/collection/show.html", context)


@login_required
@require_safe
def original(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _collection(_collector(request), uid)
    return attachment(queries.stored(found.original), found.file_name, "application/octet-stream")


@login_required
@require_safe
def merged(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _collector(request)
    found = _collection(actor, uid)
    answers = queries.handed_in(queries.board(found))
    if not answers or found.destroyed is not None:
        messages.error(
            request, _("No school has handed in yet, or the answers were destroyed when their time was over.")
        )
        return redirect("office:collection-show", uid)
    content = merged_book(queries.stored(found.workbook), found.layout, answers)
    audit.record(actor, "collection.merged", found, {"schools": len(answers)})
    return attachment(content, f"{found.title}.xlsx", XLSX)


@login_required
@require_safe
def report(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _collector(request)
    found = _collection(actor, uid)
    answers = queries.examined(found, queries.board(found))
    accounts = [pk for item in answers for pk in (item.sheet.submitted_by_id, item.sheet.confirmed_by_id)]
    content = report_book(found, answers, queries.account_names(accounts))
    audit.record(actor, "collection.reported", found, {"schools": len(answers)})
    name = _("%(title)s, check report") % {"title": found.title}
    return attachment(content, f"{name}.xlsx", XLSX)


@login_required
@require_safe
def results(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _collection(_collector(request), uid)
    fields = pictures.numeric(found.layout)
    sheets = [sheet for sheet in queries.board(found) if sheet.state in queries.HANDED_IN]
    number = request.GET.get("figure", "0")
    place = int(number) if number.isdecimal() and int(number) < len(fields) else 0
    figure = pictures.by_school(found, fields[place], sheets) if fields and sheets else None
    context = {"collection": found, "fields": list(enumerate(fields)), "place": place, "figure": figure}
    return render(request, "office/collection/results.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def finish(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _collector(request)
    found = _collection(actor, uid)
    if request.method == "POST":
        try:
            actions.finish(actor=actor, collection=found)
            messages.success(
                request, _("Finished. The answers stay available until %(day)s.") % {"day": found.keep_until}
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect("office:collection-show", uid)
    missing = [sheet for sheet in queries.board(found) if sheet.state not in queries.HANDED_IN]
    return render(request, "office/collection/finish.html", {"collection": found, "missing": missing})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _collector(request)
    found = _collection(actor, uid)
    if request.method == "POST":
        try:
            actions.discard(actor=actor, collection=found)
            messages.success(request, _("The collection was discarded; no school had been asked."))
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect("office:collection-home")
    return render(request, "office/collection/discard.html", {"collection": found})


@login_required
@require_safe
def burden(request: HttpRequest) -> HttpResponse:
    rows = queries.collections(_collector(request)).exclude(state=CollectionState.DRAFT)
    table = BurdenTable(rows)
    if (export := export_of(request, table, "burden")) is not None:
        return export
    asked, known = (sum(getattr(row, name) or 0 for row in rows) for name in ("asked", "known"))
    context = {
        "table": paged(request, table),
        "asked": asked,
        "known": known,
        "share": share_words(known, asked),
    }
    return render(request, "office/collection/burden.html", context)


# One school's answer.


def _answer(actor: Actor, uid: UUID) -> SchoolSheet:
    rows = SchoolSheet.objects.select_related("collection", "school")
    found = rows.filter(uid=uid, collection__in=queries.collections(actor).values("pk")).first()
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def answer(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _collector(request)
    found = _answer(actor, uid)
    return _answer_page(request, actor, found, forms.ReturnForm())


def _answer_page(
    request: HttpRequest, actor: Actor, found: SchoolSheet, form: forms.ReturnForm
) -> HttpResponse:
    layout, content = found.collection.layout, found.content
    names = queries.account_names([found.submitted_by_id, found.confirmed_by_id])
    audit.record(actor, "collection.answer-seen", found)
    places = {item.key: place for place, item in enumerate(layout.answers)}
    context = {
        "sheet": found,
        "collection": found.collection,
        "grid": grid.build(layout, content, breaches(layout, content) if found.begun else ()),
        "contested": [
            {
                "name": item.name,
                "known": known,
                "place": places[key],
                "cell": grid.GridCell(item, "1", 0, None, known),
            }
            for key, known in content.known.items()
            if known.objection and (item := layout.field(key)) is not None
        ],
        "submitted_by": names.get(found.submitted_by_id or 0, ""),
        "confirmed_by": names.get(found.confirmed_by_id or 0, ""),
        "handed_in": found.state in queries.HANDED_IN,
        "open": found.collection.state == CollectionState.RUNNING and found.state in queries.HANDED_IN,
        "waits_for_head": asking.needs_head(found.collection) and found.confirmed is None,
        "form": form,
    }
    return render(request, "office/collection/answer.html", context)


@login_required
@require_POST
def accept(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _collector(request)
    found = _answer(actor, uid)
    try:
        review.accept(actor=actor, sheet=found)
        messages.success(request, _("Accepted."))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:collection-answer", uid)
    return redirect("office:collection-show", found.collection.uid)


@login_required
@require_POST
def give_back(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _collector(request)
    found = _answer(actor, uid)
    form = forms.ReturnForm(request.POST)
    fields = found.collection.layout.answers
    reasons = {}
    for name, text in request.POST.items():
        head, _dash, rest = name.partition("-")
        row, _dash, place = rest.rpartition("-")
        if head == "r" and str(text).strip():
            key = fields[int(place)].key if place.isdecimal() and int(place) < len(fields) else ""
            reasons[f"{row}|{key}"] = str(text)
    if form.is_valid():
        try:
            review.give_back(actor=actor, sheet=found, reason=form.cleaned_data["reason"], cells=reasons)
        except Refused as refusal:
            form.add_error("reason", str(refusal))
        else:
            messages.success(request, _("Returned; the school sees the reasons on its page."))
            return redirect("office:collection-show", found.collection.uid)
    return _answer_page(request, actor, found, form)


@login_required
@require_POST
def settle(request: HttpRequest, uid: UUID, place: int) -> HttpResponse:
    actor = _collector(request)
    found = _answer(actor, uid)
    fields = found.collection.layout.answers
    if place >= len(fields):
        raise Http404
    try:
        adopt = request.POST.get("do") == "adopt"
        review.settle(actor=actor, sheet=found, key=fields[place].key, adopt=adopt)
        messages.success(request, _("Decided; the school sees it on its page."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:collection-answer", uid)
