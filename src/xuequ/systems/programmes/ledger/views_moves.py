"""The pages of moves between schools and of inventories."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import InventoryKind, MoveKind, MoveState, Side
from xuequ.systems.programmes.ledger import forms, imports, inventories, moves, queries
from xuequ.systems.programmes.ledger.views import keeper, reader
from xuequ.systems.programmes.models import Inventory, InventoryLine, Move
from xuequ.systems.programmes.pages import form_page, there


def _follower(request: HttpRequest) -> Actor:
    """Return the actor, who must keep a ledger or read all of them."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not access.reads_everything(actor) and not imports.may_import(actor):
        raise PermissionDenied
    return actor


@login_required
@require_safe
def move_list(request: HttpRequest) -> HttpResponse:
    actor = _follower(request)
    page = Paginator(queries.moves(actor), 25).get_page(request.GET.get("page"))
    offered = list(queries.offered(actor)[:50])
    waiting = list(queries.waiting_moves(actor).select_related("device", "giving", "receiving"))
    context = {"page": page, "offered": offered, "waiting": waiting, "today": actor.day}
    return render(request, "programmes/ledger/moves.html", context)


def _move(request: HttpRequest, uid: UUID) -> Move:
    return there(queries.move(_follower(request), uid))


@login_required
@require_safe
def move(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = _follower(request), _move(request, uid)
    context = {
        "move": found,
        "decider": moves.decider(found),
        "overdue": found.until is not None and found.state == MoveState.DONE and found.until < actor.day,
        "may_decide": moves.may_decide(actor, found),
        "may_send": moves.may_send(actor, found),
        "may_receive": moves.may_receive(actor, found),
        "may_withdraw": moves.may_withdraw(actor, found),
        "may_take_back": moves.may_take_back(actor, found),
        "form": forms.AnswerForm(),
        "sees_device": queries.device(actor, found.device.uid) is not None,
    }
    return render(request, "programmes/ledger/move.html", context)


@login_required
@require_POST
def move_act(request: HttpRequest, uid: UUID, act: str) -> HttpResponse:
    actor, found = _follower(request), _move(request, uid)
    words = request.POST.get("words", "")
    acts = {
        "agree": lambda: moves.decide(actor=actor, move=found, agree=True, words=words),
        "refuse": lambda: moves.decide(actor=actor, move=found, agree=False, words=words),
        "give": lambda: moves.sign(actor=actor, move=found, side=Side.GIVING),
        "receive": lambda: moves.sign(actor=actor, move=found, side=Side.RECEIVING),
        "withdraw": lambda: moves.withdraw(actor=actor, move=found),
        "take-back": lambda: moves.take_back(actor=actor, move=found),
    }
    if act not in acts:
        raise Http404
    try:
        acts[act]()
        messages.success(request, _("Kept, and both schools can see it."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("programmes:move", uid)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def move_new(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = keeper(request)
    found = there(queries.device(actor, uid))
    form = forms.MoveForm(
        request.POST or None, actor=actor, device=found, initial={"kind": MoveKind.FOR_GOOD}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = moves.ask(actor=actor, device=found, **{**data, "kind": MoveKind(data["kind"])})
            messages.success(request, _("Asked. The other school answers; nothing has moved yet."))
            return redirect("programmes:move", made.uid)
        except (Refused, Forbidden) as refusal:
            form.add_error(None, str(refusal))
    back = reverse("programmes:device", args=[uid])
    return form_page(request, form, gettext_lazy("Ask for a move"), back, str(found))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def inventory_list(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    opens = access.may_check(actor) or imports.may_import(actor)
    form = forms.InventoryForm(request.POST or None, actor=actor) if opens else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            try:
                made = inventories.open_inventory(
                    actor=actor,
                    school=form.cleaned_data["school"],
                    kind=InventoryKind(form.cleaned_data["kind"]),
                )
                return redirect("programmes:inventory", made.uid)
            except Refused as refusal:
                form.add_error(None, str(refusal))
    page = Paginator(queries.inventories(actor), 25).get_page(request.GET.get("page"))
    return render(request, "programmes/ledger/inventories.html", {"page": page, "form": form})


def _inventory(request: HttpRequest, uid: UUID) -> Inventory:
    return there(queries.inventory(reader(request), uid))


@login_required
@require_safe
def inventory(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = reader(request), _inventory(request, uid)
    page = Paginator(queries.lines(found), 60).get_page(request.GET.get("page"))
    fills = inventories.may_fill(actor, found) and found.closed is None
    context = {"inventory": found, "page": page, "fills": fills, "spot": found.kind == InventoryKind.SPOT}
    return render(request, "programmes/ledger/inventory.html", context)


ANSWERS: dict[str, tuple[bool, bool | None]] = {
    "found": (True, None),
    "used": (True, True),
    "idle": (True, False),
    "missing": (False, None),
}


@login_required
@require_POST
def inventory_mark(request: HttpRequest, uid: UUID, line_uid: UUID) -> HttpResponse:
    actor, found = reader(request), _inventory(request, uid)
    line = InventoryLine.objects.filter(inventory=found, uid=line_uid).first()
    said = ANSWERS.get(request.POST.get("answer", ""))
    if line is None or said is None:
        raise Http404
    try:
        inventories.mark(actor=actor, line=line, found=said[0], used=said[1])
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{reverse('programmes:inventory', args=[uid])}#line-{line.uid}")


@login_required
@require_POST
def inventory_close(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = reader(request), _inventory(request, uid)
    try:
        inventories.close(actor=actor, inventory=found)
        messages.success(request, pgettext("inventory", "Closed."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("programmes:inventory", uid)
