"""The office's pages about personal data: start, register, rules, what is due to go, the ledger."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.core.jobs.enqueue import start
from xuequ.core.tables import export_of, paged
from xuequ.district import policy, retention, rights, rules
from xuequ.district.actors import Actor
from xuequ.district.consent import Erasure
from xuequ.systems.office.rights import forms, jobs, queries
from xuequ.systems.office.rights.tables import DueTable, ErasureTable, RegisterTable


def actor_of(request: HttpRequest) -> Actor:
    """Return the actor of a signed-in request."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def rights_office(request: HttpRequest) -> Actor:
    """Return the actor, who must be of the district's data office."""
    actor = actor_of(request)
    if not policy.handles_rights(actor):
        raise PermissionDenied
    return actor


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not queries.is_office(actor):
        return redirect("office:rights-mine")
    at = clock.now()
    handles = rights.handles(actor)
    context = {
        "handles": handles,
        "is_district": policy.handles_rights(actor),
        "requests": rights.open_requests(actor)[:5] if handles else [],
        "topics": queries.topics(actor, at),
        "classes": queries.classes_to_record(actor),
        "day": actor.day,
    }
    return render(request, "office/rights/home.html", context)


@login_required
@require_safe
def register(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    lines = queries.register(actor.day)
    if (export := export_of(request, RegisterTable(lines), "register")) is not None:
        return export
    context = {"lines": lines, "table": RegisterTable(lines), "is_district": policy.handles_rights(actor)}
    return render(request, "office/rights/register.html", context)


@login_required
@require_safe
def rule_list(request: HttpRequest) -> HttpResponse:
    actor = rights_office(request)
    found = rules.all_in_force(actor.day).values()
    return render(request, "office/rights/rules.html", {"rules": found})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, code: str) -> HttpResponse:
    actor = rights_office(request)
    found = rules.all_in_force(actor.day).get(code)
    if found is None:
        raise Http404
    form = forms.RuleForm(request.POST or None, rule=found, initial={"since": actor.day})
    if request.method == "POST" and form.is_valid():
        try:
            rules.change(actor=actor, code=code, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The rule has been changed."))
            return redirect("office:rights-rules")
    context = {"rule": found, "form": form, "history": rules.history(code)}
    return render(request, "office/rights/rule.html", context)


@login_required
@require_safe
def due(request: HttpRequest) -> HttpResponse:
    actor = rights_office(request)
    found = retention.due(actor)
    return render(request, "office/rights/due.html", {"due": found})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def let_go(request: HttpRequest, slug: str) -> HttpResponse:
    actor = rights_office(request)
    found = retention.due_of(actor, slug)
    if found is None:
        raise Http404
    if request.method == "POST" and found.total:
        task = start(
            jobs.let_go,
            actor=actor,
            title=_("Letting go: %(what)s") % {"what": found.entry.what},
            done_url=reverse("office:rights-due"),
            slug=slug,
            account_id=actor.account_id,
        )
        return redirect("job", task.uid)
    table = DueTable([{"school": school, "rows": rows} for school, rows in found.counts.items()])
    context = {"due": found, "table": paged(request, table)}
    return render(request, "office/rights/let_go.html", context)


@login_required
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    actor = rights_office(request)
    table = ErasureTable(Erasure.objects.order_by("-id"))
    if (export := export_of(request, table, "erasures")) is not None:
        audit.record(actor, "erasures.exported")
        return export
    return render(request, "office/rights/ledger.html", {"table": paged(request, table)})
