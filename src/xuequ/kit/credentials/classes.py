"""Which classes' doors somebody keeps: who prints cards and letters, and who lets pupils in."""

from typing import TYPE_CHECKING

from django.db.models import QuerySet

from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import SchoolClass

if TYPE_CHECKING:
    from collections.abc import Iterable

PRINTERS = frozenset({Role.CLASS_TEACHER, Role.SCHOOL_ADMINISTRATOR, Role.DATA_OFFICER})
DOORKEEPERS = frozenset({Role.CLASS_TEACHER, Role.TEACHER})


def _as(actor: Actor, roles: "Iterable[Role]") -> Actor:
    """Return the actor with nothing but ``roles`` held in a school or class."""
    wanted = set(roles)
    held = (g for g in actor.grants if g.role in wanted and (g.school_id or g.class_id) is not None)
    # Made anew: a request's actor is loaded lazily, and dataclasses.replace takes no stand-in.
    return Actor(actor.account_id, actor.person_id, actor.day, tuple(held))


def printed_by(actor: Actor) -> "QuerySet[SchoolClass]":
    """Return the classes for which the actor prints cards and letters: as class teacher, or for the school."""
    return _classes(_as(actor, PRINTERS))


def kept_by(actor: Actor) -> "QuerySet[SchoolClass]":
    """Return the classes whose pupils the actor lets in: as class teacher (or deputy), or teaching them now."""
    return _classes(_as(actor, DOORKEEPERS))


def _classes(actor: Actor) -> "QuerySet[SchoolClass]":
    found = SchoolClass.objects.filter(policy.classes(actor)) if actor.grants else SchoolClass.objects.none()
    return found.filter(school__study=None).select_related("school")
