"""Requests: what waits for me, what I asked for, what I have decided; the page of one and what to do about it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import Account
from xuequ.core.tables import export_of, paged
from xuequ.district.actors import Actor
from xuequ.kit.approvals import actions, imports
from xuequ.kit.approvals import queries as requests
from xuequ.kit.approvals.choices import CaseState, ImportKind
from xuequ.kit.approvals.models import Case
from xuequ.kit.approvals.procedures import procedure_of
from xuequ.systems.office.approvals import queries
from xuequ.systems.office.approvals.forms import CaseFilter, DecisionForm, RulesForm, WordsForm
from xuequ.systems.office.approvals.tables import CaseTable

PER_PAGE = 100


@login_required
@require_POST
def hand_in(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Ask for the approval of one's own checked import."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    batch = queries.own_import(actor, uid)
    if batch is None:
        raise Http404
    try:
        case = imports.open_import_case(actor=actor, batch=batch)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:imports")
    messages.success(request, _("Handed in. It is stored as soon as it is approved."))
    return redirect("office:approvals-case", case.uid)


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not queries.may_enter(actor):
        raise PermissionDenied
    return actor


@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    narrowed = CaseFilter(request.GET, states=False)
    page = Paginator(narrowed.narrow(requests.waiting_for(actor)), PER_PAGE).get_page(request.GET.get("page"))
    items = queries.listed(list(page), actor.day)
    if items:
        audit.record(actor, "cases.seen", None, {"cases": len(items)})
    context = {
        "page": page,
        "groups": queries.grouped(items),
        "filter": narrowed,
        "filtered": any(narrowed.cleaned_data.values()),
        "tab": "inbox",
        "may_set_rules": imports.may_set_rules(actor),
    }
    return render(request, "office/approvals/inbox.html", context)


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    return _list(request, actor, requests.asked_by(actor), "mine")


@login_required
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    return _list(request, actor, requests.decided_by(actor), "done")


def _list(request: HttpRequest, actor: Actor, rows: "QuerySet[Case]", tab: str) -> HttpResponse:
    narrowed = CaseFilter(request.GET)
    table = CaseTable(narrowed.narrow(rows))
    if (export := export_of(request, table, "requests")) is not None:
        audit.record(actor, "cases.exported", None, {"cases": len(table.rows)})
        return export
    filtered = any(narrowed.cleaned_data.values())
    context = {"table": paged(request, table), "filter": narrowed, "filtered": filtered, "tab": tab}
    return render(request, "office/approvals/list.html", context)


@login_required
@require_POST
def approve_together(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    chosen = queries.chosen(actor, request.POST.getlist("case"))
    if not chosen:
        messages.info(request, _("Tick the requests that you want to approve first."))
        return redirect("office:approvals-inbox")
    try:
        refusals = actions.approve_many(actor=actor, cases=chosen)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:approvals-inbox")
    if count := len(chosen) - len(refusals):
        words = ngettext("%(count)s request was approved.", "%(count)s requests were approved.", count)
        messages.success(request, words % {"count": count})
    for words in dict.fromkeys(refusals):
        messages.error(request, words)
    return redirect("office:approvals-inbox")


def _case(actor: Actor, uid: UUID) -> Case:
    found = requests.case(actor, uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def case(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    found = _case(actor, uid)
    audit.record(actor, "case.seen", found)
    return render(request, "office/approvals/case.html", _context(actor, found))


def _context(actor: Actor, found: Case, decision: DecisionForm | None = None) -> dict[str, Any]:
    rules = procedure_of(found)
    is_author = actor.account_id == found.opened_by_id
    may_decide = found.state == CaseState.OPEN and requests.may_decide(actor, found)
    if may_decide and decision is None:
        decision = _decision_form(actor, found)
    return {
        "case": found,
        "rules": rules,
        "title": requests.titles([found])[found.pk],
        "about": requests.about(actor, found),
        "steps": [rules.step(code) for code in found.route],
        "late": found.due is not None and found.due < actor.day,
        "timeline": requests.timeline(found),
        "waits_for": requests.waits_for_whom(found, actor.day) if found.state == CaseState.OPEN else [],
        "form": decision if may_decide else None,
        "remark": WordsForm() if found.is_running else None,
        "may_withdraw": is_author and found.is_running,
        "may_resubmit": is_author and found.state == CaseState.RETURNED,
    }


def _decision_form(actor: Actor, found: Case, data: Any = None) -> DecisionForm:
    may_return = procedure_of(found).may_return and found.opened_by_id is not None
    return DecisionForm(
        data,
        colleagues=requests.colleagues(actor, found),
        may_return=may_return,
        initial={"turn": found.turn},
    )


@login_required
@require_POST
def decide(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    found = _case(actor, uid)
    if found.state != CaseState.OPEN:
        messages.error(request, _("This request has been decided meanwhile; nothing was changed."))
        return redirect("office:approvals-case", found.uid)
    form = _decision_form(actor, found, request.POST)
    if not form.is_valid():
        return render(request, "office/approvals/case.html", _context(actor, found, form))
    try:
        _decide(actor, found, form)
        messages.success(request, _("Your decision has been written down."))
    except (Refused, Forbidden) as refusal:
        messages.error(request, str(refusal))
        return redirect("office:approvals-case", found.uid)
    return redirect("office:approvals-inbox")


def _decide(actor: Actor, found: Case, form: DecisionForm) -> None:
    said = form.cleaned_data
    move, common = said["decision"], {"turn": said["turn"], "words": said["words"]}
    if move == "delegate":
        to = Account.objects.get(uid=said["to"])
        actions.delegate(actor=actor, case=found, to=to, **common)
    else:
        moves: dict[str, Callable[..., Case]] = {
            "approve": actions.approve,
            "return_": actions.return_,
            "refuse": actions.refuse,
        }
        moves[move](actor=actor, case=found, **common)


@login_required
@require_POST
def remark(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    found = _case(actor, uid)
    form = WordsForm(request.POST)
    if form.is_valid():
        try:
            actions.remark(actor=actor, case=found, words=form.cleaned_data["words"])
            messages.success(request, _("Your remark stands in the history."))
        except Refused as refusal:
            messages.error(request, str(refusal))
    return redirect("office:approvals-case", found.uid)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    found = _case(actor, uid)
    if request.method != "POST":
        if actor.account_id != found.opened_by_id:
            raise PermissionDenied
        title = requests.titles([found])[found.pk]
        return render(request, "office/approvals/withdraw.html", {"case": found, "title": title})
    try:
        actions.withdraw(actor=actor, case=found)
        messages.success(request, _("The request has been withdrawn."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:approvals-case", found.uid)


@login_required
@require_POST
def resubmit(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = _actor(request)
    found = _case(actor, uid)
    try:
        actions.resubmit(actor=actor, case=found)
        messages.success(request, _("The request has been handed in again."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:approvals-case", found.uid)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    if not imports.may_set_rules(actor):
        raise PermissionDenied
    current = {kind: imports.rule_for(kind) for kind in ImportKind}
    form = RulesForm(request.POST or None, current=current)
    if request.method == "POST" and form.is_valid():
        for kind, when in form.chosen().items():
            if when != current[kind]:
                imports.set_rule(actor=actor, kind=kind, when=when)
        messages.success(request, _("The rules have been saved."))
        return redirect("office:approvals-rules")
    return render(request, "office/approvals/rules.html", {"form": form})
