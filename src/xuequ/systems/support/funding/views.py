"""The pages of the special fund before it is decided: standards, rounds, applications, simulations."""

import datetime as dt
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
from xuequ.district import queries as district
from xuequ.district.actors import Actor
from xuequ.kit.evidence.forms import EvidenceForm
from xuequ.kit.evidence.responses import download as send_piece
from xuequ.record.choices import RunState
from xuequ.systems.support import access
from xuequ.systems.support.answers import actor_of, done, take_piece
from xuequ.systems.support.funding import actions, deciding, forms, queries
from xuequ.systems.support.funding.choices import EDITABLE, ProjectState, RoundState
from xuequ.systems.support.funding.document import proposal_blocks
from xuequ.systems.support.funding.models import Project, Round, Simulation
from xuequ.systems.support.funding.wording import refusals


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Rounds, and for a school its own amounts."""
    actor = actor_of(request)
    if not queries.may_enter(actor):
        raise PermissionDenied
    district_side = access.sees_money(actor)
    own = [] if district_side else list(queries.allocations(actor).order_by("-round_id")[:20])
    context = {
        "rounds": list(queries.rounds(actor)[:20]),
        "district": district_side,
        "prepares": access.prepares(actor),
        "own": own,
    }
    return render(request, "support/funding/index.html", context)


@login_required
@require_safe
def standards(request: HttpRequest) -> HttpResponse:
    """Versions of the standard: no secret."""
    actor = actor_of(request)
    if not queries.may_enter(actor):
        raise PermissionDenied
    context = {"standards": queries.standards(), "prepares": access.prepares(actor)}
    return render(request, "support/funding/standards.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_standard(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not access.prepares(actor):
        raise PermissionDenied
    newest = queries.standards().first()
    initial = (
        {f: getattr(newest, f) for f in forms.StandardForm.Meta.fields if f != "document"} if newest else {}
    )
    form = forms.StandardForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.new_standard(actor=actor, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Set. Rounds opened from now on go by it."))
            return redirect("support:standards")
    return render(request, "support/funding/standard_new.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_round(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not access.prepares(actor):
        raise PermissionDenied
    initial = {"closes": actor.day + dt.timedelta(days=30), "year": district.year_on(actor.day)}
    form = forms.RoundForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            row = actions.open_round(actor=actor, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Opened. The schools have been told."))
            return redirect("support:round", row.uid)
    return render(request, "support/funding/round_new.html", {"form": form})


def _round(request: HttpRequest, uid: UUID) -> Round:
    found = queries.round_(actor_of(request), uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def round_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A round: for the district with applications and simulations, for a school with its own."""
    actor, found = actor_of(request), _round(request, uid)
    projects = queries.projects(actor).filter(round=found).order_by("school__code", "id")
    context = {
        "round": found,
        "projects": list(projects),
        "money": queries.money(found),
        "open": found.state != RoundState.DECIDED and actor.day <= found.closes,
        "applies": access.speaks_for_a_school(actor),
        "decided": found.state == RoundState.DECIDED,
    }
    if not access.sees_money(actor):
        context["own"] = queries.allocations(actor).filter(round=found)
        return render(request, "support/funding/round_own.html", context)
    accepted = [row for row in context["projects"] if row.state == ProjectState.ACCEPTED]  # type: ignore[attr-defined]
    simulations = list(queries.simulations(actor).filter(round=found)[:10])
    context |= {
        "sources": list(found.sources.order_by("id")),
        "source_form": forms.SourceForm() if access.prepares(actor) and not context["decided"] else None,
        "simulations": simulations,
        "usable": [row for row in simulations if actions.is_usable(row)],
        "allocations": list(queries.allocations(actor).filter(round=found)),
        "prepares": access.prepares(actor) and not context["decided"],
        "decides": access.decides(actor) and found.state == RoundState.PROPOSED,
        "open_projects": [row for row in context["projects"] if row.state != ProjectState.ACCEPTED],  # type: ignore[attr-defined]
        "accepted": accepted,
        "accepted_yuan": sum(row.cost_yuan for row in accepted),
        "waiting": sum(row.state == ProjectState.HANDED_IN for row in context["projects"]),  # type: ignore[attr-defined]
        "reads_more": access.sees_money(actor),
    }
    return render(request, "support/funding/round.html", context)


@login_required
@require_POST
def add_source(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = actor_of(request), _round(request, uid)
    access.require(access.prepares(actor), _("Only the district's officers enter sources of money."))
    form = forms.SourceForm(request.POST)
    if form.is_valid():
        done(request, lambda: actions.add_source(actor=actor, of=found, **form.cleaned_data), _("Added."))
    else:
        messages.error(request, _("A source needs a name and a sum in yuan."))
    return redirect("support:round", found.uid)


@login_required
@require_POST
def drop_source(request: HttpRequest, uid: UUID, source_uid: UUID) -> HttpResponse:
    actor, found = actor_of(request), _round(request, uid)
    row = found.sources.filter(uid=source_uid).first()
    if row is None:
        raise Http404
    done(request, lambda: actions.drop_source(actor=actor, source=row), _("Taken out."))
    return redirect("support:round", found.uid)


# Applications.


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A new application of the school."""
    actor, found = actor_of(request), _round(request, uid)
    schools = access.own_schools(actor)
    if not schools:
        raise PermissionDenied
    school = schools[0]
    form = forms.ProjectForm(request.POST or None, others=_others(actor, found, None))
    if request.method == "POST" and form.is_valid():
        try:
            row = actions.apply(actor=actor, of=found, school=school, **_fields(form))
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Kept as a draft. Add evidence and hand it in."))
            return redirect("support:project", row.uid)
    return render(request, "support/funding/apply.html", {"round": found, "form": form, "school": school})


def _others(actor: Actor, of: Round, own: Project | None) -> list[Project]:
    rows = Project.objects.filter(access.of_own_schools(actor), round=of)
    return list(rows.exclude(pk=own.pk) if own is not None else rows)


def _fields(form: forms.ProjectForm) -> dict[str, Any]:
    names = ("title", "purpose", "cost_yuan", "requires", "sure")
    return {name: form.cleaned_data[name] for name in names} | {"gains": form.gains()}


def _project(request: HttpRequest, uid: UUID) -> Project:
    found = queries.project(actor_of(request), uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project(request: HttpRequest, uid: UUID) -> HttpResponse:
    """An application: the school writes it, the district checks it, at the end the school says what came of it."""
    actor, found = actor_of(request), _project(request, uid)
    own, undecided = access.speaks_for(actor, found.school), found.round.state != RoundState.DECIDED
    writes = own and found.state in EDITABLE and undecided
    checks = access.prepares(actor) and found.state not in EDITABLE and undecided
    if request.method == "POST":
        return _kept(request, found, writes, checks)
    return render(
        request, "support/funding/project.html", _project_context(request, found, own, writes, checks)
    )


def _project_context(
    request: HttpRequest, found: Project, own: bool, writes: bool, checks: bool
) -> dict[str, object]:
    actor = actor_of(request)
    funded = found.round.state == RoundState.DECIDED and found.allocations.exists()
    form = (
        forms.ProjectForm(request.POST or None, instance=found, others=_others(actor, found.round, found))
        if writes
        else None
    )
    initial = {
        "state": found.state if found.state == ProjectState.REFUSED else ProjectState.ACCEPTED,
        "checked_gain": found.checked_gain or found.expected, "must": found.must, "remark": found.remark,
    }  # fmt: skip
    outcome = {"reached": found.reached, "outcome": found.outcome}
    return {
        "project": found, "form": form, "writes": writes,
        "check": forms.CheckForm(request.POST or None, initial=initial) if checks else None,
        "pieces": found.evidence.all(), "gains": _gains(found), "funded": funded,
        "evidence_form": EvidenceForm(prefix="piece") if writes or (own and funded) else None,
        "outcome": forms.OutcomeForm(initial=outcome) if own and funded else None,
    }  # fmt: skip


def _gains(found: Project) -> list[tuple[str, float]]:
    from xuequ.systems.support.funding.choices import Dimension

    return [(str(Dimension(name).label), value) for name, value in found.gains.items()]


def _kept(request: HttpRequest, found: Project, writes: bool, checks: bool) -> HttpResponse:
    actor = actor_of(request)
    if not (writes or checks):
        raise PermissionDenied
    context = _project_context(request, found, writes, writes, checks)
    form = context["form"] or context["check"]
    if not form.is_valid():  # type: ignore[attr-defined]
        return render(request, "support/funding/project.html", context)
    if isinstance(form, forms.ProjectForm):
        fields = _fields(form)
        fresh = Project.objects.get(pk=found.pk)  # the form has written into its instance
        done(
            request,
            lambda: actions.apply(actor=actor, of=found.round, school=found.school, project=fresh, **fields),
            _("Saved."),
        )
    elif isinstance(form, forms.CheckForm):
        data = form.cleaned_data | {"state": ProjectState(form.cleaned_data["state"])}
        done(
            request,
            lambda: actions.check(actor=actor, project=found, **data),
            _("Noted; the school reads it."),
        )
    return redirect("support:project", found.uid)


@login_required
@require_POST
def hand_in(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _project(request, uid)
    done(request, lambda: actions.hand_in(actor=actor_of(request), project=found), _("Handed in."))
    return redirect("support:project", found.uid)


@login_required
@require_POST
def add_evidence(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = actor_of(request), _project(request, uid)
    access.require(access.speaks_for(actor, found.school), _("Only those who lead a school apply for it."))
    take_piece(request, found.school, lambda piece: actions.attach(actor=actor, project=found, piece=piece))
    return redirect("support:project", found.uid)


@login_required
@require_POST
def outcome(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = actor_of(request), _project(request, uid)
    access.require(access.speaks_for(actor, found.school), _("Only the school itself says what came of it."))
    form = forms.OutcomeForm(request.POST)
    if form.is_valid():
        done(
            request,
            lambda: deciding.evaluate(actor=actor, project=found, **form.cleaned_data),
            _("Kept. The district reads it beside what was expected."),
        )
    else:
        messages.error(request, _("Write the rise that was reached and what came of it."))
    return redirect("support:project", found.uid)


@login_required
@require_safe
def piece(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = queries.piece(actor_of(request), uid)
    if found is None:
        raise Http404
    return send_piece(found)


# Simulations.


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def simulate(request: HttpRequest, uid: UUID) -> HttpResponse:
    """How to share out; the computation runs as a job."""
    actor, found = actor_of(request), _round(request, uid)
    if not access.prepares(actor):
        raise PermissionDenied
    initial = {"weak_share": float(found.standard.weak_share)}
    form = forms.SimulateForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            _row, task = actions.start_simulation(actor=actor, of=found, **form.settings())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("job", task.uid)
    accepted = queries.projects(actor).filter(round=found, state=ProjectState.ACCEPTED).count()
    context = {"round": found, "form": form, "accepted": accepted, "money": queries.money(found)}
    return render(request, "support/funding/simulate.html", context)


def _simulation(request: HttpRequest, uid: UUID) -> Simulation:
    found = queries.simulation(actor_of(request), uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def simulation(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What a simulation found: amounts with their reasons, or why there are none and what would do."""
    from xuequ.systems.support.funding.lines import lines_of

    actor, found = actor_of(request), _simulation(request, uid)
    usable = actions.is_usable(found)
    result = found.result
    context = {
        "simulation": found, "round": found.round, "usable": usable,
        "waits": found.run.state in (RunState.WAITING, RunState.RUNNING),
        "refusals": refusals(result.get("refusals", [])) if not usable else [],
        "refusal": found.run.refusal,
        "blocks": proposal_blocks(result, found.run.uid) if usable else (),
        "lines": lines_of(result) if usable else [],
        "adopts": usable and access.prepares(actor) and found.round.state != RoundState.DECIDED,
        "settings": found.run.parameters["settings"],
    }  # fmt: skip
    return render(request, "support/funding/simulation.html", context)


@login_required
@require_POST
def adopt(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _simulation(request, uid)
    text = _("This is the proposal now. Decide on it, or choose another one.")
    done(request, lambda: deciding.adopt(actor=actor_of(request), simulation=found), text)
    return redirect("support:round", found.round.uid)
