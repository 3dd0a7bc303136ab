"""The catalogue of numbers, and the page of one number."""

import datetime as dt
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.core.figures import Figure
from xuequ.core.rendering.formats import download
from xuequ.core.tables import paged
from xuequ.district.actors import Actor
from xuequ.district.queries import district
from xuequ.kit.documents import actions as documents
from xuequ.kit.documents import queries as stored
from xuequ.kit.documents.counting import CountDefinition, Question, definition
from xuequ.systems.office.numbers import figures, queries
from xuequ.systems.office.numbers.forms import EARLIEST, QuestionForm, QuoteForm
from xuequ.systems.office.numbers.scope import may_count, narrowing_words
from xuequ.systems.office.numbers.tables import CatalogueTable, QuotedTable, listing

LISTED = 200
"""As many rows of "which ones" stand on the page; the workbook holds all."""


def counting_actor(request: HttpRequest) -> Actor:
    """Return the actor, who must answer for a school or the district."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not may_count(actor):
        raise PermissionDenied
    return actor


def found_definition(actor: Actor, code: str) -> CountDefinition:
    """Return a number of the catalogue; 404 when there is none."""
    try:
        return definition(actor, code)
    except Refused as error:
        raise Http404 from error


def _day(text: str, actor: Actor) -> dt.date:
    """Return the day that an address names, or today; days that cannot be counted become today."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return actor.day
    return day if EARLIEST <= day <= actor.day else actor.day


@login_required
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    actor = counting_actor(request)
    schools = queries.seen_schools(actor)
    chosen = next((s for s in schools if str(s.uid) == request.GET.get("school")), None)
    day = _day(request.GET.get("at", ""), actor)
    table = CatalogueTable(queries.counted_items(actor, day, chosen))
    context = {
        "table": table,
        "published": queries.published_items(actor, day),
        "schools": schools,
        "chosen": chosen,
        "day": day,
        "writes": stored.may_write(actor),
    }
    return render(request, "office/numbers/catalogue.html", context)


def _form(request: HttpRequest, actor: Actor, found: CountDefinition) -> QuestionForm:
    said = request.GET.copy()
    said.setdefault("at", actor.day.isoformat())
    periods = queries.available_periods(actor, found.code, _day(str(said["at"]), actor))
    return QuestionForm(
        said, definition=found, actor=actor, schools=queries.seen_schools(actor), periods=periods
    )


def _which(actor: Actor, found: CountDefinition, question: Question) -> Figure | None:
    return found.which(actor, question) if found.which is not None else None


@login_required
@require_safe
def number(request: HttpRequest, code: str) -> HttpResponse:
    actor = counting_actor(request)
    found = found_definition(actor, code)
    form = _form(request, actor, found)
    context = {"form": form, "definition": found, "form_valid": form.is_valid()}
    if not form.is_valid():
        return render(request, "office/numbers/number.html", context, status=400)
    question = form.question()
    answer = queries.answered(actor, code, question, form.cleaned_data.get("compare"))
    which = _which(actor, found, question)
    audit.record(actor, "number.seen", None, {"code": code, "listed": len(which.rows) if which else 0})
    if request.GET.get("export") == "xlsx":
        return _workbook(answer, which)
    shown = answer.counted.lines
    quoting = QuoteForm(
        lines=[(line.key, line.label) for line in shown if line.value is not None and line.key],
        documents=list(stored.documents(actor)[:50]),
    )
    return render(
        request,
        "office/numbers/number.html",
        context
        | {
            "answer": answer,
            "value": found.write(answer.counted.value),
            "range": found.range_of(answer.counted.as_line),
            "no_total": answer.counted.value is None and any(line.value is not None for line in shown),
            "before": found.write(answer.before.value) if answer.before else "",
            "unit": figures.unit_of(found),
            "figure": figures.split(answer),
            "which": listing(which, LISTED),
            "narrowed": narrowing_words(question),
            "address": queries.address(found, question),
            "quoting": quoting,
            "parameters": question.parameters(),
        },
    )


def _workbook(answer: queries.Answer, which: Figure | None) -> HttpResponse:
    office = district()
    issuer = (office.bureau or office.name) if office else ""
    report = figures.workbook(answer, which, issuer=issuer, counted_at=clock.now())
    return download(report, "xlsx", f"{answer.definition.title} {answer.question.at}")


@login_required
@require_POST
def quote(request: HttpRequest, code: str) -> HttpResponse:
    actor = counting_actor(request)
    found = found_definition(actor, code)
    form = _form(request, actor, found)
    if not form.is_valid():
        raise Http404
    question = form.question()
    lines = found.count(actor, question).lines if question.by else ()
    quoting = QuoteForm(
        request.POST,
        lines=[(line.key, line.label) for line in lines],
        documents=list(stored.documents(actor)[:50]),
    )
    back = queries.address(found, question)
    if not quoting.is_valid():
        messages.error(request, _("Choose one of the numbers and replies on offer."))
        return redirect(back)
    said = quoting.cleaned_data
    picked = Question(question.at, question.since, question.by, question.where, said.get("line", ""))
    document = stored.document(actor, UUID(said["document"])) if said["document"] else None
    try:
        citation = documents.quote(
            actor=actor, code=code, question=picked, document=document, attached=said.get("attached", False)
        )
    except Refused as error:
        messages.error(request, str(error))
        return redirect(back)
    if document is None:
        messages.success(request, _("The number is kept as you quote it."))
        return redirect("office:numbers-citation", uid=citation.uid)
    messages.success(request, _("The number stands in the reply now, with a sentence at its end."))
    return redirect("office:numbers-reply", uid=document.uid)


@login_required
@require_safe
def quoted(request: HttpRequest) -> HttpResponse:
    actor = counting_actor(request)
    return render(
        request, "office/numbers/quoted.html", {"table": paged(request, QuotedTable(stored.quoted(actor)))}
    )


@login_required
@require_safe
def citation(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = counting_actor(request)
    found = get_object_or_404(stored.quoted(actor), uid=uid)
    definition_now = definition(actor, found.code)
    question = Question.of(found.parameters)
    context = {"citation": found, "address": queries.address(definition_now, question)}
    return render(request, "office/numbers/citation.html", context)
