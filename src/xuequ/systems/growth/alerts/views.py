"""The pages of alerts."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xuequ.core.errors import Refused
from xuequ.district.actors import SCHOOL_LEADERS, Actor
from xuequ.systems.growth.actions import may_evaluate
from xuequ.systems.growth.alerts import actions, forms, queries
from xuequ.systems.growth.alerts.sections import alert_blocks
from xuequ.systems.growth.models import TrendAlert
from xuequ.systems.growth.queries import alert_line


@login_required
@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.sees_district and not actor.has(*SCHOOL_LEADERS):
        raise PermissionDenied
    page = Paginator(queries.alerts(actor), 25).get_page(request.GET.get("page"))
    return render(request, "growth/alerts/list.html", {"page": page, "district": actor.sees_district})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def alert(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = queries.alert(actor, uid)
    if found is None:
        raise Http404
    own = queries.leads(actor, found.school_id)
    form = _form(request, found, own, may_evaluate(actor))
    if request.method == "POST" and form is not None and form.is_valid():
        return _keep(actor, found, form, request)
    actions.opened(actor=actor, alert=found)
    context = {"alert": found, "own": own, "form": form, "blocks": alert_blocks(alert_line(found))}
    return render(request, "growth/alerts/alert.html", context | {"district": actor.sees_district})


def _form(
    request: HttpRequest, found: TrendAlert, own: bool, analyst: bool
) -> forms.AnswerForm | forms.SettleForm | None:
    if found.settled is not None:
        return None
    if own:
        return forms.AnswerForm(request.POST or None, initial={"text": found.answer})
    return forms.SettleForm(request.POST or None) if analyst else None


def _keep(
    actor: Actor, found: TrendAlert, form: forms.AnswerForm | forms.SettleForm, request: HttpRequest
) -> HttpResponse:
    try:
        if isinstance(form, forms.AnswerForm):
            actions.answer(actor=actor, alert=found, text=form.cleaned_data["text"])
            messages.success(request, _("Thank you. The district now reads your answer beside the alert."))
        else:
            actions.settle(actor=actor, alert=found, outcome=form.cleaned_data["outcome"])
            messages.success(request, _("Settled. The alert stays in the list with what came of it."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("growth:alert", found.uid)
