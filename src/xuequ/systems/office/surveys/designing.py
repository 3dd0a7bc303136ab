"""The designer: the list of questions with the real form beside it, one question's settings, the JSON."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import clock
from xuequ.core.errors import Refused
from xuequ.core.files import attachment
from xuequ.core.tables import XLSX
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.kit.questionnaires import actions, drafting, parsing, queries, sheets
from xuequ.kit.questionnaires.models import Questionnaire
from xuequ.kit.questionnaires.schema import Form, QuestionType
from xuequ.systems.office.surveys.answering import locale, require_asker, survey_policy
from xuequ.systems.office.surveys.forms import TYPES, AddForm, JsonForm, NewForm, QuestionForm
from xuequ.systems.office.surveys.wording import preview_words


def _draft(request: HttpRequest, uid: UUID) -> tuple[Actor, Questionnaire]:
    actor = require_asker(request)
    found = queries.questionnaire(actor, uid)
    if found is None:
        raise Http404
    return actor, found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    actor = require_asker(request)
    form = NewForm(request.POST or None, actor=actor, district=policy.collects(actor))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        copied = said["copy"].source if said["copy"] else None
        try:
            made = actions.create(
                actor=actor, title=said["title"], school=said.get("school"), source=copied, at=clock.now()
            )
        except parsing.SchemaError:
            form.add_error("copy", _("This questionnaire is not finished, so it cannot be copied yet."))
        else:
            return redirect("office:surveys-design", made.uid)
    return render(request, "office/surveys/new.html", {"form": form})


@login_required
@require_safe
@survey_policy
def design(request: HttpRequest, uid: UUID) -> HttpResponse:
    _actor, draft = _draft(request, uid)
    form, problems = _read(draft)
    newest = queries.newest_version(draft)
    context = {
        "draft": draft,
        "pages": _pages(draft.source),
        "add": AddForm(),
        "problems": problems,
        "newest": newest,
        "unpublished": newest is None or newest.source != draft.source,
        "setup": _preview(draft) if form is not None else None,
    }
    return render(request, "office/surveys/design.html", context)


def _read(draft: Questionnaire) -> tuple[Form | None, list[parsing.Problem]]:
    try:
        return parsing.read(draft.source), []
    except parsing.SchemaError as error:
        return None, list(error.problems)


def _pages(source: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Return the draft's elements by page, numbered as people count."""
    pages: dict[int, list[dict[str, Any]]] = {}
    for number, entry in enumerate(drafting.entries(source), start=1):
        label = drafting.label_of({"text": entry.element.get("title") or entry.name})
        kind = TYPES.get(QuestionType(entry.type), "") if entry.type in set(QuestionType) else _("panel")
        row = {
            "number": number,
            "name": entry.name,
            "title": label,
            "kind": kind,
            "required": entry.element.get("isRequired"),
            "conditional": bool(entry.element.get("visibleIf")),
            "editable": entry.type in set(QuestionType) and entry.name,
        }
        pages.setdefault(entry.page, []).append(row)
    return [pages[page] for page in sorted(pages)]


def _preview(draft: Questionnaire) -> dict[str, Any]:
    return {
        "form": draft.source,
        "version": 0,
        "send": "",
        "key": "",
        "locale": locale(),
        "words": preview_words(),
    }


@login_required
@require_POST
def change(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Add, move, double or remove a question, or add a page."""
    actor, draft = _draft(request, uid)
    what, name = request.POST.get("what", ""), request.POST.get("name", "")
    if what == "add":
        return _add(request, actor, draft)
    steps = {
        "up": lambda: drafting.move(draft.source, name, -1),
        "down": lambda: drafting.move(draft.source, name, 1),
        "duplicate": lambda: drafting.duplicate(draft.source, name),
        "remove": lambda: drafting.remove(draft.source, name),
        "page": lambda: drafting.add_page(draft.source),
    }
    if what in steps:
        actions.save_source(actor=actor, questionnaire=draft, source=steps[what](), at=clock.now())
    return redirect("office:surveys-design", draft.uid)


def _add(request: HttpRequest, actor: Actor, draft: Questionnaire) -> HttpResponse:
    form = AddForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write the question first."))
        return redirect("office:surveys-design", draft.uid)
    kind = QuestionType(form.cleaned_data["type"])
    source, name = drafting.add(draft.source, kind, form.cleaned_data["title"])
    actions.save_source(actor=actor, questionnaire=draft, source=source, at=clock.now())
    return redirect("office:surveys-question", draft.uid, name)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, uid: UUID, name: str) -> HttpResponse:
    actor, draft = _draft(request, uid)
    entry = drafting.find(draft.source, name)
    if entry is None or entry.type not in set(QuestionType):
        raise Http404
    form = QuestionForm(request.POST or None, source=draft.source, entry=entry)
    if request.method == "POST" and form.is_valid():
        changed = drafting.replace(draft.source, name, form.changed())
        actions.save_source(actor=actor, questionnaire=draft, source=changed, at=clock.now())
        return redirect("office:surveys-design", draft.uid)
    context = {"draft": draft, "form": form, "entry": entry, "kind": TYPES[QuestionType(entry.type)]}
    return render(request, "office/surveys/question.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def source(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, draft = _draft(request, uid)
    shown = json.dumps(draft.source, ensure_ascii=False, indent=2)
    form = JsonForm(request.POST or None, initial={"source": shown})
    if request.method == "POST" and form.is_valid():
        actions.save_source(
            actor=actor, questionnaire=draft, source=form.cleaned_data["source"], at=clock.now()
        )
        messages.success(request, _("The questionnaire was taken over."))
        return redirect("office:surveys-design", draft.uid)
    return render(request, "office/surveys/json.html", {"draft": draft, "form": form})


@login_required
@require_POST
def publish(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, draft = _draft(request, uid)
    try:
        version = actions.publish(actor=actor, questionnaire=draft, at=clock.now())
    except parsing.SchemaError:
        messages.error(request, _("The questionnaire is not finished yet; what is missing is listed below."))
    else:
        said = _("Version %(number)d is published and can be sent out.")
        messages.success(request, said % {"number": version.number})
    return redirect("office:surveys-design", draft.uid)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, draft = _draft(request, uid)
    if request.method != "POST":
        return render(request, "office/surveys/delete.html", {"draft": draft})
    try:
        actions.delete(actor=actor, questionnaire=draft)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:surveys-design", draft.uid)
    messages.success(request, _("The questionnaire was deleted."))
    return redirect("office:surveys")


def _finished(request: HttpRequest, uid: UUID) -> tuple[Questionnaire, Form, int]:
    """Return what paper and Excel are made of: the newest version, else the draft if it is whole."""
    _actor, draft = _draft(request, uid)
    newest = queries.newest_version(draft)
    if newest is not None:
        return draft, newest.form, newest.number
    form, _problems = _read(draft)
    if form is None:
        raise Http404
    return draft, form, 0


@login_required
@require_safe
def paper_file(request: HttpRequest, uid: UUID) -> HttpResponse:
    from xuequ.kit.questionnaires.paper import paper  # Typst is loaded for a download alone

    draft, form, number = _finished(request, uid)
    code = _("Version %(number)d") % {"number": number} if number else _("Draft")
    title = form.title.said(get_language() or "zh-hans") or draft.title
    content = paper(form, title=title, code=f"{draft.title} · {code}")
    return attachment(content, f"{draft.title}.pdf", "application/pdf")


@login_required
@require_safe
def template_file(request: HttpRequest, uid: UUID) -> HttpResponse:
    draft, form, _number = _finished(request, uid)
    return attachment(sheets.template(form, draft.title), f"{draft.title}.xlsx", XLSX)
