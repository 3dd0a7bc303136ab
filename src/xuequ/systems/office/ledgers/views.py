"""The pages of the ledgers: how far they go, one file after another."""

import datetime as dt
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.answers import attempt
from xuequ.core.errors import Refused
from xuequ.core.files import attachment
from xuequ.core.tables import XLSX
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch
from xuequ.systems.office.ledgers import actions, pictures, queries
from xuequ.systems.office.ledgers.forms import UploadForm
from xuequ.systems.office.ledgers.layout import template_bytes
from xuequ.systems.office.ledgers.problems import Problem, Remark
from xuequ.systems.office.ledgers.reading import span


def _keeper(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not queries.may_keep(actor):
        raise PermissionDenied
    return actor


def _batch(uid: UUID) -> ImportBatch:
    found = queries.import_called(uid)
    if found is None:
        raise Http404
    return found


def _chosen(request: HttpRequest, years: list[SchoolYear]) -> SchoolYear | None:
    """Return the year that the address names, if any."""
    asked = request.GET.get("year", "")
    return next((year for year in years if year.code == asked), None)


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    actor = _keeper(request)
    years = queries.years(actor)
    year = _chosen(request, years) or queries.latest_with_rows(years) or next(iter(years), None)
    found = queries.ledgers(actor, year) if year is not None else []
    context = {
        "year": year,
        "years": years,
        "schools": len(found),
        "given": sum(bool(one.months) for one in found),
        "gaps": sum(bool(one.missing) for one in found),
        "figure": pictures.coverage(year, found) if year is not None else None,
        "recent": list(queries.imports()[:10]),
    }
    return render(request, "office/ledgers/home.html", context)


@login_required
@require_safe
def template(request: HttpRequest) -> HttpResponse:
    actor = _keeper(request)
    years = queries.years(actor)
    year = _chosen(request, years) or next(iter(years), None)
    if year is None:
        raise Http404
    day = min(actor.day, span(year)[1] - dt.timedelta(days=1))
    content = template_bytes(queries.template_places(year, day), f"{day:%Y-%m}")
    return attachment(content, _("ledger template") + ".xlsx", XLSX)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    actor = _keeper(request)
    form = UploadForm(request.POST or None, request.FILES or None, years=queries.years(actor))
    if form.is_valid():
        data = form.cleaned_data
        try:
            batch = actions.upload(actor=actor, file=data["file"], year=data["year"])
            return redirect("office:ledger-import", batch.uid)
        except Refused as refusal:
            form.add_error("file", str(refusal))
    return render(request, "office/ledgers/new.html", {"form": form})


@login_required
@require_safe
def show(request: HttpRequest, uid: UUID) -> HttpResponse:
    _keeper(request)
    batch = _batch(uid)
    context = {
        "batch": batch,
        "year": actions.year_of(batch),
        "open": batch.state == BatchState.CHECKED,
        "problems": [Problem.from_json(row) for row in batch.problems],
        "more": batch.summary["problems"] - len(batch.problems),
        "remarks": [Remark.from_json(row) for row in batch.summary["remarks"]],
        "may_store": actions.may_be_stored(batch),
    }
    return render(request, "office/ledgers/import.html", context)


@login_required
@require_POST
def confirm(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, batch = _keeper(request), _batch(uid)
    done = _("Stored; the school year is published anew.")
    attempt(request, done, lambda: actions.confirm(actor=actor, batch=batch))
    return redirect("office:ledger-import", batch.uid)


@login_required
@require_POST
def discard(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, batch = _keeper(request), _batch(uid)
    done = _("Discarded; nothing was stored.")
    if attempt(request, done, lambda: actions.discard(actor=actor, batch=batch)):
        return redirect("office:ledgers")
    return redirect("office:ledger-import", batch.uid)


@login_required
@require_POST
def undo(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, batch = _keeper(request), _batch(uid)
    done = _("Taken back; the school year is published without this file.")
    attempt(request, done, lambda: actions.undo(actor=actor, batch=batch))
    return redirect("office:ledger-import", batch.uid)
