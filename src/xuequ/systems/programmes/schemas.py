"""What the API of projects and equipment returns."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

from ninja import Schema


class DeviceOut(Schema):
    """An entry of the ledger; ``value_yuan`` is the original value of all pieces, null where nobody entered it."""

    uid: UUID
    school: UUID
    school_name: str
    kind: str
    name: str
    number: str
    pieces: int
    value_yuan: Decimal | None
    bought: dt.date | None
    state: str
    room: str


class RoomOut(Schema):
    """A room; ``multimedia``: it counts as a networked multimedia classroom."""

    uid: UUID
    school: UUID
    school_name: str
    kind: str
    name: str
    seats: int | None
    multimedia: bool
