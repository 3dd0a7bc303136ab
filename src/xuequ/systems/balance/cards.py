"""What balance puts on a home page: one question for each role."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xuequ.core.registry import Card, Counted
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.systems.balance.access import FILLERS, keeps
from xuequ.systems.balance.choices import OPEN, AppealState, ValueState
from xuequ.systems.balance.models import Appeal, Judgement, Value
from xuequ.systems.balance.wording import VERDICTS


def home_counts(actor: Actor) -> "dict[str, QuerySet[Any]]":
    """Name what waits for those who keep the figures, and what a school is asked."""
    asked = Value.objects.filter(state=ValueState.ASKED)
    if not keeps(actor):
        schools = [] if actor.sees_district else actor.schools_of(FILLERS)
        return {"asked": asked.filter(school__in=[school.pk for school in schools])} if schools else {}
    return {
        "waiting": Value.objects.filter(state=ValueState.WAITING),
        "asked": asked,
        "objections": Appeal.objects.filter(state=AppealState.OPEN),
        "unpublished": Judgement.objects.filter(published=None, superseded=None),
    }


def home_cards(actor: Actor, found: Counted) -> Iterator[Card]:
    """Return what needs this person: questions of a school, what waits for the district, the verdict for a leader."""
    if keeps(actor):
        yield from _keeper_cards(found)
    elif actor.sees_district:
        yield from _verdict_card()
    elif found.get("asked"):
        yield _question_card()


@dataclass(frozen=True, slots=True)
class First:
    """Something that waits for those who keep the figures, before anything that the judgement says."""

    text: str
    url: str


def first_things(year: SchoolYear) -> list[First]:
    """What waits in a year, for the page of the district."""
    objections = Appeal.objects.filter(state=AppealState.OPEN, result__judgement__year=year).count()
    waiting = Value.objects.filter(state__in=OPEN, year=year).count()
    found = [First(_objections(objections), reverse("balance:appeals"))] if objections else []
    return [*found, First(_waiting(waiting), reverse("balance:waiting"))] if waiting else found


def _objections(count: int) -> str:
    return ngettext(
        "%(n)d school objects to being counted as weak.",
        "%(n)d schools object to being counted as weak.",
        count,
    ) % {"n": count}


def _waiting(count: int) -> str:
    return ngettext(
        "%(n)d figure of a school waits, for you or for an answer about its unit.",
        "%(n)d figures of schools wait, for you or for an answer about their unit.",
        count,
    ) % {"n": count}


def _keeper_cards(found: Counted) -> Iterator[Card]:
    if found["objections"]:
        yield Card(
            _("Objections to answer"),
            _objections(found["objections"]),
            reverse("balance:appeals"),
            _("Read them"),
            "message-circle",
            32,
            "attention",
        )
    waiting = found["waiting"] + found["asked"]
    if waiting:
        yield Card(
            _("Figures of schools"),
            _waiting(waiting),
            reverse("balance:waiting"),
            _("Look at them"),
            "checklist",
            34,
            "attention",
        )
    if found["unpublished"]:
        text = _("A judgement of balance has not been shown to the schools yet.")
        yield Card(_("Balance to publish"), text, reverse("balance:index"), _("Look at it"), "scale", 45)


def _verdict_card() -> Iterator[Card]:
    rows = Judgement.objects.filter(published__isnull=False, superseded=None).select_related("year")
    found = rows.order_by("-year__start").first()
    if found is not None:
        text = _("Balance of %(year)s: %(verdict)s") % {
            "year": found.year.code,
            "verdict": VERDICTS[found.verdict],
        }
        url = reverse("balance:brief", args=[found.year.code])
        yield Card(_("Balanced compulsory education"), text, url, _("In three sentences"), "scale", 45)


def _question_card() -> Card:
    text = _("One figure may be in the wrong unit (万元 or 元): please answer yes or no.")
    url = reverse("balance:index")
    return Card(_("A question about a figure"), text, url, _("Answer"), "help-circle", 30, "attention")
