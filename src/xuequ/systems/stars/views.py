"""The first page of stars: where each role begins."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from xuequ.district.actors import Actor
from xuequ.systems.stars import access, entries, landing


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not access.may_enter(actor):
        raise PermissionDenied
    context = {"entries": entries.entries(actor), "blocks": landing.blocks(actor)}
    return render(request, "stars/index.html", context)


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Lead a school to its newest application."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    newest = entries.own_applications(actor).first()
    return redirect("stars:application", newest.uid) if newest is not None else redirect("stars:index")
