"""What may be done with an item: say who is in charge and how far it is, hand in and withdraw evidence."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.record import evidence
from xuequ.record.models import Evidence
from xuequ.systems.balance.access import keeps
from xuequ.systems.balance.choices import Work
from xuequ.systems.balance.models import Item

OFFICES = {
    "G01": "规划与基建科", "G02": "规划与基建科", "G03": "装备站", "G04": "基础教育科", "G05": "基础教育科",
    "G06": "计财科", "G07": "计财科", "G08": "人事科", "G09": "进修学校", "G10": "人事科", "G11": "人事科",
    "G12": "人事科", "G13": "基础教育科", "G14": "基础教育科", "G15": "基础教育科", "Q01": "基础教育科",
    "Q02": "基础教育科", "Q03": "信息中心", "Q04": "计财科", "Q05": "信息中心", "Q06": "德育科", "Q07": "基础教育科",
    "Q08": "基础教育科", "Q09": "进修学校", "S01": "督导室",
}  # fmt: skip
"""Proposed for a bureau of the usual cut; each may be changed on its item's page."""


def ensure(year: SchoolYear, codes: "list[str]") -> None:
    """Make the rows of a year's items, with the office of the year before where there was one."""
    known = set(Item.objects.filter(year=year).values_list("code", flat=True))
    missing = [code for code in codes if code not in known]
    if not missing:
        return
    before = {
        row.code: row.office
        for row in Item.objects.filter(year__start__lt=year.start, code__in=missing).order_by("year__start")
    }
    Item.objects.bulk_create(
        Item(year=year, code=code, office=before.get(code) or OFFICES.get(code, "督导室")) for code in missing
    )


def change(*, actor: Actor, item: Item, **fields: Any) -> Item:
    """Change who is in charge, the day, the state or the remark."""
    _check(actor)
    with transaction.atomic():
        locked = Item.objects.select_for_update().get(pk=item.pk)
        for name, value in fields.items():
            setattr(locked, name, value)
        if locked.work == Work.CHECKED and not locked.evidence.filter(withdrawn=None).exists():
            raise Refused(_("An item is checked when it has evidence; hand in a piece first."))
        locked.changed, locked.changed_by_id = clock.now(), actor.account_id
        locked.save()
        audit.record(actor, "balance.item.changed", locked, {"item": locked.code, "work": locked.work})
    return locked


def add_evidence(*, actor: Actor, item: Item, piece: Evidence) -> None:
    """Let a piece that was just handed in back the item."""
    _check(actor)
    with transaction.atomic():
        locked = Item.objects.select_for_update().get(pk=item.pk)
        locked.evidence.add(piece)
        if locked.work == Work.OPEN:
            locked.work = Work.COLLECTING
            locked.save(update_fields=["work"])
        audit.record(actor, "balance.item.evidence", locked, {"item": locked.code})


def withdraw_evidence(*, actor: Actor, item: Item, piece: Evidence, reason: str) -> None:
    """Take a piece back with the reason; the item no longer rests on it."""
    _check(actor)
    if not item.evidence.filter(pk=piece.pk).exists():
        raise Refused(_("This piece does not belong to the item."))
    evidence.withdraw(actor=actor, evidence=piece, reason=reason)


def _check(actor: Actor) -> None:
    if not keeps(actor):
        raise Forbidden(_("Items are looked after by the district."))
