"""Facts that requirements are judged by: a number or yes/no with its evidence, of the county or of a school."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from types import MappingProxyType

import polars as pl

from xuequ.engines.balance.sections import JUNIOR_PUPILS, PRIMARY_PUPILS, kinds_of, why_left_out
from xuequ.engines.errors import InputError

EVIDENCE = "_evidence"
_YES = ("yes", "true", "是")
_NO = ("no", "false", "否")


@dataclass(frozen=True, slots=True)
class Fact:
    """A value, None where it is not known, and what proves it."""

    value: Decimal | bool | None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """Facts of one school; ``kind`` is primary, junior, nine-year, complete, twelve-year, teaching-point or all."""

    school: str
    kind: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of the county and of each school that the rules count."""

    county: Mapping[str, Fact] = field(default_factory=lambda: MappingProxyType({}))
    schools: tuple[SchoolFacts, ...] = ()


def fact_of(value: object, evidence: str = "", *, name: str = "", row: int | None = None) -> Fact:
    """Take a value as it is written: a number, yes/no (是/否), or nothing.

    Raises
    ------
    InputError
        ``not-a-fact`` or ``negative``.

    >>> fact_of("0.35"), fact_of("是", "文件 3 号").value
    (Fact(value=Decimal('0.35'), evidence=''), True)
    """
    if value is None or isinstance(value, bool):
        return Fact(value, evidence)
    # A float stands for the decimal that it shows.
    text = (repr(value) if isinstance(value, float) else str(value)).strip()
    if not text:
        return Fact(None, evidence)
    if text.lower() in (*_YES, *_NO):
        return Fact(text.lower() in _YES, evidence)
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        message = "write a number, or yes or no"
        raise InputError("not-a-fact", message, column=name or None, row=row, value=text)
    if number < 0:
        raise InputError("negative", "the number is negative", column=name or None, row=row, value=text)
    return Fact(number, evidence)


def county_facts(document: object) -> dict[str, Fact]:
    """Read ``{"fact": value}`` or ``{"fact": {"value": …, "evidence": "…"}}``.

    Raises
    ------
    InputError
        ``not-a-fact`` or ``negative`` with the fact's name as the column.
    """
    if not isinstance(document, dict):
        raise InputError("not-a-fact", "a JSON object of facts is needed")
    return {str(name): _county_fact(str(name), given) for name, given in document.items()}


def _county_fact(name: str, given: object) -> Fact:
    if isinstance(given, list) or (isinstance(given, dict) and set(given) - {"value", "evidence"}):
        raise InputError("not-a-fact", "a fact has a value and perhaps evidence", column=name)
    if isinstance(given, dict):
        return fact_of(given.get("value"), str(given.get("evidence") or "").strip(), name=name)
    return fact_of(given, name=name)


def school_facts(
    table: pl.DataFrame,
    *,
    pupils: str = "pupils",
    school: str = "school",
    stage: str = "stage",
    needed: Collection[str] = (),
) -> tuple[SchoolFacts, ...]:
    """One for each row that the rules count: every other column is a fact, ``<fact>_evidence`` its evidence.

    ``compulsory_pupils`` is added where it is not given: the pupils of both departments, or all of them. Columns of
    text that are neither numbers nor yes/no are no facts; those that are ``needed`` are refused.

    Raises
    ------
    InputError
        ``unknown-stage``, ``missing-key``, ``negative``, ``not-a-fact``.
    """
    kinds = kinds_of(table, stage)
    own = [name for name in table.columns if name not in (school, stage, "area")]
    names = [name for name in own if name in needed or _is_fact(table[name])]
    found = []
    for row, (kind, cells) in enumerate(zip(kinds, table.iter_rows(named=True), strict=True), 1):
        enrolled = float(cells[pupils] or 0)
        if not why_left_out(kind, enrolled):
            facts = {name: _cell(cells, name, row) for name in names}
            facts.setdefault("compulsory_pupils", _compulsory(kind, facts, pupils))
            found.append(SchoolFacts(str(cells[school]).strip(), kind, facts))
    return tuple(found)


def _is_fact(series: pl.Series) -> bool:
    if series.name.endswith(EVIDENCE):
        return False
    if series.dtype.is_numeric() or series.dtype == pl.Boolean:
        return True
    text = series.cast(pl.String).fill_null("").str.strip_chars().str.to_lowercase()
    plain = text.is_in([*_YES, *_NO, ""]) | text.cast(pl.Float64, strict=False).is_not_null()
    return bool(plain.all())


def _cell(cells: Mapping[str, object], name: str, row: int) -> Fact:
    return fact_of(cells[name], str(cells.get(name + EVIDENCE) or "").strip(), name=name, row=row)


def _compulsory(kind: str, facts: Mapping[str, Fact], pupils: str) -> Fact:
    """Pupils in compulsory education: a complete or twelve-year school has others as well."""
    if kind not in ("complete", "twelve-year"):
        return facts.get(pupils, Fact(None))
    names = (JUNIOR_PUPILS,) if kind == "complete" else (PRIMARY_PUPILS, JUNIOR_PUPILS)
    values = [facts[name].value if name in facts else None for name in names]
    counts = [value for value in values if isinstance(value, Decimal)]
    return Fact(sum(counts, Decimal(0)) if len(counts) == len(values) else None)


def shown(value: Decimal, digits: int = 2) -> str:
    """Round half up to print; never to compare.

    >>> shown(Decimal("0.945"), 2), shown(Decimal("2.5"), 0)
    ('0.95', '3')
    """
    return str(value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))
