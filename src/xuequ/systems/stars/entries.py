"""Where stars begin for each role: entries of the first page, cards of the home page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xuequ.core.figures import Text
from xuequ.core.registry import Card
from xuequ.district.actors import Actor
from xuequ.systems.stars.access import led_schools, may_be_asked, may_manage, may_read_district
from xuequ.systems.stars.choices import AppealState, ApplicationState, RoundState
from xuequ.systems.stars.models import Appeal, Application, SecondRater
from xuequ.systems.stars.parts import parts

LAST = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of stars that the actor may open now."""

    title: Text
    text: Text
    url: str
    icon: str = "star"


def entries(actor: Actor) -> list[Entry]:
    """Return what the actor may open, the widest view first."""
    others = [
        Entry(item.title, part.ABOUT, item.url, item.icon)
        for part in parts()
        for item in part.navigation(actor)
    ]
    return [*_district(actor), *_schools(actor), *_ratings(actor), *others]


def _district(actor: Actor) -> Iterator[Entry]:
    if not may_read_district(actor):
        return
    yield Entry(
        _("Rounds"), _("Self-ratings, second ratings, results, appeals"), reverse("stars:rounds"), "checklist"
    )
    yield Entry(
        _("Awards of the city"),
        _("Documents, stars held, movements, comparison"),
        reverse("stars:awards"),
        "certificate",
    )
    yield Entry(_("Schemes"), _("What is asked, in versions"), reverse("stars:schemes"), "list-details")


def _schools(actor: Actor) -> Iterator[Entry]:
    listed = list(own_applications(actor)[:LAST]) if led_schools(actor) else []
    for row in listed:
        text = f"{row.school} · {row.get_state_display()}"
        yield Entry(row.round.title, text, reverse("stars:application", args=[row.uid]))
    if listed:
        newest = listed[0]
        yield Entry(
            _("How far to the next star"),
            _("The cheapest path, what it costs, who has done it"),
            reverse("stars:next-star", args=[newest.uid]),
            "target",
        )
        url = reverse("stars:school-years", args=[newest.school.uid])
        yield Entry(_("Over the years"), _("Points, stars, what changed and why"), url, "timeline")
        yield Entry(_("Schemes"), _("What is asked, in versions"), reverse("stars:schemes"), "list-details")


def own_applications(actor: Actor) -> "QuerySet[Application]":
    """Return the applications of the schools that the actor fills in, the newest first."""
    rows = Application.objects.filter(school__in=led_schools(actor)).select_related("school", "round__year")
    return rows.order_by("-round__year__code", "-pk")


def _ratings(actor: Actor) -> Iterator[Entry]:
    if may_be_asked(actor):
        yield Entry(
            _("Schools to rate"), _("Your second ratings"), reverse("stars:seconds"), "clipboard-check"
        )


def home_counts(actor: Actor) -> "dict[str, QuerySet[Any]]":
    """Return what the home page's cards want counted."""
    found: dict[str, QuerySet[Any]] = {}
    if led := led_schools(actor):
        own = Application.objects.filter(school__in=led)
        found["rate"] = own.filter(state=ApplicationState.RATING, round__state=RoundState.SELF)
        found["settled"] = own.filter(state=ApplicationState.SETTLED, round__state=RoundState.SECOND)
    if may_be_asked(actor) and actor.account_id is not None:
        found["second"] = SecondRater.objects.filter(
            rater=actor.account_id, handed_in=None, application__round__state=RoundState.SECOND
        )
    if may_manage(actor):
        found["appeals"] = Appeal.objects.filter(state=AppealState.OPEN)
        running = Application.objects.filter(round__state=RoundState.SECOND, state=ApplicationState.HANDED_IN)
        found["unsettled"] = running
    return found


def home_cards(counted: Mapping[str, int]) -> Iterator[Card]:
    """Return what needs the actor in stars today, from what was counted."""
    title = _("School stars")
    if counted.get("rate"):
        text = _("Your self-rating is open; what you handed in last time stands there already.")
        yield Card(title, text, reverse("stars:mine"), _("Go on"), "star", 25, "attention")
    elif counted.get("settled"):
        text = _("The district's points are there, and the cheapest path to the next star.")
        yield Card(title, text, reverse("stars:mine"), _("Look at it"), "star", 45)
    if n := counted.get("second", 0):
        text = ngettext("%(n)d school waits for your rating.", "%(n)d schools wait for your rating.", n) % {
            "n": n
        }
        yield Card(
            _("Schools to rate"), text, reverse("stars:seconds"), _("Rate them"), "clipboard-check", 30, "attention"
        )  # fmt: skip
    if n := counted.get("appeals", 0):
        text = ngettext("%(n)d appeal waits for an answer.", "%(n)d appeals wait for an answer.", n) % {
            "n": n
        }
        yield Card(
            _("Appeals"), text, reverse("stars:rounds"), _("Answer"), "message-report", 30, "attention"
        )
    elif n := counted.get("unsettled", 0):
        text = ngettext("%(n)d result is not settled yet.", "%(n)d results are not settled yet.", n) % {
            "n": n
        }
        yield Card(title, text, reverse("stars:rounds"), _("Look at it"), "star", 50)
