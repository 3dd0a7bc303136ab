"""Publishing what schools' ledgers say of their work: attendance, reading."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from xuequ import __version__
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import SchoolYear
from xuequ.record.actions import IndicatorValue, create_run, finish_run, publish_indicators
from xuequ.record.models import Run
from xuequ.systems.office.catalogue import DEFINITIONS

RUN_KIND = "ledgers"
PUBLISHERS = (Role.DISTRICT_OFFICER, Role.DATA_OFFICER)


def publish_ledgers(*, actor: Actor, period: str, values: Sequence[IndicatorValue]) -> Run:
    """Publish a school year's facts of process about classes, schools and the district.

    What was published of the year before ends, also of places that have no value any more.
    """
    if not actor.has_everywhere(*PUBLISHERS):
        raise Forbidden(_("You may not publish facts of schools' work."))
    known = {item.code for item in DEFINITIONS}
    if unknown := sorted({value.code for value in values} - known):
        raise Refused(_("Not an indicator of the data office: %(code)s.") % {"code": unknown[0]})
    title = _("Ledgers of attendance and reading, %(period)s") % {"period": period}
    with transaction.atomic():
        run = create_run(
            actor=actor,
            system="office",
            kind=RUN_KIND,
            title=title,
            engine_version=__version__,
            parameters={"codes": sorted(known), "period": period, "values": len(values)},
            year=SchoolYear.objects.filter(code=period).first(),
            supersedes=_before(period),
        )
        finish_run(run, actor=actor)
        publish_indicators(actor=actor, run=run, period=period, values=values)
    return run


def _before(period: str) -> Run | None:
    """Return the run whose numbers of the school year are in force."""
    runs = Run.objects.filter(system="office", kind=RUN_KIND, parameters__period=period)
    return runs.order_by("-pk").first()
