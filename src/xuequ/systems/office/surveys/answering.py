"""The pages of those who are asked: what waits, the form, and where it is sent to."""

import json
from typing import Any
from uuid import UUID

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xuequ.core import clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.kit.questionnaires import actions, queries
from xuequ.kit.questionnaires.actions import Outcome, Sending
from xuequ.kit.questionnaires.choices import Audience
from xuequ.kit.questionnaires.known import known_answers
from xuequ.kit.questionnaires.models import Round
from xuequ.kit.questionnaires.queries import Place
from xuequ.kit.questionnaires.wording import fault_text
from xuequ.systems.office.surveys.queries import draft_owner
from xuequ.systems.office.surveys.wording import change_text, form_words

LARGEST = 500_000

# SurveyJS writes style attributes; scripts stay limited to our own.
survey_policy: Any = csp_update({"style-src-attr": [UNSAFE_INLINE]})


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    waiting = queries.open_rounds(actor, clock.now())
    names = School.objects.in_bulk([one.place.school_id for one in waiting])
    listed = [{"round": one.wave, "school": names[one.place.school_id]} for one in waiting]
    return render(request, "office/surveys/mine.html", {"waiting": listed, "owner": draft_owner(actor)})


def _asked(request: HttpRequest, uid: UUID) -> tuple[Actor, Round, Place, School]:
    """Return the round and where the actor answers it; 404 hides rounds in which the actor is not asked."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    wave = Round.objects.filter(uid=uid).select_related("version", "questionnaire").first()
    places = queries.answering_places(wave, queries.places(actor)) if wave is not None else []
    schools = School.objects.in_bulk([place.school_id for place in places])
    for place in places:
        school = schools[place.school_id]
        if wave is not None and request.GET.get("school", str(school.uid)) == str(school.uid):
            return actor, wave, place, school
    raise Http404


@login_required
@require_safe
@survey_policy
def answer(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, wave, _place, school = _asked(request, uid)
    setup = {
        "form": wave.version.source,
        "version": wave.version.number,
        "send": f"{reverse('office:surveys-send', args=[wave.uid])}?school={school.uid}",
        "key": f"{draft_owner(actor)}:{wave.uid}:{school.uid}",
        "locale": locale(),
        "words": form_words(),
    }
    state = queries.state_for(wave, actor, school, clock.now())
    if state == "open" and wave.audience == Audience.SCHOOLS:
        setup["known"] = known_answers(wave.version.form, school, actor.day)
    context = {"round": wave, "school": school, "setup": setup, "state": state}
    return render(request, "office/surveys/answer.html", context)


def locale() -> str:
    """Return SurveyJS's name of the language on screen."""
    return "zh-cn" if (get_language() or "").startswith("zh") else "en"


@login_required
@require_POST
def send(request: HttpRequest, uid: UUID) -> JsonResponse:
    actor, wave, place, _school = _asked(request, uid)
    try:
        sending = _sending(request)
        outcome = actions.send(actor=actor, wave=wave, place=place, sending=sending, at=clock.now())
    except (Refused, Forbidden) as refusal:
        return JsonResponse({"state": "refused", "reason": str(refusal)})
    return JsonResponse(_reply(wave, outcome))


def _sending(request: HttpRequest) -> Sending:
    """Read what the browser sends; ``Refused`` when it is not from our form."""
    if len(request.body) > LARGEST:
        raise Refused(_("The answers are too long."))
    try:
        said: Any = json.loads(request.body)
        seconds, data = said.get("seconds"), said["data"]
        if not isinstance(data, dict) or not isinstance(seconds, int | None):
            raise ValueError
        return Sending(UUID(said["uid"]), int(said["version"]), data, seconds)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(_("The answers cannot be read; please load the page again.")) from error


def _reply(wave: Round, outcome: Outcome) -> dict[str, Any]:
    changed = [change_text(change) for change in outcome.changed]
    if outcome.stored:
        return {"state": "stored", "changed": changed}
    if outcome.verdict is None:
        return {
            "state": "changed",
            "changes": changed,
            "form": wave.version.source,
            "version": wave.version.number,
        }
    if outcome.verdict.unknown:
        return {"state": "refused", "reason": _("The answers cannot be read; please load the page again.")}
    faults = outcome.verdict.faults.items()
    return {"state": "wrong", "errors": {name: " ".join(map(fault_text, found)) for name, found in faults}}


def require_asker(request: HttpRequest) -> Actor:
    """Return the actor, who must be allowed to send questionnaires."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not queries.may_ask(actor):
        raise PermissionDenied
    return actor
