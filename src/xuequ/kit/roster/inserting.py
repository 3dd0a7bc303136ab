"""Hundreds of thousands of rows at once: model objects would take ten times as long as the database itself."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import repeat
from typing import Any

from django.db import connection, models

from xuequ.district.journal import Journal
from xuequ.kit.roster.state import portions

PIECE = 20_000
Values = tuple[Any, ...]


def insert_rows(
    journal: Journal, model: type[models.Model], names: Sequence[str], rows: Sequence[Values]
) -> list[int]:
    """Insert rows of the fields ``names`` in the caller's transaction, note and return their keys.

    Fields that are not named get the model's defaults. Signals are not sent.
    """
    if not rows:
        return []
    meta = model._meta
    assert meta.pk is not None
    given = [_field(model, name) for name in names]
    rest = [field for field in meta.concrete_fields if field not in given and field is not meta.pk]
    keys = reserve_keys(model, len(rows))
    # By column, for a look at each single value would cost more than the database itself.
    said = [
        map(_converter(field), column) for field, column in zip(given, zip(*rows, strict=True), strict=True)
    ]
    made = [_defaults(field, len(rows)) for field in rest]
    lines = zip(keys, *said, *made, strict=True)
    _execute(meta.db_table, [_column(field) for field in (meta.pk, *given, *rest)], lines)
    journal.added(model, keys)
    return keys


def insert_beside(
    journal: Journal, model: type[models.Model], names: Sequence[str], rows: Sequence[Values]
) -> None:
    """Insert rows whose key is given with them, as the first of ``names``."""
    fields = [_field(model, name) for name in names]
    _execute(model._meta.db_table, [_column(field) for field in fields], iter(rows))
    journal.added(model, [row[0] for row in rows])


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    return field


def _column(field: "models.Field[Any, Any]") -> str:
    assert field.column is not None
    return field.column


def _execute(table: str, columns: Sequence[str], lines: Iterable[Values]) -> None:
    quote = connection.ops.quote_name
    named = ", ".join(quote(column) for column in columns)
    places = ", ".join(["%s"] * len(columns))
    sql = f"INSERT INTO {quote(table)} ({named}) VALUES ({places})"  # noqa: S608 - names of our own tables
    with connection.cursor() as cursor:
        for piece in portions(lines, PIECE):
            cursor.executemany(sql, piece)


def _same(value: Any) -> Any:
    return value


def _converter(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """Return what makes the database's value; texts, numbers and bytes stay as they are."""
    if isinstance(field, models.UUIDField):
        return _same if connection.features.has_native_uuid_field else lambda value: value.hex
    if isinstance(field, models.DateField):
        return lru_cache(maxsize=1000)(partial(field.get_db_prep_save, connection=connection))
    return _same


def _defaults(field: "models.Field[Any, Any]", count: int) -> Iterator[Any]:
    """Yield the default of a field for each row."""
    convert = _converter(field)
    if field.has_default() and callable(field.default):
        make = field.default
        return (convert(make()) for _row in range(count))
    return repeat(convert(field.get_default()), count)


def reserve_keys(model: type[models.Model], count: int) -> list[int]:
    """Return ``count`` primary keys that nobody else gets.

    PostgreSQL takes them from the table's sequence. On SQLite a writer is alone until its transaction ends, and
    the sequence follows the highest key inserted.
    """
    assert model._meta.pk is not None
    table, column = model._meta.db_table, _column(model._meta.pk)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [connection.ops.quote_name(table), column, count],
            )
            return [row[0] for row in cursor.fetchall()]
        quote = connection.ops.quote_name
        cursor.execute(f"SELECT COALESCE(MAX({quote(column)}), 0) FROM {quote(table)}")  # noqa: S608
        highest = cursor.fetchone()[0]
        cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
        first = max(highest, cursor.fetchone()[0]) + 1
    return list(range(first, first + count))
