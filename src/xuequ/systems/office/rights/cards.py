"""The menu entry and the cards about personal data."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from xuequ.core import clock
from xuequ.core.registry import Card, NavItem
from xuequ.district import policy, rights
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.systems.office.rights import queries


def navigation(actor: Actor) -> Iterator[NavItem]:
    """Yield the one entry of the menu."""
    if queries.uses_pages(actor):
        yield NavItem(_("Personal data"), reverse("office:rights-home"), "shield-lock", "/office/rights/")


def home_cards(actor: Actor) -> Iterator[Card]:
    """Yield what waits: answers of a guardian, requests for those who answer them, a class's missing papers."""
    at = clock.now()
    if count := queries.unanswered_by(actor, at):
        yield _family_card(count)
    if policy.handles_rights(actor) or actor.has(*policy.ROSTER_KEEPERS):
        yield from _request_card(actor)
    if actor.has(Role.CLASS_TEACHER):
        silent, school_class = queries.silent_in_class(actor, at)
        if silent and school_class is not None:
            yield Card(
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


def _request_card(actor: Actor) -> Iterator[Card]:
    waiting = list(rights.open_requests(actor)[:100])
    if waiting:
        late = rights.waiting(waiting, actor.day)
        text = (
            ngettext(
                "%(count)s request waits for an answer, %(late)s of them due.",
                "%(count)s requests wait for an answer, %(late)s of them due.",
                len(waiting),
            )
            if late
            else ngettext(
                "%(count)s request waits for an answer.",
                "%(count)s requests wait for an answer.",
                len(waiting),
            )
        )
        yield Card(
            _("Requests about personal data"),
            text % {"count": len(waiting), "late": late},
            reverse("office:rights-requests"),
            _("Answer"),
            "shield-lock",
            40,
            "attention",
        )
