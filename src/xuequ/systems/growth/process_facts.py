"""Process facts: what other systems published about classes and schools, as columns of a design (``code@period``)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl
from django.db.models import Q

from xuequ.core.registry import indicator_definitions
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolClass
from xuequ.record.choices import IndicatorAudience
from xuequ.record.frames import frame_of
from xuequ.record.models import Indicator
from xuequ.record.queries import indicators

OWN = "growth."
"""What growth itself publishes is the thing to be explained, so it explains nothing."""
_BY_SCHOOLS = (IndicatorAudience.SCHOOL, IndicatorAudience.PUBLIC)


@dataclass(frozen=True, slots=True, order=True)
class ProcessFact:
    """One indicator of one period; ``column`` names it in designs, tables and runs."""

    code: str
    period: str

    @property
    def column(self) -> str:
        return f"{self.code}@{self.period}"

    @classmethod
    def of(cls, column: str) -> "ProcessFact":
        """Read what ``column`` wrote; a file's own column has no period."""
        code, _at, period = column.rpartition("@")
        return cls(code, period) if code else cls(column, "")

    @property
    def name(self) -> str:
        """What the catalogue calls it; the code where the catalogue no longer has it."""
        known = indicator_definitions().get(self.code)
        return str(known.title) if known is not None else self.code

    @property
    def title(self) -> str:
        return f"{self.name}（{self.period}）" if self.period else self.name

    @property
    def for_schools(self) -> bool:
        """Whether a school reads its own value."""
        known = indicator_definitions().get(self.code)
        return known is not None and known.audience in _BY_SCHOOLS


def usable_codes() -> list[str]:
    """Return the codes of the catalogue that may stand beside growth."""
    return [code for code in indicator_definitions() if not code.startswith(OWN)]


def offered(actor: Actor) -> list[ProcessFact]:
    """Return what is published about classes or schools and in force, as far as the actor reads it, newest first."""
    rows = indicators(actor, *usable_codes()).filter(_of_a_place(), value__isnull=False)
    found = {ProcessFact(*row) for row in rows.order_by().values_list("code", "period").distinct()}
    return sorted(sorted(found), key=lambda fact: fact.period, reverse=True)


@dataclass(frozen=True, slots=True)
class ClassFact:
    """A process fact of a class beside its school's, which may be missing."""

    fact: ProcessFact
    of_class: float
    of_school: float | None


def of_class(actor: Actor, group: SchoolClass, until: str) -> list[ClassFact]:
    """Return what is published about a class and the actor reads, of each code the newest period.

    ``until`` is the school year after which nothing is looked for; empty for no end.
    """
    place = Q(school_class=group) | Q(school=group.school_id, school_class=None)
    rows = (
        indicators(actor, *usable_codes()).filter(place, value__isnull=False).select_related(None).order_by()
    )
    own: dict[ProcessFact, float] = {}
    whole: dict[ProcessFact, float] = {}
    for code, period, klass, value in rows.values_list("code", "period", "school_class_id", "value"):
        if value is not None and (not until or period[:4] <= until[:4]):
            (whole if klass is None else own)[ProcessFact(code, period)] = value
    newest = {fact.code: fact for fact in sorted(own)}
    return [ClassFact(fact, own[fact], whole.get(fact)) for fact in newest.values()]


def _of_a_place() -> Q:
    return Q(school__isnull=False) | Q(school_class__isnull=False)


def with_process_facts(table: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Add to a table with primary keys ``school`` and ``school_class`` each fact: the class's value, else the school's.

    A pupil whose class and school have none keeps a missing value.
    """
    for column in columns:
        values = _values(ProcessFact.of(column))
        of_class = values.drop_nulls("school_class").select("school_class", pl.col("value").alias("_class"))
        of_school = values.filter(pl.col("school_class").is_null()).select(
            "school", pl.col("value").alias("_school")
        )
        table = table.join(of_class, on="school_class", how="left", maintain_order="left")
        table = table.join(of_school, on="school", how="left", maintain_order="left")
        table = table.with_columns(pl.coalesce("_class", "_school").alias(column)).drop("_class", "_school")
    return table


def _values(fact: ProcessFact) -> pl.DataFrame:
    rows = Indicator.objects.filter(
        _of_a_place(), code=fact.code, period=fact.period, superseded=None, value__isnull=False
    )
    columns: dict[str, type[pl.DataType]] = {
        "school": pl.Int64,
        "school_class": pl.Int64,
        "value": pl.Float64,
    }
    found = frame_of(rows.order_by("pk").values_list("school_id", "school_class_id", "value"), columns)
    return found.unique(["school", "school_class"], keep="last", maintain_order=True)


def titles(columns: Iterable[str]) -> dict[str, str]:
    """Return how facts are called, by column."""
    return {column: ProcessFact.of(column).title for column in columns}
