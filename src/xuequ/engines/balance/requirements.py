"""Items of the rules beside the resources of schools: government, quality, satisfaction, vetoes.

[[requirements]]
code = "G11"
group = "government"         # government, quality, satisfaction, veto
name = "…"
status = "verified"          # or to-confirm
note = "…"
[[requirements.conditions]]  # all must hold
kind = "share"               # yes-no, number, share, ratio, retention
part = "teachers_exchanged"  # share: part/whole, the part never above the whole; ratio: per × part/whole
whole = "teachers_due_exchange"
direction = "at-least"       # at-most, above, below
threshold = 0.10
scope = "county"             # or school: every school must hold it
kinds = ["nine-year"]        # optional: only schools of these kinds
may_be_none = true           # optional: a whole of 0 holds, for there is nobody whom it concerns

A yes-no condition has ``fact``, ``want`` (true unless written) and ``evidence`` (true unless written: an answer counts
only with evidence); a number has ``fact`` and perhaps ``eased``, the threshold where the fact ``eased_by`` is yes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from xuequ.engines.balance import fields
from xuequ.engines.errors import InputError

GROUPS = ("government", "quality", "satisfaction", "veto")
KINDS = ("yes-no", "number", "share", "ratio", "retention")
DIRECTIONS = ("at-least", "at-most", "above", "below")
SCOPES = ("county", "school")
READINGS = ("transfers-at-entry", "transfers-at-exit")
"""Three-year retention 巩固率: graduates/(entrants + in − died − out), or (graduates − in + out)/(entrants − died)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition; its fields are those of the document, with ``number`` and ``yes-no`` reading ``fact``."""

    kind: str
    status: str
    scope: str = "county"
    kinds: tuple[str, ...] = ()
    fact: str = ""
    part: str = ""
    whole: str = ""
    per: Decimal = Decimal(1)
    direction: str = "at-least"
    threshold: Decimal | None = None
    eased_by: str = ""
    eased: Decimal | None = None
    want: bool = True
    evidence: bool = True
    may_be_none: bool = False

    @property
    def name(self) -> str:
        """What it is about: its fact, or the part of its whole."""
        return self.fact or (f"{self.part}/{self.whole}" if self.part else self.kind)

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that it reads."""
        if self.kind == "retention":
            return RETENTION_FACTS
        return tuple(name for name in (self.fact, self.part, self.whole, self.eased_by) if name)


RETENTION_FACTS = ("graduates", "transferred_in", "transferred_out", "entrants", "died")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One item with its conditions, all of which must hold."""

    code: str
    group: str
    name: str
    status: str
    conditions: tuple[Condition, ...]
    note: str = ""

    @property
    def to_confirm(self) -> bool:
        """Whether it or one of its thresholds has still to be compared with its source."""
        return any(one.status != "verified" for one in self.conditions)


def read_requirements(found: list[Mapping[str, Any]]) -> tuple[Requirement, ...]:
    """Read the document's [[requirements]].

    Raises
    ------
    InputError
        ``bad-indicator``, which names entry and field.
    """
    requirements = tuple(_requirement(entry, place) for place, entry in enumerate(found, 1))
    codes = [one.code for one in requirements]
    for code in codes:
        if codes.count(code) > 1:
            raise InputError("bad-indicator", f"requirement {code!r} stands twice")
    return requirements


def _requirement(entry: Mapping[str, Any], place: int) -> Requirement:
    where = f"requirement {entry.get('code', place)!r}"
    _refuse_unknown(entry, {*Requirement.__dataclass_fields__}, where)
    status = fields.choice(entry, "status", where, ("verified", "to-confirm"))
    conditions = fields.entries(entry, "conditions")
    if not conditions:
        raise InputError("bad-indicator", f"{where}: it needs [[requirements.conditions]]")
    return Requirement(
        code=fields.text(entry, "code", where),
        group=fields.choice(entry, "group", where, GROUPS),
        name=fields.text(entry, "name", where),
        status=status,
        conditions=tuple(
            _condition(one, f"{where}, condition {n}", status) for n, one in enumerate(conditions, 1)
        ),
        note=fields.text(entry, "note", where, ""),
    )


_READ = {
    "yes-no": {"fact", "want", "evidence"},
    "number": {"fact", "direction", "threshold", "eased_by", "eased"},
    "share": {"part", "whole", "direction", "threshold", "may_be_none"},
    "ratio": {"part", "whole", "per", "direction", "threshold", "may_be_none"},
    "retention": {"direction", "threshold"},
}
_ALWAYS = {"kind", "scope", "kinds", "status"}


def _condition(entry: Mapping[str, Any], where: str, status: str) -> Condition:
    kind = fields.choice(entry, "kind", where, KINDS)
    _refuse_unknown(entry, _ALWAYS | _READ[kind], where)
    threshold = _decimal(entry, "threshold", where) if "threshold" in _READ[kind] else None
    eased = _decimal(entry, "eased", where) if "eased" in entry else None
    if (eased is None) != ("eased_by" not in entry):
        raise InputError("bad-indicator", f"{where}: eased and eased_by belong together")
    return Condition(
        kind=kind,
        status=fields.choice({"status": status, **entry}, "status", where, ("verified", "to-confirm")),
        scope=fields.choice({"scope": "county", **entry}, "scope", where, SCOPES),
        kinds=_kinds(entry, where),
        fact=fields.text(entry, "fact", where, None if kind in ("yes-no", "number") else ""),
        part=fields.text(entry, "part", where, None if kind in ("share", "ratio") else ""),
        whole=fields.text(entry, "whole", where, None if kind in ("share", "ratio") else ""),
        per=_decimal({"per": 1, **entry}, "per", where),
        direction=fields.choice({"direction": "at-least", **entry}, "direction", where, DIRECTIONS),
        threshold=threshold,
        eased_by=fields.text(entry, "eased_by", where, ""),
        eased=eased,
        want=fields.flag(entry, "want", where),
        evidence=fields.flag(entry, "evidence", where),
        may_be_none=fields.flag(entry, "may_be_none", where, default=False),
    )  # fmt: skip


def _refuse_unknown(entry: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = set(entry) - known
    if unknown:
        raise InputError("bad-indicator", f"{where}: there is no field {min(unknown)!r}")


def _kinds(entry: Mapping[str, Any], where: str) -> tuple[str, ...]:
    found = entry.get("kinds", [])
    known = ("primary", "junior", "nine-year", "complete", "twelve-year", "teaching-point")
    if not isinstance(found, list) or any(kind not in known for kind in found):
        raise InputError("bad-indicator", f"{where}: kinds must be a list of {', '.join(known)}")
    return tuple(found)


def _decimal(entry: Mapping[str, Any], name: str, where: str) -> Decimal:
    """The number as the document shows it."""
    fields.above_zero(entry, name, where)
    return Decimal(repr(entry[name]))
