"""The leading group's page as a file, and one project's."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.reports import Audience, Block, Report, ReportSection
from xuequ.district.actors import Actor
from xuequ.district.queries import district
from xuequ.systems.programmes.models import Project
from xuequ.systems.programmes.projects import queries
from xuequ.systems.programmes.projects.sections import group_blocks, project_blocks


def group_report(actor: Actor) -> Report:
    """Return the report on all projects for the leading group; stamped with the day, so equal days give equal bytes."""
    lines = queries.lines(queries.projects(actor), actor.day)
    blocks = group_blocks(lines, actor.day)
    return _report(actor, _("Report on district projects"), actor.day.isoformat(), blocks)


def project_report(actor: Actor, project: Project) -> Report:
    """Return the report on one project."""
    blocks = project_blocks(queries.dossier(project), actor.day)
    return _report(actor, _("Report on a project"), f"{project.number} {project.title}", blocks)


def _report(actor: Actor, title: str, subtitle: str, blocks: tuple[Block, ...]) -> Report:
    place = district()
    issuer = (place.bureau or place.name) if place is not None else ""
    return Report(title, subtitle, issuer, f"{actor.day.isoformat()}T00:00:00+08:00", None, blocks)


def _group(actor: Any, _place: Any, _run: Any) -> Iterable[Block]:
    return group_report(actor).blocks


def _project(actor: Any, project: Project, _run: Any) -> Iterable[Block]:
    return project_report(actor, project).blocks


SECTIONS = (
    ReportSection("programmes.group", gettext_lazy("District projects"), Audience.BUREAU, _group),
    ReportSection("programmes.project", gettext_lazy("One project"), Audience.SCHOOL, _project),
)
