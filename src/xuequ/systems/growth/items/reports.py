"""The reports on item results, for files and for other systems' reports."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.reports import Audience, Block, Report, ReportSection
from xuequ.district.actors import Actor
from xuequ.district.models import School, SchoolClass
from xuequ.systems.growth import process_facts
from xuequ.systems.growth.items import queries
from xuequ.systems.growth.items.material import PaperMaterial, Place, PupilLine
from xuequ.systems.growth.items.queries import Analysis
from xuequ.systems.growth.items.sections import (
    class_blocks,
    district_blocks,
    paper_blocks,
    report_of,
    school_blocks,
)


def paper_report(found: Analysis) -> Report:
    """Return the report on the paper itself."""
    material = queries.material(found)
    return report_of(material, paper_blocks(material), _("Quality of the paper"), found.assessment.name)


def district_report(found: Analysis) -> Report:
    """Return the report on the knowledge points of all schools."""
    material = queries.material(found)
    return report_of(material, _district(found, material), _("Knowledge points"), found.assessment.name)


def school_report(found: Analysis, own: School) -> Report:
    """Return the report on the knowledge points of one school."""
    material = queries.material(found)
    subtitle = f"{own} · {found.assessment.name}"
    return report_of(material, of_school(found, material, own), _("Knowledge points"), subtitle)


def class_report(actor: Actor, found: Analysis, group: SchoolClass) -> Report:
    """Return the diagnosis of one class."""
    material = queries.material(found)
    subtitle = f"{group} · {found.assessment.name}"
    lines = queries.pupil_lines(actor, found, material, group)
    blocks = of_class(actor, found, material, group, lines)
    return report_of(material, blocks, _("Diagnosis of a class"), subtitle)


def _district(found: Analysis, material: PaperMaterial) -> tuple[Block, ...]:
    taught = queries.taught_shares(found.assessment, material.content.points)
    return district_blocks(material, queries.schools(found), taught)


def of_school(
    found: Analysis, material: PaperMaterial, own: School, classes: Sequence[Place] | None = None
) -> tuple[Block, ...]:
    """Return the blocks on one school; ``classes`` are those that the actor reads, where they are known already."""
    keys = own.classes.order_by().values_list("pk", flat=True)
    taught = queries.taught_shares(found.assessment, material.content.points, classes=keys)
    listed = queries.classes(found, own) if classes is None else list(classes)
    return school_blocks(material, Place(str(own.uid), str(own)), listed, taught)


def of_class(
    actor: Actor, found: Analysis, material: PaperMaterial, group: SchoolClass, lines: Sequence[PupilLine]
) -> tuple[Block, ...]:
    """Return the blocks on one class, with the pupils whom the actor may see and what is published about its work."""
    taught = queries.taught_shares(found.assessment, material.content.points, classes=[group.pk])
    term = found.assessment.term
    facts = process_facts.of_class(actor, group, term.year.code if term is not None else "")
    return class_blocks(material, Place(str(group.uid), str(group)), lines, taught, facts)


def _paper_part(_actor: Any, _place: Any, found: Analysis) -> tuple[Block, ...]:
    return paper_blocks(queries.material(found))


def _district_part(_actor: Any, _place: Any, found: Analysis) -> tuple[Block, ...]:
    return _district(found, queries.material(found))


def _school_part(_actor: Any, own: School, found: Analysis) -> tuple[Block, ...]:
    return of_school(found, queries.material(found), own)


def _class_part(actor: Any, group: SchoolClass, found: Analysis) -> tuple[Block, ...]:
    material = queries.material(found)
    return of_class(actor, found, material, group, queries.pupil_lines(actor, found, material, group))


SECTIONS = (
    ReportSection("growth.items-paper", gettext_lazy("Quality of the paper"), Audience.BUREAU, _paper_part),
    ReportSection("growth.items-district", gettext_lazy("Knowledge points"), Audience.BUREAU, _district_part),
    ReportSection(
        "growth.items-school", gettext_lazy("Knowledge points of one school"), Audience.SCHOOL, _school_part
    ),
    ReportSection("growth.items-class", gettext_lazy("Diagnosis of a class"), Audience.TEACHER, _class_part),
)
