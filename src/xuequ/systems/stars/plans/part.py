"""What development plans offer to the menu, the home pages, reports and the demo."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import Card, NavItem
from xuequ.core.reports import Audience, Block, ReportSection
from xuequ.district.actors import Actor
from xuequ.systems.stars.plans import queries
from xuequ.systems.stars.plans.demo import build as build_demo
from xuequ.systems.stars.plans.matching import matches
from xuequ.systems.stars.plans.models import DevelopmentPlan
from xuequ.systems.stars.plans.sections import plan_blocks

__all__ = ["ABOUT", "SECTIONS", "build_demo", "home_cards", "home_counts", "navigation"]

ABOUT = _("Goals and specialities of schools, beside what the data say")


def navigation(actor: Actor) -> Iterator[NavItem]:
    """Yield the entry for schools and those who see the district."""
    if queries.may_enter(actor):
        yield NavItem(_("Development plans"), reverse("stars:plans"), "rocket", "/stars/plans/")


def home_counts(actor: Actor) -> dict[str, QuerySet[Any]]:
    """Return what the cards count; asked together with what other parts count."""
    if not queries.own_schools(actor) or actor.sees_district:
        return {}
    return {"plans": queries.in_force(actor)}


def home_cards(actor: Actor, counted: Mapping[str, int]) -> Iterator[Card]:
    """Yield a card for a school without a plan in force."""
    if "plans" in counted and not counted["plans"]:
        text = _("Goals, measures and a speciality, compared with what the data say about your school.")
        yield Card(_("No development plan yet"), text, reverse("stars:plans"), _("Write it"), "rocket", 80)


def _plan_part(_actor: Any, plan: DevelopmentPlan, _run: Any) -> tuple[Block, ...]:
    return plan_blocks(matches([plan], {plan.pk: list(queries.goals(plan))})[0])


SECTIONS = (ReportSection("stars.plan", _("Development plan of one school"), Audience.SCHOOL, _plan_part),)
