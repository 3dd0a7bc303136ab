"""What the level of AI education offers to the menu, the home pages, reports, forms and the demo."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from xuequ.core.registry import Card, NavItem
from xuequ.core.reports import Audience, Block, ReportSection
from xuequ.district.actors import Actor
from xuequ.systems.stars.ailevel import queries, weights_queries
from xuequ.systems.stars.ailevel.demo import build as build_demo
from xuequ.systems.stars.ailevel.known import known_answers
from xuequ.systems.stars.ailevel.material import material
from xuequ.systems.stars.ailevel.models import LevelEvaluation, SchoolLevel
from xuequ.systems.stars.ailevel.sections import district_blocks, school_blocks

__all__ = ["ABOUT", "SECTIONS", "build_demo", "home_cards", "home_counts", "known_answers", "navigation"]

ABOUT = _("Surveys and votes, the level with its range, letters with advice, weights, audit")


def navigation(actor: Actor) -> Iterator[NavItem]:
    """Yield the entry for those who have to do with the level of AI education."""
    if queries.may_enter(actor):
        yield NavItem(_("Level of AI education"), reverse("stars:ai"), "target", "/stars/ai/")


def home_counts(actor: Actor) -> dict[str, QuerySet[Any]]:
    """Return what the cards count; asked together with what other parts count."""
    if not queries.may_enter(actor):
        return {}
    found: dict[str, QuerySet[Any]] = {"ai_answers": queries.answers_waiting(actor)}
    if actor.account_id is not None and actor.has_everywhere(*queries.RATING_ROLES):
        found["ai_ballots"] = weights_queries.waiting(actor)
    if not actor.sees_district:
        found["ai_own"] = queries.own_levels(actor).filter(answered=None)
    return found


def home_cards(actor: Actor, counted: Mapping[str, int]) -> Iterator[Card]:
    """Yield what waits: a ballot, a level to be read and answered, answers of schools to be replied to."""
    if count := counted.get("ai_ballots", 0):
        title = ngettext(
            "%(count)s vote on weights waits for you", "%(count)s votes on weights wait for you", count
        )
        text = _("Compare in pairs what matters more in AI education; it takes a few minutes on a phone.")
        yield Card(
            title % {"count": count},
            text,
            reverse("stars:ai"),
            _("Compare in pairs"),
            "scale",
            30,
            "attention",
        )
    if counted.get("ai_own", 0):
        text = _("What your school lacks, what is advised, and your answer to it.")
        yield Card(
            _("Level of AI education"),
            text,
            reverse("stars:ai"),
            _("Read and answer"),
            "target",
            45,
            "attention",
        )
    if count := counted.get("ai_answers", 0):
        title = ngettext(
            "%(count)s school has answered its level", "%(count)s schools have answered their level", count
        )
        text = _("Read what they will do or think is wrong, and reply.")
        yield Card(title % {"count": count}, text, reverse("stars:ai"), _("Read"), "message-report", 60)


def _district_part(_actor: Any, _place: Any, found: LevelEvaluation) -> tuple[Block, ...]:
    return district_blocks(material(found, list(queries.school_levels(found))))


def _school_part(_actor: Any, own: SchoolLevel, found: LevelEvaluation) -> tuple[Block, ...]:
    whole = material(found, list(queries.school_levels(found)))
    return school_blocks(whole, whole.line(str(own.school.uid)))


SECTIONS = (
    ReportSection(
        "stars.ai-district", _("Level of AI education of all schools"), Audience.BUREAU, _district_part
    ),
    ReportSection("stars.ai-school", _("Level of AI education of one school"), Audience.SCHOOL, _school_part),
)
