"""The growth report for the district and for a school."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.reports import Audience, Block, Report, ReportSection
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolClass
from xuequ.systems.growth import queries
from xuequ.systems.growth.analysis_sections import (
    class_analysis,
    comprehensive,
    district_analysis,
    school_analysis,
)
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


def district_analysis_report(actor: Actor, found: Evaluation) -> Report:
    """Return the comprehensive report on all schools."""
    case = queries.district_case(actor, found)
    return comprehensive(case, district_analysis(case, queries.factor_names(found)), found.outcome_label)


def school_analysis_report(actor: Actor, found: Evaluation, own: SchoolGrowth) -> Report:
    """Return the comprehensive report on one school."""
    case = queries.school_case(actor, found, own)
    assert case.own is not None
    blocks = school_analysis(case, case.own, queries.factor_names(found))
    return comprehensive(case, blocks, f"{own.school} · {found.outcome_label}")


def class_analysis_report(actor: Actor, found: Evaluation, own: SchoolGrowth, group: SchoolClass) -> Report:
    """Return the comprehensive report on one class, for those who see its pupils."""
    case = queries.school_case(actor, found, own)
    assert case.own is not None
    line = next((line for line in case.classes if line.key == str(group.uid)), None)
    counts = queries.class_bands(actor, found, group)
    blocks = class_analysis(case, case.own, line, str(group), counts)
    return comprehensive(case, blocks, f"{own.school} {group} · {found.outcome_label}")


def _district_part(actor: Any, _place: Any, found: Evaluation) -> tuple[Block, ...]:
    return district_blocks(queries.district_material(actor, found))


def _school_part(actor: Any, own: SchoolGrowth, found: Evaluation) -> tuple[Block, ...]:
    material = queries.school_material(actor, found, own)
    return school_blocks(material, material.line(str(own.school.uid)), queries.class_lines(actor, found, own))


def _district_whole(actor: Any, _place: Any, found: Evaluation) -> tuple[Block, ...]:
    return district_analysis_report(actor, found).blocks


def _school_whole(actor: Any, own: SchoolGrowth, found: Evaluation) -> tuple[Block, ...]:
    return school_analysis_report(actor, found, own).blocks


SECTIONS = (
    ReportSection("growth.district", gettext_lazy("Growth of all schools"), Audience.BUREAU, _district_part),
    ReportSection("growth.school", gettext_lazy("Growth of one school"), Audience.SCHOOL, _school_part),
    ReportSection(
        "growth.analysis", gettext_lazy("Comprehensive report on growth"), Audience.BUREAU, _district_whole
    ),
    ReportSection(
        "growth.analysis-school",
        gettext_lazy("Comprehensive report on growth"),
        Audience.SCHOOL,
        _school_whole,
    ),
)
