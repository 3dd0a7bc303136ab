"""The data office's lists and the page of an assessment."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xuequ.core import audit
from xuequ.core.files import attachment
from xuequ.core.tables import XLSX, export_of, paged
from xuequ.district.actors import Actor
from xuequ.district.queries import subjects
from xuequ.kit.scores.templates import HEADINGS, workbook_bytes
from xuequ.record.models import Assessment
from xuequ.systems.office import actions, pictures, queries
from xuequ.systems.office.forms import AssessmentFilter
from xuequ.systems.office.tables import AssessmentTable, CoverageTable, ImportTable
from xuequ.systems.office.wording import meanings


def office_actor(request: HttpRequest) -> Actor:
    """Return the actor, who must have something to do in the data office."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not queries.may_enter(actor):
        raise PermissionDenied
    return actor


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    actor = office_actor(request)
    narrowed = AssessmentFilter(request.GET)
    table = AssessmentTable(narrowed.narrow(queries.assessments(actor)))
    if (export := export_of(request, table, "assessments")) is not None:
        return export
    may_import = queries.may_import(actor)
    context = {
        "table": paged(request, table),
        "filter": narrowed,
        "filtered": any(narrowed.cleaned_data.values()),
        "may_import": may_import,
        "may_study": may_import and not queries.own_import_schools(actor),
        "waiting": queries.waiting_imports(actor)[:5] if may_import else [],
        "recent": queries.imports(actor)[:5] if may_import else [],
    }
    return render(request, "office/home.html", context)


@login_required
@require_safe
def imports(request: HttpRequest) -> HttpResponse:
    actor = office_actor(request)
    if not queries.may_import(actor):
        raise PermissionDenied
    return render(
        request, "office/imports.html", {"table": paged(request, ImportTable(queries.imports(actor)))}
    )


def _assessment(actor: Actor, uid: UUID) -> Assessment:
    found = queries.assessment(actor, uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def assessment(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = office_actor(request)
    found = _assessment(actor, uid)
    coverage = queries.coverage(actor, found)
    table = CoverageTable(coverage)
    if (export := export_of(request, table, "coverage")) is not None:
        return export
    audit.record(actor, "assessment.seen", found, {"schools": len(coverage)})
    context = {
        "assessment": found,
        "table": paged(request, table),
        "scored": sum(item.scored for item in coverage),
        "results": sum(item.scored + item.absent + item.exempt + item.cancelled for item in coverage),
        "figure": pictures.distribution(
            found, *queries.values_of(actor, found), above_school=actor.sees_district
        ),
        "may_import": queries.may_import_into(actor, found),
    }
    return render(request, "office/assessment.html", context)


@login_required
@require_safe
def template(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = office_actor(request)
    found = _assessment(actor, uid)
    if not queries.may_import_into(actor, found):
        raise PermissionDenied
    return attachment(actions.template(actor=actor, assessment=found), f"{found.name}.xlsx", XLSX)


@login_required
@require_safe
def item_template(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = office_actor(request)
    found = _assessment(actor, uid)
    if not queries.may_import_into(actor, found):
        raise PermissionDenied
    name = f"{found.name} 小题分.xlsx"
    return attachment(actions.item_template(actor=actor, assessment=found), name, XLSX)


@login_required
@require_safe
def blank_template(request: HttpRequest) -> HttpResponse:
    office_actor(request)
    content = workbook_bytes((*HEADINGS, *(subject.name for subject in queries.main_subjects())), ())
    return attachment(content, _("scores") + ".xlsx", XLSX)


@login_required
@require_safe
def headings(request: HttpRequest) -> HttpResponse:
    if not queries.may_import(office_actor(request)):
        raise PermissionDenied
    return render(request, "office/headings.html", {"headings": meanings(queries.headings(), subjects())})


@login_required
@require_POST
def forget_heading(request: HttpRequest, pk: int) -> HttpResponse:
    actor = office_actor(request)
    actions.forget_heading(actor=actor, alias=get_object_or_404(queries.headings(), pk=pk))
    messages.success(request, _("The heading is no longer remembered."))
    return redirect("office:headings")
