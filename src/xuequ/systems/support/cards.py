"""Support on the home page: one question for all of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xuequ.core.registry import Card, Counted
from xuequ.district.actors import Actor
from xuequ.systems.support import access
from xuequ.systems.support.audits import queries as audits
from xuequ.systems.support.audits.cards import home_cards as audit_cards
from xuequ.systems.support.funding import queries as funding
from xuequ.systems.support.visits import queries as visits


def home_counts(actor: Actor) -> dict[str, QuerySet[Any]]:
    """Name what waits for the district, and objections that a school is to answer; it has notices of the rest."""
    own = visits.to_do(actor) if access.on_district_side(actor) else {}
    return {**own, **funding.to_do(actor), **audits.to_do(actor)}


def home_cards(actor: Actor, counted: Counted) -> Iterator[Card]:
    """Return what waits."""
    yield from _visits(actor, counted)
    yield from _money(counted)
    yield from audit_cards(actor, counted)


def _money(n: Mapping[str, int]) -> Iterator[Card]:
    title, icon, url = _("Special fund"), "building-bank", reverse("support:money")
    if n.get("appeals"):
        text = ngettext(
            "%(n)d school asks for its amount to be looked at again.",
            "%(n)d schools ask for their amounts to be looked at again.",
            n["appeals"],
        )
        yield Card(title, text % {"n": n["appeals"]}, url, _("Answer it"), icon, 40, "attention")
    elif n.get("applications"):
        text = ngettext(
            "%(n)d application waits to be checked.",
            "%(n)d applications wait to be checked.",
            n["applications"],
        )
        yield Card(title, text % {"n": n["applications"]}, url, _("Check them"), icon, 45)


def _visits(actor: Actor, n: Mapping[str, int]) -> Iterator[Card]:
    title, icon = _("Weekly visits"), "map-pin"
    if n.get("visits"):
        text = ngettext(
            "%(n)d visit of yours waits for its minutes.", "%(n)d visits of yours wait for their minutes.", n["visits"]
        )  # fmt: skip
        yield Card(
            title,
            text % {"n": n["visits"]},
            reverse("support:visits"),
            _("Write them"),
            icon,
            30,
            "attention",
        )
    elif n.get("verify") and access.visits(actor):
        text = ngettext(
            "%(n)d problem was reported as solved.", "%(n)d problems were reported as solved.", n["verify"]
        )
        yield Card(title, text % {"n": n["verify"]}, reverse("support:visits"), _("Look at it"), icon, 45)
    elif n.get("asked") and access.visits(actor):
        text = ngettext("%(n)d school asked for a visit.", "%(n)d schools asked for a visit.", n["asked"])
        yield Card(title, text % {"n": n["asked"]}, reverse("support:visits-week"), _("Plan it"), icon, 45)
    elif n.get("late"):
        text = ngettext("%(n)d problem is past its day.", "%(n)d problems are past their day.", n["late"])
        yield Card(
            title, text % {"n": n["late"]}, reverse("support:visits-stuck"), _("See what is stuck"), icon, 50
        )
