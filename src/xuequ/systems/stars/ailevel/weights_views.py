"""The pages of votes on weights: the expert's ballot on a phone, and what all ballots say together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.errors import Refused
from xuequ.core.figures import Text
from xuequ.systems.stars.access import may_manage
from xuequ.systems.stars.ailevel import forms, queries, weights, weights_actions, weights_queries
from xuequ.systems.stars.ailevel.models import WeightBallot, WeightPoll
from xuequ.systems.stars.ailevel.scheme import read_scheme
from xuequ.systems.stars.ailevel.weights_sections import poll_blocks
from xuequ.systems.stars.ailevel.weights_wording import degree_word, ratio_text, steps_for, value_of
from xuequ.systems.stars.answers import GET_OR_POST, actor_of, done, manager_of


@dataclass(frozen=True, slots=True)
class ShownPair:
    """A pair as the ballot lists it."""

    code: str
    first: str
    second: str
    said: Text
    ratio: str
    skipped: bool


@login_required
@require_safe
def polls(request: HttpRequest) -> HttpResponse:
    actor = manager_of(request)
    return render(
        request, "stars/ailevel/polls.html",
        {"polls": weights_queries.polls(actor)[:50], "scheme_version": queries.current_version()},
    )  # fmt: skip


@login_required
@require_http_methods(GET_OR_POST)
def new_poll(request: HttpRequest) -> HttpResponse:
    actor, version = actor_of(request), queries.current_version()
    if not may_manage(actor):
        raise PermissionDenied
    if version is None:
        return redirect("stars:ai")
    form = forms.PollForm(request.POST or None, actor=actor, scheme=read_scheme(version.document))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        plan = weights_actions.PollPlan(
            data["title"], version, data["node"], data["reason"], data["due"], data["experts"]
        )
        try:
            made = weights_actions.open_poll(actor=actor, plan=plan)
            messages.success(request, _("The experts are asked. You see here who has handed in."))
            return redirect("stars:ai-poll", made.uid)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return render(request, "stars/ailevel/new_poll.html", {"form": form, "scheme_version": version})


def _poll(request: HttpRequest, uid: UUID) -> WeightPoll:
    found = weights_queries.poll(actor_of(request), uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def poll(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _poll(request, uid)
    form = forms.AdoptForm() if found.closed is not None and found.adopted is None else None
    context = {"poll": found, "blocks": poll_blocks(found), "form": form}
    return render(request, "stars/ailevel/poll.html", context)


@login_required
@require_POST
def close_poll(request: HttpRequest, uid: UUID) -> HttpResponse:
    weights_actions.close_poll(actor=actor_of(request), poll=_poll(request, uid))
    messages.success(request, _("Closed. Look at how far the experts agree before you adopt anything."))
    return redirect("stars:ai-poll", uid)


@login_required
@require_POST
def adopt(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _poll(request, uid)
    form = forms.AdoptForm(request.POST)
    if form.is_valid():
        try:
            made = weights_actions.adopt(actor=actor_of(request), poll=found, **form.cleaned_data)
            messages.success(
                request,
                _("Adopted as version %(number)d of the scheme. Rounds that run keep theirs.")
                % {"number": made.number},
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
    return redirect("stars:ai-poll", uid)


def _ballot(request: HttpRequest, uid: UUID) -> WeightBallot:
    found = weights_queries.ballot(actor_of(request), uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def ballot(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _ballot(request, uid)
    return render(request, "stars/ailevel/ballot.html", _ballot_context(found, request.GET.get("pair", "")))


@login_required
@require_POST
def judge(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Keep one judgement and show the next pair, with where the ballot stands now."""
    found, sent = _ballot(request, uid), request.POST.get("value", "")
    value = None if sent == "skip" else value_of(sent)
    try:
        if value is None and sent != "skip":
            raise Refused(_("Choose one of the seventeen steps."))
        pair = request.POST.get("pair", "")
        found = weights_actions.judge(actor=actor_of(request), ballot=found, pair=pair, value=value)
    except Refused as refusal:
        messages.error(request, str(refusal))
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "stars/ailevel/_ballot.html", _ballot_context(found, ""))
    return redirect("stars:ai-ballot", uid)


@login_required
@require_POST
def hand_in(request: HttpRequest, uid: UUID) -> HttpResponse:
    done(
        request,
        lambda: weights_actions.hand_in(actor=actor_of(request), ballot=_ballot(request, uid)),
        _("Handed in, thank you. Until the vote is closed you may still change it."),
    )
    return redirect("stars:ai-ballot", uid)


def _ballot_context(found: WeightBallot, wanted: str) -> dict[str, Any]:
    scheme = read_scheme(found.poll.version.document)
    codes = tuple(part.code for part in scheme.node(found.poll.node))
    state = weights.standing(codes, found.judgements)
    pairs = {pair.code: pair for pair in state.pairs}
    # What was asked for, else the first that nothing was said about.
    now = pairs.get(wanted) or next((p for p in state.pairs if p.value is None and not p.skipped), None)
    place = None if now is None else state.pairs.index(now) + 1
    return {
        "ballot": found,
        "poll": found.poll,
        "state": state,
        "count": len(state.pairs),
        "pair": now,
        "place": place,
        "first": scheme.titles[now.first] if now else "",
        "second": scheme.titles[now.second] if now else "",
        "left": steps_for(first=True),
        "right": steps_for(first=False),
        "chosen": None if now is None or now.value is None else ratio_text(now.value),
        "pairs": [_shown(pair, scheme.titles) for pair in state.pairs],
        "weights": _weights(state, scheme.titles),
        "repair": _repair(state, scheme.titles, pairs),
        "open": found.poll.closed is None,
    }


def _shown(pair: weights.Pair, titles: Mapping[str, str]) -> ShownPair:
    first, second = titles[pair.first], titles[pair.second]
    if pair.value is None:
        return ShownPair(
            pair.code, first, second, _("skipped") if pair.skipped else _("not judged yet"), "", pair.skipped
        )
    more, less = (first, second) if pair.value >= 1 else (second, first)
    return ShownPair(
        pair.code, more, less, degree_word(pair.value), ratio_text(max(pair.value, 1 / pair.value)), False
    )


def _weights(state: weights.Standing, titles: Mapping[str, str]) -> list[tuple[str, float]]:
    if state.found is None:
        return []
    found = [(titles[name], float(w)) for name, w in zip(state.found.names, state.found.weights, strict=True)]
    return sorted(found, key=lambda item: -item[1])


def _repair(
    state: weights.Standing, titles: Mapping[str, str], pairs: Mapping[str, weights.Pair]
) -> dict[str, Any] | None:
    """The one judgement to revisit, in words, with where to change it."""
    found = state.repair
    if found is None:
        return None
    code = f"{found.first}:{found.second}"
    return {
        "first": titles[found.first],
        "second": titles[found.second],
        "given": ratio_text(found.given),
        "suggested": ratio_text(found.suggested),
        "word": degree_word(found.suggested),
        "cr": found.cr,
        "pair": code if code in pairs else f"{found.second}:{found.first}",
    }
