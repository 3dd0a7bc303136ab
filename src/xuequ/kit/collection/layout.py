"""What an upper unit's sheet asks for, and where: found in the file, corrected by the officer, kept in versions."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.kit.collection.choices import CheckKind, Kind, Shape, Use

ADDRESS = re.compile(r"([A-Z]{1,3})([1-9]\d{0,5})?")
RULE = re.compile(r"\s*([A-Z]{1,3}\d*)\s*(=|<=)\s*(.+)")


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the body, or with ``row`` a single cell. ``key`` outlives a move of the column or cell.

    ``group`` is the label of the row where a table asks for many cells; ``source`` names an entry of the catalogue of
    what is known; ``constant`` is written as it stands.
    """

    key: str
    label: str
    column: int
    row: int = 0
    group: str = ""
    use: Use = Use.ASKED
    kind: Kind = Kind.TEXT
    unit: str = ""
    source: str = ""
    choices: tuple[str, ...] = ()
    required: bool = True
    low: float | None = None
    high: float | None = None
    constant: str = ""

    @property
    def name(self) -> str:
        """Row and column labels together, as people are told about the cell."""
        return " ".join(part for part in (self.group, self.label) if part)

    @property
    def place(self) -> str:
        """The column's letter, or the cell's address."""
        from openpyxl.utils import get_column_letter

        return f"{get_column_letter(self.column)}{self.row or ''}"

    @property
    def is_answer(self) -> bool:
        """Whether an answer holds a value for it, asked or known."""
        return self.use in {Use.ASKED, Use.KNOWN}


@dataclass(frozen=True, slots=True)
class Check:
    """A rule between cells of one answer, by keys: the parts add up to ``whole``, or none is more than it."""

    kind: CheckKind
    whole: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """One sheet of the upper unit's workbook. Rows and columns count from 1; ``last_row`` is the body's last."""

    sheet: str
    shape: Shape
    title: str = ""
    header_first: int = 1
    header_last: int = 1
    first_row: int = 2
    last_row: int = 2
    total_row: int = 0
    fields: tuple[Field, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def by_cell(self) -> bool:
        """Whether single cells are asked, and not columns."""
        return self.shape in {Shape.FORM, Shape.TOTAL}

    def field(self, key: str) -> Field | None:
        """Return the field called ``key``, if there is one."""
        return next((item for item in self.fields if item.key == key), None)

    def of_use(self, *uses: Use) -> list[Field]:
        """Return the fields of these uses in the order of the sheet."""
        return [item for item in self.fields if item.use in uses]

    @property
    def answers(self) -> list[Field]:
        """The fields that an answer holds values for."""
        return [item for item in self.fields if item.is_answer]

    def as_json(self) -> dict[str, Any]:
        """Return the layout for the database."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Layout":
        """Return the layout that ``as_json`` made."""
        fields = tuple(_field(item) for item in stored["fields"])
        checks = tuple(
            Check(CheckKind(item["kind"]), item["whole"], tuple(item["parts"])) for item in stored["checks"]
        )
        return cls(**{**stored, "shape": Shape(stored["shape"]), "fields": fields, "checks": checks})


def _field(stored: Mapping[str, Any]) -> Field:
    typed = {"use": Use(stored["use"]), "kind": Kind(stored["kind"]), "choices": tuple(stored["choices"])}
    return Field(**{**stored, **typed})


def with_keys(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Return the fields with a key each, made of their labels and unit; equal ones are numbered.

    >>> [f.key for f in with_keys([Field("", "人 数", 2), Field("", "人数", 3)])]
    ['人数', '人数#2']
    """
    seen: dict[str, int] = {}
    keyed = []
    for item in fields:
        key = meaning(item)
        seen[key] = seen.get(key, 0) + 1
        keyed.append(replace(item, key=key if seen[key] == 1 else f"{key}#{seen[key]}"))
    return tuple(keyed)


def meaning(item: Field) -> str:
    """Return by what a field is recognised in another version, or in next year's sheet: its labels and unit."""
    parts = ("".join(part.split()) for part in (item.group, item.label, item.unit))
    return "|".join(part for part in parts if part) or item.place


def rules_text(layout: Layout) -> str:
    """Write the checks as the officer edits them: one line each, by column letters or cell addresses."""
    return "\n".join(_rule_line(layout, check) for check in layout.checks)


def _rule_line(layout: Layout, check: Check) -> str:
    places = {item.key: item.place for item in layout.fields}
    whole, parts = places.get(check.whole, "?"), [places.get(part, "?") for part in check.parts]
    return f"{whole} = {' + '.join(parts)}" if check.kind == CheckKind.SUM else f"{parts[0]} <= {whole}"


def read_rules(text: str, fields: Sequence[Field]) -> tuple[Check, ...]:
    """Read lines like ``E = C + D`` or ``D <= C``; ``Refused`` names the line that cannot be read."""
    keys = {item.place: item.key for item in fields if item.is_answer or item.use == Use.FORMULA}
    lines = enumerate(text.upper().replace("＝", "=").replace("≤", "<=").splitlines(), start=1)
    return tuple(_check(number, line, keys) for number, line in lines if line.strip())


def _check(number: int, line: str, keys: Mapping[str, str]) -> Check:
    match = RULE.fullmatch(line)
    if match is None:
        raise Refused(
            _("Line %(line)s is not a rule; write for example “E = C + D” or “D <= C”.") % {"line": number}
        )
    left, sign, right = match.groups()
    parts = [part.strip() for part in right.split("+")]
    unknown = [place for place in (left, *parts) if place not in keys]
    if unknown or (sign == "<=" and len(parts) != 1):
        raise Refused(
            _("Line %(line)s: “%(place)s” is not a column or cell that is asked or known.")
            % {"line": number, "place": unknown[0] if unknown else right.strip()}
        )
    if sign == "=":
        return Check(CheckKind.SUM, keys[left], tuple(keys[part] for part in parts))
    return Check(CheckKind.PART, keys[parts[0]], (keys[left],))


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new version of a layout means for answers already given: labels for people, keys for us."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    asks_more: bool = False
    names: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def as_json(self) -> dict[str, list[str]]:
        """Return the names of the fields concerned, for the school's page."""
        parts = {"added": self.added, "removed": self.removed, "changed": self.changed}
        return {name: [self.names[key] for key in keys] for name, keys in parts.items()}


def difference(old: Layout, new: Layout) -> Difference:
    """Return which asked fields were added, removed, or mean something else now."""
    before = {item.key: item for item in old.of_use(Use.ASKED)}
    after = {item.key: item for item in new.of_use(Use.ASKED)}
    changed = tuple(k for k in after if k in before and _terms(before[k]) != _terms(after[k]))
    added = tuple(key for key in after if key not in before)
    return Difference(
        added=added,
        removed=tuple(key for key in before if key not in after),
        changed=changed,
        asks_more=any(after[key].required for key in added) or bool(changed),
        names={key: item.name or item.place for key, item in {**before, **after}.items()},
    )


def _terms(item: Field) -> tuple[object, ...]:
    return item.kind, item.unit, item.choices, item.required, item.low, item.high


def column_of(place: str) -> int:
    """Return the number of the column in an address such as ``C`` or ``C7``."""
    match = ADDRESS.fullmatch(place)
    assert match is not None, place
    # Imported when needed: the tables load this module at every start, and openpyxl takes its time.
    from openpyxl.utils import column_index_from_string

    return column_index_from_string(match.group(1))
