"""The page of two computed proposals side by side."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from xuequ.core.rendering.formats import FORMATS, download
from xuequ.district import queries as district
from xuequ.systems.support import access
from xuequ.systems.support.answers import actor_of
from xuequ.systems.support.funding import comparing, queries
from xuequ.systems.support.funding.forms import CompareForm


@login_required
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Choose two and read who gains, who loses and why."""
    actor = actor_of(request)
    if not access.sees_money(actor):
        raise PermissionDenied
    chosen = {name: value for name in ("first", "second") if (value := request.GET.get(name))}
    rows = queries.comparable(actor)
    form = CompareForm(chosen if len(chosen) == 2 else None, initial=chosen, rows=rows)
    context: dict[str, object] = {"form": form, "formats": FORMATS}
    if form.is_valid():
        first, second = form.cleaned_data["first"], form.cleaned_data["second"]
        found = comparing.differences(first.result, second.result)
        context |= {
            "first": first, "second": second, "rows": found, "same": [row for row in found if not row.change],
            "blocks": comparing.blocks(first, second, found),
        }  # fmt: skip
    return render(request, "support/funding/compare.html", context)


@login_required
@require_safe
def comparison(request: HttpRequest, form: str) -> HttpResponse:
    """The same as a file."""
    actor = actor_of(request)
    if not access.sees_money(actor):
        raise PermissionDenied
    chosen = CompareForm(request.GET, rows=queries.comparable(actor))
    if form not in FORMATS or not chosen.is_valid():
        raise Http404
    first, second = chosen.cleaned_data["first"], chosen.cleaned_data["second"]
    rows = comparing.differences(first.result, second.result)
    report = comparing.report(first, second, rows, district.district())
    return download(report, form, str(report.title))
