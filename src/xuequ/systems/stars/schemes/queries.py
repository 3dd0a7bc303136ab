"""What may be read of schemes: everybody who has to do with stars may know what is asked."""

from functools import lru_cache
from uuid import UUID

from django.db.models import QuerySet

from xuequ.district.actors import Actor
from xuequ.engines.evaluation.star_scheme import StarScheme, scheme_of
from xuequ.systems.stars.access import may_enter, may_manage
from xuequ.systems.stars.models import SchemeVersion


def versions(actor: Actor) -> "QuerySet[SchemeVersion]":
    """Return the versions that the actor may read, the newest of each scheme first.

    Those who keep schemes read all, others what is or was in use.
    """
    rows = SchemeVersion.objects.select_related("scheme").order_by("scheme__kind", "scheme__name", "-number")
    if may_manage(actor):
        return rows
    return rows.filter(began__isnull=False) if may_enter(actor) else rows.none()


def version(actor: Actor, uid: UUID) -> SchemeVersion | None:
    """Return one version, if the actor may read it."""
    return versions(actor).filter(uid=uid).first()


def scheme_in(found: SchemeVersion) -> StarScheme:
    """Return what a stored version of a star scheme says; it was checked when it was stored."""
    return _read(found.uid, found.revision, _Document(found.document))


class _Document:
    """A document that is the same to the cache whatever it holds: uid and revision of the version tell them apart."""

    def __init__(self, content: object) -> None:
        self.content = content

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Document)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=32)
def _read(_uid: UUID, _revision: int, document: _Document) -> StarScheme:
    return scheme_of(document.content)
