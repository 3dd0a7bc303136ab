"""A school's pages: its self-rating, an item with its evidence, the way to the next star, history and appeals."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.core.rendering.formats import FORMATS, download
from xuequ.district.actors import Actor
from xuequ.engines.evaluation.star_scheme import SchemeItem
from xuequ.kit.evidence.forms import EvidenceForm
from xuequ.kit.evidence.responses import download as send_evidence
from xuequ.record import evidence as record
from xuequ.systems.stars.access import fills_in, heads, may_read_district
from xuequ.systems.stars.answers import GET_OR_POST, actor_of, done
from xuequ.systems.stars.choices import ApplicationState, RoundState
from xuequ.systems.stars.forms import AppealForm, RateForm, TextForm
from xuequ.systems.stars.models import Application, Practice, SchoolOutlook
from xuequ.systems.stars.outlook.queries import of_school
from xuequ.systems.stars.pathway.queries import way_of
from xuequ.systems.stars.pathway.reports import school_report
from xuequ.systems.stars.points import shown
from xuequ.systems.stars.rounds import appeals
from xuequ.systems.stars.rounds.queries import application as find
from xuequ.systems.stars.rounds.queries import history, is_blind
from xuequ.systems.stars.rounds.review import review
from xuequ.systems.stars.schemes.queries import scheme_in
from xuequ.systems.stars.selfrating import actions, queries


def _application(actor: Actor, uid: UUID) -> Application:
    found = find(actor, uid)
    if found is None:
        raise Http404
    return found


def _seen(actor: Actor, uid: UUID) -> Application:
    """An application whose ratings the actor may see: raters who still rate it see none."""
    found = _application(actor, uid)
    if is_blind(actor, found):
        raise Http404
    return found


def _own(actor: Actor, uid: UUID) -> Application:
    found = _application(actor, uid)
    if not fills_in(actor, found.school_id):
        raise Http404
    return found


@login_required
@require_safe
def application(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    found = _application(actor, uid)
    if not fills_in(actor, found.school_id):
        return review(request, actor, found)
    sheet = queries.sheet(found, scheme_in(found.round.version))
    context = {
        "application": found, "scheme_version": found.round.version, "sheet": sheet, "open": _is_open(found),
        "heads": heads(actor, found.school_id), "appeals": _appeals_by_item(found),
        "may_appeal": _may_appeal(actor, found),
        "carried": any(line.own is not None and line.own.carried for line in sheet.lines),
    }  # fmt: skip
    return render(request, "stars/school/application.html", context)


def _is_open(found: Application) -> bool:
    return found.state == ApplicationState.RATING and found.round.state != RoundState.CLOSED


def _may_appeal(actor: Actor, found: Application) -> bool:
    return (
        heads(actor, found.school_id)
        and found.state == ApplicationState.SETTLED
        and found.round.state != RoundState.CLOSED
    )


def _appeals_by_item(found: Application) -> dict[str, Any]:
    return {row.item: row for row in found.appeals.order_by("pk")}


def _item(found: Application, code: str) -> SchemeItem:
    try:
        return scheme_in(found.round.version).item(code)
    except KeyError as error:
        raise Http404 from error


@login_required
@require_http_methods(GET_OR_POST)
def item(request: HttpRequest, uid: UUID, code: str) -> HttpResponse:
    actor = actor_of(request)
    found = _own(actor, uid)
    asked = _item(found, code)
    sheet = queries.sheet(found, scheme_in(found.round.version))
    line = next(line for line in sheet.lines if line.item.code == code)
    initial = {"points": shown(line.own.points), "note": line.own.note} if line.own is not None else {}
    form = RateForm(request.POST or None, item=asked, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            data = form.cleaned_data
            actions.rate(actor=actor, application=found, code=code, points=data["points"], note=data["note"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _after_rating(request, found, sheet, code)
    return _item_page(request, actor, found, asked, line, form=form, sheet=sheet)


def _after_rating(request: HttpRequest, found: Application, sheet: queries.Sheet, code: str) -> HttpResponse:
    following = sheet.next_after(code)
    messages.success(request, _("%(item)s is kept.") % {"item": code})
    if following is None or "stay" in request.POST:
        return redirect("stars:application", found.uid)
    return redirect("stars:item", found.uid, following.code)


def _item_page(
    request: HttpRequest, actor: Actor, found: Application, asked: SchemeItem, line: queries.ItemLine, **more: Any
) -> HttpResponse:  # fmt: skip
    shared = Practice.objects.filter(
        scheme=found.round.version.scheme_id, item=asked.code, ended=None
    ).select_related("school")
    rows = list(shared)
    context = {
        "application": found, "scheme_version": found.round.version, "item": asked, "line": line,
        "open": _is_open(found),
        "evidence_form": EvidenceForm(prefix="e"), "heads": heads(actor, found.school_id),
        "others": [row for row in rows if row.school_id != found.school_id][:3],
        "practice": next((row for row in rows if row.school_id == found.school_id), None),
        "practice_form": TextForm(prefix="p"),
    }  # fmt: skip
    return render(request, "stars/school/item.html", context | more)


@login_required
@require_POST
def attach(request: HttpRequest, uid: UUID, code: str) -> HttpResponse:
    actor = actor_of(request)
    found = _own(actor, uid)
    asked = _item(found, code)
    form = EvidenceForm(request.POST, request.FILES, prefix="e")
    if form.is_valid():
        try:
            with transaction.atomic():
                piece = form.save(actor=actor, system="stars", school=found.school)
                actions.attach(actor=actor, application=found, code=code, evidence=piece)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The evidence is kept."))
            return redirect("stars:item", uid, code)
    sheet = queries.sheet(found, scheme_in(found.round.version))
    line = next(line for line in sheet.lines if line.item.code == code)
    rate = RateForm(item=asked, initial={"points": shown(line.own.points)} if line.own is not None else {})
    return _item_page(request, actor, found, asked, line, form=rate, sheet=sheet, evidence_form=form)


@login_required
@require_POST
def withdraw(request: HttpRequest, uid: UUID, piece: UUID) -> HttpResponse:
    actor = actor_of(request)
    found = _own(actor, uid)
    row = found.pieces.select_related("evidence").filter(evidence__uid=piece).first()
    if row is None:
        raise Http404
    done(
        request,
        lambda: actions.withdraw_piece(actor=actor, piece=row, reason=request.POST.get("reason", "")),
        _("The piece is withdrawn; it stays in the history."),
    )
    return redirect("stars:item", uid, row.item)


@login_required
@require_POST
def hand_in(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    found = _own(actor, uid)
    done(
        request,
        lambda: actions.hand_in(actor=actor, application=found),
        _("Handed in. The district has it now."),
    )
    return redirect("stars:application", uid)


@login_required
@require_POST
def confirm(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    found = _own(actor, uid)
    try:
        count = actions.confirm_carried(actor=actor, application=found)
        messages.success(request, _("%(n)d answers of the last round still hold.") % {"n": count})
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("stars:application", uid)


@login_required
@require_POST
def share(request: HttpRequest, uid: UUID, code: str) -> HttpResponse:
    actor = actor_of(request)
    found = _own(actor, uid)
    _item(found, code)
    form = TextForm(request.POST, prefix="p")
    try:
        if "end" in request.POST:
            for row in Practice.objects.filter(
                school=found.school_id, scheme=found.round.version.scheme_id, item=code, ended=None
            ):
                actions.end_practice(actor=actor, practice=row)
            messages.success(request, _("Your school is no longer named for this item."))
        elif form.is_valid():
            actions.share_practice(
                actor=actor, school=found.school, scheme=found.round.version.scheme, item=code,
                text=form.cleaned_data["text"],
            )  # fmt: skip
            messages.success(request, _("Thank you. Schools that still lack this item can read it."))
        else:
            messages.error(request, _("Write in a sentence or two how you reached it."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("stars:item", uid, code)


@login_required
@require_http_methods(GET_OR_POST)
def next_star(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    found = _seen(actor, uid)
    if request.method == "POST":
        return _aim(request, actor, found)
    way = way_of(actor, found, found.aim)
    context = {
        "application": found, "scheme_version": found.round.version, "way": way, "outlook": _outlook(actor, found),
        "own": fills_in(actor, found.school_id), "formats": FORMATS,
    }  # fmt: skip
    return render(request, "stars/school/next_star.html", context)


def _outlook(actor: Actor, found: Application) -> SchoolOutlook | None:
    """The pre-assessment: the district's readers see it at any time, the school once its result is settled."""
    return of_school(found) if may_read_district(actor) or found.settled is not None else None


def _aim(request: HttpRequest, actor: Actor, found: Application) -> HttpResponse:
    star = request.POST.get("star", "")
    try:
        actions.aim_at(actor=actor, application=found, star=int(star) if star.isdecimal() else None)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("stars:next-star", found.uid)


@login_required
@require_safe
def report(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    actor = actor_of(request)
    found = _seen(actor, uid)
    if form not in FORMATS:
        raise Http404
    made = school_report(actor, found)
    audit.record(actor, "stars.report.downloaded", found, {"format": form})
    return download(made, form, f"{made.title}-{found.school}")


@login_required
@require_safe
def past(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    found = _seen(actor, uid)
    page = Paginator(history(actor, found), 100).get_page(request.GET.get("page"))
    context = {"application": found, "page": page}
    return render(request, "stars/school/history.html", context)


@login_required
@require_http_methods(GET_OR_POST)
def appeal(request: HttpRequest, uid: UUID, code: str) -> HttpResponse:
    actor = actor_of(request)
    found = _own(actor, uid)
    asked = _item(found, code)
    sheet = queries.sheet(found, scheme_in(found.round.version))
    line = next(line for line in sheet.lines if line.item.code == code)
    if line.settled is None:
        raise Http404
    form = AppealForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            _file_appeal(actor, found, asked, form)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The appeal is with the district; its answer will stand here."))
            return redirect("stars:application", uid)
    context = {
        "application": found,
        "scheme_version": found.round.version,
        "item": asked,
        "line": line,
        "form": form,
    }
    return render(request, "stars/school/appeal.html", context)


def _file_appeal(actor: Actor, found: Application, asked: SchemeItem, form: AppealForm) -> None:
    data = form.cleaned_data
    with transaction.atomic():
        piece = None
        if data["file"]:
            piece = record.attach_file(
                actor=actor, system="stars", school=found.school, title=asked.code, upload=data["file"]
            )
        appeals.file_appeal(
            actor=actor, application=found, code=asked.code, text=data["text"], evidence=piece
        )


@login_required
@require_safe
def evidence(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    row = queries.piece(actor, uid)
    if row is None:
        raise Http404
    audit.record(actor, "stars.evidence.opened", row.evidence)
    return send_evidence(row.evidence)
