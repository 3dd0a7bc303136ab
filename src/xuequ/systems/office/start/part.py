"""What the first start offers to the home pages: the next step, until somebody closes it."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core import audit
from xuequ.core.registry import Card
from xuequ.district.actors import Actor
from xuequ.kit.demo import DemoContext
from xuequ.systems.office.parts import Counted, Part
from xuequ.systems.office.start import queries


def _is_concerned(actor: Actor) -> bool:
    return actor.tends_instance and not actor.is_system


def _counts(actor: Actor) -> "Mapping[str, QuerySet[Any]]":
    return {"start-finished": queries.closings()[:1]} if _is_concerned(actor) else {}


def _home_cards(actor: Actor, counted: Counted) -> Iterator[Card]:
    if not _is_concerned(actor) or counted["start-finished"]:
        return
    steps = queries.steps(actor)
    step = next((step for step in steps if not step.done), None)
    yield Card(
        _("Setting up: %(done)s of %(all)s steps are done")
        % {"done": sum(step.done for step in steps), "all": len(steps)},
        _("Next: %(step)s") % {"step": step.title} if step else _("Everything is there; close the set-up."),
        reverse("office:start"),
        _("Go on"),
        "rocket",
        1,
        "attention",
    )


def _demo(demo: DemoContext) -> None:
    audit.record(demo.actor, queries.FINISHED, None)


PART = Part(counts=_counts, home_cards=_home_cards, demo=_demo)
