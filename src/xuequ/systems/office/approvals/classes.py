"""A class's ways in: cards for pupils, letters for guardians, and the door at which pupils wait."""

import hashlib
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.core.files import attachment
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolClass
from xuequ.kit.credentials import bindings, cards
from xuequ.systems.office.approvals import actions, queries
from xuequ.systems.office.approvals.forms import PapersForm

PDF = "application/pdf"


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not queries.may_enter(actor):
        raise PermissionDenied
    return actor


def _printed(actor: Actor, uid: UUID) -> SchoolClass:
    found = queries.printed_class(actor, uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    found = list(queries.printed_classes(actor))
    return render(request, "office/approvals/classes.html", {"classes": found})


@login_required
@require_safe
def show(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    found = queries.printed_class(actor, uid)
    if found is None:
        # Those who only teach the class have its door.
        kept = queries.kept_class(actor, uid)
        if kept is None:
            raise Http404
        return redirect("office:approvals-door", kept.uid)
    ways = queries.ways_in(found, actor, clock.now())
    audit.record(actor, "class-ways.seen", found, {"pupils": len(ways)})
    context = {
        "school_class": found,
        "ways": ways,
        "form": PapersForm(ways=ways),
        "ties": queries.ties(actor, found),
        "door": queries.kept_class(actor, uid),
    }
    return render(request, "office/approvals/class.html", context)


@login_required
@require_POST
def print_papers(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    found = _printed(actor, uid)
    form = PapersForm(request.POST, ways=queries.ways_in(found, actor, clock.now()))
    if not form.is_valid():
        raise Http404
    what, pupils = form.cleaned_data["what"], form.chosen()
    if not pupils:
        messages.info(
            request, _("Nobody is meant by this choice: everybody has one already, or nobody is ticked.")
        )
        return redirect("office:approvals-class", found.uid)
    if what == "void":
        return render(request, "office/approvals/void.html", {"school_class": found, "pupils": pupils})
    try:
        if what == "cards":
            address = request.build_absolute_uri(reverse("card"))
            content = actions.print_cards(actor=actor, school_class=found, pupils=pupils, address=address)
            return attachment(content, _("Login cards of %(name)s") % {"name": found} + ".pdf", PDF)
        address = request.build_absolute_uri(reverse("bind"))
        content = actions.print_letters(actor=actor, school_class=found, pupils=pupils, address=address)
        return attachment(content, _("Letters of %(name)s") % {"name": found} + ".pdf", PDF)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:approvals-class", found.uid)


@login_required
@require_POST
def void(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    found = _printed(actor, uid)
    ticked = set(request.POST.getlist("pupils"))
    ways = queries.ways_in(found, actor, clock.now())
    try:
        count = cards.revoke(
            actor=actor, school_class=found, pupils=[w.pupil for w in ways if str(w.pupil.uid) in ticked]
        )
        words = ngettext("%(count)s card is void now.", "%(count)s cards are void now.", count)
        messages.success(request, words % {"count": count})
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:approvals-class", found.uid)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    found = queries.kept_class(actor, uid)
    if found is None:
        raise Http404
    if request.method == "POST":
        _answer(request, actor, found)
        return redirect("office:approvals-door", found.uid)
    waiting = cards.who_waits(actor, found, clock.now())
    seen = hashlib.sha256("".join(item.uid for item in waiting).encode()).hexdigest()[:12]
    context = {"school_class": found, "waiting": waiting, "seen": seen}
    if request.htmx:  # type: ignore[attr-defined]
        if request.GET.get("seen") == seen:
            return HttpResponse(status=204)
        return render(request, "office/approvals/_door.html", context)
    audit.record(actor, "door.seen", found, {"waiting": len(waiting)})
    context["printer"] = queries.printed_class(actor, uid)
    return render(request, "office/approvals/door.html", context)


def _answer(request: HttpRequest, actor: Actor, found: SchoolClass) -> None:
    if away := _uids(request, "away"):
        cards.turn_away(actor=actor, school_class=found, knocks=away)
        return
    wanted = _uids(request, "one") or _uids(request, "all")
    count = cards.let_in(actor=actor, school_class=found, knocks=wanted)
    if count:
        words = ngettext("%(count)s pupil was let in.", "%(count)s pupils were let in.", count)
        messages.success(request, words % {"count": count})
    else:
        messages.info(request, _("They do not wait any more; they can show their cards again."))


def _uids(request: HttpRequest, name: str) -> list[str]:
    found = []
    for value in request.POST.getlist(name):
        try:
            found.append(str(UUID(value)))
        except ValueError:
            continue
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_tie(request: HttpRequest, uid: UUID, binding: UUID) -> HttpResponse:
    actor = _actor(request)
    found = _printed(actor, uid)
    tie = queries.tie(actor, found, binding)
    if tie is None:
        raise Http404
    if request.method == "POST":
        try:
            bindings.end(actor=actor, binding=tie)
            messages.success(request, _("The tie has been ended; the guardian no longer sees this child."))
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect("office:approvals-class", found.uid)
    return render(request, "office/approvals/end_tie.html", {"school_class": found, "tie": tie})
