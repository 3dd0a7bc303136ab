"""What pages and reports are made from: one judgement with its schools, read from the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.urls import reverse

from xuequ.core.clock import SHANGHAI
from xuequ.district import queries as district
from xuequ.district.actors import Actor
from xuequ.district.models import Area
from xuequ.engines.balance.indicators import IndicatorSet
from xuequ.systems.balance import queries
from xuequ.systems.balance.models import ItemResult, Judgement, SchoolResult
from xuequ.systems.balance.rules.document import rules_of

PARTS_ORDER = ("primary", "junior")


@dataclass(frozen=True, slots=True)
class SchoolLine:
    """One school of a judgement with its items."""

    result: SchoolResult
    items: tuple[ItemResult, ...]

    @property
    def key(self) -> str:
        """How figures call it."""
        return str(self.result.school.uid)

    @property
    def name(self) -> str:
        """The school's name."""
        return str(self.result.school)

    def of(self, part: str) -> tuple[ItemResult, ...]:
        """The items of one part."""
        return tuple(item for item in self.items if item.part == part)

    def open_items(self) -> tuple[ItemResult, ...]:
        """Items that are not met, the furthest first."""
        missed = [item for item in self.items if item.state == "missed"]
        return tuple(sorted(missed, key=lambda item: (item.reached or 0.0, item.part, item.code)))


@dataclass(frozen=True, slots=True)
class Material:
    """A judgement as reports read it."""

    judgement: Judgement
    stamp: str
    schools: tuple[SchoolLine, ...]
    course: tuple[Judgement, ...] = ()
    offices: Mapping[str, str] = field(default_factory=dict)
    pieces: Mapping[str, int] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        """Who hands the report out; pages do not say it."""
        office = district.district()
        return (office.bureau or office.name) if office is not None else ""

    @property
    def findings(self) -> dict[str, Any]:
        """What concerns the county."""
        found: dict[str, Any] = self.judgement.findings
        return found

    @property
    def rules(self) -> IndicatorSet:
        """The rules that it was judged by."""
        return rules_of(self.judgement.rules.text)

    @property
    def year(self) -> str:
        """The school year's code."""
        return self.judgement.year.code

    @property
    def run(self) -> UUID:
        """The run that it comes from."""
        return self.judgement.run.uid

    def items(self, group: str) -> Sequence[Mapping[str, Any]]:
        """The county's items of one group."""
        return [item for item in self.findings["items"] if item["group"] == group]

    def coefficients(self, stage: str) -> Sequence[Mapping[str, Any]]:
        """The coefficients of one stage."""
        return [one for one in self.findings["coefficients"] if one["stage"] == stage]

    def stages(self) -> tuple[str, ...]:
        """The stages that were judged."""
        found = {one["stage"] for one in self.findings["coefficients"]}
        return tuple(stage for stage in PARTS_ORDER if stage in found)

    def areas(self) -> list[Area]:
        """The areas of its schools, by name."""
        found = {line.result.school.area for line in self.schools}
        return sorted((area for area in found if area is not None), key=lambda area: area.name)

    def name_of(self, section: str) -> str:
        """The school behind a section's key; empty where the reader may not see it."""
        pk = section.split("/")[0]
        return next((line.name for line in self.schools if str(line.result.school_id) == pk), "")

    def school_url(self, line: SchoolLine) -> str:
        """The page of a school."""
        return reverse("balance:school", args=[self.year, line.result.school.uid])


def district_material(actor: Actor, judgement: Judgement, *, whole: bool = True) -> Material:
    """Read a judgement with all schools that the actor may open; ``whole`` with the years before and the offices."""
    lines = _lines(list(queries.school_results(actor, judgement)))
    offices, pieces = queries.offices_of(judgement.year_id) if whole else ({}, {})
    return Material(
        judgement, _stamp(judgement), lines,
        tuple(queries.course(actor)) if whole else (), offices, pieces,
    )  # fmt: skip


def _lines(rows: "list[SchoolResult]") -> tuple[SchoolLine, ...]:
    items: dict[int, list[ItemResult]] = {row.pk: [] for row in rows}
    for item in ItemResult.objects.filter(result__in=items).order_by("part", "code"):
        items[item.result_id].append(item)
    return tuple(SchoolLine(row, tuple(items[row.pk])) for row in rows)


def area_material(actor: Actor, judgement: Judgement, area: Area) -> Material:
    """Read a judgement with the schools of one area and no other."""
    rows = list(queries.school_results(actor, judgement).filter(school__area=area))
    return Material(judgement, _stamp(judgement), _lines(rows))


def school_material(judgement: Judgement, result: SchoolResult) -> Material:
    """Read a judgement with one school and no other."""
    lines = (SchoolLine(result, tuple(result.items.order_by("part", "code"))),)
    return Material(judgement, _stamp(judgement), lines)


def _stamp(judgement: Judgement) -> str:
    moment = judgement.run.finished or judgement.run.created
    return moment.astimezone(SHANGHAI).isoformat(timespec="seconds")
