"""What the district does with an answer: give it back, decide on objections, accept it."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.kit.collection import queries
from xuequ.kit.collection.asking import RETURNED, needs_head, require_officer, store, tell
from xuequ.kit.collection.choices import CollectionState, SheetState
from xuequ.kit.collection.models import SchoolSheet
from xuequ.kit.notices import actions as notices


def _looked_at(actor: Actor, sheet: SchoolSheet) -> SchoolSheet:
    require_officer(actor)
    rows = SchoolSheet.objects.select_for_update(of=("self",)).select_related("collection", "school")
    locked = rows.get(pk=sheet.pk)
    if locked.collection.state != CollectionState.RUNNING:
        raise Refused(_("The collection is finished; nothing can be changed any more."))
    if locked.state not in queries.HANDED_IN:
        raise Refused(_("The school has not submitted its answer."))
    return locked


def give_back(*, actor: Actor, sheet: SchoolSheet, reason: str, cells: Mapping[str, str]) -> None:
    """Return an answer for correction, with a reason for the whole and for single cells (by ``row|key``)."""
    reasons = {cell: text.strip()[:200] for cell, text in cells.items() if text.strip()}
    if not reason.strip() and not reasons:
        raise Refused(_("Say what is to be corrected."))
    with transaction.atomic():
        locked = _looked_at(actor, sheet)
        locked.content.reasons = reasons
        locked.state, locked.reason = SheetState.RETURNED, reason.strip()[:500]
        locked.confirmed = locked.confirmed_by = None
        locked.accepted = locked.accepted_by = None
        store(locked, locked.collection.layout)
        notices.resolve(about=locked.uid)
        tell(locked, RETURNED, "collection-returned")
        audit.record(actor, "collection.returned", locked, {"cells": len(reasons)})


def settle(*, actor: Actor, sheet: SchoolSheet, key: str, adopt: bool) -> None:
    """Decide on an objection: take the school's value over, or keep the district's."""
    with transaction.atomic():
        locked = _looked_at(actor, sheet)
        known = locked.content.known.get(key)
        if known is None or not known.contested:
            raise Refused(_("There is no open objection to this value."))
        if adopt and known.claimed is None:
            raise Refused(_("The school has named no value of its own; return the answer and ask for it."))
        known.settled = "adopted" if adopt else "kept"
        store(locked, locked.collection.layout)
        audit.record(actor, "collection.settled", locked, {"adopted": adopt})


def accept(*, actor: Actor, sheet: SchoolSheet) -> None:
    """Accept an answer; objections must be decided first, and the head must have confirmed where that is wanted."""
    with transaction.atomic():
        locked = _looked_at(actor, sheet)
        if locked.state == SheetState.ACCEPTED:
            return
        if locked.contested:
            raise Refused(_("Decide first on the values that the school objects to."))
        if needs_head(locked.collection) and locked.confirmed is None:
            raise Refused(_("The head of school has not confirmed yet."))
        locked.state = SheetState.ACCEPTED
        locked.accepted, locked.accepted_by_id = clock.now(), actor.account_id
        locked.save(update_fields=["state", "accepted", "accepted_by"])
        audit.record(actor, "collection.accepted", locked)
