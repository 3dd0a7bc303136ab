"""The pages of growth: ask, render."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.core.rendering.formats import FORMATS, download
from xuequ.core.reports import Block, Report
from xuequ.district import queries as district
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolClass, Study
from xuequ.systems.growth import actions, entries, forms, guide, proposals, pupils, queries, reports
from xuequ.systems.growth.audit_sections import audit_blocks
from xuequ.systems.growth.comparison import comparison_blocks
from xuequ.systems.growth.models import Evaluation, SchoolGrowth
from xuequ.systems.growth.sections import district_blocks, school_blocks
from xuequ.systems.growth.storing import stored_audits
from xuequ.systems.growth.suggestions import DISTRICT_RULES, SCHOOL_RULES
from xuequ.systems.growth.teachers_access import leads_bureau
from xuequ.systems.growth.teachers_entries import entries as of_teachers


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    if not entries.may_enter(actor):
        raise PermissionDenied
    found = [*entries.entries(actor), *of_teachers(actor)]
    if len(found) == 1:
        return redirect(found[0].url)
    return render(request, "growth/index.html", {"entries": found})


@login_required
@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    if not actor.sees_district:
        raise PermissionDenied
    page = Paginator(queries.runs(actor), 25).get_page(request.GET.get("page"))
    context = {"page": page, "may_evaluate": actions.may_evaluate(actor), "leads_bureau": leads_bureau(actor)}
    return render(request, "growth/runs.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def design(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    if not actions.may_evaluate(actor):
        raise PermissionDenied
    study = _study(request, actor)
    offer = proposals.offered_designs(found := queries.designable(actor, study))
    chosen = _chosen(request, len(offer))
    proposal = offer[chosen] if offer else None
    form = forms.DesignForm(
        request.POST or None,
        assessments=found,
        factors=queries.usable_factors(study),
        process=queries.usable_process(actor, study),
        period=proposal.design.period if proposal else "",
        initial=forms.initial_of(proposal.design, proposal.title) if proposal else forms.UNPROPOSED,
    )
    if request.method == "POST" and form.is_valid():
        started = _start(form, actor, study)
        if started is not None:
            return redirect("job", started.task.uid)
    context = {"form": form, "offer": offer, "proposal": proposal, "chosen": chosen, "study": study}
    context |= {"studies": queries.studies(actor), "assessments": found, **forms.chosen_names(form)}
    return render(request, "growth/design.html", context)


def _study(request: HttpRequest, actor: Actor) -> Study | None:
    wanted = request.GET.get("study", "")
    if not wanted:
        return None
    try:
        return queries.studies(actor).get(uid=UUID(wanted))
    except (ValueError, Study.DoesNotExist) as error:
        raise Http404 from error


def _chosen(request: HttpRequest, count: int) -> int:
    text = request.GET.get("proposal", "0")
    return int(text) if text.isdecimal() and int(text) < count else 0


def _start(form: forms.DesignForm, actor: Actor, study: Study | None) -> actions.Started | None:
    data = form.cleaned_data
    try:
        return actions.start_evaluation(actor=actor, design=data["design"], title=data["title"], study=study)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return None


@login_required
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    if not actor.sees_district:
        raise PermissionDenied
    form = forms.CompareForm(request.GET or None, evaluations=queries.comparable_evaluations(actor))
    blocks: tuple[Block, ...] = ()
    if form.is_valid():
        pair = form.cleaned_data["first"], form.cleaned_data["second"]
        blocks = comparison_blocks(*(queries.district_material(actor, found) for found in pair))
    return render(request, "growth/compare.html", {"form": form, "blocks": blocks})


def _evaluation(request: HttpRequest, uid: UUID) -> Evaluation:
    found = queries.evaluation(_actor(request), uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def run(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    if not actor.sees_district:
        raise Http404
    row = queries.runs(actor).filter(uid=uid).first()
    if row is None:
        raise Http404
    if not hasattr(row, "growth"):
        return render(request, "growth/run_pending.html", {"run": row})
    found = row.growth
    found.run = row
    blocks = district_blocks(queries.district_material(actor, found))
    context = {"run": row, "evaluation": found, "blocks": blocks, "formats": FORMATS}
    return render(request, "growth/run.html", context | {"may_evaluate": actions.may_evaluate(actor)})


@login_required
@require_safe
def audits(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    if not actor.sees_district:
        raise Http404
    found = _evaluation(request, uid)
    blocks = audit_blocks(stored_audits(found), queries.audit_names(actor, found)) if found.audits else ()
    return render(request, "growth/audits.html", {"run": found.run, "evaluation": found, "blocks": blocks})


@login_required
@require_safe
def analysis(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = _actor(request), _evaluation(request, uid)
    if not actor.sees_district:
        raise Http404
    report = reports.district_analysis_report(actor, found) if found.analysis else None
    url = reverse("growth:run", args=[uid])
    return _analysis_page(request, found, report, found.run.title, url)


@login_required
@require_safe
def school_analysis(request: HttpRequest, uid: UUID, school_uid: UUID) -> HttpResponse:
    actor, row = _actor(request), _school(request, uid, school_uid)
    report = reports.school_analysis_report(actor, row.evaluation, row) if row.evaluation.analysis else None
    url = reverse("growth:school", args=[uid, school_uid])
    return _analysis_page(request, row.evaluation, report, str(row.school), url)


@login_required
@require_safe
def class_analysis(request: HttpRequest, uid: UUID, class_uid: UUID) -> HttpResponse:
    actor, found = _actor(request), _evaluation(request, uid)
    group, own = _class(actor, found, class_uid)
    report = reports.class_analysis_report(actor, found, own, group) if found.analysis else None
    audit.record(actor, "growth.class.viewed", group, {})
    return _analysis_page(request, found, report, str(group), reverse("growth:class", args=[uid, class_uid]))


def _class(actor: Actor, found: Evaluation, uid: UUID) -> tuple[SchoolClass, SchoolGrowth]:
    group = district.school_class(actor, uid)
    own = (
        found.schools.select_related("school").filter(school=group.school).first()
        if group is not None
        else None
    )
    if group is None or own is None:
        raise Http404
    return group, own


def _analysis_page(
    request: HttpRequest, found: Evaluation, report: Report | None, place: str, url: str
) -> HttpResponse:
    context = {"evaluation": found, "run": found.run, "report": report, "place": place, "place_url": url}
    return render(request, "growth/analysis.html", context | {"formats": FORMATS})


@login_required
@require_safe
def analysis_file(
    request: HttpRequest, uid: UUID, form: str, school_uid: UUID | None = None, class_uid: UUID | None = None
) -> HttpResponse:
    actor, found = _actor(request), _evaluation(request, uid)
    if form not in FORMATS or not found.analysis:
        raise Http404
    report = _analysis_of(request, actor, found, school_uid, class_uid)
    audit.record(actor, "growth.report.downloaded", found.run, {"format": form, "kind": "comprehensive"})
    return download(report, form, f"{report.title}-{report.subtitle}")


def _analysis_of(
    request: HttpRequest, actor: Actor, found: Evaluation, school_uid: UUID | None, class_uid: UUID | None
) -> Report:
    if class_uid is not None:
        group, own = _class(actor, found, class_uid)
        return reports.class_analysis_report(actor, found, own, group)
    if school_uid is not None:
        row = _school(request, found.run.uid, school_uid)
        return reports.school_analysis_report(actor, row.evaluation, row)
    if not actor.sees_district:
        raise Http404
    return reports.district_analysis_report(actor, found)


@login_required
@require_POST
def publish(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    if not actions.may_evaluate(actor):
        raise PermissionDenied
    try:
        actions.publish(actor=actor, evaluation=_evaluation(request, uid))
        messages.success(request, _("Published. The schools concerned can now see their own part."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("growth:run", uid)


def _school(request: HttpRequest, uid: UUID, school_uid: UUID) -> SchoolGrowth:
    found = _evaluation(request, uid)
    row = queries.school_row(_actor(request), found, school_uid)
    # Teachers see their classes; a school's own figures are for those who lead it and for the district.
    if row is None or not queries.may_read_school(_actor(request), row):
        raise Http404
    row.evaluation = found
    return row


@login_required
@require_safe
def school(request: HttpRequest, uid: UUID, school_uid: UUID) -> HttpResponse:
    actor, row = _actor(request), _school(request, uid, school_uid)
    material = queries.school_material(actor, row.evaluation, row)
    classes = queries.class_lines(actor, row.evaluation, row)
    blocks = school_blocks(material, material.line(str(row.school.uid)), classes)
    context = {"row": row, "evaluation": row.evaluation, "run": row.evaluation.run, "blocks": blocks}
    return render(
        request, "growth/school.html", context | {"formats": FORMATS, "district": actor.sees_district}
    )


@login_required
@require_safe
def school_class(request: HttpRequest, uid: UUID, class_uid: UUID) -> HttpResponse:
    actor, found = _actor(request), _evaluation(request, uid)
    group = district.school_class(actor, class_uid)
    if group is None:
        raise Http404
    listed = queries.class_pupils(actor, found, group)
    audit.record(actor, "growth.class.viewed", group, {"pupils": len(listed)})
    context = {"group": group, "evaluation": found, "listed": listed, "lead": pupils.class_lead(listed)}
    return render(request, "growth/class.html", context | {"steps": pupils.to_talk_with(listed)})


@login_required
@require_safe
def pupil(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    found = district.pupil(actor, uid)
    if found is None:
        raise Http404
    growth = queries.pupil_growth(found)
    context = {"pupil": found, "name": found.person.name, "words": [pupils.in_words(item) for item in growth]}
    if any(mine.pk == found.pk for mine in entries.family_pupils(actor)):
        results = queries.pupil_results(found)
        return render(request, "growth/family.html", context | {"results": results})
    audit.record(actor, "growth.pupil.viewed", found)
    figure = pupils.trajectory(growth) if growth else None
    return render(
        request, "growth/pupil.html", context | {"figure": figure, "results": queries.pupil_results(found)}
    )


@login_required
@require_safe
def district_report(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    actor = _actor(request)
    if not actor.sees_district or form not in FORMATS:
        raise Http404
    found = _evaluation(request, uid)
    report = reports.district_report(actor, found)
    audit.record(actor, "growth.report.downloaded", found.run, {"format": form})
    return download(report, form, f"{report.title}-{report.subtitle}")


@login_required
@require_safe
def school_report(request: HttpRequest, uid: UUID, school_uid: UUID, form: str) -> HttpResponse:
    if form not in FORMATS:
        raise Http404
    actor, row = _actor(request), _school(request, uid, school_uid)
    report = reports.school_report(actor, row.evaluation, row)
    audit.record(
        actor, "growth.report.downloaded", row.evaluation.run, {"format": form, "school": str(row.school.uid)}
    )
    return download(report, form, f"{report.title}-{report.subtitle}")


@login_required
@require_safe
def reading(request: HttpRequest) -> HttpResponse:
    rules = {"district_rules": DISTRICT_RULES, "school_rules": SCHOOL_RULES}
    return render(request, "growth/reading.html", {"parts": guide.PARTS, **rules})
