"""Inventories: a school counts what it has, the district checks a few entries drawn at random."""

from secrets import randbelow

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.kit.notices import actions as notices
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import DeviceState, InventoryKind
from xuequ.systems.programmes.counting import drawn
from xuequ.systems.programmes.ledger.facts import COUNTED
from xuequ.systems.programmes.models import Device, Inventory, InventoryLine

NOTICE = "programmes.inventory"
SPOT_SIZE = 12


def may_open(actor: Actor, school: School, kind: InventoryKind) -> bool:
    """Whether the actor may begin such an inventory at the school."""
    return access.may_check(actor) if kind == InventoryKind.SPOT else access.keeps(actor, school)


def may_fill(actor: Actor, inventory: Inventory) -> bool:
    """Whether the actor may say what was found: a spot check is the district's, an inventory the school's."""
    if inventory.kind == InventoryKind.SPOT:
        return access.may_check(actor)
    return access.works_at(actor, inventory.school)


def open_inventory(
    *, actor: Actor, school: School, kind: InventoryKind, size: int = SPOT_SIZE, seed: int | None = None
) -> Inventory:
    """Begin an inventory of everything that is not scrapped, or a spot check of ``size`` entries drawn at random."""
    if not may_open(actor, school, kind):
        raise Forbidden(_("You may not begin this inventory."))
    with transaction.atomic():
        School.objects.select_for_update().get(pk=school.pk)
        if Inventory.objects.filter(school=school, kind=kind, closed=None).exists():
            raise Refused(_("An inventory of this kind is open at the school; close it first."))
        rows = Device.objects.filter(school=school).exclude(state=DeviceState.SCRAPPED)
        if kind == InventoryKind.SPOT:
            rows = rows.filter(COUNTED)
        keys = list(rows.order_by("kind", "name", "number", "id").values_list("pk", flat=True))
        if not keys:
            raise Refused(_("The school has nothing in the ledger that could be counted."))
        chosen_seed = randbelow(2**31) if seed is None else seed
        inventory = Inventory.objects.create(
            school=school,
            kind=kind,
            day=actor.day,
            seed=chosen_seed,
            population=len(keys),
            opened_by_id=actor.account_id,
            opened=clock.now(),
        )
        chosen = drawn(keys, size, chosen_seed) if kind == InventoryKind.SPOT else keys
        InventoryLine.objects.bulk_create(InventoryLine(inventory=inventory, device_id=pk) for pk in chosen)
        audit.record(actor, "programmes.inventory.opened", inventory, {"lines": len(chosen)})
        if kind == InventoryKind.SPOT:
            _tell(inventory)
    return inventory


def _tell(inventory: Inventory) -> None:
    notices.notify(
        kind=NOTICE,
        message=gettext_noop("The district checks some entries of your ledger, drawn at random."),
        about=inventory.uid,
        roles=(Role.HEAD, Role.SCHOOL_ADMINISTRATOR),
        school=inventory.school,
        url=reverse("programmes:inventory", args=[inventory.uid]),
    )


def mark(
    *, actor: Actor, line: InventoryLine, found: bool, used: bool | None = None, words: str = ""
) -> InventoryLine:
    """Say whether an entry was found and, in a spot check, whether it was used within the window."""
    with transaction.atomic():
        # The inventory is locked first, as for closing it: nothing is marked in one that closes in the same instant.
        inventory = (
            Inventory.objects.select_for_update(of=("self",))
            .select_related("school")
            .get(pk=line.inventory_id)
        )
        locked = InventoryLine.objects.select_for_update().get(pk=line.pk)
        if not may_fill(actor, inventory):
            raise Forbidden(_("You do not take part in this inventory."))
        if inventory.closed is not None:
            raise Refused(_("The inventory is closed; nothing was changed."))
        locked.found, locked.used = found, used if found else None
        locked.words = words.strip()[:200]
        locked.done_by_id, locked.at = actor.account_id, clock.now()
        locked.save()
        audit.record(actor, "programmes.inventory.marked", locked, {"found": found})
    return locked


def close(*, actor: Actor, inventory: Inventory) -> Inventory:
    """Close an inventory; a spot check only when every entry drawn was looked at, or chance would be chosen."""
    with transaction.atomic():
        locked = (
            Inventory.objects.select_for_update(of=("self",)).select_related("school").get(pk=inventory.pk)
        )
        if not may_fill(actor, locked):
            raise Forbidden(_("You do not take part in this inventory."))
        if locked.closed is not None:
            return locked
        left = locked.lines.filter(found=None).count()
        if locked.kind == InventoryKind.SPOT and left:
            raise Refused(
                _("%(left)d entries drawn have not been looked at; the check counts only when all were.")
                % {"left": left}
            )
        locked.closed, locked.closed_by_id = clock.now(), actor.account_id
        locked.save(update_fields=["closed", "closed_by"])
        notices.resolve(about=locked.uid, kind=NOTICE)
        audit.record(actor, "programmes.inventory.closed", locked, {"left": left})
    return locked
