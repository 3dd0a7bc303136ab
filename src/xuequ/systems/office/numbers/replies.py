"""Pages of replies: write, insert numbers, prove, count anew, take home."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.core.files import attachment, safe_name
from xuequ.core.tables import paged
from xuequ.district.actors import Actor
from xuequ.district.queries import district
from xuequ.kit.approvals.queries import names_of_accounts
from xuequ.kit.documents import actions, composing, files, queries
from xuequ.kit.documents.actions import Draft
from xuequ.kit.documents.models import Document, DocumentVersion
from xuequ.systems.office.numbers.forms import NewReplyForm, ReplyForm
from xuequ.systems.office.numbers.tables import ReplyTable
from xuequ.systems.office.numbers.views import counting_actor


def _writer(request: HttpRequest) -> Actor:
    actor = counting_actor(request)
    if not queries.may_write(actor):
        raise PermissionDenied
    return actor


def _document(request: HttpRequest, uid: UUID) -> tuple[Actor, Document]:
    actor = _writer(request)
    found = queries.document(actor, uid)
    if found is None:
        raise Http404
    return actor, found


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    actor = _writer(request)
    table = paged(request, ReplyTable(queries.documents(actor)))
    return render(request, "office/numbers/replies.html", {"table": table})


def _issuer(actor: Actor) -> str:
    office = district()
    if queries.writes_for_district(actor) and office is not None:
        return office.bureau or office.name
    first = queries.writing_schools(actor).first()
    return first.name if first is not None else ""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    actor = _writer(request)
    schools = list(queries.writing_schools(actor))
    form = NewReplyForm(
        request.POST or None,
        schools=schools,
        district=_issuer(actor) if queries.writes_for_district(actor) else "",
        initial={"issuer": _issuer(actor), "dated": actor.day},
    )
    if form.is_valid():
        school = next((s for s in schools if str(s.uid) == form.cleaned_data["school"]), None)
        document = actions.create(actor=actor, draft=_draft(form), school=school)
        messages.success(request, _("The reply is begun. Now put numbers into it from the catalogue."))
        return redirect("office:numbers-reply", uid=document.uid)
    return render(request, "office/numbers/reply_new.html", {"form": form})


def _draft(form: ReplyForm, typed: tuple[str, ...] = ()) -> Draft:
    said = form.cleaned_data
    body = said["body"].replace("\r\n", "\n").strip()
    return Draft(said["title"], said["addressee"], body, said["issuer"], said["dated"], typed)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, document = _document(request, uid)
    now = queries.current(document)
    names = ("title", "addressee", "body", "issuer", "dated")
    form = ReplyForm(
        request.POST or None, initial={name: getattr(now, name) for name in names} | {"seen": now.number}
    )
    if form.is_valid():
        try:
            draft = _draft(form, tuple(now.typed))
            actions.save(actor=actor, document=document, draft=draft, seen=form.cleaned_data["seen"] or 0)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved as a new version."))
            return redirect("office:numbers-reply", uid=uid)
    return render(request, "office/numbers/reply.html", _shown(document, now, form))


def _shown(document: Document, now: DocumentVersion, form: ReplyForm) -> dict[str, Any]:
    citations = queries.citations(document)
    return {
        "document": document,
        "shown": now,
        "form": form,
        "citations": citations,
        "loose": composing.loose_numbers(composing.texts_of(now), now.typed),
        "missing": composing.missing_places(now, citations),
        "text": composing.paragraphs(now, citations),
        "versions": _savings(document),
    }


def _savings(document: Document) -> list[tuple[DocumentVersion, str]]:
    """Return the newest versions, each with the name of who saved it: three queries, however many there are."""
    rows = list(document.versions.select_related("saved_by").order_by("-number")[:20])
    names = names_of_accounts({row.saved_by for row in rows if row.saved_by is not None})
    return [(row, names.get(row.saved_by_id, "")) for row in rows]


@login_required
@require_POST
def vouch(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, document = _document(request, uid)
    now = queries.current(document)
    offered = {item.digits for item in composing.loose_numbers(composing.texts_of(now), now.typed)}
    chosen = tuple(digits for digits in request.POST.getlist("digits") if digits in offered)
    if chosen:
        actions.vouch(actor=actor, document=document, digits=chosen)
        messages.success(request, _("Marked as typed by hand and checked."))
    else:
        messages.error(request, _("Tick the numbers that you have checked."))
    return redirect("office:numbers-reply", uid=uid)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def recount(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, document = _document(request, uid)
    try:
        if request.method == "POST":
            count = actions.recount(actor=actor, document=document)
            words = ngettext("%(n)d number was replaced.", "%(n)d numbers were replaced.", count)
            messages.success(request, words % {"n": count})
            return redirect("office:numbers-reply", uid=uid)
        changed = actions.differences(actor=actor, document=document)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("office:numbers-reply", uid=uid)
    return render(request, "office/numbers/recount.html", {"document": document, "changed": changed})


@login_required
@require_POST
def take_out(request: HttpRequest, uid: UUID, number: UUID) -> HttpResponse:
    actor, document = _document(request, uid)
    citation = get_object_or_404(document.citations.filter(replaced=None), uid=number)
    try:
        actions.take_out(actor=actor, document=document, citation=citation)
        messages.success(request, _("The number was taken out."))
    except Refused as error:
        messages.error(request, str(error))
    return redirect("office:numbers-reply", uid=uid)


@login_required
@require_safe
def version(request: HttpRequest, uid: UUID, number: int) -> HttpResponse:
    _actor, document = _document(request, uid)
    found = get_object_or_404(document.versions.select_related("saved_by"), number=number)
    text = composing.paragraphs(found, queries.citations(document))
    return render(
        request, "office/numbers/version.html", {"document": document, "shown": found, "text": text}
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, document = _document(request, uid)
    if request.method == "POST":
        actions.discard(actor=actor, document=document)
        messages.success(request, _("The reply was deleted."))
        return redirect("office:numbers-replies")
    return render(request, "office/numbers/discard.html", {"document": document})


@login_required
@require_safe
def download(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    actor, document = _document(request, uid)
    if form not in files.KINDS:
        raise Http404
    now, citations = queries.current(document), queries.citations(document)
    if composing.problems(now, citations) or composing.loose_numbers(composing.texts_of(now), now.typed):
        messages.error(
            request, _("Some numbers in the text are neither quoted nor checked by hand: see below.")
        )
        return redirect("office:numbers-reply", uid=uid)
    audit.record(actor, "document.downloaded", document, {"version": now.number, "form": form})
    content, media_type = files.write(form, now, citations)
    return attachment(content, f"{safe_name(now.title)}.{form}", media_type)
