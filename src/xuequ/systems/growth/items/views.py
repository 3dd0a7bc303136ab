"""The pages of item results: ask, render."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.core.rendering.formats import FORMATS, download
from xuequ.core.reports import Report
from xuequ.district.actors import Actor
from xuequ.district.models import Pupil, School, SchoolClass
from xuequ.systems.growth.items import actions, cards, queries, reports
from xuequ.systems.growth.items.forms import TaughtForm
from xuequ.systems.growth.items.queries import Analysis
from xuequ.systems.growth.items.scope import may_report_taught
from xuequ.systems.growth.items.sections import district_blocks, paper_blocks


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    if not cards.may_enter(actor):
        raise PermissionDenied
    listed = [(paper, cards.first_page(paper)) for paper in queries.papers(actor)]
    return render(request, "growth/items/index.html", {"listed": listed})


@login_required
@require_POST
def analyse(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    found = queries.assessment(actor, uid)
    if found is None:
        raise Http404
    try:
        _run, task = actions.start_analysis(actor=actor, assessment=found)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("growth:items")
    return redirect("job", task.uid)


def _analysis(request: HttpRequest, uid: UUID) -> Analysis:
    found = queries.analysis(_actor(request), uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def paper(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    found = queries.analysis(actor, uid)
    if found is None:
        pending = queries.run(actor, uid)
        if pending is None:
            raise Http404
        return render(request, "growth/items/pending.html", {"run": pending})
    context = {
        "found": found,
        "blocks": paper_blocks(queries.material(found)),
        "formats": FORMATS,
        "schools": [] if found.scope.district else queries.schools(found),
        "classes": [] if found.scope.schools else queries.classes(found),
    }
    return render(request, "growth/items/paper.html", context)


@login_required
@require_safe
def points(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = _analysis(request, uid)
    if not found.scope.district:
        raise Http404
    places = queries.schools(found)
    material = queries.material(found)
    taught = queries.taught_shares(found.assessment, material.content.points)
    blocks = district_blocks(material, places, taught)
    audit.record(_actor(request), "items.district.viewed", found.run, {"schools": len(places)})
    return render(
        request,
        "growth/items/points.html",
        {"found": found, "blocks": blocks, "formats": FORMATS, "schools": places},
    )


def _school(found: Analysis, uid: UUID) -> School:
    own = queries.school(found, uid)
    if own is None:
        raise Http404
    return own


@login_required
@require_safe
def school(request: HttpRequest, uid: UUID, school_uid: UUID) -> HttpResponse:
    found = _analysis(request, uid)
    own = _school(found, school_uid)
    classes = queries.classes(found, own)
    blocks = reports.of_school(found, queries.material(found), own, classes)
    audit.record(_actor(request), "items.school.viewed", own)
    context = {"found": found, "school": own, "blocks": blocks, "formats": FORMATS}
    return render(request, "growth/items/school.html", context | {"classes": classes})


def _class(found: Analysis, uid: UUID) -> SchoolClass:
    group = queries.school_class(found, uid)
    if group is None:
        raise Http404
    return group


@login_required
@require_safe
def school_class(request: HttpRequest, uid: UUID, class_uid: UUID) -> HttpResponse:
    actor, found = _actor(request), _analysis(request, uid)
    group = _class(found, class_uid)
    material = queries.material(found)
    lines = queries.pupil_lines(actor, found, material, group)
    blocks = reports.of_class(actor, found, material, group, lines)
    form = None
    if may_report_taught(actor, found.assessment, group):
        before = queries.taught(found.assessment, group)
        form = TaughtForm(
            points=material.content.points, taught=before.points if before is not None else None
        )
    audit.record(actor, "items.class.viewed", group)
    context = {"found": found, "group": group, "blocks": blocks, "formats": FORMATS, "form": form}
    return render(request, "growth/items/class.html", context | {"lines": lines})


@login_required
@require_POST
def taught(request: HttpRequest, uid: UUID, class_uid: UUID) -> HttpResponse:
    actor, found = _actor(request), _analysis(request, uid)
    group = _class(found, class_uid)
    form = TaughtForm(request.POST, points=queries.material(found).content.points, taught=None)
    if form.is_valid():
        chosen = form.cleaned_data["points"]
        actions.report_taught(actor=actor, assessment=found.assessment, group=group, points=chosen)
        messages.success(request, _("Kept. It explains results here and is no measure of anybody."))
    return redirect("growth:items-class", uid, class_uid)


@login_required
@require_safe
def pupil(request: HttpRequest, uid: UUID, pupil_uid: UUID) -> HttpResponse:
    actor = _actor(request)
    child = queries.pupil(actor, pupil_uid)
    held = queries.pupil_run(actor, uid, child) if child is not None else None
    material = queries.pupil_material(*held, child) if child is not None and held is not None else None
    if child is None or held is None or material is None:
        raise Http404
    return _pupil_page(request, actor, child, held[0], material)


def _pupil_page(
    request: HttpRequest, actor: Actor, child: Pupil, run: object, material: object
) -> HttpResponse:
    family = queries.is_family(actor, child)
    if not family:
        audit.record(actor, "items.pupil.viewed", child)
    context = {"pupil": child, "name": child.person.name, "material": material, "run": run, "family": family}
    return render(request, "growth/items/pupil.html", context)


def _download(request: HttpRequest, found: Analysis, report: Report, form: str, what: str) -> HttpResponse:
    audit.record(_actor(request), "items.report.downloaded", found.run, {"format": form, "what": what})
    return download(report, form, f"{report.title}-{report.subtitle}")


def _known(form: str) -> None:
    if form not in FORMATS:
        raise Http404


@login_required
@require_safe
def paper_report(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    _known(form)
    found = _analysis(request, uid)
    return _download(request, found, reports.paper_report(found), form, "paper")


@login_required
@require_safe
def points_report(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    _known(form)
    found = _analysis(request, uid)
    if not found.scope.district:
        raise Http404
    return _download(request, found, reports.district_report(found), form, "district")


@login_required
@require_safe
def school_report(request: HttpRequest, uid: UUID, school_uid: UUID, form: str) -> HttpResponse:
    _known(form)
    found = _analysis(request, uid)
    own = _school(found, school_uid)
    return _download(request, found, reports.school_report(found, own), form, str(own.uid))


@login_required
@require_safe
def class_report(request: HttpRequest, uid: UUID, class_uid: UUID, form: str) -> HttpResponse:
    _known(form)
    found = _analysis(request, uid)
    group = _class(found, class_uid)
    report = reports.class_report(_actor(request), found, group)
    return _download(request, found, report, form, str(group.uid))
