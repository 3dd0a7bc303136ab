"""A school's pages of the move: classes, pupils, new classes, placing, staff, preview, run, undo."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolClass, Teacher
from xuequ.kit.rollover import actions, running
from xuequ.kit.rollover import queries as kit
from xuequ.kit.rollover.choices import SchoolState, Step
from xuequ.kit.rollover.facts import Choices
from xuequ.kit.rollover.loading import Loaded, load
from xuequ.kit.rollover.models import Placing, SchoolRollover
from xuequ.kit.rollover.planning import class_numbers, placing_grades, usual_classes
from xuequ.systems.office.rollover import forms, queries
from xuequ.systems.office.rollover.views import actor_of

GET_OR_POST = ["GET", "HEAD", "POST"]
STEPS = {
    Step.CLASSES: "office:rollover-classes",
    Step.PUPILS: "office:rollover-pupils",
    Step.NEW_CLASSES: "office:rollover-new-classes",
    Step.PLACING: "office:rollover-placing",
    Step.STAFF: "office:rollover-staff",
    Step.PREVIEW: "office:rollover-preview",
    Step.RUN: "office:rollover-run",
}


def item_of(request: HttpRequest, uid: UUID) -> tuple[Actor, SchoolRollover]:
    """Return who asks and the school's move, which must be theirs to prepare."""
    actor = actor_of(request)
    if not (kit.may_prepare(actor) or queries.keeps_some_school(actor)):
        raise PermissionDenied
    found = kit.school_of(actor, uid)
    if found is None:
        raise Http404
    return actor, found


def page(
    request: HttpRequest, item: SchoolRollover, step: Step | None, context: dict[str, Any]
) -> HttpResponse:
    """Show one step with the list of all steps beside it."""
    steps = [
        {
            "step": step_,
            "label": step_.label,
            "url": name,
            "done": _is_done(item, step_),
            "here": step_ == step,
        }
        for step_, name in STEPS.items()
    ]
    is_open = item.state != SchoolState.DONE
    shared = {"item": item, "school": item.school, "rollover": item.rollover, "steps": steps, "open": is_open}
    return render(request, f"office/rollover/{step or 'school'}.html", shared | context)


def _is_done(item: SchoolRollover, step: Step) -> bool:
    return item.state == SchoolState.DONE or step in item.steps


def tried(request: HttpRequest, work: Callable[[], object], said: str = "") -> bool:
    """Do something that may be refused; tell the reason, or ``said``. Returns whether it was done."""
    try:
        work()
    except Refused as refusal:
        messages.error(request, str(refusal))
        return False
    if said:
        messages.success(request, said)
    return True


@login_required
@require_safe
def school(request: HttpRequest, uid: UUID) -> HttpResponse:
    _actor, item = item_of(request, uid)
    loaded = load(item)
    next_step = next((s for s in STEPS if not _is_done(item, s)), Step.RUN)
    return page(
        request, item, None, _plan_context(loaded) | {"next": next_step, "next_url": STEPS[next_step]}
    )


def _plan_context(loaded: Loaded) -> dict[str, Any]:
    return {
        "counts": loaded.plan.counts,
        "problems": loaded.plan.problems,
        "remarks": (*loaded.plan.remarks, *loaded.staffing.notes),
        "grades": queries.grade_counts(loaded),
    }


@login_required
@require_http_methods(GET_OR_POST)
def classes(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, item = item_of(request, uid)
    if request.method == "POST":
        tried(request, lambda: actions.confirm_step(actor=actor, item=item, step=Step.CLASSES))
        return redirect("office:rollover-pupils", item.uid)
    loaded = load(item)
    context = {"rows": queries.class_rows(item, loaded), "remarks": loaded.plan.notes}
    return page(request, item, Step.CLASSES, context)


@login_required
@require_http_methods(GET_OR_POST)
def pupils(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, item = item_of(request, uid)
    loaded = load(item)
    form = forms.BoundaryForm(request.POST or None, loaded=loaded)
    if request.method == "POST" and form.is_valid():
        tried(
            request, lambda: actions.decide(actor=actor, item=item, choices=form.choices(), step=Step.PUPILS)
        )
        return redirect("office:rollover-new-classes", item.uid)
    context = {"form": form, "rows": queries.class_rows(item, loaded), "grades": queries.grade_counts(loaded)}
    return page(request, item, Step.PUPILS, context)


@login_required
@require_http_methods(GET_OR_POST)
def class_pupils(request: HttpRequest, uid: UUID, class_uid: UUID) -> HttpResponse:
    actor, item = item_of(request, uid)
    found = SchoolClass.objects.filter(school=item.school, uid=class_uid).first()
    if found is None:
        raise Http404
    rows = queries.pupils_of(item, found)
    form = forms.ListingForm(request.POST or None, rows=rows, targets=_repeat_targets(item, found))
    if request.method == "POST" and form.is_valid():
        said = form.said()
        work = lambda: actions.list_pupils(actor=actor, item=item, school_class=found.pk, said=said)  # noqa: E731
        if tried(request, work, _("Kept.")):
            return redirect("office:rollover-pupils", item.uid)
    audit.record(actor, "rollover.class_seen", found, {"pupils": len(rows)})
    grade = found.grade_in(item.rollover.year.first_year - 1)
    return page(request, item, Step.PUPILS, {"class_form": form, "school_class": found, "grade": grade})


def _repeat_targets(item: SchoolRollover, school_class: SchoolClass) -> list[SchoolClass]:
    """Return the classes that will be in the grade in which the pupils of a class are now."""
    first_year = item.rollover.year.first_year
    grade = school_class.grade_in(first_year - 1)
    rows = SchoolClass.objects.filter(school=item.school, entry_year__gt=first_year - 12).order_by("number")
    return [row for row in rows if row.grade_in(first_year) == grade]


@login_required
@require_http_methods(GET_OR_POST)
def new_classes(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, item = item_of(request, uid)
    loaded = load(item)
    usual = usual_classes(loaded.facts, loaded.choices)
    form = forms.NewClassesForm(request.POST or None, loaded=loaded, usual=usual)
    if request.method == "POST" and form.is_valid():
        choices = form.choices()
        if tried(
            request, lambda: actions.decide(actor=actor, item=item, choices=choices, step=Step.NEW_CLASSES)
        ):
            return redirect("office:rollover-placing", item.uid)
    return page(request, item, Step.NEW_CLASSES, {"form": form, "remarks": loaded.plan.remarks})


@login_required
@require_http_methods(GET_OR_POST)
def placing(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, item = item_of(request, uid)
    loaded = load(item)
    form = forms.PlacedGradesForm(request.POST or None, loaded=loaded, grades=_continuing_grades(loaded))
    if request.method == "POST" and form.is_valid():
        choices = form.choices()
        if tried(request, lambda: actions.decide(actor=actor, item=item, choices=choices, step=Step.PLACING)):
            target = "office:rollover-placing" if choices.placed else "office:rollover-staff"
            return redirect(target, item.uid)
    return page(request, item, Step.PLACING, {"form": form, "grades": _placings(item, loaded)})


def _continuing_grades(loaded: Loaded) -> dict[int, int]:
    """Return the grades of the new year whose classes go on, with the number of their classes."""
    plain = Choices(boundary=loaded.choices.boundary)
    grades = sorted({loaded.facts.old_grade(pk) + 1 for pk in loaded.plan.continuing})
    return {grade: len(class_numbers(loaded.facts, plain, grade)) for grade in grades if grade > 1}


def _placings(item: SchoolRollover, loaded: Loaded) -> list[dict[str, Any]]:
    known = {row.grade: row for row in Placing.objects.filter(school_rollover=item)}
    return [
        {
            "grade": grade,
            "placing": known.get(grade),
            "classes": len(class_numbers(loaded.facts, loaded.choices, grade)),
        }
        for grade in placing_grades(loaded.facts, loaded.choices)
    ]


@login_required
@require_safe
def staff(request: HttpRequest, uid: UUID) -> HttpResponse:
    _actor, item = item_of(request, uid)
    loaded = load(item)
    return page(
        request, item, Step.STAFF, {"rows": queries.staff_rows(loaded), "remarks": loaded.staffing.notes}
    )


@login_required
@require_POST
def confirm_staff(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, item = item_of(request, uid)
    tried(request, lambda: actions.confirm_step(actor=actor, item=item, step=Step.STAFF))
    return redirect("office:rollover-preview", item.uid)


@login_required
@require_http_methods(GET_OR_POST)
def class_staff(request: HttpRequest, uid: UUID, code: str) -> HttpResponse:
    actor, item = item_of(request, uid)
    loaded, key = load(item), queries.key_of(code)
    if key is None or key not in {post.to for post in loaded.staffing.posts}:
        raise Http404
    subjects = queries.subjects_of(loaded, key)
    named = {
        subject: queries.teacher_for(loaded, key, subject) for subject in (None, *(s.pk for s in subjects))
    }
    form = forms.StaffForm(
        request.POST or None, teachers=queries.teachers(loaded.staff.working), subjects=subjects, named=named
    )
    if request.method == "POST" and form.is_valid():
        chosen = Teacher.objects.in_bulk([pk for pk in form.said().values() if pk is not None])
        teachers = {subject: chosen.get(pk) if pk else None for subject, pk in form.said().items()}
        work = lambda: actions.choose_staff(actor=actor, item=item, key=key, teachers=teachers)  # noqa: E731
        if tried(request, work, _("Kept.")):
            return redirect("office:rollover-staff", item.uid)
    context = {"class_form": form, "key": key, "grade": key.grade_in(loaded.facts.first_year)}
    return page(request, item, Step.STAFF, context)


@login_required
@require_http_methods(GET_OR_POST)
def preview(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, item = item_of(request, uid)
    if request.method == "POST":
        if request.POST.get("ready") == "no":
            tried(request, lambda: running.take_back(actor=actor, item=item))
            return redirect("office:rollover-preview", item.uid)
        if tried(request, lambda: running.declare_ready(actor=actor, item=item), _("The school is ready.")):
            return redirect("office:rollover-run", item.uid)
        return redirect("office:rollover-preview", item.uid)
    loaded = running.preview(actor=actor, item=item)
    return page(request, item, Step.PREVIEW, _plan_context(loaded))


@login_required
@require_http_methods(GET_OR_POST)
def run(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, item = item_of(request, uid)
    if request.method == "POST":
        said = _("The school has moved into the new year.")
        done = tried(request, lambda: running.run_school(actor=actor, item=item), said)
        return redirect("office:rollover-school" if done else "office:rollover-run", item.uid)
    loaded = load(item)
    return page(request, item, Step.RUN, _plan_context(loaded) | {"changes": loaded.plan.changes})


@login_required
@require_http_methods(GET_OR_POST)
def undo(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, item = item_of(request, uid)
    if request.method == "POST":
        said = _("The move was taken back; everything is as it was before.")
        tried(request, lambda: running.undo_school(actor=actor, item=item), said)
        return redirect("office:rollover-school", item.uid)
    return render(
        request, "office/rollover/undo.html", {"item": item, "school": item.school, "rollover": item.rollover}
    )
