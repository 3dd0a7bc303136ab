"""Counts of many queries in one question to the database."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def count_together(wanted: "Mapping[str, QuerySet[Any]]") -> dict[str, int]:
    """Return how many rows each query has, by its name: one question for all, none where nothing can be found."""
    found = dict.fromkeys(wanted, 0)
    asked: list[str] = []
    columns: list[str] = []
    parameters: list[Any] = []
    for name, rows in wanted.items():
        try:
            plain = rows if rows.query.is_sliced else rows.order_by()
            sql, own = plain.values("pk").query.sql_with_params()
        except EmptyResultSet:  # no row can fit: nobody's schools, no roles
            continue
        asked.append(name)
        columns.append(f"(SELECT COUNT(*) FROM ({sql}) rows_{len(asked)})")  # noqa: S608 - written by the ORM
        parameters += own
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(columns)}", parameters)
            found |= dict(zip(asked, cursor.fetchone(), strict=True))
    return found
