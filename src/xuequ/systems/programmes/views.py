"""The entrance of projects and equipment."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from xuequ.district.actors import Actor
from xuequ.systems.programmes import access, cards
from xuequ.systems.programmes.ledger import imports
from xuequ.systems.programmes.ledger import queries as ledger
from xuequ.systems.programmes.projects import queries as projects


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not access.may_enter(actor):
        raise PermissionDenied
    if not access.sees_ledger(actor):
        return redirect("programmes:projects")
    enters = projects.may_enter(actor)
    context = {
        "waiting": cards.waiting(actor)[:3],
        "summary": ledger.summary(ledger.devices(actor), actor.day),
        "running": projects.running(actor).count() if enters else None,
        "group": access.reads_everything(actor),
        "projects": enters,
        "moves": access.reads_everything(actor) or imports.may_import(actor),
    }
    return render(request, "programmes/index.html", context)
