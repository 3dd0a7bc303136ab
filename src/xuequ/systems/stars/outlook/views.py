"""The page of a round's pre-assessment, internal."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.record.choices import RunState
from xuequ.record.models import Run
from xuequ.systems.stars.access import may_manage
from xuequ.systems.stars.answers import GET_OR_POST, actor_of
from xuequ.systems.stars.models import Round, SecondRater
from xuequ.systems.stars.outlook import actions, queries
from xuequ.systems.stars.rounds.queries import round_of
from xuequ.systems.stars.schemes.queries import scheme_in


@login_required
@require_http_methods(GET_OR_POST)
def show(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    found = round_of(actor, uid)
    if found is None:
        raise Http404
    if request.method == "POST":
        return _start(request, actor, found)
    outlook = queries.latest(found)
    scheme = scheme_in(found.version)
    lines = list(queries.lines(outlook)) if outlook is not None else []
    hidden = _rating(actor, found) if lines else set()
    context = {
        "round": found, "scheme_version": found.version, "outlook": outlook, "manages": may_manage(actor),
        "lines": [line for line in lines if line.application_id not in hidden],
        "stars": [0, *(rule.star for rule in scheme.stars)], "scheme": scheme, "refused": _refused(found, outlook),
    }  # fmt: skip
    audit.record(actor, "stars.outlook.viewed", found)
    return render(request, "stars/rounds/outlook.html", context)


def _rating(actor: Actor, found: Round) -> set[int]:
    """The schools that the reader still rates: what is foreseen of them stays hidden."""
    rows = SecondRater.objects.filter(application__round=found, rater=actor.account_id, handed_in=None)
    return set(rows.values_list("application", flat=True))


def _refused(found: Round, outlook: object) -> str:
    """The sentence of the newest run, where it was refused and none was finished."""
    if outlook is not None:
        return ""
    runs = Run.objects.filter(system="stars", kind="outlook", parameters__round=str(found.uid))
    last = runs.filter(state=RunState.REFUSED).order_by("-pk").first()
    return last.refusal if last is not None else ""


def _start(request: HttpRequest, actor: Actor, found: Round) -> HttpResponse:
    if not may_manage(actor):
        raise PermissionDenied
    try:
        task = actions.start(actor=actor, found=found)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("stars:outlook", found.uid)
    return redirect("job", task.uid)
