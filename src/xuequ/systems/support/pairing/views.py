"""The pages of pairs: ask, render."""

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
from xuequ.core.rendering.formats import FORMATS, download
from xuequ.district import queries as district
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.record.choices import RunState
from xuequ.systems.support import access
from xuequ.systems.support.answers import actor_of, done
from xuequ.systems.support.pairing import actions, forms, material, queries, report
from xuequ.systems.support.pairing.choices import ActKind, Need, PairState, RuleKind, Side
from xuequ.systems.support.pairing.models import Act, Pair, PairPlan
from xuequ.systems.support.pairing.wording import district_sentence, own_sentence


def _year(request: HttpRequest) -> SchoolYear:
    """The school year of today, in which pairs are prepared."""
    found = district.year_on(actor_of(request).day)
    if found is None:
        raise Http404
    return found


def _chosen(request: HttpRequest) -> tuple[SchoolYear | None, list[SchoolYear]]:
    """The school year that is asked for, else today's or the newest, and those there are to choose from."""
    day = actor_of(request).day
    years = queries.years(day)
    asked = (request.POST if request.method == "POST" else request.GET).get("year", "")
    found = [year for year in years if year.code == asked] or years
    if asked and (not years or found[0].code != asked):
        raise Http404
    return (found[0] if found else None), years


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Pairs of the year, or a school's own."""
    actor = actor_of(request)
    if not queries.may_enter(actor):
        raise PermissionDenied
    rows = queries.with_sums(queries.pairs(actor))
    if not access.on_district_side(actor):
        return render(request, "support/pairing/own.html", {"pairs": list(rows[:30])})
    year, years = _chosen(request)
    now: list[Any] = list(rows.filter(year=year)) if year is not None else []
    effect = queries.effect(actor, year) if year is not None else None
    context = {
        "year": year,
        "years": years,
        "current": year is not None and actor.day < year.end,
        "pairs": now,
        "hours": sum(row.hours or 0 for row in now),
        "agreed": sum(row.state == PairState.AGREED for row in now),
        "worked": sum(row.state in {PairState.AGREED, PairState.ENDED} for row in now),
        "effect": effect,
        "blocks": report.effect_blocks(effect) if effect is not None else (),
        "prepares": access.prepares(actor),
        "plans": list(queries.plans(actor).filter(year=year)[:5]),
        "reports": actor.sees_district,
    }
    return render(request, "support/pairing/index.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def prepare(request: HttpRequest) -> HttpResponse:
    """Who can help how many, what is settled beforehand, and what counts; then pairs are computed."""
    actor = actor_of(request)
    if not access.prepares(actor):
        raise PermissionDenied
    year = _year(request)
    known = material.known_schools(actor, year.code)
    rooms = forms.RoomForm(request.POST or None, known=known, places=material.places(known, year))
    weights = forms.WeightForm(request.POST or None)
    if request.method == "POST" and rooms.is_valid() and weights.is_valid():
        try:
            actions.set_rooms(actor=actor, year=year, places=rooms.places())
            _plan, task = actions.start_plan(actor=actor, year=year, **weights.cleaned_data)
        except Refused as refusal:
            weights.add_error(None, str(refusal))
        else:
            return redirect("job", task.uid)
    gaps = sorted({name for one in known for name in one.gaps}, key=Need.values.index)
    context = {
        "year": year, "rooms": rooms, "weights": weights, "rules": list(queries.rules(year)),
        "rule_form": forms.RuleForm(), "gaps": [Need(name).label for name in gaps],
        "unplaced": [str(school) for school in material.unplaced(known)],
    }  # fmt: skip
    return render(request, "support/pairing/prepare.html", context)


@login_required
@require_POST
def add_rule(request: HttpRequest) -> HttpResponse:
    actor, form = actor_of(request), forms.RuleForm(request.POST)
    access.require(access.prepares(actor), _("Only the district's officers prepare pairs."))
    if form.is_valid():
        data = form.cleaned_data | {"kind": RuleKind(form.cleaned_data["kind"])}
        done(request, lambda: actions.add_rule(actor=actor, year=_year(request), **data), _("Settled."))
    else:
        messages.error(request, _("Choose a rule and two schools; nothing was changed."))
    return redirect("support:pairs-prepare")


@login_required
@require_POST
def drop_rule(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    access.require(access.prepares(actor), _("Only the district's officers prepare pairs."))
    rule = queries.rules(_year(request)).filter(uid=uid).first()
    if rule is None:
        raise Http404
    done(request, lambda: actions.drop_rule(actor=actor, rule=rule), _("Taken out."))
    return redirect("support:pairs-prepare")


def _plan(request: HttpRequest, uid: UUID) -> PairPlan:
    found = queries.plan(actor_of(request), uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def plan(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The computed pairs, each with its reason."""
    actor, found = actor_of(request), _plan(request, uid)
    usable = found.run.state == RunState.DONE
    made, unpaired, ended = queries.planned_and_ended(found) if usable else ([], [], [])
    gaps = {name for names in found.result.get("gaps", {}).values() for name in names}
    context = {
        "plan": found, "usable": usable, "unpaired": unpaired, "refusal": found.run.refusal,
        "waits": found.run.state in (RunState.WAITING, RunState.RUNNING),
        "lines": [(one, district_sentence(one.reasons)) for one in made],
        "ended": ended, "unplaced": found.result.get("unplaced", []),
        "gaps": [Need(name).label for name in Need.values if name in gaps],
        "adopts": usable and found.adopted is None and access.prepares(actor),
    }  # fmt: skip
    return render(request, "support/pairing/plan.html", context)


@login_required
@require_POST
def adopt(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _plan(request, uid)
    text = _("Proposed. Both schools of each pair have been asked.")
    if done(request, lambda: actions.adopt(actor=actor_of(request), plan=found), text):
        return redirect("support:pairs")
    return redirect("support:pair-plan", found.uid)


@login_required
@require_POST
def compute_effect(request: HttpRequest) -> HttpResponse:
    """Compare helped schools with the others."""
    actor = actor_of(request)
    access.require(access.prepares(actor), _("Only the district's officers prepare pairs."))
    year, _years = _chosen(request)
    if year is None:
        raise Http404
    _row, task = actions.start_effect(actor=actor, year=year)
    return redirect("job", task.uid)


# One pair.


def _pair(request: HttpRequest, uid: UUID) -> Pair:
    found = queries.with_sums(queries.pairs(actor_of(request))).filter(uid=uid).first()
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def pair(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A pair: why, whether both agree, what was done."""
    found = _pair(request, uid)
    actions.opened(actor=actor_of(request), pair=found)
    return _shown(request, found)


def _shown(request: HttpRequest, found: Pair, typed: forms.ActForm | None = None) -> HttpResponse:
    """The page of a pair; ``typed``: an entry that could not be taken, with what is wrong with it."""
    actor = actor_of(request)
    sides = queries.sides_of(actor, found)
    side = sides[0] if sides else None
    at_district = access.on_district_side(actor)
    answered = all(getattr(found, f"{own}_agreed") for own in sides)
    asked = found.state == PairState.PROPOSED and not answered
    writes = side is not None and found.state == PairState.AGREED
    last = found.year.end - dt.timedelta(days=1)
    context = {
        "pair": found, "side": side, "asked": asked, "typed": typed is not None,
        "acts": [(act, _may_answer(actor, act, sides)) for act in found.acts.all()],
        "why": district_sentence(found.reasons) if at_district else own_sentence(found.reasons, side) if side else "",
        "decline": forms.DeclineForm() if asked else None,
        "act_form": (typed or forms.ActForm(initial={"day": min(actor.day, last)})) if writes else None,
        "ends": access.prepares(actor) and found.state == PairState.AGREED,
        "voids": access.prepares(actor),
        "district": at_district,
    }  # fmt: skip
    return render(request, "support/pairing/pair.html", context)


def _may_answer(actor: Actor, act: Act, sides: tuple[Side, ...]) -> bool:
    """Whether the actor confirms the act or says what was different: the other school, and nobody what they typed."""
    return Side(act.side).other in sides and act.entered_by_id != actor.account_id


@login_required
@require_POST
def agree(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _pair(request, uid)
    done(request, lambda: actions.agree(actor=actor_of(request), pair=found), _("Agreed. Thank you."))
    return redirect("support:pair", found.uid)


@login_required
@require_POST
def decline(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _pair(request, uid)
    remark = request.POST.get("remark", "")[: forms.LONGEST]
    text = _("Declined. The district looks for another partner.")
    done(request, lambda: actions.decline(actor=actor_of(request), pair=found, remark=remark), text)
    return redirect("support:pair", found.uid)


@login_required
@require_POST
def end(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _pair(request, uid)
    why = request.POST.get("why", "")[: forms.LONGEST]
    text = _("Ended. Both schools are told.")
    done(request, lambda: actions.end(actor=actor_of(request), pair=found, why=why), text)
    return redirect("support:pair", found.uid)


@login_required
@require_POST
def add_act(request: HttpRequest, uid: UUID) -> HttpResponse:
    found, form = _pair(request, uid), forms.ActForm(request.POST)
    side = queries.side_of(actor_of(request), found)
    access.require(side is not None, _("Only those who lead one of the two schools may do this."))
    if not form.is_valid():
        return _shown(request, found, form)
    data = form.cleaned_data | {"kind": ActKind(form.cleaned_data["kind"])}
    try:
        actions.write_act(actor=actor_of(request), pair=found, **data)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _shown(request, found, form)
    messages.success(request, _("Written down. It counts as soon as the other school confirms it."))
    return redirect("support:pair", found.uid)


def _act(request: HttpRequest, uid: UUID) -> Act:
    """The act that a school writes on; who speaks for no school gets the same answer for every address."""
    may = access.speaks_for_a_school(actor_of(request))
    access.require(may, _("Only those who lead one of the two schools may do this."))
    found = queries.act(actor_of(request), uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_POST
def confirm_act(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _act(request, uid)
    done(request, lambda: actions.confirm(actor=actor_of(request), act=found), _("Confirmed."))
    return redirect("support:pair", found.pair.uid)


@login_required
@require_POST
def contest_act(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _act(request, uid)
    words = request.POST.get("text", "")[: forms.LONGEST]
    text = _("Noted. The other school sees it and can write it anew.")
    done(request, lambda: actions.contest(actor=actor_of(request), act=found, text=words), text)
    return redirect("support:pair", found.pair.uid)


@login_required
@require_POST
def take_back(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _act(request, uid)
    done(request, lambda: actions.take_back(actor=actor_of(request), act=found), _("Taken back."))
    return redirect("support:pair", found.pair.uid)


@login_required
@require_POST
def void_act(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The district voids an act that both schools had confirmed."""
    actor = actor_of(request)
    access.require(
        access.prepares(actor), _("Only the district's officers void what both schools confirmed.")
    )
    found = queries.act(actor, uid)
    if found is None:
        raise Http404
    why = request.POST.get("why", "")[: forms.LONGEST]
    text = _("Voided. It counts no more, and both schools are told.")
    done(request, lambda: actions.void(actor=actor, act=found, why=why), text)
    return redirect("support:pair", found.pair.uid)


@login_required
@require_safe
def pair_report(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    """The report on one pair as a file."""
    found = _pair(request, uid)
    if form not in FORMATS:
        raise Http404
    made = report.pair_report(found, found.acts.order_by("day", "id"), district.district())
    return download(made, form, f"{made.title} {found}")


@login_required
@require_safe
def district_report(request: HttpRequest, form: str) -> HttpResponse:
    """The report on all pairs of the year as a file."""
    actor = actor_of(request)
    if form not in FORMATS or not actor.sees_district:
        raise Http404
    year, _years = _chosen(request)
    if year is None:
        raise Http404
    rows = queries.with_sums(
        queries.pairs(actor).filter(year=year, state__in=(PairState.AGREED, PairState.ENDED))
    )
    made = report.district_report(year, rows, queries.effect(actor, year), district.district())
    return download(made, form, f"{made.title} {year.code}")
