"""From the record to the engine: a paper's item results under random keys."""

from collections.abc import Sequence
from typing import Any

import polars as pl
from django.db.models import QuerySet

from xuequ.district.models import Pupil, School, SchoolClass
from xuequ.engines.measurement.responses import Item, Responses, read_responses
from xuequ.record.models import Assessment
from xuequ.record.papers import PaperContent, item_frame, with_items


def item_table(assessment: Assessment, content: PaperContent) -> pl.DataFrame:
    """Return item results with random keys of pupil, school and class in front, sorted by the pupil's key."""
    table = item_frame(assessment, content).rename({"school_class": "class"})
    rows: dict[str, QuerySet[Any]] = {
        "pupil": Pupil.objects.filter(results__in=with_items(assessment).values("pk")),
        "school": School.objects.all(),
        "class": SchoolClass.objects.all(),
    }
    for name, found in rows.items():
        keys = {pk: str(uid) for pk, uid in found.values_list("pk", "uid")}
        table = table.with_columns(pl.col(name).replace_strict(keys, default=None, return_dtype=pl.String))
    return table.sort("pupil")


def engine_items(content: PaperContent) -> tuple[Item, ...]:
    """Return the paper's items as the engine takes them."""
    return tuple(Item(i.number, i.full_mark, i.key, i.points, i.level) for i in content.items)


def responses_of(table: pl.DataFrame, items: Sequence[Item]) -> Responses:
    """Return the engine's input from the table of a run."""
    return read_responses(table, items)
