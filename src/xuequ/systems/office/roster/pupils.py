"""A pupil's page in the roster: the facts of the register, and the small changes of everyday work."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.district.models import Enrolment, Pupil
from xuequ.kit.roster import editing
from xuequ.systems.office.roster import queries
from xuequ.systems.office.roster.forms import DayForm, IdentityForm, PlaceForm, TransferForm
from xuequ.systems.office.roster.views import reader


def _pupil(actor: Actor, uid: UUID) -> Pupil:
    found = queries.pupil(actor, uid)
    if found is None:
        raise Http404
    return found


def _forms(actor: Actor, pupil: Pupil, stay: Enrolment, **bound: forms.Form) -> dict[str, forms.Form]:
    """Return the forms of the page; one that was sent and is wrong stands in for its fresh self."""
    day = {"day": actor.day}
    classes = queries.classes_of(stay.school, actor.day)
    return {
        "correct": IdentityForm(initial=IdentityForm.initial_of(pupil)),
        "place": PlaceForm(initial=day, classes=classes, stay=stay, prefix="place"),
        "transfer": TransferForm(initial=day, stay=stay, prefix="transfer"),
        "leave": DayForm(initial=day, prefix="leave"),
        **bound,
    }


def _page(request: HttpRequest, actor: Actor, pupil: Pupil, **bound: forms.Form) -> HttpResponse:
    stay = editing.current_stay(pupil, actor.day)
    keeps = stay is not None and editing.may_keep(actor, stay.school)
    context = {
        "pupil": pupil,
        "fields": pupil.person.identity.fields,
        "stay": stay,
        "history": queries.history(pupil),
        "forms": _forms(actor, pupil, stay, **bound) if stay is not None and keeps else None,
        "chosen": next(iter(bound), ""),
    }
    return render(request, "office/roster/pupil.html", context)


@login_required
@require_safe
def show(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = reader(request)
    pupil = _pupil(actor, uid)
    audit.record(actor, "pupil.seen", pupil)
    return _page(request, actor, pupil)


def _stay(actor: Actor, pupil: Pupil) -> Enrolment:
    stay = editing.current_stay(pupil, actor.day)
    if stay is None or not editing.may_keep(actor, stay.school):
        raise Http404
    return stay


def _change(
    request: HttpRequest,
    uid: UUID,
    name: str,
    make: Callable[[Actor, Enrolment], forms.Form],
    step: Callable[..., None],
    done: str,
) -> HttpResponse:
    """Carry out one small change, or show its form again with what is wrong."""
    actor = reader(request)
    pupil = _pupil(actor, uid)
    form = make(actor, _stay(actor, pupil))
    if form.is_valid():
        try:
            step(actor=actor, pupil=pupil, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, done)
            return _back(actor, pupil)
    bound: dict[str, Any] = {name: form}
    return _page(request, actor, pupil, **bound)


def _back(actor: Actor, pupil: Pupil) -> HttpResponse:
    """Return to the pupil's page as long as the actor may see it, else to the roster."""
    if queries.pupil(actor, pupil.uid) is None:
        return redirect("office:roster")
    return redirect("office:roster-pupil", pupil.uid)


@login_required
@require_POST
def correct(request: HttpRequest, uid: UUID) -> HttpResponse:
    def make(_actor: Actor, _stay: Enrolment) -> forms.Form:
        return IdentityForm(request.POST)

    return _change(request, uid, "correct", make, editing.correct_identity, _("The facts were corrected."))


@login_required
@require_POST
def place(request: HttpRequest, uid: UUID) -> HttpResponse:
    def make(actor: Actor, stay: Enrolment) -> forms.Form:
        classes = queries.classes_of(stay.school, actor.day)
        return PlaceForm(request.POST, classes=classes, stay=stay, prefix="place")

    return _change(
        request, uid, "place", make, editing.place_in_class, _("The pupil was placed in the class.")
    )


@login_required
@require_POST
def transfer(request: HttpRequest, uid: UUID) -> HttpResponse:
    def make(_actor: Actor, stay: Enrolment) -> forms.Form:
        return TransferForm(request.POST, stay=stay, prefix="transfer")

    return _change(request, uid, "transfer", make, editing.transfer, _("The pupil was transferred."))


@login_required
@require_POST
def leave(request: HttpRequest, uid: UUID) -> HttpResponse:
    def make(_actor: Actor, _stay: Enrolment) -> forms.Form:
        return DayForm(request.POST, prefix="leave")

    return _change(request, uid, "leave", make, editing.leave, _("The pupil was marked as left."))
