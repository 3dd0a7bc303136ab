"""The pages of background work: one task, and the list."""

import hashlib
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_tasks.utils import get_module_path

from xuequ.core import clock
from xuequ.core.errors import Refused
from xuequ.core.jobs import actions
from xuequ.core.jobs.leases import WorkerDiedError
from xuequ.core.jobs.queries import task_of, tasks_of
from xuequ.core.models import Task

UNCHANGED = 204  # htmx leaves the page as it is


@require_safe
@login_required
@vary_on_headers("HX-Request")
def job(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One task; asked by htmx, only the part that changes, and nothing when nothing changed."""
    task = _find(request, uid)
    context = {
        "task": task,
        "percent": round(100 * task.progress),
        "version": _version(task),
        "refused": task.error_class == get_module_path(Refused),
        "worker_died": task.error_class == WorkerDiedError.path(),
        "abandoned": _abandoned(task),
        # What a task of somebody else has made may be theirs alone to see.
        "own": task.account_id == request.actor.account_id,  # type: ignore[attr-defined]
        "technical": request.actor.tends_instance,  # type: ignore[attr-defined]
    }
    if request.headers.get("HX-Request") != "true":
        return render(request, "core/jobs/job.html", context)
    if request.GET.get("seen") == context["version"]:
        return HttpResponse(status=UNCHANGED)
    return render(request, "core/jobs/_progress.html", context)


@require_safe
@login_required
def jobs(request: HttpRequest) -> HttpResponse:
    """The tasks that this person may see."""
    actor = request.actor  # type: ignore[attr-defined]
    page = Paginator(tasks_of(actor), 25).get_page(request.GET.get("page"))
    return render(request, "core/jobs/jobs.html", {"page": page, "everybody": actor.tends_instance})


@require_POST
@login_required
def job_retry(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Run a failed task again."""
    task = _find(request, uid)
    try:
        actions.retry(task, actor=request.actor)  # type: ignore[attr-defined]
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The task is in the queue again."))
    return redirect("job", uid=uid)


def _find(request: HttpRequest, uid: UUID) -> Task:
    task = task_of(request.actor, uid)  # type: ignore[attr-defined]
    if task is None:
        raise Http404
    return task


def _abandoned(task: Task) -> bool:
    """Whether the task's worker has gone silent and no other has taken over yet."""
    return task.lease_until is not None and task.lease_until < clock.now()


def _version(task: Task) -> str:
    shown = f"{task.state}/{task.progress:.2f}/{task.message}/{task.attempts}/{_abandoned(task)}"
    return hashlib.sha256(shown.encode()).hexdigest()[:12]
