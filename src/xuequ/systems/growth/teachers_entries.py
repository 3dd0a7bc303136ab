"""Where teacher-level values begin on growth's own first page, while they are unlocked."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.systems.growth import teachers_access as access
from xuequ.systems.growth.entries import Entry


def entries(actor: Actor) -> list[Entry]:
    """Return what the actor may open; nothing while locked."""
    return list(_entries(actor)) if access.unlock_in_force(actor.day) is not None else []


def _entries(actor: Actor) -> Iterator[Entry]:
    if access.own_teacher(actor) is not None:
        text = _("For you first; which classes you taught")
        yield Entry(_("Your pupils' growth"), text, reverse("growth:teachers-mine"))
    if actor.has(*access.ROSTER_AGREERS) and access.agreeing_schools(actor).exists():
        text = _("Confirmed by teachers, agreed to by the school")
        yield Entry(_("Who taught whom"), text, reverse("growth:teachers-schools"))
    if actor.has(Role.HEAD) and access.headed_schools(actor).exists():
        text = _("For a talk between the two of you, two weeks after the teacher was told")
        yield Entry(_("Growth with single teachers"), text, reverse("growth:teachers-values"))
