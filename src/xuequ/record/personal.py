"""What the files of runs hold about one pupil, for the pupil's or guardian's copy."""

import io
from collections.abc import Iterator
from typing import Any

import polars as pl
from django.core.files.storage import default_storage

from xuequ.district.models import Pupil
from xuequ.district.people import Person
from xuequ.record.models import Assessment, Run

# Where a pupil stands among all others is told to nobody but the analysts: families get no rank in any disguise.
STANDINGS = ("residual", "z", "percentile", "rank")


def rows_in_runs(person: Person) -> Iterator[dict[str, Any]]:
    """Yield the pupil's rows in the Parquet files of runs, assessments by name instead of by key."""
    pupil = Pupil.objects.filter(person=person).first()
    if pupil is None:
        return
    names = {str(uid): name for uid, name in Assessment.objects.values_list("uid", "name")}
    for run in Run.objects.order_by("id"):
        folder = f"runs/{run.uid}"
        for file in _files(folder):
            for row in _rows(f"{folder}/{file}", str(pupil.uid)):
                cells = {names.get(name, name): value for name, value in row.items() if name not in STANDINGS}
                yield {"run": run.title, "file": file, **cells}


def _files(folder: str) -> list[str]:
    try:
        return sorted(name for name in default_storage.listdir(folder)[1] if name.endswith(".parquet"))
    except FileNotFoundError:
        return []


def _rows(path: str, key: str) -> list[dict[str, Any]]:
    with default_storage.open(path) as stream:
        content: bytes = stream.read()
    if "pupil" not in pl.read_parquet_schema(io.BytesIO(content)):
        return []
    table = pl.read_parquet(io.BytesIO(content))
    return table.filter(pl.col("pupil") == key).drop("pupil").to_dicts()
