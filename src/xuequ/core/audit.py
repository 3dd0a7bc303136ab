"""Audit rows: what was done or seen, by whom, in which role."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import models

from xuequ.core import clock
from xuequ.core.actors import Actor
from xuequ.core.models import AuditEvent


def record(
    actor: Actor, verb: str, subject: models.Model | None = None, data: Mapping[str, Any] | None = None
) -> AuditEvent:
    """Write one audit row in the caller's transaction.

    ``data`` holds keys and counts, never a name or a number of a person.
    """
    uid = getattr(subject, "uid", None)
    return AuditEvent.objects.create(
        at=clock.now(),
        account_id=actor.account_id,
        roles=",".join(sorted(actor.role_codes)),
        verb=verb,
        object_type=subject._meta.label_lower if subject is not None else "",
        object_uid=uid if isinstance(uid, UUID) else None,
        data=dict(data or {}),
    )
