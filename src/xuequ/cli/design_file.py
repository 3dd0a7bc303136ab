"""A design file of growth and the table that it is about."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.engines.growth.audits.inputs import AuditOptions
    from xuequ.engines.growth.growth_design import GrowthDesign

TEXTS = ("title", "issuer")
KEYS = ("pupil", "school", "class")


@dataclass(frozen=True, slots=True)
class DesignFile:
    """A design file: the design, the columns of the keys, what stands at a report's head, what audits read."""

    design: GrowthDesign
    columns: Mapping[str, str]
    audit: AuditOptions
    texts: Mapping[str, str] = field(default_factory=dict)
    date: dt.date | None = None


def read_design(path: Path) -> DesignFile:
    """Read a design file.

    Raises
    ------
    InputError
        ``no-such-file``, ``design-toml``, ``design-key`` or ``design-value``.
    """
    from xuequ.engines.growth.growth_design import GrowthDesign

    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError("no-such-file", f"{path} cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("design-toml", f"{path.name} is not TOML in UTF-8: {error}") from error
    columns = {"school": "school"} | data.pop("columns", {})
    if unknown := sorted(set(columns) - set(KEYS)):
        raise InputError("design-key", f"[columns] has no {unknown[0]!r}; there are: {', '.join(KEYS)}")
    texts = {name: str(data.pop(name)) for name in TEXTS if name in data}
    date = data.pop("date", None)
    if date is not None and not isinstance(date, dt.date):
        raise InputError("design-value", "the setting 'date' is a date such as 2026-06-30, without quotes")
    audit = _audit_options(data.pop("audit", {}))
    return DesignFile(GrowthDesign.from_dict(data), columns, audit, texts, date)


def _audit_options(data: Any) -> AuditOptions:
    from xuequ.engines.growth.audits.inputs import AuditOptions

    known = AuditOptions.__dataclass_fields__
    if not isinstance(data, dict) or (unknown := sorted(set(data) - set(known))):
        wrong = unknown[0] if isinstance(data, dict) else data
        raise InputError("design-key", f"[audit] has no {wrong!r}; there are: {', '.join(known)}")
    values: dict[str, Any] = {}
    for name, value in data.items():
        many = name in ("forms", "groups")
        texts = value if many else [value]
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            kind = "a list of column names" if many else "a column name"
            raise InputError("design-value", f"the setting {name!r} of [audit] is {kind}")
        values[name] = tuple(texts) if many else value
    return AuditOptions(**values)


def read_table(path: Path, wanted: DesignFile) -> pl.DataFrame:
    """Read the columns that the design names and those of its audits, the keys under the names ``KEYS``.

    Raises
    ------
    InputError
        ``unknown-column`` with the columns that are there, or what reading the file raises.
    """
    import polars as pl

    from xuequ.cli.table_file import headings, open_table

    there = headings(path)
    used = dict.fromkeys((*wanted.design.columns, *wanted.audit.columns))
    needed = [*wanted.columns.values(), *used]
    for name in needed:
        if name not in there:
            raise InputError(
                "unknown-column",
                f"{path.name} has no column {name!r}; there are: {', '.join(there)}",
                column=name,
            )
    keys = list(wanted.columns.values())
    with open_table(path, columns=list(dict.fromkeys(needed)), texts=keys) as lazy:
        table = lazy.collect()
    chosen = [pl.col(column).alias(key) for key, column in wanted.columns.items()]
    if "pupil" not in wanted.columns:
        chosen.append(pl.int_range(1, pl.len() + 1).cast(pl.String).alias("pupil"))
    rest = [name for name in used if name not in wanted.columns]
    return table.select(*chosen, *(pl.col(name) for name in rest))
