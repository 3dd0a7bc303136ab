"""The roster's lists: schools, classes, imports, mappings."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.errors import Refused
from xuequ.core.files import attachment
from xuequ.core.tables import XLSX, export_of, paged
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.queries import class_list
from xuequ.kit.roster import actions as roster
from xuequ.kit.roster import editing
from xuequ.kit.roster import mappings as known
from xuequ.kit.roster.fields import FIELD_LABELS
from xuequ.kit.roster.models import Mapping
from xuequ.kit.roster.template import template_bytes
from xuequ.systems.office.roster import actions, queries
from xuequ.systems.office.roster.forms import MappingForm
from xuequ.systems.office.roster.tables import ClassListTable, RosterImportTable, SchoolTable


def reader(request: HttpRequest) -> Actor:
    """Return the actor, for whom the roster must have a page."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not queries.may_enter(actor):
        raise PermissionDenied
    return actor


def keeper(request: HttpRequest) -> Actor:
    """Return the actor, who must keep the roster of some school."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not queries.keeps_roster(actor):
        raise PermissionDenied
    return actor


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    table = SchoolTable(queries.schools(actor))
    if (export := export_of(request, table, "schools")) is not None:
        return export
    keeps = queries.keeps_roster(actor)
    context = {
        "table": paged(request, table),
        "keeps": keeps,
        "everywhere": policy.keeps_roster_everywhere(actor),
        "waiting": queries.waiting_imports(actor) if keeps else [],
        "recent": queries.imports(actor)[:5] if keeps else [],
    }
    return render(request, "office/roster/home.html", context)


@login_required
@require_safe
def imports(request: HttpRequest) -> HttpResponse:
    table = RosterImportTable(queries.imports(keeper(request)))
    return render(request, "office/roster/imports.html", {"table": paged(request, table)})


@login_required
@require_safe
def template(request: HttpRequest) -> HttpResponse:
    keeper(request)
    return attachment(template_bytes(), _("roster template") + ".xlsx", XLSX)


@login_required
@require_safe
def school(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = reader(request)
    found = queries.school(actor, uid)
    if found is None:
        raise Http404
    lines = queries.class_lines(actor, found)
    context = {
        "school": found,
        "lines": lines,
        "pupils": sum(line.pupils for line in lines),
        "unplaced": queries.unplaced(actor, found),
        "keeps": editing.may_keep(actor, found),
    }
    return render(request, "office/roster/school.html", context)


@login_required
@require_safe
def school_class(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = reader(request)
    found = queries.school_class(actor, uid)
    if found is None:
        raise Http404
    listed = class_list(actor, found, actor.day) if actor.has(*policy.SCHOOL_STAFF) else []
    table = ClassListTable(listed)
    if listed:
        actions.note_list_seen(actor=actor, school_class=found, pupils=len(listed))
    if listed and (export := export_of(request, table, "class-list")) is not None:
        return export
    context = {
        "school_class": found,
        "line": queries.class_line(actor, found),
        "table": paged(request, table) if listed else None,
        "sees_names": actor.has(*policy.SCHOOL_STAFF),
    }
    return render(request, "office/roster/class.html", context)


@login_required
@require_safe
def mappings(request: HttpRequest) -> HttpResponse:
    actor = keeper(request)
    context = {"mappings": known.mappings(), "everywhere": policy.keeps_roster_everywhere(actor)}
    return render(request, "office/roster/mappings.html", context)


def _mapping(uid: UUID) -> Mapping:
    found = known.mapping(uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = keeper(request), _mapping(uid)
    everywhere = policy.keeps_roster_everywhere(actor)
    form = MappingForm(request.POST or None, initial=MappingForm.initial_of(found, copy=found.is_built_in))
    if request.method == "POST" and form.is_valid():
        try:
            saved = _save(actor, form, found)
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, _("The mapping was kept."))
            return redirect("office:roster-mapping", saved.uid)
    fields = [(heading, FIELD_LABELS.get(field, field)) for heading, field in found.headings.items()]
    context = {"mapping": found, "form": form if everywhere else None, "fields": fields}
    return render(request, "office/roster/mapping.html", context)


def _save(actor: Actor, form: MappingForm, found: Mapping) -> Mapping:
    said = form.cleaned_data
    return roster.save_mapping(
        actor=actor,
        name=said["name"].strip(),
        kind=said["kind"],
        headings=said["headings"],
        sheet=said["sheet"],
        notes=said["notes"],
        unverified=not said["verified"],
        found=found,
    )


@login_required
@require_POST
def delete_mapping(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = keeper(request), _mapping(uid)
    try:
        roster.delete_mapping(actor=actor, found=found)
        messages.success(request, _("The mapping was removed."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:roster-mappings")
