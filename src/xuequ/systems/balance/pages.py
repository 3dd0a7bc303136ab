"""What the views of balance share: who asks, which year and which school."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from xuequ.district.actors import Actor
from xuequ.district.models import Area, School, SchoolYear
from xuequ.systems.balance import queries
from xuequ.systems.balance.access import keeps, may_enter


def entering(request: HttpRequest) -> Actor:
    """Return the actor, who must have something to do in balance."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not may_enter(actor):
        raise PermissionDenied
    return actor


def reader(request: HttpRequest) -> Actor:
    """Return the actor, who must read the whole district."""
    actor = entering(request)
    if not actor.sees_district:
        raise PermissionDenied
    return actor


def keeper(request: HttpRequest) -> Actor:
    """Return the actor, who must keep the district's figures."""
    actor = entering(request)
    if not keeps(actor):
        raise PermissionDenied
    return actor


def year_or_404(code: str) -> SchoolYear:
    """Return the school year of an address."""
    found = queries.year_called(code)
    if found is None:
        raise Http404
    return found


def school_or_404(actor: Actor, uid: UUID) -> School:
    """Return a school whose balance page the actor may open."""
    found = queries.readable_school(actor, uid)
    if found is None:
        raise Http404
    return found


def area_or_404(actor: Actor, uid: UUID) -> Area:
    """Return an area that the actor reads."""
    found = queries.areas(actor).filter(uid=uid).first()
    if found is None:
        raise Http404
    return found
