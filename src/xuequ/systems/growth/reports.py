"""The growth report for the district and for a school, in the formats that offices use."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.figures import Text
from xuequ.core.reports import Audience, Block, Report, ReportSection
from xuequ.district.actors import Actor
from xuequ.systems.growth import queries
from xuequ.systems.growth.models import Evaluation, SchoolGrowth
from xuequ.systems.growth.sections import district_blocks, report_of, school_blocks


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: how it is called, its media type, and which module and function write it."""

    label: Text
    icon: str
    media_type: str
    renderer: str

    def render(self, report: Report) -> bytes:
        """Write the report; what writes it is loaded only now, for it is heavy and most requests need none."""
        module, function = self.renderer.rsplit(".", 1)
        written = getattr(import_module(f"xuequ.core.rendering.{module}"), function)(report)
        return written.encode() if isinstance(written, str) else bytes(written)


_OFFICE = "application/vnd.openxmlformats-officedocument"
FORMATS: dict[str, Format] = {
    "pdf": Format("PDF", "file-type-pdf", "application/pdf", "pdf.render_pdf"),
    "docx": Format("Word", "file-type-docx", f"{_OFFICE}.wordprocessingml.document", "word.render_docx"),
    "xlsx": Format("Excel", "file-spreadsheet", f"{_OFFICE}.spreadsheetml.sheet", "spreadsheet.render_xlsx"),
    "html": Format("HTML", "world", "text/html; charset=utf-8", "html.render_html"),
}


def district_report(actor: Actor, found: Evaluation) -> Report:
    """Return the report on all schools, for those who see the district."""
    material = queries.district_material(actor, found)
    return report_of(material, district_blocks(material), found.outcome_label)


def school_report(actor: Actor, found: Evaluation, own: SchoolGrowth) -> Report:
    """Return the report on one school; other schools have no names in it."""
    subtitle = _("%(school)s · %(outcome)s") % {"school": own.school, "outcome": found.outcome_label}
    return report_of(queries.school_material(actor, found, own), _school_part(actor, own, found), subtitle)


def _district_part(actor: Any, _place: Any, found: Evaluation) -> tuple[Block, ...]:
    return district_blocks(queries.district_material(actor, found))


def _school_part(actor: Any, own: SchoolGrowth, found: Evaluation) -> tuple[Block, ...]:
    material = queries.school_material(actor, found, own)
    return school_blocks(material, material.line(str(own.school.uid)), queries.class_lines(actor, found, own))


SECTIONS = (
    ReportSection("growth.district", gettext_lazy("Growth of all schools"), Audience.BUREAU, _district_part),
    ReportSection("growth.school", gettext_lazy("Growth of one school"), Audience.SCHOOL, _school_part),
)


def response(report: Report, form: str) -> HttpResponse:
    """Return a report as a download; a file is saved, never opened as a page of the site."""
    chosen = FORMATS[form]
    content = HttpResponse(chosen.render(report), content_type=chosen.media_type)
    name = f"{report.title}-{report.subtitle}.{form}".replace("/", "-")
    content.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    content.headers["X-Content-Type-Options"] = "nosniff"
    return content
