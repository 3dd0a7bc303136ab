"""The pages of trials: the one that is being made, drafts, two side by side."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xuequ.core.answers import attempt
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.systems.balance import queries
from xuequ.systems.balance.models import Trial
from xuequ.systems.balance.pages import reader, year_or_404
from xuequ.systems.balance.trials import actions, forms, outcomes
from xuequ.systems.balance.trials import queries as held
from xuequ.systems.balance.trials.changes import Change, address, laid_over, read

ADDED = "add"
"""Of the form that adds a change: without it the address only shows what is tried."""


@login_required
@require_safe
def what_if(request: HttpRequest, year: str) -> HttpResponse:
    actor, own = reader(request), year_or_404(year)
    name = request.GET.get("name", "")[:80]
    changes = _from_address(request)
    data = request.GET if ADDED in request.GET else None
    form = forms.ChangeForm(data, schools=queries.judged_schools())
    if form.is_valid():
        try:
            tried = read([*(one.written() for one in changes), form.change().written()])
            laid_over(queries.book_of(own), tried)
            return redirect(address(own.code, [one.written() for one in tried], name))
        except Refused as refusal:
            form.add_error(None, str(refusal))
    context: dict[str, Any] = {
        "year": own, "form": form, "changes": [one.written() for one in changes], "name": name,
        "name_form": forms.NameForm(initial={"name": name}), "drafts": list(held.trials(actor, own)),
    }  # fmt: skip
    context |= _tried(request, actor, own, {name: changes}) if changes else {}
    context["lines"] = _with_ways_back(own, context.get("outcome"), name)
    return render(request, "balance/what_if.html", context)


def _from_address(request: HttpRequest) -> tuple[Change, ...]:
    """The changes so far; one that cannot be read takes the others along, and says so."""
    try:
        return read(request.GET.getlist("c"))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return ()


def _tried(
    request: HttpRequest, actor: Actor, year: SchoolYear, trials: Mapping[str, Sequence[Change]]
) -> dict[str, Any]:
    try:
        return {"outcome": outcomes.outcome(actor, year, trials)}
    except Refused as refusal:
        messages.error(request, str(refusal))
        return {}


def _with_ways_back(
    year: SchoolYear, found: outcomes.Outcome | None, name: str
) -> "list[tuple[outcomes.Line, str]]":
    """Each change with the address of the trial without it."""
    lines = found.lines[0] if found is not None else ()
    keys = [line.key for line in lines]
    return [(line, address(year.code, keys[:i] + keys[i + 1 :], name)) for i, line in enumerate(lines)]


@login_required
@require_POST
def keep(request: HttpRequest, year: str) -> HttpResponse:
    actor, own = reader(request), year_or_404(year)
    texts, name = request.POST.getlist("c"), request.POST.get("name", "")
    kept: list[Trial] = []

    def act() -> None:
        changes = read(texts)
        laid_over(queries.book_of(own), changes)
        kept.append(actions.keep(actor=actor, year=own, name=name, changes=changes))

    attempt(request, _("Kept as your own draft. No figure was changed."), act)
    return (
        redirect("balance:trial", own.code, kept[0].uid)
        if kept
        else redirect(address(own.code, texts[:40], name))
    )


def _trial(actor: Actor, year: SchoolYear, uid: UUID) -> Trial:
    found = held.trial(actor, year, uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def trial(request: HttpRequest, year: str, uid: UUID) -> HttpResponse:
    actor, own = reader(request), year_or_404(year)
    found = _trial(actor, own, uid)
    context: dict[str, Any] = {
        "year": own, "trial": found, "edit_url": address(own.code, found.changes, found.name),
        "others": [one for one in held.trials(actor, own) if one.pk != found.pk],
    }  # fmt: skip
    context |= _tried(request, actor, own, {found.name: read(found.changes)})
    return render(request, "balance/trial.html", context)


@login_required
@require_POST
def drop(request: HttpRequest, year: str, uid: UUID) -> HttpResponse:
    actor, own = reader(request), year_or_404(year)
    found = _trial(actor, own, uid)
    attempt(request, _("Dropped."), lambda: actions.drop(actor=actor, trial=found))
    return redirect("balance:what-if", own.code)


@login_required
@require_safe
def compare(request: HttpRequest, year: str, uid: UUID, other: UUID) -> HttpResponse:
    actor, own = reader(request), year_or_404(year)
    pair = (_trial(actor, own, uid), _trial(actor, own, other))
    context: dict[str, Any] = {"year": own, "pair": pair}
    if pair[0].pk == pair[1].pk:
        raise Http404
    context |= _tried(request, actor, own, {one.name: read(one.changes) for one in pair})
    return render(request, "balance/compare.html", context)
