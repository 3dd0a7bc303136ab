"""The chain over the audit rows: each seal's hash covers its rows and the seal before it.

Rows are taken because they are unsealed, not because of their number: a transaction that commits late leaves
rows with lower ids than those already sealed, and these are sealed with the next batch.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from django.db import connection, transaction

from xuequ.core import clock
from xuequ.core.models import AuditEvent, AuditSeal

BATCH = 500
LEAF_DIGITS = 16
SEALER_LOCK = 0x78756571_75736561  # any number that nobody else uses ("xuequsea")


class Damage(StrEnum):
    """What happened to a sealed row, or to a seal."""

    ALTERED = "altered"
    REMOVED = "removed"
    ADDED = "added"
    SEAL = "seal"


@dataclass(frozen=True, slots=True)
class Break:
    """One place where the rows are not what was sealed; ``event`` is ``None`` when only the seal is known."""

    seal: int
    event: int | None
    damage: Damage


def canonical(event: AuditEvent) -> bytes:
    """Return the row as one line of JSON with a fixed order of keys."""
    row = {
        "id": event.pk,
        "at": event.at.isoformat(),
        "account": event.account_id,
        "roles": event.roles,
        "verb": event.verb,
        "object_type": event.object_type,
        "object_uid": str(event.object_uid) if event.object_uid else None,
        "data": event.data,
    }
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def chain(previous: str, lines: Iterable[bytes]) -> str:
    """Return SHA-256 over the previous seal's digest and the rows' lines."""
    digest = hashlib.sha256(previous.encode())
    for line in lines:
        digest.update(line)
    return digest.hexdigest()


def seal_pending() -> int:
    """Seal every unsealed row that is committed by now; return how many. Another sealer goes first."""
    sealed = 0
    while AuditEvent.objects.filter(seal=None).exists():
        count = _seal_batch()
        sealed += count
        if count < BATCH:
            break
    return sealed


@transaction.atomic
def _seal_batch() -> int:
    if not _only_sealer():
        return 0
    events = list(AuditEvent.objects.filter(seal=None).order_by("id")[:BATCH])
    if not events:
        return 0
    last = AuditSeal.objects.order_by("-id").first()
    lines = [canonical(event) for event in events]
    seal = AuditSeal.objects.create(
        at=clock.now(),
        first_id=events[0].pk,
        last_id=events[-1].pk,
        count=len(events),
        digest=chain(last.digest if last else "", lines),
        leaves=[[event.pk, _leaf(line)] for event, line in zip(events, lines, strict=True)],
    )
    AuditEvent.objects.filter(pk__in=[event.pk for event in events]).update(seal=seal)
    return len(events)


def _only_sealer() -> bool:
    """On PostgreSQL hold a lock until the transaction ends; on SQLite the transaction is alone anyway."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        return bool(cursor.fetchone()[0])


def _leaf(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()[:LEAF_DIGITS]


def verify_chain() -> list[Break]:
    """Recompute every seal; return each row altered, removed or slipped in, and each seal that is wrong."""
    breaks: list[Break] = []
    previous = ""
    sealed = AuditEvent.objects.exclude(seal=None).order_by("seal_id", "id").iterator()
    batches = groupby(sealed, key=lambda event: event.seal_id)
    number, events = next(batches, (None, iter(())))
    for seal in AuditSeal.objects.order_by("id").iterator(chunk_size=200):
        lines: dict[int, bytes] = {}
        if number == seal.pk:
            lines = {event.pk: canonical(event) for event in events}
            number, events = next(batches, (None, iter(())))
        if chain(previous, lines.values()) != seal.digest:
            breaks += list(_explain(seal, lines)) or [Break(seal.pk, None, Damage.SEAL)]
        previous = seal.digest
    return breaks


def _explain(seal: AuditSeal, lines: dict[int, bytes]) -> Iterator[Break]:
    leaves: Sequence[tuple[int, str]] = seal.leaves
    known = dict(leaves)
    for pk in sorted(known.keys() | lines.keys()):
        if pk not in lines:
            yield Break(seal.pk, pk, Damage.REMOVED)
        elif pk not in known:
            yield Break(seal.pk, pk, Damage.ADDED)
        elif _leaf(lines[pk]) != known[pk]:
            yield Break(seal.pk, pk, Damage.ALTERED)
