"""The pages of projects."""

from collections.abc import Callable
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.counting import count_together
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.rendering.formats import FORMATS, download
from xuequ.district.actors import Actor
from xuequ.kit.evidence.responses import download as send_evidence
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import PATH, Stage
from xuequ.systems.programmes.models import Issue, Milestone, Project
from xuequ.systems.programmes.pages import form_page, there
from xuequ.systems.programmes.projects import access as rights
from xuequ.systems.programmes.projects import actions, forms, pictures, queries, reports, versions
from xuequ.systems.programmes.projects.sections import group_blocks
from xuequ.systems.programmes.projects.stages import missing
from xuequ.systems.programmes.projects.steps import ACTS, proof_of
from xuequ.systems.programmes.projects.wording import DEMANDS


def _reader(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not queries.may_enter(actor):
        raise PermissionDenied
    return actor


@login_required
@require_safe
def group(request: HttpRequest) -> HttpResponse:
    actor = _reader(request)
    if not access.reads_everything(actor):
        raise PermissionDenied
    lines = queries.lines(queries.projects(actor), actor.day)
    context = {"blocks": group_blocks(lines, actor.day), "formats": FORMATS}
    return render(request, "programmes/projects/group.html", context)


@login_required
@require_safe
def group_file(request: HttpRequest, form: str) -> HttpResponse:
    actor = _reader(request)
    if not access.reads_everything(actor):
        raise PermissionDenied
    if form not in FORMATS:
        raise Http404
    report = reports.group_report(actor)
    audit.record(actor, "programmes.report.downloaded", None, {"format": form})
    return download(report, form, f"{report.title}-{report.subtitle}")


@login_required
@require_safe
def project_list(request: HttpRequest) -> HttpResponse:
    actor = _reader(request)
    form = forms.ProjectFilter(request.GET or None)
    rows = queries.projects(actor)
    if form.is_valid():
        if text := form.cleaned_data["q"]:
            rows = rows.filter(Q(title__icontains=text) | Q(number__icontains=text))
        if stage := form.cleaned_data["stage"]:
            rows = rows.filter(stage=stage)
    counted = count_together({"listed": rows, "running": queries.running(actor)})
    paginator = Paginator(rows, 25)
    paginator.count = counted["listed"]  # one question with the other number
    page = paginator.get_page(request.GET.get("page"))
    lines = queries.lines(page.object_list, actor.day)
    context = {"page": page, "lines": lines, "form": form, "applies": rights.may_apply(actor)}
    context |= {"leads": access.reads_everything(actor), "running": counted["running"]}
    return render(request, "programmes/projects/list.html", context)


def _project(request: HttpRequest, uid: UUID) -> Project:
    return there(queries.project(_reader(request), uid))


@login_required
@require_safe
def project(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = _reader(request), _project(request, uid)
    whole = queries.dossier(found)
    stage = Stage(found.stage)
    case = queries.running_case(found) if stage == Stage.APPRAISAL else None
    lacking = missing(stage, whole.facts)
    figures = [pictures.by_source(whole.balances)]
    if whole.contracts:
        figures.append(pictures.contracts(whole))
    if whole.uses:
        figures.append(pictures.use(whole))
    context = {
        "project": found,
        "whole": whole,
        "proofs": [
            (piece, piece.counts and rights.may_withdraw(actor, found, piece)) for piece in whole.proofs
        ],
        "path": [(step.label, _mark(step, stage)) for step in PATH],
        "lacking": [DEMANDS[code] for code in lacking][:3],
        "figures": figures,
        "case": case,
        "may": _may(actor, found, stage, lacking, case is not None),
        "formats": FORMATS,
        "today": actor.day,
    }
    return render(request, "programmes/projects/project.html", context)


def _mark(step: Stage, stage: Stage) -> str:
    if stage not in PATH:
        return ""
    here, there = PATH.index(stage), PATH.index(step)
    return "active" if here == there else "done" if there < here else ""


def _may(
    actor: Actor, found: Project, stage: Stage, lacking: tuple[str, ...], asked: bool
) -> dict[str, bool]:
    ready = not lacking
    opinions_in = stage == Stage.APPRAISAL and "opinions" not in lacking
    return {
        "edit": rights.may_change(actor, found),
        "opinion": rights.may_judge(actor, found) and not asked,
        "put": access.keeps_everything(actor) and opinions_in and not asked,
        "contract": rights.may_order(actor, found),
        "payment": rights.may_pay(actor, found) and stage != Stage.APPLICATION,
        "milestone": rights.may_plan(actor, found),
        "acceptance": rights.may_accept(actor, found),
        "use": rights.may_report(actor, found),
        "issue": rights.may_raise(actor, found),
        "evidence": rights.may_attach(actor, found),
        "move": rights.may_move(actor, found) and ready,
        "stop": rights.may_stop(actor, found) and not asked,
    }


@login_required
@require_safe
def history(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _project(request, uid)
    context = {
        "project": found,
        "passages": found.passages.select_related("done_by"),
        "proofs": found.proofs.select_related(
            "evidence__uploaded_by", "closed_by", "milestone", "issue", "acceptance"
        ),
        "opinions": found.opinions.all(),
        "acceptances": found.acceptances.all(),
        "schools": found.schools.order_by("code"),
    }
    return render(request, "programmes/projects/history.html", context)


@login_required
@require_safe
def project_file(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    actor, found = _reader(request), _project(request, uid)
    if form not in FORMATS:
        raise Http404
    report = reports.project_report(actor, found)
    audit.record(actor, "programmes.report.downloaded", found, {"format": form})
    return download(report, form, f"{report.title}-{found.title}")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: HttpRequest) -> HttpResponse:
    actor = _reader(request)
    if not rights.may_apply(actor):
        raise PermissionDenied
    form = forms.ProjectForm(request.POST or None, actor=actor)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data.get("schools", ())
        fresh = form.save(commit=False)

        def begin() -> object:
            return actions.apply(actor=actor, project=fresh, budgets=form.budgets, schools=chosen)

        if _done(form, begin):
            messages.success(request, _("Kept. Hand it in when it is complete."))
            return redirect("programmes:project", fresh.uid)
    return form_page(
        request, form, gettext_lazy("New project"), reverse("programmes:projects"), _("Projects")
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_edit(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = _reader(request), _project(request, uid)
    if not rights.may_change(actor, found):
        raise Http404
    title = found.title  # as stored: a form that was sent fills ``found`` with what was typed
    form = forms.ProjectForm(request.POST or None, actor=actor, instance=found)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data.get("schools", ())
        changed, base = form.save(commit=False), form.cleaned_data["base"]

        def change() -> object:
            return actions.change(
                actor=actor, project=changed, budgets=form.budgets, schools=chosen, base=base
            )

        if _done(form, change):
            messages.success(request, _("Kept."))
            return redirect("programmes:project", uid)
    back = reverse("programmes:project", args=[uid])
    return form_page(request, form, gettext_lazy("Change the application"), back, title)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, uid: UUID, step: str) -> HttpResponse:
    actor, found = _reader(request), _project(request, uid)
    chosen = ACTS.get(step)
    if chosen is None or not chosen.may(actor, found):
        raise Http404
    form = chosen.form(request, actor, found)
    back = reverse("programmes:project", args=[uid])

    def do() -> object:
        return chosen.do(actor, found, dict(form.cleaned_data))

    if request.method == "POST" and form.is_valid() and _done(form, do):
        messages.success(request, _("Kept."))
        return redirect(back)
    return form_page(request, form, chosen.title, back, found.title)


def _done(form: django_forms.BaseForm, do: Callable[[], object]) -> bool:
    """Carry a step out whole; what is refused stands on the form, and nothing of it is kept."""
    try:
        with transaction.atomic():
            do()
    except versions.Conflict as conflict:
        form.show_conflict(conflict)  # type: ignore[attr-defined]  # only an application's form has versions
        return False
    except (Refused, Forbidden) as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


@login_required
@require_POST
def move_on(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = _reader(request), _project(request, uid)
    try:
        moved = actions.move_on(actor=actor, project=found)
        messages.success(request, _("Now: %(stage)s") % {"stage": moved.get_stage_display()})
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("programmes:project", uid)


@login_required
@require_POST
def put_before(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = _reader(request), _project(request, uid)
    try:
        actions.put_before(actor=actor, project=found)
        messages.success(request, _("The leading group now finds it among its requests."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("programmes:project", uid)


def _milestone(request: HttpRequest, uid: UUID) -> Milestone:
    """Return a milestone that the actor may set and reach."""
    actor = _reader(request)
    rows = Milestone.objects.filter(project__in=queries.projects(actor).values("pk"), uid=uid)
    found = rows.select_related("project__school").first()
    if found is None or not rights.may_plan(actor, found.project):
        raise Http404
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def milestone_day(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Another day for an open milestone; of one that was reached, the right day."""
    actor, found = _reader(request), _milestone(request, uid)
    reached = found.done is not None
    form = (forms.ReachedDayForm if reached else forms.DayForm)(request.POST or None)
    back = reverse("programmes:project", args=[found.project.uid])

    def set_day() -> object:
        act = actions.correct_day if reached else actions.postpone
        return act(actor=actor, milestone=found, **form.cleaned_data)

    if request.method == "POST" and form.is_valid() and _done(form, set_day):
        messages.success(request, _("Kept."))
        return redirect(back)
    title = gettext_lazy("Correct the day") if reached else gettext_lazy("Set another day")
    return form_page(request, form, title, back, found.project.title, found.title)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def milestone(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = _reader(request), _milestone(request, uid)
    if found.done is not None and request.method != "POST":
        return redirect("programmes:milestone-day", uid)
    form = forms.ReachForm(request.POST or None, request.FILES or None, initial={"done": actor.day})
    back = reverse("programmes:project", args=[found.project.uid])

    def reach() -> object:
        data = dict(form.cleaned_data)
        proof = proof_of(actor, found.project, found.title, data)
        return actions.reach(actor=actor, milestone=found, done=data["done"], proof=proof)

    if request.method == "POST" and form.is_valid() and _done(form, reach):
        messages.success(request, _("Kept."))
        return redirect(back)
    return form_page(request, form, found.title, back, found.project.title)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _reader(request)
    rows = Issue.objects.filter(project__in=queries.projects(actor).values("pk"), uid=uid)
    found = rows.select_related("project__school").first()
    if found is None or found.closed is not None or not rights.may_raise(actor, found.project):
        raise Http404
    form = forms.SettleForm(request.POST or None, request.FILES or None)
    back = reverse("programmes:project", args=[found.project.uid])

    def settle() -> object:
        data = dict(form.cleaned_data)
        proof = proof_of(actor, found.project, found.title, data)
        return actions.settle(actor=actor, issue=found, outcome=data["outcome"], proof=proof)

    if request.method == "POST" and form.is_valid() and _done(form, settle):
        messages.success(request, _("Settled, with what shows it."))
        return redirect(back)
    return form_page(request, form, found.title, back, found.project.title)


@login_required
@require_safe
def proof(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _reader(request)
    found = queries.proof(actor, uid)
    if found is None or not found.counts:
        raise Http404
    return send_evidence(found.evidence)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def proof_withdraw(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _reader(request)
    found = queries.proof(actor, uid)
    if found is None or not found.counts or not rights.may_withdraw(actor, found.project, found):
        raise Http404
    form = forms.WithdrawForm(request.POST or None)
    back = reverse("programmes:project", args=[found.project.uid])

    def take_back() -> object:
        return actions.withdraw(actor=actor, proof=found, words=form.cleaned_data["words"])

    if request.method == "POST" and form.is_valid() and _done(form, take_back):
        messages.success(request, _("Withdrawn. It counts no more and stays in the history."))
        return redirect(back)
    lead = _("“%(title)s” will count no more. It stays in the history, with who withdrew it, when and why.")
    title = gettext_lazy("Withdraw evidence")
    return form_page(request, form, title, back, found.project.title, lead % {"title": found.evidence.title})
