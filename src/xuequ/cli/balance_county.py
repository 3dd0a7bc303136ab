"""What ``xuequ balance comply --county`` shows of the county's verdict."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from xuequ.cli.output import print_table

if TYPE_CHECKING:
    from xuequ.engines.balance.county import County
    from xuequ.engines.balance.judging import Found, Judged


def county_document(found: County) -> dict[str, Any]:
    """The verdict as JSON; numbers that were compared are text, so that no digit is lost."""
    return {
        "verdict": found.verdict,
        "deciding": list(found.deciding),
        "version": found.version,
        "items": [_item(one) for one in found.found],
        "retention": [{"reading": reading, **_condition(one)} for reading, one in found.readings],
        "retention_reading": found.reading,
        "to_confirm": list(found.to_confirm),
    }


def _item(one: Found) -> dict[str, Any]:
    return {
        "code": one.code,
        "group": one.group,
        "name": one.name,
        "verdict": one.verdict,
        "reason": one.reason,
        "to_confirm": one.to_confirm,
        "conditions": [_condition(part) for part in one.judged],
    }


def _condition(one: Judged) -> dict[str, Any]:
    from dataclasses import asdict

    return {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(one).items()}


def print_county(found: County) -> None:
    """The verdict, what decides it, and every item."""
    words = {"met": "met", "not-met": "not met", "unknown": "cannot be said"}
    decided = f", decided by {', '.join(found.deciding)}" if found.deciding else ""
    print(f"the whole of the rules ({found.version}): {words[found.verdict]}{decided}")
    rows = [(one.code, one.group, words[one.verdict], one.reason, _worst(one)) for one in found.found]
    print_table("Items", ["code", "group", "verdict", "reason", "compared"], rows)
    if found.readings:
        print_table(
            "Retention 巩固率",
            ["reading", "value", "verdict", ""],
            [
                (r, _number(one.value), words[one.verdict], "used" if r == found.reading else "")
                for r, one in found.readings
            ],
        )


def _worst(one: Found) -> str:
    """The conditions that decide, three at most, or the first that was compared."""
    parts = one.deciding[:3] or tuple(part for part in one.judged if part.value is not None)[:1]
    more = len(one.deciding) - 3
    return "; ".join(map(_compared, parts)) + (f"; and {more} more" if more > 0 else "")


def _compared(one: Judged) -> str:
    at = f"{one.school} {one.name}" if one.school else one.name
    if one.missing:
        return f"{one.school} without {', '.join(one.missing)}".strip()
    if one.value is None or one.threshold is None:
        return at
    return f"{at} {_number(one.value)} ({one.direction} {one.threshold})"


def _number(value: Decimal | None) -> str | None:
    from xuequ.engines.balance.facts import shown

    return None if value is None else shown(value, 4).rstrip("0").rstrip(".")
