"""The first page of support: the way to its parts."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from xuequ.core.figures import Text
from xuequ.core.home import home_cards
from xuequ.district.actors import Actor
from xuequ.kit.notices import queries as notices
from xuequ.systems.support import access
from xuequ.systems.support.answers import actor_of

MOST_FIRST = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """A way from the first page."""

    title: Text
    text: Text
    url: str
    icon: str


def entries(actor: Actor) -> list[Entry]:
    """Return the parts that the actor may enter."""
    school, district = access.speaks_for_a_school(actor), access.on_district_side(actor)
    found = []
    if district:
        text = _("Who is due and why, minutes on a phone, problems until they are solved.")
        found.append(Entry(_("Weekly visits"), text, reverse("support:visits"), "map-pin"))
    elif school:
        text = _("What was seen, what is open, and asking for a visit.")
        found.append(Entry(_("Visits of the district"), text, reverse("support:visits"), "map-pin"))
    if access.sees_money(actor):
        text = _("The standard, applications, a proposal that says why, the decision, its use.")
        found.append(Entry(_("Special fund"), text, reverse("support:money"), "building-bank"))
    elif school:
        text = _("Applying for projects, what your school gets and why, what came of it.")
        found.append(Entry(_("Special fund"), text, reverse("support:money"), "building-bank"))
    if access.sees_money(actor) or access.audits(actor):
        text = _(
            "Fields that schools fill in and are paid for, drawn by lot and held against their evidence."
        )
        found.append(Entry(_("Sampling audits"), text, reverse("support:audits"), "list-check"))
    elif school:
        text = _("Fields of your school that were drawn, what was found, and your answer.")
        found.append(Entry(_("Sampling audits"), text, reverse("support:audits"), "list-check"))
    if district:
        text = _("Who can help whom, what both agree to, what they do together and what it did.")
        found.append(Entry(_("Digital assistance"), text, reverse("support:pairs"), "heart-handshake"))
    elif school:
        text = _("Who your partner is and why, and what you did together.")
        found.append(Entry(_("Digital assistance"), text, reverse("support:pairs"), "heart-handshake"))
    return found


def _first(actor: Actor) -> list[tuple[Text, str]]:
    """Return what to do first, three things at most: what the home page says of support, else notices about it."""
    said: list[tuple[Text, str]] = [(card.text, card.url) for card in home_cards(actor, "support")]
    if len(said) < MOST_FIRST and not (said and access.on_district_side(actor)):
        home, there = reverse("support:index"), {url for _text, url in said}
        found = (notice for notice in notices.waiting(actor) if notice.url.startswith(home))
        said += [(notice.text, notice.url) for notice in found if notice.url not in there]
    return said[:MOST_FIRST]


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    found = entries(actor)
    if not found:
        raise PermissionDenied
    context = {
        "entries": found,
        "first": _first(actor),
        "school_side": access.speaks_for_a_school(actor) and not access.on_district_side(actor),
        "checks_only": not (
            access.on_district_side(actor) or access.sees_money(actor) or access.speaks_for_a_school(actor)
        ),
    }
    return render(request, "support/index.html", context)
