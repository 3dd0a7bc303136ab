"""The search and what it shows of one person."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from xuequ.core import audit
from xuequ.core.search.finding import COUNTED
from xuequ.district.actors import Actor
from xuequ.systems.office.search import actions, queries
from xuequ.systems.office.search.forms import SearchForm


def _searcher(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not queries.may_search(actor):
        raise PermissionDenied
    return actor


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    actor = _searcher(request)
    form = SearchForm(request.POST or None)
    groups = None
    if form.is_valid():
        groups = actions.search(actor=actor, words=form.cleaned_data["words"])
    context = {"form": form, "groups": groups, "most": COUNTED, "total": sum(g.count for g in groups or ())}
    return render(request, "office/search/search.html", context)


@login_required
@require_safe
def pupil(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _searcher(request)
    card = queries.pupil_card(actor, uid)
    if card is None:
        raise Http404
    audit.record(actor, "pupil.found", card.pupil)
    return render(request, "office/search/pupil.html", {"card": card})


@login_required
@require_safe
def teacher(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _searcher(request)
    card = queries.teacher_card(actor, uid)
    if card is None:
        raise Http404
    audit.record(actor, "teacher.found", card.teacher)
    return render(request, "office/search/teacher.html", {"card": card})
