"""Rows of the database as Polars tables, without building a model object for each row."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from django.db import connections
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler


def frame_of(rows: "QuerySet[Any, Any]", columns: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    """Return a ``values_list`` queryset as a table with the given column names and types, in order.

    Numbers and texts only: the cursor's values are taken as they are.
    """
    compiler: SQLCompiler = rows.query.get_compiler(rows.db)
    sql, parameters = compiler.as_sql()
    with connections[rows.db].cursor() as cursor:
        cursor.execute(sql, parameters)
        return pl.DataFrame(cursor.fetchall(), schema=dict(columns), orient="row")
