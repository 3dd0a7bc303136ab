"""The pages of items."""

from copy import copy
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.answers import attempt
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.engines.balance.requirements import Requirement
from xuequ.kit.evidence.forms import EvidenceForm
from xuequ.kit.evidence.responses import download
from xuequ.record.models import Evidence
from xuequ.systems.balance import forms, queries
from xuequ.systems.balance.access import keeps
from xuequ.systems.balance.catalogue import FACTS, Scope
from xuequ.systems.balance.items import actions
from xuequ.systems.balance.models import Item, Judgement
from xuequ.systems.balance.pages import keeper, reader, year_or_404
from xuequ.systems.balance.pictures import why
from xuequ.systems.balance.rules.document import rules_of
from xuequ.systems.balance.rules.queries import in_force
from xuequ.systems.balance.values.actions import type_county
from xuequ.systems.balance.wording import GROUPS, READINGS, VERDICTS


def _item(year: SchoolYear, code: str) -> tuple[Requirement, Item]:
    rule_set = in_force()
    one = (
        next((r for r in rules_of(rule_set.text).requirements if r.code == code), None) if rule_set else None
    )
    row = Item.objects.filter(year=year, code=code).first()
    if one is None or row is None:
        raise Http404
    return one, row


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, year: str, code: str) -> HttpResponse:
    actor, own = reader(request), year_or_404(year)
    one, row = _item(own, code)
    may = keeps(actor)
    state = _state(request, row)
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        if _keep(request, actor, own, one, row, state):
            return redirect("balance:item", own.code, code)
    pieces = list(row.evidence.order_by("-pk"))
    context: dict[str, Any] = {
        "year": own, "item": row, "one": one, "group": GROUPS[one.group], "pieces": pieces, "keeps": may,
        "found": _found(queries.latest(actor, own), code),
        "note": "" if any(c.kind == "retention" for c in one.conditions) else one.note,
    }  # fmt: skip
    if may:
        context |= {
            "form": _figures(request, own, one),
            "state": state,
            "hand_in": EvidenceForm(),
        }
    return render(request, "balance/item.html", context)


def _facts(one: Requirement) -> list[str]:
    return [f for c in one.conditions for f in c.facts if FACTS[f].scope == Scope.COUNTY]


def _figures(request: HttpRequest, year: SchoolYear, one: Requirement) -> forms.CountyForm | None:
    facts = _facts(one)
    if not facts:
        return None
    data = request.POST if request.POST.get("what") == "figures" else None
    return forms.CountyForm(data, facts=facts, values=queries.book_of(year, []).values)


def _state(request: HttpRequest, row: Item) -> forms.ItemForm:
    """The form of who is in charge; with what was typed where it was handed in."""
    typed = request.method == "POST" and request.POST.get("what") != "figures"
    # A form writes what it reads into its row: the page shows the row as it is stored.
    return forms.ItemForm(request.POST if typed else None, instance=copy(row))


def _keep(
    request: HttpRequest, actor: Actor, year: SchoolYear, one: Requirement, row: Item, state: forms.ItemForm
) -> bool:
    """Keep the figures or the state, and say whether to load the page again."""
    if request.POST.get("what") == "figures":
        form = _figures(request, year, one)
        if form is None or not form.is_valid():
            return False
        numbers = form.numbers()
        return attempt(request, _("Stored."), lambda: type_county(actor=actor, year=year, numbers=numbers))
    if not state.is_valid():
        return False
    data = state.cleaned_data
    attempt(request, _("Stored."), lambda: actions.change(actor=actor, item=row, **data))
    return True


def _found(judgement: Judgement | None, code: str) -> dict[str, Any] | None:
    """What the newest judgement says of the item, in words."""
    if judgement is None:
        return None
    one = next((i for i in judgement.findings["items"] if i["code"] == code), None)
    if one is None:
        return None
    retention = [
        {"words": READINGS[r["reading"]], "value": r["value"], "verdict": VERDICTS[r["verdict"]],
         "used": r["reading"] == judgement.findings["reading"]}
        for r in judgement.findings["retention"]
        if any(part["name"] == "retention" for part in one["judged"])
    ]  # fmt: skip
    schools = (
        {str(s.school_id): s.school for s in judgement.schools.select_related("school")}
        if one["count"]
        else {}
    )
    places = list(dict.fromkeys(p["school"] for p in one["judged"] if p["school"] and p["verdict"] != "met"))
    return {
        "verdict": VERDICTS[one["verdict"]], "code": one["verdict"], "why": why(one), "retention": retention,
        "schools": [schools[key] for key in places if key in schools], "day": judgement.run.created,
    }  # fmt: skip


@login_required
@require_POST
def add_evidence(request: HttpRequest, year: str, code: str) -> HttpResponse:
    actor, own = keeper(request), year_or_404(year)
    _one, row = _item(own, code)
    form = EvidenceForm(request.POST, request.FILES)
    if form.is_valid():

        def hand_in() -> None:
            with transaction.atomic():
                piece = form.save(actor=actor, system="balance", school=None)
                actions.add_evidence(actor=actor, item=row, piece=piece)

        attempt(request, _("The evidence was handed in."), hand_in)
    else:
        attempt(request, "", lambda: _refuse(form))
    return redirect("balance:item", own.code, code)


def _refuse(form: EvidenceForm) -> None:
    raise Refused("；".join(str(error) for errors in form.errors.values() for error in errors))


@login_required
@require_POST
def withdraw(request: HttpRequest, year: str, code: str, uid: UUID) -> HttpResponse:
    actor, own = keeper(request), year_or_404(year)
    _one, row = _item(own, code)
    piece = row.evidence.filter(uid=uid).first()
    if piece is None:
        raise Http404
    done, reason = _("Withdrawn; it stays in the history."), request.POST.get("reason", "")
    attempt(
        request, done, lambda: actions.withdraw_evidence(actor=actor, item=row, piece=piece, reason=reason)
    )
    return redirect("balance:item", own.code, code)


@login_required
@require_safe
def open_evidence(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = reader(request)
    piece = Evidence.objects.filter(uid=uid, system="balance", balance_items__isnull=False).distinct().first()
    if piece is None:
        raise Http404
    audit.record(actor, "balance.evidence.opened", piece)
    return download(piece)
