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

PUBLISHERS = (Role.DISTRICT_OFFICER, Role.DATA_OFFICER)


def publish_ledgers(*, actor: Actor, period: str, values: Sequence[IndicatorValue]) -> Run:
    """Publish a school year's facts of process about classes, schools and the district; older ones of a place end."""
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
            kind="ledgers",
            title=title,
            engine_version=__version__,
            parameters={"codes": sorted(known), "period": period, "values": len(values)},
            year=SchoolYear.objects.filter(code=period).first(),
        )
        finish_run(run, actor=actor)
        publish_indicators(actor=actor, run=run, period=period, values=values)
    return run
