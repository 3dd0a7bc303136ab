"""The list of schools with areas and groups: added, altered, closed, merged."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.errors import Refused
from xuequ.core.tables import export_of, paged
from xuequ.district import actions, merging
from xuequ.district.actors import Actor
from xuequ.district.models import Area, School, SchoolGroup
from xuequ.kit.rollover import queries as kit
from xuequ.systems.office.rollover import queries
from xuequ.systems.office.rollover.school_forms import (
    AreaForm,
    DayForm,
    GroupForm,
    MergeForm,
    SchoolFilter,
    SchoolForm,
)
from xuequ.systems.office.rollover.steps import GET_OR_POST, tried
from xuequ.systems.office.rollover.tables import SchoolTable
from xuequ.systems.office.rollover.views import actor_of


def _keeper(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not kit.may_prepare(actor):
        raise PermissionDenied
    return actor


def _school(actor: Actor, uid: UUID) -> School:
    return get_object_or_404(queries.schools(actor), uid=uid)


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not kit.may_look(actor):
        raise PermissionDenied
    narrowed = SchoolFilter(request.GET)
    narrowed.is_valid()
    rows = queries.schools(actor).filter(
        **{name: value for name, value in narrowed.cleaned_data.items() if value}
    )
    table = SchoolTable(rows, may_edit=kit.may_prepare(actor))
    if (export := export_of(request, table, "schools")) is not None:
        return export
    context = {"table": paged(request, table), "filter": narrowed, "may_edit": kit.may_prepare(actor)}
    return render(request, "office/rollover/schools.html", context)


@login_required
@require_http_methods(GET_OR_POST)
def new(request: HttpRequest) -> HttpResponse:
    return _save_school(request, _keeper(request), None)


@login_required
@require_http_methods(GET_OR_POST)
def edit(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _keeper(request)
    return _save_school(request, actor, _school(actor, uid))


def _save_school(request: HttpRequest, actor: Actor, school: School | None) -> HttpResponse:
    form = SchoolForm(request.POST or None, instance=school)
    work = lambda: actions.save_school(actor=actor, school=form.save(commit=False))  # noqa: E731
    if request.method == "POST" and form.is_valid() and _saved(form, work):
        messages.success(request, _("The school was stored."))
        return redirect("office:schools")
    merged = school is not None and merging.operation_of(school) is not None
    return render(
        request, "office/rollover/school_form.html", {"form": form, "school": school, "merged": merged}
    )


def _saved(form: forms.BaseForm, work: Any) -> bool:
    """Do what the form asks; a refusal stands on the form."""
    try:
        work()
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


@login_required
@require_http_methods(GET_OR_POST)
def close(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _keeper(request)
    school = _school(actor, uid)
    form = DayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        day = form.cleaned_data["day"]
        if _saved(form, lambda: actions.close_school(actor=actor, school=school, day=day)):
            messages.success(request, _("The school is closed from that day on."))
            return redirect("office:schools")
    return render(request, "office/rollover/school_close.html", {"form": form, "school": school})


@login_required
@require_POST
def reopen(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Open a closed school again, or take its merger back."""
    actor = _keeper(request)
    school = _school(actor, uid)
    if merging.operation_of(school) is not None:
        tried(
            request, lambda: actions.undo_merger(actor=actor, school=school), _("The merger was taken back.")
        )
    else:
        tried(
            request, lambda: actions.reopen_school(actor=actor, school=school), _("The school is open again.")
        )
    return redirect("office:schools-edit", school.uid)


@login_required
@require_http_methods(GET_OR_POST)
def merge(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _keeper(request)
    school = _school(actor, uid)
    form = MergeForm(request.POST or None, school=school)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        work = lambda: actions.merge_schools(actor=actor, school=school, **said)  # noqa: E731
        if _saved(form, work):
            messages.success(request, _("The school has gone into the other one."))
            return redirect("office:schools")
    return render(request, "office/rollover/school_merge.html", {"form": form, "school": school})


@login_required
@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """Areas and school groups with their schools."""
    actor = actor_of(request)
    if not kit.may_look(actor):
        raise PermissionDenied
    context = {
        "areas": Area.objects.prefetch_related("schools"),
        "groups": SchoolGroup.objects.select_related("leader").prefetch_related("schools"),
        "may_edit": kit.may_prepare(actor),
    }
    return render(request, "office/rollover/places.html", context)


@login_required
@require_http_methods(GET_OR_POST)
def new_area(request: HttpRequest) -> HttpResponse:
    return _place(request, _keeper(request), AreaForm, None)


@login_required
@require_http_methods(GET_OR_POST)
def area(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _keeper(request)  # first: to anybody else a place that exists must look like one that does not
    return _place(request, actor, AreaForm, get_object_or_404(Area, uid=uid))


@login_required
@require_http_methods(GET_OR_POST)
def new_group(request: HttpRequest) -> HttpResponse:
    return _place(request, _keeper(request), GroupForm, None)


@login_required
@require_http_methods(GET_OR_POST)
def group(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _keeper(request)
    return _place(request, actor, GroupForm, get_object_or_404(SchoolGroup, uid=uid))


def _place(
    request: HttpRequest, actor: Actor, kind: type[forms.ModelForm], found: Area | SchoolGroup | None
) -> HttpResponse:
    """Store or delete an area or a group."""
    if request.method == "POST" and found is not None and "delete" in request.POST:
        tried(request, lambda: actions.delete_place(actor=actor, place=found), _("Deleted."))
        return redirect("office:schools-places")
    form = kind(request.POST or None, instance=found)
    work = lambda: actions.save_place(actor=actor, place=form.save(commit=False))  # noqa: E731
    if request.method == "POST" and form.is_valid() and _saved(form, work):
        messages.success(request, _("Stored."))
        return redirect("office:schools-places")
    return render(
        request,
        "office/rollover/place_form.html",
        {"form": form, "place": found, "is_area": kind is AreaForm},
    )
