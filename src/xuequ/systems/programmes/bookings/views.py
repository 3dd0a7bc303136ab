"""The pages of bookings."""

import datetime as dt
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.queries import term_on
from xuequ.systems.programmes import access
from xuequ.systems.programmes.bookings import actions, lessons, queries
from xuequ.systems.programmes.bookings.forms import BookingForm
from xuequ.systems.programmes.ledger.views import reader
from xuequ.systems.programmes.models import Booking, Device, Room
from xuequ.systems.programmes.pages import there


@login_required
@require_safe
def booking_list(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    term = term_on(actor.day)
    found = lessons.ai_lessons(actor, term, actor.day) if term is not None else []
    rooms = list(queries.bookable_rooms(actor))
    staff = access.staff_ids(actor)
    context = {
        "own": [room for room in rooms if access.is_of(room.school, staff)],
        "lent": [room for room in rooms if not access.is_of(room.school, staff)],
        "sets": list(queries.bookable_sets(actor)),
        "lessons": found,
        "named": sum(len(line.classes) for line in found),
        "reaching": sum(line.reaching for line in found),
        "unnamed": sum(line.unnamed for line in found),
        "short": sum(line.short > 0 for line in found if line.rooms),
        "term": term,
        "asked": lessons.LESSONS_A_TERM,
        "district": access.reads_everything(actor),
    }
    return render(request, "programmes/bookings/list.html", context)


@login_required
@require_safe
def school_lessons(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = reader(request)
    term = term_on(actor.day)
    line = lessons.school_lessons(actor, uid, term, actor.day) if term is not None else None
    if line is None or term is None:
        raise Http404
    grades = lessons.by_grade(line, term.year.first_year)
    context = {
        "line": line,
        "grades": grades,
        "classes": sum(len(item.classes) for item in grades),
        "term": term,
        "asked": lessons.LESSONS_A_TERM,
    }
    return render(request, "programmes/bookings/lessons.html", context)


def _monday(request: HttpRequest, actor: Actor) -> dt.date:
    try:
        wanted = dt.date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        wanted = actor.day
    near = min(max(wanted, actor.day - dt.timedelta(days=400)), actor.day + dt.timedelta(days=400))
    return queries.monday_of(near)


def _is_open(thing: Room | Device) -> bool:
    return thing.closed is None if isinstance(thing, Room) else thing.bookable


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = reader(request)
    thing = queries.thing(actor, uid)
    if thing is None:  # a room or a set: two types, which ``there`` would join to less than either
        raise Http404
    monday = _monday(request, actor)
    books = (bool(access.staff_ids(actor)) or access.keeps_everything(actor)) and _is_open(thing)
    form = (
        BookingForm(request.POST or None, actor=actor, thing=thing, initial={"day": max(actor.day, monday)})
        if books
        else None
    )
    if request.method == "POST" and form is not None and form.is_valid():
        data = {name: value for name, value in form.cleaned_data.items() if name != "day"}
        try:
            made = actions.book(actor=actor, thing=thing, **data)
            messages.success(request, _("Booked."))
            return _week_of(made)
        except (Refused, Forbidden) as refusal:
            form.add_error(None, str(refusal))
    week = dt.timedelta(days=7)
    context = {
        "thing": thing,
        "form": form,
        "days": queries.week(actor, thing, monday),
        "monday": monday,
        "before": monday - week,
        "after": monday + week,
        "is_room": isinstance(thing, Room),
        "sees": access.works_at(actor, thing.school) or access.reads_everything(actor),
    }
    return render(request, "programmes/bookings/plan.html", context)


def _week_of(booking: Booking) -> HttpResponse:
    """Go to the week in which the booking lies, where what was done is to be seen."""
    thing = booking.room or booking.device
    assert thing is not None
    day = timezone.localtime(booking.start).date()
    return redirect(f"{reverse('programmes:plan', args=[thing.uid])}?week={day}")


@login_required
@require_POST
def cancel(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = reader(request)
    found = there(queries.booking(actor, uid))
    try:
        actions.cancel(actor=actor, booking=found, words=request.POST.get("words", ""))
        messages.success(request, _("Cancelled; the time is free again."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    thing = found.room or found.device
    assert thing is not None
    # What is booked no longer, such as a set that was taken out of use, has no plan to go back to.
    return _week_of(found) if queries.thing(actor, thing.uid) is not None else redirect("programmes:bookings")
