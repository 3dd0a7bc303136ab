"""The growth report for the district and for a school."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.reports import Audience, Block, Report, ReportSection
from xuequ.district.actors import Actor
from xuequ.systems.growth import queries
from xuequ.systems.growth.models import Evaluation, SchoolGrowth
from xuequ.systems.growth.sections import district_blocks, report_of, school_blocks


def district_report(actor: Actor, found: Evaluation) -> Report:
    """Return the report on all schools, for those who see the district."""
    material = queries.district_material(actor, found)
    study = found.run.study
    subtitle = f"{study.name} · {found.outcome_label}" if study is not None else found.outcome_label
    return report_of(material, district_blocks(material), subtitle)


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
