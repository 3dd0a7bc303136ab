"""What families are asked: the texts, who has answered, and answers on paper."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xuequ.core import clock
from xuequ.core.errors import Refused
from xuequ.core.registry import ConsentUse, consent_uses
from xuequ.core.tables import export_of, paged
from xuequ.district import consents, policy
from xuequ.district.actors import Actor
from xuequ.district.consent import ConsentText
from xuequ.district.models import Person, Pupil, School
from xuequ.systems.office.rights import forms, queries
from xuequ.systems.office.rights.tables import TallyTable, tally_rows
from xuequ.systems.office.rights.views import actor_of, rights_office


def _use(code: str) -> ConsentUse:
    found = consent_uses().get(code)
    if found is None:
        raise Http404
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def text(request: HttpRequest, use: str) -> HttpResponse:
    actor = rights_office(request)
    topic = next((item for item in queries.topics(actor, clock.now()) if item.use == _use(use)), None)
    if topic is None:
        raise Http404
    source = topic.draft or topic.text
    initial = {"text": source.text, "text_en": source.text_en} if source else {}
    form = forms.TextForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        row = consents.write_text(actor=actor, use=use, **form.cleaned_data)
        messages.success(request, _("The draft has been saved. Nobody is asked before you publish it."))
        return redirect("office:rights-publish", row.uid)
    return render(request, "office/rights/text.html", {"topic": topic, "form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = rights_office(request)
    row = consents.texts(actor).filter(uid=uid).first()
    if row is None or row.use not in consent_uses():
        raise Http404
    if request.method == "POST":
        return _decided(request, actor, row)
    return render(request, "office/rights/publish.html", {"text": row, "use": consent_uses()[row.use]})


def _decided(request: HttpRequest, actor: Actor, row: ConsentText) -> HttpResponse:
    try:
        if "discard" in request.POST:
            consents.discard(actor=actor, text=row)
            messages.success(request, _("The draft has been deleted."))
        else:
            consents.publish(actor=actor, text=row)
            messages.success(request, _("Published. Families are asked this version from now on."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("office:rights-home")


@login_required
@require_safe
def answers(request: HttpRequest, use: str) -> HttpResponse:
    actor = actor_of(request)
    at = clock.now()
    if policy.handles_rights(actor):
        rows = tally_rows(consents.tallies_by_school(actor, use, at), use=use, above_school=True)
    else:
        school = School.objects.filter(policy.roster_schools(actor)).order_by("code").first()
        if school is None:
            raise PermissionDenied
        rows = tally_rows(consents.tallies_by_class(actor, school, use, at), use=use, above_school=False)
    table = TallyTable(rows)
    if (export := export_of(request, table, "answers")) is not None:
        return export
    context = {"use": _use(use), "table": paged(request, table), "text": consents.text_in_force(use, at)}
    return render(request, "office/rights/answers.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest, uid: UUID, use: str) -> HttpResponse:
    actor = actor_of(request)
    at = clock.now()
    school_class = consents.may_record(actor).filter(uid=uid).select_related("school").first()
    found = consents.text_in_force(use, at)
    if school_class is None or found is None:
        raise Http404
    lines = queries.paper_lines(school_class, use, at, actor.day)
    form = forms.PaperForm(request.POST or None, lines=lines)
    if request.method == "POST" and form.is_valid():
        if request.POST.get("text") == str(found.uid):
            stored = _store(actor, form, found)
            messages.success(request, _("%(count)s answers have been entered.") % {"count": stored})
        else:
            messages.error(
                request, _("A newer version of the text has been published; these papers are of the old one.")
            )
        return redirect(request.path)
    context = {"school_class": school_class, "use": _use(use), "text": found, "form": form}
    return render(request, "office/rights/paper.html", context)


@transaction.atomic
def _store(actor: Actor, form: forms.PaperForm, text: ConsentText) -> int:
    stored = 0
    for child, guardian, word in form.said():
        pupil = Pupil.objects.select_related("person").get(person=child)
        by = Person.objects.filter(pk=guardian).first() if guardian else None
        consents.record_paper(actor=actor, pupil=pupil, text=text, granted=word, guardian=by)
        stored += 1
    return stored
