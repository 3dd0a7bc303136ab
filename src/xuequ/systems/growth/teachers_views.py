"""The pages of teacher-level values: ask, render. While they are locked all but the first are not found."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.systems.growth import teachers_access as access
from xuequ.systems.growth import teachers_actions as actions
from xuequ.systems.growth import teachers_queries as queries
from xuequ.systems.growth.models import TeacherGrowth
from xuequ.systems.growth.teachers_forms import SharesForm, UnlockForm
from xuequ.systems.growth.teachers_jobs import stability
from xuequ.systems.growth.teachers_wording import in_words


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def _unlocked(request: HttpRequest) -> Actor:
    """Return the actor while the values are unlocked."""
    actor = _actor(request)
    if access.unlock_in_force(actor.day) is None:
        raise Http404
    return actor


def _leader(request: HttpRequest) -> Actor:
    actor = _actor(request)
    if not access.leads_bureau(actor):
        raise Http404
    return actor


@login_required
@require_safe
def state(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    if not access.may_read_state(actor):
        raise Http404
    return _state(request, actor, UnlockForm(day=actor.day))


def _state(request: HttpRequest, actor: Actor, form: UnlockForm) -> HttpResponse:
    opened, leads = access.unlock_in_force(actor.day), access.leads_bureau(actor)
    context: dict[str, object] = {"opened": opened, "leads": leads, "form": form}
    context |= {"counts": queries.counts(), "run": queries.last_run()} if opened is not None else {}
    return render(
        request, "growth/teachers/state.html", context | {"history": queries.history() if leads else ()}
    )


@login_required
@require_POST
def unlock(request: HttpRequest) -> HttpResponse:
    actor = _leader(request)
    form = UnlockForm(request.POST, day=actor.day)
    if form.is_valid():
        try:
            actions.unlock_teacher_values(actor=actor, **form.cleaned_data)
            messages.success(request, _("Unlocked. Teachers are asked first which classes they taught."))
            return redirect("growth:teachers")
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return _state(request, actor, form)


@login_required
@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    _unlocked(request)
    actions.lock_teacher_values(actor=_leader(request))
    messages.success(request, _("Locked. Values and lists of who taught whom have been deleted."))
    return redirect("growth:teachers")


@login_required
@require_POST
def gather(request: HttpRequest) -> HttpResponse:
    _unlocked(request)
    added = actions.gather_taught(actor=_leader(request))
    text = ngettext("%(n)d new row", "%(n)d new rows", added) % {"n": added}
    messages.success(request, text)
    return redirect("growth:teachers")


@login_required
@require_POST
def compute(request: HttpRequest) -> HttpResponse:
    _unlocked(request)
    try:
        _run, task = actions.compute_teacher_values(actor=_leader(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("growth:teachers")
    return redirect("job", task.uid)


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    actor = _unlocked(request)
    teacher = access.own_teacher(actor)
    if teacher is None:
        raise Http404
    found = queries.own_value(actor)
    if found is not None:
        actions.note_opened(actor=actor, found=found)
    words = in_words(found, stability(found.run)) if found is not None else None
    context = {"found": found, "words": words, "own": True, "alone": not _others_read(actor, found)}
    return render(request, "growth/teachers/value.html", context)


def _others_read(actor: Actor, found: TeacherGrowth | None) -> bool:
    day = found.shown_to_others_from if found is not None else None
    return day is not None and day <= actor.day


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def classes(request: HttpRequest) -> HttpResponse:
    actor = _unlocked(request)
    if access.own_teacher(actor) is None:
        raise Http404
    rows = queries.own_rows(actor)
    form = SharesForm(request.POST or None, rows=rows)
    if request.method == "POST" and form.is_valid():
        actions.confirm_taught(actor=actor, shares=form.shares)
        messages.success(request, _("Kept. The school checks it next."))
        return redirect("growth:teachers-classes")
    fields = [(one, form[str(one.row.uid)]) for one in rows]
    return render(request, "growth/teachers/classes.html", {"form": form, "fields": fields})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def schools(request: HttpRequest) -> HttpResponse:
    actor = _unlocked(request)
    if not access.agreeing_schools(actor).exists():
        raise Http404
    if request.method == "POST":
        return _agree(request, actor)
    return render(request, "growth/teachers/schools.html", {"rows": queries.school_rows(actor)})


def _agree(request: HttpRequest, actor: Actor) -> HttpResponse:
    agreed = request.POST.get("what") != "return"
    try:
        rows = [UUID(text) for text in request.POST.getlist("rows")]
        count = actions.agree_taught(actor=actor, rows=rows, agreed=agreed)
        kept = ngettext("%(n)d row kept", "%(n)d rows kept", count) % {"n": count}
        messages.success(request, kept)
    except (ValueError, Forbidden) as error:
        raise Http404 from error
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("growth:teachers-schools")


@login_required
@require_safe
def values(request: HttpRequest) -> HttpResponse:
    actor = _unlocked(request)
    if not access.headed_schools(actor).exists():
        raise Http404
    names = queries.readable_names(actor)
    audit.record(actor, "teachers.listed", None, {"teachers": len(names)})
    return render(request, "growth/teachers/values.html", {"names": names, "days": actions.OWN_DAYS})


@login_required
@require_safe
def value(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _unlocked(request)
    found = queries.readable_value(actor, uid)
    if found is None:
        raise Http404
    audit.record(actor, "teachers.value.viewed", found)
    context = {"found": found, "words": in_words(found, stability(found.run)), "own": False}
    return render(request, "growth/teachers/value.html", context | {"name": found.teacher.person.name})
