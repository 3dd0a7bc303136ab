"""The API of the ledger, to read: for who may see it on the pages."""

from django.http import HttpRequest
from ninja import Router

from xuequ.core.api import REFUSALS
from xuequ.systems.programmes import access
from xuequ.systems.programmes.ledger import queries
from xuequ.systems.programmes.schemas import DeviceOut, RoomOut

router = Router()
MOST = 500


@router.get("/devices", response={200: list[DeviceOut], **REFUSALS})
def devices(request: HttpRequest, offset: int = 0, limit: int = 100) -> list[DeviceOut]:
    """List entries of the ledger in the order of schools, scrapped ones too."""
    actor = request.actor  # type: ignore[attr-defined]
    if not access.sees_ledger(actor):
        return []
    start = max(offset, 0)
    return [
        DeviceOut(
            uid=row.uid,
            school=row.school.uid,
            school_name=str(row.school),
            kind=row.kind,
            name=row.name,
            number=row.number,
            pieces=row.quantity,
            value_yuan=row.value_yuan,
            bought=row.bought,
            state=row.state,
            room=str(row.room or ""),
        )
        for row in queries.devices(actor)[start : start + min(max(limit, 1), MOST)]
    ]


@router.get("/rooms", response={200: list[RoomOut], **REFUSALS})
def rooms(request: HttpRequest, offset: int = 0, limit: int = 100) -> list[RoomOut]:
    """List rooms in use in the order of schools."""
    actor = request.actor  # type: ignore[attr-defined]
    if not access.sees_ledger(actor):
        return []
    start = max(offset, 0)
    rows = queries.rooms(actor).filter(closed=None)[start : start + min(max(limit, 1), MOST)]
    return [
        RoomOut(
            uid=row.uid,
            school=row.school.uid,
            school_name=str(row.school),
            kind=row.kind,
            name=row.name,
            seats=row.seats,
            multimedia=row.shows,
        )
        for row in rows
    ]
