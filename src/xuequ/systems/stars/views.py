"""The first page of stars: where each role begins."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from xuequ.systems.stars import access, entries, landing
from xuequ.systems.stars.answers import actor_of


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not access.may_enter(actor):
        raise PermissionDenied
    context = {"entries": entries.entries(actor), "blocks": landing.blocks(actor)}
    return render(request, "stars/index.html", context)


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Lead a school to its newest application."""
    actor = actor_of(request)
    newest = entries.own_applications(actor).first()
    return redirect("stars:application", newest.uid) if newest is not None else redirect("stars:index")
