"""The pages of development plans."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.core.rendering.formats import FORMATS, download
from xuequ.district.models import School
from xuequ.kit.evidence.forms import EvidenceForm
from xuequ.kit.evidence.responses import download as send_evidence
from xuequ.systems.stars.access import FILLERS, may_manage
from xuequ.systems.stars.ailevel.queries import current_version
from xuequ.systems.stars.ailevel.scheme import LevelScheme, example, read_scheme
from xuequ.systems.stars.answers import GET_OR_POST, actor_of, done
from xuequ.systems.stars.plans import actions, forms, queries
from xuequ.systems.stars.plans.matching import Match, matches
from xuequ.systems.stars.plans.models import DevelopmentPlan, PlanGoal
from xuequ.systems.stars.plans.sections import district_blocks, plan_blocks, plan_report


def _all_matches(found: list[DevelopmentPlan]) -> list[Match]:
    """Return the newest plan of each school beside its data."""
    newest: dict[int, DevelopmentPlan] = {}
    for plan in found:
        newest.setdefault(plan.school_id, plan)
    goals = defaultdict(list)
    for goal in PlanGoal.objects.filter(plan__in=[plan.pk for plan in newest.values()]).order_by("due", "pk"):
        goals[goal.plan_id].append(goal)
    return matches(list(newest.values()), goals)


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All plans for the district; a school is led to its own."""
    actor = actor_of(request)
    if not queries.may_enter(actor):
        raise PermissionDenied
    found = list(queries.plans(actor))
    if actor.sees_district:
        schools = list(
            School.objects.of_district().filter(closed_on=None).select_related("area").order_by("code")
        )
        there = {school.pk for school in schools}
        found = [plan for plan in found if plan.school_id in there]
        blocks = district_blocks(_all_matches(found), schools) if found else ()
        return render(request, "stars/plans/index.html", {"blocks": blocks})
    if len(found) == 1:
        return redirect("stars:plan", found[0].uid)
    return render(
        request, "stars/plans/own.html", {"plans": found, "writes": bool(queries.own_schools(actor))}
    )


@login_required
@require_http_methods(GET_OR_POST)
def new(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    schools = actor.schools_of(FILLERS)
    if not schools:
        raise PermissionDenied
    form = forms.PlanForm(request.POST or None, schools=schools)
    if request.method == "POST" and form.is_valid():
        try:
            school = form.cleaned_data.get("school") or schools[0]
            made = actions.write_plan(actor=actor, school=school, words=form.words())
            messages.success(request, _("Kept as a draft. Now add goals, then hand it in."))
            return redirect("stars:plan", made.uid)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return render(request, "stars/plans/form.html", {"form": form, "title": _("Write a plan")})


def _plan(request: HttpRequest, uid: UUID) -> DevelopmentPlan:
    found = queries.plan(actor_of(request), uid)
    if found is None:
        raise Http404
    return found


def _own_plan(request: HttpRequest, uid: UUID) -> DevelopmentPlan:
    found = _plan(request, uid)
    if not queries.may_write(actor_of(request), found):
        raise PermissionDenied
    return found


def _match(found: DevelopmentPlan) -> Match:
    return matches([found], {found.pk: list(queries.goals(found))})[0]


def _review_form(request: HttpRequest, found: DevelopmentPlan) -> forms.ReviewForm | None:
    """Return the form to look back with; None before a year of the plan has begun."""
    years = list(queries.years_to_look_back_on(actor_of(request), found))
    return forms.ReviewForm(request.POST or None, years=years) if years else None


@login_required
@require_safe
def plan(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = actor_of(request), _plan(request, uid)
    match = _match(found)
    writes = queries.may_write(actor, found)
    context = {
        "plan": found,
        "match": match,
        "blocks": plan_blocks(match, writes=writes),
        "reviews": list(queries.reviews(found)),
        "writes": writes,
        "review_form": _review_form(request, found) if writes and found.handed_in else None,
        "comment_form": forms.CommentForm() if may_manage(actor) else None,
        "district": actor.sees_district,
    }
    return render(request, "stars/plans/plan.html", context)


@login_required
@require_safe
def plan_file(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    if form not in FORMATS:
        raise Http404
    found = _plan(request, uid)
    report = plan_report(_match(found))
    audit.record(actor_of(request), "stars.plan.downloaded", found, {"format": form})
    return download(report, form, f"{report.title}-{report.subtitle}")


@login_required
@require_http_methods(GET_OR_POST)
def change(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _own_plan(request, uid)
    names = ("title", "start", "end", "speciality_kind", "speciality", "why")
    form = forms.PlanForm(request.POST or None, initial={name: getattr(found, name) for name in names})
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_plan(actor=actor_of(request), plan=found, words=form.words())
            return redirect("stars:plan", uid)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return render(
        request,
        "stars/plans/form.html",
        {"form": form, "title": pgettext("development plan", "Change the plan"), "plan": found},
    )


@login_required
@require_POST
def hand_in(request: HttpRequest, uid: UUID) -> HttpResponse:
    done(
        request,
        lambda: actions.hand_in(actor=actor_of(request), plan=_own_plan(request, uid)),
        _("Handed in: the district reads it from now on. You may go on changing it."),
    )
    return redirect("stars:plan", uid)


def _scheme() -> LevelScheme:
    version = current_version()
    return read_scheme(version.document if version is not None else example())


@login_required
@require_http_methods(GET_OR_POST)
def new_goal(request: HttpRequest, uid: UUID) -> HttpResponse:
    found, scheme = _own_plan(request, uid), _scheme()
    wanted = scheme.index(request.GET.get("item", ""))
    initial = {"item": wanted.code, "measure": wanted.title} if wanted else {}
    form = forms.GoalForm(request.POST or None, scheme=scheme, initial=initial)
    return _goal_page(request, found, form, None)


@login_required
@require_http_methods(GET_OR_POST)
def goal(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _goal(request, uid)
    names = ("text", "item", "measure", "begins_at", "target", "due", "steps", "state")
    initial = {name: getattr(found, name) for name in names}
    form = forms.GoalForm(request.POST or None, scheme=_scheme(), initial=initial)
    return _goal_page(request, found.plan, form, found)


def _goal(request: HttpRequest, uid: UUID) -> PlanGoal:
    found = queries.goal(actor_of(request), uid)
    # Readers meet goals on the page of the plan; this address is for those who write.
    if found is None or not queries.may_write(actor_of(request), found.plan):
        raise Http404
    return found


def _goal_page(
    request: HttpRequest, found: DevelopmentPlan, form: forms.GoalForm, now: PlanGoal | None
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            actions.write_goal(actor=actor_of(request), plan=found, words=form.words(), goal=now)
            return redirect("stars:plan", found.uid)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    context: dict[str, Any] = {"form": form, "plan": found, "goal": now}
    if now is not None:
        context |= {"pieces": now.pieces.order_by("pk"), "evidence_form": EvidenceForm(prefix="e")}
    return render(request, "stars/plans/goal.html", context)


@login_required
@require_POST
def attach(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _goal(request, uid)
    form = EvidenceForm(request.POST, request.FILES, prefix="e")
    if form.is_valid():
        try:
            with transaction.atomic():
                piece = form.save(actor=actor_of(request), system=actions.SYSTEM, school=found.plan.school)
                actions.attach(actor=actor_of(request), goal=found, evidence=piece)
            messages.success(request, _("Kept as evidence for the goal."))
        except Refused as refusal:
            messages.error(request, str(refusal))
    else:
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect("stars:plan-goal", uid)


@login_required
@require_safe
def piece(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = queries.piece(actor_of(request), uid)
    if found is None:
        raise Http404
    audit.record(actor_of(request), "evidence.opened", found)
    return send_evidence(found)


@login_required
@require_POST
def look_back(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _own_plan(request, uid)
    form = _review_form(request, found)
    if form is not None and form.is_valid():
        try:
            data = form.cleaned_data
            actions.look_back(actor=actor_of(request), plan=found, year=data["year"], text=data["text"])
            messages.success(request, _("Kept. The district reads it beside the plan."))
        except Refused as refusal:
            messages.error(request, str(refusal))
    else:
        messages.error(request, _("Choose the year and write a few sentences."))
    return redirect("stars:plan", uid)


@login_required
@require_POST
def comment(request: HttpRequest, uid: UUID) -> HttpResponse:
    if not may_manage(actor_of(request)):
        raise PermissionDenied
    found, form = queries.review(actor_of(request), uid), forms.CommentForm(request.POST)
    if found is None:
        raise Http404
    if form.is_valid():
        try:
            actions.comment(actor=actor_of(request), review=found, text=form.cleaned_data["text"])
            messages.success(request, _("The school reads your comment beside its plan."))
        except Refused as refusal:
            messages.error(request, str(refusal))
    else:
        messages.error(request, _("Write the comment that the school will read."))
    return redirect("stars:plan", found.plan.uid)
