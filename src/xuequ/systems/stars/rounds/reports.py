"""The overview of a round as a report, and the sections that stars offer."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from xuequ.core.clock import SHANGHAI
from xuequ.core.reports import Audience, Block, Report, ReportSection
from xuequ.district import queries as district
from xuequ.district.actors import Actor
from xuequ.systems.stars.models import Application, HistoryEntry, Round
from xuequ.systems.stars.pathway.sections import school_blocks
from xuequ.systems.stars.rounds.sections import blocks, overview_of


def issuer() -> str:
    """Return who signs: the bureau."""
    office = district.district()
    return (office.bureau or office.name) if office is not None else ""


def stamp(found: Round) -> str:
    """Return the moment of the last thing done in a round, so that the same state gives the same file."""
    last = (
        HistoryEntry.objects.filter(application__round=found)
        .order_by("-at")
        .values_list("at", flat=True)
        .first()
    )
    return (last or found.opened).astimezone(SHANGHAI).isoformat(timespec="seconds")


def round_report(actor: Actor, found: Round) -> Report:
    """Return the overview for those who see the district."""
    return Report(
        title=_("School stars: the district's overview"),
        subtitle=found.title,
        issuer=issuer(),
        stamp=stamp(found),
        run=None,
        blocks=blocks(overview_of(actor, found)),
    )


def _round_part(actor: Any, _place: Any, found: Round) -> tuple[Block, ...]:
    return blocks(overview_of(actor, found))


def _school_part(actor: Any, _place: Any, found: Application) -> tuple[Block, ...]:
    return school_blocks(actor, found)


SECTIONS = (
    ReportSection("stars.round", _("School stars: the district's overview"), Audience.BUREAU, _round_part),
    ReportSection("stars.school", _("Diagnosis for the next star"), Audience.SCHOOL, _school_part),
)
