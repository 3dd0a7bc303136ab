"""The district's pages of rounds."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.core.rendering.formats import FORMATS, download
from xuequ.district import queries as district
from xuequ.district.actors import Actor
from xuequ.systems.stars.access import may_manage, may_read_district
from xuequ.systems.stars.answers import GET_OR_POST, actor_of, done, manager_of
from xuequ.systems.stars.choices import RoundState
from xuequ.systems.stars.forms import AnswerForm, DecideForm, ReasonForm
from xuequ.systems.stars.models import Application, Round, SecondRater
from xuequ.systems.stars.rounds import actions, appeals, queries
from xuequ.systems.stars.rounds.forms import RaterForm, RoundForm
from xuequ.systems.stars.rounds.reports import round_report
from xuequ.systems.stars.rounds.review import candidates
from xuequ.systems.stars.rounds.sections import blocks, overview_of
from xuequ.systems.stars.schemes.queries import scheme_in
from xuequ.systems.stars.second import actions as second
from xuequ.systems.stars.second.asking import assign_evenly, available, names_of


def _round(actor: Actor, uid: UUID) -> Round:
    found = queries.round_of(actor, uid)
    if found is None:
        raise Http404
    return found


def _application(actor: Actor, uid: UUID) -> Application:
    found = queries.application(actor, uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def rounds(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not may_read_district(actor):
        raise PermissionDenied
    return render(
        request, "stars/rounds/list.html", {"rounds": queries.rounds(actor), "manages": may_manage(actor)}
    )


@login_required
@require_http_methods(GET_OR_POST)
def new(request: HttpRequest) -> HttpResponse:
    actor = manager_of(request)
    schools = list(district.schools(actor, actor.day).filter(study=None).select_related("area"))
    year = district.year_on(actor.day)
    initial = {"year": year, "title": _("Stars %(year)s") % {"year": year or ""}}
    form = RoundForm(request.POST or None, day=actor.day, schools=schools, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        data["share"] = data["share"] / 100
        try:
            made = actions.open_round(actor=actor, **data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The round is open; the schools are told."))
            return redirect("stars:round", made.uid)
    return render(request, "stars/rounds/new.html", {"form": form})


@login_required
@require_safe
def show(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    found = _round(actor, uid)
    context = {
        "round": found, "scheme_version": found.version, "blocks": blocks(overview_of(actor, found)),
        "manages": may_manage(actor), "formats": FORMATS, "states": RoundState,
    }  # fmt: skip
    return render(request, "stars/rounds/round.html", context)


@login_required
@require_safe
def report(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    actor = actor_of(request)
    found = _round(actor, uid)
    if form not in FORMATS:
        raise Http404
    made = round_report(actor, found)
    audit.record(actor, "stars.report.downloaded", found, {"format": form})
    return download(made, form, f"{made.title}-{found.title}")


@login_required
@require_POST
def draw(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = manager_of(request)
    try:
        found = actions.begin_second(actor=actor, found=_round(actor, uid))
        messages.success(request, _("Drawn with the seed %(seed)s. Ask raters next.") % {"seed": found.seed})
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("stars:round", uid)


@login_required
@require_POST
def close(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = manager_of(request)
    done(
        request,
        lambda: actions.close_round(actor=actor, found=_round(actor, uid)),
        _("The round is closed; its numbers are being published."),
    )
    return redirect("stars:round", uid)


@login_required
@require_http_methods(GET_OR_POST)
def raters(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = manager_of(request)
    found = _round(actor, uid)
    accounts = available(actor.day)
    form = RaterForm(request.POST or None, accounts=accounts, names=names_of(accounts))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = assign_evenly(actor=actor, found=found, accounts=data["raters"], each=data["each"])
            messages.success(request, _("%(n)d ratings are asked for.") % {"n": made})
            return redirect("stars:round", uid)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return render(
        request, "stars/rounds/raters.html", {"round": found, "scheme_version": found.version, "form": form}
    )


@login_required
@require_POST
def ask(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = manager_of(request)
    found = _application(actor, uid)
    chosen = set(request.POST.getlist("raters"))
    accounts = [account for account in candidates(actor, found) if str(account.pk) in chosen]
    try:
        rows = second.assign(actor=actor, application=found, accounts=accounts)
        messages.success(request, _("%(n)d ratings are asked for.") % {"n": len(rows)})
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("stars:application", uid)


@login_required
@require_POST
def release(request: HttpRequest, uid: UUID, rater: UUID) -> HttpResponse:
    actor = manager_of(request)
    found = _application(actor, uid)
    row = SecondRater.objects.filter(application=found, uid=rater).first()
    if row is None:
        raise Http404
    done(request, lambda: second.release(actor=actor, second=row), _("The rater is no longer asked."))
    return redirect("stars:application", uid)


@login_required
@require_POST
def add(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = manager_of(request)
    done(
        request,
        lambda: actions.add_by_hand(actor=actor, application=_application(actor, uid)),
        _("The school is added; ask raters for it."),
    )
    return redirect("stars:application", uid)


@login_required
@require_POST
def give_back(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = manager_of(request)
    found = _application(actor, uid)
    form = ReasonForm(request.POST)
    try:
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        actions.return_to_school(actor=actor, application=found, reason=reason)
        messages.success(request, _("Returned to the school, with your words."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("stars:application", uid)


@login_required
@require_POST
def decide(request: HttpRequest, uid: UUID, code: str) -> HttpResponse:
    actor = manager_of(request)
    found = _application(actor, uid)
    item = next((one for one in scheme_in(found.round.version).items if one.code == code), None)
    if item is None:
        raise Http404
    form = DecideForm(request.POST, item=item, prefix=code)
    try:
        if not form.is_valid():
            raise Refused(_("Choose the points and write why."))
        points = float(form.cleaned_data["points"])
        second.decide(
            actor=actor, application=found, code=code, points=points, note=form.cleaned_data["note"]
        )
        messages.success(request, _("%(item)s is decided.") % {"item": code})
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("stars:application", uid)


@login_required
@require_POST
def settle(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = manager_of(request)
    found = _application(actor, uid)
    if queries.is_blind(actor, found):
        raise PermissionDenied
    done(
        request,
        lambda: second.settle(actor=actor, application=found),
        _("Settled. The school reads it and may appeal."),
    )
    return redirect("stars:application", uid)


@login_required
@require_POST
def answer(request: HttpRequest, uid: UUID, appeal: UUID) -> HttpResponse:
    actor = manager_of(request)
    found = _application(actor, uid)
    row = found.appeals.filter(uid=appeal).first()
    if row is None:
        raise Http404
    row.application = found
    form = AnswerForm(request.POST, item=scheme_in(found.round.version).item(row.item), prefix=str(row.uid))
    try:
        if not form.is_valid():
            raise Refused(_("Write the answer; the school reads it."))
        points = form.cleaned_data["points"]
        appeals.answer(
            actor=actor,
            appeal=row,
            points=float(points) if points else None,
            text=form.cleaned_data["text"],
        )
        messages.success(request, _("The appeal is answered."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("stars:application", uid)
