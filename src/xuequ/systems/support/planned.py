"""The demo's schools with the parts that they play in its story."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile

from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.record.evidence import attach_file
from xuequ.record.models import Evidence


@dataclass(frozen=True, slots=True)
class Planned:
    """A school and its plan (``kit.demo.SchoolPlan``)."""

    plan: Any
    school: School

    @property
    def part(self) -> str:
        """The part that it plays, or nothing."""
        return str(self.plan.part)


def planned_schools(demo: Any) -> list[Planned]:
    """Return the demo's schools in the order of its plan: one query."""
    rows = {row.short_name: row for row in School.objects.of_district()}
    return [Planned(plan, rows[plan.short_name]) for plan in demo.schools if plan.short_name in rows]


def sheet_evidence(actor: Actor, school: School, title: str, headings: tuple[str, ...]) -> Evidence:
    """Hand in a small spreadsheet as evidence."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    book.create_sheet().append(list(headings))
    stream = BytesIO()
    book.save(stream)
    upload = ContentFile(stream.getvalue(), name=f"{title}.xlsx")
    return attach_file(actor=actor, system="support", school=school, title=title, upload=upload)
