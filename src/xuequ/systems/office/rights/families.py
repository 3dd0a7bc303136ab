"""One's own data, or one's child's, in plain words: what is kept, what is asked, what one may ask."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.core.files import attachment
from xuequ.district import consents, portability, rights
from xuequ.district.actors import Actor
from xuequ.district.consent import RequestKind, RightsRequest
from xuequ.district.models import Person
from xuequ.systems.office.rights import dossier, forms, queries
from xuequ.systems.office.rights.views import actor_of

ZIP = "application/zip"


def _subject(request: HttpRequest, key: UUID) -> tuple[Actor, rights.Subject]:
    actor = actor_of(request)
    found = rights.subject(actor, key)
    if found is None:
        raise Http404
    return actor, found


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    found = rights.subjects(actor_of(request))
    if len(found) == 1:
        return redirect("office:rights-person", found[0].person.key)
    return render(request, "office/rights/mine.html", {"subjects": found})


@login_required
@require_safe
def person(request: HttpRequest, key: UUID) -> HttpResponse:
    actor, found = _subject(request, key)
    at = clock.now()
    asked = consents.asked_of(actor, found.pupil, at) if found.pupil is not None else []
    requests = list(rights.own_requests(actor, found.person))
    for row in requests:
        row.copy_is_ready = rights.copy_may_be_fetched(row, at)  # type: ignore[attr-defined]
    audit.record(actor, "person.data_seen", None, {"person": str(found.person.key)})
    context = {
        "subject": found,
        "lines": queries.held(found.person, actor.day),
        "asked": asked,
        "requests": requests,
    }
    return render(request, "office/rights/person.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest, key: UUID, use: str) -> HttpResponse:
    actor, found = _subject(request, key)
    at = clock.now()
    asked = consents.asked_of(actor, found.pupil, at) if found.pupil is not None else []
    topic = next((item for item in asked if item.use.code == use), None)
    if topic is None or found.pupil is None or not topic.may_answer:
        raise Http404
    if request.method == "POST" and request.POST.get("answer") in {"yes", "no"}:
        if request.POST.get("text") != str(topic.text.uid):
            messages.error(
                request, _("A newer version of this text has been published; please read and answer it.")
            )
            return redirect(request.path)
        said = request.POST["answer"] == "yes"
        consents.answer(actor=actor, pupil=found.pupil, text=topic.text, granted=said)
        messages.success(
            request,
            _("You agreed. You can take that back here at any time.")
            if said
            else _("You did not agree. Nothing else changes."),
        )
        return redirect("office:rights-person", key)
    context = {"subject": found, "topic": topic, "wording": consents.wording(topic.text)}
    return render(request, "office/rights/consent.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, key: UUID) -> HttpResponse:
    actor, found = _subject(request, key)
    form = forms.AskForm(request.POST or None, initial={"kind": request.GET.get("kind", "")})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            rights.ask(actor=actor, person=found.person, kind=RequestKind(said["kind"]), text=said["text"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, _("Your request has been received. The answer will stand on this page.")
            )
            return redirect("office:rights-person", key)
    return render(request, "office/rights/ask.html", {"subject": found, "form": form})


@login_required
@require_POST
def take_back(request: HttpRequest, key: UUID, uid: UUID) -> HttpResponse:
    actor, found = _subject(request, key)
    try:
        rights.withdraw(actor=actor, request=_own_request(actor, found.person, uid))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The request has been taken back."))
    return redirect("office:rights-person", key)


@login_required
@require_safe
def copy(request: HttpRequest, key: UUID, uid: UUID) -> HttpResponse:
    actor, found = _subject(request, key)
    at = clock.now()
    if not rights.copy_may_be_fetched(_own_request(actor, found.person, uid), at):
        raise Http404
    sections = portability.collect(actor=actor, person=found.person)
    content = dossier.as_zip(sections, name=found.person.name, at=at)
    return attachment(content, _("personal data") + ".zip", ZIP)


def _own_request(actor: Actor, person: Person, uid: UUID) -> RightsRequest:
    row = rights.own_requests(actor, person).filter(uid=uid).first()
    if row is None:
        raise Http404
    return row
