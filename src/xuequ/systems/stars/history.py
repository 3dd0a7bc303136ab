"""The history of applications: one line for each thing done, in the transaction that does it."""

from collections.abc import Iterable
from decimal import Decimal

from xuequ.core import clock
from xuequ.district.actors import Actor
from xuequ.systems.stars.choices import Deed
from xuequ.systems.stars.models import Application, HistoryEntry


def note(
    actor: Actor,
    application: Application,
    deed: Deed,
    *,
    item: str = "",
    before: Decimal | None = None,
    after: Decimal | None = None,
    text: str = "",
    internal: bool = False,
) -> None:
    """Write one line; ``internal`` ones are not shown to the school."""
    entry(
        actor, application, deed, item=item, before=before, after=after, text=text, internal=internal
    ).save()


def entry(actor: Actor, application: Application, deed: Deed, **fields: object) -> HistoryEntry:
    """Return a line that the caller stores with others at once."""
    return HistoryEntry(
        application=application, at=clock.now(), done_by_id=actor.account_id, deed=deed, **fields
    )


def note_all(actor: Actor, applications: Iterable[Application], deed: Deed) -> None:
    """Write the same line for many applications."""
    HistoryEntry.objects.bulk_create(entry(actor, application, deed) for application in applications)
