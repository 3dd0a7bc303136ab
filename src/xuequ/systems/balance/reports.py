"""The reports of balance for the district and for a school."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from xuequ.core.reports import Audience, Block, Report, ReportSection
from xuequ.district.actors import Actor
from xuequ.systems.balance.material import Material, district_material, school_material
from xuequ.systems.balance.models import Judgement, SchoolResult
from xuequ.systems.balance.sections import brief_blocks, district_blocks, report_of, school_blocks


def district_report(actor: Actor, judgement: Judgement) -> Report:
    """Return the report on the whole district."""
    material = district_material(actor, judgement)
    return report_of(
        material, district_blocks(material), _("Report on balanced compulsory education"), material.year
    )


def school_report(judgement: Judgement, result: SchoolResult) -> Report:
    """Return the report on one school; no other school appears in it."""
    material = school_material(judgement, result)
    blocks = school_blocks(material, material.schools[0])
    return report_of(
        material, blocks, _("Balance: figures of the school"), f"{result.school} · {material.year}"
    )


def _district_part(actor: Any, _place: Any, judgement: Judgement) -> tuple[Block, ...]:
    return district_blocks(district_material(actor, judgement))


def _brief_part(actor: Any, _place: Any, judgement: Judgement) -> tuple[Block, ...]:
    return brief_blocks(district_material(actor, judgement))


def _school_part(_actor: Any, result: SchoolResult, judgement: Judgement) -> tuple[Block, ...]:
    material: Material = school_material(judgement, result)
    return school_blocks(material, material.schools[0])


SECTIONS = (
    ReportSection("balance.district", _("Balance of the district"), Audience.BUREAU, _district_part),
    ReportSection("balance.brief", _("Balance in three sentences"), Audience.BUREAU, _brief_part),
    ReportSection("balance.school", _("Balance of the school"), Audience.SCHOOL, _school_part),
)
