"""The menu entry and the cards about personal data."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from xuequ.core import clock
from xuequ.core.registry import Card, NavItem
from xuequ.district import consents, policy, rights
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.systems.office.parts import Counted
from xuequ.systems.office.rights import queries


def navigation(actor: Actor) -> Iterator[NavItem]:
    """Yield the one entry of the menu."""
    if queries.uses_pages(actor):
        yield NavItem(_("Personal data"), reverse("office:rights-home"), "shield-lock", "/office/rights/")


def counts(actor: Actor) -> "Mapping[str, QuerySet[Any]]":
    """Return what the cards want counted."""
    at, found = clock.now(), {}
    if actor.has(Role.GUARDIAN):
        found = {"texts": consents.asked_at(at), "wards": queries.wards(actor)}
    if policy.handles_rights(actor) or actor.has(*policy.ROSTER_KEEPERS):
        waiting = rights.open_requests(actor)
        found |= {"rights": waiting, "rights-due": waiting.filter(due__lte=actor.day)}
    if actor.has(Role.CLASS_TEACHER):
        found["silent"] = queries.silent_in_class(actor, at)
    return found


def home_cards(actor: Actor, counted: Counted) -> Iterator[Card]:
    """Yield what waits: answers of a guardian, requests for those who answer them, a class's missing papers."""
    asked = counted.get("texts", 0) * counted.get("wards", 0)
    if asked and (count := asked - queries.answers_of(actor, clock.now())):
        yield _family_card(count)
    if waiting := counted.get("rights", 0):
        yield _request_card(waiting, counted["rights-due"])
    if silent := counted.get("silent", 0):
        yield _class_card(silent)


def _class_card(silent: int) -> Card:
    return Card(
        _("Consent of families"),
        ngettext(
            "%(count)s family of your class has not answered yet.",
            "%(count)s families of your class have not answered yet.",
            silent,
        )
        % {"count": silent},
        reverse("office:rights-home"),
        _("Enter answers on paper"),
        "shield-check",
        85,
    )


def _family_card(count: int) -> Card:
    return Card(
        _("May we use this?"),
        ngettext(
            "%(count)s question about your child's data waits for your answer.",
            "%(count)s questions about your child's data wait for your answer.",
            count,
        )
        % {"count": count},
        reverse("office:rights-mine"),
        _("Read and answer"),
        "shield-check",
        30,
        "attention",
    )


def _request_card(waiting: int, late: int) -> Card:
    text = (
        ngettext(
            "%(count)s request waits for an answer, %(late)s of them due.",
            "%(count)s requests wait for an answer, %(late)s of them due.",
            waiting,
        )
        if late
        else ngettext(
            "%(count)s request waits for an answer.",
            "%(count)s requests wait for an answer.",
            waiting,
        )
    )
    return Card(
        _("Requests about personal data"),
        text % {"count": waiting, "late": late},
        reverse("office:rights-requests"),
        _("Answer"),
        "shield-lock",
        40,
        "attention",
    )
