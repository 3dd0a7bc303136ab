"""A rater's pages, made for a phone on the spot: schools to rate, and one dimension at a time."""

from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.engines.evaluation.star_scheme import Dimension, StarScheme
from xuequ.kit.evidence.responses import download as send_evidence
from xuequ.systems.stars.access import may_be_asked
from xuequ.systems.stars.answers import GET_OR_POST, actor_of, done
from xuequ.systems.stars.choices import RoundState
from xuequ.systems.stars.forms import DimensionRatingForm
from xuequ.systems.stars.models import ItemEvidence, SecondRater
from xuequ.systems.stars.schemes.queries import scheme_in
from xuequ.systems.stars.second import actions, photos, queries
from xuequ.systems.stars.selfrating.queries import pieces_of


def _second(actor: Actor, uid: UUID) -> tuple[SecondRater, StarScheme]:
    found = queries.assignment(actor, uid)
    if found is None:
        raise Http404
    return found, scheme_in(found.application.round.version)


@login_required
@require_safe
def seconds(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not may_be_asked(actor):
        raise PermissionDenied
    rows = list(queries.assignments(actor)[:60])
    for row in rows:
        row.items = len(scheme_in(row.application.round.version).items)  # type: ignore[attr-defined]
    return render(request, "stars/second/list.html", {"rows": rows})


@login_required
@require_safe
def second(request: HttpRequest, uid: UUID) -> HttpResponse:
    found, scheme = _second(actor_of(request), uid)
    given = queries.own_ratings(found)
    context = {
        "second": found, "scheme_version": found.application.round.version, "parts": queries.progress(scheme, given),
        "left": len(scheme.items) - len(given), "open": _is_open(found),
    }  # fmt: skip
    return render(request, "stars/second/second.html", context)


def _is_open(found: SecondRater) -> bool:
    return found.handed_in is None and found.application.round.state == RoundState.SECOND


@login_required
@require_http_methods(GET_OR_POST)
def part(request: HttpRequest, uid: UUID, code: str) -> HttpResponse:
    actor = actor_of(request)
    found, scheme = _second(actor, uid)
    dimension = next((d for d in scheme.dimensions if d.code == code), None)
    if dimension is None:
        raise Http404
    form = DimensionRatingForm(request.POST or None, dimension=dimension, given=queries.own_ratings(found))
    if request.method == "POST" and form.is_valid():
        try:
            actions.rate_many(actor=actor, second=found, given=form.given)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            _keep_photographs(request, actor, found, dimension)
            return _onward(request, found, scheme, code)
    pieces, taken = pieces_of(found.application), photos.by_item([found])
    context = {
        "second": found, "scheme_version": found.application.round.version, "dimension": dimension, "form": form,
        "lines": [
            (item, points, note, _standing(pieces[item.code]), taken[item.code]) for item, points, note in form.pairs()
        ],
        "open": _is_open(found), "most": photos.MOST,
    }  # fmt: skip
    return render(request, "stars/second/part.html", context)


def _keep_photographs(request: HttpRequest, actor: Actor, found: SecondRater, dimension: Dimension) -> None:
    """Keep or take out photographs beside the points, which are kept whatever is wrong with a file."""
    for at, item in enumerate(dimension.items):
        for upload in request.FILES.getlist(f"photo-{at}"):
            try:
                photos.add(actor=actor, second=found, code=item.code, upload=upload)
            except Refused as refusal:
                messages.error(request, f"{item.code} {upload.name}: {refusal}")
    if uid := request.POST.get("take-out", ""):
        try:
            photos.take_out(actor=actor, second=found, uid=uid)
        except Refused as refusal:
            messages.error(request, str(refusal))


def _standing(pieces: list[ItemEvidence]) -> list[ItemEvidence]:
    return [piece for piece in pieces if piece.evidence.withdrawn is None]


def _onward(request: HttpRequest, found: SecondRater, scheme: StarScheme, code: str) -> HttpResponse:
    messages.success(request, _("Kept."))
    here = reverse("stars:second-part", args=[found.uid, code])
    if "take-out" in request.POST:
        return redirect(here)
    if stay := request.POST.get("stay", ""):
        return redirect(f"{here}#item-{quote(stay)}")
    codes = [d.code for d in scheme.dimensions]
    following = codes[codes.index(code) + 1 : codes.index(code) + 2]
    if following:
        return redirect("stars:second-part", found.uid, following[0])
    return redirect("stars:second", found.uid)


@login_required
@require_POST
def hand_in(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    found, _scheme = _second(actor, uid)
    done(request, lambda: actions.hand_in_second(actor=actor, second=found), _("Handed in. Thank you."))
    return redirect("stars:second", uid)


@login_required
@require_safe
def evidence(request: HttpRequest, uid: UUID, piece: UUID) -> HttpResponse:
    actor = actor_of(request)
    found, _scheme = _second(actor, uid)
    row = found.application.pieces.select_related("evidence").filter(evidence__uid=piece).first()
    if row is None or row.evidence.withdrawn is not None:
        raise Http404
    audit.record(actor, "stars.evidence.opened", row.evidence)
    return send_evidence(row.evidence)


@login_required
@require_safe
def photograph(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Send a photograph to its rater, or to readers of the district who may see the rating."""
    actor = actor_of(request)
    found = photos.photo(actor, uid)
    if found is None:
        raise Http404
    audit.record(actor, "stars.evidence.opened", found)
    return send_evidence(found)
