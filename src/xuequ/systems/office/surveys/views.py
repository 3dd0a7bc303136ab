"""The pages of those who ask: questionnaires and rounds, response, results."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.core.files import FileKind, check_upload
from xuequ.core.tables import export_of, paged
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.kit.questionnaires import actions, queries, results, sheets
from xuequ.kit.questionnaires.models import Round
from xuequ.kit.questionnaires.results import Results
from xuequ.kit.questionnaires.schema import Form
from xuequ.systems.office.surveys import pictures
from xuequ.systems.office.surveys import queries as own
from xuequ.systems.office.surveys.answering import require_asker
from xuequ.systems.office.surveys.exports import rows_file
from xuequ.systems.office.surveys.forms import ResultsForm, RoundForm, SheetForm
from xuequ.systems.office.surveys.tables import (
    CellProblemTable,
    QuestionnaireTable,
    ResponseTable,
    RoundTable,
    TallyTable,
)


def _round(request: HttpRequest, uid: UUID) -> tuple[Actor, Round]:
    actor = require_asker(request)
    found = queries.round_of(actor, uid)
    if found is None:
        raise Http404
    return actor, found


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    actor = require_asker(request)
    context = {
        "drafts": paged(request, QuestionnaireTable(queries.questionnaires(actor), prefix="d-")),
        "rounds": paged(request, RoundTable(queries.rounds(actor), prefix="r-")),
    }
    return render(request, "office/surveys/home.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_round(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = require_asker(request)
    draft = queries.questionnaire(actor, uid)
    if draft is None:
        raise Http404
    form = RoundForm(request.POST or None, actor=actor, at=clock.now(), title=draft.title)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.open_round(actor=actor, questionnaire=draft, plan=form.plan(), at=clock.now())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The questionnaire is on its way."))
            return redirect("office:surveys-round", made.uid)
    return render(request, "office/surveys/round_new.html", {"form": form, "draft": draft})


@login_required
@require_safe
def show_round(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, wave = _round(request, uid)
    listed = queries.responses(wave, actor.day)
    table = ResponseTable(listed)
    if (export := export_of(request, table, wave.title)) is not None:
        return export
    now, asked = clock.now(), sum(one.asked for one in listed)
    newest = queries.newest_version(wave.questionnaire)
    context = {
        "round": wave,
        "table": paged(request, table),
        "asked": asked,
        "answered": sum(one.answered for one in listed),
        "open": wave.opens <= now < wave.closes,
        "waiting": now < wave.opens,
        "newer": newest if newest is not None and newest.pk != wave.version_id else None,
        "chasable": not wave.anonymous and wave.audience == "staff",
        "schools": [one.school for one in listed if one.answered < one.asked],
    }
    return render(request, "office/surveys/round.html", context)


@login_required
@require_POST
def close(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, wave = _round(request, uid)
    actions.close_round(actor=actor, wave=wave, at=clock.now())
    messages.success(request, _("The questionnaire is closed; what was sent is kept."))
    return redirect("office:surveys-round", wave.uid)


@login_required
@require_POST
def renew(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, wave = _round(request, uid)
    try:
        version = actions.renew_round(actor=actor, wave=wave)
        messages.success(request, _("From now on version %(number)d is asked.") % {"number": version.number})
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:surveys-round", wave.uid)


@login_required
@require_safe
def missing(request: HttpRequest, uid: UUID, school: UUID) -> HttpResponse:
    actor, wave = _round(request, uid)
    found: School | None = wave.schools.filter(uid=school).first()
    if found is None:
        raise Http404
    if wave.anonymous or wave.audience != "staff":
        raise PermissionDenied
    names = queries.missing_staff(wave, found, actor.day)
    audit.record(actor, "questionnaire.missing_seen", wave, {"people": len(names)})
    return render(request, "office/surveys/missing.html", {"round": wave, "school": found, "names": names})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, wave = _round(request, uid)
    form = SheetForm(request.POST or None, request.FILES or None, schools=wave.schools.order_by("code"))
    problems: Any = ()
    if request.method == "POST" and form.is_valid():
        try:
            problems = _bring_in(actor, wave, form)
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            if not problems:
                messages.success(request, _("The answers were brought in."))
                return redirect("office:surveys-round", wave.uid)
    table = paged(request, CellProblemTable(problems)) if problems else None
    return render(request, "office/surveys/sheet.html", {"round": wave, "form": form, "table": table})


def _bring_in(actor: Actor, wave: Round, form: SheetForm) -> Any:
    """Store a sheet's answers when every cell is right, else return what is wrong."""
    file = form.cleaned_data["file"]
    check_upload(file, {FileKind.XLSX, FileKind.XLS})
    read = sheets.read(wave.version.form, file.read())
    if not read.problems:
        school = form.cleaned_data["school"]
        actions.bring_in(actor=actor, wave=wave, school=school, answers=read.answers, at=clock.now())
    return read.problems


@login_required
@require_safe
def show_results(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, wave = _round(request, uid)
    form, language = wave.version.form, get_language() or "zh-hans"
    chosen = ResultsForm(
        request.GET,
        form=form,
        language=language,
        schools=wave.schools.order_by("code"),
        grades=own.grades_of(wave),
    )
    chosen.is_valid()
    narrowed = _narrowed(chosen.cleaned_data)
    found = own.counted(wave, form, narrowed)
    few = own.is_few(found)
    table = TallyTable([] if few else list(_tally_rows(form, found, language)))
    if (export := export_of(request, table, wave.title)) is not None:
        return export
    audit.record(actor, "questionnaire.results_seen", wave, {"answers": found.total})
    context = {
        "round": wave,
        "form": chosen,
        "found": found,
        "few": few,
        "care": found.care if found.care.total >= results.SMALLEST else None,
        "questions": [] if few else pictures.shown(form, found, language),
        "table": table,
        "crossing": None if few else _crossing(wave, form, narrowed, chosen.cleaned_data, language),
    }
    return render(request, "office/surveys/results.html", context)


def _narrowed(said: dict[str, Any]) -> own.Narrowed:
    grade = int(said["grade"]) if said.get("grade") else None
    return own.Narrowed(said.get("school"), grade, bool(said.get("careful")))


def _crossing(wave: Round, form: Form, narrowed: own.Narrowed, said: dict[str, Any], language: str) -> Any:
    row, column = said.get("row"), said.get("column")
    if not row or not column or row == column:
        return None
    given = own.given(wave, narrowed)
    _care, kept = results.sorted_out(form, given, wave.contradiction, careful=narrowed.careful)
    crossed = results.cross(form, kept, row, column)
    return pictures.crossing(form, crossed, row, column, language)


def _tally_rows(form: Form, found: Results, language: str) -> Iterator[dict[str, Any]]:
    for number, (name, question) in enumerate(form.questions.items(), start=1):
        tally = found.tallies[name]
        if not results.is_counted(question) or 0 < tally.answered < results.SMALLEST:
            continue
        title = f"{number}. {question.shown_title.said(language)}"
        for _key, label, count, share in pictures.lines(question, tally, language):
            rounded = round(share, 4) if share is not None else None
            yield {
                "question": title,
                "choice": label,
                "count": "<5" if count is None else count,
                "share": rounded,
                "answered": tally.answered,
            }


@login_required
@require_safe
def export(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, wave = _round(request, uid)
    rows = list(own.export_rows(wave, wave.version.form))
    audit.record(actor, "questionnaire.exported", wave, {"answers": max(len(rows) - 1, 0)})
    return rows_file(rows, wave.title, request.GET.get("as", "xlsx"))
