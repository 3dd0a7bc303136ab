"""The pages of the ledger: entries and rooms."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Refused
from xuequ.core.files import attachment
from xuequ.core.tables import export_of, paged
from xuequ.district.actors import Actor
from xuequ.systems.programmes import access, publishing
from xuequ.systems.programmes.bookings import queries as bookings
from xuequ.systems.programmes.choices import RUNNING_MOVES, DeviceState
from xuequ.systems.programmes.counting import WINDOW
from xuequ.systems.programmes.ledger import actions, forms, imports, inventories, queries
from xuequ.systems.programmes.ledger.facts import last_uses
from xuequ.systems.programmes.ledger.tables import DeviceTable, RoomTable
from xuequ.systems.programmes.models import Device, Room
from xuequ.systems.programmes.pages import form_page, there


def reader(request: HttpRequest) -> Actor:
    """Return the actor, for whom the ledger must have pages."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not access.sees_ledger(actor):
        raise PermissionDenied
    return actor


def keeper(request: HttpRequest) -> Actor:
    """Return the actor, who must keep some ledger."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not imports.may_import(actor):
        raise PermissionDenied
    return actor


@login_required
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    form = forms.LedgerFilter(request.GET or None, actor=actor)
    rows = queries.devices(actor)
    shown = form.narrowed(rows, actor.day)
    table = DeviceTable(shown, exclude=_left_out(actor))
    if (export := export_of(request, table, "equipment")) is not None:
        audit.record(actor, "programmes.ledger.exported", None, {"rows": len(table.rows)})
        return export
    paged(request, table)
    queries.with_last_use([row.record for row in table.page.object_list], actor.day)
    context = {
        "table": table,
        "form": form,
        "summary": queries.summary(rows, actor.day),
        "keeps": imports.may_import(actor),
        "publishes": access.keeps_everything(actor),
        "query": urlencode(
            {k: str(v) for k, v in request.GET.items() if k in {"kind", "school", "state", "q"}}
        ),
    }
    return render(request, "programmes/ledger/ledger.html", context)


def _left_out(actor: Actor) -> tuple[str, ...]:
    """A school's own list does not name the school in every row."""
    return () if access.reads_everything(actor) else ("school",)


@login_required
@require_safe
def labels(request: HttpRequest) -> HttpResponse:
    from xuequ.systems.programmes.ledger.labels import MOST, labels_pdf

    actor = keeper(request)
    form = forms.LedgerFilter(request.GET or None, actor=actor)
    rows = form.narrowed(queries.devices(actor), actor.day).order_by("school__code", "room__name", "name")
    found = list(rows.exclude(state=DeviceState.SCRAPPED)[: MOST + 1])
    if not 0 < len(found) <= MOST:
        text = _("Between one and %(most)d labels are printed at once; narrow the list first.")
        messages.error(request, text % {"most": MOST})
        return redirect("programmes:ledger")
    base = request.build_absolute_uri("/").rstrip("/")
    pdf = labels_pdf(found, lambda item: base + reverse("programmes:device", args=[item.uid]))
    audit.record(actor, "programmes.labels.printed", None, {"labels": len(found)})
    return attachment(pdf, f"{_('Labels for equipment')}.pdf", "application/pdf")


def _device(request: HttpRequest, uid: UUID) -> Device:
    return there(queries.device(reader(request), uid))


@login_required
@require_safe
def device(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = reader(request), _device(request, uid)
    own = access.keeps(actor, found.school)
    holders = [found.school] if found.lent_to is None else [found.school, found.lent_to]
    among = Device.objects.filter(pk=found.pk)
    used = last_uses(actor.day, devices=among, rooms=Room.objects.filter(devices=found))
    moves = list(found.moves.select_related("giving", "receiving"))
    last = used.of(found)
    lines = queries.open_lines(actor, found)
    context = {
        "device": found,
        "last": last,
        "idle": last is None or last <= actor.day - WINDOW,
        "keeps": own,
        "works": any(access.works_at(actor, school) for school in holders),
        "moves": moves if own or access.reads_everything(actor) else [],
        "follows": own or access.reads_everything(actor),
        "running": next((move for move in moves if move.state in RUNNING_MOVES), None),
        "may_move": own or (found.offered and imports.may_import(actor)),
        "state_form": forms.StateForm(initial={"state": found.state}),
        "lines": [line for line in lines if inventories.may_fill(actor, line.inventory)],
        "today": actor.day,
    }
    return render(request, "programmes/ledger/device.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device_new(request: HttpRequest) -> HttpResponse:
    actor = keeper(request)
    form = forms.DeviceForm(request.POST or None, actor=actor)
    return _edit_device(request, actor, form, gettext_lazy("New entry of the ledger"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device_edit(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = keeper(request), _device(request, uid)
    if not access.keeps(actor, found.school):
        raise Http404
    form = forms.DeviceForm(request.POST or None, actor=actor, instance=found)
    return _edit_device(request, actor, form, gettext_lazy("Change the entry"))


def _edit_device(request: HttpRequest, actor: Actor, form: "forms.DeviceForm", title: object) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            kept = actions.keep_device(actor=actor, device=form.save(commit=False))
            messages.success(request, _("Kept in the ledger."))
            return redirect("programmes:device", kept.uid)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    back = reverse("programmes:ledger")
    return form_page(request, form, title, back, _("Ledger of equipment"))


@login_required
@require_POST
def device_used(request: HttpRequest, uid: UUID) -> HttpResponse:
    return _note(request, reader(request), _device(request, uid))


@login_required
@require_POST
def room_used(request: HttpRequest, uid: UUID) -> HttpResponse:
    return _note(request, reader(request), _room(request, uid))


def _note(request: HttpRequest, actor: Actor, thing: Room | Device) -> HttpResponse:
    try:
        actions.note_use(actor=actor, thing=thing, day=actor.day)
        messages.success(request, _("Noted: used today."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    name = "programmes:device" if isinstance(thing, Device) else "programmes:room"
    return redirect(name, thing.uid)


@login_required
@require_POST
def device_state(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = reader(request), _device(request, uid)
    form = forms.StateForm(request.POST)
    try:
        if form.is_valid():
            state = DeviceState(form.cleaned_data["state"])
            actions.set_state(actor=actor, device=found, state=state)
            messages.success(request, _("Kept in the ledger."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("programmes:device", uid)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device_scrap(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = keeper(request), _device(request, uid)
    if not access.keeps(actor, found.school):
        raise Http404
    form = forms.ScrapForm(request.POST or None, initial={"day": actor.day})
    if request.method == "POST" and form.is_valid():
        try:
            actions.scrap(actor=actor, device=found, **form.cleaned_data)
            messages.success(request, _("Scrapped. The entry stays to be seen and counts no more."))
            return redirect("programmes:device", uid)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    back = reverse("programmes:device", args=[uid])
    return form_page(request, form, gettext_lazy("Scrap"), back, str(found))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device_divide(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = keeper(request), _device(request, uid)
    if not access.keeps(actor, found.school):
        raise Http404
    form = forms.DivideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            part = actions.divide(actor=actor, device=found, **form.cleaned_data)
            messages.success(request, _("Divided; pieces and value of both add up to what they were."))
            return redirect("programmes:device", part.uid)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    back = reverse("programmes:device", args=[uid])
    return form_page(request, form, gettext_lazy("Take pieces out of the set"), back, str(found))


@login_required
@require_safe
def rooms(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    rows = queries.rooms(actor).filter(closed=None)
    table = RoomTable(rows, exclude=_left_out(actor))
    if (export := export_of(request, table, "rooms")) is not None:
        return export
    context = {
        "table": paged(request, table),
        "keeps": imports.may_import(actor),
        "counts": queries.room_counts(rows),
    }
    return render(request, "programmes/ledger/rooms.html", context)


def _room(request: HttpRequest, uid: UUID) -> Room:
    return there(queries.room(reader(request), uid))


@login_required
@require_safe
def room(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = reader(request), _room(request, uid)
    used = last_uses(actor.day, devices=Device.objects.none(), rooms=Room.objects.filter(pk=found.pk))
    context = {
        "room": found,
        "last": used.rooms.get(found.pk),
        "devices": found.devices.exclude(state=DeviceState.SCRAPPED),
        "keeps": access.keeps(actor, found.school),
        "works": access.works_at(actor, found.school),
        "bookings": bookings.coming(found, actor.day)[:10],
    }
    return render(request, "programmes/ledger/room.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def room_new(request: HttpRequest) -> HttpResponse:
    actor = keeper(request)
    return _edit_room(
        request, actor, forms.RoomForm(request.POST or None, actor=actor), gettext_lazy("New room")
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def room_edit(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = keeper(request), _room(request, uid)
    if not access.keeps(actor, found.school):
        raise Http404
    form = forms.RoomForm(request.POST or None, actor=actor, instance=found)
    return _edit_room(request, actor, form, gettext_lazy("Change the room"))


def _edit_room(request: HttpRequest, actor: Actor, form: forms.RoomForm, title: object) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            kept = actions.keep_room(actor=actor, room=form.save(commit=False))
            messages.success(request, _("Kept in the ledger."))
            return redirect("programmes:room", kept.uid)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return form_page(request, form, title, reverse("programmes:rooms"), _("Rooms"))


@login_required
@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    if not access.keeps_everything(actor):
        raise PermissionDenied
    try:
        started = publishing.start_count(actor=actor, day=actor.day)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("programmes:ledger")
    return redirect("job", started.task.uid)
