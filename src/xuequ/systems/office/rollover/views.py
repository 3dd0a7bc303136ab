"""The district's pages of the move: which school stands where, and the steps for all of them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_tasks.base import Task as TaskFunction

from xuequ.core.errors import Refused
from xuequ.core.jobs.enqueue import start
from xuequ.core.tables import export_of, paged
from xuequ.district.actors import Actor
from xuequ.kit.rollover import actions, running
from xuequ.kit.rollover import queries as kit
from xuequ.kit.rollover.models import Rollover
from xuequ.systems.office.rollover import jobs, queries
from xuequ.systems.office.rollover.forms import YearForm
from xuequ.systems.office.rollover.tables import SchoolMoveTable


def actor_of(request: HttpRequest) -> Actor:
    """Return who asks."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _office(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not kit.may_prepare(actor):
        raise PermissionDenied
    return actor


def _rollover(uid: UUID) -> Rollover:
    found = queries.rollover(uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The latest year's move; a school that prepares its own only is led there."""
    actor = actor_of(request)
    found = queries.current()
    if kit.may_look(actor):
        return _district(request, actor, found)
    if not queries.keeps_some_school(actor):
        raise PermissionDenied
    items = queries.own_items(actor, found) if found is not None else []
    if len(items) == 1:
        return redirect("office:rollover-school", items[0].uid)
    return render(request, "office/rollover/own.html", {"rollover": found, "items": items})


def _district(request: HttpRequest, actor: Actor, found: Rollover | None) -> HttpResponse:
    context: dict[str, Any] = {"rollover": found, "may_prepare": kit.may_prepare(actor)}
    years = queries.offered_years(actor.day)
    context["year_form"] = YearForm(years=[y for y in years if found is None or y > found.year.first_year])
    if found is not None:
        items = kit.schools_of(actor, found)
        table = SchoolMoveTable(items, may_open=kit.may_prepare(actor))
        if (export := export_of(request, table, f"rollover-{found.year.code}")) is not None:
            return export
        context |= {"table": paged(request, table), "progress": queries.progress(items)}
        if kit.may_prepare(actor):
            context["leftover"] = len(running.leftover_pupils(found, max(actor.day, found.effective)))
    return render(request, "office/rollover/home.html", context)


@login_required
@require_POST
def prepare(request: HttpRequest) -> HttpResponse:
    actor = _office(request)
    form = YearForm(request.POST, years=queries.offered_years(actor.day))
    if not form.is_valid():
        messages.error(request, _("Choose one of the school years offered."))
        return redirect("office:rollover")
    try:
        found = actions.prepare(actor=actor, first_year=form.cleaned_data["year"])
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:rollover")
    return _start(actor, found, jobs.check_schools, _("Checking all schools"))


def _start(
    actor: Actor, found: Rollover, work: TaskFunction[Any, Any], title: str, **arguments: Any
) -> HttpResponse:
    job = start(
        work,
        actor=actor,
        title=f"{title} · {found.year}",
        done_url=reverse("office:rollover"),
        rollover_uid=str(found.uid),
        account_id=actor.account_id,
        **arguments,
    )
    return redirect("job", job.uid)


@login_required
@require_POST
def check(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = _office(request), _rollover(uid)
    actions.prepare(
        actor=actor, first_year=found.year.first_year
    )  # takes in schools that were added meanwhile
    return _start(actor, found, jobs.check_schools, _("Checking all schools"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def run(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = _office(request), _rollover(uid)
    if request.method == "POST":
        ready_only = request.POST.get("which") != "all"
        return _start(actor, found, jobs.run_schools, _("Moving the schools up"), ready_only=ready_only)
    progress = queries.progress(found.schools.all())
    return render(request, "office/rollover/run_all.html", {"rollover": found, "progress": progress})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = _office(request), _rollover(uid)
    if request.method == "POST":
        return _start(actor, found, jobs.undo_schools, _("Taking the move back"))
    progress = queries.progress(found.schools.all())
    return render(request, "office/rollover/undo_all.html", {"rollover": found, "progress": progress})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def close_accounts(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = _office(request), _rollover(uid)
    if request.method == "POST":
        count = running.close_leftover(actor=actor, rollover=found)
        text = ngettext("%(count)s account was closed.", "%(count)s accounts were closed.", count)
        messages.success(request, text % {"count": count})
        return redirect("office:rollover")
    count = len(running.leftover_pupils(found, max(actor.day, found.effective)))
    return render(request, "office/rollover/close_accounts.html", {"rollover": found, "count": count})
